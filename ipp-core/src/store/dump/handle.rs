//! A dump, and a restoration, under way.

use std::fmt;

use super::StoredRow;
use crate::{blob::BoxFuture, store::StoreResult};

/// A dump under way. It holds on to its moment until it is dropped.
pub struct Dump(Box<dyn RowSource>);

/// Where the rows of a dump come from.
pub trait RowSource: Send {
    /// The next rows: some of them, or none at the end.
    fn next(&mut self) -> BoxFuture<'_, StoreResult<Vec<StoredRow>>>;
}

impl Dump {
    /// A dump of these rows.
    pub fn new(source: impl RowSource + 'static) -> Self {
        Self(Box::new(source))
    }

    /// The next rows, in the order in which [`Restore::put`] takes them: some of them, or none at the
    /// end. Memory stays bounded however many there are.
    pub async fn next(&mut self) -> StoreResult<Vec<StoredRow>> {
        self.0.next().await
    }
}

impl fmt::Debug for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dump")
    }
}

/// A restoration under way. Nothing of it can be seen before it is finished; where it is dropped
/// instead, or fails, the store stays as empty as it was.
#[must_use]
pub struct Restore(Box<dyn RowSink>);

/// Where the rows of a restoration go.
pub trait RowSink: Send {
    /// Puts the next rows.
    fn put(&mut self, rows: Vec<StoredRow>) -> BoxFuture<'_, StoreResult<()>>;

    /// Makes everything durable and visible.
    fn finish(self: Box<Self>) -> BoxFuture<'static, StoreResult<()>>;
}

impl Restore {
    /// A restoration into this.
    pub fn new(sink: impl RowSink + 'static) -> Self {
        Self(Box::new(sink))
    }

    /// Puts the next rows, in the order in which a dump gives them: a row refers only to rows before
    /// it. After an error the restoration is over.
    pub async fn put(&mut self, rows: Vec<StoredRow>) -> StoreResult<()> {
        self.0.put(rows).await
    }

    /// Makes everything durable and visible at once.
    pub async fn finish(self) -> StoreResult<()> {
        self.0.finish().await
    }
}

impl fmt::Debug for Restore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Restore")
    }
}
