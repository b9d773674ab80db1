//! Configuration files for phones.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use ipp_core::{app::files::ServedFile, log::activity::FetchedFile, mac::Mac, render::option160::Route};

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
    let first_contact = file.as_ref().is_some_and(|file| !file.is_private());
    let what = if first_contact { FetchedFile::FirstContact } else { FetchedFile::Private };
    served(context, what, Some(mac), file.as_ref())
}

pub(super) async fn global(context: &Context<'_>, name: &str) -> Result<Response, Problem> {
    let file = context.app().named_file(name, context.file_request()).await?;
    served(context, FetchedFile::Named(name.to_owned()), None, file.as_ref())
}

pub(super) async fn region(context: &Context<'_>) -> Result<Response, Problem> {
    let file = context.app().region_file(context.file_request()).await?;
    served(context, FetchedFile::Region, None, file.as_ref())
}

pub(super) async fn option160(context: &Context<'_>) -> Result<Response, Problem> {
    option160_of(context, Route::Direct).await
}

pub(super) async fn proxy_option160(context: &Context<'_>) -> Result<Response, Problem> {
    option160_of(context, Route::Proxy).await
}

async fn option160_of(context: &Context<'_>, route: Route) -> Result<Response, Problem> {
    let file = context.app().option160_file(route, context.file_request()).await?;
    served(context, FetchedFile::Option160, None, file.as_ref())
}

/// Answers with a file, and notes that it was asked for.
fn served(
    context: &Context<'_>,
    what: FetchedFile,
    mac: Option<Mac>,
    file: Option<&ServedFile>,
) -> Result<Response, Problem> {
    let answer = match file {
        Some(file) => answer_with(context, file)?,
        None => Problem::not_found().into_response(),
    };
    if *context.method != Method::HEAD {
        let status = answer.status().as_u16();
        context.app().note_fetch(what, mac, context.file_request(), file, status);
    }
    Ok(answer)
}

fn answer_with(context: &Context<'_>, file: &ServedFile) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", file.etag);
    let conditions = context.conditions();
    // Whether the phone has the file already is known without rendering it.
    let unsized_representation =
        Representation { etag: &etag, last_modified: file.modified.to_utc(), length: 0 };
    if evaluate(&conditions, &unsized_representation) == Outcome::NotModified {
        return Ok(answer(StatusCode::NOT_MODIFIED, headers(file, &etag), Body::empty()));
    }
    let bytes = file.bytes(&*context.app().ports().vault)?;
    let length = bytes.len() as u64;
    let representation = Representation { length, ..unsized_representation };
    let mut headers = headers(file, &etag);
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
