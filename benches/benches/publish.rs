//! Publishing 10,000 phones, against the raw limit of the same database.
//!
//! The peer writes what publishing has to leave on the disk and does nothing else: for each phone the row
//! of its pin over the oldest of five, which of them is current, and its place in the sequence of changes.
//! The rows have the same keys and as many bytes as those of the store (their number is read from its
//! file), there are as many of them from the first round on, transactions hold 1,000 phones, and journal,
//! sync, checkpoints and cache are those of the store. An earlier peer inserted rows of more than twice the
//! bytes into a table that grew with each round and was clustered by device, so that each row dirtied a
//! page of its own: it was up to ten times slower than need be. The second row is the pin alone.

use std::{path::Path, time::Duration};

use ipp_benches::{
    Subject, compare,
    office::{Failure, PHONES, fleet},
};
use ipp_core::{access::Caller, app::App, catalog::SharedScope, store::DeviceFilter};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

/// How many published files of a phone are kept.
const KEPT: usize = 5;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ipp.sqlite");
    let app = runtime.block_on(fleet(SqliteStore::open(&SqliteOptions::at(&file))?))?;
    let mut edit = 0;
    let mut publish = || {
        edit += 1;
        let began = Instant::now();
        let published = runtime.block_on(generate(&app, edit));
        assert_eq!(published.ok(), Some(u64::from(PHONES)));
        began.elapsed() / PHONES
    };
    for _ in 0..KEPT {
        publish();
    }
    let bytes: u32 = rusqlite::Connection::open(&file)?.query_row(BYTES, [], |row| row.get(0))?;
    let mut whole = Raw::new(&folder.path().join("whole.sqlite"), bytes, &[PIN, HEAD, CHANGE])?;
    let mut pin = Raw::new(&folder.path().join("pin.sqlite"), bytes, &[PIN])?;
    compare(
        &format!("publish 10,000 phones, {bytes} bytes each (time of one phone)"),
        9,
        &mut [
            Subject::new("the same rows written bare, 1,000 phones a transaction", || whole.timed()),
            Subject::new("the same without any but the row of the pin", || pin.timed()),
            Subject::new("generate: read, render, seal, pin, count", publish),
        ],
    );
    Ok(())
}

/// Edits a value that every file has, and publishes all of them.
async fn generate(app: &App<SqliteStore>, edit: u32) -> Result<u64, Failure> {
    app.admin(Caller::host("bench"))
        .set_placeholder(SharedScope::System, "SipDigitMap".parse()?, Some(format!("x{edit}").parse()?))
        .await?;
    Ok(app.admin(Caller::host("bench")).generate(DeviceFilter::all()).await?.published)
}

/// How many bytes a row of a pin has without its key.
const BYTES: &str = "
    SELECT CAST(avg(length(generation) + length(template) + length(region) + length(model) + length(cohort)
        + length(own) + length(inputs) + length(secrets) + length(digest) + length(run) + 12) AS INTEGER)
    FROM pin";
const SET_UP: &str = "
    PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = memory; PRAGMA cache_size = -16384;
    CREATE TABLE pin (device BLOB, slot INTEGER, body BLOB, PRIMARY KEY (device, slot)) STRICT;
    CREATE TABLE head (device BLOB PRIMARY KEY, last INTEGER, current INTEGER) STRICT, WITHOUT ROWID;
    CREATE TABLE change (sequence INTEGER PRIMARY KEY AUTOINCREMENT, device BLOB UNIQUE) STRICT";
const PIN: &str = "
    INSERT INTO pin VALUES (?1, ?2 % 5, ?3) ON CONFLICT DO UPDATE SET body = excluded.body";
const HEAD: &str = "
    INSERT INTO head VALUES (?1, ?2, ?2) ON CONFLICT DO UPDATE SET last = excluded.last, current = excluded.current";
const CHANGE: &str = "INSERT OR REPLACE INTO change (device) VALUES (?1)";

/// A database with nothing above it.
struct Raw<'a> {
    conn: rusqlite::Connection,
    body: Vec<u8>,
    statements: &'a [&'a str],
    rounds: i64,
}

impl<'a> Raw<'a> {
    fn new(file: &Path, bytes: u32, statements: &'a [&'a str]) -> rusqlite::Result<Self> {
        let conn = rusqlite::Connection::open(file)?;
        conn.execute_batch(SET_UP)?;
        let mut raw = Self { conn, body: vec![7; bytes as usize], statements, rounds: 0 };
        for _ in 0..KEPT {
            raw.write()?;
        }
        Ok(raw)
    }

    fn timed(&mut self) -> Duration {
        let began = Instant::now();
        let written = self.write();
        assert!(written.is_ok(), "{written:?}");
        began.elapsed() / PHONES
    }

    fn write(&mut self) -> rusqlite::Result<()> {
        self.rounds += 1;
        // SQLite does not write a row over an equal one.
        self.body[..8].copy_from_slice(&self.rounds.to_be_bytes());
        for window in 0..PHONES / 1_000 {
            let transaction = self.conn.transaction()?;
            {
                let prepared = self.statements.iter().map(|sql| transaction.prepare_cached(sql));
                let mut prepared = prepared.collect::<Result<Vec<_>, _>>()?;
                for phone in 0..1_000 {
                    let device = u128::from(window * 1_000 + phone).to_be_bytes();
                    for statement in &mut prepared {
                        match statement.parameter_count() {
                            1 => statement.execute([device])?,
                            2 => statement.execute((device, self.rounds))?,
                            _ => statement.execute((device, self.rounds, &self.body))?,
                        };
                    }
                }
            }
            transaction.commit()?;
        }
        Ok(())
    }
}
