//! Request bodies of phones.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;

use super::wire::BodyError;
use crate::problem::Problem;

/// How long a phone may take to send a body of at most 16 KiB.
const DEADLINE: Duration = Duration::from_secs(20);

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    crate::body::read(body, limit, DEADLINE).await
}

/// A body that was read and is not a report.
pub(super) fn refused(error: &BodyError) -> Problem {
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        detail = format!("{detail}: {cause}");
        source = cause.source();
    }
    Problem::new(StatusCode::BAD_REQUEST, detail)
}
