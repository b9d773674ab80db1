//! Applies changes of accounts, sessions and tokens.

use super::{
    apply::{Outcome, after, require, taken_if},
    tables::Tables,
};
use crate::{
    access::{Regions, Role},
    id::{OperatorId, RegionId},
    operator::{Operator, Subject},
    store::{AccountChange, RememberedRequest, RequestChange, StoreError, StoreErrorKind, StoreResult},
};

/// Whether an account is allowed to see a region by its name.
pub(super) fn names(operator: &Operator, region: RegionId) -> bool {
    match &operator.role {
        Role::SuperAdministrator | Role::Administrator => false,
        Role::Regional { regions, .. } => match regions {
            Regions::All => false,
            Regions::Only(regions) => regions.contains(&region),
        },
    }
}

pub(super) fn apply(tables: &mut Tables, change: AccountChange) -> StoreResult<Outcome> {
    match change {
        AccountChange::PutOperator(operator) => put(tables, *operator)?,
        AccountChange::DeleteOperator(id) => {
            spare_the_last(tables, id, None)?;
            tables.operators.remove(&id);
            tables.tokens.retain(|_, token| token.operator != id);
            tables.sessions.retain(|_, session| session.subject != Subject::Operator(id));
        }
        AccountChange::PutSession(session) => {
            if let Subject::Operator(id) = session.subject {
                require(tables.operators.contains_key(&id), "account")?;
            }
            tables.sessions.insert(session.print, session);
        }
        AccountChange::TouchSession(print, at) => {
            let Some(session) = tables.sessions.get_mut(&print).filter(|session| session.last_seen < at)
            else {
                return Ok(Outcome::Skipped);
            };
            session.last_seen = at;
        }
        AccountChange::EndSession(print) => drop(tables.sessions.remove(&print)),
        AccountChange::EndSessions(subject, except) => {
            tables.sessions.retain(|print, session| session.subject != subject || Some(*print) == except);
        }
        AccountChange::PruneSessions(used, begun) => {
            tables.sessions.retain(|_, session| session.last_seen >= used && session.created_at >= begun);
        }
        AccountChange::PutToken(token) => {
            let twice =
                tables.tokens.values().any(|other| other.id != token.id && other.print == token.print);
            taken_if(twice, "token", &token.name)?;
            require(tables.operators.contains_key(&token.operator), "account")?;
            tables.tokens.insert(token.id, *token);
        }
        AccountChange::UseToken(id, at) => {
            let newer = |token: &&mut crate::operator::ApiToken| token.last_used.is_none_or(|used| used < at);
            let Some(token) = tables.tokens.get_mut(&id).filter(newer) else { return Ok(Outcome::Skipped) };
            token.last_used = Some(at);
        }
        AccountChange::DeleteToken(id) => drop(tables.tokens.remove(&id)),
    }
    Ok(Outcome::Done)
}

pub(super) fn request(tables: &mut Tables, change: RequestChange) -> Outcome {
    match change {
        RequestChange::Claim(claim) => {
            if tables.requests.contains_key(&claim.key) {
                return Outcome::Skipped;
            }
            tables.requests.insert(claim.key, RememberedRequest { claim, answer: None });
        }
        RequestChange::Settle(key, answer) => {
            let Some(request) = tables.requests.get_mut(&key) else { return Outcome::Skipped };
            request.answer = Some(answer);
        }
        RequestChange::Release(key) => drop(tables.requests.remove(&key)),
        RequestChange::Prune(before) => tables.requests.retain(|_, request| request.claim.at >= before),
    }
    Outcome::Done
}

fn put(tables: &mut Tables, operator: Operator) -> StoreResult<()> {
    spare_the_last(tables, operator.id, Some(&operator))?;
    let mut others = tables.operators.values().filter(|other| other.value.id != operator.id);
    taken_if(
        others.any(|other| other.value.name.folded() == operator.name.folded()),
        "administrator name",
        &operator.name,
    )?;
    let regions = tables.catalog.regions.keys();
    let known = regions.filter(|region| names(&operator, **region)).count();
    let named = match &operator.role {
        Role::Regional { regions: Regions::Only(regions), .. } => regions.len(),
        Role::Regional { regions: Regions::All, .. } | Role::SuperAdministrator | Role::Administrator => 0,
    };
    require(known == named, "region")?;
    let row = after(tables.operators.get(&operator.id), operator);
    tables.operators.insert(row.value.id, row);
    Ok(())
}

/// Refuses what would leave nobody to administer the installation.
fn spare_the_last(tables: &Tables, id: OperatorId, becomes: Option<&Operator>) -> StoreResult<()> {
    let was = tables.operators.get(&id).is_some_and(|row| row.value.is_last_resort());
    let stays = becomes.is_some_and(Operator::is_last_resort);
    let another = tables.operators.values().any(|row| row.value.id != id && row.value.is_last_resort());
    if was && !stays && !another {
        let message = "this is the last Super Administrator that can log in; make another first";
        return Err(StoreError::new(StoreErrorKind::Protected, message));
    }
    Ok(())
}
