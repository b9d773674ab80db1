//! The option 160 files: what is in them, and what changes them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{Handset, World, block_on, reachable, token, value};
use ipp_core::{
    app::admin::set_up::Reachable,
    render::option160::{self, Option160Error, Route, SYSTEM_PASSWORD},
    settings::{PhoneSettings, SbcProxy, Scheme},
};

/// An installation after the first login.
fn world() -> World {
    let world = World::new();
    block_on(world.app.initialise_provisioning()).unwrap();
    world
}

fn proxy() -> SbcProxy {
    SbcProxy {
        host: "sbc.example.com".parse().unwrap(),
        port: 8080,
        scheme: Scheme::Http,
        command_port: 5001,
    }
}

/// The file as a phone with a free token gets it.
fn file(world: &World, route: Route) -> String {
    let mut phone = Handset::new(1);
    phone.token = Some(token(7));
    world.text(&block_on(world.app.option160_file(route, phone.request())).unwrap().unwrap())
}

/// DHCP-18, DHCP-19, DHCP-22, DHCP-32: the file names the server, the method `STATIC` and the account
/// `system`; later each phone is told an account of its own.
#[test]
fn dhcp_18_the_file_leads_to_the_server_and_names_the_system_user() {
    let world = world();
    let region = world.region("R", |_| {});
    let before = file(&world, Route::Direct);
    let server = format!("http://10.0.0.30:8080{}/", token(7).prefix());
    assert_eq!(value(&before, "ems_server/provisioning/url"), Some(&*server));
    assert_eq!(value(&before, "provisioning/method"), Some("STATIC"));
    assert_eq!(value(&before, "ems_server/user_name"), None, "no account works out of the box");

    world.system_user(&region);
    let after = file(&world, Route::Direct);
    assert_eq!(value(&after, "ems_server/user_name"), Some("system"));
    assert_eq!(value(&after, "ems_server/user_password"), Some(SYSTEM_PASSWORD));

    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    assert_eq!(phone.account, "system");
    phone.started(&world);
    phone.boot(&world);
    assert_eq!(phone.account, "00908f000001");
}

/// DHCP-17, AMB-30: a start under another address changes every line that holds the address, at once,
/// and no other line; what an administrator set stays.
#[test]
fn dhcp_17_the_lines_with_the_address_follow_the_server() {
    let world = world();
    world.edit_settings(|settings| {
        settings.phones.keep_alive_minutes = 45;
        settings.option160.lines = vec!["own/line=1".parse().unwrap()];
    });
    let at = |address: &str| {
        let reachable = Reachable { address: address.parse().unwrap(), ..reachable() };
        block_on(world.app.set_up(&reachable)).unwrap();
        file(&world, Route::Direct)
    };
    let (a, b) = (at("10.0.0.30"), at("10.9.9.9"));
    assert_eq!(a.replace("10.0.0.30", "10.9.9.9"), b);
    let moved: Vec<_> =
        a.lines().zip(b.lines()).map(|(a, b)| (b.split_once('=').unwrap().0, a != b)).collect();
    assert_eq!(
        moved,
        [
            ("ems_server/provisioning/url", true),
            ("provisioning/method", false),
            ("provisioning/configuration/url", true),
            ("provisioning/firmware/url", true),
            ("ems_server/keep_alive_period", false),
            ("own/line", false),
        ]
    );
    assert_eq!(value(&b, "ems_server/keep_alive_period"), Some("45"));

    world.edit_settings(|settings| settings.phones.server.fqdn = Some("ipp.example.com".parse().unwrap()));
    assert_eq!(at("10.0.0.30"), at("10.9.9.9"), "phones follow a name wherever it leads");
}

/// DHCP-05, DHCP-06, AMB-36 to AMB-38: the strings that an administrator copies into the DHCP server, or
/// types into a phone: by region and without one, directly and through the proxy.
#[test]
fn dhcp_05_the_urls_for_the_dhcp_server_have_their_patterns() {
    let mut settings = PhoneSettings::default();
    let region = "Hong Kong-é".parse().unwrap();
    let missing = option160::region_url(&settings, Route::Direct, &region);
    assert_eq!(missing, Err(Option160Error::NoAddress));
    settings.server.address = Some("10.0.0.30".parse().unwrap());
    assert_eq!(option160::system_url(&settings, Route::Proxy), Err(Option160Error::NoProxy));
    settings.proxy = Some(proxy());
    let all = |settings: &PhoneSettings| {
        [
            option160::region_url(settings, Route::Direct, &region),
            option160::region_url(settings, Route::Proxy, &region),
            option160::direct_url(settings, &region),
            option160::system_url(settings, Route::Direct),
            option160::system_url(settings, Route::Proxy),
        ]
        .map(Result::unwrap)
    };
    assert_eq!(
        all(&settings),
        [
            "http://10.0.0.30/firmwarefiles;ipp/region/Hong%20Kong-%C3%A9",
            "http://sbc.example.com:8080/firmwarefiles;ipp/region/Hong%20Kong-%C3%A9",
            "http://10.0.0.30/ipp/region/Hong%20Kong-%C3%A9",
            "http://10.0.0.30/firmwarefiles;ipp/dhcpoption160.cfg",
            "http://sbc.example.com:8080/firmwarefiles;ipp/httpproxy/",
        ]
    );
    settings.server.fqdn = Some("ipp.example.com".parse().unwrap());
    (settings.server.scheme, settings.server.https_port) = (Scheme::Https, 8443);
    let [by_region, _, typed, by_system, _] = all(&settings);
    assert!(by_region.starts_with("https://ipp.example.com:8443/firmwarefiles;ipp/region/"));
    assert!(typed.starts_with("https://ipp.example.com:8443/ipp/region/"));
    assert_eq!(by_system, "https://ipp.example.com:8443/firmwarefiles;ipp/dhcpoption160.cfg");
}

/// GEN-15, DHCP-30, DHCP-31: an administrator edits the values of either file, and it is served with
/// them at once. The token stands in an address that leads back to the server, and in no other.
#[test]
fn gen_15_edited_values_are_served() {
    let world = world();
    world.edit_settings(|settings| settings.phones.proxy = Some(proxy()));
    let before = file(&world, Route::Proxy);

    world.edit_settings(|settings| {
        settings.phones.keep_alive_minutes = 15;
        let edited = &mut settings.option160;
        edited.configuration_url = Some("http://10.0.0.30/configfiles/".parse().unwrap());
        edited.firmware_url = Some("https://images.example.com:8443/phones/".parse().unwrap());
    });

    let direct = file(&world, Route::Direct);
    assert_eq!(value(&direct, "ems_server/keep_alive_period"), Some("15"));
    let own = format!("http://10.0.0.30{}/configfiles/", token(7).prefix());
    assert_eq!(value(&direct, "provisioning/configuration/url"), Some(&*own));
    let foreign = "https://images.example.com:8443/phones/";
    assert_eq!(value(&direct, "provisioning/firmware/url"), Some(foreign));
    let expected = before.replace("keep_alive_period=60", "keep_alive_period=15");
    assert_eq!(file(&world, Route::Proxy), expected, "the other file has addresses of its own");
}
