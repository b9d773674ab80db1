//! Configuration files that people wrote.

use super::{at, device_id, print, sealed};
use crate::{
    cfg::{FileInfo, SharedFile},
    store::{CatalogChange, Change, PinChange},
};

/// What is known of a file; every second one tells phones how often to report.
pub fn file_info(number: u8) -> FileInfo {
    FileInfo {
        digest: print(number),
        length: 1_000 + u32::from(number),
        keep_alive_minutes: number.is_multiple_of(2).then_some(number.into()),
        changed_at: at(number.into()),
        author: format!("Zoë {number}"),
    }
}

/// A file that phones share.
pub fn shared_file(name: &str, number: u8) -> SharedFile {
    SharedFile { name: name.parse().unwrap(), info: file_info(number) }
}

/// The change that puts a file that phones share.
pub fn put_file(name: &str, number: u8) -> Change {
    CatalogChange::PutFile(Box::new(shared_file(name, number)), sealed(number).sealed).into()
}

/// The change that puts a file in the place of what is published for a device.
pub fn stand_in(device: u8, number: u8) -> Change {
    let info = Box::new(file_info(number));
    Change::Pin(PinChange::StandIn { device: device_id(device), info, text: sealed(number).sealed })
}
