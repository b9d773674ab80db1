//! Tokens that let programs use the API.

use crate::{
    access::{Caller, Level, Regions},
    digest::Fingerprint,
    id::{ApiTokenId, OperatorId},
    operator::Operator,
    text::Label,
    time::Timestamp,
};

/// What every API token begins with, so that people and scanners recognise one.
pub const API_TOKEN_MARK: &str = "ipp_";

/// A token for a program. Its text is shown once; only the fingerprint is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// The fingerprint of its text.
    pub print: Fingerprint,
    /// The account it acts for.
    pub operator: OperatorId,
    /// What it is for; part of the name in the audit log.
    pub name: Label,
    /// It may do no more than this, whatever the account may.
    pub level: Level,
    /// In no more than these regions.
    pub regions: Regions,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used last, to about an hour.
    pub last_used: Option<Timestamp>,
}

impl ApiToken {
    /// On whose behalf it acts: its account's present rights, as far as the token goes. `None` where
    /// it has ended or the account is shut.
    pub fn caller(&self, operator: &Operator, now: Timestamp) -> Option<Caller> {
        let good = operator.enabled
            && !operator.must_change_password
            && operator.id == self.operator
            && now < self.expires_at;
        let name = format!("{}/{}", operator.name, self.name);
        good.then(|| operator.caller().limited_to(name, self.level, &self.regions))
    }
}
