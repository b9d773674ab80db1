//! What the logs record, and how long they keep it.

use ipp_core::{log::LogLevel, settings::LogSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the logs record, and how long they keep it. The audit log is kept whole.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogsDocument {
    /// The activity log records lines of this level and of the more severe ones: `ERROR`, `WARN`, `INFO`,
    /// `DEBUGGING` or `VERBOSE`.
    level: &'static str,
    /// How many lines of the activity log are kept.
    activity_lines: u32,
    /// For how many days they are kept.
    activity_days: u16,
    /// For how many days the events of devices are kept.
    device_event_days: u16,
    /// For how many days the hourly figures are kept.
    sample_days: u16,
    /// For how many days it is kept what became of alarms.
    alarm_days: u16,
}

impl LogsDocument {
    pub(super) const fn of(logs: LogSettings) -> Self {
        let LogSettings { level, activity_lines, activity_days, device_event_days, sample_days, alarm_days } =
            logs;
        Self {
            level: level.as_str(),
            activity_lines,
            activity_days,
            device_event_days,
            sample_days,
            alarm_days,
        }
    }
}

/// What is to be changed of the logs; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogsEdit {
    /// `ERROR`, `WARN`, `INFO`, `DEBUGGING` or `VERBOSE`.
    #[schema(value_type = Option<String>)]
    level: Option<LogLevel>,
    /// How many lines of the activity log are kept: 1,000 to 1,000,000.
    activity_lines: Option<u32>,
    /// For how many days they are kept: 1 to 365.
    activity_days: Option<u16>,
    /// For how many days the events of devices are kept: 1 to 365.
    device_event_days: Option<u16>,
    /// For how many days the hourly figures are kept: 1 to 365.
    sample_days: Option<u16>,
    /// For how many days it is kept what became of alarms: 1 to 365.
    alarm_days: Option<u16>,
}

impl LogsEdit {
    /// The settings as they are to be.
    pub(super) fn applied(&self, former: LogSettings) -> LogSettings {
        LogSettings {
            level: self.level.unwrap_or(former.level),
            activity_lines: self.activity_lines.unwrap_or(former.activity_lines),
            activity_days: self.activity_days.unwrap_or(former.activity_days),
            device_event_days: self.device_event_days.unwrap_or(former.device_event_days),
            sample_days: self.sample_days.unwrap_or(former.sample_days),
            alarm_days: self.alarm_days.unwrap_or(former.alarm_days),
        }
    }
}
