//! How a store is opened.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How a store is opened. The defaults suit an installation of any size.
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteOptions {
    pub(crate) path: PathBuf,
    pub(crate) readers: usize,
    pub(crate) queue: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) sorted: u64,
}

impl SqliteOptions {
    /// The store in this file, which is made where there is none. Its folder must exist.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            readers: 4,
            queue: 4_096,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
            sorted: 5_000,
        }
    }

    /// How many threads read, at least one; 4 by default.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How many writes, and how many reads, may wait before the store is *busy*; 4,096 by default.
    pub fn queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// How long to wait for the lock of another process; 5 seconds by default.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How large the file may grow; writes beyond it are answered *unavailable*, as on a full disk.
    /// No bound by default.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// How many devices a list may read and sort for one page; where more pass its filter, it follows
    /// the index of its order instead. 5,000 by default.
    pub fn sorted(mut self, devices: u64) -> Self {
        self.sorted = devices;
        self
    }
}
