//! Users and devices as CSV over the REST API.

mod common;

use std::fmt::Write as _;

use common::{
    World,
    api::Client,
    last_url, mac, phone,
    wire::{Answer, Request},
};
use ipp_core::device::{Admission, Vlan};
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role,
};
use serde_json::{Value, json};

const HEADER: &str =
    "Name,Password,Display Name,Region,Device 1 Display Name,Device 1 MAC Address,Device 1 IP Phone Model";

/// CSV-02, CSV-07, CSV-16, CSV-17, CSV-18: one user with a device is exported, others are appended and
/// imported; their phones have their files, with user name and password, and nobody approves them.
#[tokio::test]
async fn csv_16_imported_phones_are_provisioned_when_plugged_in() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.careful_region("ACL-Hong Kong").await;
    let mut phones: Vec<Phone> = (1..4).map(|index| Phone::new(phone(index, Kind::Generic))).collect();
    let user = world.user("1001", &region, Some("first")).await;
    world.device(&phones[0], &user).await;
    let exported = root.get("/csv/export").await;
    assert_eq!(exported.header("content-type"), Some("text/csv; charset=utf-8"), "CSV-09");
    assert_eq!(
        exported.header("content-disposition"),
        Some("attachment; filename=\"users.csv\"; filename*=UTF-8''users.csv")
    );
    let mut file = exported.text().to_owned();
    assert!(file.starts_with(HEADER) && file.contains("1001,,User 1001,ACL-Hong Kong,"), "{file}");
    for (index, phone) in phones.iter().enumerate().skip(1) {
        let mac = mac(phone);
        write!(file, "10{index}2,secret{index},\"Doe, {index}\",acl-hong kong,,{mac},430HD\r\n").unwrap();
    }
    let report = import(&world, &root, "", &file).await.json();
    assert_eq!(report["applied"], true, "{report}");
    assert_eq!(counts(&report), [2, 0, 1, 0]);
    assert_eq!(report["devices_created"], 2);
    assert_eq!(report["rows"][1], json!({ "line": 3, "name": "1012", "result": "created" }));

    let phone = &mut phones[2];
    phone.boot(&world.region_url(&region)).await.unwrap();
    let device = world.record(mac(phone)).await.unwrap().device.value;
    assert_eq!(device.admission, Admission::Enrolled);
    let text = private_file(phone).await;
    assert!(text.contains("=1022\n") && text.contains("=secret2\n"), "{text}");
    assert_eq!(counts(&import(&world, &root, "", &file).await.json()), [0, 0, 3, 0], "again");
    world.stop().await;
}

/// CSV-19, CSV-20: a user without a device; the device is approved for the user later.
#[tokio::test]
async fn csv_20_the_device_is_approved_later() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.careful_region("R").await;
    let file = format!("{HEADER}\nsystem,system,system,R,,,\n2001,pass,Late,R,,,\n");
    let report = import(&world, &root, "", &file).await.json();
    assert_eq!((counts(&report), report["devices_created"].as_u64()), ([2, 0, 0, 0], Some(0)));
    let mut late = Phone::new(phone(7, Kind::Generic));
    late.boot(&world.region_url(&region)).await.unwrap();
    assert_eq!(world.record(mac(&late)).await.unwrap().device.value.admission, Admission::Pending);
    let user = world.user_called("2001").await.unwrap();
    world.approve(mac(&late), &region, Some(&user), Vlan::default()).await;
    late.boot(&world.region_url(&region)).await.unwrap();
    let text = private_file(&late).await;
    assert!(text.contains("=2001\n") && text.contains("=pass\n"), "{text}");
    world.stop().await;
}

/// CSV-21, AMB-74: faults come with line, column and reason; nothing is imported, or the good rows are;
/// a dry run only tells.
#[tokio::test]
async fn csv_21_faults_are_reported_by_row() {
    let world = World::administered().await;
    let root = world.root().await;
    world.region("R", |_| {}).await;
    let file = format!("{HEADER}\r\ngood,,,R,,00:90:8f:00:00:01,430HD\r\nbad,,,X,,00:90:8f,1HD\r\n");
    let dry = import(&world, &root, "?dry_run=true", &file).await;
    assert_eq!((dry.status, counts(&dry.json())), (200, [1, 0, 0, 1]));
    let refused = import(&world, &root, "", &file).await;
    let problem = refused.json();
    assert_eq!((refused.status, problem["code"].as_str()), (422, Some("invalid-rows")));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(problem["detail"], "1 of 2 rows have faults; nothing was imported.");
    let row = &problem["report"]["rows"][1];
    assert_eq!((row["line"].as_u64(), row["result"].as_str()), (Some(3), Some("failed")));
    let columns: Vec<&str> =
        row["faults"].as_array().unwrap().iter().map(|fault| fault["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Device 1 MAC Address"]);
    assert!(world.users().await.is_empty());
    let done = import(&world, &root, "?mode=skip_bad_rows", &file).await;
    assert_eq!((done.status, counts(&done.json())), (200, [1, 0, 0, 1]));
    assert_eq!(world.users().await.len(), 1);

    let wrong = import(&world, &root, "?mode=some", &file).await;
    assert_eq!(wrong.status, 400);
    let empty = import(&world, &root, "", "").await;
    assert_eq!((empty.status, empty.json()["code"].as_str()), (422, Some("invalid")));
    assert_eq!(root.send("POST", "/csv/import", &json!({})).await.status, 415);
    let huge = import(&world, &root, "", &"x".repeat(8 * 1024 * 1024 + 1)).await;
    assert_eq!(huge.status, 413, "CSV-24");
    world.stop().await;
}

/// CSV-22, AMB-73: a user with two devices is exported and imported.
#[tokio::test]
async fn csv_22_two_devices_go_out_and_come_in() {
    let world = World::administered().await;
    let root = world.root().await;
    world.region("R", |_| {}).await;
    let header = format!("{HEADER},Device 2 Display Name,Device 2 MAC Address,Device 2 IP Phone Model");
    let file = format!(
        "{header}\r\none,,,R,,,,,,\r\ntwo,'=2+2,Two,R,Desk,00:90:8f:00:00:01,Audiocodes_430HD,Lobby,00:90:8f:00:00:02,Audiocodes_420HD\r\n"
    );
    assert_eq!(import(&world, &root, "", &file).await.json()["devices_created"], 2);
    assert_eq!(root.get("/csv/export?with_passwords=true").await.text(), file);
    assert_eq!(counts(&import(&world, &root, "", &file).await.json()), [0, 0, 2, 0]);
    let two = world.user_called("two").await.unwrap().id;
    let one = root.get(&format!("/csv/export?user={two}")).await;
    assert_eq!(one.text().lines().count(), 2, "CSV-08");
    let noted = root.read("/audit?action=csv.").await;
    let actions: Vec<&str> =
        noted["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["csv.export", "csv.import"]);
    world.stop().await;
}

/// SEC-13, A19: who sees one region imports into that one, exports that one, and no passwords.
#[tokio::test]
async fn sec_13_a_region_is_imported_by_its_operators() {
    let world = World::administered().await;
    let root = world.root().await;
    let north = world.region("North", |_| {}).await;
    let south = world.region("South", |_| {}).await;
    world.user("hidden", &south, None).await;
    let only = json!({ "only": [north.id] });
    let nora = root.account("nora", "operator", only.clone()).await;
    let report = import(&world, &nora, "?dry_run=true", "Name,Region\na,South\nb,West\nc,North\n").await;
    assert_eq!(counts(&report.json()), [1, 0, 0, 2]);
    assert_eq!(nora.get(&format!("/csv/export?region={}", south.id)).await.text().lines().count(), 1);
    assert!(!nora.get("/csv/export").await.text().contains("hidden"));
    assert_eq!(nora.get("/csv/export?with_passwords=true").await.status, 403);
    let monitor = root.account("mona", "monitoring", only).await;
    assert_eq!(import(&world, &monitor, "?dry_run=true", "Name,Region\n").await.status, 403);
    assert_eq!(monitor.get("/csv/export").await.status, 200);
    world.stop().await;
}

/// CSV-05, AMB-76: 10,000 rows with a device each; one more is refused.
#[tokio::test(flavor = "multi_thread")]
async fn csv_05_ten_thousand_rows() {
    let world = World::administered().await;
    let root = world.root().await;
    world.region("R", |_| {}).await;
    let mut file = HEADER.to_owned();
    for row in 0..10_000_u32 {
        let mac = 0x0090_8f00_0000_u64 + u64::from(row);
        write!(file, "\n{},pw{row},User {row},R,,{mac:012x},430HD", 100_000 + row).unwrap();
    }
    let done = import(&world, &root, "", &file).await.json();
    assert_eq!((counts(&done), done["devices_created"].as_u64()), ([10_000, 0, 0, 0], Some(10_000)));
    let again = import(&world, &root, "", &file).await.json();
    assert_eq!(counts(&again), [0, 0, 10_000, 0]);
    assert_eq!(root.get("/csv/export").await.text().lines().count(), 10_001);
    file.push_str("\none,more,,R,,,");
    let refused = import(&world, &root, "?dry_run=true", &file).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("more than 10000 rows"), "{}", refused.text());
    world.stop().await;
}

async fn private_file(phone: &Phone) -> String {
    let url = last_url(phone, &format!("/{}.cfg", mac(phone)));
    common::fetch(&url).await.text().to_owned()
}

async fn import(world: &World, client: &Client<'_>, query: &str, file: &str) -> Answer {
    let mut request = Request::post(&format!("/api/v1/csv/import{query}"), file);
    for (name, value) in client.headers() {
        request = request.header(name, value);
    }
    request.header("content-type", "text/csv").send(world.at(Role::Web)).await
}

/// Created, updated, unchanged, failed.
fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| report[name].as_u64().unwrap_or(u64::MAX))
}
