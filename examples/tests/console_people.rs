//! Users and their devices in the console: added, edited, deleted, and many at once.

mod common;

use common::{World, browser::Browser, phone};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::json;

/// USR-01 to USR-17, USR-28, USR-30 to USR-33: a user and then a device are added, what does not do is said at
/// its field, and after the device both questions of the manual are asked.
#[tokio::test]
async fn usr_04_a_user_and_a_device_are_added() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let form = browser.read("/ipp/users/new").await;
    assert!(form.contains("There is no region yet"), "USR-07");
    let region = world.region("Berlin", |_| {}).await.id.to_string();
    assert!(browser.read("/ipp/users").await.contains("href=\"/ipp/users/new\">Add User</a>"));
    let form = browser.read("/ipp/users/new").await;
    for part in ["User Name", "Password", "Display Name", ">Berlin</option>", "type=\"password\""] {
        assert!(form.contains(part), "USR-05, USR-06: {part}");
    }
    let fields =
        [("name", ""), ("display_name", "Maria Ortiz"), ("region", &*region), ("password", "sip-secret")];
    let refused = browser.submit("/ipp/users/new", &fields).await;
    let text = refused.text();
    assert!(
        refused.status == 422 && text.contains("id=\"name-wrong\"") && text.contains("value=\"Maria Ortiz\"")
    );
    assert!(!text.contains("sip-secret"), "a password is never sent back");
    let fields =
        [("name", "97239764713"), ("display_name", "Maria Ortiz"), ("region", &*region), ("password", "")];
    let added = browser.submit("/ipp/users/new", &fields).await;
    assert_eq!(added.header("location"), Some("/ipp/users?q=97239764713"), "{}", added.text());
    let list = browser.read("/ipp/users?q=97239764713").await;
    for part in ["97239764713", "Berlin", "Add Device", ">Edit<", ">Delete<", "Devices Status"] {
        assert!(list.contains(part), "USR-09: {part}");
    }
    let again = browser.submit("/ipp/users/new", &fields).await;
    assert!(again.status == 409 && again.text().contains("role=\"alert\""), "USR-28: {}", again.text());

    let user = root.read("/users").await["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/ipp/users/{user}/devices");
    let form = browser.read(&path).await;
    assert!(form.contains("Add New Device to User") && form.contains("value=\"00908f\""), "USR-13");
    assert!(form.contains("<option value=\"430HD\">"), "USR-14");
    let short = browser.submit(&path, &[("mac", "00908f"), ("model", "430HD"), ("display_name", "")]).await;
    assert!(short.status == 422 && short.text().contains("id=\"mac-wrong\""), "{}", short.text());
    let spelt = [("mac", "00-90-8F-4A-BC-01"), ("model", "430HD"), ("display_name", "Front desk")];
    let spelt = browser.submit(&path, &spelt).await;
    let prompt = spelt.header("location").unwrap_or_else(|| spelt.text()).to_owned();
    let asked = browser.read(&prompt).await;
    assert!(asked.contains("Do you want to generate configuration files?"), "USR-15: {asked}");
    assert!(asked.contains("href=\"/ipp/users\">No</a>"));
    let device = root.read("/devices").await["items"][0].clone();
    assert_eq!((&device["mac"], &device["display_name"]), (&json!("00908f4abc01"), &json!("Front desk")));
    let asked = browser.submit(&prompt, &[]).await;
    assert!(asked.text().contains("Do you want to update the device file?"), "USR-16: {}", asked.text());
    let id = device["id"].as_str().unwrap();
    let told = browser.submit("/ipp/actions/configuration", &[("id", id), ("confirmed", "yes")]).await;
    assert!(told.header("location").unwrap().starts_with("/ipp/jobs/"), "USR-17");
    world.stop().await;
}

/// USR-18 to USR-23, USR-26, C38: a user and a device are edited; who was slower sees both versions and loses
/// nothing; what goes with a user is said before it is deleted.
#[tokio::test]
async fn usr_18_users_and_devices_are_edited() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    let user = world.user("maria", &north, Some("secret")).await;
    let devices = [
        world.device(&Phone::new(phone(1, Kind::Generic)), &user).await,
        world.device(&Phone::new(phone(2, Kind::Generic)), &user).await,
    ];
    let page = format!("/ipp/users/{}", user.id);
    let form = browser.read(&page).await;
    for part in [
        "value=\"maria\"",
        "Devices of maria",
        &devices[1].mac.to_string(),
        "Leave it empty to keep the password",
    ] {
        assert!(form.contains(part), "{part}");
    }
    let revision = |page: &str| {
        page.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (seen, to) = (revision(&form), south.id.to_string());
    let edit = |name, display_name| {
        vec![
            ("name", name),
            ("display_name", display_name),
            ("region", &*to),
            ("password", ""),
            ("revision", &*seen),
        ]
    };
    let saved = browser.submit(&page, &edit("maria.ortiz", "Maria")).await;
    assert_eq!((saved.status, saved.header("location")), (303, Some(&*page)), "{}", saved.text());
    let moved = root.read(&format!("/devices/{}", devices[0].id)).await;
    assert_eq!(moved["region"]["id"].as_str().or(moved["region"].as_str()), Some(&*to), "AMB-103: {moved}");
    let late = browser.submit(&page, &edit("maria.o", "Mine")).await;
    let text = late.text();
    assert_eq!(late.status, 412, "{text}");
    assert!(
        text.contains("value=\"Mine\"") && text.contains("Somebody saved “Maria” here meanwhile"),
        "{text}"
    );
    assert_ne!(revision(text), seen, "saving again replaces it");

    let page = format!("/ipp/devices/{}/edit", devices[0].id);
    let form = browser.read(&page).await;
    let mut fields: Vec<(&str, String)> = vec![
        ("revision", revision(&form)),
        ("mac", devices[0].mac.to_string()),
        ("display_name", "Lobby".into()),
        ("model", "420HD".into()),
        ("user", "maria.ortiz".into()),
        ("region", to.clone()),
        ("language", "German".into()),
        ("vlan_mode", "manual".into()),
        ("vlan_id", "4096".into()),
        ("enabled", "yes".into()),
    ];
    let send = async |browser: &mut Browser<'_>, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(&page, &fields).await
    };
    let refused = send(&mut browser, &fields).await;
    assert!(
        refused.status == 422
            && refused.text().contains("id=\"vlan_id-wrong\"")
            && refused.text().contains("value=\"Lobby\"")
    );
    fields[8].1 = "42".into();
    fields[4].1 = "nobody".into();
    let refused = send(&mut browser, &fields).await;
    assert!(refused.status == 422 && refused.text().contains("id=\"user-wrong\""), "{}", refused.text());
    fields[4].1 = "MARIA.ortiz".into();
    let saved = send(&mut browser, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let device = root.read(&format!("/devices/{}", devices[0].id)).await;
    assert_eq!(
        (&device["display_name"], &device["model"], &device["language"]),
        (&json!("Lobby"), &json!("420HD"), &json!("German"))
    );
    assert_eq!(device["vlan"], json!({ "mode": "manual", "id": 42, "priority": null }), "{device}");

    let page = format!("/ipp/users/{}/delete", user.id);
    let asked = browser.read(&page).await;
    assert!(asked.contains("The user and 2 devices are deleted: ") && asked.contains("leave"), "{asked}");
    assert_eq!(browser.submit(&page, &[]).await.header("location"), Some("/ipp/users"));
    assert_eq!(root.get(&format!("/devices/{}", devices[1].id)).await.status, 404);
    world.stop().await;
}

/// MUL-01, MUL-02, MUL-07 to MUL-12, MUL-16, MUL-24: many users are moved, given passwords and deleted, and
/// their phones told, by ticks or all that match; only those that may be seen are reached.
#[tokio::test]
async fn mul_07_many_users_at_once() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    let mut ids = Vec::new();
    for (number, region) in [(1, &north), (2, &north), (3, &south)] {
        let user = world.user(&format!("user-{number}"), region, None).await;
        world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
        world.device(&Phone::new(phone(number + 10, Kind::Generic)), &user).await;
        ids.push(user.id.to_string());
    }
    let mut browser = Browser::of(&world, &root);
    let list = browser.read("/ipp/users").await;
    for action in [
        "Set Users Region",
        "Reset Users Passwords",
        "Delete Users",
        "Restart Devices",
        "Generate IP Phones Configuration Files",
        "Update Configuration",
        "Send Message",
    ] {
        assert!(list.contains(&format!(">{action}</button>")), "{action}");
    }
    let two = [("user", &*ids[0]), ("user", &*ids[1])];
    let with = |more: &[(&'static str, &'static str)]| [&two[..], more].concat();
    let asked = browser.submit("/ipp/actions/message", &two).await;
    assert!(asked.text().contains("This is about 4 devices in one region."), "MUL-20: {}", asked.text());
    let told = browser
        .submit(
            "/ipp/actions/message",
            &with(&[
                ("confirmed", "yes"),
                ("text", "Hello"),
                ("seconds", "9"),
                ("batch", "1"),
                ("pause", "60"),
            ]),
        )
        .await;
    assert_eq!(told.status, 303, "{}", told.text());
    assert_eq!(root.read("/jobs").await["items"][0]["total"], 4);

    let asked = browser.submit("/ipp/user-actions/passwords", &two).await;
    assert!(
        asked.text().contains("This is about 2 users.") && asked.text().contains("takes effect after"),
        "MUL-11"
    );
    let reset =
        browser.submit("/ipp/user-actions/passwords", &with(&[("confirmed", "yes"), ("same", "")])).await;
    assert!(reset.text().contains("Done: 2"), "{}", reset.text());

    let to = south.id.to_string();
    let all = [("user_filter", "q=user"), ("confirmed", "yes"), ("region", &*to)];
    let moved = browser.submit("/ipp/user-actions/region", &all).await;
    assert!(
        moved.text().contains("Done: 2") && moved.text().contains("Left as they were: 1"),
        "{}",
        moved.text()
    );

    let nora = root.account("nora", "operator", json!({ "only": [north.id.to_string()] })).await;
    let mut nora = Browser::of(&world, &nora);
    let hidden = nora.submit("/ipp/user-actions/delete", &with(&[("confirmed", "yes")])).await;
    assert!(hidden.status == 403 || hidden.text().contains("Failed: 2"), "MUL-24: {}", hidden.text());
    assert_eq!(root.read("/users").await["items"].as_array().unwrap().len(), 3);

    let deleted = browser.submit("/ipp/user-actions/delete", &with(&[("confirmed", "yes")])).await;
    assert!(deleted.text().contains("Done: 2"), "{}", deleted.text());
    assert_eq!(root.read("/devices").await["items"].as_array().unwrap().len(), 2, "AMB-19");
    assert_eq!(browser.submit("/ipp/user-actions/delete", &[]).await.status, 422);
    world.stop().await;
}

/// CSV-01, CSV-09, CSV-14, CSV-16, AMB-74: a file is checked before it is imported, every fault is named with
/// its line and column, and nothing of a file with faults is imported unless that is asked for.
#[tokio::test]
async fn csv_14_a_file_is_checked_and_imported() {
    let world = World::administered().await;
    let root = world.root().await;
    world.region("Berlin", |_| {}).await;
    let mut browser = Browser::of(&world, &root);
    let page = browser.read("/ipp/csv").await;
    for part in ["multipart/form-data", "type=\"file\"", "/api/v1/csv/export\"", "with_passwords=true"] {
        assert!(page.contains(part), "{part}");
    }
    let head = "Name,Password,Display Name,Region,Device 1 Display Name,Device 1 MAC Address,Device 1 IP Phone Model\n";
    let good = "maria,secret-word,Maria,Berlin,Desk,00908f4abc01,430HD\n";
    let bad = "paul,x,Paul,Atlantis,Desk,00908f4abc02,430HD\n";
    let file = format!("{head}{good}{bad}");
    let checked = browser.upload("/ipp/csv", &[("do", "check")], &file).await;
    let text = checked.text();
    assert_eq!(checked.status, 200, "{text}");
    assert!(
        text.contains("The file was checked. Nothing was imported.") && text.contains("Atlantis"),
        "{text}"
    );
    assert!(text.contains("<td class=\"number\">3</td>") && text.contains("<td>Region</td>"), "{text}");
    assert!(!text.contains("secret-word"), "nothing of a password comes back");
    let refused = browser.upload("/ipp/csv", &[("do", "import")], &file).await;
    assert!(
        refused.status == 422 && refused.text().contains("Nothing was imported: 1 of 2 rows have faults.")
    );
    assert!(root.read("/devices").await["items"].as_array().unwrap().is_empty());
    let imported = browser.upload("/ipp/csv", &[("do", "import"), ("mode", "skip_bad_rows")], &file).await;
    assert!(
        imported.status == 200 && imported.text().contains("The file was imported."),
        "{}",
        imported.text()
    );
    assert_eq!(root.read("/devices").await["items"][0]["mac"], "00908f4abc01");
    let none = browser.upload("/ipp/csv", &[("do", "import")], "").await;
    assert!(none.status == 422 && none.text().contains("Choose a file first."), "{}", none.text());
    let nonsense = browser.upload("/ipp/csv", &[("do", "import")], "\u{0}\u{1}").await;
    assert!(nonsense.status == 422 && nonsense.text().contains("id=\"wrong\""), "{}", nonsense.text());
    world.stop().await;
}
