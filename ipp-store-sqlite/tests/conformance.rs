//! The list of cases that every store runs.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

async fn fixture() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&SqliteOptions::at(folder.path().join("ipp.db"))).unwrap();
    (store, folder)
}

ipp_core::conformance_tests!(fixture);
