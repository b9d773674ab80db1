//! Request bodies of phones: bounded in size and in time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};

use super::wire::BodyError;
use crate::problem::Problem;

/// How long a phone may take to send a body of at most 16 KiB.
const DEADLINE: Duration = Duration::from_secs(20);

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut limited = Limited::new(body, limit);
    let collect = async {
        let mut bytes = BytesMut::new();
        while let Some(frame) = limited.frame().await {
            match frame {
                Ok(frame) => bytes.extend(frame.into_data().ok()),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                    let detail = format!("The body is larger than {limit} bytes.");
                    return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
                }
                Err(_) => {
                    return Err(Problem::new(StatusCode::BAD_REQUEST, "The body ended before its length."));
                }
            }
        }
        Ok(bytes.freeze())
    };
    match tokio::time::timeout(DEADLINE, collect).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
    }
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
