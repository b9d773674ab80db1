//! What is particular to a store in a database server: opening, schemas, a host's pool, locks, damage.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that panics has found a fault")]

mod common;

use std::{error::Error as _, time::Duration};

use ipp_core::store::{
    AuditFilter, Batch, DeviceFilter, DeviceKey, Order, Page, Store as _, StoreErrorKind,
    conformance::{dumps, samples::*, together},
};
use ipp_store_postgres::{
    PostgresOptions, PostgresStore,
    cluster::Cluster,
    deadpool_postgres::{
        Manager, Pool,
        tokio_postgres::{Client, Config, NoTls},
    },
};

fn cluster() -> &'static Cluster {
    Cluster::shared().unwrap_or_else(|error| panic!("{error}"))
}

/// A store, and a connection beside it in the same schema.
fn store_and_raw(schema: &str) -> (PostgresOptions, PostgresStore, Client) {
    let options = common::options().schema(schema);
    let store = common::open(&options);
    let raw = raw();
    run(&raw, &format!("SET search_path TO \"{schema}\""));
    (options, store, raw)
}

fn raw() -> Client {
    common::wait(async {
        let config: Config = cluster().url().parse().unwrap();
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    })
}

fn run(raw: &Client, sql: &str) {
    common::wait(raw.batch_execute(sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let options = common::options();
    let store = common::open(&options);
    let written: Vec<_> = (1..=200).map(|number| Batch::of(put_device(device(number)))).collect();
    let answers = common::wait(together(written.into_iter().map(|batch| store.commit(batch))));
    assert!(answers.iter().all(Result::is_ok));
    drop(store);
    let store = common::open(&options);
    let devices = common::wait(store.devices(&DeviceFilter::all(), Page::first(500))).unwrap();
    assert_eq!(devices.len(), 200);
    assert_eq!(devices[6].device.value, device(7));
}

#[test]
fn two_schemas_are_two_stores() {
    let (one, other) = (common::open(&common::options()), common::open(&common::options()));
    common::wait(one.commit(Batch::of(put_device(device(1))))).unwrap();
    common::wait(other.commit(Batch::of(put_device(device(2))))).unwrap();
    let found = |store: &PostgresStore, number| {
        common::wait(store.device(DeviceKey::Id(device_id(number)))).unwrap().is_some()
    };
    assert!(found(&one, 1) && !found(&one, 2) && found(&other, 2) && !found(&other, 1));
}

/// A host hands over its pool: what it set for its sessions is as before, and its connections come back.
#[test]
fn a_pool_of_the_host_is_left_as_it_was() {
    let pool = common::wait(async {
        let mut config: Config = cluster().url().parse().unwrap();
        config.application_name("host");
        Pool::builder(Manager::new(config, NoTls)).max_size(3).build().unwrap()
    });
    let store = common::open(&PostgresOptions::in_pool(pool.clone()).schema("of_the_host"));
    common::wait(store.commit(Batch::of(put_device(device(1))).noting(entry("x")))).unwrap();
    let all = || (0..20).map(|_| store.devices(EVERY, Page::first(9)));
    for read in common::wait(together(all())) {
        assert_eq!(read.unwrap().len(), 1);
    }
    common::wait(dumps::dumped(&store));
    common::wait(async {
        let held = [pool.get().await.unwrap(), pool.get().await.unwrap(), pool.get().await.unwrap()];
        for client in &held {
            let set = "SELECT current_setting('search_path'), current_setting('statement_timeout')";
            let row = client.query_one(set, &[]).await.unwrap();
            assert_eq!((row.get(0), row.get(1)), ("\"$user\", public", "0"));
        }
        let open =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'host' AND xact_start IS NOT NULL
            AND pid <> pg_backend_pid()";
        let open: i64 = held[0].query_one(open, &[]).await.unwrap().get(0);
        assert_eq!(open, 0, "a transaction was left open");
    });
}

static EVERY: &DeviceFilter = &DeviceFilter {
    regions: None,
    admissions: None,
    classes: None,
    models: None,
    user: None,
    template: None,
    firmware: None,
    registration: None,
    version: None,
    seen: None,
    owned: None,
    shared: false,
    file: None,
    words: Vec::new(),
};

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    let fails = |url: &str, names: &str| {
        let options = PostgresOptions::at(url).connect_timeout(Duration::from_secs(2));
        let error = common::wait(PostgresStore::open(&options)).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains(names), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    };
    fails("postgres://u:secret@%2Fnowhere%2Fat%2Fall/ipp", "/nowhere/at/all");
    fails("postgres://u:secret@127.0.0.1:1/ipp", "127.0.0.1:1/ipp");
    let url = cluster().url();
    let absent = url.strip_suffix("postgres").unwrap().replace("postgres@", "postgres:secret@");
    fails(&format!("{absent}absent"), "/absent");
    let options = common::options().schema("No Name");
    assert_eq!(common::wait(PostgresStore::open(&options)).unwrap_err().kind(), StoreErrorKind::Invalid);
}

#[test]
fn a_schema_of_a_newer_version_is_refused_and_left_alone() {
    let (options, store, raw) = store_and_raw("newer");
    drop(store);
    run(&raw, "INSERT INTO schema_version (number, name) VALUES (99, 'later')");
    let error = common::wait(PostgresStore::open(&options)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("schema 99") && cause.contains("newer version"), "{cause}");
    run(&raw, "DELETE FROM schema_version WHERE number = 99");
    common::open(&options);
}

/// Several nodes of a new version start at once.
#[test]
fn a_schema_is_made_once_by_many() {
    let options = common::options();
    let stores = common::wait(together((0..8).map(|_| PostgresStore::open(&options))));
    for store in &stores {
        let store = store.as_ref().unwrap();
        common::wait(store.commit(Batch::of(put_region(1)))).unwrap();
    }
}

#[test]
fn a_lock_that_is_held_is_busy_and_goes_away() {
    let (options, store, raw) = store_and_raw("held");
    drop(store);
    let store = common::open(&options.statement_timeout(Duration::from_millis(50)));
    run(&raw, "BEGIN; SELECT 1 FROM meta FOR UPDATE");
    let error = common::wait(store.commit(Batch::of(put_device(device(1))))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy, "{error:?}");
    assert!(error.retry_after().is_some());
    // Reading never waits for a writer, and neither do reports.
    assert!(common::wait(store.device(DeviceKey::Id(device_id(1)))).unwrap().is_none());
    assert_eq!(common::wait(store.commit(Batch::of(report(1, 1)))).unwrap().skipped, [0]);
    run(&raw, "ROLLBACK");
    common::wait(store.commit(Batch::of(put_device(device(1))))).unwrap();
}

#[test]
fn a_full_queue_is_busy() {
    let (options, store, raw) = store_and_raw("full");
    drop(store);
    let store = common::open(&options.queue(3));
    run(&raw, "BEGIN; SELECT 1 FROM meta FOR UPDATE");
    // At most one group of 256 is with the writer, which waits for the lock, and three are queued: of
    // 300 some find no place. The first of them lets the lock go.
    let note = || Batch { audit: vec![entry("x")], ..Batch::default() };
    let answers = common::wait(together((0..300).map(|_| async {
        let answer = store.commit(note()).await;
        if answer.is_err() {
            raw.batch_execute("ROLLBACK").await.unwrap();
        }
        answer
    })));
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|error| error.kind() == StoreErrorKind::Busy), "{refused:?}");
    let noted = common::wait(store.audit(&AuditFilter::all(), Order::Ascending, Page::first(999))).unwrap();
    assert_eq!(noted.len() + refused.len(), 300);
}

#[test]
fn a_contradiction_names_table_column_and_row() {
    let (_, store, raw) = store_and_raw("contradicts");
    common::wait(store.commit(Batch::of(put_device(device(1))).and(report(1, 5)))).unwrap();
    for (damage, repair, place) in [
        ("device SET mac = '\\x01005e000001'", "device SET mac = '\\x00908f000001'", "device.mac"),
        ("device SET mac = '\\x00'", "device SET mac = '\\x00908f000001'", "device.mac"),
        ("device SET admission = 'perhaps'", "device SET admission = 'enrolled'", "device.admission"),
        ("device SET overrides = '{'", "device SET overrides = '{}'", "device.overrides"),
        ("status SET peer = '\\x0102'", "status SET peer = '\\x0a000001'", "status.peer"),
        ("status_details SET details = '7'", "status_details SET details = '{}'", "status_details.details"),
    ] {
        run(&raw, &format!("UPDATE {damage}"));
        let error = common::wait(store.device(DeviceKey::Id(device_id(1)))).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
        let place = format!("{place} of row 00000000000000000000000000000001");
        assert!(error.to_string().contains(&place), "{error}");
        run(&raw, &format!("UPDATE {repair}"));
        common::wait(store.device(DeviceKey::Id(device_id(1)))).unwrap();
    }
    run(&raw, "ALTER TABLE device DROP COLUMN lines");
    let error = common::wait(store.device(DeviceKey::Id(device_id(1)))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
}

#[test]
fn a_report_for_a_damaged_row_fails_alone() {
    let (_, store, raw) = store_and_raw("damaged");
    for number in 1..=9 {
        common::wait(store.commit(Batch::of(put_device(device(number))).and(report(number, 1)))).unwrap();
    }
    run(&raw, "UPDATE status SET peer = '\\x01' WHERE device = '\\x00000000000000000000000000000005'");
    let answers = common::wait(together((1..=9).map(|number| store.commit(Batch::of(report(number, 2))))));
    for (answer, number) in answers.into_iter().zip(1..) {
        let kind = answer.err().map(|error| error.kind());
        assert_eq!(kind, (number == 5).then_some(StoreErrorKind::Corrupt), "{number}");
    }
}

/// A transaction that the database gives up, as it does with one of two that wait for each other, is done
/// again.
#[test]
fn a_group_that_the_database_gives_up_is_done_again() {
    let (_, store, raw) = store_and_raw("given_up");
    common::wait(store.commit(Batch::of(put_device(device(1))))).unwrap();
    run(
        &raw,
        "CREATE TABLE tries (number BIGINT); CREATE SEQUENCE try;
         CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('given_up.try') < 3 THEN
                 RAISE EXCEPTION 'as if' USING ERRCODE = 'deadlock_detected';
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER give_up BEFORE INSERT ON status FOR EACH ROW EXECUTE FUNCTION give_up()",
    );
    assert!(common::wait(store.commit(Batch::of(report(1, 1)))).unwrap().skipped.is_empty());
    let counts = common::wait(store.device_counts()).unwrap();
    assert_eq!(counts.iter().map(|(_, devices)| *devices).collect::<Vec<_>>(), [1]);
}

/// T30: a backup reads beside a server that works, and changes nothing where it does not understand.
#[test]
fn a_database_is_dumped_without_writing_to_it() {
    let options = common::options().schema("dumped");
    let dump = || common::wait(PostgresStore::dump_database(&options));
    let error = dump().unwrap_err();
    assert!(error.source().unwrap().to_string().contains("start the server"), "{error:?}");
    let (_, store, raw) = store_and_raw("dumped");
    common::wait(store.commit(Batch::of(put_device(device(1))))).unwrap();
    let rows = common::wait(dump().unwrap().next()).unwrap();
    assert_eq!(rows, common::wait(dumps::dumped(&store)));
    drop(store);
    assert_eq!(common::wait(dump().unwrap().next()).unwrap(), rows, "nobody has it open");
    for (change, words) in [
        (
            "DELETE FROM schema_version WHERE number = (SELECT max(number) FROM schema_version)",
            "start the server",
        ),
        ("INSERT INTO schema_version VALUES (999, 'later')", "schema 999"),
    ] {
        run(&raw, change);
        let error = dump().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.source().unwrap().to_string().contains(words), "{error:?}");
    }
}
