//! Changes of the logs, and what is taken out because it is out of date.

use ipp_core::{
    generation::GenerationId,
    store::{DeviceSequence, LogChange, Prune},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{Counted, Effect};
use crate::{
    error::Outcome,
    rows::{Fields, activity, alarm_event, all, device_event, execute, job, sample},
};

pub(super) fn apply(conn: &Connection, counted: &mut Counted, change: &LogChange) -> Outcome<Effect> {
    match change {
        LogChange::Activity(entries) => entries.iter().try_for_each(|entry| activity::add(conn, entry))?,
        LogChange::Events(events) => events.iter().try_for_each(|event| device_event::add(conn, event))?,
        LogChange::Sample(hour) => {
            counted.write(conn)?;
            return sample::take(conn, *hour).map(Effect::done_if);
        }
    }
    Ok(Effect::Done)
}

const UPTIMES: &str = "
    DELETE FROM uptime WHERE (node, since) IN (
        SELECT node, since FROM uptime WHERE until < ?1 ORDER BY until, node, since LIMIT ?2)";
const GONE: &str = "
    DELETE FROM device_change WHERE sequence IN (
        SELECT sequence FROM device_change WHERE gone = 1 AND sequence <= ?1 ORDER BY sequence LIMIT ?2)";
const TOKENS: &str = "DELETE FROM api_token WHERE expires_at < ?1";

pub(super) fn prune(conn: &Connection, counted: &mut Counted, prune: &Prune) -> Outcome<Effect> {
    let some = |count: usize| count > 0;
    let any = match prune {
        Prune::Activity { before, keep, limit } => activity::prune(conn, *before, *keep, *limit)?,
        Prune::Events(before, limit) => device_event::prune(conn, *before, *limit)?,
        Prune::Samples(before, limit) => sample::prune(conn, *before, *limit)?,
        Prune::Uptimes(before, limit) => some(execute(conn, UPTIMES, params![before.as_millis(), limit])?),
        Prune::GoneDevices(DeviceSequence(until), limit) => {
            let until = i64::try_from(*until).unwrap_or(i64::MAX);
            some(execute(conn, GONE, params![until, limit])?)
        }
        Prune::Jobs(before, limit) => job::prune(conn, *before, *limit)?,
        Prune::AlarmEvents(before, limit) => alarm_event::prune(conn, *before, *limit)?,
        Prune::Tokens(before) => some(execute(conn, TOKENS, params![before.as_millis()])?),
        Prune::Generations { live, at, before, limit } => {
            counted.write(conn)?;
            generations(conn, *live, *at, *before, *limit)?
        }
    };
    Ok(Effect::done_if(any))
}

// What nothing points to: no published file, no template, and not what would be published now.
const MARK: &str = "
    UPDATE generation SET idle_since = ?2
    WHERE idle_since IS NULL AND id <> ?1
        AND substr(id, 1, 8) NOT IN (SELECT prefix FROM generation_count)
        AND id NOT IN (SELECT published_generation FROM template WHERE published_generation IS NOT NULL)";
const UNMARK: &str = "
    UPDATE generation SET idle_since = NULL
    WHERE idle_since IS NOT NULL AND (id = ?1
        OR substr(id, 1, 8) IN (SELECT prefix FROM generation_count)
        OR id IN (SELECT published_generation FROM template))";
const IDLE: &str = "SELECT id FROM generation WHERE idle_since < ?1 ORDER BY idle_since, id LIMIT ?2";
const PARTS: &str = "SELECT DISTINCT part FROM generation_part WHERE generation = ?1";
const DELETE: &str = "DELETE FROM generation WHERE id = ?1";
const DELETE_PART: &str = "
    DELETE FROM part WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM generation_part WHERE part = ?1)";

fn generations(
    conn: &Connection,
    live: GenerationId,
    at: Timestamp,
    before: Timestamp,
    limit: u32,
) -> Outcome<bool> {
    execute(conn, UNMARK, params![live.as_bytes()])?;
    execute(conn, MARK, params![live.as_bytes(), at.as_millis()])?;
    let idle = all(conn, IDLE, params![before.as_millis(), limit], |row| {
        Fields::new("generation", row).get::<Vec<u8>>("id")
    })?;
    for id in &idle {
        let parts =
            all(conn, PARTS, params![id], |row| Fields::new("generation_part", row).get::<Vec<u8>>("part"))?;
        execute(conn, DELETE, params![id])?;
        for part in parts {
            execute(conn, DELETE_PART, params![part])?;
        }
    }
    Ok(!idle.is_empty())
}
