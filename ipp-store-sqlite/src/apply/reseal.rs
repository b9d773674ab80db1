//! Sealed values that take the place of others of the same plain text.

use ipp_core::store::{Reseal, SealedPlace};
use rusqlite::{Connection, params};

use super::device;
use crate::{error::Outcome, rows::execute};

const PIN: &str = "UPDATE pin SET secrets = ?3 WHERE device = ?1 AND number = ?2 AND secrets = ?4";
const ANSWER: &str = "UPDATE request SET body = ?2 WHERE key = ?1 AND body = ?3";

/// Applies a change; whether it took effect.
pub(super) fn apply(conn: &Connection, change: &Reseal) -> Outcome<bool> {
    let (formerly, sealed) = (change.formerly.as_bytes(), change.sealed.as_bytes());
    match change.place {
        SealedPlace::Pin(device, number) => {
            // A number that no column can hold is the number of no row.
            let Ok(number) = i64::try_from(number) else { return Ok(false) };
            let done = execute(conn, PIN, params![device.as_bytes(), number, sealed, formerly])? == 1;
            if done {
                device::changed(conn, device)?;
            }
            Ok(done)
        }
        SealedPlace::Answer(key) => {
            Ok(execute(conn, ANSWER, params![key.as_bytes(), sealed, formerly])? == 1)
        }
    }
}
