//! Dumps: one thread with a connection of its own reads everything in one transaction.

use ipp_core::{
    blob::BoxFuture,
    store::{
        Dump, StoreError, StoreErrorKind, StoreResult, StoredRow,
        dump::{RowSource, StatusRow},
    },
};
use rusqlite::{Connection, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::{
    connection,
    error::{Fault, Outcome},
    migrate,
    options::SqliteOptions,
    rows,
};

/// How many rows are handed over at once, and how many such pieces may wait.
const PIECE: usize = 64;
const WAITING: usize = 4;

/// Begins a dump; answers once its moment is fixed.
pub(crate) async fn begin(options: &SqliteOptions) -> StoreResult<Dump> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    let (begun, answered) = oneshot::channel();
    let options = options.clone();
    std::thread::Builder::new()
        .name("ipp-sqlite-dump".to_owned())
        .spawn(move || run(&options, begun, pieces))
        .map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "cannot start a thread that reads").because(error)
        })?;
    answered.await.unwrap_or_else(|_| Err(stopped()))?;
    Ok(Dump::new(Pieces(receiver)))
}

type Piece = StoreResult<Vec<StoredRow>>;

struct Pieces(mpsc::Receiver<Piece>);

impl RowSource for Pieces {
    fn next(&mut self) -> BoxFuture<'_, Piece> {
        Box::pin(async move { self.0.recv().await.unwrap_or_else(|| Err(stopped())) })
    }
}

fn run(options: &SqliteOptions, begun: oneshot::Sender<StoreResult<()>>, pieces: mpsc::Sender<Piece>) {
    let mut conn = match connection::to_read(options) {
        Ok(conn) => conn,
        Err(error) => return drop(begun.send(Err(error))),
    };
    let moment = match begin_moment(&mut conn) {
        Ok(moment) => moment,
        Err(Fault::Told(error)) => return drop(begun.send(Err(error))),
        Err(fault @ Fault::Sql(_)) => return drop(begun.send(Err(connection::cannot_open(options, fault)))),
    };
    drop(begun.send(Ok(())));
    let mut out = Out { pieces, rows: Vec::new() };
    let dumped = everything(&moment, &mut out).and_then(|()| out.flush());
    // An empty piece says that this was all. Whoever does not wait any more does not mind.
    drop(out.pieces.blocking_send(dumped.map(|()| Vec::new()).map_err(StoreError::from)));
}

/// SQLite fixes the moment with the first read.
fn begin_moment(conn: &mut Connection) -> Outcome<Transaction<'_>> {
    let moment = conn.transaction()?;
    migrate::check_current(&moment)?;
    Ok(moment)
}

fn everything(conn: &Connection, out: &mut Out) -> Outcome<()> {
    for row in StoredRow::of_catalog(&rows::catalog::load(conn)?) {
        out.give(row)?;
    }
    rows::file::visit_shared(conn, |row| out.give(StoredRow::SharedFile(Box::new(row))))?;
    rows::user::visit(conn, |row| out.give(StoredRow::User(Box::new(row))))?;
    rows::operator::visit(conn, |row| out.give(StoredRow::Operator(Box::new(row))))?;
    rows::device::visit(conn, |row| out.give(StoredRow::Device(Box::new(row))))?;
    rows::status::visit(conn, |device, status| {
        out.give(StoredRow::Status(Box::new(StatusRow { device, status })))
    })?;
    rows::alarm::visit(conn, |alarm| out.give(StoredRow::Alarm(Box::new(alarm))))?;
    rows::pin::visit_parts(conn, |part| out.give(StoredRow::Part(part)))?;
    rows::pin::visit_generations(conn, |row| out.give(StoredRow::Generation(row)))?;
    rows::pin::visit(conn, |pin| out.give(StoredRow::Pin(Box::new(pin))))?;
    rows::file::visit_stand_ins(conn, |row| out.give(StoredRow::StandIn(Box::new(row))))?;
    rows::device::visit_changes(conn, |change| out.give(StoredRow::DeviceChange(change)))?;
    rows::run::visit(conn, |run| out.give(StoredRow::Run(run)))?;
    rows::status::visit_uptimes(conn, |uptime| out.give(StoredRow::Uptime(uptime)))?;
    rows::request::visit(conn, |request| out.give(StoredRow::Request(Box::new(request))))?;
    rows::audit::visit(conn, |record| out.give(StoredRow::Audit(Box::new(record))))?;
    rows::activity::visit(conn, |record| out.give(StoredRow::Activity(Box::new(record))))?;
    rows::device_event::visit(conn, |event| out.give(StoredRow::Event(Box::new(event))))?;
    rows::sample::visit(conn, |sample| out.give(StoredRow::Sample(sample)))?;
    rows::alarm_event::visit(conn, |event| out.give(StoredRow::AlarmEvent(Box::new(event))))?;
    rows::alarm_event::visit_told(conn, |told| out.give(StoredRow::Told(told)))?;
    rows::job::visit(conn, |job| out.give(StoredRow::Job(Box::new(job))))?;
    rows::job::visit_items(conn, |item| out.give(StoredRow::JobItem(Box::new(item))))
}

/// Where rows go.
struct Out {
    pieces: mpsc::Sender<Piece>,
    rows: Vec<StoredRow>,
}

impl Out {
    fn give(&mut self, row: StoredRow) -> Outcome<()> {
        self.rows.push(row);
        if self.rows.len() == PIECE { self.flush() } else { Ok(()) }
    }

    /// Hands over what is gathered; an error where nobody takes it any more.
    fn flush(&mut self) -> Outcome<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.pieces.blocking_send(Ok(rows)).map_err(|_| stopped().into())
    }
}

fn stopped() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the dump has stopped; see the log")
}
