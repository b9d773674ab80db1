//! Marked secrets appear nowhere but where they belong (T22, A4, A20, A23, A30).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use common::{
    World,
    api::{Client, PASSWORD},
    fetch, last_url, mac, phone,
    program::{configuration_of, err, run_beside},
    token_in,
    wire::{ALARM, Answer, STATUS, alarm_body, status_body},
};
use ipp_examples::fleet::{Kind, Phone, SignIn, User};
use ipp_http::route::{Surface, routes};
use serde_json::{Value, json};

/// Everything that was logged, at every level, by this program and all that it is made of.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What people and programs typed in; each is different from all others and from every word there is.
const SIP: &str = "canary-sip-5d1f";
const SIP_LATER: &str = "canary-sip-later-c2";
const LDAP: &str = "canary-ldap-77ab";
const WEB: [&str; 3] = ["canary-web-system-1", "canary-web-region-2", "canary-web-device-3"];
const ANNOUNCER: &str = "canary-announcer-8a";
const WRONG: &str = "canary-wrong-login-44";
const PIN: &str = "8172635409";
const CSV: &str = "canary-csv-1b";

/// The secrets by what they are.
type Secrets = Vec<(&'static str, String)>;

/// A text as it may stand somewhere: as it is, in hexadecimal, and in base64 wherever it begins there.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec()];
    forms.extend(encoded(text.as_bytes()));
    // What looks like the text of random bytes may be kept as those bytes.
    let bare = text.trim_start_matches("ipp_");
    if let (22.., Ok(bytes)) = (bare.len(), URL_SAFE_NO_PAD.decode(bare)) {
        forms.extend(encoded(&bytes));
        forms.push(bytes);
    }
    forms
}

fn encoded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex = |upper: bool| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
            text
        })
    };
    let mut forms = vec![hex(true).into_bytes(), hex(false).into_bytes()];
    for before in 0..3 {
        let text = STANDARD.encode([&vec![0; before], bytes].concat());
        // Without the characters that depend on what stands beside it.
        let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        let inner = text[from..to].to_owned();
        forms.push(inner.replace('+', "-").replace('/', "_").into_bytes());
        forms.push(inner.into_bytes());
    }
    forms
}

fn holds(hay: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(hay, needle).is_some()
}

/// Fails where any form of a secret stands in something.
fn check(place: &str, content: &[u8], secrets: &Secrets) {
    for (what, secret) in secrets {
        for form in forms(secret) {
            assert!(!holds(content, &form), "{what} stands in {place}, as {}", form.escape_ascii());
        }
    }
}

/// Keeps everything that the API answers.
struct Gathered(Vec<u8>);

impl Gathered {
    fn keep(&mut self, answer: &Answer) -> Value {
        self.0.extend_from_slice(answer.timeless().as_bytes());
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }
}

fn cookie(client: &Client<'_>) -> String {
    let cookie = client.headers().find(|(name, _)| *name == "cookie").unwrap().1;
    cookie.split_once('=').unwrap().1.to_owned()
}

/// Answers to what is wrong with a request that holds a secret.
async fn mistakes(root: &Client<'_>, region: &str, user: &str, gathered: &mut Gathered) {
    let bad = [
        ("POST", "/users", json!({ "name": "x", "region": region, "password": { "is": SIP } })),
        ("POST", "/users", json!({ "name": "x", "region": region, "password": [SIP] })),
        ("POST", "/users", json!({ "name": "x", "region": region, "password": 8_172_635_409_u64 })),
        ("POST", "/users", json!({ "name": "x", "region": region, "password": SIP, "more": 1 })),
        ("POST", "/users", json!({ "name": "x", "region": region, "password": format!("{SIP}\nx=1") })),
        ("POST", "/users", json!({ "name": "", "region": region, "password": SIP })),
        ("POST", "/users", json!({ "name": "1001", "region": region, "password": SIP })),
        ("PATCH", user, json!({ "password": format!("{SIP}\u{7}") })),
        ("PATCH", "/settings/ldap", json!({ "password": format!("{LDAP}\r\n") })),
        ("PATCH", "/settings/ldap", json!({ "password": LDAP, "port": "x" })),
        ("PUT", "/placeholders/system/IPPhonePassword", json!({ "value": format!("{}\n", WEB[0]) })),
        ("PUT", "/placeholders/nowhere/IPPhonePassword", json!({ "value": WEB[0] })),
        ("POST", "/session", json!({ "name": "acladmin", "password": WRONG })),
        ("POST", "/session", json!({ "name": WRONG, "password": [WRONG] })),
        ("POST", "/session", json!({ "password": WRONG })),
        ("PUT", "/session/password", json!({ "current": WRONG, "new": PASSWORD })),
        ("PUT", "/session/password", json!({ "current": WRONG, "new": [WRONG] })),
    ];
    for (method, path, body) in bad {
        let answer = root.send(method, path, &body).await;
        assert!((400..500).contains(&answer.status), "{method} {path} {body}: {}", answer.status);
        gathered.keep(&answer);
    }
    let broken = format!("{{\"name\":\"x\",\"password\":\"{SIP}");
    gathered.keep(&root.send_file("POST", "/users", "application/json", broken.as_bytes()).await);
    gathered.keep(&root.send_file("POST", "/users", "text/plain", broken.as_bytes()).await);
    let rows = format!("Name,Password,Region\na\"b,{CSV},Nowhere\nc,{CSV}\n");
    gathered.keep(&root.send_file("POST", "/csv/import", "text/csv", rows.as_bytes()).await);
}

/// Everything that can be read, about everything that there is.
async fn read_all(root: &Client<'_>, gathered: &mut Gathered) -> u32 {
    let mut ids = BTreeSet::from(["430HD".to_owned()]);
    for list in ["/regions", "/users", "/devices", "/templates", "/firmware", "/operators", "/tokens"] {
        let items = root.read(list).await["items"].as_array().unwrap().clone();
        ids.extend(items.iter().filter_map(|item| Some(item["id"].as_str()?.to_owned())));
    }
    let scopes: Vec<String> = ["system".to_owned(), "model:430HD".to_owned()]
        .into_iter()
        .chain(ids.iter().map(|id| format!("region:{id}")))
        .collect();
    let mut asked = 0;
    for route in routes().filter(|route| route.surface == Surface::Admin && route.methods[0] == "GET") {
        let path = route.paths[0].strip_prefix("/api/v1").unwrap().replace("{name}", "IPPhonePassword");
        let targets: BTreeSet<String> = if path.contains("{scope}") {
            scopes.iter().map(|scope| path.replace("{scope}", scope)).collect()
        } else {
            ids.iter().map(|id| path.replace("{id}", id)).collect()
        };
        for target in targets {
            for query in ["", "?limit=500", "?q=canary", "?region=canary", "?user=1001"] {
                gathered.keep(&root.get(&format!("{target}{query}")).await);
                asked += 1;
            }
        }
    }
    asked
}

/// The bytes of every file of a data folder but the keys and the certificate, by name.
fn stored(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            files.extend(stored(&entry.path()));
        } else if name != "keys" && name != "certificate.pem" {
            files.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    files
}

/// An administrator enters everything; answers the region and the path of the user.
async fn enter(root: &Client<'_>, gathered: &mut Gathered) -> (String, String) {
    let region = gathered.keep(&root.send("POST", "/regions", &json!({ "name": "canary region" })).await);
    let region = region["id"].as_str().unwrap().to_owned();
    let user = json!({ "name": "1001", "region": region, "password": SIP });
    let user = gathered.keep(&root.send("POST", "/users", &user).await)["id"].as_str().unwrap().to_owned();
    let user = format!("/users/{user}");
    let system = json!({ "name": "system", "region": region, "password": ANNOUNCER });
    gathered.keep(&root.send("POST", "/users", &system).await);
    gathered.keep(
        &root
            .knowing("/settings/ldap")
            .await
            .send("PATCH", "/settings/ldap", &json!({ "active": true, "password": LDAP }))
            .await,
    );
    for (scope, word) in [("system".to_owned(), WEB[0]), (format!("region:{region}"), WEB[1])] {
        let path = format!("/placeholders/{scope}/IPPhonePassword");
        gathered.keep(&root.send("PUT", &path, &json!({ "value": word })).await);
    }
    let rows = format!("Name,Password,Region\n2002,{CSV},canary region\n");
    let imported = root.send_file("POST", "/csv/import", "text/csv", rows.as_bytes()).await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    gathered.keep(&imported);
    mistakes(root, &region, &user, gathered).await;
    (region, user)
}

/// Phones come in, and get what is theirs; answers the id of one.
async fn boot(
    world: &World,
    root: &Client<'_>,
    user: &str,
    gathered: &mut Gathered,
    secrets: &mut Secrets,
) -> String {
    let mut known = Phone::new(phone(1, Kind::Generic));
    let device = json!({ "mac": mac(&known).to_string(), "model": "430HD", "user": user.strip_prefix("/users/").unwrap() });
    let device =
        gathered.keep(&root.send("POST", "/devices", &device).await)["id"].as_str().unwrap().to_owned();
    let own = format!("/devices/{device}/placeholders/IPPhonePassword");
    let editor = root.knowing(&format!("/devices/{device}")).await;
    gathered.keep(&editor.send("PUT", &own, &json!({ "value": WEB[2] })).await);
    let snapshot = world.app().snapshot();
    let at = world.region_url(snapshot.catalog.region_called("canary region").unwrap());
    assert!(known.boot(&at).await.unwrap().registered);
    let mut other = Phone::new(phone(2, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(9))));
    assert!(other.boot(&at).await.unwrap().registered);
    let file = fetch(&last_url(&known, "00908f000001.cfg")).await.text().to_owned();
    for word in [SIP, LDAP, WEB[2]] {
        assert!(file.contains(word), "the phone gets {word}");
    }
    for phone in [&known, &other] {
        secrets.push(("the REST password", phone.config()["ems_server/user_password"].clone()));
        secrets.push(("a URL token", token_in(&last_url(phone, ".cfg")).unwrap().to_owned()));
    }
    assert!(secrets.iter().all(|(_, secret)| secret.len() >= 10), "long enough to be found by no chance");
    let prefix = format!("/t/{}", secrets.last().unwrap().1);
    world.post(&format!("{prefix}{ALARM}"), alarm_body("00908f000002", "canary alarm")).await;
    let members = [("emsUserName", "system"), ("emsUserPassword", ANNOUNCER), ("sipPassword", SIP)];
    world.post(STATUS, status_body("00908f000003", &members)).await;
    world.post(&format!("{prefix}{STATUS}"), format!("{{\"mac\":\"{SIP}\",")).await;
    world.get(&format!("{prefix}/nothing")).await;
    gathered.keep(&root.knowing(user).await.send("PATCH", user, &json!({ "password": SIP_LATER })).await);
    gathered.keep(&root.send("POST", "/devices/generate", &json!({ "filter": {} })).await);
    device
}

/// People log in, and programs.
async fn log_in(world: &World, root: &Client<'_>, secrets: &mut Secrets) {
    let nora = root.account("nora", "administrator", Value::Null).await;
    let made = root
        .clone()
        .header("idempotency-key", "once")
        .send("POST", "/tokens", &json!({ "name": "reader", "level": "administrator", "days": 1 }))
        .await
        .json();
    let token = made["secret"].as_str().unwrap().to_owned();
    secrets.push(("an API token", token.clone()));
    for client in [root, &nora] {
        secrets.push(("a session", cookie(client)));
    }
    assert_eq!(Client::program(world, &token).get("/regions").await.status, 200);
}

/// Looks at the files of the database, and at a backup.
async fn check_disk(world: &World, secrets: &Secrets) {
    let backup = tempfile::tempdir().unwrap();
    let (config, to) = (configuration_of(world.data(), backup.path()), backup.path().join("ipp.backup"));
    let (config, to) = (config.to_str().unwrap(), to.to_str().unwrap());
    let done = run_beside(&["backup", "--to", to, "--config", config]).await;
    assert!(done.status.success(), "{}", err(&done));
    let bytes = fs::read(to).unwrap();
    assert!(holds(&bytes, b"canary region"), "the backup is readable");
    check("the backup", &bytes, secrets);
    let files = stored(world.data());
    let named: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(named.contains("ipp.sqlite") && named.contains("ipp.sqlite-wal"), "{named:?}");
    assert!(files.iter().any(|(_, bytes)| holds(bytes, b"canary region")), "the database is readable");
    for (name, bytes) in &files {
        check(name, bytes, secrets);
    }
}

/// T22, SEC-22: passwords of every kind, tokens, sessions and keys stand in no log at any level, no answer that
/// does not reveal, no export, no file of the database and no backup; and phones get theirs.
#[tokio::test(flavor = "multi_thread")]
async fn t22_secrets_stand_only_where_they_belong() {
    tracing_subscriber::fmt()
        .with_env_filter("trace")
        .with_ansi(false)
        .with_writer(|| Log)
        .try_init()
        .unwrap();
    let world = World::administered().await;
    let first = world.server.first_password.clone().unwrap();
    let root = world.root().await;
    let mut secrets: Secrets = vec![("the first password", first.as_str().to_owned())];
    let typed = [
        ("SIP", SIP),
        ("SIP", SIP_LATER),
        ("LDAP", LDAP),
        ("announcer", ANNOUNCER),
        ("wrong", WRONG),
        ("PIN", PIN),
        ("CSV", CSV),
        ("administrator", PASSWORD),
    ];
    secrets.extend(
        typed
            .into_iter()
            .chain(WEB.map(|word| ("placeholder", word)))
            .map(|(what, word)| (what, word.to_owned())),
    );
    for line in fs::read_to_string(world.data().join("keys")).unwrap().lines() {
        if let Some((kind @ ("seal" | "fingerprint"), key)) = line.split_once(' ') {
            assert_eq!(STANDARD.decode(key).unwrap().len(), 32, "{kind}");
            secrets.push(("a key", key.trim_end_matches('=').replace('+', "-").replace('/', "_")));
        }
    }
    let mut gathered = Gathered(Vec::new());

    let (_, user) = enter(&root, &mut gathered).await;
    let device = boot(&world, &root, &user, &mut gathered, &mut secrets).await;
    log_in(&world, &root, &mut secrets).await;

    let asked = read_all(&root, &mut gathered).await;
    assert!(asked > 500, "{asked}");
    assert!(holds(&gathered.0, b"canary region") && holds(&gathered.0, b"canary alarm"), "answers were kept");
    check("an answer of the API", &gathered.0, &secrets);
    // What is asked for on purpose is given: the marks would be found.
    let revealed = root.post(&format!("/devices/{device}/file/reveal"), &Value::Null).await.to_string();
    assert!(revealed.contains(SIP_LATER) && revealed.contains(WEB[2]), "{revealed}");
    let csv = root.get("/csv/export?with_passwords=true").await;
    assert!(csv.text().contains(SIP_LATER) && csv.text().contains(CSV), "{}", csv.text());

    check_disk(&world, &secrets).await;
    world.stop().await;
    let log = std::mem::take(&mut *LOG.lock().unwrap());
    for word in ["DEBUG", "CreateUser", "phone request"] {
        assert!(holds(&log, word.as_bytes()), "{word} was logged");
    }
    check("the log", &log, &secrets);
}
