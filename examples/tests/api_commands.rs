//! The REST API end to end: how phones take commands.

mod common;

use common::{World, api::Client};
use ipp_http::tls::SelfMade;
use serde_json::{Value, json};

const PATH: &str = "/settings/commands";

async fn put(client: &Client<'_>, body: &Value) -> (u16, Value) {
    let answer = client.knowing(PATH).await.send("PUT", PATH, body).await;
    (answer.status, answer.json())
}

/// What can be put back of what was read.
fn edit(document: &Value) -> Value {
    json!({
        "families": document["families"],
        "proxy_target": document["proxy_target"],
        "proxy_certificates": document["proxy_certificates"],
    })
}

/// API-07 to API-13, C38: how phones take commands is data that administrators see and change; what the
/// product came with says what of it is a guess.
#[tokio::test]
async fn api_07_the_command_table_is_seen_and_changed() {
    let world = World::administered().await;
    let root = world.root().await;
    let fresh = root.read(PATH).await;
    assert_eq!((&fresh["builtin"], fresh["families"].as_array().unwrap().len()), (&json!(true), 1));
    let commands = fresh["families"][0]["commands"].as_object().unwrap();
    assert_eq!(commands.len(), 7);
    let documented: Vec<_> =
        commands.iter().filter(|(_, one)| one["source"] == "documented").map(|(name, _)| name).collect();
    assert_eq!(documented, ["restart_graceful"]);
    assert_eq!(
        (&fresh["proxy_target"]["by"], &fresh["proxy_certificates"]),
        (&json!("absolute_form"), &Value::Null)
    );

    let mut wanted = edit(&fresh);
    let mut cloud = wanted["families"][0].clone();
    cloud["models"] = json!("C4*");
    cloud["delivered"] = json!("keep_alive");
    cloud["element"] = json!("body_text");
    wanted["families"].as_array_mut().unwrap().insert(0, cloud);
    let pem = SelfMade::for_names(["sbc.example.com"], ipp_core::time::Timestamp::from_millis(1)).unwrap();
    wanted["proxy_certificates"] = json!(pem.certificate);
    wanted["proxy_target"] = json!({ "by": "header", "header": "X-Phone", "text": "{ip}" });
    let (status, saved) = put(&root, &wanted).await;
    assert_eq!((status, &saved["builtin"]), (200, &json!(false)), "{saved}");
    assert_eq!(saved["families"], wanted["families"]);
    assert_eq!(saved["proxy_target"], json!({ "by": "header", "header": "x-phone", "text": "{ip}" }));
    assert_eq!(saved["proxy_certificates"], wanted["proxy_certificates"]);
    let audit = root.read("/audit").await.to_string();
    assert!(audit.contains("settings.update") && audit.contains("C4*"), "what was changed is noted");

    let without = root.send("PUT", PATH, &wanted).await;
    assert_eq!(without.status, 428, "C38");
    let stale = root.clone().header("if-match", "\"1\"").send("PUT", PATH, &wanted).await;
    assert_eq!(stale.status, 412, "C38");
    wanted["families"] = Value::Null;
    let (status, restored) = put(&root, &wanted).await;
    assert_eq!(
        (status, &restored["builtin"], &restored["families"]),
        (200, &json!(true), &fresh["families"])
    );
    world.stop().await;
}

/// What cannot be is refused with the place of it, and changes nothing.
#[tokio::test]
async fn a_refused_table_points_at_the_entry() {
    let world = World::administered().await;
    let root = world.root().await;
    let fresh = edit(&root.read(PATH).await);
    let entry = "/families/0/commands/restart_force";
    for (place, value, pointer, reason) in [
        ("/families", json!([]), "/families", "1 to 32 families"),
        ("/families/0/models", json!("430HD"), "/families/0", "the last family is for all other phones"),
        ("/families/0/models", json!("4 0"), "/families/0/models", "is not a pattern"),
        ("/families/0/port", json!(0), "/families/0/port", "1 to 65535"),
        ("/families/0/certificates", json!("none"), "/families/0/certificates", "PEM"),
        (
            &*format!("{entry}/path"),
            json!("/x\r\ny"),
            &*format!("{entry}/path"),
            "is not the path of a command",
        ),
        (&*format!("{entry}/method"), json!("DELETE"), &*format!("{entry}/method"), "PUT"),
        (&*format!("{entry}/expected"), json!([302]), &*format!("{entry}/expected"), "redirects"),
        (
            &*format!("{entry}/body/3/value"),
            json!("{pasword}"),
            &*format!("{entry}/body/3/value"),
            "is not a token",
        ),
        (
            &*format!("{entry}/body/3/value"),
            json!("{text}"),
            &*format!("{entry}/body/3/value"),
            "restart_force has nothing to fill in",
        ),
        (
            "/families/0/commands",
            json!({ "dance": {"method":"PUT","path":"/x","body":[],"expected":[200],"source":"site"} }),
            "/families/0/commands",
            "`dance` is not a command",
        ),
        ("/proxy_target", json!({ "by": "guessing" }), "/proxy_target/by", "is none of"),
        ("/proxy_target", json!({ "by": "path_prefix" }), "/proxy_target/text", "required"),
        ("/proxy_target", json!({ "by": "path_prefix", "text": "/x" }), "/proxy_target/text", "{ip}"),
        (
            "/proxy_target",
            json!({ "by": "header", "header": "Host", "text": "{ip}" }),
            "/proxy_target/header",
            "cannot be the header",
        ),
        ("/proxy_certificates", json!("-----BEGIN PRIVATE KEY-----"), "/proxy_certificates", "PEM"),
    ] {
        let mut wrong = fresh.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        let (status, problem) = put(&root, &wrong).await;
        assert_eq!((status, problem["pointer"].as_str()), (422, Some(pointer)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
    }
    let unchanged = root.read(PATH).await;
    assert_eq!(edit(&unchanged), fresh);
    world.stop().await;
}

/// SEC-12: who may only look sees the table and cannot change it.
#[tokio::test]
async fn sec_12_only_administrators_change_the_table() {
    let world = World::administered().await;
    let root = world.root().await;
    let fresh = edit(&root.read(PATH).await);
    for level in ["monitoring", "operator"] {
        let client = root.account(level, level, json!("all")).await;
        let answer = client.knowing(PATH).await.send("PUT", PATH, &fresh).await;
        assert_eq!(answer.status, 403, "{level}");
    }
    let administrator = root.account("administrator", "administrator", Value::Null).await;
    assert_eq!(put(&administrator, &fresh).await.0, 200);
    world.stop().await;
}
