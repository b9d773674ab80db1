//! The list of cases that every store runs.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

#[expect(dead_code, reason = "not every test needs all of it")]
mod common;

use ipp_store_postgres::PostgresStore;

async fn fixture() -> (PostgresStore, ()) {
    let options = common::options();
    let opened = common::runtime().spawn(async move { PostgresStore::open(&options).await });
    (opened.await.unwrap().unwrap(), ())
}

ipp_core::conformance_tests!(fixture);
