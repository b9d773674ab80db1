//! Every route of the table, asked by every kind of caller (part M of the rules): a route without a
//! rule cannot be built, and here each rule is tried.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fmt::Write as _;

use common::{World, api::Client, phone, wire::Request};
use ipp_core::access::Level;
use ipp_examples::{
    fleet::{Kind, Phone},
    server::config::Role as Port,
};
use ipp_http::route::{Guard, Operation, RegionSource, Route, Surface, routes};
use serde_json::{Value, json};

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Somebody who asks, and the level that they have.
struct Asker<'a> {
    who: &'static str,
    client: Client<'a>,
    level: Option<Level>,
    person: bool,
}

async fn askers(world: &World) -> (Client<'_>, Vec<Asker<'_>>) {
    let root = world.root().await;
    let mut askers =
        vec![Asker { who: "nobody", client: Client::anonymous(world), level: None, person: false }];
    for (who, level) in [
        ("monitoring", Level::Monitoring),
        ("operator", Level::Operator),
        ("administrator", Level::Administrator),
        ("super_administrator", Level::SuperAdministrator),
    ] {
        let full = level >= Level::Administrator;
        let regions = if full { Value::Null } else { json!("all") };
        let client = root.account(&format!("{who}-account"), who, regions).await;
        askers.push(Asker { who, client, level: Some(level), person: true });
    }
    let token = root.post("/tokens", &json!({ "name": "reader", "level": "monitoring", "days": 1 })).await;
    let client = Client::program(world, token["secret"].as_str().unwrap());
    askers.push(Asker { who: "program", client, level: Some(Level::Monitoring), person: false });
    let shut = root.account("shut", "administrator", Value::Null).await;
    let operators = root.read("/operators").await;
    let shut_id =
        operators["items"].as_array().unwrap().iter().find(|one| one["name"] == "shut").unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
    root.patch(&format!("/operators/{shut_id}"), &json!({ "enabled": false })).await;
    askers.push(Asker { who: "shut account", client: shut, level: None, person: false });
    let over =
        Client::anonymous(world).header("cookie", "ipp_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    askers.push(Asker { who: "unknown session", client: over, level: None, person: false });
    (root, askers)
}

/// The path of a route for things that do not exist.
fn filled(route: &Route) -> String {
    let path = route.paths[0].strip_prefix("/api/v1").unwrap();
    let parts = path.split('/').map(|part| if part.starts_with('{') { ABSENT } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn administration() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.surface == Surface::Admin)
}

/// SEC-04, SEC-06, SEC-12, SEC-20, T16: who is not logged in is asked to; who lacks the level is
/// refused, whatever else is wrong with the request; who has it gets past both.
#[tokio::test]
async fn sec_20_every_route_is_guarded() {
    let world = World::administered().await;
    let (_, askers) = askers(&world).await;
    let mut cells = 0;
    for route in administration() {
        let method = route.methods[0].as_str();
        // Its effect on sessions would end the asker's own.
        let ends_sessions = route.paths[0].starts_with("/api/v1/session");
        for asker in &askers {
            let expected = match route.guard {
                Guard::Phone => unreachable!("a route of administrators"),
                Guard::Anybody => None,
                Guard::Person => (!asker.person).then_some(401),
                Guard::Needs(capability) => match asker.level {
                    None => Some(401),
                    Some(level) if !capability.is_of(level) => Some(403),
                    Some(_) => None,
                },
            };
            if expected.is_none() && ends_sessions {
                continue;
            }
            let body = if method == "GET" || method == "DELETE" { Value::Null } else { json!({}) };
            let answer = asker.client.send(method, &filled(route), &body).await;
            let cell = format!("{method} {} as {}: {}", route.paths[0], asker.who, answer.status);
            match expected {
                Some(status) => assert_eq!(answer.status, status, "{cell}"),
                // The right to reveal secrets is the account's beside its level.
                None if answer.status == 403 => assert!(answer.text().contains("reveal secrets"), "{cell}"),
                None => assert!(answer.status != 401 && answer.status < 500, "{cell}: {}", answer.text()),
            }
            cells += 1;
        }
    }
    assert!(cells >= 21 * 6, "{cells}");
    world.stop().await;
}

/// SEC-13, A19: nothing of a region that an operator does not see stands in any answer to it: not in
/// lists, counts, searches or logs. What it sees is what a full administrator sees of its region.
#[tokio::test]
async fn sec_13_no_answer_tells_of_an_invisible_region() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut ids = Vec::new();
    for (region, word, number) in [("North", "visible", 1_u32), ("canary-south", "canary", 2)] {
        let region = world.region(region, |_| {}).await;
        let user = world.user(&format!("{word}-user"), &region, None).await;
        world.device(&Phone::new(phone(number, Kind::Generic)), &user).await;
        let scope = ipp_core::catalog::SharedScope::Region(region.id);
        world.set(scope, &format!("{word}Value"), Some("canary-or-not")).await;
        ids.push(region.id);
    }
    let first = |list: Value| list["items"][0]["id"].as_str().unwrap().to_owned();
    let of_north = format!("region={}", ids[0]);
    let own_device = first(root.read(&format!("/devices?{of_north}")).await);
    let own_user = first(root.read(&format!("/users?{of_north}")).await);
    let template = first(root.read("/templates").await);
    let hidden = ids[1].to_string();
    let nora = root.account("nora", "operator", json!({ "only": [ids[0].to_string()] })).await;
    let visible = [ids[0].to_string(), template, own_device, own_user, "430HD".to_owned()];
    for route in administration().filter(|route| route.methods[0] == http::Method::GET) {
        let guarded = matches!(route.guard, Guard::Needs(capability) if capability.is_of(Level::Operator));
        if !guarded {
            continue;
        }
        let path = route.paths[0].strip_prefix("/api/v1").unwrap();
        // A name that both regions know, and the ids of what may be seen.
        for id in &visible {
            let target =
                path.replace("{id}", id).replace("{name}", "canaryValue").replace("{scope}", "system");
            for query in ["", "?limit=500", "?q=canary", "?name=canaryValue"] {
                let answer = nora.get(&format!("{target}{query}")).await;
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(answer.status < 500, "{target}{query}: {text}");
                for secret in ["canary-south", "canary-user", &hidden] {
                    assert!(!text.contains(secret), "{secret} in {target}{query}: {text}");
                }
            }
        }
    }
    world.stop().await;
}

/// The table itself, to be read: who may call what.
#[test]
fn the_table_of_routes_is_as_written_down() {
    let mut table = String::new();
    for route in administration() {
        let Operation::Admin(operation) = route.operation else { continue };
        let guard = match route.guard {
            Guard::Phone => "phone".to_owned(),
            Guard::Anybody => "anybody".to_owned(),
            Guard::Person => "person".to_owned(),
            Guard::Needs(capability) => format!("{capability:?}"),
        };
        let region = match route.region {
            RegionSource::None => "",
            RegionSource::Token => " (region of the token)",
            RegionSource::Row => " (region of the row)",
            RegionSource::Visible => " (visible regions)",
        };
        let (method, path) = (route.methods[0].as_str(), route.paths[0]);
        writeln!(table, "{method:<7} {path:<52} {guard}{region}: {}", operation.id()).unwrap();
    }
    let golden = include_str!("golden/routes.txt");
    assert_eq!(table, golden, "\n{table}");
}

/// A role never reaches further than it says, by any spelling of an id.
#[tokio::test]
async fn odd_ids_are_ids_of_nothing() {
    let world = World::administered().await;
    let root = world.root().await;
    let absent = root.get(&format!("/regions/{ABSENT}")).await;
    for id in ["0", "%2e%2e", "..%2fregions", "{id}", "01890A5D-AC96-774B-BCCE-B302099A8057", "%00"] {
        let answer = root.get(&format!("/regions/{id}")).await;
        assert_eq!(answer.timeless(), absent.timeless(), "{id}");
    }
    let outside = Request::get("/api/v2/regions").send(world.at(Port::Web)).await;
    assert_eq!(outside.status, 404);
    world.stop().await;
}
