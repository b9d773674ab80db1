//! The schema, one numbered step after the other.

use ipp_core::store::{StoreError, StoreErrorKind};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::Outcome;

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

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
        number INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL
    ) STRICT";
const CURRENT: &str = "SELECT ifnull(max(number), 0) FROM schema_version";
const DONE: &str = "INSERT INTO schema_version (number, name) VALUES (?1, ?2)";

/// Brings the schema up to date.
pub(crate) fn run(conn: &mut Connection) -> Outcome<()> {
    run_all(conn, MIGRATIONS)
}

/// Takes the steps that are missing, each with its number in one transaction: a step that was
/// interrupted was never taken. Another process that does the same waits for the lock.
fn run_all(conn: &mut Connection, migrations: &[Migration]) -> Outcome<()> {
    let known = migrations.last().map_or(0, |migration| migration.number);
    // Looked at without a lock first: opening what is up to date must not wait for a writer.
    let current = version(conn)?;
    if current > known {
        return Err(newer(current, known).into());
    }
    if current == known {
        return Ok(());
    }
    for migration in migrations {
        let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute(TABLE, [])?;
        if version(&step)? < migration.number {
            step.execute_batch(migration.sql)?;
            step.execute(DONE, params![migration.number, migration.name])?;
        }
        step.commit()?;
    }
    Ok(())
}

/// Refuses a schema that is not up to date.
pub(crate) fn check_current(conn: &Connection) -> Outcome<()> {
    let (current, known) = (version(conn)?, MIGRATIONS.last().map_or(0, |migration| migration.number));
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

fn version(conn: &Connection) -> Outcome<i64> {
    if !conn.table_exists(None, "schema_version")? {
        return Ok(0);
    }
    Ok(conn.query_row(CURRENT, [], |row| row.get(0))?)
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

    const FIRST: Migration = Migration { number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER) STRICT" };

    fn tables(conn: &Connection) -> Vec<String> {
        let mut names =
            conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        let names = names.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }

    #[test]
    fn the_schema_is_made_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn).unwrap();
        let made = tables(&conn);
        run(&mut conn).unwrap();
        assert_eq!(tables(&conn), made);
        assert!(made.contains(&"status".to_owned()));
        assert_eq!(version(&conn).unwrap(), MIGRATIONS.last().unwrap().number);
    }

    #[test]
    fn an_interrupted_migration_leaves_the_former_version() {
        let broken = "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)";
        let whole = "CREATE TABLE b (x INTEGER) STRICT";
        let second = |sql| Migration { number: 2, name: "second", sql };
        let mut conn = Connection::open_in_memory().unwrap();
        run_all(&mut conn, &[FIRST, second(broken)]).unwrap_err();
        assert_eq!(
            (version(&conn).unwrap(), tables(&conn)),
            (1, vec!["a".to_owned(), "schema_version".to_owned()])
        );
        run_all(&mut conn, &[FIRST, second(whole)]).unwrap();
        assert_eq!(version(&conn).unwrap(), 2);
        assert!(tables(&conn).contains(&"b".to_owned()));
    }

    /// What was published before the places of pins were changed is there afterwards.
    #[test]
    fn published_files_move_into_their_slots() {
        let mut conn = Connection::open_in_memory().unwrap();
        run_all(&mut conn, &MIGRATIONS[..1]).unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = off;
            INSERT INTO pin SELECT x'01', value, value = 5, x'02', x'03', NULL, '430HD', x'04', x'05', '{}', x'06',
                x'07', 1, 2, NULL FROM (SELECT 3 AS value UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7)",
        )
        .unwrap();
        run_all(&mut conn, MIGRATIONS).unwrap();
        let mut slots = conn.prepare("SELECT slot, number FROM pin ORDER BY number").unwrap();
        let slots = slots.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let slots: Vec<(i64, i64)> = slots.map(Result::unwrap).collect();
        assert_eq!(slots, [(3, 3), (4, 4), (0, 5), (1, 6), (2, 7)]);
        let head: (i64, i64) = conn
            .query_row("SELECT last, current FROM pin_head", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(head, (7, 5));
    }

    /// What was published, and which devices are gone, is known of data that were there before.
    #[test]
    fn what_is_pruned_later_is_known_of_former_data() {
        let mut conn = Connection::open_in_memory().unwrap();
        run_all(&mut conn, &MIGRATIONS[..4]).unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = off;
            INSERT INTO pin SELECT x'01', value % 5, value, CAST((value % 2) || 'generation' AS BLOB), x'03', NULL, '430HD', x'04', x'05', '{}',
                x'06', x'07', 1, 2, NULL FROM (SELECT 3 AS value UNION SELECT 4 UNION SELECT 5);
            INSERT INTO pin_head (device, last, current) VALUES (x'01', 5, 4);
            INSERT INTO device_change (device) VALUES (x'01')",
        )
        .unwrap();
        run_all(&mut conn, MIGRATIONS).unwrap();
        let mut used = conn.prepare("SELECT pins FROM generation_count ORDER BY pins").unwrap();
        let used: Vec<i64> = used.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(used, [1, 2]);
        let held: Vec<u8> = conn.query_row("SELECT generations FROM pin_head", [], |row| row.get(0)).unwrap();
        let slot = |number: usize| &held[8 * number..][..8];
        assert_eq!(held.len(), 40);
        assert!(slot(0) == slot(3) && slot(0) != slot(4) && slot(1) == [0; 8]);
        let gone: bool = conn.query_row("SELECT gone FROM device_change", [], |row| row.get(0)).unwrap();
        assert!(gone, "there is no such device");
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        run_all(&mut conn, &[FIRST, Migration { number: 7, name: "later", sql: "" }]).unwrap();
        let error = StoreError::from(run_all(&mut conn, &[FIRST]).unwrap_err());
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.to_string().contains("schema 7") && error.to_string().contains("up to 1"), "{error}");
    }
}
