//! The REST API end to end: settings, the company directory, the option 160 files and URLs.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, api::Client, phone, token_in, wire::Request, without_token};
use ipp_examples::{
    fleet::{Kind, Phone, SignIn, User},
    server::config::Role,
};
use serde_json::{Value, json};

async fn region(root: &Client<'_>, name: &str) -> String {
    root.post("/regions", &json!({ "name": name })).await["id"].as_str().unwrap().to_owned()
}

/// Tries a change at the version that is there now; answers status and body.
async fn attempt(client: &Client<'_>, path: &str, body: Value) -> (u16, Value) {
    let answer = client.knowing(path).await.send("PATCH", path, &body).await;
    (answer.status, answer.json())
}

fn codes(document: &Value) -> Vec<&str> {
    let warnings = document["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// SYS-02, SYS-04 to SYS-10, SYS-13 to SYS-16, SYS-20, SYS-21, AMB-33, C38: the settings are read and
/// changed, each member by itself.
#[tokio::test]
async fn sys_02_the_settings_are_kept() {
    let world = World::administered().await;
    let root = world.root().await;
    let path = "/settings";
    let fresh = root.read(path).await;
    assert_eq!(fresh["language"], "English", "SYS-05");
    assert_eq!(fresh["languages"].as_array().unwrap().len(), 10);
    assert_eq!(
        (&fresh["voice_mail_number"], &fresh["disconnected_timeout_minutes"]),
        (&json!("1000"), &json!(120))
    );
    assert_eq!((&fresh["redundant_mode"], &fresh["warnings"]), (&json!("none"), &json!([])), "SYS-13");

    let saved = root
        .patch(
            path,
            &json!({
                "server_fqdn": "phones.example.com", "language": "German", "ntp_server": "10.0.0.7",
                "require_srtp": true, "primary": "sip-a.example.com", "backup": "sip-b.example.com",
                "console_idle_minutes": 45,
            }),
        )
        .await;
    assert_eq!(saved["redundant_mode"], "primary_backup", "SYS-14");
    assert_eq!(saved["console_idle_minutes"], 45);
    assert_eq!(saved["voice_mail_number"], "1000", "what is not named stays");
    let urls = root.read("/dhcp/urls").await;
    assert!(urls["system"]["direct"].as_str().unwrap().starts_with("http://phones.example.com"), "SYS-04");
    let values = root.read("/placeholders/values").await;
    let language =
        values["items"].as_array().unwrap().iter().find(|item| item["name"] == "Language").unwrap();
    assert_eq!((&language["value"], &language["state"]), (&json!("German"), &json!("defined")), "SYS-20");
    let cleared = root.patch(path, &json!({ "ntp_server": null, "server_fqdn": null, "backup": null })).await;
    assert_eq!((&cleared["ntp_server"], &cleared["redundant_mode"]), (&Value::Null, &json!("none")));

    for (body, place) in [
        (json!({ "ntp_server": "not a host" }), "/ntp_server"),
        (json!({ "language": "Klingon" }), "/language"),
        (json!({ "primary": null, "backup": "b" }), "primary"),
        (json!({ "keep_alive_minutes": 0 }), "keep-alive"),
        (json!({ "keep_alive_minutes": 301 }), "keep-alive"),
        (json!({ "console_idle_minutes": 0 }), "idle"),
        (json!({ "proxy": { "host": "p", "port": 0, "scheme": "http" } }), "port"),
    ] {
        let (status, problem) = attempt(&root, path, body).await;
        assert_eq!(status, 422, "{problem}");
        assert!(problem.to_string().contains(place), "{problem}");
    }
    assert_eq!(codes(&root.patch(path, &json!({ "keep_alive_minutes": 60 })).await), [""; 0], "AMB-33");
    assert_eq!(
        codes(&root.patch(path, &json!({ "keep_alive_minutes": 61 })).await),
        ["keep-alive-long", "keep-alive-beyond-timeout"],
        "AMB-33"
    );
    root.patch(path, &json!({ "disconnected_timeout_minutes": 122 })).await;
    assert_eq!(codes(&root.read(path).await), ["keep-alive-long"]);

    assert_eq!(root.send("PATCH", path, &json!({})).await.status, 428);
    let nora = root.account("nora", "operator", json!("all")).await;
    let tag = root.get(path).await.header("etag").unwrap().to_owned();
    let refused = nora.clone().header("if-match", &tag).send("PATCH", path, &json!({})).await;
    assert_eq!(refused.status, 403, "SYS-21");
    assert_eq!(nora.get(path).await.status, 200);
    world.stop().await;
}

/// LDAP-05, LDAP-09, LDAP-11 to LDAP-14, LDAP-17, LDAP-20, LDAP-21, LDAP-27, LDAP-28, AMB-90, AMB-91: the
/// company directory, whose password is set, kept and cleared, and never shown.
#[tokio::test]
async fn ldap_27_the_company_directory_is_set_up() {
    let world = World::administered().await;
    let root = world.root().await;
    let path = "/settings/ldap";
    let fresh = root.read(path).await;
    assert_eq!(
        (&fresh["active"], &fresh["port"], &fresh["max_hits"]),
        (&json!(false), &json!(389), &json!(50))
    );
    assert_eq!((&fresh["search_timeout"], &fresh["password"]), (&json!(5), &json!("not set")), "AMB-90");
    let saved = root
        .patch(path, &json!({
            "active": true, "server_address": "ldap.example.com", "password": "ldap-4711",
            "name_filter": "(|(cn=%)(sn=%))", "number_filter": "(|(telephoneNumber=%)(Mobile=%)(ipPhone=%))",
            "display_name": "%sn, %givenName",
        }))
        .await;
    assert_eq!((&saved["password"], &saved["display_name_example"]), (&json!("set"), &json!("Black, Mike")));
    let kept = root.patch(path, &json!({ "max_hits": 1000 })).await;
    assert_eq!((&kept["password"], &kept["max_hits"]), (&json!("set"), &json!(1000)));
    for (body, place) in [
        (json!({ "max_hits": 0 }), "1 to 1000"),
        (json!({ "max_hits": 1001 }), "1 to 1000"),
        (json!({ "port": 0 }), "1 to 65535"),
        (json!({ "name_filter": "(cn=%" }), "name filter"),
        (json!({ "base": "a\nb" }), "/base"),
    ] {
        let (status, problem) = attempt(&root, path, body).await;
        assert_eq!(status, 422, "LDAP-21 {problem}");
        assert!(problem.to_string().contains(place), "{problem}");
    }

    let id = region(&root, "Berlin").await;
    let berlin = world.app().snapshot().catalog.region(id.parse().unwrap()).unwrap().clone();
    let user = world.user("1001", &berlin, Some("sip-1001")).await;
    let mut known = Phone::new(phone(1, Kind::Generic));
    world.device(&known, &user).await;
    known.boot(&world.region_url(&berlin)).await.unwrap();
    assert_eq!(known.config()["system/ldap/password"], "ldap-4711", "AMB-91");
    assert_eq!(known.config()["system/ldap/name_filter"], "(|(cn=%)(sn=%))", "LDAP-28");

    for read in ["/settings", path, "/placeholders/values", "/audit?limit=500"] {
        assert!(!root.read(read).await.to_string().contains("ldap-4711"), "LDAP-09 {read}");
    }
    let cleared = root.patch(path, &json!({ "password": null })).await;
    assert_eq!(cleared["password"], "not set");
    world.stop().await;
}

/// DHCP-18 to DHCP-23, DHCP-25 to DHCP-37, OVR-02 to OVR-07, SBC-15, SBC-16, AMB-29 to AMB-34, AMB-92: the
/// option 160 files are edited, served and restored.
#[tokio::test]
async fn dhcp_25_the_option_160_file_is_edited_and_restored() {
    let world = World::administered().await;
    let root = world.root().await;
    let path = "/dhcp/option160";
    let served = async |file: &str| {
        let answer = world.get(&format!("/ipp/{file}")).await;
        assert_eq!(answer.status, 200);
        without_token(answer.text())
    };
    let fresh = root.read(path).await;
    let factory = fresh["file"].as_str().unwrap().to_owned();
    assert_eq!(factory, served("dhcpoption160.cfg").await, "what is shown is what is served");
    assert!(factory.contains("/t/<token>/") && factory.contains("provisioning/method=STATIC"), "DHCP-19");
    assert_eq!((&fresh["method"], &fresh["served"]), (&Value::Null, &json!(true)));

    let lines = json!([
        "outbound_proxy_address=10.9.9.9",
        "lync/sign_in/fixed_outbound_proxy_port=5068",
        "lync/sign_in/use_hosting_outbound_proxy=1",
    ]);
    let edit =
        json!({ "firmware_url": "https://images.example.com/", "lines": lines, "keep_alive_minutes": 30 });
    let edited = root.patch(path, &edit).await;
    assert_eq!(edited["firmware_url"], "https://images.example.com/");
    assert_eq!(codes(&edited), [""; 0]);
    let file = served("dhcpoption160.cfg").await;
    assert_eq!(edited["file"], json!(file));
    assert!(file.contains("provisioning/firmware/url=https://images.example.com/\n"), "DHCP-31");
    assert!(file.contains("ems_server/keep_alive_period=30\n"), "DHCP-27");
    assert!(file.ends_with("lync/sign_in/use_hosting_outbound_proxy=1\n"), "OVR-05");

    let system = root.patch(path, &json!({ "user_name": "system", "user_password": "system" })).await;
    assert!(
        system["file"].as_str().unwrap().contains("ems_server/user_password={\"VvlZOp5/5pM=\"}"),
        "DHCP-23"
    );
    let own = root.patch(path, &json!({ "user_password": "own-4711" })).await;
    assert_eq!(codes(&own), ["announcer-password-clear"], "DHCP-23");
    assert!(!own.to_string().contains("own-4711"), "it is masked here and clear for phones");
    assert!(served("dhcpoption160.cfg").await.contains("ems_server/user_password=own-4711"), "AMB-32");
    assert_eq!(root.read("/settings").await["announcer"], json!({ "name": "system", "password": "set" }));

    let plain = attempt(&root, path, json!({ "method": "DYNAMIC" })).await;
    assert_eq!(plain.0, 422, "AMB-34 {}", plain.1);
    let wanted = json!({ "method": "DYNAMIC", "acknowledge": "dynamic-restarts-phones" });
    assert!(codes(&root.patch(path, &wanted).await).contains(&"method-not-static"), "DHCP-29");
    let long = format!("http://{}.example.com/{}", "a".repeat(60), "x".repeat(60));
    for (member, value) in [
        ("/provisioning_url", json!({ "provisioning_url": "10.0.0.1" })),
        ("/configuration_url", json!({ "configuration_url": "ftp://a/" })),
        ("/firmware_url", json!({ "firmware_url": long })),
        ("/lines/0", json!({ "lines": ["no key"] })),
        ("/acknowledge", json!({ "acknowledge": "whatever" })),
    ] {
        let (status, problem) = attempt(&root, path, value).await;
        assert_eq!((status, problem["pointer"].as_str()), (422, Some(member)), "{problem}");
    }

    let restored =
        root.knowing(path).await.send("POST", &format!("{path}/restore"), &Value::Null).await.json();
    assert_eq!((&restored["method"], &restored["lines"]), (&Value::Null, &json!([])), "OVR-07");
    root.patch("/settings", &json!({ "announcer": null })).await;
    assert_eq!(served("dhcpoption160.cfg").await, factory, "DHCP-34");

    let proxy = "/dhcp/proxy-option160";
    assert_eq!(root.read(proxy).await["file"], Value::Null, "SBC-13");
    root.patch(
        "/settings",
        &json!({ "proxy": { "host": "sbc.example.com", "port": 8080, "scheme": "http" } }),
    )
    .await;
    let edited = root.patch(proxy, &json!({ "lines": ["x/y=1"] })).await;
    let file = served("httpproxy/").await;
    assert!(file.contains("http://sbc.example.com:8080/") && file.ends_with("x/y=1\n"), "SBC-16 {file}");
    assert_eq!(edited["file"], json!(file));
    assert_eq!(served("dhcpoption160.cfg").await, factory, "SBC-15: the other file stays");
    world.stop().await;
}

/// DHCP-01, DHCP-04 to DHCP-08, DHCP-11, DHCP-12, DHCP-40, SBC-09, SBC-18, SBC-20, AMB-36 to AMB-38: the
/// strings for DHCP servers, and what a phone gets by them.
#[tokio::test]
async fn dhcp_11_the_preview_is_what_a_phone_gets() {
    let world = World::administered().await;
    let root = world.root().await;
    let (id, hidden) = (region(&root, "Berlin Mitte").await, region(&root, "Zürich").await);
    let host = world.at(Role::Web).to_string();
    let urls = root.read(&format!("/dhcp/urls?region={id}")).await;
    assert_eq!(urls["system"]["direct"], format!("http://{host}/firmwarefiles;ipp/dhcpoption160.cfg"));
    assert_eq!(urls["system"]["proxy"], Value::Null);
    assert_eq!(urls["region"]["direct"], format!("http://{host}/firmwarefiles;ipp/region/Berlin%20Mitte"));
    assert_eq!(urls["region"]["without_dhcp"], format!("http://{host}/ipp/region/Berlin%20Mitte"));
    root.patch("/settings", &json!({ "proxy": { "host": "10.8.8.8", "port": 8081, "scheme": "http" } }))
        .await;
    let urls = root.read(&format!("/dhcp/urls?region={id}")).await;
    assert_eq!(urls["system"]["proxy"], "http://10.8.8.8:8081/firmwarefiles;ipp/httpproxy/");
    assert_eq!(urls["region"]["proxy"], "http://10.8.8.8:8081/firmwarefiles;ipp/region/Berlin%20Mitte");

    let generation = world.app().snapshot().catalog.revision;
    let preview = root.read(&format!("/dhcp/preview?region={id}&model=430HD")).await;
    assert_eq!(preview, root.read(&format!("/dhcp/preview?region={id}&model=430HD")).await);
    assert_eq!(preview["template"], "AudioCodes 430HD");
    assert_eq!(world.app().snapshot().catalog.revision, generation, "DHCP-12");
    assert!(world.devices().await.is_empty(), "DHCP-12");
    let got = Request::get("/ipp/region/Berlin%20Mitte/00908f000001.cfg").agent("430HD");
    let got = got.send(world.at(Role::Web)).await;
    assert!(token_in(got.text()).is_some());
    assert_eq!(preview["file"], json!(without_token(got.text())), "DHCP-11");

    let unknown = root.get(&format!("/dhcp/preview?region={id}&model=999")).await;
    assert_eq!(unknown.status, 422);
    root.send("PUT", "/models/999", &json!({ "title": "A model without a template" })).await;
    let bare = root.read(&format!("/dhcp/preview?region={id}&model=999")).await;
    assert_eq!(bare["template"], Value::Null);
    assert!(bare["file"].as_str().unwrap().contains("provisioning/method=STATIC"));

    let nora = root.account("nora", "operator", json!({ "only": [id] })).await;
    assert_eq!(nora.get(&format!("/dhcp/urls?region={id}")).await.status, 200);
    for path in ["/dhcp/urls?region=", "/dhcp/preview?model=430HD&region="] {
        let absent = nora.get(&format!("{path}01890a5d-ac96-774b-bcce-b302099a8057")).await;
        assert_eq!(absent.status, 404);
        assert_eq!(nora.get(&format!("{path}{hidden}")).await.timeless(), absent.timeless(), "SEC-13");
    }
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(User::numbered(1))));
    let url = urls["region"]["direct"].as_str().unwrap();
    known.boot(url).await.unwrap();
    assert_eq!(world.devices().await.len(), 1, "DHCP-01");
    world.stop().await;
}
