//! Request bodies: bounded in size and in time.

mod lent;

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};

pub(crate) use self::lent::arrived;
use crate::problem::Problem;

/// Reads a body of at most `limit` bytes that arrives within `deadline`.
pub(crate) async fn read(body: Body, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
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
    match tokio::time::timeout(deadline, collect).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
    }
}
