//! The REST API end to end: phone models, and placeholders of the system, of models and of regions.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, api::Client, phone};
use ipp_examples::fleet::{Kind, Phone};
use serde_json::{Value, json};

async fn region(root: &Client<'_>, name: &str) -> String {
    root.post("/regions", &json!({ "name": name })).await["id"].as_str().unwrap().to_owned()
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap()
}

/// Sets what may be set, as one who has seen what is there.
async fn put(client: &Client<'_>, scope: &str, name: &str, body: Value) -> Value {
    let path = format!("/placeholders/{scope}/{name}");
    let client =
        if client.get(&path).await.status == 200 { client.knowing(&path).await } else { client.clone() };
    let answer = client.send("PUT", &path, &body).await;
    assert_eq!(answer.status, 200, "{scope} {name}: {}", answer.text());
    answer.json()
}

/// PLH-07 to PLH-11, PLH-13, PLH-16 to PLH-18, AMB-10, AMB-12: three scopes, each with its values; taking
/// one out inherits again, and the empty text is a value.
#[tokio::test]
async fn plh_07_each_scope_has_its_values() {
    let world = World::administered().await;
    let root = world.root().await;
    let berlin = region(&root, "Berlin").await;
    let builtin = root.read("/placeholders/builtin").await;
    let voice_mail = named(&builtin, "MwiVmNumber");
    assert_eq!((&voice_mail["applies"], &voice_mail["of_settings"]), (&json!("generic"), &json!(true)));
    assert_eq!(named(&builtin, "IPPhoneUsername")["default"], "admin", "PLH-11");
    assert_eq!(named(&builtin, "ServerIP")["settable"], "nobody");

    let values = root.read("/placeholders/values").await;
    assert_eq!(named(&values, "MwiVmNumber")["value"], "1000", "PLH-13");
    assert_eq!(
        named(&values, "SipDigitMap"),
        &json!({ "name": "SipDigitMap", "value": "", "state": "default" })
    );
    put(&root, "system", "SipDigitMap", json!({ "value": "x.T", "description": "ours" })).await;
    let values = root.read("/placeholders/values").await;
    assert_eq!(named(&values, "SipDigitMap")["state"], "defined", "AMB-10");

    let region_scope = format!("region:{berlin}");
    for scope in ["model:430HD", &region_scope] {
        let made = put(&root, scope, "Version", json!({ "value": "7", "new": true })).await;
        assert_eq!(made["value"], "7");
        let again = json!({ "value": "8", "new": true });
        let again = root.send("PUT", &format!("/placeholders/{scope}/Version"), &again).await;
        assert_eq!(again.status, 409, "PLH-18");
        let noted = put(&root, scope, "Version", json!({ "description": "for people" })).await;
        assert_eq!((&noted["value"], &noted["description"]), (&json!("7"), &json!("for people")));
        put(&root, scope, "Version", json!({ "value": "" })).await;
        let list = root.read(&format!("/placeholders/{scope}")).await;
        assert_eq!(named(&list, "Version")["value"], "", "AMB-12");
        let path = format!("/placeholders/{scope}/Version");
        root.knowing(&path).await.delete(&path).await;
        assert_eq!(root.read(&format!("/placeholders/{scope}")).await, json!({ "items": [] }), "AMB-12");
        let absent = root.send("DELETE", &format!("/placeholders/{scope}/Version"), &Value::Null).await;
        assert_eq!(absent.status, 404);
    }
    let refused = [
        ("system", "MwiVmNumber", json!({ "value": "1" }), 422),
        ("system", "ServerIP", json!({ "value": "1" }), 422),
        ("system", "Version", json!({ "value": "a\nb" }), 422),
        ("system", "Version", json!({ "description": "alone" }), 422),
        ("system", "a b", json!({ "value": "1" }), 404),
        ("model:999", "Version", json!({ "value": "1" }), 404),
        ("elsewhere", "Version", json!({ "value": "1" }), 404),
    ];
    for (scope, name, body, status) in refused {
        let path = format!("/placeholders/{scope}/{}", name.replace(' ', "%20"));
        let answer = root.send("PUT", &path, &body).await;
        assert_eq!(answer.status, status, "PLH-34 {scope} {name}: {}", answer.text());
    }
    world.stop().await;
}

/// PLH-31, A12, SEC-13: operators set what their regions set, and no name that redirects trust.
#[tokio::test]
async fn plh_31_operators_set_placeholders_of_their_regions() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let nora = root.account("nora", "operator", json!({ "only": [north] })).await;
    let mona = root.account("mona", "monitoring", json!({ "only": [north] })).await;
    let (own, hidden) = (format!("region:{north}"), format!("region:{south}"));
    put(&nora, &own, "DayLightActivate", json!({ "value": "Enable" })).await;
    let value = json!({ "value": "x" });
    for (scope, name, status) in [
        (own.as_str(), "IPPhonePassword", 403),
        (own.as_str(), "FirmwareFile", 403),
        ("system", "Version", 403),
        ("model:430HD", "Version", 403),
        (hidden.as_str(), "Version", 404),
    ] {
        let answer = nora.send("PUT", &format!("/placeholders/{scope}/{name}"), &value).await;
        assert_eq!(answer.status, status, "{scope} {name}");
    }
    assert_eq!(mona.read(&format!("/placeholders/{own}")).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(mona.send("PUT", &format!("/placeholders/{own}/Version"), &value).await.status, 403);
    let absent = nora.get("/placeholders/region:01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert_eq!(nora.get(&format!("/placeholders/{hidden}")).await.timeless(), absent.timeless());

    put(&root, &hidden, "Version", json!({ "value": "secret south" })).await;
    let seen = nora.read("/placeholders/usage/Version").await;
    assert_eq!(seen["scopes"], json!([]), "SEC-13");
    let usage = root.read("/placeholders/usage/MwiVmNumber").await;
    let templates = usage["templates"].as_array().unwrap();
    assert_eq!(templates.len(), 4, "the templates that are not for Lync");
    assert!(templates.iter().all(|template| template["lines"].as_array().unwrap().len() == 1));
    assert_eq!(root.read("/placeholders/usage/Version").await["scopes"], json!([hidden]));
    world.stop().await;
}

/// AMB-11: what one region sets is moved or copied to another; secrets are sealed anew and never shown.
#[tokio::test]
async fn amb_11_placeholders_are_moved_and_copied_between_regions() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let (from, to) = (format!("region:{north}"), format!("region:{south}"));
    put(&root, &from, "Version", json!({ "value": "north" })).await;
    put(&root, &from, "TimeZoneName", json!({ "value": "CET", "description": "winter" })).await;
    let secret = put(&root, &from, "IPPhonePassword", json!({ "value": "hidden-4711" })).await;
    assert_eq!((&secret["value"], &secret["secret"]), (&Value::Null, &json!(true)));
    put(&root, &to, "Version", json!({ "value": "south" })).await;

    let moving = async |name: &str| {
        let path = format!("/placeholders/{from}/{name}");
        root.knowing(&path).await.send("POST", &format!("{path}/move"), &json!({ "to": south })).await
    };
    assert_eq!(moving("Version").await.status, 409, "AMB-11");
    let moved = moving("TimeZoneName").await;
    assert_eq!(moved.status, 204, "{}", moved.text());
    assert_eq!(
        named(&root.read(&format!("/placeholders/{to}")).await, "TimeZoneName")["description"],
        "winter"
    );

    let nora = root.account("nora", "operator", json!({ "only": [north, south] })).await;
    let copy = format!("/regions/{north}/copy-placeholders");
    let done = nora.post(&copy, &json!({ "to": south })).await;
    assert_eq!(done["copied"], json!([]), "{done}");
    assert_eq!(done["left"].as_array().unwrap().len(), 2, "one is taken, the other is an administrator's");
    let done = root.post(&copy, &json!({ "to": south, "overwrite": true })).await;
    assert_eq!(done["copied"], json!(["IPPhonePassword", "Version"]));
    let list = root.read(&format!("/placeholders/{to}")).await;
    assert_eq!(named(&list, "Version")["value"], "north");
    assert!(!list.to_string().contains("hidden-4711"));
    let audit = root.read("/audit?action=placeholder.&limit=100").await.to_string();
    assert!(audit.contains("placeholder.copy") && !audit.contains("hidden-4711"));

    let region = world.app().snapshot().catalog.region_called("South").unwrap().clone();
    let user = world.user("1002", &region, Some("sip-1002")).await;
    let mut entered = Phone::new(phone(2, Kind::Generic));
    world.device(&entered, &user).await;
    entered.boot(&world.region_url(&region)).await.unwrap();
    assert_eq!(entered.config()["system/password"], "hidden-4711", "sealed anew for its region");
    world.stop().await;
}

/// C38, PLH-20, PLH-21: an edit of a placeholder names the version that it was made from. Who comes second
/// is refused and gets what stands now; one that is taken out and set again is another one.
#[tokio::test]
async fn c38_the_second_edit_of_a_placeholder_is_refused() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let path = format!("/placeholders/region:{north}/Version");
    let value = |text: &str| json!({ "value": text });
    let made = root.send("PUT", &path, &value("1")).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let tag = made.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", made.json()["revision"]));
    for (method, tail, body) in
        [("PUT", "", value("2")), ("DELETE", "", Value::Null), ("POST", "/move", json!({ "to": south }))]
    {
        let unknowing = root.send(method, &format!("{path}{tail}"), &body).await;
        assert_eq!(unknowing.status, 428, "{method} {tail}: {}", unknowing.text());
    }

    let (first, second) = (root.knowing(&path).await, root.knowing(&path).await);
    let changed = first.send("PUT", &path, &value("first")).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag").unwrap(), tag);
    for (method, tail, body) in [
        ("PUT", "", value("second")),
        ("PUT", "", json!({ "description": "second" })),
        ("DELETE", "", Value::Null),
        ("POST", "/move", json!({ "to": south })),
    ] {
        let late = second.send(method, &format!("{path}{tail}"), &body).await;
        assert_eq!(late.status, 412, "{method} {tail}: {}", late.text());
        assert_eq!(late.header("etag"), changed.header("etag"));
        assert_eq!(
            (&late.json()["current"]["value"], &late.json()["code"]),
            (&json!("first"), &json!("changed-meanwhile"))
        );
    }
    assert_eq!(root.read(&path).await["value"], "first");

    // Taken out and set to the same value again: whoever saw the former has not seen this one.
    let former = root.knowing(&path).await;
    former.delete(&path).await;
    for (method, body) in [("PUT", value("late")), ("DELETE", Value::Null)] {
        let gone = former.send(method, &path, &body).await;
        assert_eq!((gone.status, &gone.json()["current"]), (412, &Value::Null), "{method}");
    }
    put(&root, &format!("region:{north}"), "Version", value("first")).await;
    assert_eq!(former.send("PUT", &path, &value("late")).await.status, 412);
    assert_eq!(root.read(&path).await["value"], "first");

    // A secret is told neither to the first nor to the second.
    let secret = format!("/placeholders/region:{north}/IPPhonePassword");
    put(&root, &format!("region:{north}"), "IPPhonePassword", value("hidden-4711")).await;
    let stale = root.knowing(&secret).await;
    put(&root, &format!("region:{north}"), "IPPhonePassword", value("hidden-4712")).await;
    let late = stale.send("PUT", &secret, &value("hidden-4713")).await;
    assert_eq!((late.status, &late.json()["current"]["secret"]), (412, &json!(true)));
    assert!(!late.text().contains("hidden"), "{}", late.text());
    world.stop().await;
}

/// GEN-12, TPL-18: models are data; one in use stays.
#[tokio::test]
async fn gen_12_phone_models_are_added_and_deleted() {
    let world = World::administered().await;
    let root = world.root().await;
    assert_eq!(root.read("/models").await["items"].as_array().unwrap().len(), 7);
    let made = root.send("PUT", "/models/445HD", &json!({ "title": "AudioCodes 445HD" })).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["default_firmware"], "445HD.img");
    assert_eq!(root.send("PUT", "/models/445HD", &json!({ "title": "Other" })).await.status, 428);
    let knowing = root.knowing("/models/445HD").await;
    assert_eq!(knowing.send("PUT", "/models/445HD", &json!({ "title": "Other" })).await.status, 200);
    assert_eq!(knowing.send("PUT", "/models/445HD", &json!({ "title": "Late" })).await.status, 412);
    assert_eq!(root.read("/models/445HD").await["title"], "Other");
    let nora = root.account("nora", "operator", json!("all")).await;
    assert_eq!(nora.send("PUT", "/models/450HD", &json!({ "title": "x" })).await.status, 403);
    root.delete("/models/445HD").await;
    assert_eq!(root.get("/models/445HD").await.status, 404);
    assert_eq!(knowing.send("PUT", "/models/445HD", &json!({ "title": "Late" })).await.status, 412, "C38");
    assert_eq!(root.send("DELETE", "/models/430HD", &Value::Null).await.status, 409, "its template is there");
    assert_eq!(root.send("PUT", "/models/a%20b", &json!({ "title": "x" })).await.status, 404);
    world.stop().await;
}
