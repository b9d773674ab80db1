//! Accounts, what they leave behind, and the audit log.

use super::{api_token_id, at, operator_id, print, region_id};
use crate::{
    access::{Level, RegionalLevel, Regions, Role},
    operator::{ApiToken, Operator, PasswordHash, Session, Subject},
    store::{AccountChange, AuditEntry, Change, Claim},
    text::Label,
};

/// An administrator's account: the even ones are Super Administrators.
pub fn operator(number: u8) -> Operator {
    let regional = Role::Regional { level: RegionalLevel::Monitoring, regions: Regions::All };
    Operator {
        id: operator_id(number),
        name: format!("Admin{number}").parse().unwrap(),
        description: Label::EMPTY,
        role: if number.is_multiple_of(2) { Role::SuperAdministrator } else { regional },
        reveal_secrets: false,
        password: PasswordHash::from_text(format!("plain:{number}")),
        must_change_password: false,
        enabled: true,
        created_at: at(0),
    }
}

/// An account in which every field says something; it names the region with its number.
pub fn full_operator(number: u8) -> Operator {
    let regions = Regions::Only([region_id(number)].into());
    Operator {
        description: "Nachtdienst „Zürich“".parse().unwrap(),
        role: Role::Regional { level: RegionalLevel::Operator, regions },
        reveal_secrets: true,
        must_change_password: true,
        enabled: false,
        created_at: at(1_700_000_000_321),
        ..operator(number)
    }
}

/// The change that puts an account.
pub fn put_operator(operator: Operator) -> Change {
    Change::Account(AccountChange::PutOperator(Box::new(operator)))
}

/// A session of an account.
pub fn session(number: u8, of: u8) -> Session {
    let subject = Subject::Operator(operator_id(of));
    Session { print: print(number), subject, created_at: at(10), last_seen: at(10 + i64::from(number)) }
}

/// A token of an account, in which every field says something.
pub fn api_token(number: u8, of: u8) -> ApiToken {
    ApiToken {
        id: api_token_id(number),
        print: print(number),
        operator: operator_id(of),
        name: format!("Skript {number} „ü“").parse().unwrap(),
        level: Level::Operator,
        regions: Regions::Only([region_id(number), region_id(9)].into()),
        created_at: at(5),
        expires_at: at(1_700_000_000_321),
        last_used: None,
    }
}

/// The key of a request.
pub fn claim(number: u8) -> Claim {
    Claim { key: print(number), content: print(number.wrapping_add(100)), at: at(i64::from(number)) }
}

/// An entry of the audit log.
pub fn entry(subject: &str) -> AuditEntry {
    AuditEntry::new(at(7), "acladmin", "device.approve", subject)
        .in_region(Some(region_id(1)))
        .changing(None, Some(r#"{"region":"„Zürich“"}"#.to_owned()))
        .concerning(3)
}
