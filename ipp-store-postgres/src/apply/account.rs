//! Changes of accounts, sessions and tokens.

use ipp_core::store::AccountChange;

use super::Effect;
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{api_token, operator, session},
};

pub(super) async fn apply(conn: &Conn, change: &AccountChange) -> Outcome<Effect> {
    match change {
        AccountChange::PutOperator(account) => operator::put(conn, account).await?,
        AccountChange::DeleteOperator(id) => operator::delete(conn, *id).await?,
        AccountChange::PutSession(begun) => session::put(conn, begun).await?,
        AccountChange::TouchSession(print, at) => {
            return session::touch(conn, *print, *at).await.map(Effect::done_if);
        }
        AccountChange::EndSession(print) => session::end(conn, *print).await?,
        AccountChange::EndSessions(subject, except) => session::end_all(conn, subject, *except).await?,
        AccountChange::PruneSessions(used, begun) => session::prune(conn, *used, *begun).await?,
        AccountChange::PutToken(token) => api_token::put(conn, token).await?,
        AccountChange::UseToken(id, at) => return api_token::used(conn, *id, *at).await.map(Effect::done_if),
        AccountChange::DeleteToken(id) => api_token::delete(conn, *id).await?,
    }
    Ok(Effect::Done)
}
