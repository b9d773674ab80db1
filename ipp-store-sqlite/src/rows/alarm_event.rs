//! What became of alarms, and how far it was told.

use ipp_core::{
    alarm::{
        Alarm, AlarmKey,
        event::{AlarmEvent, AlarmStep},
    },
    id::{DeviceId, RegionId},
    mac::Mac,
    store::dump::ToldRow,
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, alarm, all, execute, json, number, one};
use crate::error::Outcome;

const ADD: &str = "
    INSERT INTO alarm_event (at, device, name, qualifier, mac, region, step) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const PUT: &str = "
    INSERT INTO alarm_event (number, at, device, name, qualifier, mac, region, step)
    VALUES (?8, ?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const AFTER: &str = "SELECT * FROM alarm_event WHERE number > ?1 ORDER BY number LIMIT ?2";
const EVERY: &str = "SELECT * FROM alarm_event ORDER BY number";
// A bounded look at the oldest events: one that is not out of date does not make it go further.
const PRUNE: &str = "
    DELETE FROM alarm_event WHERE number IN (
        SELECT number FROM (SELECT number, at FROM alarm_event ORDER BY number LIMIT ?2) WHERE at < ?1)";
const OF_DEVICE: &str = "SELECT * FROM alarm WHERE device = ?1 ORDER BY name, qualifier";
const TOLD: &str = "SELECT number FROM told WHERE target = ?1";
const TELL: &str = "
    INSERT INTO told (target, number) SELECT ?1, ?2 WHERE ?2 > 0
    ON CONFLICT DO UPDATE SET number = excluded.number WHERE number < excluded.number";
const EVERY_TOLD: &str = "SELECT * FROM told ORDER BY target";

const PHONE: &str = "SELECT mac, region FROM device WHERE id = ?1";

/// The phone of an alarm, as far as its events tell of it.
pub(crate) struct Phone {
    mac: Mac,
    region: Option<RegionId>,
}

impl Phone {
    /// The phone with that id, where it is there.
    pub(crate) fn of(conn: &Connection, device: DeviceId) -> Outcome<Option<Self>> {
        one(conn, PHONE, params![device.as_bytes()], |row| {
            let fields = Fields::new("device", row);
            Ok(Self { mac: fields.mac("mac")?, region: fields.opt_bytes("region", RegionId::from_bytes)? })
        })
    }
}

/// Notes what happened to an alarm.
pub(crate) fn add(
    conn: &Connection,
    phone: &Phone,
    key: &AlarmKey,
    at: Timestamp,
    step: &AlarmStep,
) -> Outcome<()> {
    let Phone { mac, region } = phone;
    let row = params![
        at.as_millis(),
        key.device.as_bytes(),
        key.name,
        key.qualifier,
        mac.bytes(),
        region.as_ref().map(RegionId::as_bytes),
        json(step)?,
    ];
    execute(conn, ADD, row)?;
    Ok(())
}

/// Notes that the alarms of a device go with it.
pub(crate) fn deleted(conn: &Connection, device: DeviceId) -> Outcome<()> {
    let Some(phone) = Phone::of(conn, device)? else { return Ok(()) };
    for alarm in all(conn, OF_DEVICE, params![device.as_bytes()], alarm::read)? {
        let Alarm { key, last_action_at, .. } = alarm;
        add(conn, &phone, &key, last_action_at, &AlarmStep::PhoneDeleted)?;
    }
    Ok(())
}

pub(crate) fn after(conn: &Connection, number: u64, limit: u32) -> Outcome<Vec<AlarmEvent>> {
    // A number that no column can hold is behind all rows.
    let after = i64::try_from(number).unwrap_or(i64::MAX);
    all(conn, AFTER, params![after, limit], read)
}

pub(crate) fn prune(conn: &Connection, before: Timestamp, limit: u32) -> Outcome<bool> {
    Ok(execute(conn, PRUNE, params![before.as_millis(), limit])? > 0)
}

/// The number of the last event that a target was told of; 0 where it never was.
pub(crate) fn told(conn: &Connection, target: &str) -> Outcome<u64> {
    let found = one(conn, TOLD, params![target], |row| Fields::new("told", row).unsigned("number"))?;
    Ok(found.unwrap_or(0))
}

/// Notes it; whether it is further than before.
pub(crate) fn tell(conn: &Connection, target: &str, event: u64) -> Outcome<bool> {
    Ok(execute(conn, TELL, params![target, number(event)?])? > 0)
}

/// Puts an event under the number that it had.
pub(crate) fn put(conn: &Connection, event: &AlarmEvent) -> Outcome<()> {
    let AlarmEvent { number: of_event, at, key, mac, region, step } = event;
    let row = params![
        at.as_millis(),
        key.device.as_bytes(),
        key.name,
        key.qualifier,
        mac.bytes(),
        region.as_ref().map(RegionId::as_bytes),
        json(step)?,
        number(*of_event)?,
    ];
    execute(conn, PUT, row)?;
    Ok(())
}

/// Shows every event.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(AlarmEvent) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

/// Shows how far every target was told.
pub(crate) fn visit_told(conn: &Connection, mut show: impl FnMut(ToldRow) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY_TOLD, |row| {
        let fields = Fields::new("told", row);
        show(ToldRow { target: fields.get("target")?, number: fields.unsigned("number")? })
    })
}

fn read(row: &Row<'_>) -> Outcome<AlarmEvent> {
    let fields = Fields::new("alarm_event", row);
    Ok(AlarmEvent {
        number: fields.unsigned("number")?,
        at: fields.time("at")?,
        key: AlarmKey {
            device: fields.bytes("device", DeviceId::from_bytes)?,
            name: fields.get("name")?,
            qualifier: fields.get("qualifier")?,
        },
        mac: fields.mac("mac")?,
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        step: fields.json("step")?,
    })
}
