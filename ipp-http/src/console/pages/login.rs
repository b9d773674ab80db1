//! Log in and out (LGN-01 to LGN-07, LGN-15).

use askama::Template;
use http::StatusCode;
use ipp_core::vault::SecretText;
use serde::Deserialize;

use crate::{
    console::{
        Reply, Visit,
        frame::Frame,
        redirect,
        visit::{page, redirect_with, render},
    },
    problem::Problem,
};

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    f: Frame,
    next: String,
    name: String,
    wrong: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    next: Option<String>,
}

/// A name and a password, and where to go on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: SecretText,
    next: Option<String>,
}

/// The form; who is logged in needs none.
pub(crate) async fn show(visit: Visit) -> Reply {
    let Asked { next } = visit.query()?;
    if visit.who.person().is_some() {
        return Ok(redirect(&visit.local(next.as_deref())));
    }
    let f = visit.frame(crate::console::messages::ENGLISH.log_in);
    Ok(page(&LoginPage { f, next: next.unwrap_or_default(), name: String::new(), wrong: None }))
}

/// Begins a session, and goes on to the page that was asked for first.
pub(crate) async fn submit(mut visit: Visit) -> Reply {
    let Credentials { name, password, next } = visit.form().await?;
    match visit.app().log_in(&name, password.as_str(), visit.peer()).await {
        Ok(new) => {
            let cookie = visit.session_cookie(new.id.as_str());
            Ok(redirect_with(&visit.local(next.as_deref()), &[cookie]))
        }
        Err(error) => {
            let problem = Problem::from(error);
            let f = visit.frame(crate::console::messages::ENGLISH.log_in);
            let wrong = match problem.status() {
                StatusCode::UNAUTHORIZED => f.t.login_wrong.to_owned(),
                _ => problem.detail().to_owned(),
            };
            let status = problem.status();
            let page = LoginPage { f, next: next.unwrap_or_default(), name, wrong: Some(wrong) };
            Ok(render(&page, status))
        }
    }
}

/// Ends the session.
pub(crate) async fn leave(visit: Visit) -> Reply {
    visit.app().log_out(visit.person()?).await?;
    let to = visit.surface.mount.below("/ipp/login");
    Ok(redirect_with(&to, &[visit.session_cookie("")]))
}
