//! Alarms: raised, repeated, cleared.

use ipp_core::alarm::{Alarm, AlarmMessage, event::AlarmStep};

use super::{Effect, Gathered};
use crate::{
    connection::{Ask, Conn},
    error::Outcome,
    rows::{alarm, alarm_event, json},
    value::params,
};

const DEVICE_THERE: &str = "SELECT id FROM device WHERE id = $1";
const PUT: &str = "
    INSERT INTO alarm (device, name, qualifier, severity, raised_at, last_action_at, count, details)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (device, name, qualifier) DO UPDATE SET
        severity = excluded.severity, raised_at = excluded.raised_at, last_action_at = excluded.last_action_at,
        count = excluded.count, details = excluded.details";

/// Applies a message. Alarms change only under the lock that the transaction holds, so what is read here is as
/// it stays; and the lock on the head of their events is held no longer than that.
pub(super) async fn apply(conn: &Conn, gathered: &mut Gathered, message: &AlarmMessage) -> Outcome<Effect> {
    let device = message.device();
    let there = Ask::new(DEVICE_THERE, params![device.as_bytes()]);
    match message {
        AlarmMessage::Raise { key, severity, received_at, details } => {
            let which = params![key.device.as_bytes(), &key.name, &key.qualifier];
            let mut read = conn.together(&[there, Ask::new(alarm::BY_KEY, which)]).await?.into_iter();
            if read.next().is_none_or(|devices| devices.is_empty()) {
                return Ok(Effect::Skipped);
            }
            let former = read.next().unwrap_or_default().first().map(alarm::read).transpose()?;
            let alarm = Alarm::after(former.as_ref(), key, *severity, *received_at, details);
            let mut asks = vec![put_it(&alarm)?];
            if let Some(step) = AlarmStep::between(former.as_ref(), &alarm) {
                asks.push(alarm_event::add(key, *received_at, &step)?);
            }
            conn.together(&asks).await?;
        }
        AlarmMessage::Clear { name, qualifier, received_at, .. } => {
            // A device that is not there has no alarms.
            let clear = alarm_event::clear(&device, name, qualifier.as_deref(), *received_at)?;
            let devices = conn.together(&[there, clear]).await?.into_iter().next();
            if devices.is_none_or(|devices| devices.is_empty()) {
                return Ok(Effect::Skipped);
            }
        }
    }
    gathered.changed(device);
    Ok(Effect::Done)
}

/// Puts an alarm as it is.
pub(super) async fn put(conn: &Conn, alarm: &Alarm) -> Outcome<()> {
    let put = conn.rows_of(put_it(alarm)?).await;
    put.map(drop).map_err(|fault| fault.missing("alarm_device_fkey", "device"))
}

fn put_it(alarm: &Alarm) -> Outcome<Ask<'_>> {
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
    Ok(Ask::new(PUT, row))
}
