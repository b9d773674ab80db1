//! Dumps and restorations (T30).

use std::{collections::BTreeSet, sync::Arc};

use super::{commit, put, put_all, samples::*};
use crate::{
    catalog::SharedScope,
    device::Device,
    generation::GenerationId,
    log::{DeviceEvent, Hour, LogLevel},
    store::{
        AccountChange, Answer, AuditFilter, Batch, CatalogChange, Change, DeviceChange, LogChange,
        MemoryStore, Order, Page, PinChange, Prune, RequestChange, StatusChange, Store, StoreErrorKind,
        StoreResult, StoredRow,
    },
};

/// Everything that a store has.
pub async fn dumped(store: &impl Store) -> Vec<StoredRow> {
    let mut dump = store.dump().await.unwrap();
    let mut rows = Vec::new();
    loop {
        let piece = dump.next().await.unwrap();
        if piece.is_empty() {
            return rows;
        }
        rows.extend(piece);
    }
}

/// Puts rows into a store, in pieces of several lengths.
pub async fn restored(store: &impl Store, rows: &[StoredRow]) -> StoreResult<()> {
    let mut restore = store.restore().await?;
    let (first, rest) = rows.split_at(rows.len().min(1));
    for piece in [first].into_iter().chain(rest.chunks(7)) {
        restore.put(piece.to_vec()).await?;
    }
    restore.finish().await
}

/// Rows of every kind, whose sealed values are all of the samples' form.
pub async fn everything() -> Vec<StoredRow> {
    let store = MemoryStore::default();
    fill(&store).await;
    dumped(&store).await
}

/// Puts something of every kind, in every state that leaves something behind.
async fn fill(store: &impl Store) {
    let settings = || CatalogChange::Settings(Box::new(full_settings()));
    put_all(store, [Change::from(settings()), settings().into()]).await;
    put_all(store, referred_to()).await;
    let set = |scope, name: &str, value| CatalogChange::Placeholder(scope, placeholder(name), value);
    let catalog = [
        CatalogChange::PutFirmware(Box::new(full_firmware(2))),
        CatalogChange::PutRegion(Box::new(full_region(3))),
        CatalogChange::PutTemplate(Box::new(full_template(2))),
        set(SharedScope::System, "Plain", Some(plain(""))),
        set(SharedScope::System, "Secret", Some(secret(1))),
        set(SharedScope::System, "Secret", Some(secret(2))),
        set(SharedScope::Region(region_id(1)), "Plain", Some(plain("ü"))),
        set(SharedScope::Model(model_id(1)), "Plain", Some(plain("1"))),
        set(SharedScope::Model(model_id(1)), "Gone", Some(plain("1"))),
        set(SharedScope::Model(model_id(1)), "Gone", None),
    ];
    put_all(store, catalog).await;
    put_all(store, [Change::PutUser(Box::new(full_user(2))), put_user(1), put_user(1)]).await;
    let (host, token) = (session(1, 2), api_token(1, 2));
    put_all(
        store,
        [
            put_operator(operator(2)),
            put_operator(full_operator(1)),
            Change::Account(AccountChange::PutSession(host)),
            Change::Account(AccountChange::PutToken(Box::new(token))),
        ],
    )
    .await;
    let pinned = Device { own: full_pin(6).own, ..device(6) };
    put_all(store, [full_device(1), device(5), pinned, device(7), device(8)].map(put_device)).await;
    put_all(store, [Change::Device(DeviceChange::Delete(device_id(7))), put_device(full_device(1))]).await;
    let silent = StatusChange::Disconnect { device: device_id(8), last_seen: at(4), at: at(99) };
    let reports = [
        Change::Status(StatusChange::Report(Box::new(full_report(1, 10)))),
        report(5, 11),
        report(8, 4),
        Change::Status(silent),
    ];
    put_all(store, reports).await;
    put_all(store, [raise(1, "A", "Q", 1), raise(1, "A", "Q", 5), raise(5, "B", "ü\0", 2)]).await;
    let none = GenerationId::from_bytes([9; 32]);
    let generations = [generation(1), generation(2), (none, Arc::new([]))];
    put_all(store, generations.map(|(id, parts)| Change::PutGeneration(id, parts))).await;
    put(store, publish(full_pin(6))).await;
    put_all(store, (1..=7).map(|cohort| publish(pin(5, cohort)))).await;
    put(store, Change::Pin(PinChange::Revert { device: device_id(5), number: 4 })).await;
    put_all(store, [Change::Run(note(1, 1)), Change::Run(note(2, 7))]).await;
    put_all(store, [stand_in(5, 1), stand_in(5, 2), put_file("b.cfg", 1), put_file("A_directory.cfg", 3)])
        .await;
    let uptime = crate::status::silence::Uptime { from: at(1), until: at(2) };
    let answer = Answer { status: 207, body: sealed(3).sealed.as_bytes().to_vec() };
    put_all(
        store,
        [
            Change::Heartbeat(node_id(1), uptime),
            Change::Request(RequestChange::Claim(claim(1))),
            Change::Request(RequestChange::Settle(claim(1).key, answer)),
            Change::Request(RequestChange::Claim(claim(2))),
        ],
    )
    .await;
    let lines = [LogLevel::Error, LogLevel::Verbose].map(full_line);
    put(store, LogChange::Activity(lines.into_iter().chain([line(LogLevel::Info, 3)]).collect())).await;
    put(store, Prune::Activity { before: at(4), keep: 2, limit: 1 }).await;
    let events = full_events().into_iter().map(|kind| DeviceEvent::once(device_id(1), kind, at(20)));
    let again = DeviceEvent {
        first_at: at(2),
        count: 3,
        ..DeviceEvent::once(device_id(5), full_events()[3].clone(), at(9))
    };
    put(store, LogChange::Events(events.chain([again]).collect())).await;
    put_all(store, [-1, 5].map(|hour| LogChange::Sample(Hour::from_number(hour)))).await;
    put(store, Change::Told("host".to_owned(), 2)).await;
    super::jobs::full_jobs(store).await;
    let audit = vec![entry("a"), entry("„b“\n东")];
    commit(store, Batch { audit, ..Batch::default() }).await;
}

/// T30: what is dumped can be put into a store of another kind, which then dumps the same.
pub async fn what_is_dumped_is_restored(store: &impl Store) {
    fill(store).await;
    let rows = dumped(store).await;
    let kinds: BTreeSet<&str> = rows.iter().map(StoredRow::kind).collect();
    assert_eq!(kinds, StoredRow::KINDS.iter().copied().collect(), "each kind is there");
    let other = MemoryStore::default();
    restored(&other, &rows).await.unwrap();
    assert_eq!(dumped(&other).await, rows);
    assert_eq!(everything().await, rows, "every store dumps the same");
}

/// T30: what another store dumped can be put into this one. What follows from rows is there too, and
/// everything goes on from where it was.
pub async fn what_another_store_dumped_is_restored(store: &impl Store) {
    let other = MemoryStore::default();
    fill(&other).await;
    let rows = dumped(&other).await;
    restored(store, &rows).await.unwrap();
    assert_eq!(dumped(store).await, rows);
    for batch in [
        Batch::of(put_device(device(9))).and(publish(pin(5, 9))).noting(entry("c")),
        Batch::of(put_region(1)).and(report(1, 50)).and(raise(1, "A", "Q", 51)),
    ] {
        assert_eq!(commit(store, batch.clone()).await, commit(&other, batch).await);
    }
    assert_eq!(dumped(store).await, dumped(&other).await);
    assert_eq!(store.device_counts().await.unwrap(), other.device_counts().await.unwrap());
    assert_eq!(store.pin_counts().await.unwrap(), other.pin_counts().await.unwrap());
    assert_eq!(store.catalog(None).await.unwrap(), other.catalog(None).await.unwrap());
    let page = Page::first(9);
    let audit = store.audit(&AuditFilter::all(), Order::Ascending, page).await.unwrap();
    assert_eq!(audit, other.audit(&AuditFilter::all(), Order::Ascending, page).await.unwrap());
}

/// A store that has nothing dumps nothing, and takes nothing.
pub async fn an_empty_store_dumps_nothing(store: &impl Store) {
    assert_eq!(dumped(store).await, []);
    restored(store, &[]).await.unwrap();
    assert_eq!(dumped(store).await, []);
}

/// A dump is of one moment, whatever is written while it is read.
pub async fn a_dump_is_of_one_moment(store: &impl Store) {
    put_all(store, (1..=200).map(|number| put_device(device(number)))).await;
    let before = dumped(store).await;
    let mut dump = store.dump().await.unwrap();
    let mut rows = dump.next().await.unwrap();
    put_all(store, (1..=200).map(|number| Change::Device(DeviceChange::Delete(device_id(number))))).await;
    put(store, put_region(1)).await;
    loop {
        let piece = dump.next().await.unwrap();
        if piece.is_empty() {
            break;
        }
        rows.extend(piece);
    }
    assert_eq!(rows, before);
    assert_ne!(dumped(store).await, before);
}

/// Sessions and tokens let their bearer in by themselves, and must not come back to life.
pub async fn sessions_and_tokens_are_not_dumped(store: &impl Store) {
    put(store, put_operator(operator(2))).await;
    let rows = dumped(store).await;
    put(store, Change::Account(AccountChange::PutSession(session(1, 2)))).await;
    put(store, Change::Account(AccountChange::PutToken(Box::new(api_token(1, 2))))).await;
    assert_eq!(dumped(store).await, rows);
}

/// Rows are put into an empty store only: even what left nothing but a number behind is something.
pub async fn a_store_that_is_not_empty_takes_no_dump(store: &impl Store) {
    put_all(store, [put_device(device(1)), Change::Device(DeviceChange::Delete(device_id(1)))]).await;
    let before = dumped(store).await;
    let error = restored(store, &before).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("not empty")), (StoreErrorKind::Taken, true));
    assert_eq!(dumped(store).await, before);
}

/// What is begun and not finished, or goes wrong, leaves the store as empty as it was.
pub async fn an_unfinished_restoration_leaves_nothing(store: &impl Store) {
    let other = MemoryStore::default();
    fill(&other).await;
    let rows = dumped(&other).await;
    let mut given_up = store.restore().await.unwrap();
    given_up.put(rows[..9].to_vec()).await.unwrap();
    drop(given_up);
    let alone = |row: &StoredRow| matches!(row, StoredRow::Generation(row) if row.parts.is_empty());
    let refers = ["status", "alarm", "generation", "pin", "stand_in", "user", "template"];
    let orphans = rows.iter().filter(|row| refers.contains(&row.kind()) && !alone(row));
    for orphan in orphans {
        let error = restored(store, std::slice::from_ref(orphan)).await.unwrap_err();
        let known = StoreErrorKind::Referenced;
        assert_eq!(error.kind(), known, "a {} without what it refers to: {error}", orphan.kind());
    }
    assert_eq!(dumped(store).await, []);
    restored(store, &rows).await.unwrap();
    assert_eq!(dumped(store).await, rows);
}
