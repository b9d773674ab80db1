//! Configuration files over the REST API, end to end, with phones that fetch them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{
    World,
    api::Client,
    fetch, last_url, phone, token_in,
    wire::{Answer, Request},
};
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role,
};
use serde_json::{Value, json};

/// A region with an approved phone that has fetched its file; the path of its device.
async fn approved(world: &World, root: &Client<'_>, index: u32) -> (Phone, String, String) {
    let known = world.app().snapshot().catalog.region_called("Berlin").cloned();
    let region = match known {
        Some(region) => region,
        None => world.careful_region("Berlin").await,
    };
    let mut desk = Phone::new(phone(index, Kind::Generic));
    desk.boot(&world.region_url(&region)).await.unwrap();
    let mac = common::mac(&desk);
    let device =
        root.read(&format!("/devices?q=mac:{mac}")).await["items"][0]["id"].as_str().unwrap().to_owned();
    let person = json!({ "name": format!("maria{index}"), "password": "s3cret-word" });
    let body = json!({ "region": region.id, "person": person });
    root.post(&format!("/devices/{device}/approve"), &body).await;
    desk.refresh().await.unwrap();
    (desk, format!("/devices/{device}"), region.id.to_string())
}

async fn put(who: &Client<'_>, path: &str, text: &str) -> Answer {
    who.send_file("PUT", path, "text/plain", text.as_bytes()).await
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// CFG-02, CFG-03, CFG-05, CFG-11, AMB-17, AMB-81: all three kinds are listed, by name, in pages, and
/// what they take is told.
#[tokio::test]
async fn cfg_11_all_kinds_are_listed() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut macs = Vec::new();
    for index in 1..=3 {
        macs.push(format!("{}.cfg", common::mac(&approved(&world, &root, index).await.0)));
    }
    let templates = root.read("/templates").await;
    let ids: Vec<&Value> = templates["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    let ldap = json!({ "active": true, "server_address": "ldap.example.com" });
    root.patch("/settings/ldap", &ldap).await;
    root.send("POST", "/templates/publish", &json!({ "templates": ids })).await;
    let saved = put(&root, "/files/Lobby_directory.cfg", "anything: a phone book\n").await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let all = root.read("/files?limit=500").await;
    let of = |kind: &str| {
        let items = all["items"].as_array().unwrap().iter().filter(|item| item["kind"] == kind);
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("phone"), macs);
    assert_eq!(of("company_directory"), ["ldap_directory.cfg", "Lobby_directory.cfg"]);
    assert!(of("global").iter().any(|name| name.contains("430HD")), "{all}");
    // In pages, the same.
    let (mut paged, mut path) = (Vec::new(), "/files?limit=2".to_owned());
    loop {
        let page = root.read(&path).await;
        paged.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/files?limit=2&after={next}");
    }
    assert_eq!(paged, names(&all));
    for (query, expected) in [
        ("name=DIRECTORY", vec!["ldap_directory.cfg", "Lobby_directory.cfg"]),
        (&format!("name={}", &macs[1][6..]), vec![macs[1].as_str()]),
        ("written=true", vec!["Lobby_directory.cfg"]),
        ("kind=phone&name=.cfg", macs.iter().map(String::as_str).collect()),
        ("name=nothing", vec![]),
    ] {
        assert_eq!(names(&root.read(&format!("/files?{query}")).await), expected, "{query}");
    }
    let storage = root.read("/files/storage").await;
    assert_eq!((&storage["rendered"], &storage["shared"]["files"]), (&json!(3), &json!(1)), "{storage}");
    world.stop().await;
}

/// CFG-06 to CFG-10, C38: a phone's file is edited by hand, is what the phone gets until it is taken
/// away, keeps the phone's token, and tells who wrote it.
#[tokio::test]
async fn cfg_09_a_file_is_edited_by_hand() {
    let world = World::administered().await;
    let root = world.root().await;
    let (mut desk, path, _) = approved(&world, &root, 1).await;
    let file = format!("{path}/file");
    let url = last_url(&desk, &format!("{}.cfg", common::mac(&desk)));
    let shown = root.read(&file).await;
    assert_eq!(shown["written"], Value::Null);
    assert!(!shown["text"].as_str().unwrap().contains("s3cret-word"), "CFG-08");
    let editor = root.knowing(&file).await;
    let masked = put(&editor, &file, shown["text"].as_str().unwrap()).await;
    assert_eq!(masked.status, 422, "{}", masked.text());
    assert!(masked.text().contains("mask") && masked.text().contains("line "), "{}", masked.text());

    let clear = root.post(&format!("{file}/reveal"), &Value::Null).await["text"].as_str().unwrap().to_owned();
    let edited = format!("{clear}voip/audio/tone=by hand\n");
    assert_eq!(put(&root, &file, &edited).await.status, 428);
    let saved = put(&editor, &file, &edited).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.json()["written"]["author"], "acladmin");
    assert_eq!(put(&editor, &file, &edited).await.status, 412, "somebody saved it meanwhile");
    assert_eq!(fetch(&url).await.text(), edited);
    world.app().flush_log().await.unwrap();
    let events = root.read(&format!("{path}/events")).await.to_string();
    assert!(events.contains("fetched the file that was written for it (200)"), "DEV-20: {events}");
    let log = root.read("/logs/activity").await;
    let last = log["items"][0]["text"].as_str().unwrap();
    assert!(last.starts_with("own configuration file fetched (200)"), "LOG-04: {last}");
    let download = root.send("POST", &format!("{file}/download"), &Value::Null).await;
    assert_eq!(download.text(), edited, "CFG-10");
    assert!(download.header("content-disposition").unwrap().contains(".cfg"));
    let seen = root.read(&file).await;
    let text = seen["text"].as_str().unwrap();
    assert!(
        text.contains("by hand") && !text.contains("s3cret-word") && !text.contains(token_in(&url).unwrap()),
        "{text}"
    );

    // Generating goes on behind it.
    root.patch(&path, &json!({ "display_name": "Desk 4711" })).await;
    let device = path.rsplit('/').next().unwrap();
    let preview = root.post("/preview", &json!({})).await;
    assert_eq!((&preview["considered"], &preview["changed"]), (&json!(1), &json!(0)), "{preview}");
    root.post("/devices/generate", &json!({ "ids": [device] })).await;
    assert_eq!(fetch(&url).await.text(), edited);
    root.delete(&file).await;
    let rendered = fetch(&url).await.text().to_owned();
    assert!(rendered.contains("4711") && !rendered.contains("by hand"), "{rendered}");

    // Plain addresses, as in a file of somebody's own, get the phone's token.
    let base = world.url("/configfiles/");
    let editor = root.knowing(&file).await;
    let own = format!("provisioning/configuration/url={base}\nems_server/keep_alive_period=7\n");
    assert_eq!(put(&editor, &file, &own).await.status, 200);
    let served = fetch(&url).await;
    let token = token_in(&url).unwrap();
    assert!(served.text().contains(&format!("/t/{token}/configfiles/")), "{}", served.text());
    let (_, target) = url.split_once("//").unwrap().1.split_once('/').unwrap();
    let again = Request::get(&format!("/{target}")).header("if-none-match", served.header("etag").unwrap());
    assert_eq!(again.send(world.at(Role::Web)).await.status, 304);
    desk.refresh().await.unwrap();

    // CFG-07: both are taken away, one after the other.
    root.delete(&file).await;
    root.delete(&file).await;
    assert_eq!(root.send("DELETE", &file, &Value::Null).await.status, 404);
    assert_eq!(fetch(&url).await.status, 404);
    root.post("/devices/generate", &json!({ "ids": [device] })).await;
    assert_eq!(fetch(&url).await.status, 200);
    let report = root.post("/devices/files/delete", &json!({ "filter": {} })).await;
    assert_eq!((&report["done"], fetch(&url).await.status), (&json!(1), 404), "{report}");
    world.stop().await;
}

/// A12, CFG-16: an operator who may reveal secrets edits by hand, but not whom the phone trusts; a
/// copied file never makes one phone another.
#[tokio::test]
async fn cfg_16_an_operator_does_not_redirect_a_phone() {
    let world = World::administered().await;
    let root = world.root().await;
    let (_, path, region) = approved(&world, &root, 1).await;
    let (_, other, _) = approved(&world, &root, 2).await;
    let made = json!({ "name": "sibyl", "level": "operator", "regions": { "only": [region] }, "reveal_secrets": true });
    let given = root.post("/operators", &made).await["password"].as_str().unwrap().to_owned();
    let sibyl = Client::log_in(&world, "sibyl", &given).await.choose_password(&given).await;
    let nora = root.account("nora", "operator", json!({ "only": [region] })).await;
    let file = format!("{path}/file");
    let clear =
        sibyl.post(&format!("{file}/reveal"), &Value::Null).await["text"].as_str().unwrap().to_owned();
    let sibyl = sibyl.knowing(&file).await;
    assert_eq!(put(&nora.knowing(&file).await, &file, &clear).await.status, 403);
    let redirected =
        clear.replacen("provisioning/configuration/url=", "provisioning/configuration/url=http://evil/;", 1);
    assert_ne!(redirected, clear);
    for text in [
        redirected,
        format!("{clear}security/ca_certificate/0/uri=http://evil/ca.pem\n"),
        format!("{clear}include http://evil/x.cfg\n"),
        "a=1\n".to_owned(),
    ] {
        let refused = put(&sibyl, &file, &text).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.text().contains("trusts"), "{}", refused.text());
    }
    assert_eq!(put(&sibyl, &file, &format!("{clear}voip/audio/tone=1\n")).await.status, 200);
    let editor = root.knowing(&format!("{other}/file")).await;
    let stolen = put(&editor, &format!("{other}/file"), &clear).await;
    assert_eq!(stolen.status, 422);
    assert!(stolen.text().contains("token of another phone"), "{}", stolen.text());
    world.stop().await;
}

/// CFG-06, CFG-09, CFG-17: what phones share is uploaded, edited and deleted; it reaches known phones
/// alone, holds no secret and no way back without a token.
#[tokio::test]
async fn cfg_06_shared_files_are_uploaded() {
    let world = World::administered().await;
    let root = world.root().await;
    let (desk, _, region) = approved(&world, &root, 1).await;
    let url = last_url(&desk, &format!("{}.cfg", common::mac(&desk)));
    let base = url.rsplit_once('/').unwrap().0;
    let path = "/files/extra.cfg";
    let text = "voip/audio/tone=1\r\n; a note\r\n";
    assert_eq!(put(&root, path, text).await.status, 200);
    assert_eq!(fetch(&format!("{base}/extra.cfg")).await.text(), text);
    assert_eq!(fetch(&world.url("/configfiles/extra.cfg")).await.status, 404, "without a token");
    assert_eq!(root.get(&format!("{path}/content")).await.text(), text, "CFG-10");
    assert_eq!(put(&root, path, text).await.status, 428);
    let editor = root.knowing(path).await;
    assert_eq!(put(&editor, path, "voip/audio/tone=2\n").await.status, 200);
    assert_eq!(put(&editor, path, "voip/audio/tone=3\n").await.status, 412);
    assert_eq!(fetch(&format!("{base}/EXTRA.cfg")).await.text(), "voip/audio/tone=2\n");
    root.delete(path).await;
    assert_eq!(fetch(&format!("{base}/extra.cfg")).await.status, 404);

    let mac = common::mac(&desk);
    let back = world.url("/configfiles/");
    for (name, text, word) in [
        ("a.cfg", "system/password=geheim\n", "secret"),
        ("a.cfg", "x={\"AAAA\"}\n", "secret"),
        ("a.cfg", &format!("provisioning/configuration/url={back}\n"), "token"),
        ("a.cfg", "no parameter\n", "line 1"),
        ("a.cfg", "a=1\nb=\u{7}\n", "line 2"),
        ("dhcpoption160.cfg", "a=1\n", "settings"),
        (&format!("{mac}.cfg"), "a=1\n", "phone"),
    ] {
        let refused = put(&root, &format!("/files/{name}"), text).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text());
        assert!(refused.text().contains(word), "{name}: {}", refused.text());
    }
    for name in ["a.txt", "..cfg", "a%2f..%2fb.cfg", ".cfg"] {
        assert_eq!(put(&root, &format!("/files/{name}"), "a=1\n").await.status, 404, "{name}");
    }
    let nora = root.account("nora", "operator", json!({ "only": [region] })).await;
    assert_eq!(put(&nora, path, text).await.status, 403);

    // A template's own file is read by its name, replaced by an uploaded one, and comes back.
    let globals = root.read("/files?kind=global&name=430HD").await;
    let global = names(&globals)[0].to_owned();
    let before = fetch(&format!("{base}/{global}")).await.text().to_owned();
    let shown = root.read(&format!("/files/{global}?region={region}")).await;
    assert_eq!((shown["text"].as_str().unwrap(), &shown["written"]), (before.as_str(), &json!(false)));
    assert_eq!(root.send("DELETE", &format!("/files/{global}"), &Value::Null).await.status, 409);
    assert_eq!(put(&root, &format!("/files/{global}"), "a=1\n").await.status, 200);
    assert_eq!(fetch(&format!("{base}/{global}")).await.text(), "a=1\n");
    root.delete(&format!("/files/{global}")).await;
    assert_eq!(fetch(&format!("{base}/{global}")).await.text(), before);
    world.stop().await;
}
