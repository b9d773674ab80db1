//! Reading: strict, by name, and bounded.

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::{
    CsvError, DeviceRow, Fault, Limits, Said, Sheet, SheetRow, UserRow, cell,
    header::{Columns, DeviceColumns, device_name},
};
use crate::{
    device::VlanMode,
    settings::Language,
    text::{CfgValue, Label},
    vault::SecretText,
};

/// Reads a file: UTF-8 with or without a mark in front, columns parted by `,` or `;`, lines ended as
/// anybody ends them.
pub fn read(content: &[u8], limits: &Limits) -> Result<Sheet, CsvError> {
    if content.len() > limits.bytes {
        return Err(CsvError::TooLarge { found: content.len(), limit: limits.bytes });
    }
    let text = std::str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        CsvError::NotUtf8 { line: 1 + before.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>() }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::CRLF)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut lines = Lines { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut next = |record: &mut StringRecord| -> Result<Option<u64>, CsvError> {
        if !reader.read_record(record).map_err(|error| CsvError::Unreadable(error.to_string()))? {
            return Ok(None);
        }
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        match record.iter().find(|cell| cell.len() > limits.cell) {
            Some(_) => Err(CsvError::CellTooLong { line, limit: limits.cell }),
            None => Ok(Some(line)),
        }
    };
    next(&mut record)?.ok_or(CsvError::NoHeader)?;
    let mut columns = Columns::of(record.iter())?;
    let mut sheet = Sheet { rows: Vec::new(), ignored: std::mem::take(&mut columns.ignored) };
    while let Some(line) = next(&mut record)? {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if sheet.rows.len() == limits.rows {
            return Err(CsvError::TooManyRows { limit: limits.rows });
        }
        let name = record.get(columns.name).map(|name| cell::unguard(name.trim())).unwrap_or_default();
        let mut cells = Cells { record: &record, line, faults: Vec::new() };
        let user = cells.user(&columns);
        sheet.rows.push(SheetRow {
            line,
            name: name.chars().take(128).collect(),
            user: user.filter(|_| cells.faults.is_empty()).ok_or(cells.faults),
        });
    }
    Ok(sheet)
}

/// Counts lines, whatever ends them.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that begins at a byte, or behind the line ends that are left there.
    fn of(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            let end = matches!(byte, b'\r' | b'\n');
            if self.at >= start && !end {
                break;
            }
            let pair = *byte == b'\r' && self.bytes.get(self.at + 1) == Some(&b'\n');
            self.line += u64::from(end && !pair);
            self.at += 1;
        }
        self.line
    }
}

/// What parts the columns: the one that the header has more of.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    let (mut commas, mut semicolons, mut quoted) = (0, 0, false);
    for byte in header.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => commas += 1,
            b';' if !quoted => semicolons += 1,
            _ => {}
        }
    }
    if semicolons > commas { b';' } else { b',' }
}

/// The cells of a row, and what is wrong with them.
struct Cells<'a> {
    record: &'a StringRecord,
    line: u64,
    faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// `None` only where there is a fault.
    fn user(&mut self, columns: &Columns) -> Option<UserRow> {
        let (found, least) = (self.record.len(), columns.least());
        if !(least..=columns.count).contains(&found) {
            let expected = if least == columns.count {
                format!("{least}")
            } else {
                format!("{least} to {}", columns.count)
            };
            self.fault(None, format!("the row has {found} cells; the header asks for {expected}"));
            return None;
        }
        let name = self.trimmed(Some(columns.name)).unwrap_or_default();
        let name = self.parsed(name.parse(), || "Name".into());
        let password = match self.get(columns.password) {
            None | Some("") => None,
            Some(text) => {
                let clear = cell::decode_password(text);
                let good = clear.and_then(|text| match text.parse::<CfgValue>() {
                    Ok(_) => Ok(SecretText::from((*text).clone())),
                    Err(error) => Err(error.to_string()),
                });
                self.parsed(good, || "Password".into())
            }
        };
        let display_name = self.label(columns.display_name, || "Display Name".into());
        let region = self.trimmed(Some(columns.region)).unwrap_or_default().to_owned();
        if region.is_empty() {
            self.fault(Some("Region".into()), "must not be empty");
        }
        let devices =
            columns.devices.iter().filter_map(|(group, columns)| self.device(*group, columns)).collect();
        Some(UserRow { name: name?, password, display_name, region, devices })
    }

    fn device(&mut self, group: u16, columns: &DeviceColumns) -> Option<DeviceRow> {
        let called = |column: &'static str| move || device_name(group, column);
        let model = self.trimmed(columns.model).filter(|text| !text.is_empty());
        let mac = self.trimmed(Some(columns.mac)).unwrap_or_default();
        if mac.is_empty() {
            let named = self.trimmed(columns.display_name).is_some_and(|name| !name.is_empty());
            if named || model.is_some() {
                self.fault(Some(called("MAC Address")()), "is empty, and the device has a name or a model");
            }
            return None;
        }
        let mac = self.parsed(cell::mac(mac), called("MAC Address"));
        let model = model.and_then(|text| self.parsed(text.parse(), called("IP Phone Model")));
        let display_name = self.label(columns.display_name, called("Display Name"));
        let language = self.said(columns.language, language, called("Language"));
        let vlan_mode = self.said(columns.vlan_mode, vlan_mode, called("VLAN Mode"));
        // The vendor writes 0 for both where no mode is set.
        let unset = !matches!(vlan_mode, Said::Value(_));
        let zero = |said: Said<u16>| if unset && said == Said::Value(0) { Said::Nothing } else { said };
        let vlan_id = self.said(columns.vlan_id, |text| number(text, 4_095), called("VLAN ID"));
        let priority = self.said(columns.vlan_priority, |text| number(text, 7), called("VLAN Priority"));
        let vlan_priority = match zero(priority) {
            Said::Nothing => Said::Nothing,
            Said::Empty => Said::Empty,
            Said::Value(value) => u8::try_from(value).map_or(Said::Nothing, Said::Value),
        };
        let vlan_id = zero(vlan_id);
        Some(DeviceRow { group, mac: mac?, display_name, model, language, vlan_mode, vlan_id, vlan_priority })
    }

    /// A cell; `None` where the row has none at that place.
    fn get(&self, at: Option<usize>) -> Option<&'a str> {
        self.record.get(at?).map(cell::unguard)
    }

    fn trimmed(&self, at: Option<usize>) -> Option<&'a str> {
        self.record.get(at?).map(|text| cell::unguard(text.trim()).trim())
    }

    fn label(&mut self, at: Option<usize>, called: impl FnOnce() -> String) -> Option<Label> {
        let text = self.get(at)?;
        self.parsed(text.parse(), called)
    }

    fn said<T>(
        &mut self,
        at: Option<usize>,
        parse: impl FnOnce(&str) -> Result<T, String>,
        called: impl FnOnce() -> String,
    ) -> Said<T> {
        match self.trimmed(at) {
            None => Said::Nothing,
            Some("") => Said::Empty,
            Some(text) => self.parsed(parse(text), called).map_or(Said::Nothing, Said::Value),
        }
    }

    fn parsed<T, E: ToString>(&mut self, result: Result<T, E>, called: impl FnOnce() -> String) -> Option<T> {
        result.map_err(|error| self.fault(Some(called()), error.to_string())).ok()
    }

    fn fault(&mut self, column: Option<String>, reason: impl Into<String>) {
        self.faults.push(Fault { line: self.line, column, reason: reason.into() });
    }
}

fn language(text: &str) -> Result<CfgValue, String> {
    let known = Language::ALL.into_iter().find(|language| language.as_str().eq_ignore_ascii_case(text));
    let known = known.ok_or_else(|| {
        let names = Language::ALL.map(Language::as_str).join(", ");
        format!("`{}` is not a language of the phones; these are: {names}", start(text))
    })?;
    known.as_str().parse().map_err(|error: crate::text::TextError| error.to_string())
}

fn vlan_mode(text: &str) -> Result<VlanMode, String> {
    use VlanMode::{Cdp, CdpLldp, Disable, Lldp, Manual};
    let modes = [Disable, Manual, Cdp, Lldp, CdpLldp];
    modes.into_iter().find(|mode| mode.as_cfg().eq_ignore_ascii_case(text)).ok_or_else(|| {
        let names = modes.map(VlanMode::as_cfg).join(", ");
        format!("`{}` is not a VLAN mode; these are: {names}", start(text))
    })
}

fn number(text: &str, most: u16) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| format!("`{}` is not a number from 0 to {most}", start(text)))
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CSV-11, CSV-21: whoever wrote the file, lines are counted as its reader sees them.
    #[test]
    fn csv_21_lines_are_those_of_an_editor() {
        for end in ["\n", "\r\n", "\r"] {
            let file = format!("\u{feff}Name,Region,Notes{end}{end}u,R,\"a{end}b\"{end},,{end}v,R{end}w,R");
            let sheet = read(file.as_bytes(), &Limits::default()).unwrap();
            let lines: Vec<_> = sheet.rows.iter().map(|row| (row.line, row.name.as_str())).collect();
            assert_eq!(lines, [(3, "u"), (6, "v"), (7, "w")], "{end:?}");
        }
    }
}
