//! Alarms: raised, repeated, cleared.

use ipp_core::alarm::{Alarm, AlarmKey, AlarmMessage, event::AlarmStep};
use rusqlite::{Connection, params};

use super::Effect;
use crate::{
    error::{Blame, Outcome},
    rows::{
        alarm,
        alarm_event::{self, Phone},
        all, execute, json, one,
    },
};

const DEVICE_THERE: &str = "SELECT 1 FROM device WHERE id = ?1";
const PUT: &str = "
    INSERT INTO alarm (device, name, qualifier, severity, raised_at, last_action_at, count, details)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT DO UPDATE SET
        severity = excluded.severity, raised_at = excluded.raised_at, last_action_at = excluded.last_action_at,
        count = excluded.count, details = excluded.details";
const CLEAR: &str = "DELETE FROM alarm WHERE device = ?1 AND name = ?2 AND qualifier = ?3";
const THAT_FIT: &str = "
    SELECT * FROM alarm WHERE device = ?1 AND name = ?2 AND (?3 IS NULL OR qualifier = ?3) ORDER BY qualifier";

pub(super) fn apply(conn: &Connection, message: &AlarmMessage) -> Outcome<Effect> {
    let device = message.device();
    let Some(phone) = Phone::of(conn, device)? else { return Ok(Effect::Skipped) };
    match message {
        AlarmMessage::Raise { key, severity, received_at, details } => {
            let row = params![device.as_bytes(), key.name, key.qualifier];
            let former = one(conn, alarm::BY_KEY, row, alarm::read)?;
            let alarm = Alarm::after(former.as_ref(), key, *severity, *received_at, details);
            put(conn, &alarm)?;
            if let Some(step) = AlarmStep::between(former.as_ref(), &alarm) {
                alarm_event::add(conn, &phone, key, *received_at, &step)?;
            }
        }
        AlarmMessage::Clear { name, qualifier, received_at, .. } => {
            for alarm in all(conn, THAT_FIT, params![device.as_bytes(), name, qualifier], alarm::read)? {
                let AlarmKey { name, qualifier, .. } = &alarm.key;
                execute(conn, CLEAR, params![device.as_bytes(), name, qualifier])?;
                alarm_event::add(conn, &phone, &alarm.key, *received_at, &AlarmStep::Cleared)?;
            }
        }
    }
    super::device::changed(conn, device)?;
    Ok(Effect::Done)
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
