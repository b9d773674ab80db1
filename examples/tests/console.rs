//! The console over real HTTP: the way in, forms without a script, what pages may hold, and who sees what.
#![expect(clippy::panic, reason = "helpers of tests")]

mod common;

use common::{
    World,
    api::PASSWORD,
    browser::{Browser, form},
    pages::items,
    phone,
    wire::{self, ALARM, Answer, Request, STATUS, alarm_body, status_body},
};
use ipp_core::access::Level;
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role as Port,
};
use ipp_http::route::{Guard, Operation, Route, Surface, routes};
use serde_json::json;

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn console() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.surface == Surface::Console)
}

/// LGN-01, LGN-02, LGN-04, LGN-07, LGN-15: from the address of the server to the dashboard with nothing but
/// forms, and out again.
#[tokio::test]
async fn lgn_04_the_way_in_and_out() {
    let world = World::administered().await;
    let given = world.server.first_password.as_ref().unwrap().as_str().to_owned();
    let mut browser = Browser::new(&world);
    assert_eq!(browser.open("/").await.header("location"), Some("/ipp/"));
    assert_eq!(browser.open("/ipp").await.header("location"), Some("/ipp/"));
    let refused = browser.open("/ipp/").await;
    assert_eq!((refused.status, refused.header("location")), (303, Some("/ipp/login")));
    assert!(refused.body.is_empty(), "LGN-07: no data");
    let refused = browser.open("/ipp/devices?q=a&sort=-user").await;
    let next = "/ipp/login?next=%2Fipp%2Fdevices%3Fq%3Da%26sort%3D-user";
    assert_eq!(refused.header("location"), Some(next));
    let page = browser.read(next).await;
    assert!(page.contains("Welcome to the IP Phone Management Server") && page.contains(">Login</button>"));
    assert!(page.contains("name=\"name\"") && page.contains("name=\"password\""));
    assert!(page.contains("value=\"/ipp/devices?q=a&#38;sort=-user\""), "{page}");

    let entered = browser
        .submit(
            "/ipp/login",
            &[("name", "acladmin"), ("password", &given), ("next", "/ipp/devices?q=a&sort=-user")],
        )
        .await;
    assert_eq!((entered.status, entered.header("location")), (303, Some("/ipp/devices?q=a&sort=-user")));
    let cookie = entered.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(browser.open("/ipp/devices").await.header("location"), Some("/ipp/password"), "LGN-02");

    let page = browser.read("/ipp/password").await;
    assert!(page.contains("Choose a password"));
    let differs = browser
        .submit(
            "/ipp/password",
            &[("current", &given), ("new", PASSWORD), ("again", "another long password")],
        )
        .await;
    assert!(differs.status == 422 && differs.text().contains("differ"));
    let changed =
        browser.submit("/ipp/password", &[("current", &given), ("new", PASSWORD), ("again", PASSWORD)]).await;
    assert_eq!((changed.status, changed.header("location")), (303, Some("/ipp/")));
    let home = browser.read("/ipp/").await;
    // LGN-08 to LGN-12: navigation, figures, health, and no users yet.
    for part in
        ["aria-label=\"Navigation\"", "data-live=\"registered\">0<", "No active alarms", "No devices yet"]
    {
        assert!(home.contains(part), "{part}");
    }

    let before = browser.clone();
    let left = browser.submit("/ipp/logout", &[]).await;
    assert_eq!((left.status, left.header("location")), (303, Some("/ipp/login")));
    assert!(browser.cookies.is_empty());
    assert_eq!(before.clone().open("/ipp/").await.status, 303, "LGN-15: the former cookie is worth nothing");
    world.stop().await;
}

/// LGN-05, A18: a wrong name and a wrong password cannot be told apart; nothing of the password comes back.
#[tokio::test]
async fn lgn_05_refused_logins_look_alike() {
    let world = World::administered().await;
    let mut browser = Browser::new(&world);
    let name = browser.submit("/ipp/login", &[("name", "nobody"), ("password", "not the password")]).await;
    let password =
        browser.submit("/ipp/login", &[("name", "acladmin"), ("password", "not the password")]).await;
    assert_eq!((name.status, password.status), (401, 401));
    let alike = |answer: &Answer| {
        let text = answer.text().replace("nobody", "").replace("acladmin", "");
        let at = text.find("data-now").unwrap();
        format!("{}{}", &text[..at], &text[at + 40..])
    };
    assert_eq!(alike(&name), alike(&password));
    assert!(!name.text().contains("not the password") && name.text().contains("role=\"alert\""));
    world.stop().await;
}

/// After a login people go on to pages of this console only.
#[tokio::test]
async fn nobody_is_led_elsewhere_by_the_login() {
    let world = World::administered().await;
    world.root().await;
    for (next, to) in [
        ("https://elsewhere.example/", "/ipp/"),
        ("//elsewhere.example/ipp/", "/ipp/"),
        ("/ipp/../../evil\\x", "/ipp/"),
        ("/ipp//elsewhere.example", "/ipp/"),
        ("/ipp/\r\nx: y", "/ipp/"),
        ("/api/v1/session", "/ipp/"),
        ("/ipp/logout", "/ipp/"),
        ("/ipp/devices?status=offline", "/ipp/devices?status=offline"),
    ] {
        let fields = [("name", "acladmin"), ("password", PASSWORD), ("next", next)];
        let answer = Browser::new(&world).submit("/ipp/login", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(to)), "{next:?}");
    }
    world.stop().await;
}

/// SEC-24, A17: no form of another site does anything; the session goes on.
#[tokio::test]
async fn sec_24_forms_of_other_sites_are_refused() {
    let world = World::administered().await;
    let root = world.root().await;
    for path in ["/ipp/login", "/ipp/logout", "/ipp/password", "/ipp/preferences"] {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("origin", "https://elsewhere.example"), ("x", "y")]
        {
            let request = form(path, &[("theme", "dark")]).header(name, value);
            let answer = Browser::of(&world, &root).ask(request).await;
            assert_eq!(answer.status, 403, "{path} with {name}: {value}");
        }
    }
    assert_eq!(Browser::of(&world, &root).open("/ipp/").await.status, 200);
    world.stop().await;
}

/// SEC-04, SEC-12, SEC-20, UI-22: who is not logged in is sent to the login, programs too; every level sees
/// the pages it may see.
#[tokio::test]
async fn sec_20_every_page_is_guarded() {
    let world = World::administered().await;
    let root = world.root().await;
    let token = root.post("/tokens", &json!({ "name": "reader", "level": "administrator", "days": 1 })).await;
    let bearer = format!("Bearer {}", token["secret"].as_str().unwrap());
    let mut levels = Vec::new();
    for (name, level) in [("monitoring", Level::Monitoring), ("operator", Level::Operator)] {
        let client = root.account(&format!("{name}-account"), name, json!("all")).await;
        levels.push((level, Browser::of(&world, &client)));
    }
    levels.push((Level::SuperAdministrator, Browser::of(&world, &root)));
    let mut asked = 0;
    for route in console().filter(|route| route.methods[0] == http::Method::GET) {
        if matches!(route.guard, Guard::Anybody) || route.paths[0].ends_with("/live") {
            continue;
        }
        let path = route.paths[0].replace("{id}", ABSENT);
        // An action is about something.
        let path = match path.split('/').nth(2) {
            Some("actions") => format!("{path}?filter="),
            Some("user-actions") => format!("{path}?user_filter="),
            _ => path,
        };
        let nobody = Browser::new(&world).open(&path).await;
        assert_eq!(nobody.status, 303, "{path}");
        assert!(nobody.header("location").unwrap().starts_with("/ipp/login") && nobody.body.is_empty());
        let program = Request::get(&path).header("authorization", &bearer).send(world.at(Port::Web)).await;
        assert!(matches!(program.status, 303 | 403), "{path} by a program: {}", program.status);
        for (level, browser) in &mut levels {
            let answer = browser.open(&path).await;
            let may = match route.guard {
                Guard::Needs(capability) => capability.is_of(*level),
                Guard::Anybody | Guard::Person | Guard::Phone => true,
            };
            let expected = if !may {
                403
            } else if path.contains(ABSENT) {
                404
            } else {
                200
            };
            assert_eq!(answer.status, expected, "{path} as {level:?}");
            asked += 1;
        }
    }
    assert!(asked >= 15, "{asked}");
    let live = Browser::new(&world).open("/ipp/dashboard/live").await;
    assert_eq!(live.status, 303);
    world.stop().await;
}

/// A polyglot that would run, or break out, wherever a text is put without being escaped.
const POLYGLOT: &str = "</title></script>\"'><img src=x onerror=alert(1)><svg/onload=alert(2)>{{7*7}}";

/// UI-23, SEC-13, A19: what users and phones send is text on every page; regions that may not be seen, and
/// what is in them, are on none. Pages say that they may load nothing from elsewhere, and do not try.
#[tokio::test]
async fn ui_23_pages_are_closed() {
    let world = World::administered().await;
    let root = world.root().await;
    let open = |region: &mut ipp_core::region::Region| {
        region.identity = ipp_core::region::Identity::Open;
        region.networks = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let (north, south) = (world.region("North", open).await, world.region("canary-south", open).await);
    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    let mut ids = Vec::new();
    for (region, number, name) in [(&north, 1, "visible-user"), (&south, 2, "canary-user")] {
        let user = world.user(name, region, None).await;
        let phone = Phone::new(phone(number, Kind::Generic));
        let device = world.device(&phone, &user).await;
        let display = json!({ "display_name": &POLYGLOT[..40] });
        root.patch(&format!("/devices/{}", device.id), &display).await;
        let members: Vec<(&str, &str)> = [
            "userAgent",
            "userName",
            "location",
            "phoneNumber",
            "subnet",
            "vlanId",
            "fwVersion",
            "model",
            "sipProxy",
        ]
        .map(|member| (member, POLYGLOT))
        .into_iter()
        .chain([("emsUserName", "system"), ("emsUserPassword", "system")])
        .collect();
        let mac = device.mac.to_string();
        for (path, body) in [(STATUS, status_body(&mac, &members)), (ALARM, alarm_body(&mac, POLYGLOT))] {
            let answer = Request::post(path, body).send(world.at(Port::Reports)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        ids.push(device.id);
    }
    let nora = root.account("nora", "operator", json!({ "only": [north.id.to_string()] })).await;
    let polyglot_path = format!("/ipp/devices?q={}", "%22%3E%3Csvg%2Fonload%3Dalert(2)%3E");
    let mut paths: Vec<String> = [
        "/ipp/",
        "/ipp/devices",
        "/ipp/alarms",
        "/ipp/users",
        "/ipp/password",
        "/ipp/design",
        "/ipp/nothing",
    ]
    .map(str::to_owned)
    .into();
    paths.push(format!("/ipp/devices/{}", ids[0]));
    paths.push(format!("/ipp/devices/{}", ids[1]));
    paths.push(polyglot_path);
    for query in ["q=canary", "q=region%3Acanary-south", "user=canary"] {
        paths.push(format!("/ipp/devices?{query}"));
    }
    for page in ["", "devices", "alarms", "users"] {
        paths.push(format!("/ipp/{page}?region={}", south.id));
    }
    for (mut browser, blind) in [(Browser::of(&world, &nora), true), (Browser::of(&world, &root), false)] {
        for path in &paths {
            let answer = browser.open(path).await;
            let text = answer.text();
            assert!(answer.status < 500, "{path}: {text}");
            if !path.starts_with("/ipp/nothing") {
                closed(path, &answer);
            }
            assert!(!text.contains("<svg/onload") && !text.contains("<img"), "{path}: {text}");
            if blind {
                let text = text.replace("canary\"", "").replace("canary<", "").replace(": canary", "");
                let text = text.replace("region:canary-south", "").replace("q=region%3Acanary-south", "");
                let text = text.replace("canary&", "");
                assert!(!text.contains("canary-user"), "{path}: {text}");
                let named = text.contains("canary-south") && !path.contains("canary-south");
                assert!(!named, "{path}: {text}");
            }
        }
    }
    // It was there to be escaped.
    for path in ["/ipp/devices", "/ipp/alarms", "/ipp/", &paths[7]] {
        let text = Browser::of(&world, &root).read(path).await;
        assert!(text.contains("&#60;img src=x onerror=alert(1)&#62;"), "{path}: {text}");
    }
    // What may not be seen answers as what is not there.
    let mut nora = Browser::of(&world, &nora);
    for page in ["devices", "alarms", "users", ""] {
        let (hidden, absent) = (south.id.to_string(), ABSENT);
        let of = async |browser: &mut Browser<'_>, id: &str| {
            let answer = browser.open(&format!("/ipp/{page}?region={id}")).await;
            let text = answer.text().replace(id, "ID");
            let at = text.find("data-now").unwrap();
            (answer.status, format!("{}{}", &text[..at], &text[at + 40..]))
        };
        assert_eq!(of(&mut nora, &hidden).await, of(&mut nora, absent).await, "{page}");
    }
    world.stop().await;
}

/// No script, style or handler stands in a page, and nothing of it comes from elsewhere.
fn closed(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{path}"
    );
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{path}");
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin")] {
        assert_eq!(answer.header(name), Some(value), "{path}");
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    let text = answer.text();
    for forbidden in ["<style", " style=", "javascript:", "<iframe", "<object", "<base"] {
        assert!(!text.contains(forbidden), "{path}: {forbidden}");
    }
    for (at, _) in text.match_indices("<script") {
        assert!(text[at..].starts_with("<script src=\"/ipp/assets/"), "{path}: a script in the page");
    }
    for tag in text.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let names = tag.split('"').step_by(2).collect::<String>();
        let handler = names.split_ascii_whitespace().skip(1).any(|name| name.starts_with("on"));
        assert!(!handler, "{path}: a handler in <{tag}>");
        for word in tag.split_ascii_whitespace().skip(1) {
            for loads in ["src=\"", "href=\"", "action=\"", "data-live-from=\""] {
                let Some(url) = word.strip_prefix(loads) else { continue };
                let local = url.starts_with('/') && !url.starts_with("//") || url.starts_with('#');
                // The web page of a phone is a link that people follow.
                let to_phone = tag.contains("target=\"_blank\"") && tag.contains("noopener noreferrer");
                assert!(local || to_phone, "{path}: <{tag}>");
            }
        }
    }
}

/// Style, script and icons are one version for good, name nothing elsewhere, and are for everybody.
#[tokio::test]
async fn assets_are_kept_for_good() {
    let world = World::administered().await;
    let page = Browser::new(&world).read("/ipp/login").await;
    let mut found = 0;
    for part in page.split("/ipp/assets/").skip(1) {
        let name = part.split(['"', '#']).next().unwrap();
        let answer = Browser::new(&world).open(&format!("/ipp/assets/{name}")).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"), "{name}");
        assert!(answer.header("set-cookie").is_none());
        let text = answer.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("://") && !text.contains("url(") && !text.contains("@import"), "{name}");
        found += 1;
    }
    assert!(found >= 3, "{found}");
    assert_eq!(Browser::new(&world).open("/ipp/assets/console.css").await.status, 404);
    world.stop().await;
}

/// The look is remembered in a cookie of checked words, and changed by a form.
#[tokio::test]
async fn the_look_is_remembered() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let fields = [("theme", "dark"), ("density", "compact"), ("back", "/ipp/devices?sort=user")];
    let answer = browser.submit("/ipp/preferences", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/ipp/devices?sort=user")));
    let page = browser.read("/ipp/devices").await;
    assert!(page.contains("data-theme=\"dark\" data-density=\"compact\""));
    let answer =
        Request::get("/ipp/login").header("cookie", "ipp_view=\"><script>.x").send(world.at(Port::Web)).await;
    assert!(answer.text().contains("data-theme=\"auto\" data-density=\"comfortable\""));
    world.stop().await;
}

/// DEV-01 to DEV-14, DEV-19 to DEV-24, DEV-43: filters, sort and pages stand in the address, and a page of
/// 100 devices is small.
#[tokio::test]
async fn dev_14_the_devices_page_follows_its_address() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    for number in 1..=120_u32 {
        let region = if number % 4 == 0 { &south } else { &north };
        let user = world.user(&format!("user{number:03}"), region, None).await;
        world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
    }
    let mut browser = Browser::of(&world, &root);
    let rows = |page: &str| page.matches("<tr data-row>").count();
    let page = browser.read("/ipp/devices").await;
    assert_eq!(rows(&page), 50);
    for column in [
        "User",
        "Phone Number",
        "MAC",
        "IP",
        "Model",
        "Firmware Version",
        "Report Time",
        "Location",
        "Subnet",
        "VLAN ID",
        "Last Update Status",
        "Status",
    ] {
        assert!(page.contains(&format!(">{column}<")), "DEV-19: {column}");
    }
    let large = browser.read("/ipp/devices?limit=100").await;
    assert_eq!(rows(&large), 100);
    assert!(large.len() < 150_000, "{} bytes", large.len());
    println!("100 devices: {} bytes", large.len());

    let mut seen = std::collections::BTreeSet::new();
    let mut next = Some("/ipp/devices?sort=-user&limit=50".to_owned());
    let mut last = String::from("zzz");
    while let Some(path) = next {
        let page = browser.read(&path).await;
        for name in page.split("class=\"c1\">").skip(1).map(|rest| &rest[..7]) {
            assert!(name < last.as_str() && seen.insert(name.to_owned()), "{name} after {last}");
            last = name.to_owned();
        }
        next = page
            .split("rel=\"next\" href=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(seen.len(), 120, "DEV-43: each once");

    let filtered = browser.read(&format!("/ipp/devices?region={}&q=user00&limit=100", south.id)).await;
    assert_eq!(rows(&filtered), 2, "DEV-14: user004 and user008");
    assert!(filtered.contains("Region: South") && filtered.contains("Remove the filter user00"));
    assert!(filtered.contains("href=\"/ipp/devices?q=user00&#38;limit=100\""), "without the region");
    assert_eq!(
        rows(&browser.read("/ipp/devices?mac=&user=user12&status=").await),
        1,
        "user120; empty fields ask nothing"
    );
    let none = browser.read("/ipp/devices?status=disconnected").await;
    assert!(rows(&none) == 0 && none.contains("No device fits these filters"));
    let wrong = browser.open("/ipp/devices?q=usr:maria").await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.text().contains("value=\"usr:maria\"") && wrong.text().contains("`usr:maria`"),
        "what was typed stays"
    );
    assert_eq!(browser.open("/ipp/devices?colour=red").await.status, 400);
    world.stop().await;
}

/// DASH-01, DASH-15 to DASH-22, LGN-09: figures and their lists agree, also for a person with one region.
#[tokio::test]
async fn dash_15_figures_lead_to_their_lists() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    for number in 1..=5_u32 {
        let region = if number > 3 { &south } else { &north };
        let user = world.user(&format!("user{number}"), region, None).await;
        world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
    }
    let nora = root.account("nora", "monitoring", json!({ "only": [north.id.to_string()] })).await;
    for (client, scope, all) in
        [(&root, String::new(), 5), (&nora, String::new(), 3), (&root, format!("?region={}", south.id), 2)]
    {
        let mut browser = Browser::of(&world, client);
        let page = browser.read(&format!("/ipp/{scope}")).await;
        assert!(page.contains(&format!("data-live=\"non-registered\">{all}<")), "{scope}");
        assert!(page.contains(&format!("of {all} devices")) && page.contains(">0 %<"), "DASH-18");
        let links = page.split("class=\"card figure\" href=\"").skip(1);
        let links: Vec<String> =
            links.map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&")).collect();
        assert_eq!(links.len(), 5);
        for (link, expected) in links.iter().zip([0, all, 0, all, 0]) {
            let list = browser.read(link).await;
            assert_eq!(list.matches("<tr data-row>").count(), expected, "{link}");
        }
    }
    assert_eq!(items(&nora.read("/devices").await).len(), 3);
    world.stop().await;
}

/// DEV-44, APR-09, UI-18, UI-19, UI-22: a pending row has its own Approve, for those who may; the form says
/// what is wrong and keeps what was typed.
#[tokio::test]
async fn dev_44_a_pending_device_is_approved_by_a_form() {
    let world = World::administered().await;
    let root = world.root().await;
    root.patch("/settings", &json!({ "announcer": { "name": "system", "password": "system" } })).await;
    let region = world.careful_region("North").await;
    let members = [("emsUserName", "system"), ("emsUserPassword", "system"), ("model", "430HD")];
    let answer =
        Request::post(STATUS, status_body("00908f0000aa", &members)).send(world.at(Port::Reports)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut browser = Browser::of(&world, &root);
    let page = browser.read("/ipp/devices?approved=no").await;
    let form =
        page.split("class=\"button little\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(form.ends_with("/approve") && page.contains("Pending approval"), "{form}");
    let watcher = root.account("watcher", "monitoring", json!("all")).await;
    let mut watcher = Browser::of(&world, &watcher);
    assert!(!watcher.read("/ipp/devices").await.contains("/approve"), "UI-22: not offered");
    assert_eq!(watcher.open(&form).await.status, 403);
    assert_eq!(watcher.submit(&form, &[("region", &region.id.to_string())]).await.status, 403);

    assert!(browser.read(&form).await.contains("Approve Device"));
    let wrong = browser.submit(&form, &[("region", ""), ("user", "maria")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("value=\"maria\""), "{}", wrong.text());
    let done = browser.submit(&form, &[("region", &region.id.to_string()), ("user", "maria")]).await;
    let device = form.strip_suffix("/approve").unwrap();
    assert_eq!((done.status, done.header("location")), (303, Some(device)), "{}", done.text());
    let page = browser.read(device).await;
    assert!(page.contains("maria") && page.contains("North") && !page.contains("/approve\""));
    assert_eq!(browser.open(&form).await.header("location"), Some(device), "it waits no more");
    assert!(browser.read("/ipp/devices").await.contains("href=\"/api/v1/csv/export\""), "DEV-25");
    world.stop().await;
}

/// The console is served over TLS; over plain HTTP it leads there. Paths of phones stay theirs.
#[tokio::test]
async fn prt_07_plain_http_leads_to_tls() {
    let world = World::start().await;
    let port = world.at(Port::WebTls).port();
    let answer = Request::get("/ipp/devices?q=a").send(world.at(Port::Web)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some(&*format!("https://server:{port}/ipp/devices?q=a")));
    let refused =
        form("/ipp/login", &[("name", "a"), ("password", "b")]).header("sec-fetch-site", "same-origin");
    assert_eq!(refused.send(world.at(Port::Web)).await.status, 403);
    assert_eq!(world.get("/ipp/dhcpoption160.cfg").await.status, world.get("/ipp/nothing.cfg").await.status);
    let reports = Request::get("/ipp/").send(world.at(Port::Reports)).await;
    assert_eq!(reports.status, 404, "the listeners of reports have no console");
    assert!(
        wire::raw(world.at(Port::Web), b"GET /ipp/ HTTP/1.1\r\nhost: a b\r\n\r\n")
            .await
            .starts_with(b"HTTP/1.1 ")
    );
    world.stop().await;
}

/// UI-01, UI-15: every entry of the navigation leads to a page, and the way home is on each.
#[tokio::test]
async fn ui_01_every_link_leads_somewhere() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let mut waiting = vec!["/ipp/".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) || seen.len() > 200 {
            continue;
        }
        let page = browser.read(&path).await;
        assert!(page.contains("href=\"/ipp/\""), "UI-15: {path}");
        let links =
            page.split("<a ").skip(1).filter_map(|rest| rest.split("href=\"").nth(1)?.split('"').next());
        waiting.extend(links.filter(|link| link.starts_with("/ipp")).map(|link| link.replace("&#38;", "&")));
    }
    for page in ["/ipp/devices", "/ipp/alarms", "/ipp/users", "/ipp/password", "/ipp/design"] {
        assert!(seen.contains(page), "{page}");
    }
    let pages = console().filter(|route| matches!(route.operation, Operation::Console(_)));
    assert!(pages.count() >= 14);
    world.stop().await;
}
