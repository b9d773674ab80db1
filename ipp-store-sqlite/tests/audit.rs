//! The audit log where somebody has the file: what is altered or taken out shows.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use ipp_core::{
    access::Caller,
    app::{App, AppOptions, Ports, admin::logs::Verdict},
    blob::MemoryBlobs,
    clock::ManualClock,
    entropy::SeededEntropy,
    host::Host,
    outbound::MemoryPhoneClient,
    passwords::PlainPasswords,
    store::{AuditEntry, Batch, Store as _, conformance::block_on},
    time::Timestamp,
    vault::MemoryVault,
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};

fn ports() -> Ports {
    Ports {
        clock: Arc::new(ManualClock::at(Timestamp::from_millis(1))),
        entropy: Arc::new(SeededEntropy::new(1)),
        vault: Arc::new(MemoryVault::default()),
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(PlainPasswords),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    }
}

/// Writes 2,500 entries, does something to the file, and asks whether the log is whole.
fn verdict(tampering: &str) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ipp.db");
    let store = SqliteStore::open(&SqliteOptions::at(&path)).unwrap();
    let entry = |number| AuditEntry::new(Timestamp::from_millis(number), "anna", "region.update", "region R");
    let audit = (0..2_500).map(|number| entry(number).changing(None, Some("{}".into()))).collect();
    block_on(store.commit(Batch { audit, ..Batch::default() })).unwrap();
    drop(store);
    rusqlite::Connection::open(&path).unwrap().execute_batch(tampering).unwrap();
    let store = SqliteStore::open(&SqliteOptions::at(&path)).unwrap();
    let app = block_on(App::open(store, ports(), AppOptions::default())).unwrap();
    block_on(app.admin(Caller::host("auditor")).verify_audit_log()).unwrap()
}

#[test]
fn what_is_altered_or_taken_out_shows() {
    let Verdict::Unbroken(2_500, Some(_)) = verdict("") else { panic!("nothing was altered") };
    for (tampering, number) in [
        ("UPDATE audit SET actor = 'bert' WHERE number = 7", 7),
        ("UPDATE audit SET after = NULL WHERE number = 1001", 1_001),
        ("UPDATE audit SET phones = 0 WHERE number = 2500", 2_500),
        ("DELETE FROM audit WHERE number = 3", 4),
        ("DELETE FROM audit WHERE number <= 10", 11),
    ] {
        assert_eq!(verdict(tampering), Verdict::Broken(number), "{tampering}");
    }
}
