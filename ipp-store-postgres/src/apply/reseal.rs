//! Sealed values that take the place of others of the same plain text.

use ipp_core::store::{Reseal, SealedPlace};

use super::Gathered;
use crate::{connection::Conn, error::Outcome, value::params};

const PIN: &str = "UPDATE pin SET secrets = $3 WHERE device = $1 AND number = $2 AND secrets = $4";
const ANSWER: &str = "UPDATE request SET body = $2 WHERE key = $1 AND body = $3";

/// Applies a change; whether it took effect.
pub(super) async fn apply(conn: &Conn, gathered: &mut Gathered, change: &Reseal) -> Outcome<bool> {
    let (formerly, sealed) = (change.formerly.as_bytes(), change.sealed.as_bytes());
    match change.place {
        SealedPlace::Pin(device, number) => {
            // A number that no column can hold is the number of no row.
            let Ok(number) = i64::try_from(number) else { return Ok(false) };
            let row = params![device.as_bytes(), number, sealed, formerly];
            let done = conn.execute(PIN, &row).await? == 1;
            if done {
                gathered.changed(device);
            }
            Ok(done)
        }
        SealedPlace::Answer(key) => {
            Ok(conn.execute(ANSWER, &params![key.as_bytes(), sealed, formerly]).await? == 1)
        }
    }
}
