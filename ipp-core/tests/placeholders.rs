//! Placeholders as administrators use them: what is set at which scope, and what phones get of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use common::{
    World, block_on, mac,
    scene::{MODEL, Scene, enrol, enrol_as},
    template_xml, value,
};
use ipp_core::{
    app::AppErrorKind,
    catalog::SharedScope,
    device::{Vlan, VlanMode},
    placeholder::{Builtin, builtin::BUILTIN},
    settings::{Language, Scheme, Settings},
    store::DeviceFilter,
};

/// A way to set a placeholder at one scope, or to take it out there.
type Set<'a> = &'a dyn Fn(&str, Option<&str>);

/// Calls `with` with the scopes above the system, weakest first.
fn scopes(scene: &Scene, with: impl FnOnce([(&str, Set<'_>); 3])) {
    let model = SharedScope::Model(MODEL.parse().unwrap());
    let region = SharedScope::Region(scene.region.id);
    with([
        ("model", &|name, text| scene.world.set(model.clone(), name, text)),
        ("region", &|name, text| scene.world.set(region.clone(), name, text)),
        ("device", &|name, text| scene.world.set_own(scene.id, name, text)),
    ]);
}

/// The keys of a file with their values.
fn parameters(file: &str) -> BTreeMap<String, String> {
    let lines = file.lines().filter_map(|line| line.split_once('='));
    lines.map(|(key, text)| (key.to_owned(), text.to_owned())).collect()
}

/// The published file of a scene whose phones were generated.
fn generated(scene: &Scene) -> BTreeMap<String, String> {
    assert_eq!(scene.generate().failed, []);
    parameters(&scene.file())
}

/// A template with one line for each of the placeholders.
fn lines_of<'a>(rows: impl IntoIterator<Item = &'a Builtin>) -> String {
    let lines = rows.into_iter().map(|row| format!("x/{}=%ITCS_{}%", row.name, row.name));
    lines.collect::<Vec<_>>().join("\n")
}

/// What differs between two files, with the second one's values.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<(String, String)> {
    assert!(before.keys().eq(after.keys()));
    let differing = after.iter().filter(|(key, text)| before[*key] != **text);
    differing.map(|(key, text)| (key.clone(), text.clone())).collect()
}

/// PLH-08, PLH-09, PLH-10, AMB-12: placeholders of models, regions and devices are added, edited and
/// deleted; what was deleted takes the value of the next lower scope again.
#[test]
fn plh_08_placeholders_are_added_edited_and_deleted_at_each_scope() {
    let scene = Scene::new();
    let own = || generated(&scene)["own"].clone();
    scopes(&scene, |scopes| {
        let mut below = "1";
        for (scope, set) in scopes {
            for text in ["added", "edited", ""] {
                set("Foo", Some(text));
                assert_eq!(own(), text, "{scope}");
            }
            set("Foo", None);
            assert_eq!(own(), below, "{scope}");
            set("Foo", Some(scope));
            below = scope;
        }
        for (set, below) in [(scopes[2].1, "region"), (scopes[1].1, "model"), (scopes[0].1, "1")] {
            set("Foo", None);
            assert_eq!(own(), below);
        }
    });
}

/// PLH-05, CFG-13: without a placeholder that somebody set a file has the defaults alone; with one,
/// or with several, exactly those differ.
#[test]
fn plh_05_a_file_has_the_defaults_and_what_overrides_them() {
    let by_default = |row: &&Builtin| row.system.is_none() && row.phone.is_none() && row.default.is_some();
    let rows: Vec<&Builtin> = BUILTIN.iter().filter(by_default).collect();
    let scene = Scene::of("", &lines_of(rows.iter().copied()));
    let defaults = generated(&scene);
    assert!(rows.len() > 10);
    for row in &rows {
        assert_eq!(Some(&*defaults[&format!("x/{}", row.name)]), row.default, "{}", row.name);
    }

    scene.world.set(SharedScope::Region(scene.region.id), "Proxy_port", Some("5061"));
    let one = generated(&scene);
    assert_eq!(changed(&defaults, &one), [("x/Proxy_port".to_owned(), "5061".to_owned())]);

    scene.world.set(SharedScope::System, "TimeZoneName", Some("CET"));
    scene.world.set(SharedScope::Model(MODEL.parse().unwrap()), "SipDigitMap", Some("x.T"));
    scene.world.set_own(scene.id, "IPPhoneUsername", Some("boss"));
    scene.world.set_own(scene.id, "Proxy_port", Some("5062"));
    let several = changed(&defaults, &generated(&scene));
    let expected = [
        ("IPPhoneUsername", "boss"),
        ("Proxy_port", "5062"),
        ("SipDigitMap", "x.T"),
        ("TimeZoneName", "CET"),
    ];
    assert_eq!(several, expected.map(|(name, text)| (format!("x/{name}"), text.to_owned())));
}

/// PLH-12: the values of system placeholders that follow from a setting are set there, and there
/// alone.
#[test]
fn plh_12_system_settings_give_system_placeholders_their_values() {
    type Edit = fn(&mut Settings);
    let table: [(Edit, &[(&str, &str)]); 28] = [
        (|s| s.phones.server.scheme = Scheme::Https, &[("HTTP_OR_S", "https"), ("HTTP_PROXY_PORT", "8081")]),
        (
            |s| s.phones.server.fqdn = Some("ipp.example.com".parse().unwrap()),
            &[("ServerIP", "ipp.example.com"), ("HTTP_PROXY_IP", "ipp.example.com")],
        ),
        (|s| s.phones.keep_alive_minutes = 30, &[("KeepAlivePeriod", "30")]),
        (|s| s.phones.language = Language::Portuguese, &[("Language", "Portuguese")]),
        (|s| s.phones.ntp_server = Some("10.0.0.7".parse().unwrap()), &[("Primary_NTP", "10.0.0.7")]),
        (|s| s.phones.time_zone = "-03:30".parse().unwrap(), &[("TimeZoneLocation", "-03:30")]),
        (|s| s.phones.voice_mail_number = "4711".parse().unwrap(), &[("MwiVmNumber", "4711")]),
        (|s| s.phones.require_srtp = true, &[("SRTP", "1")]),
        (|s| s.phones.require_srtp = false, &[("SRTP", "0")]),
        (
            |s| s.phones.redundancy.primary = Some("pbx1".parse().unwrap()),
            &[("Outbound_proxy", "pbx1"), ("Outbound_proxy_enable", "1")],
        ),
        (
            |s| s.phones.redundancy.backup = Some("pbx2".parse().unwrap()),
            &[("Redundant_outbound_proxy", "pbx2"), ("Redundant_outbound_proxy_enable", "1")],
        ),
        (
            |s| s.phones.redundancy.backup = None,
            &[("Redundant_outbound_proxy", ""), ("Redundant_outbound_proxy_enable", "0")],
        ),
        (|s| s.phones.ldap.active = true, &[("LDAPActive", "1")]),
        (|s| s.phones.ldap.server_address = "ldap".parse().unwrap(), &[("LDAPServerAddress", "ldap")]),
        (|s| s.phones.ldap.port = 636, &[("LDAPPort", "636")]),
        (|s| s.phones.ldap.user_name = "cn=ipp".parse().unwrap(), &[("LDAPUserName", "cn=ipp")]),
        (|s| s.phones.ldap.base = "dc=example".parse().unwrap(), &[("LDAPBase", "dc=example")]),
        (|s| s.phones.ldap.name_filter = "(sn=%)".parse().unwrap(), &[("LDAPNameFilter", "(sn=%)")]),
        (|s| s.phones.ldap.name_attributes = "cn sn".parse().unwrap(), &[("LDAPNameAttributes", "cn sn")]),
        (
            |s| s.phones.ldap.number_filter = "(mobile=%)".parse().unwrap(),
            &[("LDAPNumberFilter", "(mobile=%)")],
        ),
        (
            |s| s.phones.ldap.number_attributes = "mobile".parse().unwrap(),
            &[("LDAPNumberAttributes", "mobile")],
        ),
        (|s| s.phones.ldap.display_name = "%sn".parse().unwrap(), &[("LDAPDisplayName", "%sn")]),
        (|s| s.phones.ldap.max_hits = 9, &[("LDAPMaxHits", "9")]),
        (|s| s.phones.ldap.country_code = "49".parse().unwrap(), &[("LDAPCountryCode", "49")]),
        (|s| s.phones.ldap.area_code = "30".parse().unwrap(), &[("LDAPAreaCode", "30")]),
        (|s| s.phones.ldap.sort_result = false, &[("LDAPSortResult", "0")]),
        (|s| s.phones.ldap.search_timeout = 8, &[("LDAPSearchTimeout", "8")]),
        (|s| s.phones.ldap.call_lookup = true, &[("LDAPCallLookup", "1")]),
    ];
    let rows: Vec<&Builtin> = BUILTIN.iter().filter(|row| row.system.is_some() && !row.secret).collect();
    let scene = Scene::of("", &lines_of(rows.iter().copied()));
    let mut seen = BTreeSet::new();
    for (edit, expected) in table {
        scene.world.edit_settings(edit);
        let file = generated(&scene);
        for (name, text) in expected {
            assert_eq!(file[&format!("x/{name}")], *text, "{name}");
            seen.insert(*name);
        }
    }
    let all: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(seen, all, "each placeholder that follows from a setting");
    for name in all {
        let name = name.parse().unwrap();
        let refused =
            block_on(scene.world.admin().set_placeholder(SharedScope::System, name, None)).unwrap_err();
        assert_eq!(refused.kind(), AppErrorKind::Invalid);
    }
}

/// PLH-03, AMB-09: the time zone is the installation's, or that of the model, region or device; it is
/// a zone and not a time, so that a file does not depend on the day.
#[test]
fn plh_03_phones_get_the_time_zone_of_the_most_specific_scope() {
    let scene = Scene::of("", "zone=%ITCS_TimeZoneLocation%");
    let zone = || generated(&scene)["zone"].clone();
    assert_eq!(zone(), "+00:00");
    scene.world.edit_settings(|settings| settings.phones.time_zone = "+02:00".parse().unwrap());
    assert_eq!(zone(), "+02:00");
    scopes(&scene, |scopes| {
        for ((_, set), own) in scopes.into_iter().zip(["+03:00", "+04:00", "-05:30"]) {
            set("TimeZoneLocation", Some(own));
            assert_eq!(zone(), own);
        }
    });
    let today = scene.file();
    scene.world.clock.advance(Duration::from_hours(24));
    assert_eq!((scene.generate().published, scene.file()), (0, today));
}

/// PLH-28: the phone of one person has another value, and no other phone's file changes.
#[test]
fn plh_28_one_device_is_overridden_and_the_others_stay() {
    let scene = Scene::new();
    let others = [enrol(&scene.world, 2).0, enrol(&scene.world, 3).0];
    let files = || others.each_ref().map(|phone| phone.file(&scene.world).map(|file| file.etag));
    let before = files();
    scene.world.set_own(scene.id, "Foo", Some("for the boss"));
    let report = scene.generate();
    assert_eq!((report.published, report.unchanged), (1, 2));
    assert!(scene.file().contains("own=for the boss\n"));
    assert_eq!(files(), before);
}

/// GEN-11: a template serves phones that differ by nothing but their model, their region or their own
/// value, and exactly that line of their files differs.
#[test]
fn gen_11_files_differ_by_model_region_and_device() {
    const OTHER: &str = "440HD";
    let world = World::new();
    let (here, there) = (world.region("R", |_| {}), world.region("S", |_| {}));
    for name in ["A", "B", "C"] {
        world.set(SharedScope::System, name, Some("shared"));
    }
    let private = "url=http://%ITCS_ServerIP%/\nof_model=%ITCS_A%\nof_region=%ITCS_B%\nof_device=%ITCS_C%";
    for (name, model, region) in [("1", MODEL, &here), ("2", OTHER, &here), ("3", MODEL, &there)] {
        world.import(&template_xml(model, name, "", private), Some(region), true);
    }
    world.set(SharedScope::Model(OTHER.parse().unwrap()), "A", Some("model"));
    world.set(SharedScope::Region(there.id), "B", Some("region"));
    let phones = [(MODEL, "R"), (OTHER, "R"), (MODEL, "S"), (MODEL, "R")];
    let phones: Vec<_> =
        (10..).zip(phones).map(|(at, (model, region))| enrol_as(&world, at, model, region)).collect();
    world.set_own(phones[3].1, "C", Some("device"));
    assert_eq!(block_on(world.admin().generate(DeviceFilter::all())).unwrap().failed, []);

    let files: Vec<_> = phones
        .iter()
        .map(|(phone, _)| {
            let token = phone.token.as_ref().unwrap().to_text();
            parameters(&phone.text(&world).unwrap().replace(&token, "<token>"))
        })
        .collect();
    assert_eq!(["of_model", "of_region", "of_device"].map(|key| &*files[0][key]), ["shared"; 3]);
    for (file, level) in files[1..].iter().zip(["model", "region", "device"]) {
        assert_eq!(changed(&files[0], file), [(format!("of_{level}"), level.to_owned())]);
    }
}

/// TPL-33: a parameter of the private part is each phone's own, here the VLAN mode.
#[test]
fn tpl_33_each_device_has_its_own_vlan_mode() {
    let scene = Scene::of("", "network/lan/vlan/mode=%ITCS_VLANMode%");
    for (number, mode, expected) in
        [(2, Some(VlanMode::Manual), "Manual"), (3, Some(VlanMode::CdpLldp), "CDP_LLDP"), (4, None, "")]
    {
        let (phone, id) = enrol(&scene.world, number);
        assert_eq!(phone.mac, mac(number));
        scene.world.edit_device(id, |device| device.vlan = Vlan { mode, ..Vlan::default() });
        scene.generate();
        let file = phone.text(&scene.world).unwrap();
        assert_eq!(value(&file, "network/lan/vlan/mode"), Some(expected));
    }
}
