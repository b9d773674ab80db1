//! Firmware images for phones: streamed from a shared, bounded cache.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use ipp_core::app::files::ServedImage;

use super::{
    context::Context,
    file::{answer, content_range},
    wire::range::{Outcome, Representation, evaluate, http_date::format_http_date},
};
use crate::problem::Problem;

/// Answers with an image, and notes that it was asked for.
pub(super) async fn firmware(context: &Context<'_>, name: &str) -> Result<Response, Problem> {
    let image = context.app().firmware_file(name, context.user_agent());
    let answer = match &image {
        Some(image) => answer_with(context, image),
        None => Problem::not_found().into_response(),
    };
    if *context.method != Method::HEAD {
        let status = answer.status().as_u16();
        context.app().note_firmware(name, context.file_request(), image.is_some(), status).await?;
    }
    Ok(answer)
}

fn answer_with(context: &Context<'_>, image: &ServedImage) -> Response {
    // The tag is the hash of the bytes, so a download that goes on later cannot mix two images.
    let etag = format!("\"{}\"", image.hash);
    let representation =
        Representation { etag: &etag, last_modified: image.modified.to_utc(), length: image.length };
    let mut headers = HeaderMap::with_capacity(8);
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    if let Ok(value) = HeaderValue::from_str(&format_http_date(image.modified.to_utc())) {
        headers.insert(header::LAST_MODIFIED, value);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, range) = match evaluate(&context.conditions(), &representation) {
        Outcome::NotModified => return answer(StatusCode::NOT_MODIFIED, headers, Body::empty()),
        Outcome::Unsatisfiable => {
            content_range(&mut headers, &format!("bytes */{}", image.length));
            return answer(StatusCode::RANGE_NOT_SATISFIABLE, headers, Body::empty());
        }
        Outcome::Full => (StatusCode::OK, 0..image.length),
        Outcome::Partial { start, end_inclusive } => {
            content_range(&mut headers, &format!("bytes {start}-{end_inclusive}/{}", image.length));
            (StatusCode::PARTIAL_CONTENT, start..end_inclusive.saturating_add(1))
        }
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end.saturating_sub(range.start)));
    let body = if *context.method == Method::HEAD {
        Body::empty()
    } else {
        Body::new(context.images().stream(image.hash, range))
    };
    answer(status, headers, body)
}
