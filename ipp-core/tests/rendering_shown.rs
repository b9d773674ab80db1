//! What is shown of a file, explained or behind masks, against the file itself.

mod common;

use common::{
    bench::{Bench, SCOPES},
    mac, token,
};
use ipp_core::{
    cfg::{MASK, TOKEN_MARK},
    device::{Vlan, VlanMode},
    render::{DeviceInputs, Inputs, OpenedSecrets, SecretInputs},
    template::{BUILTIN, TemplateDocument, compiled::LineSource},
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The explanation is the file: its texts joined are the file, byte for byte, whatever the
    /// scopes set; a line is marked where it carries the token, and named where it was left out.
    #[test]
    fn explain_is_render(
        template in prop::sample::select(BUILTIN.to_vec()),
        sets in prop::collection::vec(
            (1_usize..5, prop::sample::select(vec!["VLANID", "Proxy_port", "TimeZoneLocation", "IPPhoneUsername", "DayLightSwitch", "FirmwareFile"]), "[a-zé%:.0-9]{0,6}"),
            0..12,
        ),
        vlan in prop::option::of(0_u16..4096),
        named in any::<bool>(),
        has_token in any::<bool>(),
    ) {
        let mut bench = Bench::of(template.xml, template.key);
        for (scope, name, text) in &sets {
            bench.set(SCOPES[*scope], name, Some(text));
        }
        bench.device.vlan = Vlan { mode: vlan.map(|_| VlanMode::Manual), id: vlan, priority: None };
        if named {
            bench.device.display_name = "Reception".parse().unwrap();
        }
        bench.edit_region(|region| region.lines = vec!["r/x=%ITCS_mac%".parse().unwrap()]);
        bench.device.lines = vec!["d/x=1".parse().unwrap(), "d/y=2".parse().unwrap()];
        let token = has_token.then(|| token(9).to_text());

        let file = bench.private(token.clone()).unwrap();
        let lines = bench.explained(token.clone()).unwrap();

        let joined: String = lines.iter().map(|line| line.text.as_str()).collect();
        prop_assert_eq!(&joined, &file);
        for line in &lines {
            let shows = token.as_ref().is_some_and(|token| line.text.contains(token.as_str()));
            prop_assert_eq!(line.carries_token, shows);
            prop_assert_eq!(line.left_out, line.text.is_empty());
            if line.left_out {
                prop_assert!(line.placeholders.iter().any(|placeholder| placeholder.layers.is_empty()));
            }
            let single = matches!(line.source, LineSource::Template(_) | LineSource::Daylight);
            prop_assert!(!single || line.text.lines().count() <= 1);
        }
        // The lines of the template that are there to be given, and no other.
        let private = TemplateDocument::parse(template.xml.as_bytes()).unwrap();
        let written = private.private().data.lines().filter(|line| !line.starts_with("zzz")).count();
        let left_out = lines.iter().filter(|line| line.left_out).count();
        prop_assert_eq!(file.lines().count(), written - left_out + 15 + 1 + 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// A file is shown as it is, with a mask in the place of each secret and of the token, and nothing
    /// where a secret is empty.
    #[test]
    fn the_shown_file_is_the_file_behind_masks(
        template in prop::sample::select(BUILTIN.to_vec()),
        given in prop::collection::vec(prop::option::of(prop::sample::select(vec!["hush-1", "hush-2", ""])), 4),
        has_token in any::<bool>(),
    ) {
        let bench = Bench::of(template.xml, template.key);
        let names = ["RESTPassword", "Line1AuthPassword", "IPPhonePassword", "LDAPPassword"];
        let values = names.iter().zip(&given).filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
        let secrets = SecretInputs { token: has_token.then(|| token(9).to_text()), values: values.collect() };
        let (_, cohort) = bench.cohort().unwrap();
        let own = DeviceInputs { values: [("mac".parse().unwrap(), mac(1).to_string())].into(), lines: vec!["d/x=1".parse().unwrap()] };
        let mut real = String::new();
        cohort.render_private(&Inputs::new(&cohort.template().compiled, &own, &secrets).unwrap(), &mut real).unwrap();

        let bytes = secrets.to_bytes();
        let shown = cohort.show_private(&own, OpenedSecrets::parse(&bytes).unwrap()).unwrap();

        let masked = real.replace("hush-1", MASK).replace("hush-2", MASK);
        let masked = if has_token { masked.replace(secrets.mark().as_str(), TOKEN_MARK) } else { masked };
        prop_assert_eq!(shown.text(), masked);
        let told = format!("{shown:?} {:?}", shown.lines());
        prop_assert!(!told.contains("hush") && !told.contains(&token(9).to_text()), "{}", told);
    }
}
