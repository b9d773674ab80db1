//! The file of one device in the console: what it gets, why, and the way back.

mod common;

use common::{World, browser::Browser, phone};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::json;

/// CFG-03, PLH-21, AMB-78, UI-23: the file is shown with secrets masked; who may reveals them, and that is
/// noted; each line says where it comes from and which value wins.
#[tokio::test]
async fn cfg_03_the_file_of_a_device_is_shown_and_explained() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.region("Berlin", |_| {}).await;
    let user = world.user("4711", &region, Some("canary-sip-password")).await;
    let mut known = Phone::new(phone(1, Kind::Generic));
    let device = world.device(&known, &user).await;
    let mut browser = Browser::of(&world, &root);
    let base = format!("/ipp/devices/{}", device.id);
    let empty = browser.read(&format!("{base}/file")).await;
    assert!(empty.contains("Nothing is published"), "{empty}");
    known.boot(&world.region_url(&region)).await.unwrap();
    let shown = browser.read(&format!("{base}/file")).await;
    assert!(shown.contains("<li><code>") && shown.contains("Secrets are masked."), "{shown}");
    assert!(!shown.contains("canary-sip-password"));
    let revealed = browser.submit(&format!("{base}/file"), &[]).await;
    assert_eq!(revealed.status, 200);
    assert!(revealed.text().contains("That you looked is noted."));
    let audit = root.read("/audit").await;
    assert_eq!(audit["items"][0]["action"], "device.reveal", "{audit}");

    let explained = browser.read(&format!("{base}/explain")).await;
    assert!(explained.contains("template, line ") && explained.contains(">wins<"), "{explained}");
    assert!(!explained.contains("canary-sip-password"));
    let mona = root.account("mona", "monitoring", json!("all")).await;
    let mut mona = Browser::of(&world, &mona);
    assert!(!mona.read(&format!("{base}/file")).await.contains("Reveal secrets"));
    assert_eq!(mona.submit(&format!("{base}/file"), &[]).await.status, 403);
    world.stop().await;
}

/// CFG-12: a device goes back to a file that was published before.
#[tokio::test]
async fn cfg_12_a_device_goes_back() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = world.region("Berlin", |_| {}).await;
    let user = world.user("4711", &region, None).await;
    let mut known = Phone::new(phone(1, Kind::Generic));
    let device = world.device(&known, &user).await;
    let mut browser = Browser::of(&world, &root);
    let history = format!("/ipp/devices/{}/history", device.id);
    assert!(browser.read(&history).await.contains("No file was published"));
    known.boot(&world.region_url(&region)).await.unwrap();
    let ids = json!({ "ids": [device.id.to_string()] });
    root.patch(&format!("/devices/{}", device.id), &json!({ "lines": ["system/feature=1"] })).await;
    root.post("/devices/generate", &ids).await;
    let page = browser.read(&history).await;
    assert!(page.contains("What the phone gets") && page.contains("name=\"number\" value=\"1\""), "{page}");
    let back = browser.submit(&history, &[("number", "1")]).await;
    assert_eq!((back.status, back.header("location")), (303, Some(&*history)), "{}", back.text());
    assert!(browser.read(&history).await.contains("name=\"number\" value=\"2\""));
    let gone = browser.submit(&history, &[("number", "99")]).await;
    assert_eq!(gone.status, 404);
    assert_eq!(browser.submit(&history, &[("number", "one")]).await.status, 422);
    world.stop().await;
}
