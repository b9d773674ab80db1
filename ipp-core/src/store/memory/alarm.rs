//! Alarms, and what becomes of them.

use super::{apply::Outcome, tables::Tables};
use crate::{
    alarm::{
        Alarm, AlarmKey, AlarmMessage,
        event::{AlarmEvent, AlarmStep},
    },
    id::DeviceId,
    time::Timestamp,
};

pub(super) fn apply(tables: &mut Tables, message: AlarmMessage) -> Outcome {
    let device = message.device();
    if !tables.devices.contains_key(&device) {
        return Outcome::Skipped;
    }
    match message {
        AlarmMessage::Raise { key, severity, received_at, details } => {
            let former = tables.alarms.get(&key);
            let alarm = Alarm::after(former, &key, severity, received_at, &details);
            let step = AlarmStep::between(former, &alarm);
            tables.alarms.insert(key.clone(), alarm);
            if let Some(step) = step {
                note(tables, key, received_at, step);
            }
        }
        AlarmMessage::Clear { name, qualifier, received_at, .. } => {
            let fits = |key: &&AlarmKey| {
                key.device == device
                    && key.name == name
                    && qualifier.as_ref().is_none_or(|qualifier| *qualifier == key.qualifier)
            };
            let cleared: Vec<AlarmKey> = tables.alarms.keys().filter(fits).cloned().collect();
            for key in cleared {
                tables.alarms.remove(&key);
                note(tables, key, received_at, AlarmStep::Cleared);
            }
        }
    }
    tables.device_changed(device);
    Outcome::Done
}

pub(super) fn restore(tables: &mut Tables, event: AlarmEvent) {
    tables.last_alarm_event = tables.last_alarm_event.max(event.number);
    tables.alarm_events.insert(event.number, event);
}

/// Takes the alarms of a device away, which is still there.
pub(super) fn of_deleted(tables: &mut Tables, device: DeviceId) {
    let of_device = |alarm: &&Alarm| alarm.key.device == device;
    let alarms: Vec<Alarm> = tables.alarms.values().filter(of_device).cloned().collect();
    for alarm in alarms {
        tables.alarms.remove(&alarm.key);
        note(tables, alarm.key, alarm.last_action_at, AlarmStep::PhoneDeleted);
    }
}

/// Takes out what is out of date of the oldest events; whether there was anything.
pub(super) fn prune(tables: &mut Tables, before: Timestamp, limit: u32) -> bool {
    let oldest = tables.alarm_events.values().take(limit as usize);
    let out: Vec<u64> = oldest.filter(|event| event.at < before).map(|event| event.number).collect();
    for number in &out {
        tables.alarm_events.remove(number);
    }
    !out.is_empty()
}

/// Notes how far a target was told; skipped where it was told as much already.
pub(super) fn tell(tables: &mut Tables, target: String, number: u64) -> Outcome {
    if number <= tables.told.get(&target).copied().unwrap_or(0) {
        return Outcome::Skipped;
    }
    tables.told.insert(target, number);
    Outcome::Done
}

fn note(tables: &mut Tables, key: AlarmKey, at: Timestamp, step: AlarmStep) {
    let Some(row) = tables.devices.get(&key.device) else { return };
    let number = tables.last_alarm_event + 1;
    tables.last_alarm_event = number;
    let event = AlarmEvent { number, at, mac: row.device.mac, region: row.device.region, key, step };
    tables.alarm_events.insert(number, event);
}
