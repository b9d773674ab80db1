//! Alarms: raised, repeated, cleared.

use ipp_core::{
    alarm::{Alarm, AlarmDetails, AlarmKey, AlarmMessage, Severity},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::Effect;
use crate::{
    error::{Blame, Outcome},
    rows::{alarm, execute, json, one},
};

const DEVICE_THERE: &str = "SELECT 1 FROM device WHERE id = ?1";
const PUT: &str = "
    INSERT INTO alarm (device, name, qualifier, severity, raised_at, last_action_at, count, details)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT DO UPDATE SET
        severity = excluded.severity, raised_at = excluded.raised_at, last_action_at = excluded.last_action_at,
        count = excluded.count, details = excluded.details";
const CLEAR: &str = "DELETE FROM alarm WHERE device = ?1 AND name = ?2";
const CLEAR_ONE: &str = "DELETE FROM alarm WHERE device = ?1 AND name = ?2 AND qualifier = ?3";

pub(super) fn apply(conn: &Connection, message: &AlarmMessage) -> Outcome<Effect> {
    let device = match message {
        AlarmMessage::Raise { key, .. } => key.device,
        AlarmMessage::Clear { device, .. } => *device,
    };
    if one(conn, DEVICE_THERE, params![device.as_bytes()], |_| Ok(()))?.is_none() {
        return Ok(Effect::Skipped);
    }
    match message {
        AlarmMessage::Raise { key, severity, received_at, details } => {
            raise(conn, key, *severity, *received_at, details)?;
        }
        AlarmMessage::Clear { name, qualifier: Some(qualifier), .. } => {
            execute(conn, CLEAR_ONE, params![device.as_bytes(), name, qualifier])?;
        }
        AlarmMessage::Clear { name, qualifier: None, .. } => {
            execute(conn, CLEAR, params![device.as_bytes(), name])?;
        }
    }
    super::device::changed(conn, device)?;
    Ok(Effect::Done)
}

fn raise(
    conn: &Connection,
    key: &AlarmKey,
    severity: Severity,
    received_at: Timestamp,
    details: &AlarmDetails,
) -> Outcome<()> {
    let former =
        one(conn, alarm::BY_KEY, params![key.device.as_bytes(), key.name, key.qualifier], alarm::read)?;
    let alarm = Alarm::after(former.as_ref(), key, severity, received_at, details);
    put(conn, &alarm)
}

/// Puts an alarm as it is.
pub(super) fn put(conn: &Connection, alarm: &Alarm) -> Outcome<()> {
    let device = alarm.key.device.as_bytes();
    let row = params![
        device,
        alarm.key.name,
        alarm.key.qualifier,
        alarm.severity.number(),
        alarm.raised_at.as_millis(),
        alarm.last_action_at.as_millis(),
        alarm.count,
        json(&alarm.details)?,
    ];
    execute(conn, PUT, row)
        .map(drop)
        .map_err(|error| Blame::of(conn, error).missing("device", DEVICE_THERE, params![device]).fault())
}
