//! Jobs over the REST API, with phones that take commands.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{World, api::Client, id_of, last_url, phone};
use ipp_core::outbound::{CommandTable, Delivered};
use ipp_core::settings::Scheme;
use ipp_examples::fleet::{Command, Kind, Message, Phone, RestOptions, Restart, SignIn, User};
use serde_json::{Value, json};

/// A phone that is registered and takes commands.
async fn registered(world: &World) -> Phone {
    let region = world.region("Berlin", |_| {}).await;
    let sign_in = SignIn::AtPhone(User::numbered(1));
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(sign_in));
    assert!(known.boot(&world.region_url(&region)).await.unwrap().registered);
    let address = known.listen(&RestOptions::default()).await.unwrap();
    let mut families = CommandTable::default().families().to_vec();
    (families[0].scheme, families[0].port) = (Scheme::Http, address.port());
    let table = CommandTable::new(families).unwrap();
    world.edit_settings(|settings| settings.commands.table = table).await;
    known
}

/// The job once it is in that state; the server's driver works on it meanwhile.
async fn until(world: &World, root: &Client<'_>, id: &str, state: &str) -> Value {
    let reached = async {
        loop {
            world.app().work_on_jobs().await.unwrap();
            let job = root.read(&format!("/jobs/{id}")).await;
            if job["state"] == state {
                return job;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reached).await.unwrap()
}

/// DEV-32, DEV-34, DEV-41, MUL-21, MUL-22, C26: a message and a restart reach the phone, and what became of them
/// is told for each phone, the restart once the phone has started again; a job that is over is listed and not steered any more.
#[tokio::test]
async fn dev_41_commands_are_jobs() {
    let world = World::administered().await;
    let mut known = registered(&world).await;
    let root = world.root().await;
    let device = id_of(&world.record(common::mac(&known)).await.unwrap()).to_string();
    let message = json!({ "kind": "send_message", "text": "Fire drill", "seconds": 30 });
    let job = root.post("/jobs", &json!({ "action": message, "ids": [device] })).await;
    assert_eq!((&job["total"], &job["author"]), (&json!(1), &json!("acladmin")));
    let command = known.next_command().await;
    known.obey(vec![command]).await.unwrap();
    assert_eq!(known.messages(), [Message { text: "Fire drill".into(), seconds: 30, beep: true }]);
    let over = until(&world, &root, job["id"].as_str().unwrap(), "finished").await;
    assert_eq!(over["counts"]["accepted"], 1);

    let restart = json!({ "action": { "kind": "restart" }, "filter": {} });
    let job = root.post("/jobs", &restart).await;
    assert_eq!((&job["pace"]["batch"], &job["pace"]["pause_seconds"]), (&json!(5), &json!(120)));
    assert_eq!(known.next_command().await, Command::Restart(Restart::Graceful));
    let id = job["id"].as_str().unwrap();
    until(&world, &root, id, "finished").await;
    let items = root.read(&format!("/jobs/{id}/items?state=accepted")).await;
    assert_eq!(items["items"][0]["device"], json!(device));
    // The phone restarts, and says so.
    known.boot(&last_url(&known, ".cfg")).await.unwrap();
    world.app().work_on_jobs().await.unwrap();
    assert_eq!(root.read(&format!("/jobs/{id}")).await["counts"]["confirmed"], 1);
    let listed = root.read("/jobs").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(root.read("/jobs?open=true").await["items"].as_array().unwrap().is_empty());
    assert_eq!(root.send("POST", &format!("/jobs/{id}/pause"), &Value::Null).await.status, 409);
}

/// API-08, C21: a phone behind a NAT is never called; its command leaves with the answer to its next report, once.
#[tokio::test]
async fn api_08_commands_leave_with_answers() {
    let world = World::administered().await;
    let mut known = registered(&world).await;
    let root = world.root().await;
    let mut families = CommandTable::default().families().to_vec();
    families[0].delivered = Delivered::KeepAlive;
    let table = CommandTable::new(families).unwrap();
    world.edit_settings(|settings| settings.commands.table = table).await;
    let job = root.post("/jobs", &json!({ "action": { "kind": "restart" }, "filter": {} })).await;
    let id = job["id"].as_str().unwrap();
    world.app().work_on_jobs().await.unwrap();
    assert_eq!(root.read(&format!("/jobs/{id}")).await["counts"]["waiting"], 1);

    let answered = known.keep_alive().await.unwrap();
    assert_eq!(answered.commands, [Command::Restart(Restart::Graceful)]);
    assert!(known.keep_alive().await.unwrap().commands.is_empty());
    known.boot(&last_url(&known, ".cfg")).await.unwrap();
    let over = until(&world, &root, id, "finished").await;
    assert_eq!((&over["counts"]["confirmed"], &over["counts"]["waiting"]), (&json!(1), &json!(0)));
    let device = id_of(&world.record(common::mac(&known)).await.unwrap());
    let told = root.read(&format!("/devices/{device}/events")).await;
    let mine: Vec<_> =
        told["items"].as_array().unwrap().iter().filter(|event| event["job"] == job["id"]).collect();
    assert!(
        mine.iter().any(|event| event["kind"] == "command" && event["command"] == "restart_graceful"),
        "{told}"
    );
}

/// MUL-23, AMB-58: a job for later is paused, resumed and cancelled, and nothing reaches the phone. What is wrong
/// with a job is told with its place, and nothing is begun.
#[tokio::test]
async fn mul_23_a_job_for_later_is_steered() {
    let world = World::administered().await;
    let known = registered(&world).await;
    let root = world.root().await;
    let device = id_of(&world.record(common::mac(&known)).await.unwrap()).to_string();
    let at = world.app().ports().clock.now().wall.plus(Duration::from_hours(5)).to_string();
    let later = json!({ "action": { "kind": "restart", "mode": "force" }, "ids": [device], "starts_at": at });
    let job = root.post("/jobs", &later).await;
    assert_eq!((&job["state"], &job["next_at"]), (&json!("active"), &json!(at)));
    let id = job["id"].as_str().unwrap();
    for (verb, state) in [("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")] {
        let answer = root.send("POST", &format!("/jobs/{id}/{verb}"), &Value::Null).await;
        assert_eq!(answer.status, 200);
        assert_eq!(root.read(&format!("/jobs/{id}")).await["state"], state);
    }
    assert_eq!(root.read(&format!("/jobs/{id}/items")).await["items"][0]["state"], "cancelled");
    for (wrong, place) in [
        (json!({ "action": { "kind": "restart" } }), "/ids"),
        (json!({ "action": { "kind": "restart", "mode": "scheduled" }, "ids": [device] }), "/action/minutes"),
        (json!({ "action": { "kind": "send_message", "text": "" }, "ids": [device] }), "/action/text"),
        (json!({ "action": { "kind": "restart" }, "ids": [device], "starts_at": "soon" }), "/starts_at"),
        (
            json!({ "action": { "kind": "restart" }, "ids": [device], "pace": { "batch": 0, "pause_seconds": 1 } }),
            "/pace/batch",
        ),
    ] {
        let answer = root.send("POST", "/jobs", &wrong).await;
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(answer.text().contains(place), "{wrong}: {}", answer.text());
    }
    assert_eq!(root.read("/jobs").await["items"].as_array().unwrap().len(), 1);
}
