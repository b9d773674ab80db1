//! The bodies of requests.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use ipp_core::{cfg::CfgText, template::MAX_BYTES};
use serde::de::DeserializeOwned;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, Type, path::OperationBuilder, request_body::RequestBodyBuilder,
    },
};

use super::{exact, openapi::Schemas};
use crate::{body, problem::Problem};

/// The largest JSON body, in bytes.
const JSON_LIMIT: usize = 1024 * 1024;
/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a request brings with it.
pub(crate) trait RequestBody: Sized + Send {
    /// Reads it.
    fn read(body: Body, headers: &HeaderMap) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Describes it.
    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder;
}

/// No body.
#[derive(Debug)]
pub(crate) struct NoBody;

impl RequestBody for NoBody {
    async fn read(_: Body, _: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        operation
    }
}

/// A JSON document. Members that are not known are refused, so that a misspelt one is noticed.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema + Send> RequestBody for JsonBody<T> {
    async fn read(body: Body, headers: &HeaderMap) -> Result<Self, Problem> {
        read_json(body, headers, JSON_LIMIT).await.map(Self)
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        describe_json::<T>(operation, schemas)
    }
}

/// The same where whole template files may be in it.
#[derive(Debug)]
pub(crate) struct LargeJsonBody<T>(pub(crate) T);

/// The largest of these, in bytes: a template file grows where it stands in a JSON text.
const LARGE_JSON_LIMIT: usize = 4 * MAX_BYTES;

impl<T: DeserializeOwned + ToSchema + Send> RequestBody for LargeJsonBody<T> {
    async fn read(body: Body, headers: &HeaderMap) -> Result<Self, Problem> {
        read_json(body, headers, LARGE_JSON_LIMIT).await.map(Self)
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        describe_json::<T>(operation, schemas)
    }
}

async fn read_json<T: DeserializeOwned>(body: Body, headers: &HeaderMap, limit: usize) -> Result<T, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json."));
    }
    let bytes = body::read(body, limit, DEADLINE).await?;
    let json = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    exact::read(&json).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.into_inner().to_string()).at(pointer)
    })
}

fn describe_json<T: ToSchema>(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
    let content = ContentBuilder::new().schema(Some(schemas.of::<T>())).build();
    let body = RequestBodyBuilder::new()
        .content("application/json", content)
        .required(Some(utoipa::openapi::Required::True));
    operation.request_body(Some(body.build()))
}

/// A template file, as it is: what is in it is for the reader of templates to judge.
#[derive(Debug)]
pub(crate) struct XmlBody(pub(crate) Bytes);

impl RequestBody for XmlBody {
    async fn read(body: Body, _: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self(body::read(body, MAX_BYTES, DEADLINE).await?))
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        let file = ObjectBuilder::new().schema_type(Type::String).description(Some("The XML file"));
        let body = RequestBodyBuilder::new()
            .content("application/xml", ContentBuilder::new().schema(Some(file)).build())
            .required(Some(utoipa::openapi::Required::True));
        operation.request_body(Some(body.build()))
    }
}

/// A configuration file, as it is: what is in it is for the use case to judge.
#[derive(Debug)]
pub(crate) struct CfgBody(pub(crate) Bytes);

impl RequestBody for CfgBody {
    async fn read(body: Body, _: &HeaderMap) -> Result<Self, Problem> {
        // With room for a byte order mark, which is taken off.
        Ok(Self(body::read(body, CfgText::MAX_SHARED + 3, DEADLINE).await?))
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        let file = ObjectBuilder::new().schema_type(Type::String).description(Some("The file, in UTF-8"));
        let body = RequestBodyBuilder::new()
            .content("text/plain", ContentBuilder::new().schema(Some(file)).build())
            .required(Some(utoipa::openapi::Required::True));
        operation.request_body(Some(body.build()))
    }
}

/// Bytes that the endpoint takes as they arrive.
#[derive(Debug)]
pub(crate) struct StreamBody(std::sync::Mutex<Body>);

impl StreamBody {
    /// The body, which has not been read.
    pub(crate) fn take(&self) -> Body {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl RequestBody for StreamBody {
    async fn read(body: Body, _: &HeaderMap) -> Result<Self, Problem> {
        // The mutex only lets the call be shared between threads; bodies alone cannot.
        Ok(Self(std::sync::Mutex::new(body)))
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        let content = ContentBuilder::new().schema(Some(bytes)).build();
        let body = RequestBodyBuilder::new()
            .content("application/octet-stream", content)
            .required(Some(utoipa::openapi::Required::True));
        operation.request_body(Some(body.build()))
    }
}

/// A CSV file.
#[derive(Debug)]
pub(crate) struct CsvBody(pub(crate) Bytes);

/// The largest CSV file, in bytes.
const CSV_LIMIT: usize = 8 * 1024 * 1024;

impl RequestBody for CsvBody {
    async fn read(body: Body, headers: &HeaderMap) -> Result<Self, Problem> {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv")) {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the file as text/csv."));
        }
        body::read(body, CSV_LIMIT, DEADLINE).await.map(Self)
    }

    fn describe(operation: OperationBuilder, _: &mut Schemas) -> OperationBuilder {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let content = ContentBuilder::new().schema(Some(text)).build();
        let body = RequestBodyBuilder::new()
            .content("text/csv", content)
            .required(Some(utoipa::openapi::Required::True));
        operation.request_body(Some(body.build()))
    }
}

/// A path of serde as a JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Seq { index } => Some(format!("/{index}")),
            // The name of a variant is the member around its content.
            Segment::Enum { variant } => Some(format!("/{variant}")),
            Segment::Unknown => None,
        })
        .collect()
}
