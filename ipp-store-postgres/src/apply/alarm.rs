//! Alarms: raised, repeated, cleared.

use ipp_core::alarm::{Alarm, AlarmMessage};

use super::{Effect, Gathered};
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{alarm, json, one},
    value::params,
};

const DEVICE_THERE: &str = "SELECT id FROM device WHERE id = $1";
const PUT: &str = "
    INSERT INTO alarm (device, name, qualifier, severity, raised_at, last_action_at, count, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (device, name, qualifier) DO UPDATE SET
        severity = excluded.severity, raised_at = excluded.raised_at, last_action_at = excluded.last_action_at,
        count = excluded.count, details = excluded.details";
const CLEAR: &str = "DELETE FROM alarm WHERE device = $1 AND name = $2";
const CLEAR_ONE: &str = "DELETE FROM alarm WHERE device = $1 AND name = $2 AND qualifier = $3";

pub(super) async fn apply(conn: &Conn, gathered: &mut Gathered, message: &AlarmMessage) -> Outcome<Effect> {
    let device = match message {
        AlarmMessage::Raise { key, .. } => key.device,
        AlarmMessage::Clear { device, .. } => *device,
    };
    if one(conn, DEVICE_THERE, &params![device.as_bytes()], |_| Ok(())).await?.is_none() {
        return Ok(Effect::Skipped);
    }
    match message {
        AlarmMessage::Raise { key, severity, received_at, details } => {
            let which = params![key.device.as_bytes(), &key.name, &key.qualifier];
            let former = one(conn, alarm::BY_KEY, &which, alarm::read).await?;
            put(conn, &Alarm::after(former.as_ref(), key, *severity, *received_at, details)).await?;
        }
        AlarmMessage::Clear { name, qualifier: Some(qualifier), .. } => {
            conn.execute(CLEAR_ONE, &params![device.as_bytes(), name, qualifier]).await?;
        }
        AlarmMessage::Clear { name, qualifier: None, .. } => {
            conn.execute(CLEAR, &params![device.as_bytes(), name]).await?;
        }
    }
    gathered.changed(device);
    Ok(Effect::Done)
}

/// Puts an alarm as it is.
pub(super) async fn put(conn: &Conn, alarm: &Alarm) -> Outcome<()> {
    let row = params![
        alarm.key.device.as_bytes(),
        &alarm.key.name,
        &alarm.key.qualifier,
        alarm.severity.number(),
        alarm.raised_at.as_millis(),
        alarm.last_action_at.as_millis(),
        alarm.count,
        json(&alarm.details)?,
    ];
    conn.execute(PUT, &row).await.map(drop).map_err(|fault| fault.missing("alarm_device_fkey", "device"))
}
