//! Alarms a phone raises and clears.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use super::json::Object;
use super::report::Facts;

/// Path of alarms below the server's base address (INF-02).
pub const ALARM_PATH: &str = "rest/v1/ipphoneMgrAlert/alert";

/// Simulated phones power on at this second (2024-01-01T00:00:00), so that a run can be repeated.
const POWER_ON: i64 = 1_704_067_200;

/// Severity of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For information.
    Info,
    /// Warning.
    Warning,
    /// Minor.
    Minor,
    /// Major.
    Major,
    /// Critical.
    Critical,
}

impl Severity {
    /// The number on the wire; 0 is left for *cleared*.
    pub const fn number(self) -> u8 {
        match self {
            Self::Info => 1,
            Self::Warning => 2,
            Self::Minor => 3,
            Self::Major => 4,
            Self::Critical => 5,
        }
    }
}

/// One alarm. Name and description together tell it from the phone's other alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Name, such as `IPPHONE REGISTRATION FAILURE`.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Severity while raised.
    pub severity: Severity,
    /// Event type number of the vendor's MIB.
    pub kind: u8,
    /// Probable cause number of the vendor's MIB.
    pub probable_cause: u16,
    /// Two more free texts.
    pub additional: [String; 2],
}

impl Alarm {
    /// An alarm of type communication without further details.
    pub fn new(name: &str, description: &str, severity: Severity) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            severity,
            kind: 1,
            probable_cause: 5,
            additional: [String::new(), String::new()],
        }
    }

    /// The commonest alarm of the family: the SIP server refuses or does not answer.
    pub fn registration_failure() -> Self {
        Self::new("IPPHONE REGISTRATION FAILURE", "Registration failed on line 1", Severity::Critical)
    }
}

/// Body of an alarm message; `raised` is false for the message that clears it.
pub(super) fn alarm_body(
    facts: &Facts<'_>,
    alarm: &Alarm,
    raised: bool,
    unique_id: u32,
    uptime: Duration,
) -> String {
    let severity = if raised { alarm.severity.number() } else { 0 };
    let mut alert = Object::new(false);
    alert.raw("uniqueId", &unique_id.to_string());
    alert.text("name", &alarm.name);
    alert.text("description", &alarm.description);
    alert.text("date", &date(uptime));
    alert.text("severity", &severity.to_string());
    alert.text("source", &format!("IPPhone/{}", facts.identity.mac()));
    alert.raw("type", &alarm.kind.to_string());
    alert.raw("probableCause", &alarm.probable_cause.to_string());
    alert.text("additionalInfo1", &alarm.additional[0]);
    alert.text("additionalInfo2", &alarm.additional[1]);
    let mut message = facts.message();
    message.raw("alerts", &format!("[{}]", alert.finish()));
    message.finish()
}

fn date(uptime: Duration) -> String {
    let uptime = TimeDelta::from_std(uptime).unwrap_or_default();
    let now = DateTime::from_timestamp(POWER_ON, 0).and_then(|start| start.checked_add_signed(uptime));
    now.unwrap_or_default().format("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {

    use super::super::config_file::Settings;
    use super::super::habits::Habits;
    use super::super::identity::{Identity, Kind, Model};
    use super::*;

    /// INF-02: members, number and text kinds, source and date.
    #[test]
    fn inf_02_raise_and_clear() {
        let identity = Identity::new(1, Model::P420Hd, Kind::Generic);
        let (habits, settings) = (Habits::plain(), Settings::new());
        let facts = Facts {
            identity: &identity,
            habits: &habits,
            settings: &settings,
            user: None,
            region: None,
            ip: "127.0.0.1",
            session: "5f20db06",
            digest: "db2362e6ffd4bc4f36321cddbd6d098f",
        };
        let alarm = Alarm::registration_failure();
        let alert = |raised| {
            let text = alarm_body(&facts, &alarm, raised, 2, Duration::from_secs(3_661));
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["sessionId"], "5f20db06");
            value["alerts"][0].clone()
        };
        let raised = alert(true);
        assert_eq!(raised["uniqueId"], 2);
        assert_eq!(raised["severity"], "5");
        assert_eq!(raised["source"], "IPPhone/00908f000001");
        assert_eq!(raised["date"], "2024-01-01T01:01:01");
        assert_eq!((&raised["type"], &raised["probableCause"]), (&1.into(), &5.into()));
        let cleared = alert(false);
        assert_eq!(cleared["severity"], "0");
        assert_eq!((&cleared["name"], &cleared["description"]), (&raised["name"], &raised["description"]));
    }
}
