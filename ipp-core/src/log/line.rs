//! Lines as they stand in the files that people save (LOG-10, LOG-11, AMB-83).

use super::{ActivityEntry, LogText, web_admin};
use crate::store::AuditEntry;

/// The name of the file with the web-admin log (LOG-10).
pub const WEB_ADMIN_FILE: &str = "IPP_web_admin_log.txt";

/// The name of the file with the activity log (AMB-83).
pub const ACTIVITY_FILE: &str = "IPP_activity_log.txt";

/// A line of the activity log: time, level, region, phone and text.
pub fn of_activity(entry: &ActivityEntry, region: Option<&str>) -> String {
    let ActivityEntry { at, level, region: _, mac, text } = entry;
    let region = region.map_or_else(String::new, |name| format!(" [{}]", LogText::of(name)));
    let mac = mac.map_or_else(String::new, |mac| format!(" {mac}"));
    format!("{at} {level:<9}{region}{mac} {text}")
}

/// A line of the web-admin log: time, level, who, what, and to what.
pub fn of_audit(entry: &AuditEntry) -> String {
    let AuditEntry { at, actor, action, subject, region: _, before: _, after: _, phones } = entry;
    let (level, phones) = (
        web_admin::level_of(action),
        phones.map_or_else(String::new, |phones| format!(" ({phones} phones)")),
    );
    let [actor, action, subject] = [actor, action, subject].map(|text| LogText::of(text));
    format!("{at} {level:<9} {actor}: {action} {subject}{phones}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{log::LogLevel, time::Timestamp};

    /// LOG-18: whatever name or text a line is made of, it is one line.
    #[test]
    fn log_18_a_line_is_one_line() {
        let at = Timestamp::from_millis(1_767_225_600_000);
        let entry = ActivityEntry {
            at,
            level: LogLevel::Info,
            region: None,
            mac: "00908f000001".parse().ok(),
            text: LogText::of("keep-alive\n<b>"),
        };
        assert_eq!(
            of_activity(&entry, Some("<R&D>")),
            "2026-01-01T00:00:00.000Z INFO      [\\u{3c}R&D\\u{3e}] 00908f000001 keep-alive\\n\\u{3c}b\\u{3e}"
        );
        let audit = AuditEntry::new(at, "an\nna", "device.reveal", "device <x>").concerning(2);
        assert_eq!(
            of_audit(&audit),
            "2026-01-01T00:00:00.000Z WARN      an\\nna: device.reveal device \\u{3c}x\\u{3e} (2 phones)"
        );
    }
}
