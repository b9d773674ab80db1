//! Levels of administrators, and the regions they reach.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::id::RegionId;

/// How much an administrator may do, least first (SEC-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Sees everything of its regions and changes nothing (SEC-12).
    Monitoring,
    /// Reads and writes users, devices and placeholders of its regions (SEC-11).
    Operator,
    /// Everything, in all regions (SEC-04).
    Administrator,
    /// The same, and the accounts of administrators too (AMB-93).
    SuperAdministrator,
}

impl Level {
    /// All levels, least first.
    pub const ALL: [Self; 4] =
        [Self::Monitoring, Self::Operator, Self::Administrator, Self::SuperAdministrator];

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Monitoring => "Monitoring",
            Self::Operator => "Operator",
            Self::Administrator => "Administrator",
            Self::SuperAdministrator => "Super Administrator",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A level that is given region by region (SEC-10). What is neither is *Not Visible*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionalLevel {
    /// Sees and changes nothing.
    Monitoring,
    /// Reads and writes.
    Operator,
}

impl From<RegionalLevel> for Level {
    fn from(level: RegionalLevel) -> Self {
        match level {
            RegionalLevel::Monitoring => Self::Monitoring,
            RegionalLevel::Operator => Self::Operator,
        }
    }
}

/// A set of regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regions {
    /// All, those of the future among them (SEC-09).
    All,
    /// These; none where the set is empty (C36).
    Only(BTreeSet<RegionId>),
}

impl Regions {
    /// Whether a thing of that region is among them. What has no region belongs to whoever has all.
    pub fn contains(&self, region: Option<RegionId>) -> bool {
        match self {
            Self::All => true,
            Self::Only(regions) => region.is_some_and(|region| regions.contains(&region)),
        }
    }

    fn shared_with(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, regions) | (regions, Self::All) => regions.clone(),
            (Self::Only(one), Self::Only(other)) => Self::Only(one & other),
        }
    }
}

/// What an administrator is. One level for all of its regions, so that *Monitoring* in one region
/// and *Operator* in another cannot be written down (SEC-17, AMB-95).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// All actions everywhere, and the accounts of administrators.
    SuperAdministrator,
    /// All actions everywhere.
    Administrator,
    /// One level in some regions; all others are not visible.
    Regional {
        /// The level.
        level: RegionalLevel,
        /// The regions.
        regions: Regions,
    },
}

impl Role {
    /// The level.
    pub fn level(&self) -> Level {
        match self {
            Self::SuperAdministrator => Level::SuperAdministrator,
            Self::Administrator => Level::Administrator,
            Self::Regional { level, .. } => (*level).into(),
        }
    }

    /// What the role may see.
    pub fn visible(&self) -> Visible {
        Visible(match self {
            Self::SuperAdministrator | Self::Administrator => Regions::All,
            Self::Regional { regions, .. } => regions.clone(),
        })
    }

    /// The level in one region; `None` is *Not Visible* (SEC-01).
    pub fn level_in(&self, region: RegionId) -> Option<Level> {
        self.visible().contains(Some(region)).then(|| self.level())
    }

    /// This role where it is used through something that may do no more than `level`, in no more
    /// than `regions`.
    #[must_use]
    pub fn limited_to(&self, level: Level, regions: &Regions) -> Self {
        let shared = self.visible().0.shared_with(regions);
        match (self.level().min(level), &shared) {
            (Level::SuperAdministrator, Regions::All) => Self::SuperAdministrator,
            (Level::Administrator, Regions::All) => Self::Administrator,
            (Level::Monitoring, _) => Self::Regional { level: RegionalLevel::Monitoring, regions: shared },
            (Level::Operator | Level::Administrator | Level::SuperAdministrator, _) => {
                Self::Regional { level: RegionalLevel::Operator, regions: shared }
            }
        }
    }
}

impl Role {
    /// What both of them may do.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> Self {
        self.limited_to(other.level(), &other.visible().0)
    }
}

/// The regions that a caller may see. Made from a role alone, so a query that takes one cannot be
/// asked for more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible(Regions);

impl Visible {
    /// Whether a thing of that region may be seen.
    pub fn contains(&self, region: Option<RegionId>) -> bool {
        self.0.contains(region)
    }

    /// The regions that a query may look into: those asked for that may be seen. `None` is all,
    /// what has no region among them.
    pub fn among(&self, asked: Option<&[RegionId]>) -> Option<Vec<RegionId>> {
        match (&self.0, asked) {
            (Regions::All, asked) => asked.map(<[RegionId]>::to_vec),
            (Regions::Only(regions), None) => Some(regions.iter().copied().collect()),
            (Regions::Only(regions), Some(asked)) => {
                Some(asked.iter().copied().filter(|region| regions.contains(region)).collect())
            }
        }
    }

    /// Whether everything may be seen.
    pub const fn is_all(&self) -> bool {
        matches!(self.0, Regions::All)
    }
}

/// The text is not a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a level; there are super_administrator, administrator, operator and monitoring")]
pub struct ParseLevelError;

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        Ok(match text {
            "monitoring" => Self::Monitoring,
            "operator" => Self::Operator,
            "administrator" => Self::Administrator,
            "super_administrator" => Self::SuperAdministrator,
            _ => return Err(ParseLevelError),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn region(number: u8) -> RegionId {
        RegionId::new(Timestamp::default(), [number; 10])
    }

    fn only(regions: &[u8]) -> Regions {
        Regions::Only(regions.iter().copied().map(region).collect())
    }

    /// SEC-13, SEC-15, AMB-94: several regions may be managed, and everything else is not there.
    #[test]
    fn sec_15_what_is_not_among_the_regions_is_not_visible() {
        let role = Role::Regional { level: RegionalLevel::Operator, regions: only(&[1, 2]) };
        assert_eq!(role.level_in(region(1)), Some(Level::Operator));
        assert_eq!(role.level_in(region(2)), Some(Level::Operator));
        assert_eq!(role.level_in(region(3)), None);
        let visible = role.visible();
        assert!(!visible.contains(None) && !visible.is_all());
        assert_eq!(visible.among(None), Some(vec![region(1), region(2)]));
        assert_eq!(visible.among(Some(&[region(2), region(3)])), Some(vec![region(2)]));
        let nobody = Role::Regional { level: RegionalLevel::Monitoring, regions: only(&[]) };
        assert_eq!(nobody.visible().among(None), Some(vec![]));
    }

    /// SEC-09: all regions, those that are made later too, and what has none.
    #[test]
    fn sec_09_all_regions_are_all() {
        let role = Role::Regional { level: RegionalLevel::Monitoring, regions: Regions::All };
        assert_eq!(role.level_in(region(9)), Some(Level::Monitoring));
        assert!(role.visible().contains(None));
        assert_eq!(role.visible().among(None), None);
    }

    /// Nothing that limits a role can widen it.
    #[test]
    fn a_limited_role_has_never_more() {
        let roles = [
            Role::SuperAdministrator,
            Role::Administrator,
            Role::Regional { level: RegionalLevel::Operator, regions: only(&[1, 2]) },
            Role::Regional { level: RegionalLevel::Monitoring, regions: Regions::All },
            Role::Regional { level: RegionalLevel::Operator, regions: only(&[]) },
        ];
        for role in &roles {
            for level in Level::ALL {
                for regions in [Regions::All, only(&[1, 3]), only(&[])] {
                    let limited = role.limited_to(level, &regions);
                    assert!(limited.level() <= role.level() && limited.level() <= level);
                    for asked in [None, Some(region(1)), Some(region(2)), Some(region(3))] {
                        let sees = limited.visible().contains(asked);
                        assert_eq!(sees, role.visible().contains(asked) && regions.contains(asked));
                    }
                }
            }
            assert_eq!(role.limited_to(Level::SuperAdministrator, &Regions::All), *role);
        }
    }

    #[test]
    fn levels_have_one_spelling() {
        for level in Level::ALL {
            let word = serde_json::to_value(level).unwrap();
            assert_eq!(word.as_str().unwrap().parse(), Ok(level));
        }
        assert_eq!("root".parse::<Level>(), Err(ParseLevelError));
    }
}
