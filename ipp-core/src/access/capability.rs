//! The table of what can be done.

use super::Level;

/// Something that can be done. The catalogue of rights: routes, use cases and the tests of the
/// authorisation all name these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// The own account: password, sessions, API tokens.
    OwnAccount,
    /// See regions, users, devices, their status, files without secrets, and alarms.
    View,
    /// See what all regions share: models, templates, placeholders, firmware, settings.
    ViewShared,
    /// Ask a phone for its status now.
    CheckStatus,
    /// Make, change and delete users.
    EditUsers,
    /// Make, change, approve and delete devices.
    EditDevices,
    /// Set placeholders of regions and devices.
    EditPlaceholders,
    /// Publish the private files of devices.
    Generate,
    /// Send commands to phones.
    CommandPhones,
    /// Clear alarms by hand.
    ClearAlarms,
    /// See secrets in files, edit files by hand, export passwords. Needs the right of the account too.
    RevealSecrets,
    /// Make, change and delete regions.
    EditRegions,
    /// Make, change and delete phone models.
    EditModels,
    /// Make, change, publish and delete templates.
    EditTemplates,
    /// Set placeholders of the system and of models.
    EditSharedPlaceholders,
    /// Upload, change and delete firmware.
    EditFirmware,
    /// Upload, change and delete configuration files that belong to no single phone.
    EditSharedFiles,
    /// Change the settings: system, LDAP, DHCP option, SBC proxy.
    EditSettings,
    /// Read the logs of the server and the audit log.
    ViewLogs,
    /// See the accounts of administrators and their levels.
    ViewOperators,
    /// Make, change and delete accounts of administrators.
    ManageOperators,
}

/// How far a capability reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One region at a time: the region of the thing decides.
    Region,
    /// The installation.
    Installation,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::OwnAccount,
        Self::View,
        Self::ViewShared,
        Self::CheckStatus,
        Self::EditUsers,
        Self::EditDevices,
        Self::EditPlaceholders,
        Self::Generate,
        Self::CommandPhones,
        Self::ClearAlarms,
        Self::RevealSecrets,
        Self::EditRegions,
        Self::EditModels,
        Self::EditTemplates,
        Self::EditSharedPlaceholders,
        Self::EditFirmware,
        Self::EditSharedFiles,
        Self::EditSettings,
        Self::ViewLogs,
        Self::ViewOperators,
        Self::ManageOperators,
    ];

    /// The least level that has it, and how far it reaches. Everything else about rights follows
    /// from this table.
    pub const fn rule(self) -> (Level, Reach) {
        use Level::{Administrator, Monitoring, Operator, SuperAdministrator};
        use Reach::{Installation, Region};
        match self {
            Self::OwnAccount | Self::ViewShared => (Monitoring, Installation),
            Self::View | Self::CheckStatus => (Monitoring, Region),
            Self::EditUsers
            | Self::EditDevices
            | Self::EditPlaceholders
            | Self::Generate
            | Self::CommandPhones
            | Self::ClearAlarms
            | Self::RevealSecrets => (Operator, Region),
            Self::EditRegions
            | Self::EditModels
            | Self::EditTemplates
            | Self::EditSharedPlaceholders
            | Self::EditFirmware
            | Self::EditSharedFiles
            | Self::EditSettings
            | Self::ViewLogs
            | Self::ViewOperators => (Administrator, Installation),
            Self::ManageOperators => (SuperAdministrator, Installation),
        }
    }

    /// Whether a level has it (in the regions that are visible, where it reaches no further).
    pub fn is_of(self, level: Level) -> bool {
        level >= self.rule().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEC-04, SEC-05, SEC-06, SEC-11, SEC-12, SYS-21, PLH-31, APR-29: the whole policy, as a table
    /// to be read.
    #[test]
    fn the_table_is_the_golden_one() {
        let mut table = String::from("capability               reach         MON OPR ADM SUP\n");
        for capability in Capability::ALL {
            let cells: Vec<&str> =
                Level::ALL.iter().map(|level| if capability.is_of(*level) { "yes" } else { "-  " }).collect();
            let line = format!(
                "{:<24} {:<13} {}",
                format!("{capability:?}"),
                format!("{:?}", capability.rule().1),
                cells.join(" ")
            );
            table.push_str(line.trim_end());
            table.push('\n');
        }
        assert_eq!(table, include_str!("policy.txt"), "\n{table}");
    }

    /// `ALL` has every capability once: its order is that of the declaration.
    #[test]
    fn the_list_is_complete() {
        for (at, capability) in Capability::ALL.iter().enumerate() {
            assert_eq!(*capability as usize, at);
        }
        assert_eq!(Capability::ManageOperators as usize + 1, Capability::ALL.len());
    }
}
