//! Errors as RFC 9457 problem documents.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use ipp_core::{
    app::{AppError, AppErrorKind},
    catalog::RowRevision,
};
use serde::Serialize;

/// An error answer. The detail is for people and names the place and the fix; programs go by the
/// code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    pointer: Option<String>,
    retry_after: Option<u64>,
    current: Option<Box<Current>>,
}

/// What stands now, where an edit was made from a former version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Current {
    revision: RowRevision,
    value: serde_json::Value,
}

impl Problem {
    /// A problem with that status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code_of(status),
            detail: detail.into(),
            pointer: None,
            retry_after: None,
            current: None,
        }
    }

    /// The same with a code of its own.
    #[must_use]
    pub fn coded(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// Points at the member of the request that is wrong, as a JSON pointer (RFC 6901).
    #[must_use]
    pub fn at(self, pointer: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..self }
    }

    /// The same as a part of a larger request: what it points at is below `place`.
    #[must_use]
    pub fn below(self, place: &str) -> Self {
        let pointer = self.pointer.as_deref().unwrap_or_default();
        Self { pointer: Some(format!("{place}{pointer}")), ..self }
    }

    /// Shows what stands now beside the edit that was refused because of it, so that whoever sent the
    /// edit has both versions (C38).
    #[must_use]
    pub fn beside(self, revision: RowRevision, current: &impl Serialize) -> Self {
        let value = serde_json::to_value(current).unwrap_or_default();
        Self { current: Some(Box::new(Current { revision, value })), ..self }
    }

    /// Whether an edit was refused because somebody else was quicker.
    pub fn is_stale(&self) -> bool {
        self.status == StatusCode::PRECONDITION_FAILED
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

    /// What programs go by.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What it is, and what to do, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl Problem {
    /// The member of the request that is wrong, as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }
}

const fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "malformed",
        StatusCode::UNAUTHORIZED => "unauthenticated",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PRECONDITION_FAILED => "changed-meanwhile",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid",
        StatusCode::PRECONDITION_REQUIRED => "if-match-required",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        StatusCode::SERVICE_UNAVAILABLE => "busy",
        _ => "error",
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = match error.kind() {
            AppErrorKind::NotFound => return Self::not_found(),
            AppErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            AppErrorKind::Forbidden => StatusCode::FORBIDDEN,
            AppErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            AppErrorKind::Conflict if error.is_stale() => StatusCode::PRECONDITION_FAILED,
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
        let wait = error.retry_after().map(|after| after.as_secs().max(1));
        let retry_after = wait.or((error.kind() == AppErrorKind::Busy).then_some(1));
        Self { retry_after, ..Self::new(status, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = serde_json::json!({
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(pointer) = self.pointer {
            body["pointer"] = pointer.into();
        }
        let mut tag = None;
        if let Some(Current { revision, value }) = self.current.map(|current| *current) {
            body["current"] = value;
            tag = HeaderValue::from_str(&format!("\"{}\"", revision.0)).ok();
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(tag) = tag {
            headers.insert(header::ETAG, tag);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
