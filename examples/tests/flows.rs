//! How phones come in, from power on to registered (FLW): every step is asked for by the phone
//! itself over real HTTP, and the order of the steps is read from its own log.

mod common;

use common::{World, last_url, log, mac, mac_of, phone, token_in, wire};
use ipp_core::{
    app::{admin::devices::Approval, enrol::TOKEN_CONFLICT},
    device::{Admission, BoundBy, Device, RegionOrigin, Vlan, VlanMode},
    status::{Connectivity, Registration, StatusClass},
    store::{AlarmFilter, Page, Store as _},
    user::UserOrigin,
};
use ipp_examples::{
    fleet::{Alarm, Fetched, FirmwareOutcome, Kind, Model, Phone, PhoneOptions, SignIn, Status, User},
    server::config::Role,
};

const GENERIC: &str = "430HD";

/// FLW-01, CFG-14, CFG-15, API-01, API-02, TPL-34: an administrator enters user and device; the
/// factory-new phone follows option 160 and ends registered. DHCP-13: both places that the region's URL
/// leads to are served.
#[tokio::test]
async fn flw_01_a_phone_that_an_administrator_entered_registers_by_itself() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    world.firmware(Model::P430Hd, "2.2.16.704", 200_000).await;
    let user = world.user("1001", &region, Some("sip-1001")).await;
    let mut phone = Phone::new(phone(1, Kind::Generic));
    let device = world.device(&phone, &user).await;
    assert_eq!((device.admission, device.token.is_none()), (Admission::Expected, true));

    let outcome = phone.boot(&world.region_url(&region)).await.unwrap();

    let updated = FirmwareOutcome::Updated { from: "2.2.8.61".into(), to: "2.2.16.704".into() };
    assert_eq!(outcome.firmware, updated, "FLW-01, ZT-07: the image comes before the configuration");
    let global = format!("Audiocodes_{GENERIC}_global_GENERIC.cfg");
    let expected = [
        "GET /firmwarefiles/430HD.img 206",
        "GET /firmwarefiles/430HD.img 206",
        "GET /ipp/region/Berlin/<mac>.cfg 200",
        "POST /t/<token>/r/Berlin/rest/v1/ipphoneMgrStatus/keep-alive 200",
        "GET /t/<token>/r/Berlin/configfiles/<mac>.cfg 200",
        &format!("GET /t/<token>/r/Berlin/configfiles/{global} 200"),
        "GET /t/<token>/firmwarefiles/430HD.img 206",
        "POST /t/<token>/rest/v1/ipphoneMgrStatus/keep-alive 200",
    ];
    assert_eq!(log(&phone), expected);
    assert!(outcome.registered);
    let config = phone.config();
    assert_eq!((&*config["voip/line/0/id"], &*config["voip/line/0/auth_password"]), ("1001", "sip-1001"));
    assert_eq!(config["voip/signalling/sip/port"], "5060", "TPL-34: the global file counts too");

    let record = world.record(mac(&phone)).await.unwrap();
    assert_eq!(record.device.value.admission, Admission::Enrolled);
    let owner = record.device.value.owner.unwrap();
    assert_eq!((owner.user, owner.bound_by), (user.id, BoundBy::Administrator));
    let status = record.status.unwrap();
    assert_eq!((&status.registration, status.class()), (&Registration::Registered, StatusClass::Registered));
    assert_eq!(status.peer.to_string(), "127.10.0.2");
    let said = &status.details;
    assert_eq!(
        [&said.ip, &said.model, &said.firmware_version, &said.phone_number, &said.user_agent, &said.subnet],
        ["127.10.0.2", GENERIC, "2.2.16.704", "1001", &*phone.identity().user_agent(), "255.255.255.0"]
    );
    world.stop().await;
}

/// FLW-02, FLW-03, ZT-01, ZT-03, ZT-08, ZT-09: nobody has entered anything; a Lync phone comes by
/// the region's URL and somebody signs in on it.
#[tokio::test]
async fn flw_02_a_lync_phone_comes_by_zero_touch() {
    let world = World::start().await;
    let region = world.region("Hong Kong", |_| {}).await;
    world.firmware(Model::P430Hd, "2.0.13.121", 4_000).await;
    let mut phone = Phone::new(phone(1, Kind::Lync).sign_in(SignIn::AtPhone(User::numbered(7_001))));

    let outcome = phone.boot(&world.region_url(&region)).await.unwrap();

    assert_eq!((outcome.firmware, outcome.registered), (FirmwareOutcome::Current, true));
    let expected = [
        "GET /firmwarefiles/430HD.img 206",
        "GET /ipp/region/Hong%20Kong/<mac>.cfg 200",
        "POST /t/<token>/r/Hong%20Kong/rest/v1/ipphoneMgrStatus/keep-alive 200",
        "GET /t/<token>/r/Hong%20Kong/configfiles/<mac>.cfg 200",
        "GET /t/<token>/r/Hong%20Kong/configfiles/Audiocodes_430HD_global_LYNC.cfg 200",
        "GET /t/<token>/firmwarefiles/430HD.img 206",
        "POST /t/<token>/rest/v1/ipphoneMgrStatus/keep-alive 200",
        "GET /t/<token>/configfiles/<mac>.cfg 200",
        "GET /t/<token>/configfiles/Audiocodes_430HD_global_LYNC.cfg 200",
    ];
    assert_eq!(log(&phone), expected);
    let user = world.user_called("7001@example.com").await.unwrap();
    assert_eq!((user.origin, user.password.is_none()), (UserOrigin::SignIn, true));
    assert_eq!((user.region, user.display_name.as_str()), (region.id, "User 7001"));
    let record = world.record(mac(&phone)).await.unwrap();
    let device = &record.device.value;
    assert_eq!((device.admission, device.owner.unwrap().user), (Admission::Enrolled, user.id), "ZT-09");
    assert_eq!((device.region, device.region_origin), (Some(region.id), RegionOrigin::Phone));
    assert_eq!(record.status.unwrap().details.location, "Floor 2");
    assert_eq!((world.users().await.len(), world.devices().await.len()), (1, 1));
    world.stop().await;
}

/// ZT-04, ZT-11, APR-03, AMB-43: until somebody signs in, the phone is known by address, model and region
/// only; a user is made for whoever signs in, and for nobody else.
#[tokio::test]
async fn zt_11_before_sign_in_a_phone_has_no_user() {
    let world = World::start().await;
    let region = world.region("Zürich", |_| {}).await;
    for kind in [Kind::Generic, Kind::Lync] {
        let index = if kind == Kind::Lync { 2 } else { 1 };
        let mut phone = Phone::new(phone(index, kind).sign_in(SignIn::Nobody));
        assert!(!phone.boot(&world.region_url(&region)).await.unwrap().registered);
        let record = world.record(mac(&phone)).await.unwrap();
        let device = record.device.value;
        assert_eq!(
            (device.owner, device.region, device.admission),
            (None, Some(region.id), Admission::Enrolled)
        );
        assert_eq!(device.model.unwrap().hardware(), "430HD");
        assert_eq!(record.status.unwrap().registration, Registration::Started);
    }
    assert!(world.users().await.is_empty());
    let sign_in = SignIn::AtPhone(User::numbered(7_003));
    let mut phone = Phone::new(phone(3, Kind::Generic).sign_in(sign_in));
    phone.boot(&world.region_url(&region)).await.unwrap();
    let users: Vec<_> = world.users().await.into_iter().map(|user| user.id).collect();
    let owners: Vec<_> =
        world.devices().await.iter().filter_map(|record| record.device.value.owner).collect();
    assert_eq!(owners.iter().map(|owner| owner.user).collect::<Vec<_>>(), users);
    assert_eq!(users.len(), 1);
    world.stop().await;
}

/// FLW-04, GEN-10, APR-11, APR-18, APR-20, APR-21, APR-22, APR-24, APR-27, APR-28, SYU-08: a phone that
/// nobody knows waits; approved with a user it gets its SIP credentials, now and at every later boot.
/// The other procedure of GEN-10 is that of `flw_05`.
#[tokio::test]
async fn flw_04_an_unknown_phone_is_approved_with_a_user() {
    let world = World::start().await;
    let region = world.careful_region("Berlin").await;
    world.user("system", &region, Some("system")).await;
    let mut phone = Phone::new(phone(1, Kind::Generic));

    let first = phone.boot(&world.region_url(&region)).await.unwrap();

    assert!(!first.registered);
    assert_eq!(
        (&*phone.config()["ems_server/user_name"], phone.config().get("voip/line/0/id")),
        ("system", None)
    );
    let waiting = world.record(mac(&phone)).await.unwrap();
    let device = &waiting.device.value;
    assert_eq!((device.admission, device.owner, device.token.is_none()), (Admission::Pending, None, true));
    assert_eq!((device.region, waiting.pin.is_none()), (Some(region.id), true));
    let user = world.user("2001", &region, Some("sip-2001")).await;
    let approved = world.approve(mac(&phone), &region, Some(&user), Vlan::default()).await;
    assert_eq!(approved.admission, Admission::Enrolled);
    assert!(world.record(mac(&phone)).await.unwrap().pin.is_some(), "APR-11: the file comes first");

    assert!(phone.boot("http://127.0.0.1:9/unused").await.unwrap().registered);
    let config = phone.config();
    assert_eq!(config["voip/line/0/auth_name"], "2001");
    assert_eq!(config["voip/line/0/auth_password"], "sip-2001");

    let again = Approval { region: region.id, vlan: Vlan::default(), user: Some(user.id), model: None };
    let before = world.record(mac(&phone)).await.unwrap().device;
    world.admin().approve(before.value.id, again).await.unwrap();
    assert_eq!(world.record(mac(&phone)).await.unwrap().device, before, "APR-28");
    let third = phone.boot("http://127.0.0.1:9/unused").await.unwrap();
    assert_eq!((third.first, third.registered), (Fetched::Applied { changed: 0 }, true), "APR-22");
    assert_eq!(phone.refresh().await.unwrap().0, Fetched::NotModified);
    world.stop().await;
}

/// APR-23: some environments have no SIP passwords.
#[tokio::test]
async fn apr_23_approval_without_a_password_works() {
    let world = World::start().await;
    let region = world.careful_region("Berlin").await;
    let mut phone = Phone::new(phone(1, Kind::Generic));
    phone.boot(&world.region_url(&region)).await.unwrap();
    let user = world.user("2002", &region, None).await;
    world.approve(mac(&phone), &region, Some(&user), Vlan::default()).await;
    assert!(phone.boot(&world.region_url(&region)).await.unwrap().registered);
    assert_eq!(phone.config()["voip/line/0/id"], "2002");
    assert_eq!(phone.config()["voip/line/0/auth_password"], "");
    world.stop().await;
}

/// FLW-05, FLW-06, GEN-10, APR-05, APR-13, APR-17, DHCP-15, DHCP-39: by the system URL a phone, here one
/// for Lync, names no region; it waits until an administrator chooses region and VLAN.
#[tokio::test]
async fn flw_05_flw_06_a_phone_by_the_system_url_waits_for_region_and_vlan() {
    let world = World::start().await;
    let region = world.region("Zürich", |_| {}).await;
    let sign_in = SignIn::AtPhone(User::numbered(7_002));
    let mut phone = Phone::new(phone(1, Kind::Lync).sign_in(sign_in));
    let early = phone.boot(&world.system_url()).await.unwrap_err().to_string();
    assert!(early.contains("dhcpoption160.cfg answered 404"), "DHCP-15: {early}");
    world.app().initialise_provisioning().await.unwrap();
    let asked = log(&phone).len();

    phone.boot(&world.system_url()).await.unwrap();

    let expected = [
        "GET /firmwarefiles/430HD.img 404",
        "GET /ipp/dhcpoption160.cfg 200",
        "POST /t/<token>/rest/v1/ipphoneMgrStatus/keep-alive 200",
        "GET /t/<token>/configfiles/<mac>.cfg 200",
        "GET /t/<token>/firmwarefiles/430HD.img 404",
        "POST /t/<token>/rest/v1/ipphoneMgrStatus/keep-alive 200",
        "GET /t/<token>/configfiles/<mac>.cfg 200",
    ];
    let seen = log(&phone);
    let read: Vec<_> = seen[asked..].iter().map(|line| line.replace(" 304", " 200")).collect();
    assert_eq!(read, expected, "FLW-06: what follows comes from the addresses in the file");
    let device = world.record(mac(&phone)).await.unwrap().device.value;
    assert_eq!((device.admission, device.region, device.owner), (Admission::Pending, None, None), "DHCP-39");
    assert!(world.users().await.is_empty(), "a phone that waits makes no user");

    let vlan = Vlan { mode: Some(VlanMode::Manual), id: Some(42), priority: Some(5) };
    world.approve(mac(&phone), &region, None, vlan).await;
    assert!(phone.boot(&world.system_url()).await.unwrap().registered);

    let lan = |key: &str| phone.config()[&format!("network/lan/vlan/{key}")].clone();
    assert_eq!([lan("mode"), lan("id"), lan("priority")], ["Manual", "42", "5"], "APR-13, APR-17");
    let device = world.record(mac(&phone)).await.unwrap().device.value;
    assert_eq!((device.region, device.admission), (Some(region.id), Admission::Enrolled));
    let user = world.user_called("7002@example.com").await.unwrap();
    assert_eq!(device.owner.unwrap().user, user.id, "who signed in while it waited is taken in now");
    world.stop().await;
}

/// SYU-06, API-04: after first contact every phone has credentials of its own, and a URL of its own.
#[tokio::test]
async fn syu_06_no_two_phones_share_their_rest_credentials() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    world.user("system", &region, Some("system")).await;
    let mut seen = std::collections::BTreeSet::new();
    for index in 1..=3 {
        let mut phone = Phone::new(phone(index, Kind::Generic).sign_in(SignIn::Nobody));
        phone.boot(&world.region_url(&region)).await.unwrap();
        let config = phone.config();
        let name = &config["ems_server/user_name"];
        assert_eq!(*name, phone.identity().mac());
        seen.insert(name.clone());
        seen.insert(config["ems_server/user_password"].clone());
        seen.insert(token_in(&config["ems_server/provisioning/url"]).unwrap().to_owned());
        phone.keep_alive().await.unwrap();
    }
    assert_eq!(seen.len(), 9);
    world.stop().await;
}

/// SGN-01, SGN-02, SGN-04, SGN-05, SGN-06: the phone goes to whoever signed in last, never to two; a phone
/// that an administrator gave to a user stays with that user.
#[tokio::test]
async fn sgn_01_a_phone_belongs_to_whoever_signed_in_last() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let options = || phone(1, Kind::Lync);
    let mut first = Phone::new(options().sign_in(SignIn::AtPhone(User::numbered(1))));
    first.boot(&world.region_url(&region)).await.unwrap();
    let mut second = Phone::new(options().sign_in(SignIn::AtPhone(User::numbered(2))));
    second.boot(&world.region_url(&region)).await.unwrap();
    let (one, two) = (world.user_called("1@example.com").await, world.user_called("2@example.com").await);
    let devices = world.devices().await;
    assert_eq!(devices.len(), 1, "the phone was reset; it is the same one");
    assert_eq!(devices[0].device.value.owner.unwrap().user, two.as_ref().unwrap().id, "SGN-02");

    // Both people's reports at once, under the one token of the phone.
    let path = format!("/t/{}{}", token_in(&last_url(&second, ".cfg")).unwrap(), wire::STATUS);
    let body = |id| wire::status_body("00908f000001", &[("status", "registered"), ("userId", id)]);
    let (a, b) = (body("1@example.com"), body("2@example.com"));
    for _ in 0..8 {
        let (a, b) = tokio::join!(world.post(&path, a.clone()), world.post(&path, b.clone()));
        assert_eq!((a.status, b.status), (200, 200), "SGN-06");
        let owner = world.devices().await[0].device.value.owner.unwrap().user;
        assert!([one.as_ref().unwrap().id, two.as_ref().unwrap().id].contains(&owner));
    }
    assert_eq!((world.devices().await.len(), world.users().await.len()), (1, 2));

    let entered = world.user("1009", &region, Some("sip-1009")).await;
    let mut kept = Phone::new(
        PhoneOptions::new(9, Model::P430Hd, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(5))),
    );
    world.device(&kept, &entered).await;
    kept.boot(&world.region_url(&region)).await.unwrap();
    let device: Device = world.record(mac(&kept)).await.unwrap().device.value;
    assert_eq!(device.owner.unwrap().user, entered.id, "SGN-05");
    world.stop().await;
}

/// FLW-12, API-03: a phone raises an alarm and clears it; a registration clears its own.
#[tokio::test]
async fn flw_12_alarms_are_raised_and_cleared() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut phone = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    phone.boot(&world.region_url(&region)).await.unwrap();
    let active = async || world.app().store().alarms(&AlarmFilter::default(), Page::first(10)).await.unwrap();
    let failure = Alarm::registration_failure();
    phone.raise(&failure).await.unwrap();
    phone.raise(&failure).await.unwrap();
    let alarms = active().await;
    assert_eq!((alarms.len(), alarms[0].alarm.count), (1, 2), "a repeat is the same alarm");
    assert_ne!(alarms[0].alarm.key.name, TOKEN_CONFLICT);
    phone.clear(&failure).await.unwrap();
    assert!(active().await.is_empty());
    phone.raise(&failure).await.unwrap();
    phone.report(Status::Registered).await.unwrap();
    assert!(active().await.is_empty(), "whoever is registered has no registration failure");
    world.stop().await;
}

/// API-01: what a phone says last is what is known of it.
#[tokio::test]
async fn api_01_every_report_is_stored_before_it_is_answered() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut phone = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    phone.boot(&world.region_url(&region)).await.unwrap();
    for (said, stored, class) in [
        (Status::Offline, Registration::Offline, StatusClass::NonRegistered),
        (Status::Unregistered, Registration::Unregistered, StatusClass::NonRegistered),
        (Status::Registered, Registration::Registered, StatusClass::Registered),
        (Status::Started, Registration::Started, StatusClass::NonRegistered),
    ] {
        phone.report(said).await.unwrap();
        let status = world.record(mac(&phone)).await.unwrap().status.unwrap();
        assert_eq!((&status.registration, status.class()), (&stored, class));
        assert_eq!(status.connectivity, Connectivity::Connected);
    }
    assert_eq!(world.devices().await.iter().map(mac_of).collect::<Vec<_>>(), [mac(&phone)]);
    assert_ne!(world.at(Role::Web), world.at(Role::Reports));
    world.stop().await;
}
