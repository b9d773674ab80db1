//! On whose behalf something is done.

use super::{Capability, Level, Reach, Regions, Role, Visible};
use crate::id::{OperatorId, RegionId};

/// On whose behalf something is done: what the caller is called in the audit log, and what it may
/// do. Made anew for every request, so a change of rights takes effect at once (SEC-21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    name: String,
    account: Option<OperatorId>,
    acting: Option<OperatorId>,
    role: Role,
    reveal_secrets: bool,
}

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It may not be seen: answered as if it did not exist.
    Invisible,
    /// It may be seen and not done.
    Forbidden(Capability),
}

impl Caller {
    /// A caller with a role.
    pub fn new(
        name: impl Into<String>,
        account: Option<OperatorId>,
        role: Role,
        reveal_secrets: bool,
    ) -> Self {
        Self { name: name.into(), account, acting: account, role, reveal_secrets }
    }

    /// The program that embeds the engine, or a command on the server itself: may do everything.
    pub fn host(name: impl Into<String>) -> Self {
        Self::new(name, None, Role::SuperAdministrator, true)
    }

    /// The same caller through something that may do no more than `level`, in no more than
    /// `regions`. What is limited reveals no secret, and has no account of its own to manage.
    #[must_use]
    pub fn limited_to(self, name: String, level: Level, regions: &Regions) -> Self {
        let role = self.role.limited_to(level, regions);
        Self { name, account: None, acting: self.acting, role, reveal_secrets: false }
    }

    /// What the audit log calls the caller.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The caller's account in this installation; none for a host's own.
    pub const fn account(&self) -> Option<OperatorId> {
        self.account
    }

    /// The account by whose rights the caller acts, through a token too; none for a host's own.
    pub const fn acting(&self) -> Option<OperatorId> {
        self.acting
    }

    /// The caller's role.
    pub const fn role(&self) -> &Role {
        &self.role
    }

    /// The caller's level.
    pub fn level(&self) -> Level {
        self.role.level()
    }

    /// What the caller may see.
    pub fn visible(&self) -> Visible {
        self.role.visible()
    }

    /// Whether the caller can do it at all: everywhere, or in some region.
    pub fn need(&self, capability: Capability) -> Result<(), Denied> {
        let right = capability != Capability::RevealSecrets || self.reveal_secrets;
        if right && capability.is_of(self.level()) { Ok(()) } else { Err(Denied::Forbidden(capability)) }
    }

    /// Whether the caller can do it to a thing of that region. The region is the one of the row
    /// that was loaded, never one that the request names (SEC-20).
    pub fn need_in(&self, capability: Capability, region: Option<RegionId>) -> Result<(), Denied> {
        match capability.rule().1 {
            Reach::Region if !self.visible().contains(region) => Err(Denied::Invisible),
            Reach::Region | Reach::Installation => self.need(capability),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::RegionalLevel, time::Timestamp};

    fn region(number: u8) -> RegionId {
        RegionId::new(Timestamp::default(), [number; 10])
    }

    fn regional(level: RegionalLevel) -> Caller {
        let regions = Regions::Only([region(1)].into());
        Caller::new("somebody", None, Role::Regional { level, regions }, false)
    }

    /// SEC-11, SEC-12, SEC-13, SEC-14, A19: an invisible region is absent, whatever is asked; a
    /// visible one refuses what the level has not.
    #[test]
    fn sec_13_invisible_comes_before_forbidden() {
        for level in [RegionalLevel::Monitoring, RegionalLevel::Operator] {
            let caller = regional(level);
            for capability in Capability::ALL.into_iter().filter(|one| one.rule().1 == Reach::Region) {
                assert_eq!(caller.need_in(capability, Some(region(2))), Err(Denied::Invisible));
                assert_eq!(caller.need_in(capability, None), Err(Denied::Invisible));
            }
        }
        let monitoring = regional(RegionalLevel::Monitoring);
        assert_eq!(monitoring.need_in(Capability::View, Some(region(1))), Ok(()));
        let edit = Capability::EditDevices;
        assert_eq!(monitoring.need_in(edit, Some(region(1))), Err(Denied::Forbidden(edit)));
        assert_eq!(regional(RegionalLevel::Operator).need_in(edit, Some(region(1))), Ok(()));
    }

    /// Secrets are a right of the account beside its level.
    #[test]
    fn a_level_alone_reveals_no_secret() {
        let reveal = Capability::RevealSecrets;
        let without = Caller::new("root", None, Role::SuperAdministrator, false);
        assert_eq!(without.need(reveal), Err(Denied::Forbidden(reveal)));
        let with = Caller::new("root", None, Role::SuperAdministrator, true);
        assert_eq!(with.need(reveal), Ok(()));
        let token = with.limited_to("root/script".into(), Level::SuperAdministrator, &Regions::All);
        assert_eq!(token.need(reveal), Err(Denied::Forbidden(reveal)));
        assert_eq!(token.need(Capability::ManageOperators), Ok(()));
    }
}
