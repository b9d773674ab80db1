//! Connections, set up the same way everywhere.

use ipp_core::store::{StoreError, StoreErrorKind, StoreResult};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::{error::Fault, options::SqliteOptions};

/// More than there are statements, so that none is ever prepared twice.
const STATEMENTS: usize = 256;

/// A connection that writes.
///
/// `FULL` syncs the log with every commit: what is acknowledged survives a loss of power. With
/// grouped commits this costs nothing that could be measured against `NORMAL`. A checkpoint every
/// 4,000 pages instead of 1,000 syncs the database file itself less often.
pub(crate) fn to_write(options: &SqliteOptions) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let conn = open(options, flags)?;
    let set_up = || {
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
        conn.pragma_update(None, "temp_store", "memory")?;
        conn.pragma_update(None, "cache_size", -16_384)?;
        if let Some(bytes) = options.max_bytes {
            let page: u64 = conn.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))?.into();
            let pages = i64::try_from(bytes / page.max(1)).unwrap_or(i64::MAX).max(1);
            conn.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(())
    };
    set_up().map_err(|error: rusqlite::Error| cannot_open(options, error))?;
    Ok(conn)
}

/// Lets SQLite look again at how large its tables have grown and how their values spread, where that
/// is worth while. Without it a page of the few disconnected phones of one large region took eighty
/// milliseconds instead of one, because the region seemed the smaller set.
pub(crate) fn learn(conn: &Connection) {
    // 0x02 analyses, 0x10 bounds the time, 0x10000 includes tables that only the readers ask.
    let learnt = conn.execute_batch("PRAGMA optimize = 0x10012");
    if let Err(error) = learnt {
        tracing::debug!(%error, "the statistics of the database were not renewed");
    }
}

/// Whether a plan may depend on the values that are bound. SQLite is built with samples of the values
/// (`STAT4`), and as soon as there are any, each statement is prepared again for each value that might matter,
/// even for one row by its key: a page of a hundred devices took 7 ms instead of 1. So it is only for
/// statements that find out which of several lists is the shorter one.
pub(crate) fn by_value(conn: &Connection, by_value: bool) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, !by_value).map(drop)
}

/// A connection that reads.
pub(crate) fn to_read(options: &SqliteOptions) -> StoreResult<Connection> {
    let conn = open(options, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "cache_size", -8_192).map_err(|error| cannot_open(options, error))?;
    Ok(conn)
}

/// The error of a file that cannot be opened.
pub(crate) fn cannot_open(options: &SqliteOptions, cause: impl Into<Fault>) -> StoreError {
    let cause = StoreError::from(cause.into());
    // Whatever is wrong with a file at the start, the store is not there; only a lock goes away.
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
    StoreError::new(kind, format!("cannot open the database `{}`", options.path.display())).because(cause)
}

fn open(options: &SqliteOptions, flags: OpenFlags) -> StoreResult<Connection> {
    let set_up = || {
        let conn = Connection::open_with_flags(&options.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(options.busy_timeout)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        by_value(&conn, false)?;
        Ok(conn)
    };
    set_up().map_err(|error: rusqlite::Error| cannot_open(options, error))
}

#[cfg(test)]
mod tests {
    use rusqlite::{StatementStatus, params};

    use super::*;

    /// Samples of the values of a table cost no statement that asks for one row a second look at its plan.
    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let folder = tempfile::tempdir().unwrap();
        let conn = to_write(&SqliteOptions::at(folder.path().join("x.sqlite"))).unwrap();
        conn.execute_batch(
            "CREATE TABLE t (id BLOB PRIMARY KEY, kind INTEGER) STRICT; CREATE INDEX kinds ON t (kind);
            WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 5000)
            INSERT INTO t SELECT unhex(printf('%08x', value)), value % 3 FROM n;
            ANALYZE",
        )
        .unwrap();
        let mut one = conn.prepare("SELECT kind FROM t WHERE kind = ?1 AND id > ?2 LIMIT 1").unwrap();
        for kind in 0..3 {
            assert!(one.exists(params![kind, [0_u8]]).unwrap());
        }
        assert_eq!(one.get_status(StatementStatus::RePrepare), 0);
        drop(one);
        by_value(&conn, true).unwrap();
        let mut one = conn.prepare("SELECT kind FROM t WHERE kind = ?1 AND id > ?2 LIMIT 1").unwrap();
        assert!(one.exists(params![1, [0_u8]]).unwrap());
        assert_eq!(one.get_status(StatementStatus::RePrepare), 1, "there are samples to look at");
    }
}
