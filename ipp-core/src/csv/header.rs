//! Which column means what: by name, never by position.

use std::collections::BTreeMap;

use super::CsvError;

/// Where the columns of a file are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// How many there are.
    pub(super) count: usize,
    pub(super) name: usize,
    pub(super) region: usize,
    pub(super) password: Option<usize>,
    pub(super) display_name: Option<usize>,
    /// The groups of devices by their number.
    pub(super) devices: Vec<(u16, DeviceColumns)>,
    /// The columns that mean nothing.
    pub(super) ignored: Vec<String>,
}

/// Where the columns of one device are.
#[derive(Debug, Default)]
pub(super) struct DeviceColumns {
    pub(super) mac: usize,
    pub(super) display_name: Option<usize>,
    pub(super) model: Option<usize>,
    pub(super) language: Option<usize>,
    pub(super) vlan_mode: Option<usize>,
    pub(super) vlan_id: Option<usize>,
    pub(super) vlan_priority: Option<usize>,
}

const NAME: &str = "Name";
const PASSWORD: &str = "Password";
const DISPLAY_NAME: &str = "Display Name";
const REGION: &str = "Region";
/// What later versions of the vendor's product call a region.
const TENANT: &str = "Tenant";
const MAC: &str = "MAC Address";
const MODEL: &str = "IP Phone Model";
const LANGUAGE: &str = "Language";
const VLAN_MODE: &str = "VLAN Mode";
const VLAN_ID: &str = "VLAN ID";
const VLAN_PRIORITY: &str = "VLAN Priority";

/// The columns of a user, in the order of Table A-1 (CSV-03).
pub(super) const USER: [&str; 4] = [NAME, PASSWORD, DISPLAY_NAME, REGION];
/// The columns of a device behind `Device N `, in the same order.
pub(super) const DEVICE: [&str; 3] = [DISPLAY_NAME, MAC, MODEL];

/// All columns that a device may have.
const OF_DEVICE: [&str; 7] = [DISPLAY_NAME, MAC, MODEL, LANGUAGE, VLAN_MODE, VLAN_ID, VLAN_PRIORITY];

/// The most columns of a file, and the most devices of a user: each row costs time for each of them.
const COLUMNS: usize = 10_000;
const DEVICES: usize = 1_000;

impl Columns {
    pub(super) fn of<'a>(header: impl Iterator<Item = &'a str>) -> Result<Self, CsvError> {
        let mut columns = Self::default();
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        let mut devices: BTreeMap<u16, BTreeMap<&str, usize>> = BTreeMap::new();
        for (at, cell) in header.enumerate() {
            columns.count = at + 1;
            if columns.count > COLUMNS || devices.len() > DEVICES {
                return Err(CsvError::TooManyColumns { columns: COLUMNS, devices: DEVICES });
            }
            let cell = cell.trim();
            let twice = if let Some(name) = user_column(cell) {
                users.insert(name, at).is_some()
            } else if let Some((group, name)) = device_column(cell) {
                devices.entry(group).or_default().insert(name, at).is_some()
            } else {
                if !cell.is_empty() {
                    columns.ignored.push(cell.chars().take(100).collect());
                }
                false
            };
            if twice {
                return Err(CsvError::ColumnTwice(cell.to_owned()));
            }
        }
        let missing = |name: &str| CsvError::NoColumn(name.to_owned());
        columns.name = *users.get(NAME).ok_or_else(|| missing(NAME))?;
        columns.region = *users.get(REGION).ok_or_else(|| missing(REGION))?;
        columns.password = users.get(PASSWORD).copied();
        columns.display_name = users.get(DISPLAY_NAME).copied();
        for (group, found) in devices {
            let at = |name: &str| found.get(name).copied();
            let device = DeviceColumns {
                mac: at(MAC).ok_or_else(|| missing(&device_name(group, MAC)))?,
                display_name: at(DISPLAY_NAME),
                model: at(MODEL),
                language: at(LANGUAGE),
                vlan_mode: at(VLAN_MODE),
                vlan_id: at(VLAN_ID),
                vlan_priority: at(VLAN_PRIORITY),
            };
            columns.devices.push((group, device));
        }
        Ok(columns)
    }

    /// How many cells a row has at least: a row may be cut behind the user.
    pub(super) fn least(&self) -> usize {
        let user = [Some(self.name), Some(self.region), self.password, self.display_name];
        user.into_iter().flatten().max().map_or(0, |last| last + 1)
    }
}

fn user_column(cell: &str) -> Option<&'static str> {
    let name = if cell.eq_ignore_ascii_case(TENANT) { REGION } else { cell };
    USER.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

fn device_column(cell: &str) -> Option<(u16, &'static str)> {
    let (device, rest) = cell.split_once(' ')?;
    let (number, name) = rest.split_once(' ')?;
    // "01" and "+1" would be second spellings of one group.
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    let number = number.parse().ok().filter(|_| plain && device.eq_ignore_ascii_case("Device"))?;
    Some((number, OF_DEVICE.into_iter().find(|known| known.eq_ignore_ascii_case(name))?))
}

/// The name of a device's column.
pub(super) fn device_name(group: u16, column: &str) -> String {
    format!("Device {group} {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns, CsvError> {
        Columns::of(header.split(','))
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let found = columns("Device 2 MAC Address,tenant, NAME ,Notes,Device 2 vlan id,Device 1 MAC Address");
        let found = found.unwrap();
        assert_eq!((found.name, found.region, found.password, found.least()), (2, 1, None, 3));
        let groups: Vec<_> =
            found.devices.iter().map(|(group, device)| (*group, device.mac, device.vlan_id)).collect();
        assert_eq!(groups, [(1, 5, None), (2, 0, Some(4))]);
        assert_eq!(found.ignored, ["Notes"]);
    }

    #[test]
    fn headers_that_cannot_be_meant_are_refused() {
        let refused = |header| columns(header).unwrap_err().to_string();
        assert_eq!(refused("Name,Password"), "the header has no column `Region`");
        assert_eq!(refused("Name,Region,Tenant"), "the header has the column `Tenant` more than once");
        let incomplete = refused("Name,Region,Device 3 IP Phone Model");
        assert_eq!(incomplete, "the header has no column `Device 3 MAC Address`");
        let many = (1..=1_002)
            .fold("Name,Region".to_owned(), |header, group| [header, device_name(group, MAC)].join(","));
        assert!(refused(&many).contains("1000 devices"), "CSV-24");
        assert!(refused(&",".repeat(10_000)).contains("10000 columns"), "CSV-24");
        let odd = columns("Name,Region,Device 0 MAC Address,Device 01 MAC Address,Device 99999 MAC Address");
        assert_eq!(odd.unwrap().ignored.len(), 3);
    }
}
