//! What is done to many devices from the console, and the jobs that come of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{
    World,
    browser::Browser,
    phone,
    wire::{ALARM, Request, STATUS, alarm_body, status_body},
};
use ipp_core::region::Region;
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role as Port,
};
use serde_json::json;

fn open(region: &mut Region) {
    region.identity = ipp_core::region::Identity::Open;
    region.networks = vec!["127.0.0.0/8".parse().unwrap()];
}

/// Three devices with users in two regions; their ids.
async fn three(world: &World) -> (Region, Region, [String; 3]) {
    let (north, south) = (world.region("North", open).await, world.region("South", open).await);
    let mut ids = Vec::new();
    for (number, region) in [(1, &north), (2, &north), (3, &south)] {
        let user = world.user(&format!("user-{number}"), region, None).await;
        ids.push(world.device(&Phone::new(phone(number, Kind::Generic)), &user).await.id.to_string());
    }
    (north, south, ids.try_into().unwrap())
}

fn ticked<'a>(ids: &'a [String], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    ids.iter().map(|id| ("id", id.as_str())).chain(more.iter().copied()).collect()
}

/// DEV-34, DEV-36, DEV-37, DEV-41, MDV-02, MDV-21, MUL-22: rows that are ticked, a page that says what is
/// touched, and a job that is found again. What was typed stays when it does not do, and nothing is begun.
#[tokio::test]
async fn dev_36_selected_rows_get_a_message() {
    let world = World::administered().await;
    let root = world.root().await;
    let (_, _, ids) = three(&world).await;
    let mut browser = Browser::of(&world, &root);
    let list = browser.read("/ipp/devices").await;
    for id in &ids {
        assert!(list.contains(&format!("name=\"id\" value=\"{id}\"")), "{list}");
    }
    assert!(
        list.contains("formaction=\"/ipp/actions/message\"") && list.contains("data-choose-all"),
        "DEV-38"
    );

    let asked = browser.submit("/ipp/actions/message", &ticked(&ids, &[])).await;
    assert_eq!(asked.status, 200);
    let text = asked.text();
    assert!(text.contains("This is about 3 devices in 2 regions.") && text.contains("with a beep"), "{text}");
    assert!(
        text.contains("3 of them are disconnected or were never seen.") && text.contains("Send to 3 devices")
    );
    assert_eq!(text.matches("type=\"hidden\" name=\"id\"").count(), 3);

    let typed = [("confirmed", "yes"), ("text", ""), ("seconds", "77"), ("batch", "1"), ("pause", "3600")];
    let refused = browser.submit("/ipp/actions/message", &ticked(&ids, &typed)).await;
    let text = refused.text();
    assert!(
        refused.status == 422 && text.contains("id=\"text-wrong\"") && text.contains("value=\"77\""),
        "{text}"
    );
    assert!(root.read("/jobs").await["items"].as_array().unwrap().is_empty());

    let typed =
        [("confirmed", "yes"), ("text", "Fire drill"), ("seconds", "77"), ("batch", "1"), ("pause", "3600")];
    let begun = browser.submit("/ipp/actions/message", &ticked(&ids, &typed)).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let job = begun.header("location").unwrap().to_owned();
    let page = browser.read(&job).await;
    for part in [
        "Send Message: Fire drill",
        "1 at once, 3600 s between",
        "acladmin",
        "data-redraw=\"3\"",
        "Expected end",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(browser.read("/ipp/jobs?open=yes").await.contains(&job));
    world.stop().await;
}

/// MUL-23: a job is paused, resumed and cancelled from its page, which says what is left out; out of place it
/// says so.
#[tokio::test]
async fn mul_23_a_job_is_steered_from_its_page() {
    let world = World::administered().await;
    let root = world.root().await;
    let (.., ids) = three(&world).await;
    let mut browser = Browser::of(&world, &root);
    let slow = [("confirmed", "yes"), ("batch", "1"), ("pause", "3600")];
    let begun = browser.submit("/ipp/actions/configuration", &ticked(&ids, &slow)).await;
    let job = begun.header("location").unwrap().to_owned();
    for (verb, shows) in [("pause", "Resume"), ("resume", "Pause"), ("cancel", "Cancelled")] {
        let steered = browser.submit(&job, &[("do", verb)]).await;
        assert_eq!((steered.status, steered.header("location")), (303, Some(&*job)), "{verb}");
        let page = browser.read(&job).await;
        assert!(page.contains(&format!(">{shows}<")), "{verb}: {page}");
    }
    let page = browser.read(&format!("{job}?state=cancelled")).await;
    assert!(!page.contains("Cancel the job") && page.contains("aria-current=\"true\">Cancelled"), "{page}");
    let again = browser.submit(&job, &[("do", "resume")]).await;
    assert!(again.status == 409 && again.text().contains("only a job that is paused"), "{}", again.text());
    assert_eq!(browser.submit(&job, &[("do", "explode")]).await.status, 422);
    world.stop().await;
}

/// DEV-32, MDV-16 to MDV-18, MUL-13 to MUL-15: a restart of all that match says that silent phones are left out
/// and that calls may end, is graceful, and goes in batches of 5 every 2 minutes unless told otherwise.
#[tokio::test]
async fn mul_13_a_restart_of_all_that_match() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, ..) = three(&world).await;
    let mut browser = Browser::of(&world, &root);
    let filter = format!("region={}&sort=-user&limit=25", north.id);
    let asked = browser.submit("/ipp/actions/restart", &[("filter", &filter), ("id", "ignored")]).await;
    let text = asked.text();
    for part in [
        "This is about 2 devices in one region.",
        "are left out if they still are",
        "waits for the end of an active call",
        "<option value=\"graceful\" selected>Graceful</option>",
        "name=\"batch\" type=\"number\" inputmode=\"numeric\" min=\"1\" max=\"100\" value=\"5\"",
        "value=\"120\"",
        "Restart 2 devices",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let send = async |browser: &mut Browser<'_>, mode: &str, minutes: &str| {
        let fields = [("filter", &*filter), ("confirmed", "yes"), ("mode", mode), ("minutes", minutes)];
        let pace = [("batch", "5"), ("pause", "120")];
        browser.submit("/ipp/actions/restart", &[&fields[..], &pace[..]].concat()).await
    };
    let refused = send(&mut browser, "graceful", "5").await;
    assert!(refused.status == 422 && refused.text().contains("id=\"minutes-wrong\""), "{}", refused.text());
    let begun = send(&mut browser, "graceful", "").await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let job = &root.read("/jobs").await["items"][0];
    assert_eq!((&job["total"], &job["action"]["mode"]), (&json!(2), &json!("graceful")));
    assert_eq!(job["pace"], json!({ "batch": 5, "pause_seconds": 120 }));
    world.stop().await;
}

/// DEV-28, DEV-35, MDV-08, MDV-19, MDV-22, APR-07, DEV-38: what is only written is done at once, and what became
/// of each device is told; users of deleted devices stay.
#[tokio::test]
async fn mdv_08_what_is_written_is_done_at_once() {
    let world = World::administered().await;
    let root = world.root().await;
    let (_, south, ids) = three(&world).await;
    let mut browser = Browser::of(&world, &root);
    let done = [("confirmed", "yes")];

    let generated = browser
        .submit("/ipp/actions/generate", &ticked(&ids, &[("confirmed", "yes"), ("update", "yes")]))
        .await;
    assert!(
        generated.text().contains("Done: 3") && generated.text().contains("The phones are told now."),
        "{}",
        generated.text()
    );
    let job = &root.read("/jobs").await["items"][0];
    assert_eq!(
        (&job["total"], &job["action"]["kind"]),
        (&json!(3), &json!("update_configuration")),
        "MUL-17"
    );
    let again = browser.submit("/ipp/actions/generate", &ticked(&ids, &done)).await;
    assert!(again.text().contains("Left as they were: 3") && again.text().contains("its file is up to date"));

    let to = south.id.to_string();
    let moved =
        browser.submit("/ipp/actions/region", &ticked(&ids, &[("confirmed", "yes"), ("region", &to)])).await;
    assert!(
        moved.text().contains("Done: 2") && moved.text().contains("it is in that region"),
        "{}",
        moved.text()
    );
    let nowhere =
        browser.submit("/ipp/actions/region", &ticked(&ids, &[("confirmed", "yes"), ("region", "")])).await;
    assert!(nowhere.status == 422 && nowhere.text().contains("id=\"region-wrong\""), "{}", nowhere.text());

    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    let members = [("emsUserName", "system"), ("emsUserPassword", "system")];
    Request::post(STATUS, status_body("00908f0000aa", &members)).send(world.at(Port::Reports)).await;
    let asked = browser.submit("/ipp/actions/approve", &[("filter", "approved=no")]).await;
    assert!(asked.text().contains("1 of them wait for approval."), "{}", asked.text());
    let approved = browser
        .submit("/ipp/actions/approve", &[("filter", "approved=no"), ("confirmed", "yes"), ("region", &to)])
        .await;
    assert_eq!(approved.status, 200, "{}", approved.text());

    let asked = browser.open(&format!("/ipp/actions/delete?id={}", ids[0])).await;
    assert!(asked.text().contains("This is about one device: ") && asked.text().contains("(user-1)"));
    assert!(asked.text().contains("button danger\">Delete one device"), "{}", asked.text());
    let deleted = browser.submit("/ipp/actions/delete", &ticked(&ids[..2], &done)).await;
    assert!(deleted.text().contains("Done: 2"), "{}", deleted.text());
    assert_eq!(root.get(&format!("/devices/{}", ids[0])).await.status, 404);
    assert_eq!(root.read("/users").await["items"].as_array().unwrap().len(), 3, "AMB-18");
    world.stop().await;
}

/// SEC-07, SEC-13, MUL-24: who may only look is offered nothing and refused; devices of other regions are not
/// there for an operator, neither by id nor by filter.
#[tokio::test]
async fn sec_13_actions_keep_to_what_may_be_seen() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, _, ids) = three(&world).await;
    let nora = root.account("nora", "operator", json!({ "only": [north.id.to_string()] })).await;
    let mona = root.account("mona", "monitoring", json!("all")).await;

    let mut mona = Browser::of(&world, &mona);
    let list = mona.read("/ipp/devices").await;
    assert!(!list.contains("actions/delete") && !list.contains("actions/restart"));
    assert_eq!(mona.submit("/ipp/actions/delete", &ticked(&ids, &[("confirmed", "yes")])).await.status, 403);

    let mut nora = Browser::of(&world, &nora);
    assert_eq!(nora.submit("/ipp/actions/message", &ticked(&ids, &[])).await.status, 404);
    let all = nora.submit("/ipp/actions/message", &[("filter", "")]).await;
    assert!(all.text().contains("This is about 2 devices in one region."), "{}", all.text());
    let hidden = nora.submit("/ipp/actions/delete", &[("id", &*ids[2]), ("confirmed", "yes")]).await;
    assert!(hidden.status == 200 && hidden.text().contains("Failed: 1"), "{}", hidden.text());
    assert_eq!(root.get(&format!("/devices/{}", ids[2])).await.status, 200);
    assert_eq!(nora.submit("/ipp/actions/message", &[]).await.status, 422);
    world.stop().await;
}

/// ALM-16, AMB-65: an alarm is cleared by hand from the list, which comes back as it was.
#[tokio::test]
async fn alm_16_an_alarm_is_cleared() {
    let world = World::administered().await;
    let root = world.root().await;
    three(&world).await;
    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    let mac = root.read("/devices").await["items"][0]["mac"].as_str().unwrap().to_owned();
    let members = [("emsUserName", "system"), ("emsUserPassword", "system"), ("status", "started")];
    let known = Request::post(STATUS, status_body(&mac, &members)).send(world.at(Port::Reports)).await;
    assert_eq!(known.status, 200, "{}", known.text());
    let raise = Request::post(ALARM, alarm_body(&mac, "IP Phone Registration Failure"));
    assert_eq!(raise.send(world.at(Port::Reports)).await.status, 200);
    let mut browser = Browser::of(&world, &root);
    let list = browser.read("/ipp/alarms?q=failure").await;
    let field = |name: &str| {
        let value = list.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().replace("&#38;", "&")
    };
    let (device, name, description) = (field("device"), field("name"), field("description"));
    let fields = [
        ("device", &*device),
        ("name", &*name),
        ("description", &*description),
        ("back", "/ipp/alarms?q=failure"),
    ];
    let cleared = browser.submit("/ipp/alarms/clear", &fields).await;
    assert_eq!(
        (cleared.status, cleared.header("location")),
        (303, Some("/ipp/alarms?q=failure")),
        "{}",
        cleared.text()
    );
    assert!(browser.read("/ipp/alarms?q=failure").await.contains("No alarm fits"));
    assert_eq!(browser.submit("/ipp/alarms/clear", &fields).await.status, 404);
    let mona = root.account("mona", "monitoring", json!("all")).await;
    assert_eq!(Browser::of(&world, &mona).submit("/ipp/alarms/clear", &fields).await.status, 403);
    world.stop().await;
}
