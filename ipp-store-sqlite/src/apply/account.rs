//! Changes of accounts, sessions and tokens.

use ipp_core::store::AccountChange;
use rusqlite::Connection;

use super::Effect;
use crate::{
    error::Outcome,
    rows::{api_token, operator, session},
};

pub(super) fn apply(conn: &Connection, change: &AccountChange) -> Outcome<Effect> {
    match change {
        AccountChange::PutOperator(account) => operator::put(conn, account)?,
        AccountChange::DeleteOperator(id) => operator::delete(conn, *id)?,
        AccountChange::PutSession(begun) => session::put(conn, begun)?,
        AccountChange::TouchSession(print, at) => {
            return session::touch(conn, *print, *at).map(Effect::done_if);
        }
        AccountChange::EndSession(print) => session::end(conn, *print)?,
        AccountChange::EndSessions(subject, except) => session::end_all(conn, subject, *except)?,
        AccountChange::PruneSessions(used, begun) => session::prune(conn, *used, *begun)?,
        AccountChange::PutToken(token) => api_token::put(conn, token)?,
        AccountChange::UseToken(id, at) => return api_token::used(conn, *id, *at).map(Effect::done_if),
        AccountChange::DeleteToken(id) => api_token::delete(conn, *id)?,
    }
    Ok(Effect::Done)
}
