//! The own password: of free will, or because somebody else chose it (LGN-02).

use askama::Template;
use http::StatusCode;
use ipp_core::vault::SecretText;
use serde::Deserialize;

use crate::{
    console::{
        Reply, Visit,
        frame::Frame,
        visit::{page, redirect_with, render},
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/password.html")]
struct PasswordPage {
    f: Frame,
    forced: bool,
    wrong: Option<String>,
}

/// The present password, and the new one twice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    current: SecretText,
    new: SecretText,
    again: SecretText,
}

/// The form.
pub(crate) async fn show(visit: Visit) -> Reply {
    Ok(page(&form(&visit, None)?))
}

/// Changes it; the session goes on under a new id.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let Change { current, new, again } = visit.form().await?;
    if new.as_str() != again.as_str() {
        let wrong = crate::console::messages::ENGLISH.password_differs.to_owned();
        return Ok(render(&form(&visit, Some(wrong))?, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let changed =
        visit.app().change_own_password(visit.person()?, current.as_str(), new.as_str(), visit.peer()).await;
    match changed {
        Ok(session) => Ok(redirect_with(&visit.local(None), &[visit.session_cookie(session.id.as_str())])),
        Err(error) => {
            let problem = Problem::from(error);
            Ok(render(&form(&visit, Some(problem.detail().to_owned()))?, problem.status()))
        }
    }
}

fn form(visit: &Visit, wrong: Option<String>) -> Result<PasswordPage, Problem> {
    let forced = visit.person()?.must_change_password;
    let f = visit.frame(crate::console::messages::ENGLISH.password_title);
    Ok(PasswordPage { f, forced, wrong })
}
