//! The REST API end to end: logging in, sessions, tokens, accounts, and what everything has in common.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{
    World,
    api::{Client, PASSWORD},
    wire::Request,
};
use ipp_examples::server::config::Role;
use serde_json::{Value, json};

/// LGN-02, LGN-04, LGN-15, A17, A18: the first login, with everything that has to be refused on the way.
#[tokio::test]
async fn lgn_02_the_first_administrator_logs_in_and_out() {
    let world = World::administered().await;
    let given = world.server.first_password.clone().unwrap();
    let nobody = Client::anonymous(&world);
    let credentials = |password: &str| json!({ "name": "acladmin", "password": password });
    let wrong = nobody.send("POST", "/session", &credentials("pass_1234")).await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (401, Some("unauthenticated")));
    let unknown =
        nobody.send("POST", "/session", &json!({ "name": "nobody", "password": "pass_1234" })).await;
    assert_eq!(unknown.timeless(), wrong.timeless(), "LGN-05");

    let login = nobody.send("POST", "/session", &credentials(given.as_str())).await;
    let cookie = login.header("set-cookie").unwrap();
    assert!(cookie.starts_with("ipp_session=") && cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(login.json()["must_change_password"], true);
    assert_eq!(login.header("cache-control"), Some("no-store"));
    let first = Client::with_cookie(&world, &login);
    let early = first.get("/regions").await;
    assert_eq!((early.status, early.json()["code"].as_str()), (403, Some("password-change-required")));

    let root = first.choose_password(given.as_str()).await;
    assert_eq!(first.get("/session").await.status, 401, "the former id is worth nothing");
    assert_eq!(root.read("/session").await["level"], "super_administrator");
    assert_eq!(root.read("/regions").await, json!({ "from_host": false, "items": [] }), "LGN-12");
    assert_eq!(root.read("/session/all").await["items"].as_array().unwrap().len(), 1);
    let out = root.send("DELETE", "/session", &Value::Null).await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(root.get("/regions").await.status, 401);
    world.stop().await;
}

/// A17, SEC-24: a session changes something only for this server's own pages; a token has no such
/// limit, because no browser sends it by itself.
#[tokio::test]
async fn sec_24_other_sites_change_nothing() {
    let world = World::administered().await;
    let root = world.root().await;
    let region = json!({ "name": "Berlin" });
    for client in [
        root.clone().without("sec-fetch-site"),
        root.clone().without("sec-fetch-site").header("sec-fetch-site", "cross-site"),
        root.clone().without("sec-fetch-site").header("origin", "https://elsewhere.example"),
    ] {
        let answer = client.send("POST", "/regions", &region).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("cross-site")));
        assert_eq!(client.get("/regions").await.status, 200, "reading changes nothing");
    }
    let own = root.clone().without("sec-fetch-site").header("origin", "http://server");
    assert_eq!(own.send("POST", "/regions", &region).await.status, 201);
    let forced = Client::anonymous(&world).without("sec-fetch-site");
    let login = forced.send("POST", "/session", &json!({ "name": "acladmin", "password": PASSWORD })).await;
    assert_eq!(login.status, 403, "nor is anybody logged in from elsewhere");

    let made = root.post("/tokens", &json!({ "name": "script", "level": "administrator", "days": 7 })).await;
    let program = Client::program(&world, made["secret"].as_str().unwrap());
    program.post("/regions", &json!({ "name": "Hamburg" })).await;
    assert_eq!(program.get("/session").await.status, 401, "a program is no person");
    assert_eq!(program.get("/operators").await.status, 200);
    assert_eq!(
        program.send("POST", "/tokens", &json!({"name":"x","level":"monitoring","days":1})).await.status,
        409
    );
    assert_eq!(Client::program(&world, "ipp_invented").get("/regions").await.status, 401);
    let listed = root.read("/tokens").await.to_string();
    assert!(listed.contains("last_used") && !listed.contains(made["secret"].as_str().unwrap()));
    root.delete(&format!("/tokens/{}", made["id"].as_str().unwrap())).await;
    assert_eq!(program.get("/regions").await.status, 401);
    world.stop().await;
}

/// LGN-07: over plain HTTP nobody logs in and nothing is told, unless the configuration says so.
#[tokio::test]
async fn lgn_07_administration_is_over_https() {
    let world = World::start().await;
    let nobody = Client::anonymous(&world);
    for path in ["/session", "/regions", "/audit"] {
        let answer = nobody.get(path).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("https-required")), "{path}");
    }
    let reports = Request::get("/api/v1/regions").send(world.at(Role::Reports)).await;
    assert_eq!(reports.status, 404, "the ports of reports know no administration");
    world.stop().await;
}

/// SEC-13, SEC-20, SEC-21, A19: what may not be seen answers like what does not exist, byte for byte,
/// and a change of level holds for an open session.
#[tokio::test]
async fn sec_13_invisible_is_absent() {
    let world = World::administered().await;
    let root = world.root().await;
    let north = root.post("/regions", &json!({ "name": "North" })).await["id"].as_str().unwrap().to_owned();
    let south = root.post("/regions", &json!({ "name": "South" })).await["id"].as_str().unwrap().to_owned();
    let nora = root.account("nora", "operator", json!({ "only": [north] })).await;
    assert_eq!(nora.read("/regions").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(nora.read(&format!("/regions/{north}")).await["name"], "North");
    let hidden = nora.get(&format!("/regions/{south}")).await;
    let absent = nora.get("/regions/01890a5d-ac96-774b-bcce-b302099a8057").await;
    let nonsense = nora.get("/regions/no-uuid").await;
    assert_eq!(hidden.status, 404);
    assert_eq!(hidden.timeless(), absent.timeless());
    assert_eq!(hidden.timeless(), nonsense.timeless());
    for (method, path) in [
        ("POST", "/regions".to_owned()),
        ("PATCH", format!("/regions/{north}")),
        ("DELETE", format!("/regions/{north}")),
        ("GET", "/operators".to_owned()),
        ("GET", "/audit".to_owned()),
    ] {
        let body = if method == "POST" { json!({ "name": "x" }) } else { Value::Null };
        let answer = nora.send(method, &path, &body).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
    }

    let id = nora_id(&root).await;
    root.patch(&format!("/operators/{id}"), &json!({ "level": "administrator" })).await;
    assert_eq!(nora.read("/regions").await["items"].as_array().unwrap().len(), 2);
    root.patch(&format!("/operators/{id}"), &json!({ "level": "monitoring", "regions": { "only": [] } }))
        .await;
    assert_eq!(nora.read("/regions").await, json!({ "from_host": false, "items": [] }), "AMB-94");
    root.patch(&format!("/operators/{id}"), &json!({ "enabled": false })).await;
    assert_eq!(nora.get("/regions").await.status, 401);
    world.stop().await;
}

async fn nora_id(root: &Client<'_>) -> String {
    let operators = root.read("/operators").await;
    let items = operators["items"].as_array().unwrap();
    let nora = items.iter().find(|operator| operator["name"] == "nora").unwrap();
    nora["id"].as_str().unwrap().to_owned()
}

/// C38: an edit names the version it is based on; REG-03, REG-12: a region is made and renamed.
#[tokio::test]
async fn c38_two_edits_do_not_overwrite_each_other() {
    let world = World::administered().await;
    let root = world.root().await;
    let made = root.send("POST", "/regions", &json!({ "name": "Berlin", "zero_touch": false })).await;
    assert_eq!(made.status, 201);
    let path = made.header("location").unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let tag = root.get(&path).await.header("etag").unwrap().to_owned();
    let edit = json!({ "name": "Berlin Mitte", "networks": ["10.1.0.0/16"] });
    assert_eq!(root.send("PATCH", &path, &edit).await.status, 428);
    let mine = root.clone().header("if-match", &tag);
    let saved = mine.send("PATCH", &path, &edit).await;
    assert_eq!(saved.status, 200);
    assert_eq!(saved.json()["aliases"], json!(["Berlin"]));
    assert_eq!(saved.json()["zero_touch"], false, "what is not named stays");
    let late = mine.send("PATCH", &path, &json!({ "description": "late" })).await;
    assert_eq!((late.status, late.json()["code"].as_str()), (412, Some("changed-meanwhile")));
    assert_eq!(root.read(&path).await["description"], "");
    root.delete(&path).await;
    assert_eq!(root.get(&path).await.status, 404);
    world.stop().await;
}

/// API-16: what is wrong in a request is named by its place, and nothing of it is done.
#[tokio::test]
async fn api_16_bad_requests_name_the_place() {
    let world = World::administered().await;
    let root = world.root().await;
    for (body, status, pointer) in [
        (json!({}), 422, "/name"),
        (json!({ "name": "a/b" }), 422, "/name"),
        (json!({ "name": "A", "networks": ["10.0.0.0/8", "10.300.0.0/8"] }), 422, "/networks/1"),
        (json!({ "name": "A", "zero_touch": "maybe" }), 422, "/zero_touch"),
        (json!({ "name": "A", "zerotouch": true }), 422, "/zerotouch"),
        (json!({ "name": "A", "lines": ["a=1", "b=1\nc=2"] }), 422, "/lines/1"),
    ] {
        let answer = root.send("POST", "/regions", &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert_eq!(answer.json()["pointer"], pointer, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let raw = |body: &str, kind: &str| {
        let mut request = Request::post("/api/v1/regions", body).header("content-type", kind);
        for (name, value) in root.headers() {
            request = request.header(name, value);
        }
        let at = world.at(Role::Web);
        async move { request.send(at).await.status }
    };
    assert_eq!(raw("{\"name\":", "application/json").await, 400);
    assert_eq!(raw("{\"name\":\"A\"} x", "application/json").await, 400);
    assert_eq!(raw("{\"name\":\"A\"}", "text/plain").await, 415);
    assert_eq!(raw(&" ".repeat(1_100_000), "application/json").await, 413);
    assert_eq!(root.get("/regions?sort=name").await.status, 400, "a misspelt parameter is noticed");
    assert_eq!(root.get("/audit?limit=0").await.status, 400);
    assert_eq!(root.get("/nothing").await.status, 404);
    assert_eq!(root.send("PUT", "/regions", &json!({})).await.status, 405);
    assert_eq!(root.read("/regions").await, json!({ "from_host": false, "items": [] }));
    world.stop().await;
}

/// The audit log tells who did what, page by page, without secrets.
#[tokio::test]
async fn the_audit_log_is_read_in_pages() {
    let world = World::administered().await;
    let root = world.root().await;
    for name in ["A", "B", "C"] {
        root.post("/regions", &json!({ "name": name })).await;
    }
    let page = root.read("/audit?action=region.&limit=2").await;
    let subjects = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(&page), ["region C", "region B"]);
    assert_eq!(page["items"][0]["actor"], "acladmin");
    assert_eq!(page["items"][0]["after"]["name"], "C");
    let rest = root.read(&format!("/audit?action=region.&limit=2&after={}", page["next"])).await;
    assert_eq!(subjects(&rest), ["region A"]);
    assert!(rest.get("next").is_none());
    let all = root.read("/audit?limit=500").await.to_string();
    assert!(all.contains("session.begin") && !all.contains(PASSWORD));
    world.stop().await;
}

/// The document and its viewer are public, complete, and ask no other server.
#[tokio::test]
async fn the_api_describes_itself() {
    let world = World::administered().await;
    let web = world.at(Role::Web);
    let document = Request::get("/api/v1/openapi.json").send(web).await;
    assert_eq!(document.status, 200);
    let document = document.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["paths"]["/api/v1/regions/{id}"]["patch"]["operationId"], "UpdateRegion");
    let page = Request::get("/api/docs/").send(web).await;
    assert!(page.text().contains("swagger-ui") && !page.text().contains("http://"), "{}", page.text());
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'self'"));
    let script = Request::get("/api/docs/swagger-ui-bundle.js").send(web).await;
    assert!(script.status == 200 && script.body.len() > 500_000);
    assert_eq!(Request::get("/api/docs/..%2f..%2fetc/passwd").send(web).await.status, 404);
    world.stop().await;
}

/// C27: a request that is sent again does its work once; the same key for something else is refused.
#[tokio::test]
async fn c27_a_repeated_request_does_its_work_once() {
    let world = World::administered().await;
    let root = world.root().await;
    let keyed = root.clone().header("idempotency-key", "berlin-1");
    let region = json!({ "name": "Berlin" });
    let first = keyed.send("POST", "/regions", &region).await;
    let again = keyed.send("POST", "/regions", &region).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = keyed.send("POST", "/regions", &json!({ "name": "Hamburg" })).await;
    assert_eq!((other.status, other.json()["code"].as_str()), (409, Some("key-reused")));
    let elsewhere = keyed.send("POST", "/tokens", &region).await;
    assert_eq!(elsewhere.status, 409);
    assert_eq!(root.read("/regions").await["items"].as_array().unwrap().len(), 1);

    let invalid = root.clone().header("idempotency-key", "bad-1");
    let refused = invalid.send("POST", "/regions", &json!({ "name": "a/b" })).await;
    assert_eq!(refused.status, 422);
    let repeated = invalid.send("POST", "/regions", &json!({ "name": "a/b" })).await;
    assert_eq!(refused.json(), repeated.json(), "an answer is an answer");
    let nora = root.account("nora", "administrator", Value::Null).await;
    let hers = nora.header("idempotency-key", "berlin-1");
    assert_eq!(hers.send("POST", "/regions", &json!({ "name": "Essen" })).await.status, 201, "her own key");
    let secret = root.clone().header("idempotency-key", "token-1");
    let token = json!({ "name": "x", "level": "monitoring", "days": 1 });
    let (one, two) = (secret.post("/tokens", &token).await, secret.post("/tokens", &token).await);
    assert_eq!(one["secret"], two["secret"]);
    world.stop().await;
}

/// An answer that was given early is read by whoever still sends: the body is taken off the line first.
#[tokio::test]
async fn early_answers_arrive() {
    let world = World::administered().await;
    let nobody = Client::anonymous(&world);
    let large = vec![b'x'; 3_000_000];
    for (method, path, status) in [
        ("POST", "/templates", 401),
        ("PUT", "/firmware/01890a5d-ac96-774b-bcce-b302099a8057/image", 401),
        ("POST", "/nowhere", 404),
        ("PUT", "/operators", 405),
    ] {
        let answer = nobody.send_file(method, path, "application/octet-stream", &large).await;
        assert_eq!(answer.status, status, "{path}");
    }
    world.stop().await;
}
