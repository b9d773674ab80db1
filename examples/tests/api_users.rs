//! Phone users over the REST API, end to end.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, api::Client, phone};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::{Value, json};

fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

async fn region(root: &Client<'_>, name: &str) -> String {
    id(&root.post("/regions", &json!({ "name": name })).await)
}

async fn user(root: &Client<'_>, name: &str, region: &str) -> String {
    id(&root.post("/users", &json!({ "name": name, "region": region, "password": "s3cret" })).await)
}

async fn device(root: &Client<'_>, mac: &str, user: &str) -> String {
    id(&root.post("/devices", &json!({ "mac": mac, "model": "430HD", "user": user })).await)
}

/// USR-05, USR-08, USR-09, USR-28, USR-32, USR-33: made, listed, searched, sorted, page by page; the
/// password is never told.
#[tokio::test]
async fn usr_09_users_are_made_and_listed() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    for (name, shown, region) in
        [("maria", "Maria Ärmel", &south), ("97239764713", "", &north), ("Bert", "Bert B", &north)]
    {
        root.post("/users", &json!({ "name": name, "display_name": shown, "region": region })).await;
    }
    let secret = root
        .send("POST", "/users", &json!({ "name": "zoe", "region": south, "password": "s3cret-word" }))
        .await;
    assert_eq!(secret.status, 201);
    assert_eq!(secret.json()["has_password"], true);
    let taken = root.send("POST", "/users", &json!({ "name": "MARIA", "region": north })).await;
    assert_eq!(taken.status, 409);
    assert_eq!(names(&root.read("/users").await), ["97239764713", "Bert", "maria", "zoe"]);
    assert_eq!(names(&root.read("/users?sort=-name&limit=2").await), ["zoe", "maria"]);
    assert_eq!(names(&root.read("/users?q=ert%20B").await), ["Bert"]);
    assert_eq!(names(&root.read(&format!("/users?region={north}")).await), ["97239764713", "Bert"]);
    assert_eq!(names(&root.read("/users?sort=region").await)[2..], ["maria", "zoe"]);
    let first = root.read("/users?limit=3&sort=display_name").await;
    let next = first["next"].as_str().unwrap().replace('%', "%25").replace(' ', "%20");
    let rest = root.read(&format!("/users?limit=3&sort=display_name&after={next}")).await;
    assert_eq!(names(&first).len() + names(&rest).len(), 4, "{first} {rest}");
    assert_eq!(root.get("/users?sort=colour").await.status, 400);
    let everything = format!("{} {}", root.read("/users").await, root.read("/audit?limit=500").await);
    assert!(!everything.contains("s3cret-word"));
    world.stop().await;
}

/// USR-18, AMB-103: another region takes all devices of the user along; C38: an edit names its version.
#[tokio::test]
async fn amb_103_devices_follow_their_user() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let maria = user(&root, "maria", &north).await;
    let one = device(&root, "00908f000001", &maria).await;
    let two = device(&root, "00:90:8f:00:00:02", &maria).await;
    let path = format!("/users/{maria}");
    assert_eq!(root.send("PATCH", &path, &json!({ "display_name": "x" })).await.status, 428);
    let moved = root.patch(&path, &json!({ "region": south, "password": null })).await;
    assert_eq!((&moved["region"], &moved["has_password"]), (&json!(south), &json!(false)));
    for device in [&one, &two] {
        assert_eq!(root.read(&format!("/devices/{device}")).await["region"], json!(south));
    }
    // The region of a device is that of its user: the other way about, too.
    root.patch(&format!("/devices/{one}"), &json!({ "region": north })).await;
    assert_eq!(root.read(&path).await["region"], json!(north));
    assert_eq!(root.read(&format!("/devices/{two}")).await["region"], json!(north));
    assert_eq!(root.read("/users").await["items"][0]["devices"], 2);
    world.stop().await;
}

/// USR-22: a user with devices stays unless they are to go too.
#[tokio::test]
async fn usr_22_a_user_is_deleted_with_its_devices() {
    let world = World::administered().await;
    let root = world.root().await;
    let north = region(&root, "North").await;
    let maria = user(&root, "maria", &north).await;
    let phone = device(&root, "00908f000001", &maria).await;
    let refused = root.send("DELETE", &format!("/users/{maria}"), &Value::Null).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    root.delete(&format!("/users/{maria}?devices=true")).await;
    assert_eq!(root.get(&format!("/users/{maria}")).await.status, 404);
    assert_eq!(root.get(&format!("/devices/{phone}")).await.status, 404);
    world.stop().await;
}

/// SEC-11 to SEC-15, MUL-24: an operator moves nobody out of or into what it does not see; monitoring
/// changes nothing; what is invisible is absent.
#[tokio::test]
async fn sec_11_operators_stay_in_their_regions() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let (maria, zoe) = (user(&root, "maria", &north).await, user(&root, "zoe", &south).await);
    let nora = root.account("nora", "operator", json!({ "only": [north] })).await;
    let mona = root.account("mona", "monitoring", json!({ "only": [north] })).await;
    assert_eq!(names(&nora.read("/users").await), ["maria"]);
    assert_eq!(names(&nora.read(&format!("/users?region={south}")).await), [""; 0]);
    let hidden = nora.get(&format!("/users/{zoe}")).await;
    let absent = nora.get("/users/01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert_eq!((hidden.status, hidden.timeless()), (404, absent.timeless()));
    nora.patch(&format!("/users/{maria}"), &json!({ "display_name": "M" })).await;
    let tag = nora.get(&format!("/users/{maria}")).await.header("etag").unwrap().to_owned();
    let away = nora.clone().header("if-match", &tag);
    assert_eq!(away.send("PATCH", &format!("/users/{maria}"), &json!({ "region": south })).await.status, 404);
    assert_eq!(nora.send("POST", "/users", &json!({ "name": "x", "region": south })).await.status, 404);
    assert_eq!(nora.send("POST", "/users", &json!({ "name": "system", "region": north })).await.status, 403);
    assert_eq!(mona.send("POST", "/users", &json!({ "name": "x", "region": north })).await.status, 403);
    assert_eq!(mona.send("DELETE", &format!("/users/{maria}"), &Value::Null).await.status, 403);
    assert_eq!(mona.get(&format!("/users/{maria}")).await.status, 200);
    world.stop().await;
}

/// SYU-01: the account that announces phones follows the user of its name.
#[tokio::test]
async fn syu_01_the_account_system_is_kept_in_step() {
    let world = World::administered().await;
    let root = world.root().await;
    let north = region(&root, "North").await;
    let there = || world.app().settings().value.announcer.is_some();
    let system = user(&root, "system", &north).await;
    assert!(there());
    root.patch(&format!("/users/{system}"), &json!({ "name": "former" })).await;
    assert!(!there());
    root.patch(&format!("/users/{system}"), &json!({ "name": "System" })).await;
    assert!(there());
    root.delete(&format!("/users/{system}")).await;
    assert!(!there());
    world.stop().await;
}

/// MUL-02, MUL-06, MUL-08 to MUL-11, MUL-16, AMB-19: one action for many users, each by itself; passwords
/// are random or the same, and reach phones when files are generated.
#[tokio::test]
async fn mul_09_many_users_at_once() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    let mut ids = Vec::new();
    for number in 1..=3_u32 {
        let user = world.user(&format!("user{number}"), &north, Some("the former one")).await;
        world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
        ids.push(user.id.to_string());
    }
    let print = async |name: &str| world.user_called(name).await.unwrap().password.unwrap().print;
    let before = print("user1").await;
    let absent = "01890a5d-ac96-774b-bcce-b302099a8057";
    let report = root.post("/users/passwords", &json!({ "ids": [ids[0], ids[1], ids[0], absent] })).await;
    assert_eq!((&report["done"], &report["failed"]), (&json!(2), &json!(1)), "{report}");
    assert_eq!(report["items"][0]["name"], "user1");
    let (first, second) = (print("user1").await, print("user2").await);
    assert!(first != before && second != before && first != second, "MUL-09");
    assert_eq!(print("user3").await, before);
    let same = json!({ "filter": { "region": [north.id] }, "password": "one for all" });
    assert_eq!(root.post("/users/passwords", &same).await["done"], 3);
    assert_eq!(print("user1").await, print("user3").await, "MUL-10");
    let broken = json!({ "ids": ids, "password": "a\nb" });
    let refused = root.send("POST", "/users/passwords", &broken).await;
    assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password")));
    assert!(!refused.text().contains("one for all"));

    let generated = root.post("/users/generate", &json!({ "filter": { "q": "user" } })).await;
    assert_eq!(generated["items"].as_array().unwrap().len(), 3, "MUL-16: {generated}");

    let sam = root.account("sam", "operator", json!({ "only": [south.id] })).await;
    let hidden = sam.post("/users/delete", &json!({ "filter": {} })).await;
    assert_eq!(hidden["items"], json!([]), "{hidden}");
    let refused = sam.post("/users/region", &json!({ "ids": [ids[0]], "region": south.id })).await;
    assert_eq!((&refused["failed"], &refused["items"][0]["name"]), (&json!(1), &Value::Null), "{refused}");
    let moved = root.post("/users/region", &json!({ "ids": [ids[0], ids[1]], "region": south.id })).await;
    assert_eq!(moved["done"], 2, "MUL-08");
    let moved = root.post("/users/region", &json!({ "filter": {}, "region": south.id })).await;
    assert_eq!((&moved["done"], &moved["skipped"]), (&json!(1), &json!(2)), "{moved}");
    assert!(world.devices().await.iter().all(|record| record.device.value.region == Some(south.id)));

    let none = root.send("POST", "/users/delete", &json!({})).await;
    assert_eq!(none.status, 422, "nobody is deleted who was not meant");
    assert_eq!(sam.post("/users/delete", &json!({ "filter": {} })).await["done"], 3);
    assert!(world.users().await.is_empty() && world.devices().await.is_empty(), "AMB-19");
    world.stop().await;
}
