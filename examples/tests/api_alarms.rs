//! The dashboard and the list of alarms over the REST API, with simulated phones behind them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, phone};
use ipp_core::region::Region;
use ipp_examples::fleet::{Alarm, Kind, Phone};
use serde_json::{Value, json};

/// A phone that is enrolled and registered.
async fn registered(world: &World, index: u32, region: &Region) -> Phone {
    let user = world.user(&format!("{}", 3000 + index), region, Some("secret")).await;
    let mut phone = Phone::new(phone(index, Kind::Generic));
    world.device(&phone, &user).await;
    phone.boot(&world.region_url(region)).await.unwrap();
    phone.keep_alive().await.unwrap();
    phone
}

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["mac"].as_str().unwrap().to_owned()).collect()
}

/// DASH-04, DASH-05, DASH-15 to DASH-22, AMB-49, AMB-50: the figures equal the states, and everybody
/// sees those of their own regions.
#[tokio::test]
async fn dash_22_figures_follow_what_is_visible() {
    let world = World::administered().await;
    let root = world.root().await;
    let empty = root.read("/dashboard").await;
    assert_eq!((empty["devices"].as_u64(), empty["registered_percent"].as_u64()), (Some(0), Some(0)));
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    for index in 1..=3 {
        registered(&world, index, if index < 3 { &north } else { &south }).await;
    }
    let user = world.user("4000", &south, None).await;
    world.device(&Phone::new(phone(9, Kind::Generic)), &user).await;
    let all = root.read("/dashboard").await;
    assert_eq!((all["devices"].as_u64(), all["registered"].as_u64()), (Some(4), Some(3)));
    assert_eq!((all["non_registered"].as_u64(), all["registered_percent"].as_u64()), (Some(1), Some(75)));
    assert_eq!(all["by_region"].as_array().unwrap().len(), 2);
    assert_eq!(all["by_model"][0]["devices"], 3);
    let nora = root.account("nora", "monitoring", json!({ "only": [south.id.to_string()] })).await;
    let hers = nora.read("/dashboard").await;
    assert_eq!((hers["devices"].as_u64(), hers["registered"].as_u64()), (Some(2), Some(1)));
    assert_eq!(hers["by_region"], json!([{ "key": south.id.to_string(), "title": "South", "devices": 1 }]));
    world.stop().await;
}

/// ALM-04 to ALM-11, ALM-15, ALM-45 to ALM-49, AMB-65: alarms are listed, found, cleared by hand, and
/// seen only by whom they concern.
#[tokio::test]
async fn alm_45_alarms_are_listed_found_and_cleared() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    let mut one = registered(&world, 1, &north).await;
    let mut two = registered(&world, 2, &south).await;
    for phone in [&mut one, &mut two] {
        phone.raise(&Alarm::registration_failure()).await.unwrap();
    }
    let listed = root.read("/alarms").await;
    assert_eq!(names(&listed), [two.identity().mac(), one.identity().mac()], "the latest first");
    let item = &listed["items"][0];
    assert_eq!((item["severity"].as_str(), item["count"].as_u64()), (Some("critical"), Some(1)));
    assert!(item["ip"].as_str().unwrap().starts_with("127."));
    for (query, found) in [
        (format!("q={}", one.identity().mac().to_uppercase()), 1),
        (format!("q={}", item["ip"].as_str().unwrap()), 1),
        ("q=registration".to_owned(), 2),
        ("q=nothing".to_owned(), 0),
        ("severity=critical".to_owned(), 2),
        (format!("region={}", north.id), 1),
    ] {
        let page = root.read(&format!("/alarms?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
    let first = root.read("/alarms?limit=1").await;
    let rest = root.read(&format!("/alarms?limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!(names(&rest), [one.identity().mac()]);
    assert_eq!(root.get("/alarms?after=nonsense").await.status, 400);

    let nora = root.account("nora", "operator", json!({ "only": [north.id.to_string()] })).await;
    assert_eq!(names(&nora.read("/alarms").await), [one.identity().mac()]);
    let named = |item: &Value| json!({ "device": item["device"], "name": item["name"], "description": item["description"] });
    let theirs = nora.send("POST", "/alarms/clear", &named(item)).await;
    assert_eq!(theirs.status, 404, "an alarm that is not seen is none");
    let own = named(&listed["items"][1]);
    assert_eq!(nora.send("POST", "/alarms/clear", &own).await.status, 204);
    assert_eq!(nora.send("POST", "/alarms/clear", &own).await.status, 404);
    assert_eq!(names(&root.read("/alarms").await), [two.identity().mac()]);
    let noted = root.read("/audit?action=alarm.").await;
    assert_eq!(noted["items"][0]["actor"], "nora");
    world.stop().await;
}
