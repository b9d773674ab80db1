//! The program as people start it: its output, its exit codes, its messages.

mod common;

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Command,
};

use common::{
    program::{Serving, configuration, err, out, run},
    wire::Request,
};

/// ZT-01: the demonstration ends by itself when all phones are registered, with code 0; for
/// programs, the first line of its output is one JSON object with all addresses.
#[test]
fn zt_01_the_demonstration_registers_all_phones_and_says_so() {
    let output = run(&["demo", "--phones", "6", "--until-registered", "--json"]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", err(&output));
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let object = first.as_object().unwrap();
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    assert_eq!(keys, ["admin", "api", "console", "data_dir", "files", "password", "phones", "phones_tls"]);
    for (key, scheme) in [("files", "http://127."), ("phones", "http://127."), ("phones_tls", "https://127.")]
    {
        assert!(object[key].as_str().unwrap().starts_with(scheme), "{key}: {first}");
    }
    assert!(!Path::new(object["data_dir"].as_str().unwrap()).exists(), "its data is gone");
    for region in ["Berlin", "Hong Kong", "Zürich"] {
        let row = text.lines().find(|line| line.starts_with(region)).unwrap();
        let numbers: Vec<&str> = row.split_whitespace().rev().skip(1).take(3).collect();
        assert_eq!(numbers, ["2", "2", "2"], "{row}");
    }
    assert!(text.contains("files published: 6, out of date: 0"), "{text}");
}

/// The demonstration fails where not all phones get there.
#[test]
fn the_demonstration_fails_where_phones_do_not_register() {
    let output = run(&["demo", "--phones", "6", "--until-registered", "--within", "0"]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    assert!(out(&output).contains("not registered: 00908f00000"), "{}", out(&output));
}

/// A wrong configuration is refused with the file, the line and the key.
#[test]
fn a_wrong_configuration_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for (more, words) in [
        ("[prots]\n", ["line 9", "prots"]),
        ("[tls]\ncertificate = 1\nkey = \"x\"\n", ["line 10", "certificate"]),
        ("[ports]\nweb = { port = 99999, tls = false }\n", ["line 5", "99999"]),
        ("[ports]\nweb = { port = 80 }\n", ["line 5", "tls"]),
        ("data = \"x\"\n", ["line 9", "data"]),
    ] {
        let file = configuration(folder.path(), more);
        let output = run(&["serve", "--config", file.to_str().unwrap()]);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(file.to_str().unwrap()), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    }
    let missing = folder.path().join("nowhere.toml");
    let output = run(&["serve", "--config", missing.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("nowhere.toml") && err(&output).contains("No such file"),
        "{}",
        err(&output)
    );
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

/// PRT-09: a port that is taken is named, with what to do; no other listener stays open.
#[test]
fn prt_09_a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let ports = format!(
        "[ports]\nweb = {{ port = 0, tls = false }}\nreports = {{ port = {}, tls = false }}\n",
        address.port()
    );
    let closed = "web_tls = { port = 0, tls = true, enabled = false }\nreports_tls = { port = 0, tls = true, enabled = false }\n";
    let file = configuration(folder.path(), &format!("{ports}{closed}"));
    let output = run(&["serve", "--config", file.to_str().unwrap()]);
    let said = err(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    assert!(said.contains("another program listens there; stop it or choose another port"), "{said}");
    assert_eq!(out(&output), "", "no listener is announced");
}

/// PRT-05, PRT-09: at start every listener that is open is listed with port, protocol, direction and
/// purpose, and those that are closed are not.
#[tokio::test]
async fn prt_09_the_start_lists_every_open_listener() {
    let folder = tempfile::tempdir().unwrap();
    let all = configuration(folder.path(), "");
    let serving = Serving::start(&all, 5);
    let rows: Vec<Vec<&str>> = serving.printed.iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["listener", "proto", "direction", "for"]);
    let about: Vec<String> = rows[1..].iter().map(|row| row[1..].join(" ")).collect();
    assert_eq!(
        about,
        [
            "HTTP inbound files for phones: configuration and firmware",
            "HTTPS inbound console, REST API, and files for phones",
            "HTTP inbound reports from phones: status and alarms",
            "HTTPS inbound reports from phones: status and alarms",
        ]
    );
    for plain in [1, 3] {
        let at = rows[plain][0].parse().unwrap();
        assert_eq!(Request::get("/nothing").send(at).await.status, 404, "what is listed is open");
    }
    drop(serving);
    let closed = "[ports]\nweb = { port = 0, tls = false }\nweb_tls = { port = 0, tls = true, enabled = false }\n\
                  reports = { port = 0, tls = false, enabled = false }\nreports_tls = { port = 0, tls = false }\n";
    let some = Serving::start(&configuration(folder.path(), closed), 3);
    let protocols: Vec<&str> =
        some.printed[1..].iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(protocols, ["HTTP", "HTTP"], "8081 may speak plain HTTP");
}

/// TPL-40: importing into a region that is not there names those that are; with the flag it is made.
#[test]
fn tpl_40_the_import_command_names_the_regions() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "");
    let config = config.to_str().unwrap();
    let file = format!("{}/tests/fixtures/Workshop_430HD_GENERIC.template.xml", env!("CARGO_MANIFEST_DIR"));
    let import = |region: &str, more: &[&str]| {
        let mut arguments = vec!["template", "import", &file, "--region", region, "--config", config];
        arguments.extend_from_slice(more);
        run(&arguments)
    };
    let early = import("Berlin", &["--create-region"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(err(&early).contains("start it once with `ipp-server serve`"), "{}", err(&early));
    drop(Serving::start(Path::new(config), 5));
    let none = import("Berlin", &[]);
    assert_eq!(none.status.code(), Some(1));
    assert!(
        err(&none).contains("there is no region `Berlin`; there are: none. Add --create-region"),
        "{}",
        err(&none)
    );
    for region in ["Berlin", "Hong Kong"] {
        let name = format!("Ours for {region}");
        let made = import(region, &["--create-region", "--name", &name]);
        assert_eq!(made.status.code(), Some(0), "{}", err(&made));
        assert_eq!(out(&made), format!("imported `{name}` as the default of 430HD in {region}\n"));
    }
    let other = import("Paris", &[]);
    assert_eq!(other.status.code(), Some(1));
    assert!(
        err(&other).contains("there are: ")
            && err(&other).contains("Berlin")
            && err(&other).contains("Hong Kong"),
        "{}",
        err(&other)
    );

    let broken = folder.path().join("broken.xml");
    std::fs::write(&broken, "<ipphonetamplate>\n<type>\n").unwrap();
    let refused =
        run(&["template", "import", broken.to_str().unwrap(), "--region", "Berlin", "--config", config]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("broken.xml: line 3, column 1: "), "{}", err(&refused));
}

/// A server that is asked to end does so in order, with code 0.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the signal of a service manager, as a service manager sends it"
)]
fn a_server_that_is_asked_to_end_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(&configuration(folder.path(), ""), 5);
    let asked = Command::new("kill").args(["-TERM", &serving.child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

/// LGN-02, C37: the first start tells a password once; whoever has the server's files gets another;
/// and the log of all that is whole.
#[test]
fn lgn_02_the_first_password_is_told_once_and_can_be_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "");
    let config = config.to_str().unwrap();
    let first = Serving::start(Path::new(config), 6);
    let told = first.printed.iter().find(|line| line.contains("acladmin")).unwrap();
    assert!(told.contains("shown this once"), "{told}");
    let password = told.split_whitespace().nth(7).unwrap().trim_end_matches(',').to_owned();
    assert_eq!(password.len(), 22, "{told}");
    drop(first);
    let second = Serving::start(Path::new(config), 5);
    assert!(second.printed.iter().all(|line| !line.contains(&password)));
    drop(second);

    let recovered = run(&["admin", "recover", "acladmin", "--config", config]);
    assert!(recovered.status.success(), "{}", err(&recovered));
    assert!(out(&recovered).starts_with("acladmin logs in with ") && !out(&recovered).contains(&password));
    let unknown = run(&["admin", "recover", "nobody", "--config", config]);
    assert!(!unknown.status.success() && err(&unknown).contains("there is no such administrator"));
    let verified = run(&["audit", "verify", "--config", config]);
    assert!(verified.status.success(), "{}", err(&verified));
    assert!(out(&verified).starts_with("2 entries, each follows from the one before"), "{}", out(&verified));
}
