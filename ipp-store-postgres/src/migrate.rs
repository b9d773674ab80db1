//! The schema, one numbered step after the other.

use ipp_core::store::{StoreError, StoreErrorKind};

use crate::{
    connection::{Begin, Conn},
    error::Outcome,
    rows::{Fields, one},
    value::params,
};

/// One step. The numbers are the same in every store.
pub(crate) struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "foundation", sql: include_str!("../migrations/0001_foundation.sql") },
    Migration { number: 2, name: "pin_slots", sql: include_str!("../migrations/0002_pin_slots.sql") },
    Migration { number: 3, name: "accounts", sql: include_str!("../migrations/0003_accounts.sql") },
    Migration { number: 4, name: "lists", sql: include_str!("../migrations/0004_lists.sql") },
    Migration { number: 5, name: "files", sql: include_str!("../migrations/0005_files.sql") },
    Migration { number: 6, name: "runs", sql: include_str!("../migrations/0006_runs.sql") },
];

/// The oldest PostgreSQL that is tested with.
const OLDEST: i64 = 150_000;

const SERVER: &str = "
    SELECT current_setting('server_version_num')::bigint AS number, current_setting('server_version') AS version,
        current_setting('server_encoding') AS encoding";
/// Whoever else brings this schema up to date waits. The lock ends with the transaction, so it works
/// through a pooler.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('ipp schema ' || $1, 0))";
const SCHEMA_THERE: &str = "SELECT oid::bigint AS oid FROM pg_namespace WHERE nspname = $1";
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
        number BIGINT NOT NULL PRIMARY KEY,
        name TEXT COLLATE \"C\" NOT NULL
    )";
const TABLE_THERE: &str = "
    SELECT c.oid::bigint AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = 'schema_version'";
const CURRENT: &str = "SELECT coalesce(max(number), 0) AS number FROM schema_version";
const DONE: &str = "INSERT INTO schema_version (number, name) VALUES ($1, $2)";

/// Brings the schema up to date.
pub(crate) async fn run(conn: &Conn, schema: &str) -> Outcome<()> {
    run_all(conn, schema, MIGRATIONS).await
}

/// Takes the steps that are missing, each with its number in one transaction: a step that was
/// interrupted was never taken.
async fn run_all(conn: &Conn, schema: &str, migrations: &[Migration]) -> Outcome<()> {
    let known = migrations.last().map_or(0, |migration| migration.number);
    // Looked at without a lock first: opening what is up to date must not wait for a writer, nor need the
    // right to make tables.
    conn.begin(Begin::Read);
    check_server(conn).await?;
    let current = version(conn, schema).await?;
    conn.roll_back();
    if current > known {
        return Err(newer(current, known).into());
    }
    if current == known {
        return Ok(());
    }
    for migration in migrations {
        conn.begin(Begin::WriteAll);
        conn.rows(LOCK, &params![schema]).await?;
        if one(conn, SCHEMA_THERE, &params![schema], |_| Ok(())).await?.is_none() {
            conn.script(&format!("CREATE SCHEMA \"{schema}\"")).await?;
        }
        conn.script(TABLE).await?;
        if version(conn, schema).await? < migration.number {
            conn.script(migration.sql).await?;
            conn.execute(DONE, &params![migration.number, migration.name]).await?;
        }
        conn.commit().await?;
    }
    Ok(())
}

/// Refuses a schema that is not up to date.
pub(crate) async fn check_current(conn: &Conn, schema: &str) -> Outcome<()> {
    let (current, known) =
        (version(conn, schema).await?, MIGRATIONS.last().map_or(0, |migration| migration.number));
    if current > known {
        return Err(newer(current, known).into());
    }
    if current < known {
        let message = format!(
            "the database has schema {current}, but this version of the software works with schema {known}; start \
             the server of this version once, which brings it up to date"
        );
        return Err(StoreError::new(StoreErrorKind::Unavailable, message).into());
    }
    Ok(())
}

async fn check_server(conn: &Conn) -> Outcome<()> {
    let read = |row: &_| {
        let fields = Fields::new("server", row);
        Ok((fields.get::<i64>("number")?, fields.text("version")?, fields.text("encoding")?))
    };
    let Some((number, version, encoding)) = one(conn, SERVER, &[], read).await? else { return Ok(()) };
    let message = if number < OLDEST {
        format!("the database is PostgreSQL {version}; PostgreSQL 15 or newer is needed")
    } else if encoding != "UTF8" {
        format!("the database has the encoding {encoding}; make one with the encoding UTF8")
    } else {
        return Ok(());
    };
    Err(StoreError::new(StoreErrorKind::Unavailable, message).into())
}

async fn version(conn: &Conn, schema: &str) -> Outcome<i64> {
    if one(conn, TABLE_THERE, &params![schema], |_| Ok(())).await?.is_none() {
        return Ok(0);
    }
    let read = |row: &_| Fields::new("schema_version", row).get("number");
    Ok(one(conn, CURRENT, &[], read).await?.unwrap_or_default())
}

fn newer(current: i64, known: i64) -> StoreError {
    let message = format!(
        "the database has schema {current}, but this version of the software knows only schemas up to {known}; \
         use the newer version, or restore a backup made by this one"
    );
    StoreError::new(StoreErrorKind::Unavailable, message)
}
