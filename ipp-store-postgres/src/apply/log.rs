//! Changes of the logs, and what is taken out because it is out of date.

use ipp_core::{
    generation::GenerationId,
    store::{DeviceSequence, LogChange, Prune},
    time::Timestamp,
};

use super::Effect;
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{Fields, activity, alarm_event, all, device_event, job, sample},
    value::{Value, params},
};

/// Applies a change. What the batches before it counted must be written where it is a sample.
pub(super) async fn apply(conn: &Conn, change: &LogChange) -> Outcome<Effect> {
    match change {
        LogChange::Activity(entries) => activity::add(conn, entries).await?,
        LogChange::Events(events) => device_event::add(conn, events).await?,
        LogChange::Sample(hour) => return sample::take(conn, *hour).await.map(Effect::done_if),
    }
    Ok(Effect::Done)
}

const UPTIMES: &str = "
    DELETE FROM uptime WHERE (node, since) IN (
        SELECT node, since FROM uptime WHERE until < $1 ORDER BY until, node, since LIMIT $2)";
const GONE: &str = "
    DELETE FROM device_change WHERE sequence IN (
        SELECT sequence FROM device_change WHERE gone AND sequence <= $1 ORDER BY sequence LIMIT $2)";
const TOKENS: &str = "DELETE FROM api_token WHERE expires_at < $1";

/// Takes out what is out of date. What the batches before it gathered must be written where generations or
/// the sequence of changes are looked at.
pub(super) async fn prune(conn: &Conn, prune: &Prune) -> Outcome<Effect> {
    let some = |count: u64| count > 0;
    let any = match prune {
        Prune::Activity { before, keep, limit } => activity::prune(conn, *before, *keep, *limit).await?,
        Prune::Events(before, limit) => device_event::prune(conn, *before, *limit).await?,
        Prune::Samples(before, limit) => sample::prune(conn, *before, *limit).await?,
        Prune::Uptimes(before, limit) => {
            some(conn.execute(UPTIMES, &params![before.as_millis(), *limit]).await?)
        }
        Prune::GoneDevices(DeviceSequence(until), limit) => {
            some(conn.execute(GONE, &params![crate::position(*until), *limit]).await?)
        }
        Prune::Jobs(before, limit) => job::prune(conn, *before, *limit).await?,
        Prune::AlarmEvents(before, limit) => alarm_event::prune(conn, *before, *limit).await?,
        Prune::Tokens(before) => some(conn.execute(TOKENS, &params![before.as_millis()]).await?),
        Prune::Generations { live, at, before, limit } => {
            generations(conn, *live, *at, *before, *limit).await?
        }
    };
    Ok(Effect::done_if(any))
}

// What nothing points to: no published file, no template, and not what would be published now.
const MARK: &str = "
    UPDATE generation SET idle_since = $2
    WHERE idle_since IS NULL AND id <> $1
        AND substring(id FROM 1 FOR 8) NOT IN (SELECT prefix FROM generation_count)
        AND id NOT IN (SELECT published_generation FROM template WHERE published_generation IS NOT NULL)";
const UNMARK: &str = "
    UPDATE generation SET idle_since = NULL
    WHERE idle_since IS NOT NULL AND (id = $1
        OR substring(id FROM 1 FOR 8) IN (SELECT prefix FROM generation_count)
        OR id IN (SELECT published_generation FROM template))";
const IDLE: &str = "SELECT id FROM generation WHERE idle_since < $1 ORDER BY idle_since, id LIMIT $2";
const DELETE: &str = "DELETE FROM generation WHERE id = ANY($1)";
const PARTS: &str = "SELECT DISTINCT part FROM generation_part WHERE generation = ANY($1)";
const DELETE_PARTS: &str = "
    DELETE FROM part WHERE hash = ANY($1) AND NOT EXISTS (SELECT 1 FROM generation_part g WHERE g.part = part.hash)";

/// Whoever stores generations or points to one holds the lock that the transaction holds too.
async fn generations(
    conn: &Conn,
    live: GenerationId,
    at: Timestamp,
    before: Timestamp,
    limit: u32,
) -> Outcome<bool> {
    conn.execute(UNMARK, &params![live.as_bytes()]).await?;
    conn.execute(MARK, &params![live.as_bytes(), at.as_millis()]).await?;
    let bytes = |column: &'static str| {
        move |row: &_| Fields::new("generation", row).get::<Vec<u8>>(column).map(|id| Some(id.into()))
    };
    let idle = all(conn, IDLE, &params![before.as_millis(), limit], bytes("id")).await?;
    if idle.is_empty() {
        return Ok(false);
    }
    let idle = [Value::ListOfBytes(idle)];
    let parts = all(conn, PARTS, &idle, bytes("part")).await?;
    conn.execute(DELETE, &idle).await?;
    conn.execute(DELETE_PARTS, &[Value::ListOfBytes(parts)]).await?;
    Ok(true)
}
