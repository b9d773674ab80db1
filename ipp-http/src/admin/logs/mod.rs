//! The logs as people read them: the newest lines, and the whole as a text file.

pub(crate) mod activity;
pub(crate) mod save_activity;
pub(crate) mod save_web_admin;
pub(crate) mod web_admin;

use http::StatusCode;
use ipp_core::{
    app::{App, admin::Admin},
    id::RegionId,
    log::LogLevel,
    store::AnyStore,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    endpoint::{Call, Endpoint, parse},
    stream::Reader,
};
use crate::problem::Problem;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Newest {
    /// Lines of this level and of the more severe ones: `ERROR`, `WARN`, `INFO`, `DEBUGGING`, or
    /// `VERBOSE`, which is all and what is taken where nothing is said.
    level: Option<String>,
    /// How many of the newest lines: 0 to 500, else 50. People are offered 0 (*Hide log lines*), 10, 20,
    /// 30, 40, 50 and 100.
    lines: Option<u32>,
    /// The `next` of the page before.
    after: Option<u64>,
}

/// Which lines of the whole log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// Lines of this level and of the more severe ones; else all.
    level: Option<String>,
}

/// How many lines one answer has at most.
const MOST: u32 = 500;
/// How many lines it has where nothing is said.
const USUAL: u32 = 50;
/// How many lines of a file are read at a time.
const PAGE: u32 = 1_000;
/// The media type of the files.
const TEXT: &str = "text/plain; charset=utf-8";

impl Newest {
    fn level(&self) -> Result<LogLevel, Problem> {
        level(self.level.as_deref())
    }

    fn count(&self) -> Result<u32, Problem> {
        match self.lines {
            None => Ok(USUAL),
            Some(asked) if asked <= MOST => Ok(asked),
            Some(asked) => {
                let detail = format!("{asked} lines at once; 0 to {MOST} are allowed.");
                Err(Problem::new(StatusCode::BAD_REQUEST, detail).at("lines"))
            }
        }
    }
}

impl Saved {
    fn level(&self) -> Result<LogLevel, Problem> {
        level(self.level.as_deref())
    }
}

fn level(text: Option<&str>) -> Result<LogLevel, Problem> {
    text.map_or(Ok(LogLevel::Verbose), |text| parse(text, "level"))
}

/// The number that the next page begins behind, where there may be one.
fn next<T>(rows: &[T], limit: u32, number: impl Fn(&T) -> u64) -> Option<u64> {
    rows.last().filter(|_| rows.len() == limit as usize).map(number).filter(|_| limit > 0)
}

/// The name of a region; its id where it is gone.
fn region(app: &App<AnyStore>, id: Option<RegionId>) -> Option<String> {
    let id = id?;
    let snapshot = app.snapshot();
    Some(snapshot.catalog.region(id).map_or_else(|| id.to_string(), |region| region.name.to_string()))
}

/// What reads a log on behalf of the caller for as long as its file is being sent.
fn reader<E: Endpoint>(call: &Call<E>) -> Result<Reader, Problem> {
    Ok(Reader::new(call.shared_app(), Admin::caller(&call.admin()?).clone()))
}
