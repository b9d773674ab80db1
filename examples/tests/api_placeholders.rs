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

/// Sets what may be set.
async fn put(client: &Client<'_>, scope: &str, name: &str, body: Value) -> Value {
    let answer = client.send("PUT", &format!("/placeholders/{scope}/{name}"), &body).await;
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
        root.delete(&format!("/placeholders/{scope}/Version")).await;
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

    let clash =
        root.send("POST", &format!("/placeholders/{from}/Version/move"), &json!({ "to": south })).await;
    assert_eq!(clash.status, 409, "AMB-11");
    let moved =
        root.send("POST", &format!("/placeholders/{from}/TimeZoneName/move"), &json!({ "to": south })).await;
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
    assert_eq!(root.send("DELETE", "/models/430HD", &Value::Null).await.status, 409, "its template is there");
    assert_eq!(root.send("PUT", "/models/a%20b", &json!({ "title": "x" })).await.status, 404);
    world.stop().await;
}
