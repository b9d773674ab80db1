//! Reads, each in one transaction of a connection of the pool.

use std::future::Future;

use ipp_core::store::{StoreError, StoreErrorKind, StoreResult};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    connection::{Begin, Conn, Source},
    error::Outcome,
};

/// Where reads run.
#[derive(Debug)]
pub(crate) struct Readers {
    source: Source,
    runtime: Handle,
}

impl Readers {
    pub(crate) const fn new(source: Source, runtime: Handle) -> Self {
        Self { source, runtime }
    }

    /// Runs a query in one read transaction, so that all of its statements see the same state: at
    /// least everything that was acknowledged before. It runs on the runtime that the store was opened
    /// in, so that whoever waits for it may do so on any.
    pub(crate) async fn read<T, F>(&self, query: impl FnOnce(Conn) -> F + Send + 'static) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = Outcome<T>> + Send,
    {
        let source = self.source.clone();
        let task = async move {
            let conn = source.lend().await?;
            conn.begin(Begin::Read);
            let found = query(conn.clone()).await;
            conn.roll_back();
            found.map_err(StoreError::from)
        };
        let mut running = GivenUp(self.runtime.spawn(task));
        (&mut running.0).await.unwrap_or_else(|_| {
            Err(StoreError::new(StoreErrorKind::Unavailable, "the store has stopped reading; see the log"))
        })
    }
}

/// A read that nobody waits for any more need not go on.
struct GivenUp<T>(JoinHandle<T>);

impl<T> Drop for GivenUp<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
