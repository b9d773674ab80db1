//! Templates that are read, and those that are refused with their place.

use proptest::prelude::*;

use super::*;

const LATIN1: &[u8] = include_bytes!("../fixtures/latin1.xml");

fn refused(text: &str) -> (TemplateErrorKind, u32, u32) {
    let error = TemplateDocument::parse(text.as_bytes()).unwrap_err();
    (error.kind(), error.line(), error.column())
}

/// A small lawful template, one element a line, with one piece replaced.
fn with(from: &str, to: &str) -> String {
    let text = "<ipphonetamplate>\n<type>t</type>\n<description>d</description>\n\
                <file_config>\n<type>global_file</type>\n<name>g.cfg</name>\n<data>g=1</data>\n</file_config>\n\
                <file_config>\n<type>file</type>\n<name>%ITCS_mac%.cfg</name>\n<data>p=1</data>\n</file_config>\n\
                </ipphonetamplate>\n";
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn amb_16_the_fields_of_a_template_are_read() {
    let document = TemplateDocument::parse(LATIN1).unwrap();
    assert_eq!(document.bytes(), LATIN1);
    assert_eq!(document.encoding(), TemplateEncoding::Latin1);
    assert_eq!(document.model_type(), "audiocodes_430HD");
    assert_eq!(document.description(), "Accueil & réunion");
    let [global, private] = document.files() else { panic!("two files") };
    assert_eq!((Some(global), private), (document.global(), document.private()));
    assert_eq!((global.role, &*global.name), (FileRole::Global, "Test_global.cfg"));
    assert_eq!((&*global.data, global.data_line), ("", 16));
    assert_eq!((&*private.profile, private.encrypt_mode), ("user", 0));
    assert_eq!((&*private.name, &*private.destination), ("%ITCS_mac%.cfg", "%ITCS_destination%"));
    assert_eq!(
        private.data,
        "include Test_global.cfg\nvoip/line/0/description=Réception\nvoip/dialing/odd=a]]>b\n\
         system/ldap/name_filter=(|(sn=%)(givenname=%))\nzzz3_user_cfg=ENABLE"
    );
    assert_eq!(private.data_line, 26);
}

#[test]
fn amb_16_the_line_of_the_data_is_exact_in_every_form() {
    for (data, expected, line) in [
        ("<data>p=1</data>", "p=1", 12),
        ("<data>\n\n  p=1\n  q=2\n</data>", "p=1\n  q=2", 14),
        ("<data><![CDATA[p=1]]></data>", "p=1", 12),
        ("<data>\n<![CDATA[\np=1\n]]></data>", "p=1\n", 14),
        ("<data>\n<![CDATA[\n\np=1]]></data>", "\np=1", 14),
        ("<data\n>\n &#32;p=1</data>", " p=1", 14),
        ("<data>\r\n<![CDATA[\r\np=1\r\nq=2]]>\r\n</data>", "p=1\nq=2", 14),
        ("<data>\r<![CDATA[\rp=1\rq=2]]></data>", "p=1\nq=2", 14),
        ("<data>p=1\n<![CDATA[q=2]]>\n<![CDATA[r=3]]>\n</data>", "p=1\nq=2\nr=3", 12),
        ("<data>\n</data>", "", 12),
        ("<data/>", "", 12),
    ] {
        let document = TemplateDocument::parse(with("<data>p=1</data>", data).as_bytes()).unwrap();
        let file = document.private();
        assert_eq!((&*file.data, file.data_line), (expected, line), "{data:?}");
    }
}

#[test]
fn amb_16_what_the_vendor_may_leave_out_has_defaults() {
    let document = TemplateDocument::parse(with("t", "t").as_bytes()).unwrap();
    let [global, private] = document.files() else { panic!("two files") };
    assert_eq!((&*global.profile, &*private.profile), ("global", "user"));
    assert_eq!((&*global.destination, global.encrypt_mode), ("%ITCS_destination%", 0));

    let text = with("<description>d</description>", "<description>a\n\tb</description>")
        .replace("ipphonetamplate", "ipphonetemplate");
    let document = TemplateDocument::parse(text.as_bytes()).unwrap();
    assert_eq!(document.description(), "a b");

    let swapped =
        with("global_file", "file").replacen("%ITCS_mac%", "x", 1).replacen("g.cfg", "%ITCS_mac%.cfg", 1);
    let swapped = swapped.replacen("<type>file</type>\n<name>x", "<type>global_file</type>\n<name>x", 1);
    let document = TemplateDocument::parse(swapped.as_bytes()).unwrap();
    assert_eq!(document.files().first().unwrap(), document.private());
    assert_eq!(document.files().last(), document.global());
    assert_eq!(document.file(FileRole::Global).unwrap().name, "x.cfg");
}

#[test]
fn tpl_28_a_document_that_is_no_template_is_refused_with_its_place() {
    use TemplateErrorKind::{ControlCharacter, Duplicate, Encrypted, Misplaced, Missing, Root, Value};
    let file = "<file_config><type>file</type><name>%ITCS_mac%.cfg</name><data/></file_config>";
    for (from, to, expected) in [
        ("<ipphonetamplate>", "\n<html>", (Root, 2, 1)),
        ("<type>t</type>\n", "", (Missing, 1, 1)),
        ("<type>t</type>", "<type> </type>", (Value, 2, 1)),
        ("<type>t</type>", "<type>t\nu</type>", (Value, 2, 7)),
        ("<description>d</description>\n", "", (Missing, 1, 1)),
        ("<description>d", "<description>d</description>\n <description>e", (Duplicate, 4, 2)),
        ("<type>t", "<type>t</type><type>t", (Duplicate, 2, 15)),
        ("<description>d", "stray<description>d", (Misplaced, 3, 1)),
        ("<description>d", "<![CDATA[]]><description>d", (Misplaced, 3, 1)),
        ("<name>g.cfg", " &amp;<name>g.cfg", (Misplaced, 6, 2)),
        ("<type>global_file</type>\n", "", (Missing, 4, 1)),
        ("global_file", "globule", (Value, 5, 7)),
        ("<type>file</type>", "<type>global_file</type>", (Duplicate, 9, 1)),
        ("</file_config>\n</", &format!("</file_config>\n{file}</"), (Duplicate, 14, 1)),
        ("<name>g.cfg</name>\n", "", (Missing, 4, 1)),
        ("<name>g.cfg</name>", "<name/>", (Value, 6, 1)),
        ("<data>g=1</data>\n", "", (Missing, 4, 1)),
        ("<data>g=1</data>", "<data/>\n<data/>", (Duplicate, 8, 1)),
        ("<data>g=1", "<data>g=<b/>1", (Misplaced, 7, 9)),
        ("<data>g=1", "<data><!-- -->g=1", (Misplaced, 7, 7)),
        ("<data>g=1", "<data>g=1\nh=\u{7F}", (ControlCharacter, 8, 3)),
        ("<data>g=1", "<data>g=1\nh=2\ni\u{85}", (ControlCharacter, 9, 2)),
        ("<data>g=1", "<data>g=\u{2028}", (ControlCharacter, 7, 9)),
        ("<data>g=1", "<data>g=\0", (ControlCharacter, 7, 9)),
        ("<data>g=1", "<data>g=1\n\u{1B}", (ControlCharacter, 8, 1)),
        ("<data>g=1", "<encrypt_mode>1</encrypt_mode><data>g=1", (Encrypted, 7, 15)),
        ("<data>g=1", "<encrypt_mode>no</encrypt_mode><data>g=1", (Value, 7, 15)),
        ("<data>g=1", "<encrypt_mode/><data>g=1", (Value, 7, 16)),
    ] {
        let text = with(from, to);
        assert_eq!(
            refused(&text),
            expected,
            "{to:?}: {}",
            TemplateDocument::parse(text.as_bytes()).unwrap_err()
        );
    }
    let empty = "<ipphonetamplate><type>t</type><description/></ipphonetamplate>";
    assert_eq!(refused(empty), (Missing, 1, 1));
    assert_eq!(refused(&with("<type>t", &format!("<type>{}", "t".repeat(257)))), (Value, 2, 7));
}

#[test]
fn file_names_that_would_not_be_safe_are_refused() {
    let long = format!("{}.cfg", "x".repeat(124));
    for name in ["g.cfg", "Audiocodes_430HD_global GENERIC-1.0.cfg", "0123456789ag.cfg", &long] {
        let text = with("g.cfg", name);
        assert_eq!(TemplateDocument::parse(text.as_bytes()).unwrap().global().unwrap().name, name);
    }
    let long = format!("{}.cfg", "x".repeat(125));
    for name in [
        ".cfg",
        ".g.cfg",
        "g.cfx",
        "g.CFG",
        "../g.cfg",
        "a/g.cfg",
        "a\\g.cfg",
        "é.cfg",
        "%ITCS_mac%.cfg",
        "00908f9a9623.cfg",
        "00908F9A9623.cfg",
        "g.cfg?",
        &long,
    ] {
        assert_eq!(refused(&with("g.cfg", name)), (TemplateErrorKind::Value, 6, 7), "{name}");
    }
    let text = with("%ITCS_mac%.cfg", "phone-%ITCS_mac%_a.cfg");
    assert!(TemplateDocument::parse(text.as_bytes()).is_ok());
    for name in [
        "x.cfg",
        "%ITCS_MAC%.cfg",
        "%ITCS_mac%",
        "%ITCS_mac%%ITCS_mac%.cfg",
        "%ITCS_mac%%ITCS_x%.cfg",
        "a/%ITCS_mac%.cfg",
        ".%ITCS_mac%.cfg",
    ] {
        assert_eq!(refused(&with("%ITCS_mac%.cfg", name)), (TemplateErrorKind::Value, 11, 7), "{name}");
    }
}

#[test]
fn tpl_46_oversized_input_is_refused_unread() {
    assert_eq!(refused(&"x".repeat(10_000_000)), (TemplateErrorKind::Limit, 1, 1));
    let filler = " ".repeat(MAX_BYTES - with("t", "t").len());
    assert!(TemplateDocument::parse((with("t", "t") + &filler).as_bytes()).is_ok());
    assert_eq!(refused(&(with("t", "t") + &filler + " ")), (TemplateErrorKind::Limit, 1, 1));
}

#[test]
fn tpl_28_a_truncated_file_is_refused_wherever_it_ends() {
    for end in 0..LATIN1.len() {
        assert!(TemplateDocument::parse(&LATIN1[..end]).is_err(), "{end}");
    }
}

#[test]
fn debug_shows_no_data() {
    let document = TemplateDocument::parse(LATIN1).unwrap();
    let shown = format!("{document:?}");
    assert!(shown.len() < 600 && !shown.contains("zzz3"), "{shown}");
}

/// The unedited export of a real server is not part of the repository; where it lies beside it,
/// it is read.
#[test]
fn tpl_39_a_real_export_is_read_unchanged() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/Audiocodes_430HD_GENERIC.template.xml");
    let Ok(bytes) = std::fs::read(path) else { return };
    let document = TemplateDocument::parse(&bytes).unwrap();
    assert_eq!(document.bytes(), bytes);
    assert_eq!(document.model_type(), "audiocodes_430HD");
    assert_eq!(document.global().unwrap().data, "");
    assert_eq!(document.private().data_line, 27);
    assert!(document.private().data.starts_with("include Audiocodes_430HD_global_GENERIC_empty.cfg\n"));
    assert!(document.private().data.ends_with("\nzzz3_user_cfg=ENABLE"));
    assert_eq!(TemplateDocument::from_text(&document.text()).unwrap(), document);
}

proptest! {
    #[test]
    fn tpl_46_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = TemplateDocument::parse(&bytes);
    }

    #[test]
    fn tpl_46_mutated_templates_are_read_or_refused(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, any::<u8>()), 1..6),
    ) {
        let mut bytes = LATIN1.to_vec();
        for (at, action, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match action {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at + 1),
                4 => drop(bytes.splice(at..at, *b"<![CDATA[")),
                _ => bytes[at] = [b'<', b'>', b'&', b'"', b'!', b'/'][usize::from(byte) % 6],
            }
        }
        if let Ok(document) = TemplateDocument::parse(&bytes) {
            prop_assert_eq!(document.bytes(), &bytes);
            let again = TemplateDocument::from_text(&document.text()).unwrap();
            prop_assert_eq!(again.files(), document.files());
            let private = document.with_data(FileRole::Private, "a=1").unwrap();
            prop_assert_eq!(&private.private().data, "a=1");
        }
    }

    /// Line *n* of the data is line `data_line + n - 1` of the file, whatever the form.
    #[test]
    fn amb_16_data_lines_are_lines_of_the_file(
        before in "[ \t\n]{0,4}",
        pieces in prop::collection::vec(("([a-z=]{0,3}(\n|\r|\r\n)?){0,4}", any::<bool>()), 1..5),
    ) {
        let body: String = pieces
            .iter()
            .map(|(piece, cdata)| if *cdata { format!("<![CDATA[{piece}]]>") } else { piece.clone() })
            .collect();
        let text = with("<data>p=1</data>", &format!("<data>{before}{body}</data>"));
        let document = TemplateDocument::parse(text.as_bytes()).unwrap();
        let file = document.private();
        let xml = text.replace("\r\n", "\n").replace('\r', "\n");
        let lines: Vec<String> = xml
            .split('\n')
            .map(|line| {
                ["<![CDATA[", "]]>", "<data>", "</data>"]
                    .iter()
                    .fold(line.to_owned(), |line, markup| line.replace(markup, ""))
            })
            .collect();
        let count = file.data.split('\n').count();
        for (n, line) in file.data.split('\n').enumerate() {
            let place = usize::try_from(file.data_line).unwrap() - 1 + n;
            if n == 0 || n + 1 == count {
                prop_assert!(lines[place].contains(line), "{} in {}", line, text);
            } else {
                prop_assert_eq!(&lines[place], line);
            }
        }
    }
}
