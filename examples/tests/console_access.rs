//! Regions, administrators and logs in the console.

mod common;

use common::{World, api::PASSWORD, browser::Browser};
use serde_json::json;

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    value.split('"').next().unwrap_or_default().to_owned()
}

/// REG-03, REG-10, REG-12, REG-13: a region is added, renamed and deleted; what does not do stands at its field
/// with its line, and a region with users stays.
#[tokio::test]
async fn reg_03_regions_are_added_edited_and_deleted() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    assert!(browser.read("/ipp/regions").await.contains("No regions yet"));
    let add = |name, networks| {
        vec![
            ("name", name),
            ("description", "Fifth floor"),
            ("networks", networks),
            ("identity", "open"),
            ("zero_touch", "yes"),
            ("aliases", ""),
            ("lines", ""),
        ]
    };
    let refused = browser.submit("/ipp/regions/new", &add("Berlin", "10.1.0.0/16\r\n10.2.0.0/99")).await;
    let text = refused.text();
    assert!(
        refused.status == 422 && text.contains("id=\"networks-wrong\"") && text.contains("line 2:"),
        "{text}"
    );
    assert!(text.contains("Fifth floor") && text.contains("10.2.0.0/99"), "nothing that was typed is lost");
    let added = browser.submit("/ipp/regions/new", &add("Berlin", "10.1.0.0/16")).await;
    assert_eq!(added.header("location"), Some("/ipp/regions"), "{}", added.text());
    let region = root.read("/regions").await["items"][0].clone();
    assert_eq!((&region["networks"], &region["zero_touch"]), (&json!(["10.1.0.0/16"]), &json!(true)));
    let id = region["id"].as_str().unwrap_or_default().to_owned();
    assert!(browser.read("/ipp/regions").await.contains("10.1.0.0/16"));
    let twice = browser.submit("/ipp/regions/new", &add("berlin", "")).await;
    assert!(twice.status == 409 && twice.text().contains("id=\"wrong\""), "{}", twice.text());

    let page = format!("/ipp/regions/{id}");
    let revision = hidden(&browser.read(&page).await, "revision");
    let edit = |name| [vec![("revision", revision.as_str())], add(name, "")].concat();
    assert_eq!(browser.submit(&page, &edit("Potsdam")).await.status, 303);
    assert_eq!(root.read(&format!("/regions/{id}")).await["aliases"], json!(["Berlin"]), "REG-12");
    let late = browser.submit(&page, &edit("Leipzig")).await;
    assert!(
        late.status == 412 && late.text().contains("Somebody saved “Potsdam” here meanwhile"),
        "{}",
        late.text()
    );

    let person = json!({ "name": "maria", "region": id });
    let user = root.post("/users", &person).await["id"].as_str().unwrap_or_default().to_owned();
    let delete = format!("{page}/delete");
    assert!(browser.read(&delete).await.contains("Delete the region"));
    let refused = browser.submit(&delete, &[]).await;
    assert!(refused.status == 409 && refused.text().contains("user"), "REG-10: {}", refused.text());
    root.delete(&format!("/users/{user}")).await;
    assert_eq!(browser.submit(&delete, &[]).await.header("location"), Some("/ipp/regions"));
    assert_eq!(root.get(&format!("/regions/{id}")).await.status, 404);
    world.stop().await;
}

/// SEC-01 to SEC-03, SEC-14 to SEC-16, LGN-02, C37: an account is added with a password that is shown once,
/// limited to regions, shut and deleted; the last Super Administrator stays.
#[tokio::test]
async fn sec_02_administrators_are_added_edited_and_deleted() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, _) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    let mut browser = Browser::of(&world, &root);
    let region = north.id.to_string();
    let fields =
        [("name", "nora"), ("description", "Night shift"), ("level", "operator"), ("regions", &*region)];
    let made = browser.submit("/ipp/administrators/new", &fields).await;
    let text = made.text();
    assert!(made.status == 200 && text.contains("it is shown this once"), "{text}");
    let password =
        text.split("data-copy=\"").nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
    let list = browser.read("/ipp/administrators").await;
    for part in
        ["nora", "Night shift", "Operator", "North", "Has to change the password", "Super Administrator"]
    {
        assert!(list.contains(part), "{part}");
    }
    assert!(!list.contains(password) && !list.contains("South"));
    let mut night = Browser::new(&world);
    let entered = night.submit("/ipp/login", &[("name", "nora"), ("password", password)]).await;
    assert_eq!(entered.status, 303, "{}", entered.text());
    let changed = [("current", password), ("new", PASSWORD), ("again", PASSWORD)];
    assert_eq!(night.submit("/ipp/password", &changed).await.status, 303, "LGN-02");
    assert!(
        night.read("/ipp/regions").await.contains("North")
            && !night.read("/ipp/regions").await.contains("South")
    );
    assert_eq!(night.open("/ipp/administrators").await.status, 403);

    let operators = root.read("/operators").await;
    let of = |name: &str| {
        let found = operators["items"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
        format!("/ipp/administrators/{}", found.and_then(|one| one["id"].as_str()).unwrap_or_default())
    };
    let page = of("nora");
    let revision = hidden(&browser.read(&page).await, "revision");
    let shut = [
        ("revision", &*revision),
        ("name", "nora"),
        ("description", ""),
        ("level", "monitoring"),
        ("all_regions", "yes"),
    ];
    assert_eq!(browser.submit(&page, &shut).await.status, 303);
    assert_eq!(night.open("/ipp/").await.status, 303, "sessions of an account that was shut end");
    assert!(browser.read("/ipp/administrators").await.contains("Shut"));
    let reset = browser.submit(&format!("{page}/password"), &[]).await;
    assert!(reset.status == 200 && reset.text().contains("The password of nora"), "{}", reset.text());
    assert_eq!(
        browser.submit(&format!("{page}/delete"), &[]).await.header("location"),
        Some("/ipp/administrators")
    );
    let kept = browser.submit(&format!("{}/delete", of("acladmin")), &[]).await;
    assert!(kept.status == 409 && kept.text().contains("id=\"wrong\""), "C37: {}", kept.text());
    let bad = browser.submit("/ipp/administrators/new", &[("name", "x"), ("level", "")]).await;
    assert!(bad.status == 422 && bad.text().contains("id=\"level-wrong\""), "{}", bad.text());
    world.stop().await;
}

/// LOG-02 to LOG-09, LOG-13: both logs, by level and number of lines, hidden, saved, and page by page.
#[tokio::test]
async fn log_03_the_logs_are_read() {
    let world = World::administered().await;
    let root = world.root().await;
    for number in 0..12 {
        world.region(&format!("Region {number}"), |_| {}).await;
    }
    root.post("/regions", &json!({ "name": "Known" })).await;
    let mut browser = Browser::of(&world, &root);
    let whole = browser.read("/ipp/logs").await;
    assert!(
        whole.contains("region.create")
            && whole.contains("Hide log lines")
            && whole.contains("Last 100 lines"),
        "{whole}"
    );
    assert!(whole.contains("href=\"/api/v1/logs/web-admin/file?level=VERBOSE\""), "LOG-09");
    let ten = browser.read("/ipp/logs?lines=10").await;
    assert_eq!(ten.matches("<li class=\"").count(), 10);
    let older =
        ten.split("rel=\"next\" href=\"").nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
    assert!(browser.read(&older.replace("&#38;", "&")).await.contains("First page"));
    assert!(browser.read("/ipp/logs?lines=0").await.contains("The lines are hidden."));
    let errors = browser.read("/ipp/logs?level=ERROR").await;
    assert!(errors.contains("No lines") && errors.contains("<option value=\"ERROR\" selected>"), "{errors}");
    assert!(browser.read("/ipp/logs/activity").await.contains("aria-current=\"page\">Activity"));
    assert_eq!(browser.open("/ipp/logs?level=LOUD").await.status, 422);
    let monitor = root.account("mona", "monitoring", json!("all")).await;
    let mut monitor = Browser::of(&world, &monitor);
    assert_eq!(monitor.open("/ipp/logs").await.status, 403);
    assert!(!monitor.read("/ipp/").await.contains("/ipp/logs"));
    world.stop().await;
}
