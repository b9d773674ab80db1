//! `Idempotency-Key`: a request that is sent again does its work once (C27).

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ipp_core::{
    app::{App, repeat::Repeat},
    digest::Fingerprint,
    store::AnyStore,
};

use super::guard::Who;
use crate::{body, problem::Problem};

/// The largest body of a request that may be repeated, in bytes.
const LIMIT: usize = 8 * 1024 * 1024;
/// How long its body may take to arrive.
const DEADLINE: std::time::Duration = std::time::Duration::from_mins(2);

/// What becomes of a request with a key.
pub(crate) enum Repeated {
    /// It has none, or may not have one: do the work.
    Unkeyed(Request<Body>),
    /// It is the first with this key: do the work, and keep the answer.
    First(Fingerprint, Request<Body>),
    /// It was answered before.
    Answered(Response),
}

/// Looks for a key and takes it.
pub(crate) async fn take(
    app: &App<AnyStore>,
    who: &Who,
    request: Request<Body>,
) -> Result<Repeated, Problem> {
    let (Some(caller), Some(value)) = (who.caller(), request.headers().get("idempotency-key")) else {
        return Ok(Repeated::Unkeyed(request));
    };
    if *request.method() != Method::POST {
        return Ok(Repeated::Unkeyed(request));
    }
    let text = value.to_str().ok().filter(|text| (1..=128).contains(&text.len()));
    let text = text.ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "Idempotency-Key has 1 to 128 printable ASCII characters.")
    })?;
    let key = app.request_key(caller.name(), text);
    let (parts, body) = request.into_parts();
    let bytes = body::read(body, LIMIT, DEADLINE).await?;
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    match app.claim_request(key, &[target.as_bytes(), &bytes]).await? {
        Repeat::First => Ok(Repeated::First(key, Request::from_parts(parts, Body::from(bytes)))),
        Repeat::Again(status, body) => Ok(Repeated::Answered(again(status, body))),
        Repeat::Unsettled => Err(Problem::new(
            StatusCode::CONFLICT,
            "A request with this Idempotency-Key is still being worked on, or was interrupted; look at what it did before you send it with a new key.",
        )
        .coded("request-unsettled")),
        Repeat::Other => Err(Problem::new(
            StatusCode::CONFLICT,
            "This Idempotency-Key was used for another request; choose a new one.",
        )
        .coded("key-reused")),
    }
}

/// Keeps the answer; what failed inside is not kept, because it may succeed when it is sent again.
pub(crate) async fn keep(
    app: &App<AnyStore>,
    key: Fingerprint,
    response: Response,
) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if parts.status.is_server_error() {
        app.release_request(key).await?;
    } else {
        app.settle_request(key, parts.status.as_u16(), &bytes).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}
