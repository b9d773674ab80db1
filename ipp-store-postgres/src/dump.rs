//! Dumps: everything is read in one transaction of a connection of its own, row by row as it comes.

use ipp_core::{
    blob::BoxFuture,
    store::{Dump, StoreError, StoreErrorKind, StoreResult, StoredRow, dump::RowSource},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use crate::{
    connection::{Begin, Conn, Source},
    error::Outcome,
    migrate, rows,
};

/// How many rows are handed over at once, and how many such pieces may wait.
const PIECE: usize = 64;
const WAITING: usize = 4;

/// Begins a dump; answers once its moment is fixed.
pub(crate) async fn begin(source: &Source, runtime: &Handle) -> StoreResult<Dump> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    let (begun, answered) = oneshot::channel();
    runtime.spawn(run(source.clone(), begun, pieces));
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

async fn run(source: Source, begun: oneshot::Sender<StoreResult<()>>, pieces: mpsc::Sender<Piece>) {
    let conn = match source.own().await {
        Ok(conn) => conn,
        Err(error) => return drop(begun.send(Err(source.cannot_open(error)))),
    };
    // PostgreSQL fixes the moment with the first read.
    conn.begin(Begin::ReadAll);
    if let Err(fault) = migrate::check_current(&conn, source.schema()).await {
        return drop(begun.send(Err(source.cannot_open(fault))));
    }
    drop(begun.send(Ok(())));
    let mut out = Out { pieces, rows: Vec::new() };
    let dumped = match everything(&conn, &mut out).await {
        Ok(()) => out.flush().await,
        Err(fault) => Err(fault),
    };
    // An empty piece says that this was all. Whoever does not wait any more does not mind.
    drop(out.pieces.send(dumped.map(|()| Vec::new()).map_err(StoreError::from)).await);
}

async fn everything(conn: &Conn, out: &mut Out) -> Outcome<()> {
    for row in StoredRow::of_catalog(&rows::catalog::load(conn).await?) {
        out.give(row).await?;
    }
    rows::file::visit_shared(conn, out).await?;
    rows::user::visit(conn, out).await?;
    rows::operator::visit(conn, out).await?;
    rows::device::visit(conn, out).await?;
    rows::status::visit(conn, out).await?;
    rows::alarm::visit(conn, out).await?;
    rows::pin::visit_parts(conn, out).await?;
    rows::pin::visit_generations(conn, out).await?;
    rows::pin::visit(conn, out).await?;
    rows::file::visit_stand_ins(conn, out).await?;
    rows::device::visit_changes(conn, out).await?;
    rows::run::visit(conn, out).await?;
    rows::status::visit_uptimes(conn, out).await?;
    rows::request::visit(conn, out).await?;
    rows::audit::visit(conn, out).await?;
    rows::activity::visit(conn, out).await?;
    rows::device_event::visit(conn, out).await?;
    rows::sample::visit(conn, out).await?;
    rows::alarm_event::visit(conn, out).await?;
    rows::alarm_event::visit_told(conn, out).await?;
    rows::job::visit(conn, out).await?;
    rows::job::visit_items(conn, out).await
}

/// Where rows go.
pub(crate) struct Out {
    pieces: mpsc::Sender<Piece>,
    rows: Vec<StoredRow>,
}

impl Out {
    pub(crate) async fn give(&mut self, row: StoredRow) -> Outcome<()> {
        self.rows.push(row);
        if self.rows.len() == PIECE { self.flush().await } else { Ok(()) }
    }

    /// Hands over what is gathered; an error where nobody takes it any more.
    async fn flush(&mut self) -> Outcome<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.pieces.send(Ok(rows)).await.map_err(|_| stopped().into())
    }
}

fn stopped() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the dump has stopped; see the log")
}
