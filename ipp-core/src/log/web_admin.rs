//! The web-admin log: the audit log, one line for each entry (LOG-03).

use super::LogLevel;

/// What was refused, and what showed secrets. Everything else that is noted is a change.
pub const WARNINGS: [&str; 4] = [LOGIN_REFUSED, "csv.export", "device.reveal", "operator.recover"];

/// A login that was refused.
pub const LOGIN_REFUSED: &str = "session.refused";

/// How much an action matters.
pub fn level_of(action: &str) -> LogLevel {
    if WARNINGS.contains(&action) { LogLevel::Warn } else { LogLevel::Info }
}

/// The actions of a level and of the more severe ones; `None` is all.
pub fn actions_of(level: LogLevel) -> Option<&'static [&'static str]> {
    match level {
        LogLevel::Error => Some(&[]),
        LogLevel::Warn => Some(&WARNINGS),
        LogLevel::Info | LogLevel::Debugging | LogLevel::Verbose => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-07: the list of a level is what has that level or a more severe one.
    #[test]
    fn log_07_lists_and_levels_agree() {
        for action in WARNINGS.into_iter().chain(["region.update", "session.begin"]) {
            for level in LogLevel::ALL {
                let listed = actions_of(level).is_none_or(|actions| actions.contains(&action));
                assert_eq!(listed, level.includes(level_of(action)), "{action} at {level}");
            }
        }
    }
}
