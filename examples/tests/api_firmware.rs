//! Firmware over the REST API.

mod common;

use common::{
    World,
    api::Client,
    phone,
    wire::{Answer, Request},
};
use ipp_examples::{
    fleet::{Kind, Model, Phone},
    server::config::Role,
};
use serde_json::{Value, json};

/// FW-03, FW-11, FW-14 to FW-18, AMB-78: an entry is made without a version, an image is uploaded, which
/// fills the version in, and comes back as it was.
#[tokio::test]
async fn fw_18_an_upload_fills_the_version_in() {
    let world = World::administered().await;
    let root = world.root().await;
    let made = root.post("/firmware", &json!({ "name": "UC_special.img", "description": "pilot" })).await;
    let path = format!("/firmware/{}", made["id"].as_str().unwrap());
    assert_eq!((made["version"].as_str(), &made["image"]), (Some(""), &Value::Null), "FW-16");
    assert_eq!(root.get(&format!("{path}/image")).await.status, 404, "FW-11");

    let image = common::image(Model::P430Hd, "2.2.16.704", 700_000);
    let stored = upload(&world, &root, &path, "", &image).await.json();
    assert_eq!(
        (stored["version"].as_str(), stored["image"]["length"].as_u64()),
        (Some("2.2.16.704"), Some(700_000))
    );
    let back = root.get(&format!("{path}/image")).await;
    assert!(back.body == image, "FW-03");
    assert_eq!(
        back.header("content-disposition"),
        Some("attachment; filename=\"UC_special.img\"; filename*=UTF-8''UC_special.img")
    );
    assert_eq!(world.get("/firmwarefiles/UC_special.img").await.body.len(), image.len(), "FW-22");

    let plain = b"an image of another make".to_vec();
    let stored = upload(&world, &root, &path, "?file_name=UC_2.0.13.121.img", &plain).await.json();
    assert_eq!(stored["version"], "UC_2.0.13.121");
    let edited = root.patch(&path, &json!({ "version": "2.0", "model": "430HD" })).await;
    assert_eq!((edited["version"].as_str(), edited["model"].as_str()), (Some("2.0"), Some("430HD")), "FW-12");
    assert_eq!(edited["image"]["length"], plain.len());
    let second = root.send("POST", "/firmware", &json!({ "name": "uc_SPECIAL.img" })).await;
    assert_eq!(second.status, 409, "one name, one file");
    root.post("/firmware", &json!({ "name": "other.img", "model": "430HD" })).await;
    let stale =
        root.clone().header("if-match", "\"0\"").send("PATCH", &path, &json!({ "version": "3" })).await;
    assert_eq!(stale.status, 412, "C38");
    world.stop().await;
}

/// FW-05, FW-07, FW-08, AMB-80: the list, by name; each model says whether it has a file.
#[tokio::test]
async fn fw_08_models_say_whether_they_have_a_file() {
    let world = World::administered().await;
    let root = world.root().await;
    let models = |list: &Value| -> Vec<String> {
        let with = list["models"].as_array().unwrap().iter().filter(|model| model["has_image"] == true);
        with.map(|model| model["model"].as_str().unwrap().to_owned()).collect()
    };
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let list = root.read("/firmware").await;
    assert_eq!(
        (names(&list).len(), models(&list).len(), list["models"].as_array().unwrap().len()),
        (0, 0, 7)
    );
    let made = root.post("/firmware", &json!({ "name": "430HD.img" })).await;
    let path = format!("/firmware/{}", made["id"].as_str().unwrap());
    root.post("/firmware", &json!({ "name": "405_beta.img" })).await;
    assert_eq!(models(&root.read("/firmware").await).len(), 0, "an entry alone is no file");
    upload(&world, &root, &path, "", b"image").await;
    let list = root.read("/firmware").await;
    assert_eq!(models(&list), ["430HD", "430HD_LYNC"]);
    assert_eq!(names(&list), ["405_beta.img", "430HD.img"]);
    assert_eq!(names(&root.read("/firmware?name=BETA").await), ["405_beta.img"], "FW-07");
    assert_eq!(names(&root.read("/firmware?has_image=true").await), ["430HD.img"]);
    root.delete(&path).await;
    assert_eq!(models(&root.read("/firmware").await).len(), 0, "FW-13");
    assert_eq!(world.get("/firmwarefiles/430HD.img").await.status, 404);
    world.stop().await;
}

/// C40, FW-06, AMB-77: what many phones would take by themselves has to be confirmed; what a region
/// prefers counts for its phones; what is chosen is neither deleted nor renamed.
#[tokio::test]
async fn c40_a_default_image_is_a_roll_out() {
    let world = World::administered().await;
    let root = world.root().await;
    let (north, south) = (world.region("North", |_| {}).await, world.region("South", |_| {}).await);
    for (index, region) in [(1, &north), (2, &north), (3, &south)] {
        let user = world.user(&format!("u{index}"), region, None).await;
        world.device(&Phone::new(phone(index, Kind::Generic)), &user).await;
    }
    let make = async |name: &str| {
        let made = root.post("/firmware", &json!({ "name": name })).await;
        (format!("/firmware/{}", made["id"].as_str().unwrap()), made["id"].clone())
    };
    let (default, _) = make("430HD.img").await;
    let (chosen, id) = make("regional.img").await;
    let phones = async |path: &str| root.read(path).await["phones"].as_u64().unwrap();
    assert_eq!((phones(&default).await, phones(&chosen).await), (3, 0));
    let refused = upload(&world, &root, &default, "", b"image").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("up to 3 phones would get `430HD.img`"), "{}", refused.text());
    assert_eq!(world.get("/firmwarefiles/430HD.img").await.status, 404);
    assert_eq!(upload(&world, &root, &default, "?confirm=true", b"image").await.status, 200);
    assert_eq!(upload(&world, &root, &chosen, "", b"other").await.status, 200, "nobody has it yet");

    root.patch(&format!("/regions/{}", south.id), &json!({ "firmware": { "430HD": id } })).await;
    assert_eq!((phones(&default).await, phones(&chosen).await), (2, 1));
    assert_eq!(root.send("DELETE", &chosen, &Value::Null).await.status, 409);
    let tag = root.get(&chosen).await.header("etag").unwrap().to_owned();
    let rename =
        root.clone().header("if-match", &tag).send("PATCH", &chosen, &json!({ "name": "x.img" })).await;
    assert!(rename.status == 409 && rename.text().contains("region South"), "{}", rename.text());

    let (named, _) = make("later.img").await;
    upload(&world, &root, &named, "", b"third").await;
    root.delete(&default).await;
    let tag = root.get(&named).await.header("etag").unwrap().to_owned();
    let tagged = root.clone().header("if-match", &tag);
    let rename = json!({ "name": "430HD.img" });
    assert_eq!(tagged.send("PATCH", &named, &rename).await.status, 409, "a rename is a roll-out too");
    assert_eq!(tagged.send("PATCH", &format!("{named}?confirm=true"), &rename).await.status, 200);
    world.stop().await;
}

/// FW-23: other files, paths, empty and oversize uploads, and those that break off, leave nothing.
#[tokio::test]
async fn fw_23_bad_uploads_leave_nothing() {
    let world = World::administered().await;
    let root = world.root().await;
    for name in ["../x.img", "x.exe", "a/b.img", ""] {
        let answer = root.send("POST", "/firmware", &json!({ "name": name })).await;
        assert_eq!(answer.status, 422, "{name}");
    }
    let unknown = root.send("POST", "/firmware", &json!({ "name": "x.img", "model": "999" })).await;
    assert_eq!(unknown.status, 422);
    let made = root.post("/firmware", &json!({ "name": "x.img" })).await;
    let path = format!("/firmware/{}", made["id"].as_str().unwrap());
    for query in ["?file_name=..%2Fx.img", "?file_name=x.exe"] {
        assert_eq!(upload(&world, &root, &path, query, b"image").await.status, 422, "{query}");
    }
    assert_eq!(upload(&world, &root, &path, "", b"").await.status, 422);
    let head = |length: u32| {
        let mut head =
            format!("PUT /api/v1{path}/image HTTP/1.1\r\nhost: server\r\ncontent-length: {length}\r\n");
        for (name, value) in root.headers() {
            head += &[name, ": ", value, "\r\n"].concat();
        }
        head + "\r\n"
    };
    let oversize = common::wire::raw(world.at(Role::Web), head(999_999_999).as_bytes()).await;
    assert_eq!(common::wire::statuses(&oversize), [413]);
    let cut = [head(500_000).as_bytes(), &vec![7; 100_000]].concat();
    common::wire::raw(world.at(Role::Web), &cut).await;
    assert_eq!(root.read(&path).await["image"], Value::Null);
    assert_eq!(world.get("/firmwarefiles/x.img").await.status, 404);
    world.stop().await;
}

/// SEC-11, SEC-12: everybody sees firmware, administrators change it.
#[tokio::test]
async fn sec_11_operators_only_look() {
    let world = World::administered().await;
    let root = world.root().await;
    let made = root.post("/firmware", &json!({ "name": "x.img" })).await;
    let path = format!("/firmware/{}", made["id"].as_str().unwrap());
    let nora = root.account("nora", "operator", json!("all")).await;
    assert_eq!(nora.read(&path).await["name"], "x.img");
    assert_eq!(nora.send("POST", "/firmware", &json!({ "name": "y.img" })).await.status, 403);
    assert_eq!(nora.send("DELETE", &path, &Value::Null).await.status, 403);
    assert_eq!(upload(&world, &nora, &path, "", b"image").await.status, 403);
    let noted = root.read("/audit?action=firmware.").await;
    assert_eq!(noted["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}

async fn upload(world: &World, client: &Client<'_>, path: &str, query: &str, image: &[u8]) -> Answer {
    request(client, path, query).body(image).send(world.at(Role::Web)).await
}

fn request(client: &Client<'_>, path: &str, query: &str) -> Request {
    let mut request = Request::new("PUT", &format!("/api/v1{path}/image{query}"));
    for (name, value) in client.headers() {
        request = request.header(name, value);
    }
    request
}
