//! Golden files of everything that a phone is sent: `tests/golden/*.cfg`, compared byte for byte.
//!
//! Where one differs, the test leaves all of them in a folder that it names. Read the difference as
//! a phone would, and copy what is meant.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{collections::BTreeMap, fs, path::PathBuf};

use common::{Handset, World, block_on, mac, token};
use ipp_core::{
    catalog::SharedScope,
    device::{Vlan, VlanMode},
    region::{Identity, Region},
    render::option160::Route,
    settings::{SbcProxy, Scheme},
    store::DeviceFilter,
    template::BUILTIN,
    vault::SealFor,
};

type Files = BTreeMap<String, String>;

#[test]
fn everything_that_phones_are_sent_is_as_written_down() {
    let mut written: Files = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        // What is not a phone's file belongs to other tests.
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "cfg"))
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    let made = all();
    let mut differing = Vec::new();
    for (name, text) in &made {
        if written.remove(name).as_ref() != Some(text) {
            differing.push(name);
        }
    }
    if !differing.is_empty() || !written.is_empty() {
        let aside = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("golden");
        fs::create_dir_all(&aside).unwrap();
        for (name, text) in &made {
            fs::write(aside.join(name), text).unwrap();
        }
        let gone: Vec<&String> = written.keys().collect();
        panic!("files differ: {differing:?}; nothing makes {gone:?} any more; see {}", aside.display());
    }
}

/// AMB-30: server, method, configuration, firmware, account, password, and the keep-alive line last.
#[test]
fn amb_30_the_lines_of_option_160_have_their_order() {
    let files = all();
    for (name, file) in files.iter().filter(|(name, _)| name.starts_with("option160")) {
        let keys: Vec<&str> = file.lines().map(|line| line.split_once('=').unwrap().0).collect();
        let account: &[&str] = &["ems_server/user_name", "ems_server/user_password"];
        let account = if name.contains("system") { account } else { &[] };
        let urls = [
            "ems_server/provisioning/url",
            "provisioning/method",
            "provisioning/configuration/url",
            "provisioning/firmware/url",
        ];
        assert_eq!(keys, [&urls, account, &["ems_server/keep_alive_period"]].concat(), "{name}");
    }
}

/// TPL-44: what no phone may ever be sent: a placeholder, an end marker, a key without a value's separator,
/// a key twice in what one file says by itself.
#[test]
fn no_file_holds_what_a_phone_cannot_read() {
    for (name, file) in all() {
        assert!(file.ends_with('\n') && !file.contains("%ITCS_") && !file.contains("zzz"), "{name}");
        let mut keys = Vec::new();
        for line in file.lines().filter(|line| !line.starts_with("include ")) {
            let (key, _) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(!key.is_empty() && key.trim() == key, "{name}: {line}");
            keys.push(key);
        }
        let before = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), before, "{name}");
    }
}

fn all() -> Files {
    let mut files = Files::new();
    templates(&mut files);
    fresh(&mut files);
    special_regions(&mut files);
    option160(&mut files);
    files
}

/// Each template of the product, for one phone of one user, in an installation where everything is
/// set.
fn templates(files: &mut Files) {
    let world = World::new();
    let region = world.region("Head Office", |region| {
        region.lines = vec!["system/display/message_on_screen=Head Office".parse().unwrap()];
    });
    world.system_user(&region);
    everything_set(&world);
    world.set(SharedScope::System, "IPPhonePassword", Some("web-secret"));
    world.set(SharedScope::Region(region.id), "Proxy_address", Some("sip.example.com"));
    world.set(SharedScope::Region(region.id), "DayLightActivate", Some("Enable"));
    for builtin in BUILTIN {
        world.publish_templates(&[world.builtin(builtin.key).id]);
    }
    for (builtin, number) in BUILTIN.into_iter().zip(1..) {
        let mut phone = phone(number, builtin.key, &region);
        files.insert(format!("{}.first-contact.cfg", builtin.key), phone.text(&world).unwrap());
        enrol(&world, &mut phone, builtin.key, &region);
        let (private, global) = (phone.text(&world).unwrap(), global(&world, &phone));
        files.insert(format!("{}.private.cfg", builtin.key), private);
        files.insert(format!("{}.global.cfg", builtin.key), global);
    }
}

/// An installation where nothing is set, with a phone that zero touch let in.
fn fresh(files: &mut Files) {
    let world = World::new();
    let region = world.region("R", |_| {});
    let mut phone = phone(1, "430HD", &region);
    files.insert("fresh.first-contact.cfg".to_owned(), phone.text(&world).unwrap());
    phone.started(&world);
    fix_rest_password(&world, &phone);
    phone.region = None;
    files.insert("fresh.private.cfg".to_owned(), phone.text(&world).unwrap());
    files.insert("fresh.global.cfg".to_owned(), global(&world, &phone));
}

/// A region behind the SBC HTTP proxy, and an open one.
fn special_regions(files: &mut Files) {
    let world = World::new();
    everything_set(&world);
    let cloud = world.region("Cloud", |region| region.through_proxy = true);
    let open = world.region("Open", |region| {
        (region.identity, region.networks) = (Identity::Open, vec!["10.0.0.0/8".parse().unwrap()]);
    });
    world.system_user(&cloud);
    world.publish_templates(&[world.builtin("430HD").id]);
    for (region, number) in [(&cloud, 1), (&open, 2)] {
        let mut phone = phone(number, "430HD", region);
        if region.identity == Identity::Open {
            phone.token = None;
            phone = phone.with_system_account();
        }
        let name = region.name.as_str().to_lowercase();
        files.insert(format!("{name}.first-contact.cfg"), phone.text(&world).unwrap());
        enrol(&world, &mut phone, "430HD", region);
        files.insert(format!("{name}.private.cfg"), phone.text(&world).unwrap());
    }
}

fn option160(files: &mut Files) {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.edit_settings(|settings| settings.phones.proxy = Some(proxy()));
    let mut phone = Handset::new(1);
    phone.token = Some(token(7));
    let get = |route| block_on(world.app.option160_file(route, phone.request())).unwrap();
    assert!(get(Route::Direct).is_none(), "AMB-109: not before the first login");
    block_on(world.app.initialise_provisioning()).unwrap();
    for account in ["nobody", "system"] {
        if account == "system" {
            world.system_user(&region);
        }
        for (way, route) in [("direct", Route::Direct), ("proxy", Route::Proxy)] {
            files.insert(format!("option160.{way}.{account}.cfg"), world.text(&get(route).unwrap()));
        }
    }
}

fn everything_set(world: &World) {
    let vault = &*world.ports.vault;
    let password = vault.seal_value(SealFor::Named(ipp_core::catalog::LDAP_PASSWORD), "ldap-secret").unwrap();
    world.edit_settings(|settings| {
        let phones = &mut settings.phones;
        phones.server.fqdn = Some("phones.example.com".parse().unwrap());
        phones.server.scheme = Scheme::Https;
        phones.proxy = Some(proxy());
        phones.ntp_server = Some("ntp.example.com".parse().unwrap());
        phones.time_zone = "+02:00".parse().unwrap();
        phones.require_srtp = true;
        phones.redundancy.primary = Some("pbx1.example.com".parse().unwrap());
        phones.redundancy.backup = Some("pbx2.example.com".parse().unwrap());
        let ldap = &mut phones.ldap;
        (ldap.active, ldap.password) = (true, Some(password));
        ldap.server_address = "ldap.example.com".parse().unwrap();
        ldap.user_name = "cn=phones".parse().unwrap();
        ldap.base = "dc=example,dc=com".parse().unwrap();
        ldap.name_filter = "(|(cn=%)(sn=%))".parse().unwrap();
        ldap.display_name = "%sn, %givenName".parse().unwrap();
    });
}

fn proxy() -> SbcProxy {
    SbcProxy {
        host: "sbc.example.com".parse().unwrap(),
        port: 8443,
        scheme: Scheme::Https,
        command_port: 8444,
    }
}

fn phone(number: u32, model: &str, region: &Region) -> Handset {
    let mut phone = Handset::new(number).in_region(region.name.as_str());
    phone.token = Some(token(u8::try_from(number).unwrap()));
    match model.strip_suffix("_LYNC") {
        Some(hardware) => phone.lync(hardware),
        None => Handset { agent: common::handset::agent(model, mac(number)), ..phone },
    }
}

/// Enters the phone for a user and lets it report.
fn enrol(world: &World, phone: &mut Handset, model: &str, region: &Region) {
    let user = world.user(&format!("200{}", phone.mac.bytes()[5]), region, Some("sip-secret"));
    let device = world.device(phone.mac, model, &user);
    world.edit_device(device.id, |device| {
        device.display_name = "Reception ☎ Café".parse().unwrap();
        device.vlan = Vlan { mode: Some(VlanMode::Manual), id: Some(100), priority: Some(5) };
        device.lines = vec!["personal_settings/ring_tone=3".parse().unwrap()];
    });
    phone.started(world);
    fix_rest_password(world, phone);
    phone.region = None;
}

/// The password that each phone gets is random; in a golden file it is the same in each run.
fn fix_rest_password(world: &World, phone: &Handset) {
    let id = world.by_mac(phone.mac).unwrap().device.value.id;
    let vault = &*world.ports.vault;
    let password = vault.seal_value(SealFor::DevicePassword(id.as_bytes()), "rest-secret").unwrap();
    world.edit_device(id, |device| device.rest_password = Some(password));
    block_on(world.admin().generate(DeviceFilter::all())).unwrap();
}

/// The global file by the name that the phone's own file includes.
fn global(world: &World, phone: &Handset) -> String {
    let private = phone.text(world).unwrap();
    let name = private.lines().next().unwrap().strip_prefix("include ").unwrap().to_owned();
    let file = block_on(world.app.named_file(&name, phone.request())).unwrap().unwrap();
    world.text(&file)
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
