//! Configuration files for phones.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use ipp_core::{app::files::ServedFile, mac::Mac, render::option160::Route};

use super::{
    context::Context,
    wire::range::{Outcome, Representation, evaluate, http_date::format_http_date},
};
use crate::problem::Problem;

/// Names the template that a file was made from.
const TEMPLATE_NAME: HeaderName = HeaderName::from_static("x-template-name");

pub(super) async fn configuration(context: &Context<'_>, mac: [u8; 6]) -> Result<Response, Problem> {
    let mac = Mac::new(mac).map_err(|_| Problem::not_found())?;
    let file = context.app().configuration_file(mac, context.file_request()).await?;
    served(context, file)
}

pub(super) async fn global(context: &Context<'_>, name: &str) -> Result<Response, Problem> {
    served(context, context.app().named_file(name, context.file_request()).await?)
}

pub(super) async fn region(context: &Context<'_>) -> Result<Response, Problem> {
    served(context, context.app().region_file(context.file_request()).await?)
}

pub(super) async fn option160(context: &Context<'_>) -> Result<Response, Problem> {
    served(context, context.app().option160_file(Route::Direct, context.file_request()).await?)
}

pub(super) async fn proxy_option160(context: &Context<'_>) -> Result<Response, Problem> {
    served(context, context.app().option160_file(Route::Proxy, context.file_request()).await?)
}

fn served(context: &Context<'_>, file: Option<ServedFile>) -> Result<Response, Problem> {
    let file = file.ok_or_else(Problem::not_found)?;
    let etag = format!("\"{}\"", file.etag);
    let conditions = context.conditions();
    // Whether the phone has the file already is known without rendering it.
    let unsized_representation =
        Representation { etag: &etag, last_modified: file.modified.to_utc(), length: 0 };
    if evaluate(&conditions, &unsized_representation) == Outcome::NotModified {
        return Ok(answer(StatusCode::NOT_MODIFIED, headers(&file, &etag), Body::empty()));
    }
    let bytes = file.bytes(&*context.app().ports().vault)?;
    let length = bytes.len() as u64;
    let representation = Representation { length, ..unsized_representation };
    let mut headers = headers(&file, &etag);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let (status, body) = match evaluate(&conditions, &representation) {
        Outcome::Full | Outcome::NotModified => (StatusCode::OK, bytes),
        Outcome::Partial { start, end_inclusive } => {
            content_range(&mut headers, &format!("bytes {start}-{end_inclusive}/{length}"));
            let (from, to) =
                (usize::try_from(start).unwrap_or(0), usize::try_from(end_inclusive).unwrap_or(0));
            (StatusCode::PARTIAL_CONTENT, bytes.slice(from..=to))
        }
        Outcome::Unsatisfiable => {
            content_range(&mut headers, &format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, bytes::Bytes::new())
        }
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let body = if *context.method == Method::HEAD { Body::empty() } else { Body::from(body) };
    Ok(answer(status, headers, body))
}

fn headers(file: &ServedFile, etag: &str) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(header::ETAG, etag);
    put(header::LAST_MODIFIED, &format_http_date(file.modified.to_utc()));
    if let Some(template) = &file.template {
        put(TEMPLATE_NAME, template.as_str());
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // A file may hold secrets: no cache between here and the phone may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}

pub(super) fn content_range(headers: &mut HeaderMap, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(header::CONTENT_RANGE, value);
    }
}

pub(super) fn answer(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
