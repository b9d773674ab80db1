//! Files with users and devices.

use ipp_core::csv::{CsvError, DeviceLine, Limits, UserLine, UserRow, guard, read, unguard, write};

use crate::is_printable;

const LIMITS: Limits = Limits { bytes: 64 * 1024, rows: 100, cell: 1_000 };

/// Reads a file.
///
/// Laws: limits are kept; lines grow; a row has a user or faults with its own line and a printable
/// column; rows written again are read as the same, and no cell of theirs runs in a spreadsheet; the
/// mark in front of UTF-8 changes nothing.
pub fn csv(data: &[u8]) {
    let sheet = match read(data, &LIMITS) {
        Ok(sheet) => sheet,
        Err(error) => {
            assert!(!matches!(error, CsvError::Unreadable(_)), "a refusal that says nothing: {error}");
            return;
        }
    };
    assert!(sheet.rows.len() <= LIMITS.rows);
    assert!(sheet.rows.is_sorted_by(|one, next| one.line < next.line));
    if !data.starts_with(b"\xef\xbb\xbf") {
        assert_eq!(read(&[b"\xef\xbb\xbf", data].concat(), &LIMITS).as_ref(), Ok(&sheet));
    }
    let mut lines = Vec::new();
    for row in &sheet.rows {
        match &row.user {
            Ok(user) => lines.extend(line(user)),
            Err(faults) => {
                assert!(!faults.is_empty());
                for fault in faults {
                    assert_eq!(fault.line, row.line);
                    assert!(fault.column.as_deref().is_none_or(is_printable));
                }
            }
        }
    }
    let file = write(&lines);
    let again = read(&file, &Limits { bytes: usize::MAX, cell: usize::MAX, ..LIMITS });
    assert!(again.is_ok(), "what was written is refused: {again:?}");
    let Ok(again) = again else { return };
    assert_eq!(again.ignored, Vec::<String>::new());
    let again: Vec<UserRow> = again.rows.into_iter().filter_map(|row| row.user.ok()).collect();
    assert_eq!(again.iter().filter_map(line).collect::<Vec<_>>().len(), lines.len());
    for (line, again) in lines.iter().zip(&again) {
        assert_eq!((&line.name, Some(&line.display_name)), (&again.name, again.display_name.as_ref()));
        let password = line.password.as_ref().filter(|text| !text.as_str().is_empty());
        assert_eq!(password, again.password.as_ref());
        assert_eq!(line.region.as_str(), again.region);
        assert_eq!(line.devices.len(), again.devices.len());
        for (device, again) in line.devices.iter().zip(&again.devices) {
            assert_eq!((device.mac, &device.model), (again.mac, &again.model));
            assert_eq!(Some(&device.display_name), again.display_name.as_ref());
        }
    }
    let text = String::from_utf8_lossy(data);
    let cell = guard(&text).unwrap_or_else(|| text.clone().into_owned());
    assert_eq!(unguard(&cell), text);
    assert!(!cell.starts_with(['=', '+', '-', '@', '\t']));
}

/// The row as it would be written; `None` where no region can have that name.
fn line(user: &UserRow) -> Option<UserLine> {
    let device = |device: &ipp_core::csv::DeviceRow| DeviceLine {
        display_name: device.display_name.clone().unwrap_or_default(),
        mac: device.mac,
        model: device.model.clone(),
    };
    Some(UserLine {
        name: user.name.clone(),
        password: user.password.clone(),
        display_name: user.display_name.clone().unwrap_or_default(),
        region: user.region.parse().ok()?,
        devices: user.devices.iter().map(device).collect(),
    })
}
