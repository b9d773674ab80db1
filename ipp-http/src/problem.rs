//! Errors as RFC 9457 problem documents.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use ipp_core::app::{AppError, AppErrorKind};

/// An error answer. The detail is for people and names the place and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem with that status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None }
    }

    /// The one answer for everything that is not there, may not be seen, or is not understood: the
    /// same bytes for all of them.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such resource.")
    }

    /// The status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = match error.kind() {
            AppErrorKind::NotFound => return Self::not_found(),
            AppErrorKind::Forbidden => StatusCode::FORBIDDEN,
            AppErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            AppErrorKind::Conflict => StatusCode::CONFLICT,
            AppErrorKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            AppErrorKind::Internal => {
                // The cause is for the log; whoever asked cannot do anything with it.
                tracing::error!(error = %error, "a request failed inside");
                return Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The server could not do this; its log tells why.",
                );
            }
        };
        let retry_after = match error.kind() {
            AppErrorKind::Busy => Some(error.retry_after().map_or(1, |after| after.as_secs().max(1))),
            AppErrorKind::NotFound
            | AppErrorKind::Forbidden
            | AppErrorKind::Invalid
            | AppErrorKind::Conflict
            | AppErrorKind::Internal => None,
        };
        Self { status, detail: error.to_string(), retry_after }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
