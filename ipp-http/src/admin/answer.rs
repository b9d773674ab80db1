//! What endpoints answer.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ipp_core::{catalog::RowRevision, text::url_segment};
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::{ContentBuilder, ObjectBuilder, ResponseBuilder, Type, path::OperationBuilder},
};

use super::openapi::Schemas;
use crate::problem::Problem;

/// What an endpoint answers.
pub(crate) trait Answer: Send {
    /// Writes it.
    fn into_response(self) -> Response;

    /// Describes it.
    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder;
}

/// Done, and nothing to say.
#[derive(Debug)]
pub(crate) struct NoContent;

/// A document.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A document with the revision that an edit has to name.
#[derive(Debug)]
pub(crate) struct Tagged<T> {
    pub(crate) revision: RowRevision,
    pub(crate) value: T,
}

/// Something that was made, and where it is.
#[derive(Debug)]
pub(crate) struct Created<T> {
    pub(crate) location: String,
    pub(crate) value: T,
}

/// A file that browsers save and never show.
#[derive(Debug)]
pub(crate) struct Attachment {
    /// The name to save it under.
    pub(crate) name: String,
    /// Its media type.
    pub(crate) kind: &'static str,
    /// The revision that an edit has to name, where it can be edited.
    pub(crate) revision: Option<RowRevision>,
    /// How many bytes it has.
    pub(crate) length: u64,
    pub(crate) content: Body,
}

/// An answer with a cookie that begins, changes or ends a session.
#[derive(Debug)]
pub(crate) struct Fresh<A> {
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) answer: A,
}

impl Answer for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        operation.response("204", ResponseBuilder::new().description("Done"))
    }
}

impl<T: Serialize + ToSchema + Send> Answer for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        described::<T>(operation, schemas, "200", "OK")
    }
}

impl<T: Serialize + ToSchema + Send> Answer for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, &self.value);
        tag(response.headers_mut(), self.revision);
        response
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        described::<T>(operation, schemas, "200", "OK, with the ETag that an edit sends as If-Match")
    }
}

impl<T: Serialize + ToSchema + Send> Answer for Created<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.value);
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        described::<T>(operation, schemas, "201", "Made; Location tells where it is")
    }
}

impl Answer for Attachment {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.content);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.length));
        if let Ok(disposition) = HeaderValue::from_str(&disposition(&self.name)) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        if let Some(revision) = self.revision {
            tag(headers, revision);
        }
        response
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        let file = ObjectBuilder::new().schema_type(Type::String).build();
        let content = ContentBuilder::new().schema(Some(file)).build();
        // Whatever it is of: the answer names its media type.
        let answer = ResponseBuilder::new().description("The file").content("*/*", content);
        operation.response("200", answer)
    }
}

impl<A: Answer> Answer for Fresh<A> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        if let Some(cookie) = self.cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        A::describe(operation, schemas)
    }
}

fn tag(headers: &mut HeaderMap, revision: RowRevision) {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", revision.0)) {
        headers.insert(header::ETAG, tag);
    }
}

/// The name in ASCII for old programs, and as it is for all others (RFC 6266).
pub(super) fn disposition(name: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_') { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", url_segment(name))
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(value) else {
        tracing::error!("an answer does not serialise");
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The server could not write its answer.")
            .into_response();
    };
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    (status, headers, Body::from(body)).into_response()
}

fn described<T: ToSchema>(
    operation: OperationBuilder,
    schemas: &mut Schemas,
    status: &str,
    about: &str,
) -> OperationBuilder {
    let content = ContentBuilder::new().schema(Some(schemas.of::<T>())).build();
    operation.response(status, ResponseBuilder::new().description(about).content("application/json", content))
}
