//! The console in Chromium: every page in three widths, light and dark, without an error, without a breach
//! of its policy, and with nothing serious found by axe. `make prepare` installs what this needs; with
//! `IPP_SCREENSHOTS` set to a folder, each page is kept as a picture.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use common::{
    World,
    api::PASSWORD,
    mac, phone,
    wire::{ALARM, Request, STATUS, alarm_body, status_body},
};
use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role as Port,
};
use serde_json::{Value, json};

/// `WebDriver`, on a port of its own.
struct Driver {
    child: Child,
    url: String,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Driver {
    #[expect(clippy::disallowed_methods, reason = "the browser is another program")]
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}; run `make prepare`"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let port = line.split("started successfully on port ").nth(1)?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // What it says later must find a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{}", port.unwrap()) }
    }

    async fn browser(&self) -> Client {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = ClientBuilder::new(connector).capabilities(capabilities).connect(&self.url).await;
        client.unwrap_or_else(|error| panic!("no browser: {error}; run `make prepare`"))
    }
}

/// What only Chromium knows.
#[derive(Debug)]
struct Ask(&'static str, Value);

impl WebDriverCompatibleCommand for Ask {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

async fn devtools(client: &Client, command: &str, parameters: Value) -> Value {
    let body = json!({ "cmd": command, "params": parameters });
    client.issue_cmd(Ask("goog/cdp/execute", body)).await.unwrap()
}

/// What the browser logged since it was last asked.
async fn log(client: &Client, kind: &str) -> Vec<Value> {
    let found = client.issue_cmd(Ask("se/log", json!({ "type": kind }))).await.unwrap();
    found.as_array().unwrap().clone()
}

/// The script of axe, which `make prepare` fetches; it is for tests alone.
fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe-core/axe.min.js");
    let path = std::env::var_os("IPP_AXE").map_or(path, PathBuf::from);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make prepare`", path.display()))
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
struct Look {
    width: u32,
    scheme: &'static str,
}

const LOOKS: [Look; 6] = [
    Look { width: 1440, scheme: "light" },
    Look { width: 1440, scheme: "dark" },
    Look { width: 1024, scheme: "light" },
    Look { width: 1024, scheme: "dark" },
    Look { width: 390, scheme: "light" },
    Look { width: 390, scheme: "dark" },
];

impl Look {
    async fn apply(self, client: &Client) {
        let size = json!({ "width": self.width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        devtools(client, "Emulation.setDeviceMetricsOverride", size).await;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": self.scheme }] });
        devtools(client, "Emulation.setEmulatedMedia", media).await;
    }
}

/// Opens a page and looks at it in every way.
async fn inspect(client: &Client, world: &World, axe: &str, name: &str, path: &str) {
    let origin = world.url("");
    for look in LOOKS {
        look.apply(client).await;
        client.goto(&world.url(path)).await.unwrap();
        let place = format!("{name} at {} {}", look.width, look.scheme);
        let wide = client
            .execute(
                "return document.documentElement.scrollWidth > document.documentElement.clientWidth",
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(wide, json!(false), "{place} is wider than its window");
        client.execute(axe, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1]; axe.run(document).then(found => done(found.violations
            .filter(one => one.impact === 'serious' || one.impact === 'critical')
            .map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html + ' ' + (node.any[0] || node.all[0] || {}).message).join(' | '))), error => done([String(error)]))";
        let found = client.execute_async(run, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{place}: {found:#}");
        keep_picture(client, name, look).await;
        for line in log(client, "browser").await {
            // The page that is not there is asked for on purpose.
            let expected = name == "absent" && line["message"].as_str().unwrap().contains("404");
            assert!(expected, "{place}: {line}");
        }
        for line in log(client, "performance").await {
            let message: Value = serde_json::from_str(line["message"].as_str().unwrap()).unwrap();
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str().unwrap();
                assert!(url.starts_with(&origin) || url == "data:,", "{place} asks for {url}");
            }
        }
    }
}

async fn keep_picture(client: &Client, name: &str, look: Look) {
    let Some(folder) = std::env::var_os("IPP_SCREENSHOTS") else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let answer = devtools(client, "Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
    let picture = STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
    let file = format!("{name}-{}-{}.png", look.width, look.scheme);
    std::fs::write(Path::new(&folder).join(file), picture).unwrap();
}

async fn log_in(client: &Client, world: &World, name: &str) {
    client.goto(&world.url("/ipp/login")).await.unwrap();
    client.find(Locator::Id("name")).await.unwrap().send_keys(name).await.unwrap();
    client.find(Locator::Id("password")).await.unwrap().send_keys(PASSWORD).await.unwrap();
    client.find(Locator::Css("form button")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".figures")).await.unwrap();
}

/// Phones in every state that pages show.
async fn populate(world: &World) -> String {
    let regions = [world.region("Berlin", open).await, world.region("Hong Kong", open).await];
    let people =
        ["anna.berg", "bo.lindqvist", "chen.wei", "dana.levi", "emre.kaya", "fiona.murray", "goran.ilic"];
    let mut first = String::new();
    for (at, name) in people.into_iter().enumerate() {
        let number = u32::try_from(at).unwrap() + 1;
        let user = world.user(name, &regions[at % 2], None).await;
        let device = world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
        let mac = device.mac.to_string();
        let state = ["registered", "registered", "started", "registered", "offline", "registered"].get(at);
        let Some(state) = state else { continue };
        let ip = format!("10.20.{}.{}", at % 2, 40 + at);
        let number = format!("+49 30 5550{at}");
        let members = [
            ("emsUserName", "system"),
            ("emsUserPassword", "system"),
            ("status", *state),
            ("ip", &ip),
            ("phoneNumber", &number),
            ("fwVersion", if at % 3 == 0 { "2.2.16.131" } else { "2.2.8.61" }),
            ("subnet", "255.255.255.0"),
            ("vlanId", "20"),
        ];
        let answer = Request::post(STATUS, status_body(&mac, &members)).send(world.at(Port::Reports)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        if at == 4 {
            Request::post(ALARM, alarm_body(&mac, "IP Phone Registration Failure"))
                .send(world.at(Port::Reports))
                .await;
        }
        if at == 0 {
            first = device.id.to_string();
        }
    }
    first
}

fn open(region: &mut ipp_core::region::Region) {
    region.identity = ipp_core::region::Identity::Open;
    region.networks = vec!["127.0.0.0/8".parse().unwrap()];
}

/// UI-21, UI-24, UI-23: each page in each width and scheme.
#[tokio::test]
async fn ui_24_every_page_stands_in_a_browser() {
    let world = World::administered().await;
    let root = world.root().await;
    let (driver, axe) = (Driver::start(), axe());
    let client = driver.browser().await;
    inspect(&client, &world, &axe, "login", "/ipp/login").await;
    log_in(&client, &world, "acladmin").await;
    log(&client, "performance").await;
    for (name, path) in [("dashboard-empty", "/ipp/"), ("devices-empty", "/ipp/devices")] {
        inspect(&client, &world, &axe, name, path).await;
    }
    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    let device = populate(&world).await;
    let members = [("emsUserName", "system"), ("emsUserPassword", "system")];
    Request::post(STATUS, status_body("00908f0000aa", &members)).send(world.at(Port::Reports)).await;
    let pending = root.read("/devices?approved=false").await;
    let waiting = pending["items"][0]["id"].as_str().unwrap();
    let people = root.read("/users").await;
    let templates = root.read("/templates").await;
    let template = templates["items"][0]["id"].as_str().unwrap();
    let person = people["items"][0]["id"].as_str().unwrap();
    let text = json!({ "kind": "send_message", "text": "Fire drill at noon" });
    let slow = json!({ "batch": 1, "pause_seconds": 3600 });
    let job = root.post("/jobs", &json!({ "action": text, "filter": {}, "pace": slow })).await;
    for (name, path) in [
        ("device-file", &*format!("/ipp/devices/{device}/file")),
        ("device-explain", &*format!("/ipp/devices/{device}/explain")),
        ("device-history", &*format!("/ipp/devices/{device}/history")),
        ("csv", "/ipp/csv"),
        ("templates", "/ipp/templates"),
        ("template", &*format!("/ipp/templates/{template}")),
        ("template-add", "/ipp/templates/new"),
        ("template-clone", &*format!("/ipp/templates/{template}/clone")),
        ("templates-generate", "/ipp/templates/generate"),
        ("regions", "/ipp/regions"),
        ("region-add", "/ipp/regions/new"),
        ("administrators", "/ipp/administrators"),
        ("administrator-add", "/ipp/administrators/new"),
        ("logs", "/ipp/logs"),
        ("logs-activity", "/ipp/logs/activity"),
        ("user-add", "/ipp/users/new"),
        ("user", &*format!("/ipp/users/{person}")),
        ("user-delete", &*format!("/ipp/users/{person}/delete")),
        ("device-add", &*format!("/ipp/users/{person}/devices")),
        ("device-added", &*format!("/ipp/devices/{device}/added")),
        ("device-edit", &*format!("/ipp/devices/{device}/edit")),
        ("users-region", "/ipp/user-actions/region?user_filter="),
        ("jobs", "/ipp/jobs"),
        ("job", &*format!("/ipp/jobs/{}", job["id"].as_str().unwrap())),
        ("action-restart", "/ipp/actions/restart?filter="),
        ("action-message", "/ipp/actions/message?filter=q%3Danna"),
        ("action-delete", &*format!("/ipp/actions/delete?id={device}")),
        ("dashboard", "/ipp/"),
        ("devices", "/ipp/devices"),
        ("devices-filtered", "/ipp/devices?q=registered&status=offline&sort=-user"),
        ("device", &*format!("/ipp/devices/{device}")),
        ("approve", &*format!("/ipp/devices/{waiting}/approve")),
        ("alarms", "/ipp/alarms"),
        ("users", "/ipp/users"),
        ("password", "/ipp/password"),
        ("design", "/ipp/design"),
        ("absent", "/ipp/devices/none"),
    ] {
        inspect(&client, &world, &axe, name, path).await;
    }
    client.close().await.unwrap();
    world.stop().await;
}

/// DASH-02, UI-24: numbers change in place while the page is open, nothing moves, and a session that ends
/// leads to the login. The navigation opens on a narrow screen, and `/` leads to the search.
#[tokio::test]
async fn dash_02_numbers_change_in_place() {
    let world = World::administered().await;
    let root = world.root().await;
    let driver = Driver::start();
    let client = driver.browser().await;
    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    populate(&world).await;
    LOOKS[0].apply(&client).await;
    log_in(&client, &world, "acladmin").await;
    client.wait().for_element(Locator::Css(".live[data-state=on]")).await.unwrap();
    // A mark on the elements shows whether they are the same afterwards.
    let mark = "document.querySelectorAll('[data-live]').forEach(one => { one.mine = true; });
        window.moved = []; new PerformanceObserver(list => list.getEntries().forEach(entry =>
            entry.sources.forEach(one => window.moved.push(one.node && (one.node.outerHTML || one.node.textContent))))).observe({ type: 'layout-shift' });
        return document.querySelector('[data-live=registered]').textContent";
    assert_eq!(client.execute(mark, vec![]).await.unwrap(), json!("4"));
    let mac = mac(&Phone::new(phone(3, Kind::Generic))).to_string();
    let members = [
        ("emsUserName", "system"),
        ("emsUserPassword", "system"),
        ("status", "registered"),
        ("fwVersion", "2.2.8.61"),
    ];
    let answer = Request::post(STATUS, status_body(&mac, &members)).send(world.at(Port::Reports)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let changed = "const done = arguments[0], figure = document.querySelector('[data-live=registered]');
        const look = () => figure.textContent === '5' && done([figure.isConnected && figure.mine, window.moved,
            document.querySelector('[data-live=percent]').textContent]);
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true }); look();";
    assert_eq!(client.execute_async(changed, vec![]).await.unwrap(), json!([true, [], "71 %"]));

    let search =
        "document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true, cancelable: true }));
        return document.activeElement.name";
    let typed =
        client.execute(&search.replace("document.dispatch", "document.body.dispatch"), vec![]).await.unwrap();
    assert_eq!(typed, json!("q"));
    LOOKS[4].apply(&client).await;
    client.find(Locator::Css(".opener")).await.unwrap().click().await.unwrap();
    let alarms = client.find(Locator::LinkText("Alarms")).await.unwrap();
    assert!(alarms.is_displayed().await.unwrap());
    alarms.click().await.unwrap();
    client.wait().for_element(Locator::Css("tr[data-row]")).await.unwrap();
    client.find(Locator::Css("tr[data-row] .c1")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css(".facts")).await.unwrap();

    client.goto(&world.url("/ipp/")).await.unwrap();
    client.wait().for_element(Locator::Css(".live[data-state=on]")).await.unwrap();
    root.delete("/session/all").await;
    client.wait().for_element(Locator::Id("password")).await.unwrap();
    client.close().await.unwrap();
    world.stop().await;
}
