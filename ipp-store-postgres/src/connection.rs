//! Connections and their transactions, set up the same way everywhere.
//!
//! Nothing is set for a session: what a transaction needs, it sets for itself. So the same connections
//! serve a host program, or others behind a pooler.

use std::{
    fmt,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use deadpool_postgres::{
    ClientWrapper, Hook, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use ipp_core::{
    blob::BoxFuture,
    store::{StoreError, StoreErrorKind, StoreResult},
};
use tokio::time::timeout;
use tokio_postgres::{Config, Row, config::Host, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    error::{Fault, Outcome, told},
    options::{Database, PostgresOptions},
    tls::Wanted,
    value::Value,
};

/// Where connections come from.
#[derive(Clone)]
pub(crate) struct Source {
    pool: Pool,
    /// What a connection that listens is made from; `None` where there can be none.
    listens: Option<(Config, MakeRustlsConnect)>,
    /// What the database is called where it is told of.
    name: String,
    set_up: Arc<SetUp>,
    options: PostgresOptions,
}

/// What transactions begin with.
struct SetUp {
    schema: String,
    read: String,
    write: String,
    /// The same without a limit of time.
    read_all: String,
    write_all: String,
    prepared: bool,
}

impl Source {
    /// Reads the options; connects nowhere.
    pub(crate) fn new(options: &PostgresOptions) -> StoreResult<Self> {
        let schema = checked_schema(&options.schema)?;
        let (pool, listens, name) = match &options.database {
            Database::Pool(pool) => (pool.clone(), None, "the pool of the host".to_owned()),
            Database::Url(url) => {
                let (config, tls) = configured(url, options)?;
                let name = named(&config);
                let listens = (!options.pooled).then(|| (config.clone(), tls.clone()));
                (pool_of(config, tls, options)?, listens, name)
            }
        };
        let path = format!("SET LOCAL search_path TO \"{schema}\"");
        let limit = format!("SET LOCAL statement_timeout = {}", options.statement_timeout.as_millis());
        let read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let write = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        // What is acknowledged survives; where the administrator wants more than that, it stays more.
        let durable = "SELECT set_config('synchronous_commit', 'on', true) \
                       WHERE current_setting('synchronous_commit') IN ('off', 'local')";
        // Statements that stay prepared look for rows by a key. A plan that was made while a table was empty
        // would read all of it, until the statistics are renewed: reports took ten times as long.
        // Where nothing but that is possible, what it is said to cost would have it compiled each time.
        let by_key = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off";
        let endless = "SET LOCAL statement_timeout = 0";
        let set_up = SetUp {
            read: format!("{read}; {path}; {limit}; {by_key}"),
            write: format!("{write}; {path}; {limit}; {by_key}; {durable}"),
            read_all: format!("{read}; {path}; {endless}"),
            write_all: format!("{write}; {path}; {endless}; {by_key}; {durable}"),
            prepared: !options.pooled,
            schema,
        };
        Ok(Self { pool, listens, name, set_up: Arc::new(set_up), options: options.clone() })
    }

    /// A connection of the pool.
    pub(crate) async fn lend(&self) -> StoreResult<Conn> {
        if self.pool.status().waiting > self.options.queue {
            return Err(StoreError::new(StoreErrorKind::Busy, "too many reads are waiting"));
        }
        let object = self.taken().await?;
        Ok(self.conn(Lent::Pooled(object)))
    }

    /// A connection to keep.
    pub(crate) async fn own(&self) -> StoreResult<Conn> {
        let object = self.taken().await?;
        Ok(self.conn(Lent::Own(Object::take(object))))
    }

    pub(crate) const fn options(&self) -> &PostgresOptions {
        &self.options
    }

    pub(crate) fn schema(&self) -> &str {
        &self.set_up.schema
    }

    /// What a connection that listens is made from; `None` where there can be none.
    pub(crate) fn listens(&self) -> Option<(Config, MakeRustlsConnect)> {
        self.listens.clone()
    }

    /// The error of a database that cannot be opened.
    pub(crate) fn cannot_open(&self, cause: impl Into<Fault>) -> StoreError {
        let cause = StoreError::from(cause.into());
        let kind = match cause.kind() {
            StoreErrorKind::Busy => StoreErrorKind::Busy,
            StoreErrorKind::Corrupt => StoreErrorKind::Corrupt,
            StoreErrorKind::Unavailable
            | StoreErrorKind::Stale
            | StoreErrorKind::Taken
            | StoreErrorKind::Referenced
            | StoreErrorKind::Protected
            | StoreErrorKind::Invalid => StoreErrorKind::Unavailable,
        };
        StoreError::new(kind, format!("cannot open the database `{}`", self.name)).because(cause)
    }

    async fn taken(&self) -> StoreResult<Object> {
        // A host's pool need not know any runtime, so the time is taken here.
        match timeout(self.options.connect_timeout, self.pool.get()).await {
            Ok(Ok(object)) => Ok(object),
            Ok(Err(PoolError::Backend(error))) => Err(Fault::from(error).into()),
            Ok(Err(
                error @ (PoolError::Timeout(_)
                | PoolError::Closed
                | PoolError::NoRuntimeSpecified
                | PoolError::PostCreateHook(_)),
            )) => Err(unreachable().because(error)),
            Err(_) if self.pool.status().size >= self.pool.status().max_size => {
                Err(StoreError::new(StoreErrorKind::Busy, "no connection to the database is free"))
            }
            Err(_) => Err(unreachable()),
        }
    }

    fn conn(&self, client: Lent) -> Conn {
        Conn(Arc::new(Inner { client, set_up: Arc::clone(&self.set_up), open: AtomicBool::new(false) }))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

fn unreachable() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the database cannot be reached")
}

/// The names or addresses of machines in a URL.
pub(crate) fn hosts(options: &PostgresOptions) -> Vec<String> {
    let Database::Url(url) = &options.database else { return Vec::new() };
    let Ok(config) = Wanted::take_from(url).0.parse::<Config>() else { return Vec::new() };
    let host = |host: &Host| match host {
        Host::Tcp(name) => Some(name.clone()),
        Host::Unix(_) => None,
    };
    let named = config.get_hosts().iter().filter_map(host);
    named.chain(config.get_hostaddrs().iter().map(ToString::to_string)).collect()
}

fn configured(url: &str, options: &PostgresOptions) -> StoreResult<(Config, MakeRustlsConnect)> {
    let (url, wanted) = Wanted::take_from(url);
    let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        // The URL itself is not told: it may hold a password.
        let message = format!("the URL of the database cannot be read: {}", told(&error));
        StoreError::new(StoreErrorKind::Unavailable, message)
    })?;
    let (mode, tls) = wanted.make()?;
    config.ssl_mode(mode);
    if config.get_application_name().is_none() {
        config.application_name("ipp");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    // A database whose machine has gone is noticed after seconds, not after hours.
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(15));
        config.keepalives_idle(Duration::from_secs(10));
    }
    Ok((config, tls))
}

fn named(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    let ports: Vec<String> = config.get_ports().iter().map(|port| format!(":{port}")).collect();
    let name = config.get_dbname().or_else(|| config.get_user()).unwrap_or_default();
    format!("{}{}/{name}", hosts.join(","), ports.join(","))
}

fn pool_of(config: Config, tls: MakeRustlsConnect, options: &PostgresOptions) -> StoreResult<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, tls, recycling);
    Pool::builder(manager)
        // One more for the writer while it takes its own out.
        .max_size(options.connections)
        .runtime(Runtime::Tokio1)
        .pre_recycle(Hook::sync_fn(|client: &mut ClientWrapper, _| {
            if client.is_closed() {
                return Err(deadpool_postgres::HookError::message("the connection is closed"));
            }
            Ok(())
        }))
        .build()
        .map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "the pool of connections cannot be made")
                .because(error)
        })
}

fn checked_schema(schema: &str) -> StoreResult<String> {
    let mut letters = schema.bytes();
    let first = letters.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let rest = letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if first && rest && schema.len() <= 48 && !schema.starts_with("pg_") {
        return Ok(schema.to_owned());
    }
    let message = format!(
        "`{schema}` cannot be the name of a schema: use lower-case letters, digits and `_`, at most 48 characters, the first a letter or `_`"
    );
    Err(StoreError::new(StoreErrorKind::Invalid, message))
}

/// A connection. Clones are the same one. A transaction that is left open is rolled back with the last
/// of them, before anybody else is given the connection.
#[derive(Clone)]
pub(crate) struct Conn(Arc<Inner>);

struct Inner {
    client: Lent,
    set_up: Arc<SetUp>,
    open: AtomicBool,
}

enum Lent {
    Pooled(Object),
    Own(ClientWrapper),
}

/// A statement with its parameters.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    sql: &'static str,
    params: Vec<Value<'a>>,
}

impl<'a> Ask<'a> {
    pub(crate) fn new(sql: &'static str, params: impl Into<Vec<Value<'a>>>) -> Self {
        Self { sql, params: params.into() }
    }
}

/// How a commit went that had other statements before it.
#[derive(Debug)]
pub(crate) enum Commit {
    /// It is durable.
    Done,
    /// Nothing of the transaction was written.
    Nothing(Fault),
    /// The answer was lost.
    Unknown(Fault),
}

/// A statement that was sent.
enum Sent<'a> {
    Waiting(BoxFuture<'a, Result<Vec<Row>, tokio_postgres::Error>>),
    Answered(Result<Vec<Row>, tokio_postgres::Error>),
}

impl<'a> Sent<'a> {
    /// The first poll sends it behind those before.
    fn of(answer: impl Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + Send + 'a) -> Self {
        let mut answer = Box::pin(answer);
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Self::Answered(answer),
            Poll::Pending => Self::Waiting(answer),
        }
    }

    async fn answer(self) -> Outcome<Vec<Row>> {
        Ok(match self {
            Self::Waiting(answer) => answer.await,
            Self::Answered(answer) => answer,
        }?)
    }
}

/// Which transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    Read,
    Write,
    /// However long it takes.
    ReadAll,
    /// However long it takes.
    WriteAll,
}

impl Conn {
    /// Begins a transaction; the statement goes along with the next one.
    pub(crate) fn begin(&self, which: Begin) {
        let SetUp { read, write, read_all, write_all, .. } = &*self.0.set_up;
        self.0.open.store(true, Ordering::Relaxed);
        self.send(match which {
            Begin::Read => read,
            Begin::Write => write,
            Begin::ReadAll => read_all,
            Begin::WriteAll => write_all,
        });
    }

    /// Commits, and waits until that is durable.
    pub(crate) async fn commit(&self) -> Outcome<()> {
        let committed = self.client().batch_execute("COMMIT").await;
        self.0.open.store(false, Ordering::Relaxed);
        Ok(committed?)
    }

    /// Asks all of it in one trip to the database; the rows that each answers.
    pub(crate) async fn together(&self, asks: &[Ask<'_>]) -> Outcome<Vec<Vec<Row>>> {
        let mut answers = Vec::with_capacity(asks.len());
        for sent in self.sent(asks).await? {
            answers.push(sent.answer().await?);
        }
        Ok(answers)
    }

    /// The rows of one of them.
    pub(crate) async fn rows_of(&self, ask: Ask<'_>) -> Outcome<Vec<Row>> {
        self.rows(ask.sql, &ask.params).await
    }

    /// The same as the last of a transaction, and its commit in the same trip. Where one of it fails, the
    /// database makes a rollback of the commit.
    pub(crate) async fn commit_with(&self, asks: &[Ask<'_>]) -> Commit {
        // What cannot be sent is noticed before the commit is.
        let all = match self.sent(asks).await {
            Ok(all) => all,
            Err(fault) => return Commit::Nothing(fault),
        };
        let commit = Sent::of(async { self.client().batch_execute("COMMIT").await.map(|()| Vec::new()) });
        let mut failed = None;
        for sent in all {
            if let Err(fault) = sent.answer().await {
                failed = failed.or(Some(fault));
            }
        }
        let committed = commit.answer().await;
        self.0.open.store(false, Ordering::Relaxed);
        match (failed, committed) {
            (None, Ok(_)) => Commit::Done,
            // The database told of it, so it will not have committed whatever became of the connection.
            (Some(fault), _) if !fault.is_lost() => Commit::Nothing(fault),
            (Some(fault), _) => Commit::Unknown(fault),
            (None, Err(fault)) if fault.is_lost() => Commit::Unknown(fault),
            (None, Err(fault)) => Commit::Nothing(fault),
        }
    }

    /// Sends all of it, or tells why that cannot be.
    async fn sent<'a>(&'a self, asks: &'a [Ask<'a>]) -> Outcome<Vec<Sent<'a>>> {
        let mut all = Vec::with_capacity(asks.len());
        for ask in asks {
            match self.send_one(ask).await {
                Ok(sent) => all.push(sent),
                Err(fault) => {
                    // One before it may be the reason.
                    for sent in all {
                        sent.answer().await?;
                    }
                    return Err(fault);
                }
            }
        }
        Ok(all)
    }

    async fn send_one<'a>(&'a self, ask: &'a Ask<'a>) -> Outcome<Sent<'a>> {
        let sent = if self.0.set_up.prepared {
            let statement = self.prepared(ask.sql, &ask.params).await?;
            Sent::of(async move { self.client().query(&statement, &referred(&ask.params)).await })
        } else {
            Sent::of(self.rows_typed(ask))
        };
        match sent {
            Sent::Answered(Err(error)) => Err(error.into()),
            Sent::Answered(Ok(_)) | Sent::Waiting(_) => Ok(sent),
        }
    }

    async fn rows_typed(&self, ask: &Ask<'_>) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.client().query_typed(ask.sql, &typed(&ask.params)).await
    }

    /// Rolls back what is open.
    pub(crate) fn roll_back(&self) {
        self.0.roll_back();
    }

    /// Sends a statement whose answer says nothing, along with the next one. Where it fails, the next one
    /// fails because of that.
    pub(crate) fn send(&self, sql: &str) {
        self.0.send(sql);
    }

    /// Several statements without parameters, such as those of a migration.
    pub(crate) async fn script(&self, sql: &str) -> Outcome<()> {
        Ok(self.client().batch_execute(sql).await?)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client().is_closed()
    }

    /// The rows that a question is about. It stays prepared, so its text must be one of few.
    pub(crate) async fn rows(&self, sql: &str, params: &[Value<'_>]) -> Outcome<Vec<Row>> {
        if !self.0.set_up.prepared {
            return Ok(self.client().query_typed(sql, &typed(params)).await?);
        }
        let statement = self.prepared(sql, params).await?;
        Ok(self.client().query(&statement, &referred(params)).await?)
    }

    /// The same for a text that was made for this question. It is planned for the tables as they are.
    pub(crate) async fn rows_once(&self, sql: &str, params: &[Value<'_>]) -> Outcome<Vec<Row>> {
        self.send("SET LOCAL enable_seqscan = on");
        let rows = self.client().query_typed(sql, &typed(params)).await?;
        self.send("SET LOCAL enable_seqscan = off");
        Ok(rows)
    }

    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn execute(&self, sql: &str, params: &[Value<'_>]) -> Outcome<u64> {
        if !self.0.set_up.prepared {
            return Ok(self.client().execute_typed(sql, &typed(params)).await?);
        }
        let statement = self.prepared(sql, params).await?;
        Ok(self.client().execute(&statement, &referred(params)).await?)
    }

    /// All rows of a question, as they come.
    pub(crate) async fn stream(&self, sql: &str) -> Outcome<tokio_postgres::RowStream> {
        let none: [(&(dyn ToSql + Sync), tokio_postgres::types::Type); 0] = [];
        Ok(self.client().query_typed_raw(sql, none).await?)
    }

    async fn prepared(&self, sql: &str, params: &[Value<'_>]) -> Outcome<tokio_postgres::Statement> {
        let kinds: Vec<_> = params.iter().map(Value::kind).collect();
        Ok(self.client().prepare_typed_cached(sql, &kinds).await?)
    }

    fn client(&self) -> &ClientWrapper {
        self.0.client()
    }
}

impl Inner {
    fn client(&self) -> &ClientWrapper {
        match &self.client {
            Lent::Pooled(object) => object,
            Lent::Own(client) => client,
        }
    }

    fn send(&self, sql: &str) {
        // The first poll queues the statement behind those before it; what is answered is dropped.
        let sent = pin!(self.client().batch_execute(sql));
        drop(sent.poll(&mut Context::from_waker(Waker::noop())));
    }

    fn roll_back(&self) {
        if self.open.swap(false, Ordering::Relaxed) {
            self.send("ROLLBACK");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.roll_back();
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Conn")
    }
}

fn referred<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|value| value as _).collect()
}

fn typed<'a>(params: &'a [Value<'a>]) -> Vec<(&'a (dyn ToSql + Sync), tokio_postgres::types::Type)> {
    params.iter().map(|value| (value as _, value.kind())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_schema_is_checked() {
        for good in ["ipp", "_a1", "phones_2"] {
            assert!(checked_schema(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "Ipp", "a-b", "a\"b", "pg_x", &"a".repeat(49)] {
            assert_eq!(checked_schema(bad).unwrap_err().kind(), StoreErrorKind::Invalid, "{bad}");
        }
    }

    #[test]
    fn a_password_is_told_nowhere() {
        for url in ["postgres://u:secret@[::x/ipp", "postgres://u:secret@h:none/ipp"] {
            let error = Source::new(&PostgresOptions::at(url)).map(drop).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        let source = Source::new(&PostgresOptions::at("postgres://u:secret@a:1,b:2/ipp")).unwrap();
        let told = format!("{source:?} {:?} {:?}", source.options(), source.cannot_open(Fault::Raced));
        assert!(told.contains("a,b") && !told.contains("secret"), "{told}");
    }
}
