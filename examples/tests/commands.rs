//! Commands that work on the data of a server, as people and scripts run them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Output, Stdio},
};

use common::{
    World,
    api::Client,
    program::{configuration_of, err, out, program, run, run_beside},
};
use ipp_core::{
    catalog::SharedScope,
    store::{AuditFilter, Order, Page, Store as _},
    template::BUILTIN,
};
use serde_json::json;

const FIXTURE: &str = "tests/fixtures/Workshop_430HD_GENERIC.template.xml";

/// A server that works, and the commands beside it.
struct Beside {
    world: World,
    folder: tempfile::TempDir,
    config: String,
}

impl Beside {
    async fn start() -> Self {
        let world = World::administered().await;
        let folder = tempfile::tempdir().unwrap();
        let config = configuration_of(world.data(), folder.path()).to_str().unwrap().to_owned();
        Self { world, folder, config }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        run_beside(&[arguments, &["--config", &self.config]].concat()).await
    }

    /// The password in what was told.
    async fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{}", err(&output));
        let text = out(&output);
        let told = text.split(" logs in with ").nth(1).unwrap();
        told.split(' ').next().unwrap().to_owned()
    }

    async fn refused(&self, arguments: &[&str], words: &str) {
        let output = self.run(arguments).await;
        assert!(!output.status.success(), "{}", out(&output));
        assert!(err(&output).contains(words), "{words}: {}", err(&output));
    }

    /// Actor, action and subject of the entries that begin so, the oldest first.
    async fn audited(&self, action: &str) -> Vec<(String, String)> {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::all() };
        let found = self.world.app().store().audit(&filter, Order::Ascending, Page::first(50)).await.unwrap();
        found.into_iter().map(|record| (record.entry.actor, record.entry.subject)).collect()
    }
}

/// What logging in answers.
async fn login(world: &World, name: &str, password: &str) -> u16 {
    let body = json!({ "name": name, "password": password });
    Client::anonymous(world).send("POST", "/session", &body).await.status
}

/// LGN-02, SEC-03, SEC-09, SEC-10, A2: an account made by the command logs in once with what was told,
/// and has the level and the regions that were named.
#[tokio::test(flavor = "multi_thread")]
async fn sec_03_an_account_is_made_with_its_level_and_regions() {
    let beside = Beside::start().await;
    let Beside { world, .. } = &beside;
    for name in ["Berlin", "Hong Kong"] {
        world.region(name, |_| {}).await;
    }
    let words = ["admin", "create", "nora", "--level", "operator", "--region", "Berlin"];
    let given = beside.told(&[&words[..], &["--description", "Nachtdienst"]].concat()).await;
    assert_eq!(given.len(), 22);
    let nora = Client::log_in(world, "nora", &given).await;
    assert_eq!(nora.get("/regions").await.status, 403, "the password has to be changed first");
    let nora = nora.choose_password(&given).await;
    let visible = nora.read("/regions").await;
    let names: Vec<_> = visible["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["Berlin"]);
    assert_eq!(nora.send("POST", "/regions", &json!({ "name": "X" })).await.status, 403);

    let given = beside.told(&["admin", "create", "max", "--level", "super-administrator"]).await;
    let max = Client::log_in(world, "max", &given).await.choose_password(&given).await;
    let accounts = max.read("/operators").await;
    let nora = accounts["items"].as_array().unwrap().iter().find(|item| item["name"] == "nora").unwrap();
    assert_eq!((&nora["level"], &nora["description"]), (&json!("operator"), &json!("Nachtdienst")));
    beside
        .told(&["admin", "create", "all", "--level", "monitoring", "--all-regions", "--reveal-secrets"])
        .await;

    beside.refused(&words, "the administrator name `nora` is taken").await;
    let create = |more: &'static [&'static str]| [&["admin", "create", "x"], more].concat();
    beside.refused(&create(&["--level", "king"]), "there are super_administrator, administrator").await;
    beside.refused(&create(&["--level", "operator"]), "needs --region or --all-regions").await;
    let paris = create(&["--level", "operator", "--region", "Paris"]);
    beside.refused(&paris, "there is no region `Paris`; there are: Berlin, Hong Kong").await;
    let all = create(&["--level", "administrator", "--region", "Berlin"]);
    beside.refused(&all, "Administrator has all regions; leave the regions out").await;
    let actors: Vec<_> = beside.audited("operator.create").await;
    let line = |name: &str| ("command line".to_owned(), format!("administrator {name}"));
    assert_eq!(actors[1..], [line("nora"), line("max"), line("all")]);
    beside.world.stop().await;
}

/// Feeds the program's standard input.
fn fed(arguments: &[&str], input: &str) -> Output {
    let mut command = program(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// SEC-22: a password that scripts give comes through standard input, is never told again, and has to
/// be good.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_read_from_standard_input() {
    let beside = Beside::start().await;
    let create = |name: &str, input: &str| {
        let words =
            ["admin", "create", name, "--level", "administrator", "--password", "--config", &beside.config];
        fed(&words, input)
    };
    let made = create("nora", "given by a script\nand no more\n");
    assert!(made.status.success(), "{}", err(&made));
    assert_eq!(out(&made), "nora logs in with the password given and has to change it then\n");
    Client::log_in(&beside.world, "nora", "given by a script").await;
    for (input, words) in [
        ("", "there is no password on standard input"),
        ("short\n", "10 to 128 are allowed"),
        ("i am otto today\n", "contains the user name"),
    ] {
        let refused = create("otto", input);
        assert!(!refused.status.success() && err(&refused).contains(words), "{words}: {}", err(&refused));
    }
    assert_eq!(login(&beside.world, "otto", "short").await, 401);
    beside.world.stop().await;
}

/// On a terminal nothing of a password is shown, and a slip is noticed.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_without_being_shown() {
    let beside = Beside::start().await;
    let create = |name: &str, first: &str, second: &str| {
        let words =
            ["admin", "create", name, "--level", "administrator", "--password", "--config", &beside.config];
        at_terminal(&words, &[("Password: ", first), ("Once more: ", second)])
    };
    let (shown, code) = create("nora", "typed by a person", "typed by a person");
    assert!(
        shown.ends_with(
            "Password: \nOnce more: \nnora logs in with the password given and has to change it then\n"
        ),
        "{shown}"
    );
    assert_eq!(code, Some(0));
    Client::log_in(&beside.world, "nora", "typed by a person").await;
    let (shown, code) = create("otto", "typed by a person", "typed by another");
    assert!(
        shown.contains("the two are not the same; nothing was done") && !shown.contains("typed"),
        "{shown}"
    );
    assert_eq!(code, Some(1));
    beside.world.stop().await;
}

/// What a person sees who types an answer to each prompt.
fn at_terminal(arguments: &[&str], answers: &[(&str, &str)]) -> (String, Option<i32>) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let side = || Stdio::from(fs::OpenOptions::new().read(true).write(true).open(&name).unwrap());
    let mut child = program(arguments).stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
    let mut person = fs::File::from(person);
    let mut shown = String::new();
    let mut bytes = [0; 1_024];
    for (prompt, answer) in answers {
        while !shown.ends_with(prompt) {
            let count = person.read(&mut bytes).unwrap();
            shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        person.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }
    // Reading fails once nobody holds the other side any more.
    while let Ok(count @ 1..) = person.read(&mut bytes) {
        shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    (shown.replace('\r', ""), child.wait().unwrap().code())
}

/// SEC-03, C41: a new password is told once, has to be changed, and ends what the former one opened.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_password_ends_the_sessions() {
    let beside = Beside::start().await;
    let Beside { world, .. } = &beside;
    let root = world.root().await;
    let nora = root.account("nora", "administrator", serde_json::Value::Null).await;
    assert_eq!(nora.get("/regions").await.status, 200);
    let given = beside.told(&["admin", "reset-password", "NORA"]).await;
    assert_eq!(nora.get("/regions").await.status, 401, "the session is over");
    assert_eq!(login(world, "nora", common::api::PASSWORD).await, 401);
    let again = Client::log_in(world, "nora", &given).await;
    assert_eq!(again.get("/regions").await.status, 403, "it has to be changed");
    again.choose_password(&given).await;
    beside.refused(&["admin", "reset-password", "nobody"], "there is no such administrator").await;
    let said = beside.audited("operator.password").await;
    assert!(said.contains(&("command line".to_owned(), "administrator nora".to_owned())), "{said:?}");
    beside.world.stop().await;
}

/// TPL-36, TPL-39: what is exported is the template byte for byte, one or all of them.
#[tokio::test(flavor = "multi_thread")]
async fn tpl_36_templates_are_exported_byte_for_byte() {
    let beside = Beside::start().await;
    beside.world.region("Berlin", |_| {}).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE);
    let bytes = fs::read(&file).unwrap();
    let import = ["template", "import", file.to_str().unwrap(), "--region", "Berlin", "--name", "a/b: c"];
    let imported = beside.run(&import).await;
    assert!(imported.status.success(), "{}", err(&imported));
    let one = beside.run(&["template", "export", "a/b: c"]).await;
    assert_eq!(one.stdout, bytes);
    let to = beside.folder.path().join("all");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("a_b_ c.xml"), b"former").unwrap();
    let all = beside.run(&["template", "export", "--to", to.to_str().unwrap()]).await;
    assert!(all.status.success(), "{}", err(&all));
    let told: Vec<String> = out(&all).lines().map(str::to_owned).collect();
    assert_eq!(told.len(), BUILTIN.len() + 1);
    assert!(told.iter().all(|path| Path::new(path).exists()), "{told:?}");
    assert_eq!(fs::read(to.join("a_b_ c.xml")).unwrap(), bytes);
    for builtin in &BUILTIN {
        let exported = fs::read(to.join(format!("{}.xml", builtin.title))).unwrap();
        assert_eq!(exported, builtin.xml.as_bytes(), "{}", builtin.title);
    }
    beside.refused(&["template", "export", "nothing"], "there is no template `nothing`").await;
    beside.refused(&["template", "export"], "--to <FOLDER>").await;
    beside.world.stop().await;
}

/// TPL-28, PLH-33: faults of template files are told with file and line, in a form that editors and
/// scripts understand; without a server, and with the placeholders of one.
#[tokio::test(flavor = "multi_thread")]
async fn tpl_28_template_files_are_checked() {
    let beside = Beside::start().await;
    let region = beside.world.region("Berlin", |_| {}).await;
    let folder = beside.folder.path();
    let file = |name: &str, private: &str| {
        let path = folder.join(name);
        let text = format!(
            "<?xml version=\"1.0\"?>\n<ipphonetamplate><type>audiocodes_430HD</type>\n\
             <description>T</description>\n<file_config><type>file</type><name>%ITCS_mac%.cfg</name>\n\
             <data><![CDATA[{private}]]></data></file_config>\n</ipphonetamplate>\n"
        );
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = file("good.xml", "a=1\n");
    let own = file("own.xml", "a=1\nb=%ITCS_OfOurs%\n");
    let away = file("away.xml", "a=1\nprovisioning/configuration/url=http://elsewhere.example.com/\n");
    let broken = folder.join("broken.xml").to_str().unwrap().to_owned();
    fs::write(&broken, "<ipphonetamplate>\n<type>\n").unwrap();
    let check = async |files: &[&str]| {
        let output = run_beside(&[&["template", "check"], files].concat()).await;
        (output.status.code(), out(&output), err(&output))
    };
    assert_eq!(check(&[&good]).await, (Some(0), String::new(), String::new()));
    let (code, told, _) = check(&[&away]).await;
    assert_eq!(code, Some(0), "a warning alone is no failure");
    assert!(
        told.starts_with(&format!("{away}:6: warning: provisioning/configuration/url does not lead back")),
        "{told}"
    );
    let (code, told, _) = check(&[&broken, &good, &own]).await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((code, lines.len()), (Some(1), 2), "{told}");
    assert!(lines[0].starts_with(&format!("{broken}:3:1: error: ")), "{told}");
    assert!(lines[1].starts_with(&format!("{own}:6: error: ")) && lines[1].contains("OfOurs"), "{told}");
    let (code, _, said) = check(&[&format!("{good}.none")]).await;
    assert!(code == Some(1) && said.contains("good.xml.none: No such file"), "{said}");

    beside.world.set(SharedScope::Region(region.id), "OfOurs", Some("1")).await;
    let everywhere = beside.run(&["template", "check", &own]).await;
    assert_eq!(everywhere.status.code(), Some(1), "phones without a region have no value");
    let there = beside.run(&["template", "check", &own, "--region", "Berlin"]).await;
    assert_eq!((there.status.code(), out(&there)), (Some(0), String::new()));
    beside.refused(&["template", "check", &own, "--region", "Paris"], "there is no region `Paris`").await;
    beside.world.stop().await;
}

/// Every command tells what it does and takes.
#[test]
fn every_command_has_help() {
    for (words, about) in [
        (&["backup"][..], "Make one file of everything that the server keeps"),
        (&["restore"], "Put what a backup holds into a data folder that has nothing yet"),
        (&["key", "list"], "how many secrets are sealed under each"),
        (&["key", "rotate"], "the server has to be stopped"),
        (&["key", "drop"], "Take a former key out of the key file"),
        (&["admin", "create"], "Make an account"),
        (&["admin", "recover"], "open the account"),
        (&["admin", "reset-password"], "shown once"),
        (&["template", "import"], "Import a template file"),
        (&["template", "export"], "byte for byte"),
        (&["template", "check"], "with file and line"),
    ] {
        let output = run(&[words, &["--help"]].concat());
        let text = out(&output);
        assert!(output.status.success() && text.contains(about), "{words:?}: {text}");
        assert!(text.contains("--config <FILE>") && text.contains("Usage: ipp-server "), "{text}");
    }
}
