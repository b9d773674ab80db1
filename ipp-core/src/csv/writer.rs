//! Writing: exactly the columns of Table A-1, and as many groups of devices as are needed.

use super::{
    cell::{encode_password, guard},
    header::{DEVICE, USER, device_name},
};
use crate::{
    mac::Mac,
    phone_model::ModelId,
    text::{Label, RegionName, UserName},
    vault::SecretText,
};

/// A user as a row.
#[derive(Debug, Clone)]
pub struct UserLine {
    /// The user name.
    pub name: UserName,
    /// The password; `None` leaves the cell empty.
    pub password: Option<SecretText>,
    /// The name that people see.
    pub display_name: Label,
    /// The region.
    pub region: RegionName,
    /// The devices.
    pub devices: Vec<DeviceLine>,
}

/// A device in a row.
#[derive(Debug, Clone)]
pub struct DeviceLine {
    /// The name that people see.
    pub display_name: Label,
    /// The MAC address.
    pub mac: Mac,
    /// The model, where it is known.
    pub model: Option<ModelId>,
}

/// The file with these users, one row each (CSV-10, CSV-22).
pub fn write(users: &[UserLine]) -> Vec<u8> {
    let groups = users.iter().map(|user| user.devices.len()).max().unwrap_or(0).max(1);
    let mut out = Vec::with_capacity(64 * (users.len() + 1));
    let mut row = Row { out: &mut out, first: true };
    for name in USER {
        row.cell(name);
    }
    for group in (1..=u16::MAX).take(groups) {
        for name in DEVICE {
            row.cell(&device_name(group, name));
        }
    }
    row.end();
    for user in users {
        let mut row = Row { out: &mut out, first: true };
        row.cell(user.name.as_str());
        row.cell(&encode_password(user.password.as_ref().map_or("", SecretText::as_str)));
        row.cell(user.display_name.as_str());
        row.cell(user.region.as_str());
        for device in &user.devices {
            row.cell(device.display_name.as_str());
            row.cell(&colons(device.mac));
            row.cell(&device.model.as_ref().map(spelt).unwrap_or_default());
        }
        for _ in user.devices.len()..groups {
            for _ in DEVICE {
                row.cell("");
            }
        }
        row.end();
    }
    out
}

/// A row that is being written.
struct Row<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Row<'_> {
    fn cell(&mut self, text: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        let guarded = guard(text);
        let text = guarded.as_deref().unwrap_or(text);
        // Blanks at the ends are kept by quotes in readers that trim.
        if text.contains([',', ';', '"', '\r', '\n']) || text.trim() != text {
            self.out.push(b'"');
            self.out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// With colons, so that no spreadsheet takes an address for a number.
fn colons(mac: Mac) -> String {
    mac.bytes().map(|byte| format!("{byte:02x}")).join(":")
}

/// The vendor's spelling of a model in these files.
fn spelt(model: &ModelId) -> String {
    format!("Audiocodes_{model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CSV-03, CSV-04: header and example row, byte for byte.
    #[test]
    fn csv_03_the_file_is_that_of_the_manual() {
        let system = UserLine {
            name: "system".parse().unwrap(),
            password: Some("system".to_owned().into()),
            display_name: "system".parse().unwrap(),
            region: "ACL-Hong Kong".parse().unwrap(),
            devices: Vec::new(),
        };
        let header = "Name,Password,Display Name,Region,Device 1 Display Name,Device 1 MAC Address,Device 1 IP Phone Model";
        let row = "system,system,system,ACL-Hong Kong,,,";
        assert_eq!(String::from_utf8(write(&[system])).unwrap(), format!("{header}\r\n{row}\r\n"));
        assert_eq!(String::from_utf8(write(&[])).unwrap(), format!("{header}\r\n"));
    }
}
