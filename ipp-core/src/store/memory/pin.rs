//! What is published for devices, and what stands in for it.

use super::{apply::Outcome, tables::Tables};
use crate::{
    catalog::Stored,
    store::{PinChange, PinRecord},
};

/// How many published files of a device are kept.
const KEPT: usize = 5;

pub(super) fn apply(tables: &mut Tables, change: PinChange) -> Outcome {
    let id = change.device();
    let Some(row) = tables.devices.get_mut(&id) else { return Outcome::Skipped };
    match change {
        PinChange::Publish(pin) if pin.own != row.device.own => return Outcome::Skipped,
        PinChange::Publish(pin) => {
            let number = row.pins.iter().map(|pin| pin.number).max().unwrap_or(0) + 1;
            row.pins.iter_mut().for_each(|pin| pin.current = false);
            row.pins.push(PinRecord { number, current: true, pin: *pin });
            let excess = row.pins.len().saturating_sub(KEPT);
            row.pins.drain(..excess);
        }
        PinChange::Revert { number, .. } => {
            if !row.pins.iter().any(|pin| pin.number == number) {
                return Outcome::Skipped;
            }
            row.pins.iter_mut().for_each(|pin| pin.current = pin.number == number);
        }
        PinChange::StandIn { info, text, .. } => {
            let revision = info.revision_after(row.stand_in.as_ref().map(|(info, _)| info.revision));
            row.stand_in = Some((Stored { revision, value: *info }, text));
        }
        PinChange::Resume(_) if row.stand_in.take().is_none() => return Outcome::Skipped,
        PinChange::Withdraw(_) if row.pins.is_empty() => return Outcome::Skipped,
        PinChange::Resume(_) => {}
        PinChange::Withdraw(_) => row.pins.clear(),
    }
    tables.device_changed(id);
    Outcome::Done
}
