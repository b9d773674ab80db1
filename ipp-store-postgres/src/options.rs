//! How a store is opened.

use std::{fmt, time::Duration};

use deadpool_postgres::Pool;

/// How a store is opened. The defaults suit an installation of any size.
#[derive(Clone)]
#[must_use]
pub struct PostgresOptions {
    pub(crate) database: Database,
    pub(crate) schema: String,
    pub(crate) connections: usize,
    pub(crate) queue: usize,
    pub(crate) connect_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) patience: Duration,
    pub(crate) pooled: bool,
    pub(crate) sorted: u64,
}

/// Where connections come from.
#[derive(Clone)]
pub(crate) enum Database {
    Url(String),
    Pool(Pool),
}

impl PostgresOptions {
    /// The database at this URL: `postgres://user:password@host:5432/database?sslmode=verify-full`, as
    /// other programs take it, or in the form `host=/run/postgresql dbname=ipp`. Several hosts, of which
    /// the primary is found, are `postgres://a,b/ipp?target_session_attrs=read-write`.
    pub fn at(url: impl Into<String>) -> Self {
        Self::new(Database::Url(url.into()))
    }

    /// The database that a host program has a pool for. Connections that the store keeps to itself are
    /// taken out of it. Changes of other nodes are then heard of by polling alone, because a connection
    /// that listens cannot be one of a pool.
    pub fn in_pool(pool: Pool) -> Self {
        Self::new(Database::Pool(pool))
    }

    fn new(database: Database) -> Self {
        Self {
            database,
            schema: "ipp".to_owned(),
            connections: 8,
            queue: 4_096,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            pooled: false,
            sorted: 5_000,
        }
    }

    /// The schema that holds the tables; `ipp` by default. It is made where there is none. Lower-case
    /// letters, digits and `_`, at most 48 characters, the first a letter or `_`.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How many connections read, at least two; 8 by default. One more writes and one more listens. Of no
    /// effect with a host's pool.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(2);
        self
    }

    /// How many writes, and how many reads, may wait before the store is *busy*; 4,096 by default.
    pub fn queue(mut self, queue: usize) -> Self {
        self.queue = queue.max(1);
        self
    }

    /// How long connecting may take; 5 seconds by default. A read that finds no connection free waits as
    /// long.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one statement may take; 30 seconds by default. Dumps and restorations take as long as
    /// they need.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// For how long a write whose commit was not answered is kept waiting until the database can be asked
    /// what became of it; 10 seconds by default. After that it is *unavailable*, and may have taken
    /// effect.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether the URL leads to a connection pooler in transaction mode, such as `PgBouncer`: no statement
    /// is then kept prepared from one transaction to the next, which costs time, and changes of other
    /// nodes are heard of by polling alone. Off by default.
    pub fn behind_pooler(mut self, pooled: bool) -> Self {
        self.pooled = pooled;
        self
    }

    /// How many devices a list may read and sort for one page; where more pass its filter, it follows
    /// the index of its order instead. 5,000 by default.
    pub fn sorted(mut self, devices: u64) -> Self {
        self.sorted = devices;
        self
    }
}

impl fmt::Debug for PostgresOptions {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
