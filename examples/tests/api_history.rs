//! The events of devices and the hours of the dashboard over the REST API.

mod common;

use common::{
    World,
    pages::{id_of, items, registered, until},
};
use ipp_core::{
    catalog::SharedScope,
    store::{Batch, LogChange, Store as _},
};
use serde_json::{Value, json};

/// DEV-20, SEC-13, A19: what happened to a device, page by page; nobody sees more than their regions.
#[tokio::test]
async fn dev_20_the_events_of_a_device() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("canary-south", |_| {}).await);
    let mut one = registered(&world, 1, &north).await;
    one.keep_alive().await.unwrap();
    let id = id_of(&world, &one).await;
    world.set(SharedScope::System, "SipDigitMap", Some("x1")).await;
    world.generate().await;
    one.boot(&world.region_url(&north)).await.unwrap();
    root.post(&format!("/devices/{id}/revert"), &json!({ "number": 1 })).await;
    let path = format!("/devices/{id}/events");
    let events = async || {
        world.app().flush_log().await.unwrap();
        root.read(&path).await
    };
    let whole = until(events, |page| items(page).iter().any(|item| item["kind"] == "fetch")).await;
    let kinds: Vec<&str> = items(&whole).iter().map(|item| item["kind"].as_str().unwrap()).collect();
    for kind in ["made", "status", "fetch", "published", "action"] {
        assert!(kinds.contains(&kind), "{kind}: {whole}");
    }
    let times: Vec<&str> = items(&whole).iter().map(|item| item["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|later, earlier| later >= earlier), "the latest first: {times:?}");
    let revert = items(&whole).iter().find(|item| item["action"] == "device.revert").unwrap();
    assert_eq!(revert["actor"], "acladmin");
    let fetch = items(&whole).iter().find(|item| item["kind"] == "fetch").unwrap();
    assert_eq!(fetch["generation"].as_str().unwrap().len(), 64);
    assert!([200, 304].contains(&fetch["status"].as_u64().unwrap()) && fetch["template"].is_string());
    let changed = items(&whole).iter().find(|item| item["to"]["registration"] == "registered").unwrap();
    assert_eq!(
        (changed["to"]["connectivity"].as_str(), changed["kind"].as_str()),
        (Some("connected"), Some("status"))
    );

    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = root.read(&format!("{path}?limit=3{after}")).await;
        paged.extend_from_slice(items(&page));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, items(&whole));
    assert_eq!(root.get(&format!("{path}?after=nonsense")).await.status, 400);

    let sue = root.account("sue", "monitoring", json!({ "only": [south.id.to_string()] })).await;
    assert_eq!(sue.get(&path).await.status, 404);
    let nora = root.account("nora", "monitoring", json!({ "only": [north.id.to_string()] })).await;
    assert_eq!(items(&nora.read(&path).await).len(), items(&whole).len());
    // It moves away and comes back: what was done meanwhile is not hers to see.
    for region in [&south, &north] {
        let body = json!({ "ids": [id], "region": region.id.to_string() });
        root.post("/devices/region", &body).await;
    }
    let hers = nora.read(&path).await;
    let actions = |page: &Value| items(page).iter().filter(|item| item["action"] == "device.update").count();
    assert_eq!((actions(&hers), actions(&root.read(&path).await)), (1, 2));
    assert!(!hers.to_string().contains("canary"), "{hers}");
    for path in
        ["/logs/activity", "/logs/web-admin", "/audit/export", "/logs/activity/file", "/logs/web-admin/file"]
    {
        assert_eq!(nora.get(path).await.status, 403, "{path}");
    }
    world.stop().await;
}

/// DASH-15, SEC-13: the hours that were sampled, for visible regions.
#[tokio::test]
async fn dash_15_the_history_is_of_visible_regions() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    for index in 1..=3 {
        registered(&world, index, if index < 3 { &north } else { &south }).await;
    }
    // The server sampled this hour when it started; the figures of this test are those of an hour ago.
    let now = world.app().ports().clock.now().wall;
    let hour = ipp_core::log::Hour::of(now).minus(1);
    world.app().store().commit(Batch::of(LogChange::Sample(hour))).await.unwrap();
    let told = |page: &Value| -> Vec<(String, u64, u64)> {
        let told = |item: &Value| {
            let number = |member: &str| item[member].as_u64().unwrap();
            (item["hour"].as_str().unwrap().to_owned(), number("devices"), number("registered"))
        };
        items(page).iter().map(told).collect()
    };
    let all = told(&root.read("/dashboard/history?hours=3").await);
    assert_eq!(all[0], (hour.to_string(), 3, 3));
    let of_north = format!("/dashboard/history?hours=3&region={}", north.id);
    assert_eq!(told(&root.read(&of_north).await)[0], (hour.to_string(), 2, 2));
    let nora = root.account("nora", "operator", json!({ "only": [south.id.to_string()] })).await;
    assert_eq!(told(&nora.read("/dashboard/history?hours=3").await)[0], (hour.to_string(), 1, 1));
    assert_eq!(told(&nora.read(&of_north).await)[0], (hour.to_string(), 0, 0));
    let both = format!("{of_north}&region={}", south.id);
    assert_eq!(told(&root.read(&both).await)[0], (hour.to_string(), 3, 3));
    for bad in ["hours=0", "hours=8785", "hours=x", "day=1"] {
        assert_eq!(root.get(&format!("/dashboard/history?{bad}")).await.status, 400, "{bad}");
    }
    world.stop().await;
}
