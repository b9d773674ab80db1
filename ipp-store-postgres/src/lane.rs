//! The lane of a writer: where it counts, and which of its commits took effect.

use ipp_core::store::{StoreError, StoreErrorKind};

use crate::{
    connection::{Ask, Begin, Conn},
    error::Outcome,
    rows::{Fields, all, one},
    value::params,
};

const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended('ipp lanes ' || $1, 0))";
const FORGET: &str = "DELETE FROM writer WHERE seen_at < now() - interval '1 day'";
const TAKEN: &str = "SELECT id, lane FROM writer WHERE seen_at > now() - interval '10 minutes'";
const TAKE: &str = "
    INSERT INTO writer (id, lane, turn, seen_at) VALUES (uuid_send(gen_random_uuid()), $1, 0, now())
    RETURNING id";
const MARK: &str = "
    INSERT INTO writer (id, lane, turn, seen_at) VALUES ($1, $2, $3, now())
    ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, seen_at = excluded.seen_at";
const LAST: &str = "SELECT id, turn FROM writer WHERE id = $1 FOR UPDATE";
const LEAVE: &str = "DELETE FROM writer WHERE id = $1";

const OTHERS: &str = "SELECT id FROM writer WHERE seen_at > now() - interval '1 minute' LIMIT 1";

/// More than there are nodes.
const LANES: i64 = 1_000;

/// A writer among those of one database.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    id: [u8; 16],
    /// The number that its counters stand under. Two writers under one number only wait for each other.
    pub(crate) number: i64,
    /// Under which name it tells others of its changes.
    pub(crate) name: String,
    /// Where it tells them.
    pub(crate) channel: String,
}

impl Lane {
    /// Takes the lowest number that no writer of the last minutes has.
    pub(crate) async fn take(conn: &Conn, schema: &str) -> Outcome<Self> {
        conn.begin(Begin::Write);
        conn.rows(LOCK, &params![schema]).await?;
        conn.execute(FORGET, &[]).await?;
        let taken = all(conn, TAKEN, &[], |row| Fields::new("writer", row).get::<i64>("lane")).await?;
        let number = (0..LANES).find(|number| !taken.contains(number)).unwrap_or_default();
        let id = one(conn, TAKE, &params![number], |row| Fields::new("writer", row).bytes("id", |id| id))
            .await?
            .ok_or_else(|| StoreError::new(StoreErrorKind::Unavailable, "the database gave no id"))?;
        conn.commit().await?;
        let name = format!("{:032x}", u128::from_be_bytes(id));
        Ok(Self { id, number, name, channel: channel(schema) })
    }

    /// Notes in a transaction that it is the one with this number.
    pub(crate) fn mark(&self, turn: i64) -> Ask<'_> {
        Ask::new(MARK, params![&self.id, self.number, turn])
    }

    /// Whether the transaction with this number, the last one begun, took effect. Waits for it where it
    /// is still under way: it holds the lock on the row.
    pub(crate) async fn took_effect(&self, conn: &Conn, turn: i64) -> Outcome<bool> {
        conn.begin(Begin::Write);
        let read = |row: &_| Fields::new("writer", row).get::<i64>("turn");
        let last = one(conn, LAST, &params![&self.id], read).await;
        conn.roll_back();
        Ok(last? == Some(turn))
    }

    /// Leaves the lane to others.
    pub(crate) async fn leave(&self, conn: &Conn) -> Outcome<()> {
        conn.begin(Begin::Write);
        conn.execute(LEAVE, &params![&self.id]).await?;
        conn.commit().await
    }
}

/// Whether there are writers that have not left.
pub(crate) async fn others(conn: &Conn) -> Outcome<bool> {
    Ok(one(conn, OTHERS, &[], |_| Ok(())).await?.is_some())
}

/// Where writers of a schema tell each other of changes.
pub(crate) fn channel(schema: &str) -> String {
    format!("{schema}_changes")
}
