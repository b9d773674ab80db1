//! Commands to phones: the table, what is written by it, and what is prepared of an order.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::fmt::Write as _;

use ipp_core::{
    id::{DeviceId, RegionId},
    mac::Mac,
    outbound::{
        Certificates, CommandFamily, CommandName, CommandTable, Credentials, Delivered, Delivery,
        DigestFormula, ElementForm, EncodeError, EntrySource, KeyedDigest, MemoryPhoneClient, Order,
        PasswordForm, PhoneAddress, PhoneClient as _, PhoneCommand, PhoneFacts, PrepareError, ProxyTarget,
        RestartKind, SendError, SendErrorKind, SessionId, Way, keep_alive_answer,
    },
    region::Region,
    settings::{SbcProxy, Scheme, Settings},
    time::Timestamp,
    vault::SecretText,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const SESSION: SessionId = SessionId::new([0xf0, 0x14, 0x42, 0x16]);
const GENERIC: PhoneFacts<'_> = PhoneFacts { model: "430HD", firmware: "2.2.8.61" };

fn mac() -> Mac {
    "00908f000001".parse().unwrap()
}

fn account(password: Option<&str>) -> Credentials {
    Credentials::of(mac(), password.map(SecretText::from))
}

/// The formula of nobody, so that golden texts do not hold a digest.
#[derive(Debug)]
struct Shown;

impl DigestFormula for Shown {
    fn digest(&self, session: SessionId, user: &str, password: &str) -> String {
        format!("digest of {session} {user} {password}")
    }
}

fn address(proxied: bool) -> PhoneAddress {
    let at = Timestamp::from_millis(1);
    PhoneAddress {
        device: DeviceId::new(at, [1; 10]),
        mac: mac(),
        region: RegionId::new(at, [2; 10]),
        peer: "10.0.0.7".parse().unwrap(),
        proxied,
    }
}

fn order<'a>(command: &'a PhoneCommand, credentials: &'a Credentials, proxied: bool) -> Order<'a> {
    Order { to: address(proxied), phone: GENERIC, command, session: SESSION, credentials, formula: &Shown }
}

fn region() -> Region {
    Region::new(address(false).region, "Berlin".parse().unwrap())
}

fn prepared(settings: &Settings, command: &PhoneCommand) -> Result<Delivery, PrepareError> {
    Delivery::prepare(order(command, &account(Some("p")), false), settings, &region())
}

fn with_table(edit: impl FnOnce(&mut Vec<CommandFamily>)) -> Result<CommandTable, String> {
    let mut families = CommandTable::default().families().to_vec();
    edit(&mut families);
    CommandTable::new(families).map_err(|error| error.to_string())
}

fn commands() -> Vec<PhoneCommand> {
    vec![
        PhoneCommand::CheckStatus,
        PhoneCommand::Restart(RestartKind::Graceful),
        PhoneCommand::Restart(RestartKind::Force),
        PhoneCommand::Restart(RestartKind::Scheduled(30.try_into().unwrap())),
        PhoneCommand::UpdateConfiguration,
        PhoneCommand::UpdateFirmware { image: "http://10.0.0.1/firmwarefiles/430HD.img".parse().unwrap() },
        PhoneCommand::SendMessage {
            text: "Fire \"drill\"".parse().unwrap(),
            seconds: 10.try_into().unwrap(),
        },
    ]
}

/// API-07 to API-11, MUL-21: what each command is on the wire, byte for byte; only one of them is
/// documented, and every other says that it is a guess.
#[test]
fn api_07_to_11_the_delivered_table_writes_these_requests() {
    let settings = Settings::default();
    let mut written = String::new();
    for command in commands() {
        let request = prepared(&settings, &command).unwrap().request;
        let entry = &settings.commands.table.families()[0].commands[&request.command];
        let known = if entry.source == EntrySource::Documented { "documented" } else { "by analogy" };
        let (method, path) = (request.method.as_str(), &request.path);
        writeln!(written, "{method} {path} ({known})\n{}", request.body).unwrap();
        assert!(!format!("{request:?}").contains("digest of"), "a body is not shown");
    }
    assert_eq!(written, include_str!("golden/commands.txt"), "\n{written}");
}

/// API-08: the answer to a report carries the same commands, in the three forms that are known.
#[test]
fn a_command_stands_in_the_answer_to_a_report() {
    assert_eq!(keep_alive_answer([]), r#"{"requests":[]}"#);
    let in_form = |form| {
        let table = with_table(|families| families[0].element = form).unwrap();
        let mut settings = Settings::default();
        settings.commands.table = table;
        let request = prepared(&settings, &PhoneCommand::Restart(RestartKind::Graceful)).unwrap().request;
        serde_json::from_str::<Value>(&keep_alive_answer([&request, &request])).unwrap()["requests"].clone()
    };
    let body = json!({
        "sessionId": "f0144216",
        "emsUserName": "00908f000001",
        "emsUserPassword": "digest of f0144216 00908f000001 p",
        "schedulePeriod": "",
    });
    let object = json!({ "method": "PUT", "path": "/rest/v1/command/ResetGracefulHandler", "body": body });
    assert_eq!(in_form(ElementForm::Object), json!([&object, &object]));
    let unwrapped = |form| serde_json::from_str::<Value>(in_form(form)[0].as_str().unwrap()).unwrap();
    assert_eq!(unwrapped(ElementForm::Text), object);
    assert_eq!(unwrapped(ElementForm::BodyText), body);
}

/// The first family that fits counts; phones that nothing fits take the last.
#[test]
fn families_are_chosen_by_model_and_firmware() {
    let table = with_table(|families| {
        let mut cloud = families[0].clone();
        (cloud.models, cloud.delivered) = ("C4*".parse().unwrap(), Delivered::KeepAlive);
        let mut lync = families[0].clone();
        (lync.firmware, lync.scheme, lync.port) = ("UC_*".parse().unwrap(), Scheme::Https, 8443);
        lync.password = PasswordForm::Clear;
        lync.commands.remove(&CommandName::SendMessage);
        families.splice(0..0, [cloud, lync]);
    })
    .unwrap();
    let mut settings = Settings::default();
    settings.commands.table = table;
    let encode = |model, firmware, command: &PhoneCommand| {
        let credentials = account(Some("p"));
        let mut order = order(command, &credentials, false);
        order.phone = PhoneFacts { model, firmware };
        Delivery::prepare(order, &settings, &region()).map(|delivery| delivery.request)
    };
    let restart = PhoneCommand::Restart(RestartKind::Force);
    assert_eq!(encode("C450HD", "UC_1", &restart).unwrap().delivered, Delivered::KeepAlive);
    let lync = encode("430HD", "uc_3.1", &restart).unwrap();
    assert_eq!((lync.scheme, lync.port, lync.delivered), (Scheme::Https, 8443, Delivered::Call));
    assert!(lync.body.contains("\"emsUserPassword\":\"p\""), "as the family has it: in clear");
    assert_eq!(encode("430HD", "2.2.8", &restart).unwrap().port, 80);
    let error = encode("430HD", "UC_3", &commands()[6]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "phones of model `*` with firmware `UC_*` do not take send_message; the command table has no entry for it"
    );
}

/// A table is refused with the place of what is wrong.
#[test]
fn a_refused_table_names_the_entry() {
    let restart = CommandName::RestartGraceful;
    let entry = |edit: fn(&mut ipp_core::outbound::CommandEntry)| {
        with_table(|families| edit(families[0].commands.get_mut(&restart).unwrap())).unwrap_err()
    };
    assert_eq!(with_table(Vec::clear).unwrap_err(), ": a table has 1 to 32 families");
    assert_eq!(
        with_table(|families| families.push(families[0].clone())).unwrap_err(),
        "/0: it is for all phones, so those behind it never count; put it last"
    );
    assert_eq!(
        with_table(|families| families[0].models = "430*".parse().unwrap()).unwrap_err(),
        "/0: the last family is for all other phones: both its patterns are `*`"
    );
    assert_eq!(with_table(|families| families[0].port = 0).unwrap_err(), "/0/port: a port is 1 to 65535");
    assert_eq!(
        entry(|entry| entry.expected = vec![302]),
        "/0/commands/restart_graceful/expected: restart_graceful expects 1 to 8 statuses of 200 to 299; redirects are never followed"
    );
    assert_eq!(
        entry(|entry| entry.body[3].value = "{seconds}".parse().unwrap()),
        "/0/commands/restart_graceful/body/3/value: restart_graceful has nothing to fill in for {seconds}"
    );
    assert_eq!(
        entry(|entry| entry.body[1].name = "sessionId".to_owned()),
        "/0/commands/restart_graceful/body/1/name: `sessionId` stands there twice"
    );
    assert!(entry(|entry| entry.body[1].name = "a b".to_owned()).contains("is not the name of a member"));
}

/// No text of an administrator becomes another path, or another line of a request.
#[test]
fn paths_are_paths() {
    let path = |text: &str| text.parse::<ipp_core::outbound::CommandPath>();
    assert!(path("/rest/v1/command/X").is_ok());
    for bad in ["", "x", "/a b", "/a\r\nb", "/../x", "/a//b", "/a?b", "/a#b", "/%2e", "http://x/", "/é"] {
        assert!(path(bad).is_err(), "{bad:?}");
    }
}

/// A table that is as delivered follows later versions; one that was changed is kept as it is.
#[test]
fn rows_without_a_table_have_the_delivered_one() {
    let settings = Settings::default();
    let text = serde_json::to_value(&settings).unwrap();
    assert!(text["commands"].get("table").is_none(), "{text}");
    let old: Settings = serde_json::from_value(json!({})).unwrap();
    assert_eq!(old.commands, settings.commands);
    let mut changed = settings;
    changed.commands.table = with_table(|families| families[0].port = 8080).unwrap();
    let text = serde_json::to_string(&changed).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), changed);
    let broken = text.replace("\"port\":8080,", "\"port\":0,");
    assert!(serde_json::from_str::<Settings>(&broken).unwrap_err().to_string().contains("/0/port"));
}

/// SBC-06, SBC-07, PRT-08: every command for a phone behind the proxy goes to the proxy, over HTTPS on its
/// port for commands, and nothing goes there until its certificate is known.
#[test]
fn sbc_07_phones_behind_the_proxy_are_reached_through_it() {
    let mut settings = Settings::default();
    let credentials = account(Some("p"));
    let prepare = |settings: &Settings, command: &PhoneCommand| {
        Delivery::prepare(order(command, &credentials, true), settings, &region())
    };
    let check = PhoneCommand::CheckStatus;
    assert_eq!(prepare(&settings, &check).unwrap_err(), PrepareError::NoProxy);
    settings.phones.proxy = Some(SbcProxy {
        host: "sbc.example.com".parse().unwrap(),
        port: 80,
        scheme: Scheme::Http,
        command_port: 5001,
    });
    assert_eq!(prepare(&settings, &check).unwrap_err(), PrepareError::ProxyCertificates);
    settings.commands.proxy_certificates = Some(Certificates::Any);
    for command in commands() {
        let way = prepare(&settings, &command).unwrap().way;
        let target = ProxyTarget::AbsoluteForm;
        let host = "sbc.example.com".parse().unwrap();
        assert_eq!(way, Way::Proxy { host, port: 5001, target, certificates: Certificates::Any });
    }
    assert_eq!(prepared(&settings, &check).unwrap().way, Way::Direct, "a phone that is not behind it");
}

/// SBC-07: the three ways to tell the proxy which phone is meant.
#[test]
fn sbc_07_the_proxy_is_told_which_phone() {
    let request = prepared(&Settings::default(), &PhoneCommand::CheckStatus).unwrap().request;
    let (peer, mac) = (address(true).peer, mac());
    let told = |target: &ProxyTarget| {
        (
            target.request_target(&request, peer, mac),
            target.header(peer, mac).map(|(name, value)| format!("{name}: {value}")),
        )
    };
    let path = "/rest/v1/command/CheckStatusHandler";
    assert_eq!(told(&ProxyTarget::AbsoluteForm), (format!("http://10.0.0.7{path}"), None));
    let prefix = ProxyTarget::PathPrefix("/{ip}".to_owned().try_into().unwrap());
    assert_eq!(told(&prefix), (format!("/10.0.0.7{path}"), None));
    let (name, value) = ("X-Phone".to_owned().try_into().unwrap(), "{mac}".to_owned().try_into().unwrap());
    let header = ProxyTarget::Header { name, value };
    assert_eq!(told(&header), (path.to_owned(), Some("x-phone: 00908f000001".to_owned())));
}

/// A phone without a password of its own is not commanded with an empty one.
#[test]
fn without_a_password_nothing_is_written() {
    let command = PhoneCommand::CheckStatus;
    let error = Delivery::prepare(order(&command, &account(None), false), &Settings::default(), &region());
    let error = error.unwrap_err();
    assert_eq!(error, PrepareError::Encode(EncodeError::NoPassword));
    assert_eq!(SendError::from(error).kind(), SendErrorKind::NotSent);
}

/// A7: the addresses of this server that stand in the settings are among those that are never called.
#[test]
fn a7_the_servers_own_addresses_are_known() {
    let mut settings = Settings::default();
    settings.phones.server.address = Some("10.0.0.1".parse().unwrap());
    settings.phones.server.fqdn = Some("phones.example.com".parse().unwrap());
    let never = prepared(&settings, &PhoneCommand::CheckStatus).unwrap().never;
    assert_eq!(never, ["10.0.0.1".parse::<std::net::IpAddr>().unwrap()]);
}

#[test]
fn the_client_in_memory_remembers_and_answers_as_told() {
    let client = MemoryPhoneClient::default();
    let delivery = prepared(&Settings::default(), &PhoneCommand::CheckStatus).unwrap();
    client.answer_next(Err(SendError::new(SendErrorKind::Unknown, "10.0.0.7 does not answer")));
    let error = block_on(client.send(&delivery)).unwrap_err();
    assert!(error.may_have_arrived() && error.to_string() == "10.0.0.7 does not answer");
    assert_eq!(block_on(client.send(&delivery)).unwrap().status, 200);
    assert_eq!(client.sent(), [delivery.clone(), delivery]);
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("the client in memory never waits"),
    }
}

proptest! {
    /// Whatever text a message has, the request is one JSON object with the members of the table.
    #[test]
    fn a_message_changes_nothing_but_its_own_member(text in "\\PC{1,200}") {
        prop_assume!(!text.trim().is_empty());
        let text: ipp_core::outbound::MessageText = text.parse().unwrap();
        let command = PhoneCommand::SendMessage { text: text.clone(), seconds: 1.try_into().unwrap() };
        let credentials = account(Some("p"));
        let mut order = order(&command, &credentials, false);
        order.formula = &KeyedDigest;
        let request = Delivery::prepare(order, &Settings::default(), &region()).unwrap().request;
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let expected = json!({
            "sessionId": "f0144216",
            "emsUserName": "00908f000001",
            "emsUserPassword": KeyedDigest.digest(SESSION, "00908f000001", "p"),
            "text": text.as_str(),
            "duration": "1",
            "beep": "1",
        });
        prop_assert_eq!(body, expected);
    }
}
