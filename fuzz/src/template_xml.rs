//! Template files as people upload and edit them.

use ipp_core::{
    template::{FileRole, MAX_BYTES, MAX_FIELD_CHARS, TemplateDocument, TemplateError},
    text::{CfgValue, breaks_line},
};

use crate::{is_printable, rendering_laws};

/// Reads a template file. What follows a NUL, which no XML file holds, is the text of an edit.
///
/// Laws: the bytes are kept; a refusal names a place in the file; text and parts read back as the
/// same template; an edit changes one part, exactly as asked, and can be taken back; each line of
/// the data stands on the line of the file that it claims; and the laws of compiling and rendering.
pub fn template_xml(data: &[u8]) {
    let (xml, edit) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => {
            assert!(TemplateDocument::parse(data).is_err(), "a NUL was read");
            (&data[..at], String::from_utf8_lossy(&data[at + 1..]))
        }
        None => (data, "a=1\nb=2\n".into()),
    };
    let document = match TemplateDocument::parse(xml) {
        Ok(document) => document,
        Err(error) => return refusal(xml, &error),
    };
    assert_eq!(document.bytes(), xml);
    fields(&document);
    reads_back(&document);
    edits(&document, &edit);
    places(&document);
    let value = edit.parse::<CfgValue>().map_or_else(|_| "v".to_owned(), String::from);
    rendering_laws::hold(&document, &value);
}

fn refusal(xml: &[u8], error: &TemplateError) {
    let lines = xml.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    assert!((1..=lines).contains(&(error.line() as usize)), "{error}");
    assert!((1..=xml.len() + 1).contains(&(error.column() as usize)), "{error}");
    assert!(!error.message().is_empty() && is_printable(&error.to_string()), "{error:?}");
}

fn fields(document: &TemplateDocument) {
    assert!(!document.model_type().is_empty());
    let files = document.files();
    assert!(files.iter().any(|file| file == document.private()));
    assert!(document.private().name.contains("%ITCS_mac%"));
    let texts = files.iter().flat_map(|file| [&*file.name, &*file.profile, &*file.destination]);
    for text in texts.chain([document.model_type(), document.description()]) {
        // A tab is white space of XML.
        assert!(!text.chars().any(|c| breaks_line(c) && c != '\t'), "{text:?}");
        assert!(text.chars().count() <= MAX_FIELD_CHARS, "{text:?}");
    }
    for file in files {
        assert!(!file.data.chars().any(forbidden_in_data), "{:?}", file.data);
        assert!(
            !file.name.contains(['/', '\\']) && file.name.strip_suffix(".cfg").is_some(),
            "{:?}",
            file.name
        );
    }
}

fn reads_back(document: &TemplateDocument) {
    let from_text = TemplateDocument::from_text(&document.text());
    assert!(
        from_text.is_ok_and(|again| document.bytes().ends_with(again.bytes())),
        "the text is another file"
    );
    // Writing adds up to a few hundred bytes to a file, and references up to four times its fields.
    if document.bytes().len() < MAX_BYTES / 2 {
        let parts = document.parts();
        let written = TemplateDocument::from_parts(&parts);
        assert_eq!(written.as_ref().map(TemplateDocument::parts), Ok(parts));
        let again = written.and_then(|written| TemplateDocument::parse(written.bytes()));
        assert!(again.is_ok());
    }
}

fn edits(document: &TemplateDocument, edit: &str) {
    for role in [FileRole::Global, FileRole::Private] {
        let Some(file) = document.file(role) else {
            assert!(document.with_data(role, edit).is_err());
            continue;
        };
        assert_eq!(document.with_data(role, &file.data).as_ref(), Ok(document), "no edit is no change");
        let data = edit.replace("\r\n", "\n").replace('\r', "\n");
        let lawful = !data.chars().any(forbidden_in_data);
        let edited = match document.with_data(role, edit) {
            Ok(edited) => edited,
            Err(error) => {
                assert!(!lawful, "{error} for {edit:?}");
                continue;
            }
        };
        assert!(lawful, "{edit:?} was written");
        let mut expected = document.parts();
        match (role, &mut expected.global) {
            (FileRole::Global, Some(global)) => global.data = data,
            (FileRole::Global, None) => assert!(document.global().is_none()),
            (FileRole::Private, _) => expected.private.data = data,
        }
        assert_eq!(edited.parts(), expected);
        let back = edited.with_data(role, &file.data);
        assert_eq!(back.map(|back| back.parts()), Ok(document.parts()));
    }
    let words: Vec<&str> =
        edit.split(['\n', '\r', '\t']).map(str::trim).filter(|word| !word.is_empty()).collect();
    let description = words.join(" ");
    let lawful =
        !description.chars().any(forbidden_in_data) && description.chars().count() <= MAX_FIELD_CHARS;
    let edited = document.with_description(edit);
    assert_eq!(edited.is_ok(), lawful, "{edited:?} for {edit:?}");
    if let Ok(edited) = edited {
        assert_eq!(edited.description(), description);
        let mut expected = document.parts();
        expected.description = description;
        assert_eq!(edited.parts(), expected);
    }
}

/// A line of the data stands on the line of the file that it claims, if nothing in it is written
/// with references or over several sections.
fn places(document: &TemplateDocument) {
    let text = document.text().replace("\r\n", "\n").replace('\r', "\n");
    if text.contains('&') || document.files().iter().any(|file| file.data.contains("<![CDATA[")) {
        return;
    }
    let lines: Vec<String> =
        text.split('\n').map(|line| line.replace("<![CDATA[", "").replace("]]>", "")).collect();
    for file in document.files() {
        for (line, number) in file.data.lines().zip(file.data_line as usize..) {
            let there = number.checked_sub(1).and_then(|at| lines.get(at));
            assert!(there.is_some_and(|there| holds(there, line)), "line {number}: {line:?}, not {there:?}");
        }
    }
}

/// Whether a line holds a text, apart from the ends of sections, which may stand in both.
fn holds(line: &str, text: &str) -> bool {
    line.contains(text) || line.contains(&text.replace("]]>", ""))
}

fn forbidden_in_data(c: char) -> bool {
    (breaks_line(c) && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}
