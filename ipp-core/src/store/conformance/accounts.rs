//! Accounts of administrators, their sessions and tokens.

use super::{put, put_all, refused, samples::*, skipped};
use crate::{
    access::{Level, Regions, Role},
    catalog::RowRevision,
    operator::{ApiToken, Operator, Session, Subject},
    store::{AccountChange, Batch, CatalogChange, Change, Expected, OperatorKey, Row, Store, StoreErrorKind},
};

async fn account(store: &impl Store, number: u8) -> Option<Operator> {
    store.operator(OperatorKey::Id(operator_id(number))).await.unwrap().map(|row| row.value)
}

fn change(change: AccountChange) -> Change {
    Change::Account(change)
}

/// SEC-22: the hash is all that is kept of a password.
pub async fn every_field_of_an_account_round_trips(store: &impl Store) {
    put(store, put_region(1)).await;
    let roles = [Role::SuperAdministrator, Role::Administrator].map(|role| Operator { role, ..operator(1) });
    let nowhere = Role::Regional {
        level: crate::access::RegionalLevel::Operator,
        regions: Regions::Only(std::collections::BTreeSet::new()),
    };
    put(store, put_operator(operator(2))).await;
    let versions = [operator(1), full_operator(1)].into_iter().chain(roles);
    for (revision, version) in versions.chain([Operator { role: nowhere, ..operator(1) }]).enumerate() {
        put(store, put_operator(version.clone())).await;
        let stored = store.operator(OperatorKey::Id(operator_id(1))).await.unwrap().unwrap();
        assert_eq!((stored.value, stored.revision), (version, RowRevision(revision as u64 + 1)));
    }
    let ids: Vec<_> = store.operators().await.unwrap().iter().map(|row| row.value.id).collect();
    assert_eq!(ids, [operator_id(1), operator_id(2)]);
}

/// The name in any ASCII case is the account.
pub async fn an_account_is_found_by_id_and_by_name_in_any_case(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    for name in ["Admin1", "ADMIN1", "admin1"] {
        let found = store.operator(OperatorKey::Name(name.parse().unwrap())).await.unwrap();
        assert_eq!(found.map(|row| row.value), Some(operator(1)), "{name}");
    }
    assert_eq!(store.operator(OperatorKey::Name("Admin2".parse().unwrap())).await.unwrap(), None);
    assert_eq!(account(store, 2).await, None);
}

/// Two accounts never have one name.
pub async fn an_account_name_is_taken_in_any_case(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    let same = Operator { name: "ADMIN1".parse().unwrap(), ..operator(2) };
    refused(store, Batch::of(put_operator(same)), StoreErrorKind::Taken, "administrator name `ADMIN1`").await;
}

/// SEC-14: an account may be given only regions that exist.
pub async fn an_account_names_only_regions_that_exist(store: &impl Store) {
    refused(store, Batch::of(put_operator(full_operator(1))), StoreErrorKind::Referenced, "region").await;
    assert_eq!(account(store, 1).await, None);
}

/// REG-10, C32: a region that an account names stays until the account names it no more.
pub async fn a_region_that_an_account_names_stays(store: &impl Store) {
    put_all(store, [put_region(1), put_operator(full_operator(1))]).await;
    let delete = || Batch::of(CatalogChange::DeleteRegion(region_id(1)));
    refused(store, delete(), StoreErrorKind::Referenced, "region").await;
    put(store, put_operator(operator(1))).await;
    store.commit(delete()).await.unwrap();
}

/// C37: the last Super Administrator that can log in is neither deleted, nor shut out, nor given
/// another level, also where two are about to go at once.
pub async fn the_last_super_administrator_stays(store: &impl Store) {
    put_all(store, [put_operator(operator(1)), put_operator(operator(2)), put_operator(operator(4))]).await;
    let shut = Operator { enabled: false, ..operator(4) };
    put(store, put_operator(shut)).await;
    let lesser = [
        put_operator(Operator { role: Role::Administrator, ..operator(2) }),
        put_operator(Operator { enabled: false, ..operator(2) }),
        change(AccountChange::DeleteOperator(operator_id(2))),
    ];
    for lesser in lesser {
        refused(store, Batch::of(lesser), StoreErrorKind::Protected, "last Super Administrator").await;
    }
    put(store, put_operator(operator(4))).await;
    let both = Batch::of(change(AccountChange::DeleteOperator(operator_id(2))))
        .and(change(AccountChange::DeleteOperator(operator_id(4))));
    refused(store, both, StoreErrorKind::Protected, "last Super Administrator").await;
    put(store, change(AccountChange::DeleteOperator(operator_id(2)))).await;
    put(store, change(AccountChange::DeleteOperator(operator_id(1)))).await;
    assert_eq!(store.operators().await.unwrap().len(), 1);
}

/// Two edits of one account do not overwrite each other.
pub async fn an_account_is_expected_at_its_revision(store: &impl Store) {
    let row = || Row::Operator(operator_id(1));
    let first = Batch::of(put_operator(operator(1))).expecting(row(), Expected::Absent);
    store.commit(first.clone()).await.unwrap();
    refused(store, first, StoreErrorKind::Stale, "account").await;
    let edit = || Batch::of(put_operator(operator(1))).expecting(row(), Expected::Revision(RowRevision(1)));
    store.commit(edit()).await.unwrap();
    refused(store, edit(), StoreErrorKind::Stale, "account").await;
}

/// Whoever is gone can do nothing any more.
pub async fn deleting_an_account_takes_sessions_and_tokens(store: &impl Store) {
    put_all(store, [put_operator(operator(1)), put_operator(operator(3))]).await;
    for (number, of) in [(1, 1), (2, 3)] {
        put(store, change(AccountChange::PutSession(session(number, of)))).await;
        put(store, change(AccountChange::PutToken(Box::new(api_token(number, of))))).await;
    }
    put(store, change(AccountChange::DeleteOperator(operator_id(1)))).await;
    assert_eq!(account(store, 1).await, None);
    assert_eq!(store.session(print(1)).await.unwrap(), None);
    assert_eq!(store.api_token(print(1)).await.unwrap(), None);
    assert!(store.session(print(2)).await.unwrap().is_some());
    assert!(store.api_token(print(2)).await.unwrap().is_some());
    put(store, change(AccountChange::DeleteOperator(operator_id(1)))).await;
}

/// One read answers who it is; sessions of a host have no account here.
pub async fn a_session_is_found_with_its_account(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    put(store, change(AccountChange::PutSession(session(1, 1)))).await;
    assert_eq!(store.session(print(1)).await.unwrap(), Some((session(1, 1), Some(operator(1)))));
    assert_eq!(store.session(print(2)).await.unwrap(), None);
    let host = Session { subject: Subject::Host("ems/„ü“".to_owned()), ..session(2, 1) };
    put(store, change(AccountChange::PutSession(host.clone()))).await;
    assert_eq!(store.session(print(2)).await.unwrap(), Some((host.clone(), None)));
    assert_eq!(store.sessions(&host.subject).await.unwrap(), [host]);
    let orphan = change(AccountChange::PutSession(session(3, 7)));
    refused(store, Batch::of(orphan), StoreErrorKind::Referenced, "account").await;
}

/// A late note of an earlier use changes nothing.
pub async fn a_session_is_touched_forward_only(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    put(store, change(AccountChange::PutSession(session(1, 1)))).await;
    let touch = |time| change(AccountChange::TouchSession(print(1), at(time)));
    put(store, touch(20)).await;
    skipped(store, touch(19)).await;
    skipped(store, touch(20)).await;
    skipped(store, change(AccountChange::TouchSession(print(2), at(99)))).await;
    let (touched, _) = store.session(print(1)).await.unwrap().unwrap();
    assert_eq!(touched, Session { last_seen: at(20), ..session(1, 1) });
}

/// LGN-15: one, or all of somebody's but the present one.
pub async fn sessions_end(store: &impl Store) {
    put_all(store, [put_operator(operator(1)), put_operator(operator(3))]).await;
    for (number, of) in [(1, 1), (2, 1), (3, 1), (4, 3)] {
        put(store, change(AccountChange::PutSession(session(number, of)))).await;
    }
    let left = async |of| -> Vec<_> {
        let sessions = store.sessions(&Subject::Operator(operator_id(of))).await.unwrap();
        sessions.iter().map(|session| session.print).collect()
    };
    assert_eq!(left(1).await, [print(3), print(2), print(1)], "the one used last comes first");
    put(store, change(AccountChange::EndSession(print(1)))).await;
    put(store, change(AccountChange::EndSession(print(1)))).await;
    assert_eq!(left(1).await, [print(3), print(2)]);
    let all_but = Subject::Operator(operator_id(1));
    put(store, change(AccountChange::EndSessions(all_but.clone(), Some(print(2))))).await;
    assert_eq!(left(1).await, [print(2)]);
    put(store, change(AccountChange::EndSessions(all_but, None))).await;
    assert!(left(1).await.is_empty());
    assert_eq!(left(3).await, [print(4)]);
}

/// By their last use, and by their age.
pub async fn sessions_that_are_over_are_forgotten(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    for (number, created, used) in [(1, 10, 11), (2, 10, 20), (3, 5, 20), (4, 11, 12)] {
        let session = Session { created_at: at(created), last_seen: at(used), ..session(number, 1) };
        put(store, change(AccountChange::PutSession(session))).await;
    }
    put(store, change(AccountChange::PruneSessions(at(12), at(10)))).await;
    let mut left = Vec::new();
    for number in 1..=4 {
        left.push(store.session(print(number)).await.unwrap().is_some());
    }
    assert_eq!(left, [false, true, false, true]);
}

/// Each scope, with and without a last use.
pub async fn every_field_of_a_token_round_trips(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    let versions = [
        api_token(1, 1),
        ApiToken { level: Level::SuperAdministrator, regions: Regions::All, ..api_token(1, 1) },
        ApiToken { last_used: Some(at(77)), print: print(9), ..api_token(1, 1) },
    ];
    for version in versions {
        put(store, change(AccountChange::PutToken(Box::new(version.clone())))).await;
        let found = store.api_token(version.print).await.unwrap();
        assert_eq!(found, Some((version.clone(), operator(1))));
        assert_eq!(store.api_tokens(operator_id(1)).await.unwrap(), [version]);
    }
    assert_eq!(store.api_token(print(1)).await.unwrap(), None, "its former text is worth nothing");
    assert!(store.api_tokens(operator_id(2)).await.unwrap().is_empty());
    let orphan = change(AccountChange::PutToken(Box::new(api_token(2, 7))));
    refused(store, Batch::of(orphan), StoreErrorKind::Referenced, "account").await;
}

/// A late note of an earlier use changes nothing.
pub async fn the_last_use_of_a_token_moves_forward_only(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    put(store, change(AccountChange::PutToken(Box::new(api_token(1, 1))))).await;
    let used = |time| change(AccountChange::UseToken(api_token_id(1), at(time)));
    put(store, used(20)).await;
    skipped(store, used(19)).await;
    skipped(store, used(20)).await;
    skipped(store, change(AccountChange::UseToken(api_token_id(2), at(1)))).await;
    let tokens = store.api_tokens(operator_id(1)).await.unwrap();
    assert_eq!(tokens, [ApiToken { last_used: Some(at(20)), ..api_token(1, 1) }]);
}

/// And deleting it again is no error.
pub async fn a_deleted_token_is_gone(store: &impl Store) {
    put(store, put_operator(operator(1))).await;
    put(store, change(AccountChange::PutToken(Box::new(api_token(1, 1))))).await;
    for _ in 0..2 {
        put(store, change(AccountChange::DeleteToken(api_token_id(1)))).await;
    }
    assert_eq!(store.api_token(print(1)).await.unwrap(), None);
}
