//! Phones behind the SBC HTTP proxy (FLW-07, section 1.4 of the manual), and lines that an
//! administrator adds to the option 160 files (FLW-14).

mod common;

use std::net::Ipv4Addr;

use common::{World, log, mac, phone};
use ipp_core::{
    device::Vlan,
    render::option160::{self, Route},
    settings::{SbcProxy, Scheme},
    status::Registration,
};
use ipp_examples::{
    fleet::{Kind, Phone, SignIn, User},
    sbc::{Naming, Sbc, SbcOptions},
    server::config::Role,
};

/// From where the stub speaks to the server.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);

/// FLW-07, ZT-05, SBC-01, SBC-11, SBC-18, SBC-20: every request of the phone goes through the proxy, from the first on, and
/// the server knows the phone by its own address.
#[tokio::test]
async fn flw_07_a_phone_behind_the_proxy_registers_through_it() {
    let world = World::with(|config| config.trusted_proxies = vec!["127.9.9.9/32".parse().unwrap()]).await;
    let naming = Naming::default();
    let options = SbcOptions { server: world.at(Role::Web), source: PROXY, naming, phone_port: 80 };
    let stub = Sbc::start(options).await.unwrap();
    let address = stub.phone_side;
    let sbc = SbcProxy {
        host: "127.0.0.1".parse().unwrap(),
        port: address.port(),
        scheme: Scheme::Http,
        command_port: 5001,
    };
    world.edit_settings(|settings| settings.phones.proxy = Some(sbc)).await;
    let region = world.region("Remote", |region| region.through_proxy = true).await;
    world.app().initialise_provisioning().await.unwrap();
    let settings = world.app().settings().value.phones;
    let by_region = option160::region_url(&settings, Route::Proxy, &region.name).unwrap();
    let mut remote = Phone::new(phone(1, Kind::Lync).sign_in(SignIn::AtPhone(User::numbered(1))));

    assert!(remote.boot(&by_region).await.unwrap().registered);

    let through = format!("http://{address}/");
    let urls: Vec<&str> = remote.requests().map(|record| &*record.url).collect();
    assert!(urls.iter().all(|url| url.starts_with(&through)), "{urls:#?}");
    let record = world.record(mac(&remote)).await.unwrap();
    let status = record.status.unwrap();
    assert_eq!((status.peer.to_string(), status.proxied), ("127.10.0.2".to_owned(), true));
    assert_eq!(
        (status.registration, record.device.value.region),
        (Registration::Registered, Some(region.id))
    );
    assert_eq!(remote.config()["ems_server/provisioning/url"].find(&through), Some(0));

    // The proxy's own form of the system URL, for phones that name no region.
    let by_system = option160::system_url(&settings, Route::Proxy).unwrap();
    let mut second = Phone::new(phone(2, Kind::Lync).sign_in(SignIn::Nobody));
    second.boot(&by_system).await.unwrap();
    assert!(second.requests().all(|record| record.url.starts_with(&through)), "{:#?}", log(&second));
    let waits = world.record(mac(&second)).await.unwrap();
    assert_eq!((waits.device.value.region, waits.status.unwrap().proxied), (None, true));
    world.approve(mac(&second), &region, None, Vlan::default()).await;
    second.boot(&by_system).await.unwrap();
    assert!(second.requests().all(|record| record.url.starts_with(&through)), "{:#?}", log(&second));
    assert!(log(&second).iter().any(|line| line.contains("_global_LYNC.cfg 200")), "it has its own file");
    world.stop().await;
}

/// FLW-14, DHCP-36, OVR-02 to OVR-05: lines that are added to the option 160 file reach phones at their
/// first contact by the system URL, at once and without any generating.
#[tokio::test]
async fn flw_14_added_lines_reach_phones_that_ask_for_the_option_file() {
    const ADDED: [&str; 3] = [
        "outbound_proxy_address=10.1.1.1",
        "lync/sign_in/fixed_outbound_proxy_port=5067",
        "lync/sign_in/use_hosting_outbound_proxy=1",
    ];
    let world = World::start().await;
    world.app().initialise_provisioning().await.unwrap();
    world
        .edit_settings(|settings| {
            settings.option160.lines = ADDED.map(|line| line.parse().unwrap()).into();
        })
        .await;
    let mut waiting = Phone::new(phone(1, Kind::Lync).sign_in(SignIn::Nobody));
    waiting.boot(&world.system_url()).await.unwrap();
    for line in ADDED {
        let (key, text) = line.split_once('=').unwrap();
        assert_eq!(waiting.config()[key], text);
    }
    let served = world.get("/ipp/dhcpoption160.cfg").await;
    assert!(served.text().ends_with(&format!("\n{}\n", ADDED.join("\n"))), "as they stand, at the end");
    world.edit_settings(|settings| settings.option160.lines.clear()).await;
    assert!(!world.get("/ipp/dhcpoption160.cfg").await.text().contains("outbound_proxy_address"));
    world.stop().await;
}
