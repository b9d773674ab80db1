//! Engines inside another program: two in one process, below paths of the host's own router, with the host's
//! accounts and regions (LGN-03, AMB-46).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{net::SocketAddr, sync::Arc};

use common::wire::{ALARM, Answer, Request, STATUS, alarm_body, status_body};
use ipp_core::{
    alarm::{Severity, event::AlarmStep},
    app::admin::devices::Approval,
    device::Vlan,
    host::{Asking, Host, HostError, HostRegion, Regions},
    store::{DeviceFilter, Page, Store as _},
};
use ipp_examples::embed::{Customer, Directory, Ems};
use serde_json::Value;

/// A host with two customers, whose operators are called the same and have other passwords.
async fn ems() -> Ems {
    let customer = |mount: &str, word: &str, region: &str| {
        let directory = Arc::new(Directory::default());
        directory.add_account("nora", word);
        directory.name_region(1, region.parse().unwrap());
        (mount.parse().unwrap(), directory)
    };
    let customers = vec![
        customer("/north", "the north's word", "Hamburg"),
        customer("/deep/south", "the south's word", "München"),
    ];
    Ems::start(customers).await.unwrap()
}

fn post(path: &str, body: &str) -> Request {
    let request = Request::post(path, body).header("content-type", "application/json");
    request.header("sec-fetch-site", "same-origin")
}

/// Logs in; answers the cookie.
async fn cookie(ems: &Ems, mount: &str, word: &str) -> Result<String, Answer> {
    let body = format!(r#"{{"name":"nora","password":"{word}"}}"#);
    let answer = post(&format!("{mount}/api/v1/session"), &body).send(ems.address).await;
    if answer.status != 200 {
        return Err(answer);
    }
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains(&format!("; Path={mount};")), "{cookie}");
    Ok(cookie.split(';').next().unwrap().to_owned())
}

async fn regions(ems: &Ems, mount: &str, cookie: &str) -> Answer {
    Request::get(&format!("{mount}/api/v1/regions")).header("cookie", cookie).send(ems.address).await
}

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    assert_eq!(body["from_host"], true);
    body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn report(at: SocketAddr, mac: &str) -> u16 {
    Request::post(STATUS, status_body(mac, &[])).send(at).await.status
}

async fn pending(customer: &Customer) -> Vec<String> {
    let found = customer.ipp.app().store().devices(&DeviceFilter::all(), Page::first(9)).await.unwrap();
    found.iter().map(|record| record.device.value.mac.to_string()).collect()
}

/// Two engines in one process share nothing: not an account, not a session, not a region, not a phone.
#[tokio::test]
async fn two_engines_live_in_one_process() {
    let ems = ems().await;
    assert_eq!(Request::get("/").send(ems.address).await.text(), "the host's own page");
    let north = cookie(&ems, "/north", "the north's word").await.unwrap();
    assert_eq!(cookie(&ems, "/deep/south", "the north's word").await.unwrap_err().status, 401);
    let south = cookie(&ems, "/deep/south", "the south's word").await.unwrap();

    assert_eq!(names(&regions(&ems, "/north", &north).await), ["Hamburg"]);
    assert_eq!(names(&regions(&ems, "/deep/south", &south).await), ["München"]);
    assert_eq!(regions(&ems, "/deep/south", &north).await.status, 401, "a session of another engine");
    assert_eq!(regions(&ems, "", &north).await.status, 404, "nothing is served at the root");

    // The console is below the same path, and so is everything that its pages name.
    let asked = Request::get("/north/ipp/devices").send(ems.address).await;
    assert_eq!(asked.header("location"), Some("/north/ipp/login?next=%2Fnorth%2Fipp%2Fdevices"));
    let page = Request::get("/north/ipp/devices").header("cookie", &north).send(ems.address).await;
    assert_eq!(page.status, 200);
    for part in ["href=\"", "src=\"", "action=\""] {
        for url in page.text().split(part).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(url.starts_with("/north/") || url.starts_with('#'), "{url}");
        }
    }
    let style = page.text().split("href=\"").find(|rest| rest.contains(".css\"")).unwrap();
    let style = Request::get(style.split('"').next().unwrap()).send(ems.address).await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));

    let [one, two] = &ems.customers[..] else { panic!("two customers") };
    let under = "/t/AbCdEfGhIjKlMnOpQrStUg";
    let body = status_body("00908f000001", &[]);
    let answer = Request::post(&format!("{under}{STATUS}"), body).send(one.phones).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"requests":[]}"#));
    assert_eq!((pending(one).await, pending(two).await), (vec!["00908f000001".to_owned()], vec![]));
    assert_eq!(report(two.phones, "00908f000002").await, 401, "nobody may announce phones without a token");
    ems.stop().await;
}

/// What is served below a path says so: places of things that were made, the document, its viewer.
#[tokio::test]
async fn the_surface_is_mounted_anywhere() {
    let ems = ems().await;
    let document = Request::get("/deep/south/api/v1/openapi.json").send(ems.address).await.json();
    assert_eq!(document["servers"][0]["url"], "/deep/south");
    assert_eq!(
        document["components"]["securitySchemes"]["session"]["name"], "__Secure-ipp_session",
        "the cookie as it is called over TLS"
    );
    let docs = Request::get("/deep/south/api/docs").send(ems.address).await;
    assert_eq!((docs.status, docs.header("location")), (308, Some("/deep/south/api/docs/")));
    assert_eq!(Request::get("/deep/south/api/docs/").send(ems.address).await.status, 200);
    let viewer = Request::get("/deep/south/api/docs/swagger-initializer.js").send(ems.address).await;
    assert!(viewer.text().contains("/deep/south/api/v1/openapi.json"), "{}", viewer.text());

    let cookie = cookie(&ems, "/north", "the north's word").await.unwrap();
    let id = ems.customers[0].directory.name_region(1, "Hamburg".parse().unwrap());
    let body = format!(r#"{{"name":"1234","region":"{id}"}}"#);
    let made = post("/north/api/v1/users", &body).header("cookie", &cookie).send(ems.address).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").unwrap();
    assert!(place.starts_with("/north/api/v1/users/"), "{place}");
    assert_eq!(Request::get(place).header("cookie", &cookie).send(ems.address).await.status, 200);
    ems.stop().await;
}

/// AMB-46: regions are made, renamed and taken away at the host; here they are only set up.
#[tokio::test]
async fn amb_46_the_host_keeps_the_regions() {
    let ems = ems().await;
    let customer = &ems.customers[0];
    let (app, directory) = (customer.ipp.app(), &customer.directory);
    let admin = || app.admin(ipp_core::access::Caller::host("the host itself"));
    let id = directory.name_region(1, "Hanse".parse().unwrap());
    directory.name_region(2, "Kiel".parse().unwrap());
    app.adopt_regions().await.unwrap();
    let renamed = admin().region(id).unwrap();
    assert_eq!(renamed.value.name.to_string(), "Hanse");
    assert_eq!(renamed.value.aliases, ["Hamburg".parse().unwrap()], "DHCP servers may still say it");
    let revision = app.snapshot().catalog.revision;
    app.adopt_regions().await.unwrap();
    assert_eq!(app.snapshot().catalog.revision, revision, "nothing is written where nothing changed");

    let refused = admin().create_region("Lübeck".parse().unwrap(), |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("the host application keeps the regions"), "{refused}");
    let edited = |change: &dyn Fn(&mut ipp_core::region::Region)| {
        let row = admin().region(id).unwrap();
        let mut value = ipp_core::region::Region::clone(&row.value);
        change(&mut value);
        ipp_core::catalog::Stored { revision: row.revision, value }
    };
    let refused = admin().update_region(edited(&|region| region.name = "Lübeck".parse().unwrap())).await;
    assert!(refused.unwrap_err().to_string().contains("rename it there"));
    admin().update_region(edited(&|region| region.zero_touch = true)).await.unwrap();
    app.adopt_regions().await.unwrap();
    assert!(admin().region(id).unwrap().value.zero_touch, "what is set here stays");

    assert!(admin().delete_region(id).await.unwrap_err().to_string().contains("delete it there first"));
    directory.remove_region(1);
    app.adopt_regions().await.unwrap();
    assert!(admin().region(id).is_ok(), "it stays until somebody looks at its phones");
    admin().delete_region(id).await.unwrap();
    let names: Vec<_> = admin().regions().unwrap().iter().map(|row| row.value.name.to_string()).collect();
    assert_eq!(names, ["Kiel"]);
    ems.stop().await;
}

/// A host that does not answer.
#[derive(Debug)]
struct Silent;

impl Regions for Silent {
    fn all(&self) -> Asking<'_, Vec<HostRegion>> {
        Box::pin(std::future::ready(Err(HostError("it is being restarted".to_owned()))))
    }
}

/// Phones are served whether the host answers or not; what cannot be checked with it is not done.
#[tokio::test]
async fn a_host_that_does_not_answer_does_no_harm() {
    let ems = ems().await;
    let ports = ems.customers[0].ipp.app().ports().clone();
    let ports =
        ipp_core::app::Ports { host: Host { regions: Some(Arc::new(Silent)), ..Host::default() }, ..ports };
    let store = ipp_core::store::MemoryStore::default();
    let ipp = ipp_http::builder::Ipp::builder(store, ports).build().await.unwrap();
    let error = ipp.app().adopt_regions().await.unwrap_err();
    assert_eq!(error.kind(), ipp_core::app::AppErrorKind::Busy);
    assert_eq!(error.to_string(), "the host application does not answer: it is being restarted");
    ems.stop().await;
}

/// LGN-03: an account that the host takes away is out with its next request.
#[tokio::test]
async fn lgn_03_the_host_shuts_an_account_out() {
    let ems = ems().await;
    let cookie = cookie(&ems, "/north", "the north's word").await.unwrap();
    assert_eq!(regions(&ems, "/north", &cookie).await.status, 200);
    ems.customers[0].directory.remove_account("nora");
    let shut: Value = regions(&ems, "/north", &cookie).await.json();
    assert_eq!(shut["status"], 401);
    ems.stop().await;
}

/// ALM-02: the host hears of the alarms of its own customer's phones.
#[tokio::test]
async fn alm_02_the_host_hears_of_alarms() {
    let ems = ems().await;
    let customer = &ems.customers[0];
    let (app, directory) = (customer.ipp.app(), &customer.directory);
    let under = "/t/AbCdEfGhIjKlMnOpQrStUg";
    let report = status_body("00908f000001", &[]);
    Request::post(&format!("{under}{STATUS}"), report).send(customer.phones).await;
    let admin = app.admin(ipp_core::access::Caller::host("the host itself"));
    let waiting = app.store().devices(&DeviceFilter::all(), Page::first(1)).await.unwrap();
    let region = directory.name_region(1, "Hamburg".parse().unwrap());
    let approval =
        Approval { region, vlan: Vlan::default(), user: None, model: Some("430HD".parse().unwrap()) };
    admin.approve(waiting[0].device.value.id, approval).await.unwrap();
    let alarm = alarm_body("00908f000001", "IPPHONE REGISTRATION FAILURE");
    assert_eq!(Request::post(&format!("{under}{ALARM}"), alarm).send(customer.phones).await.status, 200);
    app.deliver_alarms().await.unwrap();
    let heard = directory.alarms();
    assert_eq!(heard.len(), 1);
    assert_eq!((heard[0].mac.to_string(), heard[0].number), ("00908f000001".to_owned(), 1));
    assert!(matches!(heard[0].step, AlarmStep::Raised { severity: Severity::Critical, .. }));
    assert!(ems.customers[1].directory.alarms().is_empty());
    ems.stop().await;
}
