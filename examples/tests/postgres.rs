//! The server on PostgreSQL: phones, several nodes, and every command of the program (T2, T30, A4).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::{fs, path::Path};

use common::{
    World, fetch, last_url, phone,
    program::{configuration_of, err, out, run, run_beside},
};
use ipp_core::{
    access::Caller,
    store::{Dump, Store as _, StoredRow},
};
use ipp_examples::{
    demo::configuration,
    fleet::{Kind, Phone},
    server::{Server, config::Config, database::Database},
};
use ipp_store_postgres::cluster::Cluster;

const SECRET: &str = "canary-sip-77c2";

fn cluster() -> &'static Cluster {
    Cluster::shared().unwrap_or_else(|error| panic!("{error}"))
}

/// A database of its own.
fn database(name: &str) -> String {
    cluster().database(name).unwrap_or_else(|error| panic!("{error}"))
}

async fn rows(mut dump: Dump) -> Vec<StoredRow> {
    let mut rows = Vec::new();
    loop {
        let piece = dump.next().await.unwrap();
        if piece.is_empty() {
            return rows;
        }
        rows.extend(piece);
    }
}

/// All rows but for those that tell when who worked with them.
fn lasting(rows: Vec<StoredRow>) -> Vec<StoredRow> {
    rows.into_iter().filter(|row| !["uptime", "audit", "status"].contains(&row.kind())).collect()
}

/// A server with phones that booted from it.
async fn installation(database: String) -> (World, String) {
    let world = World::with(|config: &mut Config| config.database = Some(database)).await;
    let region = world.region("Berlin", |_| {}).await;
    world.app().initialise_provisioning().await.unwrap();
    let mut file = String::new();
    for index in 1..=3 {
        let mut entered = Phone::new(phone(index, Kind::Generic));
        let user = world.user(&index.to_string(), &region, Some(SECRET)).await;
        world.device(&entered, &user).await;
        assert!(entered.boot(&world.region_url(&region)).await.unwrap().registered);
        let url = last_url(&entered, &format!("{}.cfg", entered.identity().mac()));
        file = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
        assert!(fetch(&url).await.text().contains(SECRET));
    }
    (world, file)
}

/// Two nodes have the keys and the database in common: what is changed at one is served by the other, and
/// either receives reports.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_serves_the_same_phones() {
    let (world, file) = installation(database("nodes")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = configuration(folder.path());
    config.database = Some(cluster().database_url("nodes"));
    let alone = Server::start(&config, ipp_examples::demo::phones_on_this_machine()).await.unwrap_err();
    assert!(alone.to_string().contains("copy that of another node"), "{alone}");
    fs::copy(world.data().join("keys"), folder.path().join("keys")).unwrap();
    let other = Server::start(&config, ipp_examples::demo::phones_on_this_machine()).await.unwrap();
    let at = |server: &Server| {
        let web = server.listeners.iter().find(|open| open.role == ipp_examples::server::config::Role::Web);
        format!("http://{}{file}", web.unwrap().address)
    };
    let (here, there) = (fetch(&at(&world.server)).await, fetch(&at(&other)).await);
    assert_eq!((here.status, here.body), (200, there.body));
    let admin = other.ipp.app().admin(Caller::host("other"));
    let made = admin.create_region("Hamburg".parse().unwrap(), |_| {}).await.unwrap();
    while world.app().snapshot().catalog.region(made.id).is_none() {
        tokio::task::yield_now().await;
    }
    other.stop().await;
    world.stop().await;
}

/// T30: a backup of PostgreSQL is restored into a file, and that of the file into PostgreSQL; rows and
/// files for phones are the same.
#[tokio::test(flavor = "multi_thread")]
async fn t30_a_backup_goes_from_one_kind_of_database_to_the_other_and_back() {
    let (world, file) = installation(database("backup")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let former = world.get(&file).await;
    let config = configuration_of(world.data(), folder.path());
    let url = cluster().database_url("backup");
    let (one, config) = (path("one.ipp"), config.to_str().unwrap());
    let made = run_beside(&["backup", "--to", &one, "--config", config, "--database", &url]).await;
    assert!(made.status.success(), "{}", err(&made));
    let before = lasting(rows(world.app().store().dump().await.unwrap()).await);
    let data = world.end().await;

    let keys = data.path().join("keys");
    let keys = keys.to_str().unwrap();
    let file_config = configuration_of(Path::new(&path("data")), folder.path());
    let file_config = file_config.to_str().unwrap();
    succeeds(&["restore", "--from", &path("one.ipp"), "--keys", keys, "--config", file_config]);
    succeeds(&["backup", "--to", &path("two.ipp"), "--config", file_config]);
    let sqlite = Database::in_folder(Path::new(&path("data")));
    assert_eq!(lasting(rows(sqlite.dump().await.unwrap()).await), before);

    let back = database("back");
    let again = path("again");
    let config = configuration_of(Path::new(&again), folder.path());
    let config = config.to_str().unwrap();
    let on_back = ["--config", config, "--database", &back];
    succeeds(&[&["restore", "--from", &path("two.ipp"), "--keys", keys][..], &on_back].concat());
    let refused = run(&[&["restore", "--from", &path("two.ipp")][..], &on_back].concat());
    assert!(err(&refused).contains("not empty"), "{}", err(&refused));
    let mut returned = configuration(Path::new(&again));
    returned.database = Some(back.clone());
    let restored = Database::of(&returned).unwrap().dump().await.unwrap();
    assert_eq!(lasting(rows(restored).await), before);
    let server = Server::start(&returned, ipp_examples::demo::phones_on_this_machine()).await.unwrap();
    let web = server.listeners.iter().find(|open| open.role == ipp_examples::server::config::Role::Web);
    let now = fetch(&format!("http://{}{file}", web.unwrap().address)).await;
    assert_eq!((now.status, now.body), (former.status, former.body));
    server.stop().await;
}

/// Every command that works on the data does so in PostgreSQL too, and what must be alone is.
#[tokio::test(flavor = "multi_thread")]
async fn commands_work_on_postgres() {
    let (world, _) = installation(database("commands")).await;
    let folder = tempfile::tempdir().unwrap();
    let config = configuration_of(world.data(), folder.path());
    let url = cluster().database_url("commands");
    let tail = ["--config", config.to_str().unwrap(), "--database", &url];
    let with = |arguments: &[&'static str]| arguments.iter().chain(&tail).copied().collect::<Vec<_>>();
    let listed = run_beside(&with(&["key", "list"])).await;
    assert!(out(&listed).contains("current"), "{}", err(&listed));
    let refused = run_beside(&with(&["key", "rotate"])).await;
    assert!(err(&refused).contains("is in use"), "{}", err(&refused));
    // From another machine, whose folder nobody works with.
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::copy(world.data().join("keys"), elsewhere.join("keys")).unwrap();
    let other = configuration_of(&elsewhere, folder.path());
    let refused =
        run_beside(&["key", "rotate", "--config", other.to_str().unwrap(), "--database", &url]).await;
    assert!(err(&refused).contains("on this machine or on another"), "{}", err(&refused));
    let data = world.end().await;
    let config = configuration_of(data.path(), folder.path());
    let tail = ["--config", config.to_str().unwrap(), "--database", &url];
    let with = |arguments: &[&'static str]| arguments.iter().chain(&tail).copied().collect::<Vec<_>>();
    assert!(succeeds(&with(&["key", "rotate"])).contains("rows were sealed anew"));
    assert!(succeeds(&with(&["audit", "verify"])).contains("each follows from the one before"));
    assert!(succeeds(&with(&["admin", "create", "ada", "--level", "administrator"])).contains("ada logs in"));
    assert!(succeeds(&with(&["admin", "reset-password", "ada"])).contains("ada logs in with"));
    let wrong = run(&["audit", "verify", "--database", "mysql://x/y"]);
    assert!(err(&wrong).contains("postgres://"), "{}", err(&wrong));
}

/// T2: a phone's report while the database is away is answered 503 with the time to come back after, and the
/// next one after it is back is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_to_phones_and_comes_back() {
    let own =
        Cluster::start(ipp_store_postgres::cluster::Durable::Yes).unwrap_or_else(|error| panic!("{error}"));
    let (world, file) = installation(own.url()).await;
    let token: Vec<&str> = file.split('/').take(3).collect();
    let path = format!("{}{}", token.join("/"), common::wire::STATUS);
    let report = || world.post(&path, common::wire::status_body("00908f000001", &[]));
    assert_eq!(report().await.status, 200);
    own.crash().unwrap();
    let away = report().await;
    assert_eq!((away.status, away.header("retry-after").is_some()), (503, true), "{}", away.text());
    own.go().unwrap();
    while report().await.status == 503 {
        tokio::task::yield_now().await;
    }
    assert_eq!(report().await.status, 200);
    world.stop().await;
}

fn succeeds(arguments: &[&str]) -> String {
    let done = run(arguments);
    assert!(done.status.success(), "{arguments:?}: {}", err(&done));
    out(&done)
}
