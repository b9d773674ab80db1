//! The REST API end to end: templates.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::{Path, PathBuf};

use common::{World, api::Client, fetch, last_url, phone};
use ipp_core::catalog::SharedScope;
use ipp_examples::fleet::{Fetched, Kind, Phone, SignIn, User};
use serde_json::{Value, json};

const XML: &str = "application/xml";

/// A template file in the vendor's form: our own always, the vendor's where the data beside the
/// repository, or in it, has it.
fn files() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vendor = "Audiocodes_430HD_GENERIC.template.xml";
    let candidates = [
        here.join("tests/fixtures/Workshop_430HD_GENERIC.template.xml"),
        here.join("tests/fixtures").join(vendor),
        here.join("../../shared/data").join(vendor),
    ];
    candidates.into_iter().filter(|file| file.exists()).collect()
}

/// The simplest template there can be, for the 430HD.
fn small(description: &str, global: &str, private: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<ipphonetamplate><type>audiocodes_430HD</type>\n\
         <description>{description}</description>\n\
         <file_config><type>global_file</type><name>{description}.global.cfg</name>\n\
         <data><![CDATA[{global}]]></data></file_config>\n\
         <file_config><type>file</type><name>%ITCS_mac%.cfg</name>\n\
         <data><![CDATA[include {description}.global.cfg\n{private}]]></data></file_config>\n\
         </ipphonetamplate>"
    )
}

async fn region(root: &Client<'_>, name: &str) -> String {
    root.post("/regions", &json!({ "name": name })).await["id"].as_str().unwrap().to_owned()
}

/// Uploads what must be possible.
async fn upload(root: &Client<'_>, query: &str, bytes: &[u8]) -> Value {
    let answer = root.send_file("POST", &format!("/templates?{query}"), XML, bytes).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.header("location").unwrap().starts_with("/api/v1/templates/"));
    answer.json()
}

fn path_of(saved: &Value) -> String {
    format!("/templates/{}", saved["template"]["id"].as_str().unwrap())
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap()
}

/// TPL-17, TPL-26, TPL-36, TPL-39, TPL-40, TPL-41, TPL-42, TPL-43, AMB-13: the life of an edit.
#[tokio::test]
async fn tpl_24_a_template_is_edited_generated_and_restored() {
    let world = World::administered().await;
    let root = world.root().await;
    let list = root.read("/templates").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 7, "TPL-17");
    let item = named(&list, "AudioCodes 430HD");
    assert_eq!(
        (&item["builtin"], &item["edited"], &item["default"]),
        (&json!(true), &json!(false), &json!(false))
    );
    assert_eq!(item["shared_part"], "current");
    let path = format!("/templates/{}", item["id"].as_str().unwrap());
    let document = format!("{path}/document");

    let file = root.get(&document).await;
    assert_eq!(file.header("content-type"), Some("application/xml"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    let disposition = file.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"AudioCodes 430HD.xml\""), "{disposition}");
    let factory = file.body.clone();
    let changed = file.text().replace("430HD</description>", "430HD, ours</description>");

    let unnamed = root.send_file("PUT", &document, XML, changed.as_bytes()).await;
    assert_eq!(unnamed.status, 428);
    let knowing = root.knowing(&path).await;
    let saved = knowing.send_file("PUT", &document, XML, changed.as_bytes()).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.json()["findings"], json!([]));
    let late = knowing.send_file("PUT", &document, XML, &factory).await;
    assert_eq!(late.status, 412, "C38");
    assert_eq!(late.json()["current"]["document"], changed, "what stands now, beside what was sent");
    assert_eq!(late.header("etag"), root.get(&path).await.header("etag"));
    let now = root.read(&path).await;
    assert_eq!((&now["edited"], &now["shared_part"]), (&json!(true), &json!("out_of_date")), "TPL-26");
    assert_eq!(root.get(&document).await.text(), changed, "AMB-13");

    root.send("POST", "/templates/publish", &json!({ "templates": [now["id"]] })).await;
    let published = root.read(&path).await;
    assert_eq!(published["shared_part"], "current", "TPL-43");

    let knowing = root.knowing(&path).await;
    let restored = knowing.send("POST", &format!("{path}/restore"), &Value::Null).await;
    assert_eq!(restored.status, 200, "{}", restored.text());
    assert_eq!(restored.json()["template"]["edited"], false, "TPL-37");
    assert_eq!(root.get(&document).await.body, factory, "TPL-36");
    let refused = root.send("DELETE", &path, &Value::Null).await;
    assert_eq!(refused.status, 409, "TPL-45");
    world.stop().await;
}

/// TPL-08, TPL-10, TPL-12, TPL-14, TPL-45, AMB-02, AMB-03: defaults, clones and what may be deleted.
#[tokio::test]
async fn tpl_10_a_second_default_takes_the_mark() {
    let world = World::administered().await;
    let root = world.root().await;
    let berlin = region(&root, "Berlin").await;
    let xml = small("First", "a=1", "b=2");
    let first =
        upload(&root, &format!("region={berlin}&default=true&description=ours"), xml.as_bytes()).await;
    assert_eq!(first["template"]["default"], true);
    assert_eq!(first["template"]["shared_part"], "current", "a default is published at once");
    assert_eq!(first["template"]["description"], "ours");
    let nowhere = root.send_file("POST", "/templates?default=true&name=X", XML, xml.as_bytes()).await;
    assert_eq!(nowhere.status, 422, "AMB-03");
    let taken = root.send_file("POST", "/templates", XML, xml.as_bytes()).await;
    assert_eq!(taken.status, 409, "TPL-04");

    let from = path_of(&first);
    let copy = json!({ "name": "Second", "region": berlin, "default": true });
    let second = root.post(&format!("{from}/clone"), &copy).await;
    assert_eq!(second["warnings"][0]["code"], "default-replaced");
    assert!(second["warnings"][0]["detail"].as_str().unwrap().contains("First"), "AMB-02");
    let list = root.read("/templates").await;
    assert_eq!(named(&list, "First")["default"], false, "nothing is lost");
    assert_eq!(named(&list, "Second")["default"], true, "TPL-12");
    let document = root.get(&format!("{}/document", path_of(&second))).await;
    assert_eq!(document.text(), xml, "TPL-14");

    let lync = json!({ "name": "Third", "region": berlin, "model": "430HD_LYNC" });
    let third = root.post(&format!("{from}/clone"), &lync).await;
    assert_eq!(third["template"]["model"], "430HD_LYNC");
    assert_eq!(third["warnings"][0]["code"], "not-a-lync-template", "TPL-14");
    root.delete(&path_of(&third)).await;

    let marked = root.patch(&from, &json!({ "default": true, "name": "Erste" })).await;
    assert_eq!(marked["warnings"][0]["code"], "default-replaced");
    assert_eq!(marked["template"]["name"], "Erste");
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    let region = world.app().snapshot().catalog.region_called("Berlin").unwrap().clone();
    known.boot(&world.region_url(&region)).await.unwrap();
    assert_eq!(named(&root.read("/templates").await, "Erste")["phones"], 1);
    let used = root.send("DELETE", &from, &Value::Null).await;
    assert_eq!(used.status, 409, "TPL-45: {}", used.text());
    root.delete(&format!("{from}?force=true")).await;
    assert_eq!(root.get(&from).await.status, 404);
    known.refresh().await.unwrap();
    assert_eq!(known.config()["b"], "2", "what is published stays");
    world.stop().await;
}

/// TPL-28, TPL-46, AMB-16, PLH-33, C9: what is wrong is named by its line, and nothing of it is saved.
#[tokio::test]
async fn tpl_28_what_is_wrong_in_a_template_is_named_by_its_line() {
    let world = World::administered().await;
    let root = world.root().await;
    let berlin = region(&root, "Berlin").await;
    let cases = [
        ("<ipphonetamplate>\n<type>x</ipphonetamplate>".to_owned(), "line 2"),
        (small("A", "a=1", "b=2").replace("<ipphonetamplate>", "<!DOCTYPE x><ipphonetamplate>"), "line 2"),
        (small("A", "a=%ITCS_mac%", "b=2"), "line 5"),
        (small("A", "a=1", "b=2").replace("audiocodes_430HD", "audiocodes_999"), "<type>"),
    ];
    for (xml, place) in cases {
        let answer = root.send_file("POST", "/templates", XML, xml.as_bytes()).await;
        assert_eq!(answer.status, 422, "{xml}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(place), "{}", answer.text());
    }
    let large = root.send_file("POST", "/templates", XML, &vec![b' '; 1024 * 1024 + 1]).await;
    assert_eq!(large.status, 413, "TPL-46");

    let unknown = small("B", "a=1", "b=%ITCS_Nowhere%\nprovisioning/configuration/url=http://else.example/");
    let check = root.send_file("POST", "/templates/check", XML, unknown.as_bytes()).await.json();
    assert_eq!(check["obstacles"][0]["placeholder"], "Nowhere", "PLH-33");
    assert_eq!(check["obstacles"][0]["line"], 8);
    assert_eq!(check["findings"][0]["line"], 9);
    assert_eq!(root.read("/templates").await["items"].as_array().unwrap().len(), 7, "nothing is saved");

    let query = format!("region={berlin}&default=true");
    let refused = root.send_file("POST", &format!("/templates?{query}"), XML, unknown.as_bytes()).await;
    assert_eq!(refused.status, 422);
    let saved = upload(&root, &format!("region={berlin}"), unknown.as_bytes()).await;
    assert_eq!(saved["findings"][0]["line"], 9);
    let path = path_of(&saved);
    let check = root.read(&format!("{path}/check")).await;
    assert_eq!(check["obstacles"][0]["region"], "Berlin");
    let publish = json!({ "templates": [saved["template"]["id"]] });
    assert_eq!(root.send("POST", "/templates/publish", &publish).await.status, 422);
    let filled = root.patch(&path, &json!({ "defaults": { "Nowhere": "somewhere" } })).await;
    assert_eq!(filled["template"]["defaults"]["Nowhere"], "somewhere", "AMB-08");
    assert_eq!(root.read(&format!("{path}/check")).await["obstacles"], json!([]));
    assert_eq!(root.send("POST", "/templates/publish", &publish).await.status, 204);
    assert_eq!(root.send("POST", "/templates/publish", &json!({})).await.status, 204, "all of them");
    let secret = root.knowing(&path).await;
    let secret = secret.send("PATCH", &path, &json!({ "defaults": { "IPPhonePassword": "1234" } })).await;
    assert_eq!(secret.status, 422);
    world.stop().await;
}

/// TPL-39, TPL-40, PLH-06: a file in the vendor's form comes back as it went in, and its placeholders
/// are shown with their values and where these come from.
#[tokio::test]
async fn plh_06_the_placeholders_of_a_template_are_shown_with_their_origin() {
    for file in files() {
        let world = World::administered().await;
        let root = world.root().await;
        let berlin = region(&root, "Berlin").await;
        let bytes = std::fs::read(&file).unwrap();
        let saved = upload(&root, &format!("region={berlin}&name=Ours&default=true"), &bytes).await;
        assert_eq!(saved["findings"], json!([]), "{}", file.display());
        let path = path_of(&saved);
        assert_eq!(root.get(&format!("{path}/document")).await.body, bytes);
        assert_eq!(root.read(&path).await["files"].as_array().unwrap().len(), 2);

        let scope = SharedScope::Region(berlin.parse().unwrap());
        world.set(scope, "MwiVmNumber", Some("77")).await;
        let used = root.read(&format!("{path}/placeholders?region={berlin}")).await;
        let voice_mail = named(&used, "MwiVmNumber");
        assert_eq!(voice_mail["values"][0], json!({ "origin": "region", "value": "77" }), "{used}");
        assert_eq!(voice_mail["values"][1], json!({ "origin": "system", "value": "1000" }));
        assert_eq!(named(&used, "DisplayName")["of_phone"], true);
        let elsewhere = root.read(&format!("{path}/placeholders")).await;
        assert_eq!(named(&elsewhere, "MwiVmNumber")["values"][0]["origin"], "system");
        world.stop().await;
    }
}

/// TPL-32, TPL-41, AMB-06: only *Generate Global* brings an edit of the global part to phones.
#[tokio::test]
async fn tpl_32_generate_global_reaches_all_phones_of_a_template() {
    let world = World::administered().await;
    let root = world.root().await;
    let berlin = region(&root, "Berlin").await;
    let back = "provisioning/configuration/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/configfiles/\n\
                ems_server/provisioning/url=%ITCS_HTTP_OR_S%://%ITCS_HTTP_PROXY_IP%:%ITCS_HTTP_PROXY_PORT%/";
    let xml = small("Ours", "a=1", back);
    let saved = upload(&root, &format!("region={berlin}&default=true"), xml.as_bytes()).await;
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    let region = world.app().snapshot().catalog.region_called("Berlin").unwrap().clone();
    known.boot(&world.region_url(&region)).await.unwrap();
    known.refresh().await.unwrap();
    let global = last_url(&known, "Ours.global.cfg");

    let path = path_of(&saved);
    let edited = xml.replace("a=1", "a=2");
    let knowing = root.knowing(&path).await;
    knowing.send_file("PUT", &format!("{path}/document"), XML, edited.as_bytes()).await;
    assert_eq!(fetch(&global).await.text().trim(), "a=1", "TPL-41");
    root.send("POST", "/templates/publish", &json!({ "templates": [saved["template"]["id"]] })).await;
    assert_eq!(fetch(&global).await.text().trim(), "a=2", "TPL-32");
    assert_eq!(known.refresh().await.unwrap().0, Fetched::Applied { changed: 1 });
    world.stop().await;
}

/// SEC-13, PLH-31: templates are for administrators to change; one of a region that is not seen does
/// not exist.
#[tokio::test]
async fn sec_13_templates_of_invisible_regions_are_absent() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (region(&root, "North").await, region(&root, "South").await);
    let xml = small("Hidden", "a=1", "b=2");
    let path = path_of(&upload(&root, &format!("region={south}"), xml.as_bytes()).await);
    let nora = root.account("nora", "operator", json!({ "only": [north] })).await;
    assert_eq!(nora.read("/templates").await["items"].as_array().unwrap().len(), 7);
    let absent = nora.get("/templates/01890a5d-ac96-774b-bcce-b302099a8057").await;
    for hidden in ["", "/document", "/check", "/placeholders"] {
        let answer = nora.get(&format!("{path}{hidden}")).await;
        assert_eq!(answer.timeless(), absent.timeless(), "{hidden}");
    }
    for (method, path) in [
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/clone")),
        ("POST", "/templates/publish".to_owned()),
    ] {
        let answer = nora.send(method, &path, &json!({})).await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
    let builtin = named(&root.read("/templates").await, "AudioCodes 405")["id"].clone();
    let of_south = format!("/templates/{}/placeholders?region={south}", builtin.as_str().unwrap());
    assert_eq!(nora.get(&of_south).await.timeless(), absent.timeless());
    world.stop().await;
}
