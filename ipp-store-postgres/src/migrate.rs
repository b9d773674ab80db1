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
    Migration { number: 7, name: "logs", sql: include_str!("../migrations/0007_logs.sql") },
    Migration { number: 8, name: "alarm_events", sql: include_str!("../migrations/0008_alarm_events.sql") },
    Migration { number: 9, name: "jobs", sql: include_str!("../migrations/0009_jobs.sql") },
    Migration { number: 10, name: "job_evidence", sql: include_str!("../migrations/0010_job_evidence.sql") },
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

/// The step that the schema has reached; 0 where there is none.
pub(crate) async fn version(conn: &Conn, schema: &str) -> Outcome<i64> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::Cluster, connection::Source, rows::all};

    const FIRST: Migration = Migration { number: 1, name: "first", sql: "CREATE TABLE a (x BIGINT)" };

    async fn empty() -> (Conn, String) {
        let options = Cluster::shared().unwrap_or_else(|error| panic!("{error}")).options();
        let source = Source::new(&options).unwrap();
        (source.own().await.unwrap(), source.schema().to_owned())
    }

    async fn tables(conn: &Conn, schema: &str) -> Vec<String> {
        conn.begin(Begin::Read);
        let sql = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
        let read = |row: &_| Fields::new("pg_tables", row).text("name");
        let found = all(conn, sql, &params![schema], read).await.unwrap();
        conn.roll_back();
        found
    }

    async fn reached(conn: &Conn, schema: &str) -> i64 {
        conn.begin(Begin::Read);
        let reached = version(conn, schema).await.unwrap();
        conn.roll_back();
        reached
    }

    #[tokio::test]
    async fn the_schema_is_made_once() {
        let (conn, schema) = empty().await;
        run(&conn, &schema).await.unwrap();
        let made = tables(&conn, &schema).await;
        run(&conn, &schema).await.unwrap();
        assert_eq!(tables(&conn, &schema).await, made);
        assert!(made.contains(&"status".to_owned()));
        assert_eq!(reached(&conn, &schema).await, MIGRATIONS.last().unwrap().number);
    }

    #[tokio::test]
    async fn an_interrupted_migration_leaves_the_former_version() {
        let (conn, schema) = empty().await;
        let broken = "CREATE TABLE b (x BIGINT); INSERT INTO nowhere VALUES (1)";
        let whole = "CREATE TABLE b (x BIGINT)";
        let second = |sql| Migration { number: 2, name: "second", sql };
        run_all(&conn, &schema, &[FIRST, second(broken)]).await.unwrap_err();
        conn.roll_back();
        let left = (reached(&conn, &schema).await, tables(&conn, &schema).await);
        assert_eq!(left, (1, vec!["a".to_owned(), "schema_version".to_owned()]));
        run_all(&conn, &schema, &[FIRST, second(whole)]).await.unwrap();
        assert_eq!(reached(&conn, &schema).await, 2);
        assert!(tables(&conn, &schema).await.contains(&"b".to_owned()));
    }

    /// What was published before the places of pins were changed is there afterwards.
    #[tokio::test]
    async fn published_files_move_into_their_slots() {
        let (conn, schema) = empty().await;
        run_all(&conn, &schema, &MIGRATIONS[..1]).await.unwrap();
        conn.begin(Begin::Write);
        conn.script(
            "ALTER TABLE pin DROP CONSTRAINT pin_device_fkey;
            INSERT INTO pin SELECT '\\x01', value, value = 5, '\\x02', '\\x03', NULL, '430HD', '\\x04', '\\x05', '{}',
                '\\x06', '\\x07', 1, 2, NULL FROM generate_series(3, 7) AS value;
            INSERT INTO device SELECT '\\x01', 1, '\\x02', '', NULL, NULL, NULL, NULL, 'unknown', 'enrolled', NULL,
                NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '[]',
                '\\x05', 0",
        )
        .await
        .unwrap();
        conn.commit().await.unwrap();
        run_all(&conn, &schema, MIGRATIONS).await.unwrap();
        conn.begin(Begin::Read);
        let read = |row: &_| {
            let fields = Fields::new("pin", row);
            Ok((fields.get::<i64>("slot")?, fields.get::<i64>("number")?))
        };
        let slots =
            all(&conn, "SELECT device, slot, number FROM pin ORDER BY number", &[], read).await.unwrap();
        assert_eq!(slots, [(3, 3), (4, 4), (0, 5), (1, 6), (2, 7)]);
        let read = |row: &_| {
            let fields = Fields::new("pin_head", row);
            Ok((fields.get::<i64>("last")?, fields.get::<i64>("current")?))
        };
        let head = all(&conn, "SELECT device, last, current FROM pin_head", &[], read).await.unwrap();
        assert_eq!(head, [(7, 5)]);
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let (conn, schema) = empty().await;
        run_all(&conn, &schema, &[FIRST, Migration { number: 7, name: "later", sql: "" }]).await.unwrap();
        let error = StoreError::from(run_all(&conn, &schema, &[FIRST]).await.unwrap_err());
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.to_string().contains("schema 7") && error.to_string().contains("up to 1"), "{error}");
    }
}
