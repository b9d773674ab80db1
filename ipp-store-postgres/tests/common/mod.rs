//! A PostgreSQL for the tests of this process, and stores in it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that panics has found a fault")]

use std::{future::Future, sync::OnceLock};

use ipp_store_postgres::{PostgresOptions, PostgresStore, cluster::Cluster};
use tokio::runtime::Runtime;

/// The runtime that stores live on. Tests wait for them outside of it, as a host on another executor does.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap())
}

/// The options of a store of its own.
pub(crate) fn options() -> PostgresOptions {
    Cluster::shared().unwrap_or_else(|error| panic!("{error}")).options()
}

/// Waits for something that needs the runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// Opens a store.
pub(crate) fn open(options: &PostgresOptions) -> PostgresStore {
    wait(PostgresStore::open(options)).unwrap()
}
