//! Devices over the REST API, end to end, with phones that are simulated.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, api::Client, mac, phone, token_in};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::{Value, json};

fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

fn macs(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["mac"].as_str().unwrap()).collect()
}

/// A region whose phones wait, with that many of them.
async fn waiting(world: &World, count: u32) -> (String, Vec<Phone>) {
    let region = world.careful_region("Berlin").await;
    let mut phones = Vec::new();
    for index in 1..=count {
        let mut one = Phone::new(phone(index, Kind::Generic));
        one.boot(&world.region_url(&region)).await.unwrap();
        phones.push(one);
    }
    (region.id.to_string(), phones)
}

async fn device_of(root: &Client<'_>, phone: &Phone) -> Value {
    root.read(&format!("/devices?q=mac:{}", mac(phone))).await["items"][0].clone()
}

/// APR-19 to APR-23, AMB-23, AMB-25, AMB-27: one phone is approved for a person by name, new or there
/// already.
#[tokio::test]
async fn apr_20_a_phone_is_approved_for_a_person() {
    let world = World::administered().await;
    let root = world.root().await;
    let (region, phones) = waiting(&world, 3).await;
    let people = [
        json!({ "name": "maria", "display_name": "Maria M", "password": "s3cret-word" }),
        json!({ "name": "MARIA", "password": "another" }),
        json!({ "name": "genesys" }),
    ];
    for (phone, person) in phones.iter().zip(&people) {
        let device = device_of(&root, phone).await;
        assert_eq!((&device["admission"], &device["user"]), (&json!("pending"), &Value::Null), "APR-18");
        let body = json!({ "region": region, "person": person });
        let approved = root.post(&format!("/devices/{}/approve", id(&device)), &body).await;
        assert_eq!(approved["admission"], "enrolled");
        assert_eq!(approved["vlan"]["mode"], "cdp_lldp", "AMB-25");
        assert_eq!(approved["file"]["stale"], false, "APR-11");
        let again = root.post(&format!("/devices/{}/approve", id(&device)), &body).await;
        assert_eq!(again["revision"], approved["revision"], "APR-28");
    }
    let users = root.read("/users").await;
    assert_eq!(users["items"].as_array().unwrap().len(), 2, "AMB-27: {users}");
    let maria = &users["items"].as_array().unwrap()[1];
    assert_eq!((&maria["name"], &maria["devices"]), (&json!("maria"), &json!(2)));
    assert_eq!(macs(&root.read("/devices?shared=true").await).len(), 2, "DEV-11");
    let first = device_of(&root, &phones[0]).await;
    let shown = root.read(&format!("/devices/{}/file", id(&first))).await.to_string();
    assert!(!shown.contains("s3cret-word") && shown.contains("********"), "{shown}");
    assert!(shown.contains("/t/********"), "the token is a secret, too");
    world.stop().await;
}

/// APR-07 to APR-09, AMB-28, MDV-02, MDV-08: many at once, with a word about each.
#[tokio::test]
async fn amb_28_many_are_approved_at_once() {
    let world = World::administered().await;
    let root = world.root().await;
    let (region, phones) = waiting(&world, 3).await;
    let devices = root.read("/devices?approved=false").await;
    let ids: Vec<String> = devices["items"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids.len(), 3, "DEV-10");
    let absent = "01890a5d-ac96-774b-bcce-b302099a8057";
    let body = json!({ "ids": [ids[0], absent], "region": region, "vlan": { "mode": "manual", "id": 7 } });
    let report = root.post("/devices/approve", &body).await;
    assert_eq!((&report["done"], &report["failed"]), (&json!(1), &json!(1)), "{report}");
    let all = json!({ "filter": { "q": "status:registered status:offline" }, "region": region });
    let report = root.post("/devices/approve", &all).await;
    assert_eq!((&report["done"], &report["skipped"]), (&json!(2), &json!(1)), "{report}");
    assert!(macs(&root.read("/devices?approved=false").await).is_empty());
    assert_eq!(
        root.read(&format!("/devices/{}", ids[0])).await["vlan"],
        json!({ "mode": "manual", "id": 7, "priority": null })
    );
    let report = root.post("/devices/generate", &json!({ "filter": {} })).await;
    assert_eq!(report["failed"], 0, "{report}");
    let south = id(&root.post("/regions", &json!({ "name": "South" })).await);
    let report = root.post("/devices/region", &json!({ "ids": ids, "region": south })).await;
    assert_eq!(report["done"], 3, "DEV-28: {report}");
    let report = root.post("/devices/delete", &json!({ "ids": ids })).await;
    assert_eq!(report["done"], 3);
    assert!(macs(&root.read("/devices").await).is_empty());
    assert_eq!(root.send("POST", "/devices/delete", &json!({})).await.status, 422, "nothing is not all");
    drop(phones);
    world.stop().await;
}

/// DEV-03 to DEV-14, DEV-23, DEV-24, DEV-43, AMB-53: filtered, searched, sorted, page by page.
#[tokio::test]
async fn dev_14_devices_are_filtered_and_sorted() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = id(&root.post("/regions", &json!({ "name": "Berlin Mitte" })).await);
    for (number, name) in [(1, "zoe"), (2, "maria"), (3, "bert")] {
        let user = id(&root.post("/users", &json!({ "name": name, "region": region })).await);
        let model = if number == 3 { "440HD" } else { "430HD" };
        let mac = format!("00908f00000{number}");
        root.post("/devices", &json!({ "mac": mac, "model": model, "user": user, "display_name": name }))
            .await;
    }
    let list = async |query: &str| -> Vec<String> {
        let page = root.read(&format!("/devices?{query}")).await;
        macs(&page).iter().map(|mac| mac[11..].to_owned()).collect()
    };
    assert_eq!(list("").await, ["1", "2", "3"]);
    assert_eq!(list("sort=user").await, ["3", "2", "1"]);
    assert_eq!(list("sort=-display_name").await, ["1", "2", "3"]);
    assert_eq!(list("sort=-model").await[0], "3");
    for sort in ["mac", "user", "display_name", "region", "model", "last_seen", "status", "created"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = root.read(&format!("/devices?sort={sort}&limit=1{after}")).await;
            seen.extend(macs(&page).iter().map(|mac| (*mac).to_owned()));
            let Some(next) = page.get("next") else { break };
            after = format!("&after={}", next.as_str().unwrap().replace(' ', "%20"));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3, "DEV-43: {sort}");
    }
    assert_eq!(list("q=user:MAR").await, ["2"]);
    assert_eq!(list("q=mac:00-90-8F-00-00-03").await, ["3"]);
    assert_eq!(list("q=model:440").await, ["3"]);
    assert_eq!(list("q=region:%22berlin%20mitte%22%20bert").await, ["3"]);
    assert_eq!(list("model=430HD&q=zoe").await, ["1"]);
    assert_eq!(list("status=registered").await, [""; 0]);
    assert_eq!(list("approved=true&admission=expected&owned=true").await.len(), 3);
    let wrong = root.get("/devices?q=status:asleep").await;
    assert_eq!((wrong.status, wrong.json()["pointer"].as_str()), (422, Some("q")));
    assert!(wrong.text().contains("status:asleep"), "{}", wrong.text());
    world.stop().await;
}

/// USR-20, MDV-09, MDV-11, MDV-12, PLH-31: what is edited makes the file stale until it is generated;
/// what operators may not is refused; files go back.
#[tokio::test]
async fn usr_20_a_device_is_edited_and_published() {
    let world = World::administered().await;
    let root = world.root().await;
    let (region, phones) = waiting(&world, 1).await;
    let device = id(&device_of(&root, &phones[0]).await);
    let path = format!("/devices/{device}");
    let body = json!({ "region": region, "person": { "name": "maria", "password": "s3cret-word" } });
    root.post(&format!("{path}/approve"), &body).await;
    let edited = root.patch(&path, &json!({ "display_name": "Desk 7", "language": "German" })).await;
    assert_eq!((&edited["display_name"], &edited["file"]["stale"]), (&json!("Desk 7"), &json!(true)));
    let report = root.post("/devices/generate", &json!({ "ids": [device] })).await;
    assert_eq!(report["done"], 1, "{report}");
    assert_eq!(root.read(&path).await["file"]["stale"], false);
    assert!(root.read(&format!("{path}/file")).await["text"].as_str().unwrap().contains("Desk 7"));
    let history = root.read(&format!("{path}/files")).await;
    assert_eq!(history["items"].as_array().unwrap().len(), 2, "{history}");
    root.send("POST", &format!("{path}/revert"), &json!({ "number": 1 })).await;
    assert!(!root.read(&format!("{path}/file")).await["text"].as_str().unwrap().contains("Desk 7"));
    assert_eq!(root.send("POST", &format!("{path}/revert"), &json!({ "number": 9 })).await.status, 404);

    let nora = root.account("nora", "operator", json!({ "only": [region] })).await;
    let set = async |who: &Client<'_>, name: &str, value: &str| {
        let body = json!({ "value": value });
        who.knowing(&path).await.send("PUT", &format!("{path}/placeholders/{name}"), &body).await.status
    };
    assert_eq!(set(&nora, "IPPhonePassword", "1234").await, 403, "A12");
    assert_eq!(set(&root, "IPPhonePassword", "98765-secret").await, 200);
    let stale = nora.knowing(&path).await;
    assert_eq!(set(&nora, "MyOwn", "x").await, 200);
    assert_eq!(set(&nora, "mac", "x").await, 422);
    let own = format!("{path}/placeholders/MyOwn");
    for method in ["PUT", "DELETE"] {
        let body = if method == "PUT" { json!({ "value": "late" }) } else { Value::Null };
        assert_eq!(nora.send(method, &own, &body).await.status, 428, "C38");
        let late = stale.send(method, &own, &body).await;
        assert_eq!((late.status, &late.json()["current"]["values"][0]["value"]), (412, &json!("x")), "C38");
    }
    let placeholders = root.read(&format!("{path}/placeholders")).await.to_string();
    assert!(placeholders.contains("MyOwn") && !placeholders.contains("98765-secret"), "{placeholders}");
    let cleared = nora.knowing(&path).await.send("DELETE", &own, &Value::Null).await;
    assert_eq!((cleared.status, cleared.json()), (200, json!({ "name": "MyOwn", "values": [] })));
    assert_eq!(cleared.header("etag"), root.get(&path).await.header("etag"));
    assert!(!root.read(&format!("{path}/placeholders")).await.to_string().contains("MyOwn"));
    let tag = nora.get(&path).await.header("etag").unwrap().to_owned();
    let edit = nora.clone().header("if-match", &tag);
    assert_eq!(edit.send("PATCH", &path, &json!({ "lines": ["a=1"] })).await.status, 403, "A12");
    let disabled = root.patch(&path, &json!({ "enabled": false })).await;
    assert_eq!(disabled["admission"], "disabled");
    assert_eq!(root.patch(&path, &json!({ "enabled": true })).await["admission"], "enrolled");
    world.stop().await;
}

/// A former file goes back only to the phone that it was made for: not with the password of a former
/// user, and not with a token that the phone has no more.
#[tokio::test]
async fn a_former_file_of_another_user_or_token_is_refused() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.careful_region("Berlin").await;
    let mut desk = Phone::new(phone(1, Kind::Generic));
    desk.boot(&world.region_url(&region)).await.unwrap();
    let device = id(&device_of(&root, &desk).await);
    let path = format!("/devices/{device}");
    let maria = json!({ "name": "maria", "password": "s3cret-word" });
    root.post(&format!("{path}/approve"), &json!({ "region": region.id, "person": maria })).await;
    let user = json!({ "name": "zoe", "region": region.id, "password": "of-zoe-alone" });
    let zoe = id(&root.post("/users", &user).await);
    root.patch(&path, &json!({ "user": zoe })).await;
    assert_eq!(root.post("/devices/generate", &json!({ "ids": [device] })).await["done"], 1);
    let revert =
        async |number: u32| root.send("POST", &format!("{path}/revert"), &json!({ "number": number })).await;
    let file = async || root.read(&format!("{path}/file")).await["text"].as_str().unwrap().to_owned();
    let refused = revert(1).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("another user"), "{}", refused.text());
    assert!(file().await.contains("zoe") && !file().await.contains("maria"));

    let mut reset = Phone::new(phone(1, Kind::Generic));
    reset.boot(&world.region_url(&region)).await.unwrap();
    root.post(&format!("{path}/approve"), &json!({ "region": region.id })).await;
    assert_ne!(
        root.read(&format!("{path}/files")).await["items"][0]["number"],
        2,
        "a file with the new token"
    );
    let refused = revert(2).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("token"), "{}", refused.text());
    world.stop().await;
}

/// Secrets leave only by the endpoint that reveals them, with the right, and it is noted; each line is
/// explained without them.
#[tokio::test]
async fn secrets_are_revealed_with_the_right_alone() {
    let world = World::administered().await;
    let root = world.root().await;
    let (region, phones) = waiting(&world, 1).await;
    let device = id(&device_of(&root, &phones[0]).await);
    let path = format!("/devices/{device}");
    let body = json!({ "region": region, "person": { "name": "maria", "password": "s3cret-word" } });
    root.post(&format!("{path}/approve"), &body).await;
    let explained = root.read(&format!("{path}/explain")).await;
    let lines = explained["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["carries_token"] == true));
    let named = lines.iter().find(|line| line["text"].as_str().unwrap().contains("maria")).unwrap();
    assert_eq!(named["placeholders"][0]["values"][0]["origin"], "device", "{named}");
    assert!(!explained.to_string().contains("s3cret-word"));
    let nora = root.account("nora", "operator", json!({ "only": [region] })).await;
    let refused = nora.send("POST", &format!("{path}/file/reveal"), &Value::Null).await;
    assert_eq!(refused.status, 403);
    let seer = root
        .post("/operators", &json!({ "name": "sibyl", "level": "operator", "regions": { "only": [region] }, "reveal_secrets": true }))
        .await;
    let given = seer["password"].as_str().unwrap();
    let seer = Client::log_in(&world, "sibyl", given).await.choose_password(given).await;
    let revealed = seer.post(&format!("{path}/file/reveal"), &Value::Null).await;
    let text = revealed["text"].as_str().unwrap();
    assert!(text.contains("s3cret-word") && token_in(text).is_some(), "{text}");
    let audit = root.read("/audit?action=device.reveal").await;
    assert_eq!(audit["items"][0]["actor"], "sibyl");
    assert!(!root.read("/audit?limit=500").await.to_string().contains("s3cret-word"));
    world.stop().await;
}

/// SEC-13, APR-29, DEV-12: what may not be seen is absent in lists, bulk actions and by its id;
/// monitoring changes nothing.
#[tokio::test]
async fn apr_29_monitoring_and_invisible_devices() {
    let world = World::administered().await;
    let root = world.root().await;
    let (region, phones) = waiting(&world, 1).await;
    let south = id(&root.post("/regions", &json!({ "name": "South" })).await);
    let device = id(&device_of(&root, &phones[0]).await);
    let (mona, sam) = (
        root.account("mona", "monitoring", json!({ "only": [region] })).await,
        root.account("sam", "operator", json!({ "only": [south] })).await,
    );
    let body = json!({ "region": region });
    assert_eq!(mona.send("POST", &format!("/devices/{device}/approve"), &body).await.status, 403);
    assert_eq!(
        mona.send("POST", "/devices/approve", &json!({ "ids": [device], "region": region })).await.status,
        403
    );
    assert_eq!(mona.get(&format!("/devices/{device}")).await.status, 200);
    let absent = sam.get("/devices/01890a5d-ac96-774b-bcce-b302099a8057").await;
    for tail in ["", "/file", "/files", "/explain", "/placeholders"] {
        let hidden = sam.get(&format!("/devices/{device}{tail}")).await;
        assert_eq!((hidden.status, hidden.timeless()), (404, absent.timeless()), "{tail}");
    }
    assert!(macs(&sam.read("/devices").await).is_empty());
    assert!(macs(&sam.read(&format!("/devices?region={region}")).await).is_empty());
    let report = sam.post("/devices/delete", &json!({ "ids": [device] })).await;
    assert_eq!((&report["failed"], &report["items"][0]["mac"]), (&json!(1), &Value::Null), "{report}");
    let report = sam.post("/devices/delete", &json!({ "filter": {} })).await;
    assert_eq!(report["items"], json!([]));
    assert_eq!(root.get(&format!("/devices/{device}")).await.status, 200);
    world.stop().await;
}
