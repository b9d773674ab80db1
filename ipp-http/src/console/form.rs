//! Pages that are one form: what it is about, its fields, and what was wrong with what was sent.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::{
    Reply,
    fields::{Field, blame},
    frame::Frame,
    messages::fill,
    visit::{page, render},
};
use crate::problem::Problem;

/// A form.
#[derive(Debug)]
pub(super) struct Form {
    /// What it is about.
    pub(super) lead: String,
    /// What happens.
    pub(super) about: String,
    /// What else there is to know.
    pub(super) hints: Vec<String>,
    /// What is sent along.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
    /// The verb.
    pub(super) go: String,
    /// Whether it takes something away.
    pub(super) destroys: bool,
    /// Whether there is nothing to do.
    pub(super) nothing: bool,
    /// Where somebody goes who does not want it.
    pub(super) back: String,
    pub(super) wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "console/form.html")]
struct FormPage {
    f: Frame,
    form: Form,
}

impl Form {
    pub(super) fn new(go: impl Into<String>, back: impl Into<String>) -> Self {
        Self {
            lead: String::new(),
            about: String::new(),
            hints: Vec::new(),
            hidden: Vec::new(),
            fields: Vec::new(),
            go: go.into(),
            destroys: false,
            nothing: false,
            back: back.into(),
            wrong: None,
        }
    }

    /// The page of it alone.
    pub(super) fn page(self, f: Frame) -> Response {
        page(&FormPage { f, form: self })
    }

    /// The same with what was wrong, at the field that it is about.
    #[must_use]
    pub(super) fn blaming(mut self, problem: &Problem) -> Self {
        self.wrong = blame(&mut self.fields, problem);
        self
    }

    /// The page of what was refused, with what was typed. A fault of the server, and what is not there, are
    /// pages of their own.
    pub(super) fn refused(self, f: Frame, problem: Problem) -> Reply {
        if !is_of_the_form(&problem) {
            return Err(problem);
        }
        let form = self.blaming(&problem);
        Ok(render(&FormPage { f, form }, problem.status()))
    }

    /// Tells what somebody else has saved meanwhile, at each field that says something else (C38).
    #[must_use]
    pub(super) fn beside(mut self, f: &Frame, present: &[Field]) -> Self {
        for field in &mut self.fields {
            let Some(now) = present.iter().find(|now| now.name == field.name) else { continue };
            if now.input.shown() != field.input.shown() {
                field.wrong = fill(f.t.people.saved_meanwhile, &[&now.input.shown()]);
            }
        }
        self
    }
}

/// Whether what was sent is to be mended in the form.
pub(super) fn is_of_the_form(problem: &Problem) -> bool {
    problem.status().is_client_error()
        && problem.status() != StatusCode::NOT_FOUND
        && problem.status() != StatusCode::FORBIDDEN
}
