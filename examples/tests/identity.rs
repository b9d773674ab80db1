//! What a MAC address alone is worth: nothing (A1, A3, T20, CFG-16).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{collections::BTreeSet, net::Ipv4Addr};

use common::{
    World, fetch, last_url, mac, phone, token_in,
    wire::{ALARM, Answer, Link, Request, STATUS, alarm_body, status_body},
    without_token,
};
use ipp_core::{
    catalog::{LDAP_PASSWORD, SharedScope},
    device::{Admission, BoundBy, Vlan},
    region::Region,
    store::{AlarmFilter, Page, Store as _},
    token::Token,
    vault::SealFor,
};
use ipp_examples::{
    fleet::{FleetOptions, Kind, Phone, SignIn, User},
    server::config::Role,
};

const SIP: &str = "canary-sip-5d1f";
const LDAP: &str = "canary-ldap-77ab";
const WEB: &str = "canary-web-e09c";

/// Addresses of which the server knows one for each way of being known, and one that it does not.
const ENROLLED: u32 = 1;
const SIGNED_IN: u32 = 2;
const EXPECTED: u32 = 3;
const DISABLED: u32 = 4;
const PENDING: u32 = 5;
const UNKNOWN: u32 = 6;

/// An installation with secrets at every scope and phones in every state.
struct Guarded {
    world: World,
    region: Region,
    enrolled: Phone,
    disabled: Phone,
}

impl Guarded {
    async fn start() -> Self {
        let world = World::start().await;
        let region = world.region("Berlin", |_| {}).await;
        world.user("system", &region, Some("system")).await;
        let sealed = world.app().ports().vault.seal_value(SealFor::Named(LDAP_PASSWORD), LDAP).unwrap();
        world.edit_settings(|settings| settings.phones.ldap.password = Some(sealed)).await;
        world.set(SharedScope::Region(region.id), "IPPhonePassword", Some(WEB)).await;
        world.app().initialise_provisioning().await.unwrap();
        let enter = async |index: u32| {
            let entered = Phone::new(phone(index, Kind::Generic));
            let user =
                world.user(&(1_000 + index).to_string(), &region, Some(&format!("{SIP}-{index}"))).await;
            world.device(&entered, &user).await;
            entered
        };
        let (mut enrolled, mut disabled) = (enter(ENROLLED).await, enter(DISABLED).await);
        enter(EXPECTED).await;
        enrolled.boot(&world.region_url(&region)).await.unwrap();
        disabled.boot(&world.region_url(&region)).await.unwrap();
        world.edit_device(mac(&disabled), |device| device.admission = Admission::Disabled).await;
        let at_phone = phone(SIGNED_IN, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(9)));
        Phone::new(at_phone).boot(&world.region_url(&region)).await.unwrap();
        Phone::new(phone(PENDING, Kind::Generic)).boot(&world.system_url()).await.unwrap();
        Self { world, region, enrolled, disabled }
    }

    async fn get(&self, path: &str) -> Answer {
        Request::get(path).agent("430HD").send(self.world.at(Role::Web)).await
    }
}

fn name(index: u32) -> String {
    format!("00908f{index:06x}")
}

/// A token that is bound to nobody; another one for each number.
fn free(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    Token::new([a, b, c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]).prefix()
}

/// An answer with all that is drawn for it masked: the token, and the tag that follows from it.
fn masked(answer: &Answer) -> String {
    let text = without_token(&answer.timeless());
    answer.header("etag").map_or(text.clone(), |etag| text.replace(etag, "<etag>"))
}

/// Every path by which a file is asked for with a MAC address.
fn files(mac: &str) -> [String; 6] {
    [
        format!("/configfiles/{mac}.cfg"),
        format!("/ipp/region/Berlin/{mac}.cfg"),
        format!("/ipp/tenant/Berlin/{mac}.cfg"),
        format!("/firmwarefiles;ipp/region/Berlin/{mac}.cfg"),
        format!("/r/Berlin/configfiles/{mac}.cfg"),
        format!("/ipp/httpproxy/{mac}.cfg"),
    ]
}

/// APR-27, CFG-16, A1: nothing in an answer tells whether the server knows an address.
#[tokio::test]
async fn a1_known_and_unknown_addresses_get_the_same_answers() {
    let guarded = Guarded::start().await;
    let paths = files("<mac>");
    for template in paths.iter().map(String::as_str).chain([STATUS, ALARM]) {
        for prefix in [String::new(), free(0)] {
            let mut answers = BTreeSet::new();
            for index in [ENROLLED, SIGNED_IN, EXPECTED, DISABLED, PENDING, UNKNOWN] {
                // Reports are effective: each needs a token of its own.
                let (prefix, body) = match template {
                    STATUS if !prefix.is_empty() => (free(index), status_body(&name(index), &[])),
                    STATUS => (prefix.clone(), status_body(&name(index), &[("emsUserName", "system")])),
                    ALARM => (prefix.clone(), alarm_body(&name(index), "ANY")),
                    _ => (prefix.clone(), String::new()),
                };
                let path = format!("{prefix}{}", template.replace("<mac>", &name(index)));
                let request = if body.is_empty() { Request::get(&path) } else { Request::post(&path, body) };
                answers.insert(masked(&request.agent("430HD").send(guarded.world.at(Role::Web)).await));
            }
            assert_eq!(answers.len(), 1, "{prefix}{template}: {answers:#?}");
        }
    }
    guarded.world.stop().await;
}

/// CFG-16, T20, T22: all the bytes that a second client gets with a MAC address, its own free token
/// and its own reports hold no secret; the phone itself gets all of them.
#[tokio::test]
async fn cfg_16_no_secret_leaves_to_whoever_knows_an_address_only() {
    let guarded = Guarded::start().await;
    let own = fetch(&last_url(&guarded.enrolled, "00908f000001.cfg")).await;
    for secret in [SIP, LDAP, WEB] {
        assert!(own.text().contains(secret), "the phone itself gets {secret}");
    }
    let config = guarded.enrolled.config();
    let rest = config["ems_server/user_password"].clone();
    let token = token_in(own.text()).unwrap().to_owned();

    let mut gathered = String::new();
    for index in [ENROLLED, SIGNED_IN, DISABLED, PENDING, UNKNOWN] {
        let prefix = free(index);
        let members =
            [("status", "registered"), ("userId", "1001"), ("userName", "1001"), ("emsUserName", "1001")];
        for round in 0..2 {
            for path in files(&name(index)) {
                for method in ["GET", "POST", "HEAD"] {
                    for path in [path.clone(), format!("{prefix}{path}")] {
                        let request = Request::new(method, &path).agent("430HD");
                        gathered.push_str(&request.send(guarded.world.at(Role::Web)).await.timeless());
                    }
                }
            }
            for global in ["Audiocodes_430HD_global_GENERIC.cfg", "x.cfg"] {
                gathered.push_str(&guarded.get(&format!("{prefix}/configfiles/{global}")).await.timeless());
            }
            if round == 0 {
                // No region is named, else an unknown phone would be let in by zero touch.
                let body = status_body(&name(index), &members);
                let path = format!("{prefix}{STATUS}");
                gathered.push_str(&guarded.world.post(&path, body).await.timeless());
                let path = format!("{prefix}{ALARM}");
                gathered
                    .push_str(&guarded.world.post(&path, alarm_body(&name(index), "ANY")).await.timeless());
            }
        }
    }
    assert!(gathered.len() > 100_000, "{}", gathered.len());
    for secret in [SIP, LDAP, WEB, &rest, &token, "canary"] {
        assert!(!gathered.contains(secret), "{secret} leaked");
    }
    let mut enrolled = guarded.enrolled;
    assert_eq!(enrolled.keep_alive().await.unwrap().status, 200, "and the phone goes on as before");
    let still = fetch(&last_url(&enrolled, "00908f000001.cfg")).await;
    assert_eq!(still.timeless(), own.timeless());
    guarded.world.stop().await;
}

/// API-04: a report never releases a stored secret, even where it names the user it belongs to.
#[tokio::test]
async fn signing_in_as_an_existing_user_releases_no_password() {
    let guarded = Guarded::start().await;
    let Guarded { world, region, .. } = &guarded;
    let sign_in = SignIn::AtPhone(User::numbered(1_001));
    let mut liar = Phone::new(phone(7, Kind::Generic).sign_in(sign_in));
    assert!(liar.boot(&world.region_url(region)).await.unwrap().registered);
    world.generate().await;
    liar.refresh().await.unwrap();
    let owner = world.record(mac(&liar)).await.unwrap().device.value.owner.unwrap();
    let user = world.user_called("1001").await.unwrap();
    assert_eq!((owner.user, owner.bound_by), (user.id, BoundBy::SignIn));
    let file = fetch(&last_url(&liar, "00908f000007.cfg")).await;
    assert!(file.text().contains("voip/line/0/id=1001"), "the phone is that user's");
    assert!(!file.text().contains("canary-sip"), "the password is not");
    assert!(!file.text().contains("voip/line/0/auth_password"), "its line is left out");

    // An administrator's word releases it.
    let approved = world.record(mac(&liar)).await.unwrap().device;
    world.admin().delete_device(approved.value.id).await.unwrap();
    world.device(&liar, &user).await;
    let mut honest = Phone::new(phone(7, Kind::Generic));
    honest.boot(&world.region_url(region)).await.unwrap();
    assert_eq!(honest.config()["voip/line/0/auth_password"], format!("{SIP}-1"));
    guarded.world.stop().await;
}

/// API-04: a private file is for its own token. With another phone's token it is first contact,
/// whose fresh token is nobody's.
#[tokio::test]
async fn another_phones_token_opens_nothing() {
    let guarded = Guarded::start().await;
    let Guarded { world, region, enrolled, .. } = &guarded;
    let mut other = Phone::new(phone(8, Kind::Generic).sign_in(SignIn::Nobody));
    other.boot(&world.region_url(region)).await.unwrap();
    let tokens = [enrolled, &other].map(|phone| token_in(&last_url(phone, ".cfg")).unwrap().to_owned());
    assert_ne!(tokens[0], tokens[1]);
    let crossed = guarded.get(&format!("/t/{}/configfiles/{}.cfg", tokens[1], name(ENROLLED))).await;
    let stranger = guarded.get(&format!("/configfiles/{}.cfg", name(UNKNOWN))).await;
    assert_eq!(masked(&crossed), masked(&stranger));
    let given = token_in(crossed.text()).unwrap().to_owned();
    assert!(!tokens.contains(&given));
    let body = status_body(&name(ENROLLED), &[("phoneNumber", "stolen"), ("status", "offline")]);
    for token in [&tokens[1], &given] {
        let path = format!("/t/{token}{STATUS}");
        assert_eq!(world.post(&path, body.clone()).await.status, 200);
        let path = format!("/t/{token}{ALARM}");
        assert_eq!(world.post(&path, alarm_body(&name(ENROLLED), "FALSE")).await.status, 200);
    }
    let record = world.record(mac(enrolled)).await.unwrap();
    assert_eq!(record.status.unwrap().details.phone_number, "1001", "nobody speaks for another phone");
    let alarms = world.app().store().alarms(&AlarmFilter::default(), Page::first(10)).await.unwrap();
    assert!(alarms.iter().all(|found| found.alarm.key.device != record.device.value.id), "{alarms:?}");
    guarded.world.stop().await;
}

/// A1: disabled phones, free tokens, unknown names and regions, and what is no route at all: one
/// answer, byte for byte.
#[tokio::test]
async fn a1_all_that_is_not_there_is_answered_alike() {
    let guarded = Guarded::start().await;
    let bound = token_in(&last_url(&guarded.disabled, ".cfg")).unwrap().to_owned();
    let enrolled = token_in(&last_url(&guarded.enrolled, ".cfg")).unwrap().to_owned();
    let global = "Audiocodes_430HD_global_GENERIC.cfg";
    assert_eq!(guarded.get(&format!("/t/{enrolled}/configfiles/{global}")).await.status, 200);
    let mut answers = BTreeSet::new();
    for path in [
        format!("/t/{bound}/configfiles/{}.cfg", name(DISABLED)),
        format!("/t/{bound}/configfiles/{global}"),
        format!("{}/configfiles/{global}", free(1)),
        format!("/configfiles/{global}"),
        format!("/t/{enrolled}/configfiles/other.cfg"),
        format!("/ipp/region/Nowhere/{}.cfg", name(ENROLLED)),
        "/ipp/region/Nowhere".to_owned(),
        "/firmwarefiles/999HD.img".to_owned(),
        "/t/short/configfiles/00908f000001.cfg".to_owned(),
        "/configfiles/ffffffffffff.cfg".to_owned(),
        "/ipp/httpproxy/".to_owned(),
        "/nothing".to_owned(),
        "/api".to_owned(),
        "/metrics".to_owned(),
    ] {
        let answer = guarded.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        answers.insert(answer.timeless());
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    // Its own reports do nothing either, and are answered like all others.
    let mut disabled = guarded.disabled;
    let before = guarded.world.record(mac(&disabled)).await.unwrap();
    assert_eq!(disabled.keep_alive().await.unwrap().status, 200);
    assert_eq!(guarded.world.record(mac(&disabled)).await.unwrap(), before);
    guarded.world.stop().await;
}

/// A3, T18: one source may announce 32 phones in an hour, and is not told of it.
#[tokio::test]
async fn a3_one_source_announces_thirty_two_phones() {
    let world = World::start().await;
    let region = world.careful_region("Berlin").await;
    let options = FleetOptions::new(&world.region_url(&region), 40).source(None);
    for index in 0..40 {
        let mut phone = Phone::new(options.phone(index).sign_in(SignIn::Nobody));
        phone.boot(&world.region_url(&region)).await.unwrap();
    }
    assert_eq!(world.devices().await.len(), 32);
    let mut elsewhere = Phone::new(phone(100, Kind::Generic));
    elsewhere.boot(&world.region_url(&region)).await.unwrap();
    assert_eq!(world.devices().await.len(), 33, "another source has its own count");
    // Those that are known already are not counted again.
    let mut again = Phone::new(options.phone(0).sign_in(SignIn::Nobody));
    again.boot(&world.region_url(&region)).await.unwrap();
    assert_eq!(world.record(mac(&again)).await.unwrap().status.unwrap().peer, Ipv4Addr::LOCALHOST);
    world.stop().await;
}

/// SYU-02, SYU-05, SYU-07, A3: the account `system` exists when an administrator makes it, and can
/// do one thing: announce.
#[tokio::test]
async fn syu_02_the_system_account_can_announce_and_nothing_else() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::Nobody));
    known.boot(&world.region_url(&region)).await.unwrap();
    let before = world.get("/configfiles/00908f000002.cfg").await;
    assert!(!before.text().contains("ems_server/user_name"), "no account works out of the box");
    let say = async |index, account: &str, password: &str| {
        let members = [("emsUserName", account), ("emsUserPassword", password), ("region", "Berlin")];
        world.post(STATUS, status_body(&name(index), &members)).await.status
    };
    assert_eq!(say(2, "system", "system").await, 401, "SYU-07: there is no such account yet");
    assert!(world.record(name(2).parse().unwrap()).await.is_none());

    world.user("system", &region, Some("secret words")).await;
    let digest = "0123456789abcdef0123456789ABCDEF";
    for (account, password, status) in [
        ("system", "system", 401),
        ("system", r#"{"VvlZOp5/5pM="}"#, 401),
        ("other", "secret words", 401),
        ("", "", 401),
        ("system", "secret words", 200),
        ("SYSTEM", digest, 200),
    ] {
        assert_eq!(say(2, account, password).await, status, "{account} {password}");
    }
    let announced = world.record(name(2).parse().unwrap()).await.unwrap().device.value;
    assert_eq!(
        (announced.admission, announced.token.is_none()),
        (Admission::Pending, true),
        "zero touch needs a token"
    );
    let file =
        Request::get("/ipp/region/Berlin/00908f000002.cfg").agent("430HD").send(world.at(Role::Web)).await;
    assert!(
        file.text().contains("ems_server/user_name=system\nems_server/user_password=secret words\n"),
        "SYU-05"
    );

    let before = world.record(mac(&known)).await.unwrap();
    assert_eq!(say(1, "system", "secret words").await, 200);
    assert_eq!(world.record(mac(&known)).await.unwrap(), before, "not for a phone that is enrolled");
    assert_eq!(world.post(ALARM, alarm_body(&name(1), "FALSE")).await.status, 200);
    assert!(world.app().store().alarms(&AlarmFilter::default(), Page::first(10)).await.unwrap().is_empty());
    let user = world.user("3001", &region, Some(SIP)).await;
    world.approve(name(2).parse().unwrap(), &region, Some(&user), Vlan::default()).await;
    let tokenless = world.get("/configfiles/00908f000002.cfg").await;
    assert!(!tokenless.text().contains(SIP), "approved, and still no file without a token");
    world.stop().await;
}

/// T20 in short: 1,000 addresses are scanned, every tenth of them enrolled with a password.
#[tokio::test]
async fn t20_a_scan_of_addresses_finds_nothing() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    for index in (0..1_000).step_by(100) {
        let mut known = Phone::new(phone(index, Kind::Generic));
        let user = world.user(&index.to_string(), &region, Some(SIP)).await;
        world.device(&known, &user).await;
        known.boot(&world.region_url(&region)).await.unwrap();
        assert_eq!(known.config()["voip/line/0/auth_password"], SIP);
    }
    let mut link = Link::open(world.at(Role::Web), Ipv4Addr::new(127, 66, 6, 6)).await.unwrap();
    for form in ["/configfiles/<mac>.cfg", "/ipp/region/Berlin/<mac>.cfg"] {
        let mut answers = BTreeSet::new();
        for index in 0..1_000 {
            let request = Request::get(&form.replace("<mac>", &name(index))).agent("430HD");
            answers.insert(masked(&link.ask(&request).await.unwrap()));
        }
        assert_eq!(answers.len(), 1, "{form}: the answers differ");
        assert!(!answers.first().unwrap().contains(SIP));
    }
    assert_eq!(world.devices().await.len(), 10, "a GET writes nothing");
    world.stop().await;
}
