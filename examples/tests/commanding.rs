//! Commands to phones over real HTTP: what phones do with them, what becomes of those that go wrong, and whom
//! the server never calls.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    future::poll_fn,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use common::{World, id_of, log, mac, phone};
use ipp_core::{
    clock::{Clock, ManualClock},
    id::{DeviceId, RegionId},
    outbound::{
        Certificates, CommandTable, Credentials, Delivery, KeyedDigest, Order, PhoneAddress,
        PhoneClient as _, PhoneCommand, PhoneFacts, PhoneSaid, ProxyTarget, RestartKind, SendError,
        SendErrorKind, SessionId, Way,
    },
    region::Region,
    render::option160::{self, Route},
    settings::{SbcProxy, Scheme, Settings},
    status::Registration,
    time::Timestamp,
    vault::{SealFor, SecretText},
};
use ipp_examples::{
    fleet::{
        Came, Command, Fleet, FleetOptions, Kind, Manner, Message, Model, Phone, RestOptions, Restart,
        SignIn, User,
    },
    sbc::{Naming, Sbc, SbcOptions},
    server::config::Role,
};
use ipp_http::{
    outbound::{HttpPhoneClient, PhoneClientOptions},
    tls::SelfMade,
};
use tokio::net::TcpListener;

const RESTART: PhoneCommand = PhoneCommand::Restart(RestartKind::Graceful);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_millis(1_790_000_000_000)))
}

/// A client for phones on this machine, which does not wait long for those that hang.
fn client() -> HttpPhoneClient {
    let limits = PhoneClientOptions::default().time_limits(Duration::from_secs(5), Duration::from_secs(5));
    HttpPhoneClient::new(limits.insecure_allow_loopback_phones(), clock()).unwrap()
}

fn impatient() -> HttpPhoneClient {
    let limit = Duration::from_millis(400);
    let limits = PhoneClientOptions::default().time_limits(limit, limit).insecure_allow_loopback_phones();
    HttpPhoneClient::new(limits, clock()).unwrap()
}

/// The delivered table, for phones on another port.
fn table(scheme: Scheme, port: u16) -> CommandTable {
    let mut families = CommandTable::default().families().to_vec();
    (families[0].scheme, families[0].port) = (scheme, port);
    CommandTable::new(families).unwrap()
}

fn settings(scheme: Scheme, port: u16) -> Settings {
    let mut settings = Settings::default();
    settings.commands.table = table(scheme, port);
    settings
}

fn session(number: u32) -> SessionId {
    SessionId::new(number.to_be_bytes())
}

/// A delivery to any address.
fn to(peer: IpAddr, settings: &Settings, command: &PhoneCommand, number: u32, proxied: bool) -> Delivery {
    let at = Timestamp::from_millis(1);
    let region = Region::new(RegionId::new(at, [2; 10]), "Anywhere".parse().unwrap());
    let mac = "00908f000001".parse().unwrap();
    let device = DeviceId::new(at, [1; 10]);
    let order = Order {
        to: PhoneAddress { device, mac, region: region.id, peer, proxied },
        phone: PhoneFacts { model: "430HD", firmware: "2.2.8.61" },
        command,
        session: session(number),
        credentials: &Credentials::of(mac, Some("secret".into())),
        formula: &KeyedDigest,
    };
    Delivery::prepare(order, settings, &region).unwrap()
}

/// A phone that nobody knows and that believes everybody, and where it listens.
async fn listening(index: u32, manner: Manner) -> (Phone, SocketAddr) {
    let mut phone = Phone::new(phone(index, Kind::Generic));
    let address = phone.listen(&RestOptions { manner, ..RestOptions::default() }).await.unwrap();
    (phone, address)
}

async fn send(client: &HttpPhoneClient, address: SocketAddr, number: u32) -> Result<PhoneSaid, SendError> {
    let settings = settings(Scheme::Http, address.port());
    client.send(&to(address.ip(), &settings, &RESTART, number, false)).await
}

/// Everything that a job has of a phone when it commands it.
async fn delivery(world: &World, known: &Phone, command: &PhoneCommand, number: u32) -> Delivery {
    let record = world.record(mac(known)).await.unwrap();
    let (device, status) = (&record.device.value, record.status.as_ref().unwrap());
    let snapshot = world.app().snapshot();
    let region = snapshot.catalog.region(device.region.unwrap()).unwrap();
    let whose = SealFor::DevicePassword(device.id.as_bytes());
    let sealed = &device.rest_password.as_ref().unwrap().sealed;
    let password = world.app().ports().vault.open_text(whose, sealed).unwrap();
    let order = Order {
        to: PhoneAddress {
            device: id_of(&record),
            mac: device.mac,
            region: region.id,
            peer: status.peer,
            proxied: status.proxied,
        },
        phone: PhoneFacts { model: &status.details.model, firmware: &status.details.firmware_version },
        command,
        session: session(number),
        credentials: &Credentials::of(device.mac, Some(SecretText::from(password.as_str()))),
        formula: &KeyedDigest,
    };
    Delivery::prepare(order, &world.app().settings().value, region).unwrap()
}

/// A phone that is registered and takes commands.
async fn registered(world: &World, index: u32) -> (Phone, String) {
    let region = world.region("Berlin", |_| {}).await;
    let sign_in = SignIn::AtPhone(User::numbered(index.into()));
    let mut known =
        Phone::new(phone(index, Kind::Generic).sign_in(sign_in).states_address("169.254.169.254"));
    let option160 = world.region_url(&region);
    assert!(known.boot(&option160).await.unwrap().registered);
    let address = known.listen(&RestOptions::default()).await.unwrap();
    world.edit_settings(|settings| settings.commands.table = table(Scheme::Http, address.port())).await;
    (known, option160)
}

/// API-07 to API-11, DEV-27 to DEV-34, MUL-21, C26: the phone gets each command once, under its own account,
/// and does what it says; a restart is over when it has reported again. A7: it is called where it is, not
/// where it says it is.
#[tokio::test]
async fn api_07_to_11_a_phone_does_what_it_is_told() {
    let world = World::start().await;
    let (mut known, option160) = registered(&world, 1).await;
    let client = client();
    let mut sent = 0;
    let mut give = async |known: &mut Phone, command: PhoneCommand| {
        sent += 1;
        let delivery = delivery(&world, known, &command, sent).await;
        assert_eq!(delivery.to.peer, IpAddr::from([127, 10, 0, 2]), "the peer, not what the report says");
        assert_eq!(client.send(&delivery).await.unwrap().status, 200);
        known.next_command().await
    };

    let before = world.record(mac(&known)).await.unwrap().status.unwrap();
    assert_eq!(before.details.ip, "169.254.169.254");
    let command = give(&mut known, PhoneCommand::CheckStatus).await;
    let requests = log(&known).len();
    assert!(!known.obey(vec![command]).await.unwrap());
    assert_eq!(log(&known).len(), requests + 1, "DEV-27: it reports at once");

    let requests = log(&known).len();
    let command = give(&mut known, PhoneCommand::UpdateConfiguration).await;
    known.obey(vec![command]).await.unwrap();
    assert!(log(&known).iter().skip(requests).any(|line| line.contains("<mac>.cfg")), "DEV-33");

    world.firmware(Model::P430Hd, "2.2.16.704", 20_000).await;
    let image = world.url("/firmwarefiles/430HD.img");
    let command = give(&mut known, PhoneCommand::UpdateFirmware { image: image.parse().unwrap() }).await;
    assert_eq!(command, Command::UpdateFirmware { image: Some(image) });
    assert!(known.obey(vec![command]).await.unwrap(), "DEV-29: another firmware restarts the phone");
    assert_eq!(known.identity().version(), "2.2.16.704");

    let text = "Fire \"drill\" \u{2603}";
    let message = PhoneCommand::SendMessage { text: text.parse().unwrap(), seconds: 30.try_into().unwrap() };
    let command = give(&mut known, message).await;
    known.obey(vec![command]).await.unwrap();
    assert_eq!(known.messages(), [Message { text: text.into(), seconds: 30, beep: true }], "DEV-34, MUL-21");

    for (kind, restart) in [
        (RestartKind::Graceful, Restart::Graceful),
        (RestartKind::Force, Restart::Forced),
        (RestartKind::Scheduled(30.try_into().unwrap()), Restart::After(30)),
    ] {
        let command = give(&mut known, PhoneCommand::Restart(kind)).await;
        assert_eq!(command, Command::Restart(restart), "API-08");
        assert!(known.obey(vec![command]).await.unwrap());
    }
    let requests = log(&known).len();
    assert!(known.boot(&option160).await.unwrap().registered);
    let reports = log(&known).iter().skip(requests).filter(|line| line.contains("keep-alive")).count();
    assert!(reports >= 2, "C26: started, then registered");
    let after = world.record(mac(&known)).await.unwrap().status.unwrap();
    assert!(after.registration == Registration::Registered && after.changed_at > before.changed_at);

    let received = known.ledger().received();
    assert_eq!((received.len(), known.ledger().repeated()), (7, Vec::<String>::new()));
    assert!(received.iter().all(|one| one.came == Came::Rest && one.order.user == "00908f000001"));
    assert!(received.iter().all(|one| one.host.starts_with("127.10.0.2:")));
    assert_eq!(received[4].line, "PUT /rest/v1/command/ResetGracefulHandler");
    assert!(received.iter().all(|one| one.order.password.len() == 32), "a digest, not the password");
    world.stop().await;
}

/// A phone believes nobody but the server: without its password no command is carried out.
#[tokio::test]
async fn a_command_under_wrong_credentials_is_refused() {
    let world = World::start().await;
    let (known, _) = registered(&world, 1).await;
    let settings = world.app().settings().value;
    let mut settings = settings;
    settings.phones.server.address = None;
    let delivery = to([127, 10, 0, 2].into(), &settings, &RESTART, 1, false);
    let error = client().send(&delivery).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Unauthorised);
    let port = delivery.request.port;
    let said = format!("the phone at 127.10.0.2:{port} answered 401: it does not take the credentials");
    assert_eq!(error.to_string(), said);
    drop(known);
    world.stop().await;
}

/// C21, A7: what becomes of a command is told by what is certain, and no command is ever sent twice by
/// itself; a redirect leads nowhere.
#[tokio::test]
async fn c21_each_misbehaviour_is_told_apart() {
    use SendErrorKind::{NotSent, Refused, Unauthorised, Unknown};
    let elsewhere = TcpListener::bind("127.10.0.200:0").await.unwrap();
    let redirect = format!("http://{}/rest/v1/command/ResetGracefulHandler", elsewhere.local_addr().unwrap());
    for (index, manner, expected) in [
        (1, Manner::Accept, None),
        (2, Manner::Slow(Duration::from_millis(20)), None),
        (3, Manner::Flood, None),
        (4, Manner::Refuse(503), Some(Refused(503))),
        (5, Manner::Refuse(404), Some(Refused(404))),
        (6, Manner::Refuse(403), Some(Unauthorised)),
        (7, Manner::Refuse(200 + 5), Some(Refused(205))),
        (8, Manner::Redirect(redirect), Some(Refused(307))),
        (9, Manner::Hang, Some(Unknown)),
        (10, Manner::Vanish, Some(Unknown)),
    ] {
        let client = impatient();
        let (mut known, address) = listening(index, manner.clone()).await;
        let outcome = send(&client, address, index).await;
        assert_eq!(outcome.as_ref().err().map(SendError::kind), expected, "{manner:?}: {outcome:?}");
        assert_eq!((known.ledger().received().len(), client.connections()), (1, 1), "{manner:?}: once");
        if let Ok(said) = outcome {
            assert!(said.text.as_str().len() <= 2_000, "an answer is bounded");
        }
        if expected.is_none() || expected == Some(Unknown) {
            assert_eq!(known.next_command().await, Command::Restart(Restart::Graceful), "it was carried out");
        }
        // Away altogether.
        known.deafen();
        assert_eq!(send(&client, address, 99).await.unwrap_err().kind(), NotSent, "{manner:?}");
    }
    let nobody = poll_fn(|context| Poll::Ready(elsewhere.poll_accept(context).is_pending())).await;
    assert!(nobody, "where the redirect leads nobody came");
}

/// API-13: phones are called over HTTPS where their family says so, and their certificates are taken as it
/// says; a phone that speaks no TLS was sent nothing.
#[tokio::test]
async fn api_13_phones_are_called_over_https() {
    let made = |name: &str| SelfMade::for_names([name], clock().now().wall).unwrap();
    let own = made("00908f000001");
    let mut known = Phone::new(phone(1, Kind::Generic));
    let rest = RestOptions { tls: Some(own.configure().unwrap()), ..RestOptions::default() };
    let address = known.listen(&rest).await.unwrap();
    let outcome = async |certificates: Certificates, number| {
        let mut families = table(Scheme::Https, address.port()).families().to_vec();
        families[0].certificates = certificates;
        let mut settings = Settings::default();
        settings.commands.table = CommandTable::new(families).unwrap();
        let sent = client().send(&to(address.ip(), &settings, &RESTART, number, false)).await;
        sent.map_err(|error| error.kind())
    };
    let trusted = |made: &SelfMade| Certificates::Trusted(made.certificate.clone().try_into().unwrap());
    assert_eq!(outcome(Certificates::Any, 1).await.unwrap().status, 200);
    assert_eq!(outcome(trusted(&own), 2).await.unwrap().status, 200, "itself, whatever name is in it");
    assert_eq!(
        outcome(trusted(&made("127.10.0.2")), 3).await,
        Err(SendErrorKind::NotSent),
        "somebody else's"
    );
    assert_eq!(known.ledger().received().len(), 2);

    let (plain, address) = listening(2, Manner::Accept).await;
    let settings = settings(Scheme::Https, address.port());
    let error = impatient().send(&to(address.ip(), &settings, &RESTART, 4, false)).await.unwrap_err();
    assert_eq!((error.kind(), plain.ledger().received().len()), (SendErrorKind::NotSent, 0), "{error}");
}

/// A7, T24: 44 addresses that no phone may make the server call, in every notation that parses, and the
/// addresses of this machine: nothing is connected to.
#[tokio::test]
async fn t24_hostile_addresses_are_never_connected_to() {
    const HOSTILE: [&str; 44] = [
        "127.0.0.1",
        "127.1.2.3",
        "127.255.255.254",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "0:0:0:0:0:ffff:127.0.0.1",
        "::127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::7f00:1",
        "fd00::5efe:127.0.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "febf::1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "::ffff:0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "239.255.255.250",
        "ff02::1",
        "240.0.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "2001:db8::1",
        "2001:0:7f00:1::",
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "fec0::1",
    ];
    // Somebody is there on every address of this machine.
    let server = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let settings = settings(Scheme::Http, server.local_addr().unwrap().port());
    let client = HttpPhoneClient::new(PhoneClientOptions::default(), clock()).unwrap();
    for address in HOSTILE {
        for command in [RESTART, PhoneCommand::CheckStatus, PhoneCommand::UpdateConfiguration] {
            let delivery = to(address.parse().unwrap(), &settings, &command, 1, false);
            let error = client.send(&delivery).await.unwrap_err();
            assert_eq!(error.kind(), SendErrorKind::AddressRefused, "{address}: {error}");
        }
    }
    // With networks as wide as can be, a phone still cannot name this machine, nor what the host forbids.
    let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let own = own.map_or([127, 0, 0, 1].into(), |own| own.ip());
    let database: IpAddr = "10.99.0.5".parse().unwrap();
    let options = PhoneClientOptions::default().never(vec![database]);
    let careful = HttpPhoneClient::new(options, clock()).unwrap();
    for address in [own, database] {
        let mut delivery = to(address, &settings, &RESTART, 2, false);
        delivery.networks = vec!["0.0.0.0/0".parse().unwrap()];
        let error = careful.send(&delivery).await.unwrap_err();
        assert_eq!(error.kind(), SendErrorKind::AddressRefused, "{address}: {error}");
    }
    assert_eq!((client.connections(), careful.connections()), (0, 0));
    let nobody = poll_fn(|context| Poll::Ready(server.poll_accept(context).is_pending())).await;
    assert!(nobody, "nobody came");
}

/// A7: nor is the proxy, which an administrator names, this machine or its metadata; a phone behind it is
/// checked like any other.
#[tokio::test]
async fn a7_the_proxy_and_phones_behind_it_are_checked_too() {
    let mut settings = settings(Scheme::Http, 80);
    let client = HttpPhoneClient::new(PhoneClientOptions::default(), clock()).unwrap();
    let mut through = async |host: &str, peer: &str| {
        settings.phones.proxy = Some(sbc(host, 5001));
        settings.commands.proxy_certificates = Some(Certificates::Any);
        let delivery = to(peer.parse().unwrap(), &settings, &RESTART, 1, true);
        client.send(&delivery).await.unwrap_err().kind()
    };
    for host in ["127.0.0.1", "localhost", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"] {
        assert_eq!(through(host, "10.0.0.7").await, SendErrorKind::AddressRefused, "{host}");
    }
    for peer in ["127.0.0.1", "169.254.169.254", "8.8.8.8"] {
        assert_eq!(through("10.0.0.1", peer).await, SendErrorKind::AddressRefused, "{peer}");
    }
    assert_eq!(client.connections(), 0);
}

/// A phone is given a few commands at once and then one at a time; and only so many are on their way.
#[tokio::test]
async fn commands_are_bounded_for_one_phone_and_for_all() {
    let clock = clock();
    let options = PhoneClientOptions::default().per_phone(2, Duration::from_secs(10)).in_flight(1);
    let options = options.insecure_allow_loopback_phones();
    let limited = HttpPhoneClient::new(options, Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>).unwrap();
    let (known, address) = listening(1, Manner::Accept).await;
    assert!(send(&limited, address, 1).await.is_ok() && send(&limited, address, 2).await.is_ok());
    let error = send(&limited, address, 3).await.unwrap_err();
    assert_eq!((error.kind(), limited.connections()), (SendErrorKind::NotSent, 2), "{error}");
    clock.advance(Duration::from_secs(10));
    assert!(send(&limited, address, 4).await.is_ok());
    clock.advance(Duration::from_secs(20));

    known.set_manner(Manner::Hang);
    let mut hanging = Box::pin(send(&limited, address, 5));
    while known.ledger().received().len() < 4 {
        let once = poll_fn(|context| Poll::Ready(hanging.as_mut().poll(context).is_pending())).await;
        assert!(once, "it hangs");
        tokio::task::yield_now().await;
    }
    let (_other, elsewhere) = listening(2, Manner::Accept).await;
    let mut next = pin!(send(&limited, elsewhere, 6));
    let waits = poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending())).await;
    assert!(waits && limited.connections() == 4, "there is one place, and it is taken");
    drop(hanging);
    assert!(next.await.is_ok());
}

fn sbc(host: &str, command_port: u16) -> SbcProxy {
    SbcProxy { host: host.parse().unwrap(), port: 80, scheme: Scheme::Http, command_port }
}

/// SBC-01, SBC-06, SBC-07, SBC-12, SBC-13, API-13, PRT-08: phones behind the proxy are commanded through it over
/// HTTPS, however it is told which phone; what fails on the way is told by what is certain.
#[tokio::test]
async fn sbc_07_commands_go_through_the_proxy_over_https() {
    let (mut known, address) = listening(1, Manner::Accept).await;
    let value = |text: &str| text.to_owned().try_into().unwrap();
    let header = ProxyTarget::Header { name: "x-phone".to_owned().try_into().unwrap(), value: value("{ip}") };
    for (number, naming, target) in [
        (1, Naming::AbsoluteForm, ProxyTarget::AbsoluteForm),
        (2, Naming::PathPrefix, ProxyTarget::PathPrefix(value("/{ip}"))),
        (3, Naming::Header("x-phone".to_owned()), header),
    ] {
        let server = "127.0.0.1:9".parse().unwrap();
        let options = SbcOptions { server, source: PROXY, naming, phone_port: address.port() };
        let stub = Sbc::start(options).await.unwrap();
        let mut settings = settings(Scheme::Http, address.port());
        settings.phones.proxy = Some(sbc("127.0.0.1", stub.command_side.port()));
        settings.commands.proxy_target = target;
        let trusted = stub.certificate.clone().try_into().unwrap();
        settings.commands.proxy_certificates = Some(Certificates::Trusted(trusted));
        let delivery = to(address.ip(), &settings, &RESTART, number, true);

        assert_eq!(client().send(&delivery).await.unwrap().status, 200);
        assert_eq!(known.next_command().await, Command::Restart(Restart::Graceful));
        let handed_on = stub.handed_on();
        assert_eq!((handed_on.len(), handed_on[0].phone), (1, Some(address)));
        let received = known.ledger().received();
        assert_eq!(received.last().unwrap().line, "PUT /rest/v1/command/ResetGracefulHandler");

        // A phone that is lost behind the proxy may have had the command.
        known.set_manner(Manner::Vanish);
        let error =
            client().send(&to(address.ip(), &settings, &RESTART, 10 + number, true)).await.unwrap_err();
        assert_eq!(error.kind(), SendErrorKind::Unknown, "{error}");
        known.next_command().await;
        known.set_manner(Manner::Accept);
        // Somebody else in the place of the proxy is told nothing.
        let other = SelfMade::for_names(["127.0.0.1"], clock().now().wall).unwrap().certificate;
        let mut stranger = delivery.clone();
        if let Way::Proxy { certificates, .. } = &mut stranger.way {
            *certificates = Certificates::Trusted(other.try_into().unwrap());
        }
        assert_eq!(client().send(&stranger).await.unwrap_err().kind(), SendErrorKind::NotSent);
        assert_eq!(stub.handed_on().len(), 2);
        let port = stub.command_side.port();
        drop(stub);
        let error = client().send(&delivery).await.unwrap_err();
        assert_eq!(error.kind(), SendErrorKind::NotSent);
        let said = format!("the SBC HTTP proxy 127.0.0.1:{port} cannot be reached: ");
        assert!(error.to_string().starts_with(&said), "SBC-13: {error}");
    }
    assert_eq!(known.ledger().repeated(), Vec::<String>::new());
}

/// From where the stub speaks to the server.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);

/// SBC-01, SBC-11, SBC-12: a phone that came through the proxy is commanded through it, by what the server
/// knows of it.
#[tokio::test]
async fn sbc_12_a_phone_behind_the_proxy_is_commanded() {
    let world = World::with(|config| config.trusted_proxies = vec!["127.9.9.9/32".parse().unwrap()]).await;
    let naming = Naming::AbsoluteForm;
    let options = SbcOptions { server: world.at(Role::Web), source: PROXY, naming, phone_port: 80 };
    let stub = Sbc::start(options).await.unwrap();
    let region = {
        let proxy = SbcProxy { port: stub.phone_side.port(), ..sbc("127.0.0.1", stub.command_side.port()) };
        world.edit_settings(|settings| settings.phones.proxy = Some(proxy)).await;
        world.region("Remote", |region| region.through_proxy = true).await
    };
    let phones = world.app().settings().value.phones;
    let option160 = option160::region_url(&phones, Route::Proxy, &region.name).unwrap();
    let mut remote = Phone::new(phone(1, Kind::Lync).sign_in(SignIn::AtPhone(User::numbered(1))));
    assert!(remote.boot(&option160).await.unwrap().registered);
    let address = remote.listen(&RestOptions::default()).await.unwrap();
    let certificate = stub.certificate.clone().try_into().unwrap();
    world
        .edit_settings(|settings| {
            settings.commands.table = table(Scheme::Http, address.port());
            settings.commands.proxy_certificates = Some(Certificates::Trusted(certificate));
        })
        .await;

    let text = "Come back".parse().unwrap();
    let message = PhoneCommand::SendMessage { text, seconds: 10.try_into().unwrap() };
    for (number, command) in (1..).zip([PhoneCommand::CheckStatus, message, RESTART]) {
        let delivery = delivery(&world, &remote, &command, number).await;
        assert!(delivery.to.proxied && matches!(delivery.way, Way::Proxy { .. }));
        client().send(&delivery).await.unwrap();
        let command = remote.next_command().await;
        remote.obey(vec![command]).await.unwrap();
    }
    assert_eq!(remote.messages()[0].text, "Come back");
    assert!(stub.handed_on().iter().all(|one| one.phone == Some(address)));
    assert!(remote.boot(&option160).await.unwrap().registered);
    world.stop().await;
}

/// API-08, C26: phones of a fleet live by themselves: one that is restarted goes away, and comes back with
/// its reports; the others notice nothing.
#[tokio::test]
async fn c26_a_restarted_phone_of_a_fleet_comes_back_by_itself() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    // A port that is free here is free on the phones' own addresses.
    let port = TcpListener::bind("127.10.0.250:0").await.unwrap().local_addr().unwrap().port();
    world.edit_settings(|settings| settings.commands.table = table(Scheme::Http, port)).await;
    let options = FleetOptions::new(&world.region_url(&region), 3)
        .users_from(1_000)
        .time_scale(1.0 / 60_000.0)
        .keep_alive(Duration::from_hours(10_000))
        .refetch(Duration::from_hours(10_000))
        .rest(RestOptions { port, ..RestOptions::default() });
    let mut fleet = Fleet::new(options).unwrap();
    let mut events = fleet.events(1_000);
    let running = fleet.start();
    let mut listening = [0; 3];
    let mut until_up = async |times: [u32; 3]| {
        while listening != times {
            let event = events.recv().await.unwrap();
            if event.step == ipp_examples::fleet::Step::Listening {
                listening[usize::try_from(event.phone).unwrap()] += 1;
            }
        }
    };
    until_up([1, 1, 1]).await;
    let second = Phone::new(phone(1, Kind::Generic));
    let delivered = delivery(&world, &second, &RESTART, 1).await;
    assert_eq!(client().send(&delivered).await.unwrap().status, 200);
    until_up([1, 2, 1]).await;
    let later = PhoneCommand::Restart(RestartKind::Scheduled(5.try_into().unwrap()));
    let delivered = delivery(&world, &second, &later, 2).await;
    assert_eq!(client().send(&delivered).await.unwrap().status, 200);
    until_up([1, 3, 1]).await;
    let restarts = |phone| running.ledger(phone).unwrap().count(|one| matches!(one, Command::Restart(_)));
    assert_eq!([restarts(0), restarts(1), restarts(2)], [0, 2, 0]);
    let status = world.record(mac(&second)).await.unwrap().status.unwrap();
    assert_eq!(status.registration, Registration::Registered);
    let summary = running.stop().await;
    assert!(summary.all_registered(), "{summary}");
    world.stop().await;
}
