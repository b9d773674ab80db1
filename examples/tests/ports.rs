//! The ports and the forms in which phones ask: every spelling leads to the same answer.

mod common;

use std::net::Ipv4Addr;

use common::{
    World, fetch, image, last_url, mac, phone, token_in,
    wire::{ALARM, Answer, Link, Request, STATUS, alarm_body, raw, status_body, statuses},
};
use ipp_core::{
    settings::Scheme,
    status::Registration,
    store::{AlarmFilter, Page, Store as _},
    token::Token,
};
use ipp_examples::{
    fleet::{FirmwareOutcome, Habits, Kind, Model, Phone, PhoneOptions, Quirk, SignIn, Trust, User},
    server::config::{Config, Role},
};

const MAC: &str = "00908f0000aa";

/// PRT-02, PRT-04, API-06, DHCP-41: told to use HTTPS, a phone speaks nothing else, on both ports. FW-22:
/// images come over either port for files.
#[tokio::test]
async fn prt_02_prt_04_a_phone_lives_on_https_alone() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    world.firmware(Model::P430Hd, "2.2.16.704", 20_000).await;
    world.edit_settings(|settings| settings.phones.server.scheme = Scheme::Https).await;
    let option160 = format!("https://{}/firmwarefiles;ipp/region/Berlin", world.at(Role::WebTls));
    let sign_in = SignIn::AtPhone(User::numbered(1));
    let mut https = Phone::new(phone(1, Kind::Generic).trust(Trust::Any).sign_in(sign_in));

    let outcome = https.boot(&option160).await.unwrap();

    assert!(outcome.registered);
    let updated = FirmwareOutcome::Updated { from: "2.2.8.61".into(), to: "2.2.16.704".into() };
    assert_eq!(outcome.firmware, updated, "FW-22");
    let plain = world.get("/firmwarefiles/430HD.img").await;
    assert!((plain.status, plain.body) == (200, image(Model::P430Hd, "2.2.16.704", 20_000)), "FW-22");

    let (files, reports) = (world.at(Role::WebTls).to_string(), world.at(Role::ReportsTls).to_string());
    let urls: Vec<&str> = https.requests().map(|record| &*record.url).collect();
    assert!(urls.iter().all(|url| url.starts_with("https://")), "{urls:?}");
    for url in &urls {
        let expected = if url.contains("/rest/v1/") { &reports } else { &files };
        assert!(url.contains(&**expected), "{url}");
    }
    assert!(https.config()["ems_server/provisioning/url"].contains(&reports), "PRT-02");
    let device = world.record(mac(&https)).await.unwrap();
    assert_eq!(
        (device.device.value.region, device.status.unwrap().registration),
        (Some(region.id), Registration::Registered)
    );
    world.stop().await;
}

/// PRT-01: phones report over plain HTTP, on 8080 where nobody chose another port; it is the phone that
/// connects, and the server comes back on no connection of its own.
#[tokio::test]
async fn prt_01_phones_report_over_http_and_the_server_only_receives() {
    let ports = Config::default().ports;
    assert_eq!((ports.reports.port, ports.reports.tls), (8080, false));
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let options = phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1)));
    let mut plain = Phone::new(options);
    // Where the phone would be called back: its own address, at the port of reports.
    let called = std::net::TcpListener::bind(("127.10.0.2", world.at(Role::Reports).port())).unwrap();
    called.set_nonblocking(true).unwrap();

    assert!(plain.boot(&world.region_url(&region)).await.unwrap().registered);

    assert_eq!(plain.keep_alive().await.unwrap().status, 200);
    let reports = format!("http://{}/", world.at(Role::Reports));
    assert!(plain.requests().any(|record| record.method == "POST" && record.url.starts_with(&reports)));
    let status = world.record(mac(&plain)).await.unwrap().status.unwrap();
    assert_eq!(
        (status.peer.to_string(), status.registration),
        ("127.10.0.2".into(), Registration::Registered)
    );
    assert_eq!(called.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    world.stop().await;
}

/// DHCP-16, AMB-29: the option 160 file follows from the settings. A file of that name in the server's
/// folder is not looked at; what is edited in the settings stays.
#[tokio::test]
async fn dhcp_16_no_file_on_disk_stands_for_the_option_160_file() {
    let world = World::start().await;
    world.app().initialise_provisioning().await.unwrap();
    let token = Token::new([8; 16]).prefix();
    let path = format!("{token}/ipp/dhcpoption160.cfg");
    let derived = world.get(&path).await;
    assert_eq!(derived.status, 200);
    for folder in ["", "ipp"] {
        let folder = world.data().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dhcpoption160.cfg"), "provisioning/method=Dynamic\n").unwrap();
    }
    assert_eq!(world.get(&path).await.timeless(), derived.timeless());
    world.edit_settings(|settings| settings.phones.keep_alive_minutes = 20).await;
    for _ in 0..2 {
        let edited = world.get(&path).await;
        let expected = derived.text().replace("keep_alive_period=60", "keep_alive_period=20");
        assert_eq!(edited.text(), expected);
    }
    world.stop().await;
}

/// DHCP-20, DHCP-21: what the option 160 file says of the places of configuration, firmware and reports
/// is where they are.
#[tokio::test]
async fn dhcp_20_the_addresses_in_the_option_160_file_are_served() {
    let world = World::start().await;
    world.firmware(Model::P430Hd, "2.2.16.704", 2_000).await;
    world.app().initialise_provisioning().await.unwrap();
    let file = world.get("/ipp/dhcpoption160.cfg").await;
    let at = |key: &str| {
        let line = file.text().lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {key}")).to_owned()
    };
    let configuration = fetch(&format!("{}{MAC}.cfg", at("provisioning/configuration/url"))).await;
    assert!(configuration.status == 200 && configuration.text().contains("provisioning/method=STATIC\n"));
    let firmware = fetch(&format!("{}430HD.img", at("provisioning/firmware/url"))).await;
    assert!((firmware.status, firmware.body) == (200, image(Model::P430Hd, "2.2.16.704", 2_000)));
    let reports = at("ems_server/provisioning/url");
    let path = reports.strip_prefix(&format!("http://{}/", world.at(Role::Reports))).unwrap();
    let answer = world.post(&format!("/{}{STATUS}", path.trim_end_matches('/')), status_body(MAC, &[])).await;
    assert_eq!(answer.status, 200);
    assert!(world.record(MAC.parse().unwrap()).await.is_some());
    world.stop().await;
}

/// PRT-02: what is not TLS gets nothing on a port that speaks TLS.
#[tokio::test]
async fn prt_02_plain_http_is_refused_on_tls_ports() {
    let world = World::start().await;
    for role in [Role::WebTls, Role::ReportsTls] {
        let answer = raw(world.at(role), b"GET /firmwarefiles/430HD.img HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(statuses(&answer).is_empty(), "{:?}", String::from_utf8_lossy(&answer));
    }
    world.stop().await;
}

/// A10, A26, H4, AMB-36, AMB-106: every spelling of a first-contact URL is the same resource, byte for
/// byte and tag for tag, because the presented token is repeated.
#[tokio::test]
async fn every_spelling_of_a_first_contact_url_is_the_same_file() {
    let world = World::start().await;
    world.region("Hong Kong", |_| {}).await;
    let token = Token::new([7; 16]).prefix();
    let spellings = [
        "/ipp/region/Hong%20Kong/00908f0000aa.cfg",
        "/ipp/tenant/Hong%20Kong/00908f0000aa.cfg",
        "/ipp/region/hong%20KONG/00908f0000aa.cfg",
        "/ipp/region/Hong%20Kong/00908F0000AA.cfg",
        "/ipp/region/Hong%20Kong/00:90:8f:00:00:aa.cfg",
        "/ipp/region/Hong%20Kong/00-90-8F-00-00-AA.CFG",
        "/ipp/region/Hong%20Kong",
        "/firmwarefiles;ipp/region/Hong%20Kong/00908f0000aa.cfg",
        "/firmwarefiles%3Bipp/region/Hong%20Kong/00908f0000aa.cfg",
        "/firmwarefiles%3bipp/tenant/Hong%20Kong/00908f0000aa.cfg",
        "//ipp///region//Hong%20Kong//00908f0000aa.cfg",
        "/%69pp/r%65gion/%48ong%20Kong/00908f0000aa%2ecfg",
        "/r/Hong%20Kong/00908f0000aa.cfg",
        "/r/Hong%20Kong/configfiles/00908f0000aa.cfg",
        "/ipp/region/Hong%20Kong/00908f0000aa.cfg?anything=%ff",
    ];
    let ask = async |method, path: &str| {
        let request = Request::new(method, &format!("{token}{path}")).agent("430HD");
        request.send(world.at(Role::Web)).await
    };
    let expected: Answer = ask("GET", spellings[0]).await;
    assert_eq!(expected.status, 200);
    assert_eq!(expected.text().matches(&token).count(), 3, "the way back carries the token");
    assert!(expected.text().contains("voip/signalling/sip/port=5060"), "the region's template");
    for spelling in spellings {
        for method in ["GET", "POST"] {
            assert_eq!(ask(method, spelling).await.timeless(), expected.timeless(), "{method} {spelling}");
        }
        let head = ask("HEAD", spelling).await;
        assert_eq!((head.status, head.header("etag"), head.body.len()), (200, expected.header("etag"), 0));
        let length = expected.body.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length), "DHCP-42 {spelling}");
    }
    let etag = expected.header("etag").unwrap();
    let path = format!("{token}{}", spellings[0]);
    let again =
        Request::get(&path).agent("430HD").header("if-none-match", etag).send(world.at(Role::Web)).await;
    assert_eq!(again.status, 304, "a re-fetch is stable");
    world.stop().await;
}

/// API-06, DHCP-14, AMB-38: the option 160 file in its forms, on every plain listener.
#[tokio::test]
async fn every_spelling_of_the_option_160_file_is_the_same_file() {
    let world = World::start().await;
    world.app().initialise_provisioning().await.unwrap();
    let token = Token::new([8; 16]).prefix();
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/ipp/dhcpoption160.cfg", "/firmwarefiles;ipp/dhcpoption160.cfg", "/ipp//dhcpoption160.CFG"]
    {
        for role in [Role::Web, Role::Reports] {
            let answer = Request::get(&format!("{token}{path}")).send(world.at(role)).await;
            assert_eq!(answer.status, 200, "{path}");
            seen.insert(answer.timeless());
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    // The first match is in the header that tells the character set.
    let keys: Vec<_> =
        seen.first().unwrap().lines().filter_map(|line| Some(line.split_once('=')?.0)).skip(1).collect();
    assert_eq!(
        keys,
        [
            "ems_server/provisioning/url",
            "provisioning/method",
            "provisioning/configuration/url",
            "provisioning/firmware/url",
            "ems_server/keep_alive_period",
        ]
    );
    world.stop().await;
}

/// API-01, API-03: reports under every path that phones have used, old and new.
#[tokio::test]
async fn reports_are_taken_on_every_path_that_phones_use() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut known = Phone::new(phone(0xaa, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    known.boot(&world.region_url(&region)).await.unwrap();
    let token = token_in(&last_url(&known, ".cfg")).unwrap().to_owned();
    let legacy = "/ipprest/lync_auto_prov.php";
    let paths = [
        STATUS.to_owned(),
        "/rest/v1/ipphoneMgrStatus/init".to_owned(),
        "//rest//v1/ipphoneMgrStatus//keep-alive".to_owned(),
        legacy.to_owned(),
        format!("{legacy}/"),
        format!("{legacy}{STATUS}"),
        format!("/r/Berlin{STATUS}"),
    ];
    for (number, path) in paths.iter().enumerate() {
        for role in [Role::Reports, Role::Web] {
            let said = format!("{number}");
            let body = status_body(MAC, &[("phoneNumber", &said), ("status", "registered")]);
            let request =
                Request::post(&format!("/t/{token}{path}"), body).header("content-type", "text/html");
            let answer = request.send(world.at(role)).await;
            assert_eq!((answer.status, answer.text()), (200, r#"{"requests":[]}"#), "{path}");
            let stored = world.record(mac(&known)).await.unwrap().status.unwrap().details.phone_number;
            assert_eq!(stored, said, "{path}");
        }
    }
    for (count, path) in [ALARM.to_owned(), format!("{legacy}{ALARM}")].iter().enumerate() {
        let answer =
            world.post(&format!("/t/{token}{path}"), alarm_body(MAC, &format!("NAME {count}"))).await;
        assert_eq!(answer.status, 200, "{path}");
        let alarms = world.app().store().alarms(&AlarmFilter::default(), Page::first(10)).await.unwrap();
        assert_eq!(alarms.len(), count + 1, "{path}");
    }
    world.stop().await;
}

/// CFG-12: the private file has one name, in either case, by GET and by POST.
#[tokio::test]
async fn cfg_12_the_private_file_is_found_in_either_case() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut known = Phone::new(phone(0xaa, Kind::Generic).sign_in(SignIn::Nobody));
    known.boot(&world.region_url(&region)).await.unwrap();
    let token = token_in(&last_url(&known, ".cfg")).unwrap().to_owned();
    let file = world.get(&format!("/t/{token}/configfiles/{MAC}.cfg")).await;
    assert_eq!((file.status, file.text().starts_with("include ")), (200, true));
    for name in ["00908F0000AA.cfg", "00908f0000AA.CFG", "00:90:8f:00:00:aa.cfg"] {
        let path = format!("/t/{token}/configfiles/{name}");
        assert_eq!(world.get(&path).await.timeless(), file.timeless(), "{name}");
        let posted = Request::post(&path, "x=1").header("if-none-match", file.header("etag").unwrap());
        assert_eq!(
            posted.send(world.at(Role::Web)).await.timeless(),
            file.timeless(),
            "no conditions on POST"
        );
    }
    world.stop().await;
}

/// The oddities of real phones, each alone and all together, change nothing.
#[tokio::test]
async fn phones_with_oddities_register_like_others() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let quirks = [
        Quirk::TrailingComma,
        Quirk::UpperCaseMac,
        Quirk::PostsForFiles,
        Quirk::DoubleSlash,
        Quirk::NoContentType,
    ];
    let all = quirks.into_iter().fold(Habits::plain(), Habits::with);
    let habits = quirks.into_iter().map(|quirk| Habits::plain().with(quirk)).chain([all]);
    for (index, habits) in (1..).zip(habits) {
        let user = SignIn::AtPhone(User::numbered(u64::from(index)));
        let options: PhoneOptions = phone(index, Kind::Generic).habits(habits.clone()).sign_in(user);
        let mut odd = Phone::new(options);
        assert!(odd.boot(&world.region_url(&region)).await.unwrap().registered, "{habits:?}");
        odd.keep_alive().await.unwrap();
        let status = world.record(mac(&odd)).await.unwrap().status.unwrap();
        assert_eq!(status.registration, Registration::Registered, "{habits:?}");
    }
    world.stop().await;
}

/// C43, A24: `X-Forwarded-For` counts from a configured proxy only, and only its last entry.
#[tokio::test]
async fn forwarded_addresses_are_believed_from_proxies_only() {
    let world = World::with(|config| config.trusted_proxies = vec!["127.9.9.9/32".parse().unwrap()]).await;
    let region = world.region("Berlin", |_| {}).await;
    let mut known = Phone::new(phone(0xaa, Kind::Generic).sign_in(SignIn::Nobody));
    known.boot(&world.region_url(&region)).await.unwrap();
    let path = format!("/t/{}{STATUS}", token_in(&last_url(&known, ".cfg")).unwrap());
    for (source, peer, proxied) in
        [([127, 0, 0, 77], "127.0.0.77", false), ([127, 9, 9, 9], "10.20.30.40", true)]
    {
        let request = Request::post(&path, status_body(MAC, &[])).from(source);
        request.header("x-forwarded-for", "6.6.6.6, 10.20.30.40").send(world.at(Role::Reports)).await;
        let status = world.record(mac(&known)).await.unwrap().status.unwrap();
        assert_eq!((status.peer.to_string(), status.proxied), (peer.to_owned(), proxied));
    }
    world.stop().await;
}

/// Old clients: HTTP/1.0, and several requests written at once on one connection.
#[tokio::test]
async fn old_and_hasty_clients_are_served() {
    let world = World::start().await;
    let ancient = raw(world.at(Role::Web), b"GET /configfiles/00908f0000aa.cfg HTTP/1.0\r\n\r\n").await;
    let text = String::from_utf8(ancient).unwrap();
    assert!(text.starts_with("HTTP/1.0 200 OK\r\n") && text.contains("provisioning/method=STATIC"), "{text}");
    let one = "GET /configfiles/00908f0000aa.cfg HTTP/1.1\r\nhost: a\r\n\r\n";
    let answers = raw(world.at(Role::Web), one.repeat(3).as_bytes()).await;
    assert_eq!(statuses(&answers), [200, 200, 200]);
    let mut link = Link::open(world.at(Role::Web), Ipv4Addr::LOCALHOST).await.unwrap();
    for _ in 0..3 {
        assert_eq!(link.ask(&Request::get("/configfiles/00908f0000aa.cfg")).await.unwrap().status, 200);
    }
    world.stop().await;
}
