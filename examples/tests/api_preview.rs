//! The REST API end to end: what edits would do to the fleet, before any of them is saved.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, api::Client, phone};
use ipp_core::{catalog::SharedScope, region::Region};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::{Value, json};

/// Two phones in the north, and one in a region that must never be told of, all with current files.
struct Office<'w> {
    world: &'w World,
    root: Client<'w>,
    north: Region,
    south: Region,
    phones: Vec<Phone>,
    ids: Vec<String>,
}

impl<'w> Office<'w> {
    async fn new(world: &'w World) -> Self {
        let root = world.root().await;
        let north = world.region("North", |_| {}).await;
        let south = world.region("canary-south", |_| {}).await;
        world.set(SharedScope::Region(south.id), "DisplayCanary", Some("canary-value")).await;
        world.set(SharedScope::System, "IPPhonePassword", Some("hush-system")).await;
        let (mut phones, mut ids) = (Vec::new(), Vec::new());
        for (number, region) in [(1, &north), (2, &north), (3, &south)] {
            let name =
                if region.id == south.id { "canary-user" } else { ["anna", "bert"][number as usize - 1] };
            let user = world.user(name, region, Some(&format!("hush-{name}"))).await;
            let mut entered = Phone::new(phone(number, Kind::Generic));
            ids.push(world.device(&entered, &user).await.id.to_string());
            entered.boot(&world.region_url(region)).await.unwrap();
            phones.push(entered);
        }
        Self { world, root, north, south, phones, ids }
    }

    /// Publishes what is stale, as an administrator does.
    async fn generate(&self) -> Value {
        self.root.post("/devices/generate", &json!({ "filter": {} })).await
    }

    /// The configuration that a phone has after it has fetched its file.
    async fn fetched(&mut self, at: usize, key: &str) -> Option<String> {
        let url = self.world.region_url(if at < 2 { &self.north } else { &self.south });
        self.phones[at].boot(&url).await.unwrap();
        self.phones[at].config().get(key).cloned()
    }
}

fn placeholder(scope: &str, name: &str, value: impl Into<Value>) -> Value {
    json!({ "placeholder": { "scope": scope, "name": name, "value": value.into() } })
}

fn counts(preview: &Value) -> [u64; 4] {
    ["considered", "changed", "unchanged", "failing"].map(|count| preview[count].as_u64().unwrap())
}

/// TPL-41, TPL-47, PLH-30, MDV-19, A32, C7: what an edit would do to the fleet is told before it is saved,
/// grouped by what differs, and saving and generating then does exactly that.
#[tokio::test]
async fn tpl_41_an_edit_is_seen_over_the_fleet_before_it_is_saved() {
    let world = World::administered().await;
    let mut office = Office::new(&world).await;
    let root = office.root.clone();
    let nothing = root.post("/preview", &json!({})).await;
    assert_eq!(counts(&nothing), [3, 0, 3, 0], "{nothing}");
    assert_eq!((&nothing["groups"], &nothing["shared"]), (&json!([]), &json!([])));

    let north = format!("region:{}", office.north.id);
    let edits = json!([
        placeholder("system", "VLANPriority", "5"),
        placeholder(&north, "VLANPriority", "6"),
        placeholder(&north, "IPPhonePassword", "hush-north"),
    ]);
    let preview = root.post("/preview", &json!({ "edits": edits })).await;
    assert_eq!(counts(&preview), [3, 3, 0, 0], "{preview}");
    let groups = preview["groups"].as_array().unwrap();
    let phones: Vec<_> = groups.iter().map(|group| group["phones"].as_u64().unwrap()).collect();
    assert_eq!(phones, [2, 1], "{preview}");
    let of_north = groups[0]["changes"].as_array().unwrap();
    let changed = |key: &str| of_north.iter().find(|change| change["key"] == key).unwrap();
    let priority = changed("network/lan/vlan/priority");
    assert_eq!(priority["before"], "network/lan/vlan/priority=0");
    assert_eq!(
        (&priority["after"], &priority["secret"]),
        (&json!("network/lan/vlan/priority=6"), &json!(false))
    );
    let password = changed("system/password");
    assert_eq!(
        (&password["before"], &password["after"], &password["secret"]),
        (&json!("system/password=********"), &json!("system/password=********"), &json!(true))
    );
    assert!(!preview.to_string().contains("hush"), "{preview}");
    assert_eq!(root.post("/preview", &json!({})).await, nothing, "nothing was saved");
    assert_eq!(root.get(&format!("/placeholders/{north}/VLANPriority")).await.status, 404);

    // The phones of a group, in pages.
    let mut page = json!({ "preview": { "edits": edits }, "group": groups[0]["id"], "limit": 1 });
    let mut found = Vec::new();
    loop {
        let answer = root.post("/preview/phones", &page).await;
        found.extend(
            answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        match answer.get("next") {
            Some(next) => page["after"] = next.clone(),
            None => break,
        }
    }
    assert_eq!(found, office.ids[..2]);

    // Saved, it is what *Generate* would change; generated, nothing differs any more.
    for (scope, name, value) in [
        ("system", "VLANPriority", "5"),
        (&north, "VLANPriority", "6"),
        (&north, "IPPhonePassword", "hush-north"),
    ] {
        let path = format!("/placeholders/{scope}/{name}");
        let there = root.get(&path).await.status == 200;
        let client = if there { root.knowing(&path).await } else { root.clone() };
        assert_eq!(client.send("PUT", &path, &json!({ "value": value })).await.status, 200);
    }
    let stale = root.post("/preview", &json!({})).await;
    assert_eq!(stale["groups"], preview["groups"], "exactly the stale list");
    let alone = root.post("/preview", &json!({ "against": "saved", "edits": edits })).await;
    assert_eq!(counts(&alone), [3, 0, 3, 0], "what is saved already changes nothing");
    let some = root.post("/preview", &json!({ "devices": { "ids": [office.ids[0]] } })).await;
    assert_eq!(counts(&some), [1, 1, 0, 0]);
    let some = json!({ "devices": { "filter": { "region": [office.south.id.to_string()] } } });
    assert_eq!(counts(&root.post("/preview", &some).await), [1, 1, 0, 0]);
    assert_eq!(office.generate().await["done"], 3);
    assert_eq!(counts(&root.post("/preview", &json!({})).await), [3, 0, 3, 0], "C7");
    assert_eq!(office.fetched(0, "network/lan/vlan/priority").await.as_deref(), Some("6"));
    assert_eq!(office.fetched(2, "network/lan/vlan/priority").await.as_deref(), Some("5"));
    world.stop().await;
}

/// TPL-36, PLH-33, SYS-21, C40: every kind of edit; one that cannot be saved is refused at its place, and
/// files that cannot be made are told with line and placeholder.
#[tokio::test]
async fn plh_33_what_would_fail_is_told_with_its_place() {
    let world = World::administered().await;
    let office = Office::new(&world).await;
    let root = &office.root;
    let template = world.template_of(&office.north, "430HD");
    let (id, document) =
        (template.id.to_string(), String::from_utf8(template.document.bytes().to_vec()).unwrap());
    let broken = document.replacen("]]></data>", "\nx=%ITCS_Missing%\n]]></data>", 2);
    let preview =
        root.post("/preview", &json!({ "edits": [{ "template": { "id": id, "document": broken } }] })).await;
    assert_eq!(counts(&preview), [3, 0, 0, 3], "{preview}");
    let failure = &preview["failures"][0];
    assert_eq!((&failure["placeholder"], &failure["phones"]), (&json!("Missing"), &json!(3)));
    assert!(failure["line"].as_u64().is_some_and(|line| line > 10), "{failure}");

    let firmware = root.post("/firmware", &json!({ "name": "other.img", "model": "430HD" })).await;
    let north = office.north.id.to_string();
    let kinds = [
        (json!({ "settings": { "language": "German" } }), 3),
        (json!({ "ldap": { "active": true, "password": "hush-ldap" } }), 3),
        (json!({ "region": { "id": north, "changes": { "lines": ["extra/line=1"] } } }), 2),
        (json!({ "region": { "id": north, "changes": { "firmware": { "430HD": firmware["id"] } } } }), 2),
        (json!({ "template": { "id": id, "changes": { "description": "in no file" } } }), 0),
        (
            json!({ "devices": { "devices": { "ids": [office.ids[0]] }, "changes": { "language": "Polish", "vlan": { "id": 7 } } } }),
            1,
        ),
        (json!({ "devices": { "devices": { "filter": {} }, "changes": { "display_name": "Desk" } } }), 3),
        (
            json!({ "device_placeholder": { "devices": { "ids": [office.ids[1]] }, "name": "VLANPriority", "value": "1" } }),
            1,
        ),
    ];
    for (edit, changed) in kinds {
        let preview = root.post("/preview", &json!({ "edits": [edit] })).await;
        assert_eq!(preview["changed"], changed, "{edit}: {preview}");
        assert!(!preview.to_string().contains("hush"));
    }

    let refused = [
        (json!([placeholder("system", "ServerIP", "1")]), 422, "/edits/0/placeholder"),
        (json!([placeholder("system", "Version", "a\nb")]), 422, "/edits/0/placeholder/value"),
        (
            json!([{ "placeholder": { "scope": "system", "name": "Version" } }]),
            422,
            "/edits/0/placeholder/value",
        ),
        (json!([placeholder("system", "Version", Value::Null)]), 404, "/edits/0/placeholder"),
        (json!([placeholder("elsewhere", "Version", "1")]), 422, "/edits/0/placeholder/scope"),
        (json!([{ "settings": { "keep_alive_minutes": 0 } }]), 422, "/edits/0/settings"),
        (json!([{ "settings": { "time_zone": "a\nb" } }]), 422, "/edits/0/settings/time_zone"),
        (json!([{ "settings": { "tiem_zone": "x" } }]), 422, "/edits/0/settings/tiem_zone"),
        (
            json!([{ "settings": {} }, { "region": { "id": north, "changes": { "name": "a/b" } } }]),
            422,
            "/edits/1/region/changes/name",
        ),
        (json!([{ "template": { "id": id, "document": "<a>" } }]), 422, "/edits/0/template"),
        (json!([{ "template": { "id": north, "document": document } }]), 404, "/edits/0/template"),
        (json!([{ "devices": { "devices": { "ids": [north] }, "changes": {} } }]), 404, "/edits/0/devices"),
        (
            json!([{ "devices": { "devices": { "filter": {} }, "changes": { "vlan": { "id": 5000 } } } }]),
            422,
            "/edits/0/devices/changes/vlan/id",
        ),
        (json!([{ "devices": { "devices": {}, "changes": {} } }]), 422, "/edits/0/devices/devices/ids"),
        (
            json!([{ "devices": { "devices": { "filter": {} }, "changes": { "model": "999HD" } } }]),
            422,
            "/edits/0/devices",
        ),
        (json!([{ "nothing": {} }]), 422, "/edits/0"),
    ];
    for (edits, status, pointer) in refused {
        let answer = root.send("POST", "/preview", &json!({ "edits": edits })).await;
        assert_eq!(
            (answer.status, &answer.json()["pointer"]),
            (status, &json!(pointer)),
            "{edits}: {}",
            answer.text()
        );
    }
    let unknown = json!({ "preview": {}, "group": "x" });
    let unknown = root.send("POST", "/preview/phones", &unknown).await;
    assert_eq!((unknown.status, &unknown.json()["pointer"]), (422, &json!("/group")));
    world.stop().await;
}

/// SEC-13, SEC-20, A19, A32: a preview needs the right to save each of its edits; an operator sees its own
/// regions alone, and nothing tells of others.
#[tokio::test]
async fn sec_13_a_preview_tells_nothing_of_other_regions() {
    let world = World::administered().await;
    let office = Office::new(&world).await;
    let (north, south) = (format!("region:{}", office.north.id), format!("region:{}", office.south.id));
    let nora =
        office.root.account("nora", "operator", json!({ "only": [office.north.id.to_string()] })).await;
    let mona =
        office.root.account("mona", "monitoring", json!({ "only": [office.north.id.to_string()] })).await;
    let template = world.template_of(&office.north, "430HD").id.to_string();
    let hidden = office.ids[2].clone();
    let devices =
        |ids: Value, changes: Value| json!({ "devices": { "devices": { "ids": ids }, "changes": changes } });
    let refused = [
        (placeholder("system", "VLANPriority", "1"), 403),
        (placeholder(&north, "IPPhonePassword", "1"), 403),
        (placeholder(&south, "VLANPriority", "1"), 404),
        (json!({ "settings": { "language": "German" } }), 403),
        (json!({ "ldap": { "password": "x" } }), 403),
        (json!({ "region": { "id": office.north.id.to_string(), "changes": { "lines": [] } } }), 403),
        (json!({ "region": { "id": office.south.id.to_string(), "changes": { "lines": [] } } }), 404),
        (json!({ "template": { "id": template, "changes": { "default": true } } }), 403),
        (devices(json!([office.ids[0]]), json!({ "lines": ["a=1"] })), 403),
        (devices(json!([hidden]), json!({ "language": "German" })), 404),
        (devices(json!([office.ids[0]]), json!({ "region": office.south.id.to_string() })), 404),
    ];
    for (edit, status) in refused {
        for (who, status) in [(&nora, status), (&mona, status)] {
            let answer = who.send("POST", "/preview", &json!({ "edits": [edit] })).await;
            let refused = answer.status == status || answer.status == 403;
            assert!(refused, "{edit}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains("canary"), "{}", answer.text());
        }
    }
    let may = json!({ "edits": [placeholder(&north, "VLANPriority", "1")] });
    assert_eq!(mona.send("POST", "/preview", &may).await.status, 403);

    // An edit of the system by somebody else concerns all regions.
    world.set(SharedScope::System, "VLANPriority", Some("9")).await;
    for (who, request, expected) in [
        (&mona, json!({}), [2, 2, 0, 0]),
        (&nora, may.clone(), [2, 2, 0, 0]),
        (&nora, json!({ "devices": { "ids": [office.ids[0], hidden] } }), [1, 1, 0, 0]),
        (
            &nora,
            json!({ "devices": { "filter": { "region": [office.south.id.to_string()] } } }),
            [0, 0, 0, 0],
        ),
        (
            &nora,
            json!({ "edits": [devices(json!([office.ids[0]]), json!({ "language": "German" }))] }),
            [2, 2, 0, 0],
        ),
    ] {
        let answer = who.send("POST", "/preview", &request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(counts(&answer.json()), expected, "{request}");
        for secret in ["canary", "hush", &hidden, &office.south.id.to_string()] {
            assert!(!answer.text().contains(secret), "{secret}: {}", answer.text());
        }
        for group in answer.json()["groups"].as_array().unwrap() {
            let page = json!({ "preview": request, "group": group["id"] });
            let page = who.post("/preview/phones", &page).await.to_string();
            assert!(!page.contains(&hidden), "{page}");
        }
    }
    assert_eq!(Client::anonymous(&world).send("POST", "/preview", &json!({})).await.status, 401);
    world.stop().await;
}

/// MDV-19, A32, SEC-13: what was generated in one go is a run with its time, actor and counts; it can be
/// taken back as a whole, and phones get the files that they had before.
#[tokio::test]
async fn a32_a_run_is_taken_back() {
    let world = World::administered().await;
    let mut office = Office::new(&world).await;
    let root = office.root.clone();
    assert_eq!(office.generate().await.get("run"), None, "there is nothing to do");
    let before = root.read("/runs").await["items"].as_array().unwrap().len();
    world.set(SharedScope::System, "VLANPriority", Some("5")).await;
    let generated = office.generate().await;
    let run = generated["run"].as_str().unwrap().to_owned();
    assert_eq!(office.fetched(0, "network/lan/vlan/priority").await.as_deref(), Some("5"));

    let runs = root.read("/runs?limit=1").await;
    let listed = runs["items"][0].clone();
    assert_eq!((&listed["id"], &listed["actor"]), (&json!(run), &json!("acladmin")));
    assert_eq!((&listed["published"], &listed["failed"]), (&json!(3), &json!(0)));
    assert!(listed["began_at"].as_str().unwrap() <= listed["last_at"].as_str().unwrap());
    assert_eq!(root.read(&format!("/runs/{run}")).await, listed);
    let rest = match runs.get("next") {
        Some(next) => root.read(&format!("/runs?after={}", next.as_str().unwrap())).await,
        None => json!({ "items": [] }),
    };
    assert_eq!(rest["items"].as_array().unwrap().len(), before);

    let path = format!("/runs/{run}/revert");
    let nora = root.account("nora", "operator", json!({ "only": [office.north.id.to_string()] })).await;
    let mona = root.account("mona", "monitoring", json!("all")).await;
    assert_eq!(nora.read("/runs").await["items"], json!([]), "of others");
    assert_eq!(nora.get(&format!("/runs/{run}")).await.status, 404);
    assert_eq!(nora.send("POST", &path, &json!({})).await.status, 404);
    assert_eq!(mona.send("POST", &path, &json!({})).await.status, 403);
    let wrong = root.send("POST", &path, &json!({ "after": "x" })).await;
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/after")));

    let reverted = root.post(&path, &json!({})).await;
    assert_eq!((&reverted["done"], &reverted["failed"], reverted.get("next")), (&json!(3), &json!(0), None));
    assert_eq!(office.fetched(0, "network/lan/vlan/priority").await.as_deref(), Some("0"));
    assert_eq!(office.fetched(2, "network/lan/vlan/priority").await.as_deref(), Some("0"));
    assert_eq!(root.post(&path, &json!({})).await["items"], json!([]), "there is nothing more to take back");
    let audit = root.read("/audit?action=run.revert").await;
    let entry = &audit["items"][0];
    assert_eq!((&entry["phones"], audit["items"].as_array().unwrap().len()), (&json!(3), 1), "{audit}");
    // The preview tells what is taken back: the value is still saved.
    assert_eq!(counts(&root.post("/preview", &json!({})).await), [3, 3, 0, 0]);

    // An operator takes back what it generated where it sees.
    let own = nora.post("/devices/generate", &json!({ "filter": {} })).await;
    assert_eq!(own["done"], 2);
    let listed = nora.read("/runs").await;
    assert_eq!(listed["items"][0]["id"], own["run"]);
    assert!(!listed.to_string().contains("canary"));
    let path = format!("/runs/{}/revert", own["run"].as_str().unwrap());
    let reverted = nora.post(&path, &json!({})).await;
    assert_eq!(reverted["done"], 2);
    assert!(!reverted.to_string().contains(&office.ids[2]));
    world.stop().await;
}
