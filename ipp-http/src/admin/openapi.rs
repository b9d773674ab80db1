//! The `OpenAPI` 3.1 document, made from the table of routes, and a page that shows it.

mod terms;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use utoipa::{
    ToSchema,
    openapi::{
        Components, ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi,
        OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement,
        Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::endpoint::IfMatch;
use crate::{
    mount::MountPath,
    problem::Problem,
    route::{self, Guard, Operation, Route},
};

/// The schemas that operations refer to.
#[derive(Default)]
pub(crate) struct Schemas(Vec<(String, RefOr<Schema>)>);

impl Schemas {
    /// Adds a type with all that it is made of; answers a reference to it.
    pub(crate) fn of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let name = T::name();
        T::schemas(&mut self.0);
        self.0.push((name.to_string(), T::schema()));
        Ref::from_schema_name(name).into()
    }
}

/// An error as RFC 9457 says.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(as = Problem)]
struct ProblemDocument {
    /// What the status means.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What programs go by.
    code: String,
    /// What went wrong, with the place and the fix, for people.
    detail: String,
    /// The member of the request that is wrong, as a JSON pointer.
    pointer: Option<String>,
    /// What stands now, where an edit was refused because it was made from a former version. Its version
    /// is the entity tag of the answer.
    current: Option<serde_json::Value>,
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let mut schemas = Schemas::default();
    let problem = schemas.of::<ProblemDocument>();
    let mut paths = PathsBuilder::new();
    for row in route::of_admin() {
        for path in row.paths {
            for method in row.methods.iter().filter_map(method) {
                let operation = operation(row, &problem, &mut schemas);
                paths = paths.path(*path, PathItem::new(method, operation));
            }
        }
    }
    let info =
        InfoBuilder::new().title("IP phone management").version(env!("CARGO_PKG_VERSION")).description(Some(
            "Edits name the version they are based on: send the ETag that was read as If-Match. Errors are \
             problem documents (RFC 9457).",
        ));
    OpenApiBuilder::new().info(info).paths(paths.build()).components(Some(components(schemas))).build()
}

fn operation(row: &Route, problem: &RefOr<Schema>, schemas: &mut Schemas) -> OperationBuilder {
    let Operation::Admin(operation) = row.operation else { return OperationBuilder::new() };
    let tag = row.paths.first().and_then(|path| path.split('/').nth(3)).unwrap_or_default();
    let mut described =
        OperationBuilder::new().operation_id(Some(operation.id())).summary(Some(row.about)).tag(tag);
    for (status, about) in errors(row) {
        let content = ContentBuilder::new().schema(Some(problem.clone())).build();
        let response = ResponseBuilder::new().description(about).content("application/problem+json", content);
        described = described.response(status, response);
    }
    let needs = match row.guard {
        Guard::Phone | Guard::Anybody => None,
        Guard::Person => Some("Needs a login.".to_owned()),
        Guard::Needs(capability) => Some(format!("Needs the level {} or above.", capability.rule().0)),
    };
    if let Some(needs) = needs {
        described = described
            .description(Some(needs))
            .security(SecurityRequirement::new::<_, _, String>("session", []));
        if row.guard != Guard::Person {
            described = described.security(SecurityRequirement::new::<_, _, String>("token", []));
        }
    }
    route::endpoint(operation).describe(described, schemas)
}

/// What may go wrong, by status.
fn errors(row: &Route) -> impl Iterator<Item = (&'static str, &'static str)> {
    let safe = row.methods.contains(&http::Method::GET);
    let login = row.guard == Guard::Anybody;
    let any = [
        ("400", "The request is malformed"),
        ("401", "Nobody is logged in, or the session or token is worth nothing"),
        ("403", "That is not allowed to whoever asks, or not from there"),
        ("404", "There is no such thing, or it may not be seen"),
        ("422", "The content is wrong; `pointer` tells where"),
        ("500", "The server failed; its log tells why"),
        ("503", "The server is busy; Retry-After tells when to try again"),
    ];
    let change = [
        ("409", "What is there stands against it"),
        ("413", "The body is too large"),
        ("415", "The body is of another media type"),
    ];
    let guess = [("429", "Too many attempts; Retry-After tells when to try again")];
    let of = |on: bool| move |error: &(&'static str, &'static str)| on.then_some(*error);
    let any = any.into_iter();
    let change: Vec<_> = change.iter().filter_map(of(!safe)).collect();
    let guess: Vec<_> = guess.iter().filter_map(of(login)).collect();
    any.chain(change).chain(guess)
}

/// Tells of the header that names the version, and of what it may be answered with.
pub(crate) fn if_match(operation: OperationBuilder, used: IfMatch) -> OperationBuilder {
    let required = match used {
        IfMatch::Unused => return operation,
        IfMatch::Required => Required::True,
        IfMatch::WhereThere => Required::False,
    };
    let about = match used {
        IfMatch::Unused | IfMatch::Required => "The ETag of the version that is changed",
        IfMatch::WhereThere => "The ETag of the version that is changed; none to make the first",
    };
    let tag = ObjectBuilder::new().schema_type(Type::String).examples(["\"3\""]);
    let header = ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(about))
        .schema(Some(tag));
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |about: &str| {
        ResponseBuilder::new().description(about).content("application/problem+json", problem())
    };
    operation
        .parameter(Parameter::from(header))
        .response("412", response("It was changed meanwhile; read it again"))
        .response("428", response("If-Match is missing"))
}

fn components(schemas: Schemas) -> Components {
    let session = ApiKey::Cookie(ApiKeyValue::new(MountPath::default().cookie_name(true)));
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token"));
    ComponentsBuilder::new()
        .schemas_from_iter(schemas.0)
        .security_scheme("session", SecurityScheme::ApiKey(session))
        .security_scheme("token", SecurityScheme::Http(token.build()))
        .build()
}

fn method(method: &http::Method) -> Option<HttpMethod> {
    Some(match *method {
        http::Method::GET => HttpMethod::Get,
        http::Method::POST => HttpMethod::Post,
        http::Method::PUT => HttpMethod::Put,
        http::Method::PATCH => HttpMethod::Patch,
        http::Method::DELETE => HttpMethod::Delete,
        _ => return None,
    })
}

/// The document and its viewer: public, because they tell nothing about this installation.
pub(crate) fn router(mount: &MountPath) -> Router {
    let place = Arc::new(Place { mount: mount.clone(), document: OnceLock::new() });
    Router::new()
        .route("/api/v1/openapi.json", get(served))
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async |State(place): State<Arc<Place>>| page(&place.mount, "")))
        .route(
            "/api/docs/{*file}",
            get(async |State(place): State<Arc<Place>>, Path(file): Path<String>| page(&place.mount, &file)),
        )
        .with_state(place)
}

/// Where the document is served, and how it reads there.
struct Place {
    mount: MountPath,
    document: OnceLock<String>,
}

/// The document as it is published in `docs/openapi.json`.
pub fn text() -> String {
    serde_json::to_string_pretty(&value()).unwrap_or_default()
}

fn value() -> serde_json::Value {
    let mut value = serde_json::to_value(document()).unwrap_or_default();
    terms::explain(&mut value);
    value
}

async fn served(State(place): State<Arc<Place>>) -> Response {
    let text = place.document.get_or_init(|| {
        let mut value = value();
        if !place.mount.is_root() {
            let (name, path) = (place.mount.cookie_name(true), place.mount.as_str());
            value["servers"] = serde_json::json!([{ "url": path }]);
            value["components"]["securitySchemes"]["session"]["name"] = serde_json::json!(name);
        }
        serde_json::to_string_pretty(&value).unwrap_or_default()
    });
    ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

/// A file of the viewer, which is part of this program and asks no other server.
fn page(mount: &MountPath, file: &str) -> Response {
    let document = mount.below("/api/v1/openapi.json");
    let config = Arc::new(utoipa_swagger_ui::Config::from(document).validator_url("none"));
    let Ok(Some(found)) = utoipa_swagger_ui::serve(file, config) else {
        return Problem::not_found().into_response();
    };
    let mut response = Response::new(Body::from(found.bytes.into_owned()));
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&found.content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
        ),
    );
    *response.status_mut() = StatusCode::OK;
    response
}
