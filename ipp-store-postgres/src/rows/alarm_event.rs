//! What became of alarms, and how far it was told.
//!
//! Whoever notes something holds the lock on the head of these events until the commit, so nobody ever sees an
//! event whose number is lower than one that was there before.

use ipp_core::{
    alarm::{
        AlarmKey,
        event::{AlarmEvent, AlarmStep},
    },
    id::{DeviceId, RegionId},
    store::{StoredRow, dump::ToldRow},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, json, number, one, visit as visit_rows};
use crate::{
    connection::{Ask, Conn},
    dump::Out,
    error::Outcome,
    value::{columns, params},
};

const ADD: &str = "
    WITH head AS (UPDATE log_head SET last = last + 1 WHERE log = 'alarm_event' RETURNING last)
    INSERT INTO alarm_event (number, at, device, name, qualifier, mac, region, step)
    SELECT head.last, $1, d.id, $3, $4, d.mac, d.region, $5 FROM head, device d WHERE d.id = $2";
/// What an alarm that goes leaves behind: the alarms of a device that the condition names are deleted, and
/// each is an event at the time that is given.
macro_rules! going {
    ($condition:literal, $at:literal) => {
        concat!(
            "WITH gone AS (DELETE FROM alarm WHERE device = $1 AND ",
            $condition,
            " RETURNING name, qualifier, last_action_at),
            placed AS (
                SELECT *, row_number() OVER (ORDER BY name, qualifier) AS place, count(*) OVER () AS all_of_them
                FROM gone),
            head AS (
                UPDATE log_head SET last = last + (SELECT count(*) FROM gone)
                WHERE log = 'alarm_event' AND EXISTS (SELECT 1 FROM gone) RETURNING last)
            INSERT INTO alarm_event (number, at, device, name, qualifier, mac, region, step)
            SELECT head.last - p.all_of_them + p.place, ",
            $at,
            ", d.id, p.name, p.qualifier, d.mac, d.region, $2 FROM placed p, head, device d WHERE d.id = $1"
        )
    };
}
const CLEAR: &str = going!("name = $3 AND ($4 IS NULL OR qualifier = $4)", "$5");
const DELETED: &str = going!("TRUE", "p.last_action_at");
const PUT: &str = "
    INSERT INTO alarm_event (number, at, device, name, qualifier, mac, region, step)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)";
const PUT_HEAD: &str = "UPDATE log_head SET last = greatest(last, $1) WHERE log = 'alarm_event'";
const AFTER: &str = "SELECT * FROM alarm_event WHERE number > $1 ORDER BY number LIMIT $2";
const EVERY: &str = "SELECT * FROM alarm_event ORDER BY number";
// A bounded look at the oldest events: one that is not out of date does not make it go further.
const PRUNE: &str = "
    DELETE FROM alarm_event WHERE number IN (
        SELECT number FROM (SELECT number, at FROM alarm_event ORDER BY number LIMIT $2) AS oldest WHERE at < $1)";
const TOLD: &str = "SELECT target, number FROM told WHERE target = $1";
const TELL: &str = "
    INSERT INTO told (target, number) SELECT $1, $2 WHERE $2 > 0
    ON CONFLICT (target) DO UPDATE SET number = excluded.number WHERE told.number < excluded.number";
const EVERY_TOLD: &str = "SELECT target, number FROM told ORDER BY target";

/// The statement that notes what happened to an alarm of a phone that is there.
pub(crate) fn add<'a>(key: &'a AlarmKey, at: Timestamp, step: &AlarmStep) -> Outcome<Ask<'a>> {
    let AlarmKey { device, name, qualifier } = key;
    Ok(Ask::new(ADD, params![at.as_millis(), device.as_bytes(), name, qualifier, json(step)?]))
}

/// The statement that clears the alarms of a phone with that name, and that qualifier where there is one.
pub(crate) fn clear<'a>(
    device: &'a DeviceId,
    name: &'a str,
    qualifier: Option<&'a str>,
    at: Timestamp,
) -> Outcome<Ask<'a>> {
    let step = json(&AlarmStep::Cleared)?;
    Ok(Ask::new(CLEAR, params![device.as_bytes(), step, name, qualifier, at.as_millis()]))
}

/// The statement that takes the alarms of a phone away before the phone itself goes.
pub(crate) fn deleted(device: &DeviceId) -> Outcome<Ask<'_>> {
    Ok(Ask::new(DELETED, params![device.as_bytes(), json(&AlarmStep::PhoneDeleted)?]))
}

pub(crate) async fn after(conn: &Conn, number: u64, limit: u32) -> Outcome<Vec<AlarmEvent>> {
    // A number that no column can hold is behind all rows.
    let after = i64::try_from(number).unwrap_or(i64::MAX);
    all(conn, AFTER, &params![after, limit], read).await
}

pub(crate) async fn prune(conn: &Conn, before: Timestamp, limit: u32) -> Outcome<bool> {
    Ok(conn.execute(PRUNE, &params![before.as_millis(), limit]).await? > 0)
}

/// The number of the last event that a target was told of; 0 where it never was.
pub(crate) async fn told(conn: &Conn, target: &str) -> Outcome<u64> {
    let found = one(conn, TOLD, &params![target], |row| Fields::new("told", row).unsigned("number")).await?;
    Ok(found.unwrap_or(0))
}

/// Notes it; whether it is further than before.
pub(crate) async fn tell(conn: &Conn, target: &str, event: u64) -> Outcome<bool> {
    Ok(conn.execute(TELL, &params![target, number(event)?]).await? > 0)
}

/// Puts events under the numbers that they had.
pub(crate) async fn put(conn: &Conn, events: &[&AlarmEvent]) -> Outcome<()> {
    let row = |event: &&'_ AlarmEvent| -> Outcome<_> {
        let AlarmEvent { number: of_event, at, key, mac, region, step } = *event;
        Ok(params![
            number(*of_event)?,
            at.as_millis(),
            key.device.as_bytes().to_vec(),
            key.name.clone(),
            key.qualifier.clone(),
            mac.bytes().to_vec(),
            region.as_ref().map(|region| region.as_bytes().to_vec()),
            json(step)?,
        ])
    };
    let last = events.iter().map(|event| event.number).max().unwrap_or_default();
    if let Some(columns) = columns(events.iter().map(row).collect::<Outcome<Vec<_>>>()?) {
        conn.execute(PUT, &columns).await?;
        conn.execute(PUT_HEAD, &params![number(last)?]).await?;
    }
    Ok(())
}

/// Gives out every event.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::AlarmEvent(Box::new(read(row)?)))).await
}

/// Gives out how far every target was told.
pub(crate) async fn visit_told(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_TOLD, out, |row| {
        let fields = Fields::new("told", row);
        Ok(StoredRow::Told(ToldRow { target: fields.text("target")?, number: fields.unsigned("number")? }))
    })
    .await
}

fn read(row: &Row) -> Outcome<AlarmEvent> {
    let fields = Fields::new("alarm_event", row);
    Ok(AlarmEvent {
        number: fields.unsigned("number")?,
        at: fields.time("at")?,
        key: AlarmKey {
            device: fields.bytes("device", DeviceId::from_bytes)?,
            name: fields.text("name")?,
            qualifier: fields.text("qualifier")?,
        },
        mac: fields.mac("mac")?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        step: fields.json("step")?,
    })
}
