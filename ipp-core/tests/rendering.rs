//! The laws of rendering, on the renderer itself.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{
    Handset, World,
    bench::{Bench, MODEL, SCOPES, put},
    block_on, mac, template_xml, token, value,
};
use ipp_core::{
    catalog::SharedScope,
    placeholder::Origin,
    render::{DeviceInputs, Inputs, RenderError, SecretInputs},
    store::DeviceFilter,
    template::{BUILTIN, Template},
    text::breaks_line,
};
use proptest::prelude::*;

/// A value at a scope: inherit, set to nothing, or set to something.
type State = Option<&'static str>;

/// PLH-01, PLH-04, PLH-32, AMB-07: the most specific scope that sets a value wins, for all 243 combinations of five
/// scopes that inherit, set nothing, or set a value. Empty is not absent.
#[test]
fn plh_32_the_most_specific_scope_that_sets_a_value_wins() {
    const VALUES: [[State; 3]; 5] = [
        [None, Some(""), Some("default")],
        [None, Some(""), Some("system")],
        [None, Some(""), Some("model")],
        [None, Some(""), Some("region")],
        [None, Some(""), Some("device")],
    ];
    for combination in 0..3_usize.pow(5) {
        let states: Vec<State> =
            VALUES.iter().zip(0..).map(|(of, at)| of[combination / 3_usize.pow(at) % 3]).collect();
        let mut bench = Bench::new("", "a=<%ITCS_Foo%>");
        for (origin, state) in SCOPES.into_iter().zip(&states) {
            bench.set(origin, "Foo", *state);
        }

        let strongest = states.iter().rev().flatten().next();

        match (bench.private(None), strongest) {
            (Ok(file), Some(expected)) => {
                assert_eq!(value(&file, "a"), Some(&*format!("<{expected}>")), "{states:?}");
            }
            (Err(RenderError::Unresolved { name, line }), None) => {
                assert_eq!((name.as_str(), line), ("Foo", 14), "{states:?}");
            }
            (other, _) => panic!("{states:?}: {other:?}"),
        }
        // The explanation lists the winner, and behind it exactly what it shadows, strongest first.
        if strongest.is_some() {
            let lines = bench.explained(None).unwrap();
            let layers = &lines.last().unwrap().placeholders[0].layers;
            let shown: Vec<_> = layers.iter().map(|layer| (layer.origin, layer.value.as_deref())).collect();
            let set = SCOPES.into_iter().zip(&states).rev().filter(|(_, state)| state.is_some());
            assert_eq!(shown, set.map(|(origin, state)| (origin, *state)).collect::<Vec<_>>());
        }
    }
}

/// PLH-33, AMB-08: the error names the line of the template's XML and the placeholder.
#[test]
fn plh_33_an_unresolved_placeholder_is_named_with_its_line() {
    let bench = Bench::new("", "a=1\nb=2\nc=%ITCS_NoSuch%");
    let error = bench.private(None).unwrap_err().to_string();
    assert!(error.starts_with("line 16 of the template: %ITCS_NoSuch% has no value"), "{error}");
}

/// A value that reads like a placeholder, or makes one together with its neighbours, stays text.
#[test]
fn c3_substituted_text_is_not_scanned_again() {
    let mut bench = Bench::new("", "a=%ITCS_A%\nb=%ITCS_A%ITCS_B%\nc=%%ITCS_A%%");
    bench.set(Origin::System, "A", Some("%ITCS_B%"));
    bench.set(Origin::System, "B", Some("never"));
    let file = bench.private(None).unwrap();
    assert_eq!(value(&file, "a"), Some("%ITCS_B%"));
    assert_eq!(value(&file, "b"), Some("%ITCS_B%ITCS_B%"));
    assert_eq!(value(&file, "c"), Some("%%ITCS_B%%"));
}

/// A line whose own value is not there is left out, and it alone, wherever it stands.
#[test]
fn a_line_that_is_left_out_takes_nothing_with_it() {
    let bench = Bench::new(
        "",
        "x=%ITCS_Line1Id%\na=1\ny=%ITCS_LDAPPassword%\nz=%ITCS_RESTPassword%\nb=%ITCS_mac%\nc=1\nw=%ITCS_Line1Id%",
    );
    assert_eq!(bench.private(None).unwrap(), "include T_global.cfg\na=1\nb=00908f000001\nc=1\n");
}

/// The blocks of the end markers, in their order; absent and `DISABLE` append nothing,
/// and no marker reaches the output.
#[test]
fn end_markers_append_their_blocks() {
    for (markers, expected) in [
        ("", ""),
        (
            "\nzzz0_daylight_cfg=DISABLE\nzzz1_tenant_cfg=DISABLE\nzzz2_site_cfg=DISABLE\nzzz3_user_cfg=DISABLE",
            "",
        ),
        ("\nzzz1_tenant_cfg=ENABLE", "region/x=1\nregion/y=2\n"),
        ("\nzzz2_site_cfg=ENABLE", ""),
        ("\nzzz3_user_cfg=enable", "device/x=1\n"),
        ("\nzzz3_user_cfg=ENABLE\nzzz1_tenant_cfg=ENABLE", "region/x=1\nregion/y=2\ndevice/x=1\n"),
        ("\nzzz1_tenant_cfg=ENABLE\nzzz1_tenant_cfg=DISABLE", ""),
    ] {
        let mut bench = Bench::new("", &format!("a=1{markers}"));
        bench.edit_region(|region| {
            region.lines = vec!["region/x=1".parse().unwrap(), "region/y=2".parse().unwrap()];
        });
        bench.device.lines = vec!["device/x=1".parse().unwrap()];
        assert_eq!(
            bench.private(None).unwrap(),
            format!("include T_global.cfg\na=1\n{expected}"),
            "{markers:?}"
        );
    }
}

/// The keys of the daylight block, from the placeholders of the same names.
#[test]
fn the_daylight_block_follows_the_placeholders() {
    let mut bench = Bench::new("", "a=1\nzzz0_daylight_cfg=ENABLE");
    bench.set(Origin::Region, "DayLightActivate", Some("Enable"));
    bench.set(Origin::Region, "DayLightStartMonth", Some("3"));
    let file = bench.private(None).unwrap();
    for (key, expected) in [
        ("activate", "Enable"),
        ("mode", "FIXED"),
        ("offset", "60"),
        ("start_date/day", "1"),
        ("start_date/month", "3"),
        ("start_date/week", "1"),
        ("start_date/day_of_week", "SUNDAY"),
        ("start_date/hour", "2"),
        ("start_date/minute", "0"),
        ("end_date/day", "1"),
        ("end_date/month", "1"),
        ("end_date/week", "1"),
        ("end_date/day_of_week", "SUNDAY"),
        ("end_date/hour", "2"),
        ("end_date/minute", "0"),
    ] {
        assert_eq!(value(&file, &format!("system/daylight_saving/{key}")), Some(expected), "{key}");
    }
    assert_eq!(file.lines().count(), 17);
}

/// The token stands behind the authority of each URL that leads back to the server, in each
/// template of the product, and nowhere else.
#[test]
fn the_token_stands_in_each_url_that_leads_back_and_nowhere_else() {
    for builtin in BUILTIN {
        let mut bench = Bench::of(builtin.xml, builtin.key);
        bench.edit_region(|region| {
            region.lines = vec!["x/url=http://elsewhere.example.com/".parse().unwrap()];
        });
        let (without, with) =
            (bench.private(None).unwrap(), bench.private(Some(token(9).to_text())).unwrap());
        let prefix = token(9).prefix();

        assert_eq!(with.replace(&prefix, ""), without, "{}: the token is all that differs", builtin.key);
        for line in with.lines().filter(|line| line.contains("://")) {
            let rest = line.split_once("://").unwrap().1;
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            let own = rest.starts_with(common::SERVER);
            assert_eq!(format!("/{path}").starts_with(&prefix), own, "{}: {line}", builtin.key);
        }
        assert_eq!(with.matches(&prefix).count(), 3, "{}", builtin.key);
    }
}

/// C9: a value of one phone, or a secret, is refused in the global part.
#[test]
fn c9_the_global_part_refuses_what_is_one_phones_own() {
    for name in
        ["mac", "Line1Id", "RESTPassword", "FirmwareFile", "LDAPPassword", "IPPhonePassword", "VLANID"]
    {
        let bench = Bench::new(&format!("ok=1\nx=%ITCS_{name}%"), "a=1");
        let error = bench.cohort().unwrap().1.render_global(&mut String::new()).unwrap_err();
        assert!(matches!(&error, RenderError::NotShared { line: 9, .. }), "{name}: {error}");
    }
}

/// A12, PLH-34: whatever a value holds, the file has the lines and keys of the template, or there
/// is an error; and a file is a function of its inputs.
fn lines_and_keys_are_the_templates(values: [&str; 3]) -> Result<(), TestCaseError> {
    let bench = Bench::new("", "a=%ITCS_A%\nb=x%ITCS_B%%ITCS_A%y\nc=%ITCS_C%\nlast=1");
    let (_, cohort) = bench.cohort().unwrap();
    let named =
        ["A", "B", "C"].iter().zip(values).map(|(name, text)| (name.parse().unwrap(), text.to_owned()));
    let own = DeviceInputs { values: named.collect(), lines: Vec::new() };
    let breaks = values.iter().any(|text| text.contains(breaks_line));
    match Inputs::new(&cohort.template().compiled, &own, &SecretInputs::default()) {
        Err(error) => {
            prop_assert!(breaks, "{error}");
            let named = matches!(error, RenderError::LineBreak { .. });
            prop_assert!(named);
        }
        Ok(inputs) => {
            prop_assert!(!breaks);
            let (mut once, mut again) = (String::new(), String::new());
            cohort.render_private(&inputs, &mut once).unwrap();
            cohort.render_private(&inputs, &mut again).unwrap();
            prop_assert_eq!(&once, &again);
            // Every character that a phone or a person could take for the end of a line.
            let lines: Vec<&str> = once
                .split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\0'])
                .filter(|line| !line.is_empty())
                .collect();
            let keys: Vec<&str> =
                lines.iter().map(|line| line.split_once('=').map_or(*line, |(key, _)| key)).collect();
            prop_assert_eq!(keys, ["include T_global.cfg", "a", "b", "c", "last"]);
            prop_assert_eq!(value(&once, "b").unwrap(), format!("x{}{}y", values[1], values[0]));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a12_no_value_adds_or_removes_a_line(a in any::<String>(), b in "[a-z%=;\r\n\u{85}\u{2028}\t ]{0,12}", c in ".{0,20}") {
        lines_and_keys_are_the_templates([&a, &b, &c])?;
    }
}

/// One write of a placeholder at a scope, or its removal.
#[derive(Debug, Clone)]
struct Write {
    scope: usize,
    value: Option<String>,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write =
        (1_usize..5, prop::option::of("[a-z]{0,3}")).prop_map(|(scope, value)| Write { scope, value });
    prop::collection::vec(write, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// L1 through the use cases: after any history of writes the published file shows the
    /// strongest value that is set now. The order of writes does not matter, and clearing restores
    /// what was inherited.
    #[test]
    fn plh_32_only_what_is_set_now_matters(history in writes()) {
        let world = World::new();
        let region = world.region("R", |_| {});
        let xml = template_xml(MODEL, "T", "", "a=<%ITCS_Foo%>");
        let template = world.import(&xml, Some(&region), false);
        world.put_template(Template { default: true, ..template });
        let device = world.device(mac(1), MODEL, &world.user("u", &region, None));
        let mut phone = Handset::new(1).in_region("R");
        phone.boot(&world);
        phone.started(&world);
        let mut now: [Option<String>; 5] = [const { None }; 5];
        for write in &history {
            match SCOPES[write.scope] {
                Origin::System => world.set(SharedScope::System, "Foo", write.value.as_deref()),
                Origin::Model => world.set(SharedScope::Model(MODEL.parse().unwrap()), "Foo", write.value.as_deref()),
                Origin::Region => world.set(SharedScope::Region(region.id), "Foo", write.value.as_deref()),
                Origin::Device | Origin::Default => world.edit_device(device.id, |device| {
                    let text = write.value.as_ref().map(|text| text.parse().unwrap());
                    put(&mut device.overrides, "Foo".parse().unwrap(), text);
                }),
            }
            now[write.scope].clone_from(&write.value);
        }

        let report = block_on(world.admin().generate(DeviceFilter::all())).unwrap();

        if let Some(expected) = now.iter().rev().flatten().next() {
            prop_assert_eq!((report.published, report.failed.len()), (1, 0));
            let file = phone.text(&world).unwrap();
            prop_assert_eq!(value(&file, "a"), Some(&*format!("<{expected}>")));
        } else {
            prop_assert_eq!((report.published, report.failed.len()), (0, 1));
            prop_assert!(report.failed[0].reason.contains("%ITCS_Foo%"));
            prop_assert!(phone.file(&world).is_none());
        }
    }
}
