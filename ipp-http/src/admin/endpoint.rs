//! What an endpoint is, and the way of a request through it: login, rights, parameters, body, answer.

use std::{fmt::Display, marker::PhantomData, net::IpAddr, str::FromStr, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequestParts as _, Path},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, on},
};
use http::{HeaderMap, HeaderValue, Method, Request, header};
use ipp_core::{
    app::{App, admin::Admin, login::SignedIn},
    catalog::RowRevision,
    store::AnyStore,
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, SchemaFormat, Type,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::{
    AdminSurface, guard,
    openapi::{self, Schemas},
    repeat::{self, Repeated},
};
pub(crate) use super::{
    answer::{Answer, Attachment, Created, Fresh, Json, NoContent, Tagged},
    body::{CfgBody, CsvBody, JsonBody, LargeJsonBody, NoBody, RequestBody, StreamBody, XmlBody},
    guard::Who,
    member::Member,
};
use crate::{problem::Problem, route::Route};

/// One operation of the API.
pub(crate) trait Endpoint: Sized + Send + Sync + 'static {
    /// The parameters in the path.
    type Path: DeserializeOwned + IntoParams + Send;
    /// The parameters behind the question mark.
    type Query: DeserializeOwned + IntoParams + Send;
    /// The body of the request.
    type Body: RequestBody;
    /// The answer.
    type Answer: Answer;
    /// Whether it changes a version that the client has to have seen.
    const IF_MATCH: IfMatch = IfMatch::Unused;

    /// Does it.
    fn run(call: Call<Self>) -> impl Future<Output = Result<Self::Answer, Problem>> + Send;
}

/// Whether a request names the version that it changes (C38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// It changes none.
    Unused,
    /// It does.
    Required,
    /// It does where there is one; else it makes the first.
    WhereThere,
}

/// No parameters. Any that is given is refused, so that a misspelt one is noticed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The id in the path.
#[derive(Debug, Deserialize)]
pub(crate) struct ById<T> {
    pub(crate) id: T,
}

impl<T> IntoParams for ById<T> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let uuid = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())));
        let id = ParameterBuilder::new().name("id").required(Required::True).schema(Some(uuid));
        vec![id.parameter_in(place().unwrap_or(ParameterIn::Path)).build()]
    }
}

/// A request that has passed login, rights and parsing.
#[derive(Debug)]
pub(crate) struct Call<E: Endpoint> {
    surface: Arc<AdminSurface>,
    who: Who,
    headers: HeaderMap,
    /// The address of whoever asks.
    pub(crate) peer: IpAddr,
    /// Whether the request came over TLS.
    pub(crate) secure: bool,
    pub(crate) path: E::Path,
    pub(crate) query: E::Query,
    pub(crate) body: E::Body,
}

impl<E: Endpoint> Call<E> {
    pub(crate) fn app(&self) -> &App<AnyStore> {
        &self.surface.app
    }

    /// The engine, for answers that outlive the call.
    pub(crate) fn shared_app(&self) -> Arc<App<AnyStore>> {
        Arc::clone(&self.surface.app)
    }

    /// The engine on behalf of the caller.
    pub(crate) fn admin(&self) -> Result<Admin<'_, AnyStore>, Problem> {
        let caller = self.who.caller().ok_or_else(guard::not_logged_in)?;
        Ok(self.surface.app.admin(caller.clone()))
    }

    /// The person who is logged in.
    pub(crate) fn person(&self) -> Result<&SignedIn, Problem> {
        self.who.person().ok_or_else(guard::not_logged_in)
    }

    /// The shared cache of firmware images.
    pub(crate) fn images(&self) -> &crate::images::ImageCache {
        &self.surface.images
    }

    /// The value of `Set-Cookie` that begins a session of the caller, or with an empty id ends it.
    pub(crate) fn cookie(&self, id: &str) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.surface.mount.cookie(id, self.secure)).ok()
    }

    /// The length that the body is said to have.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The same for something that may be made by being put: where it is there, the client has to have
    /// seen it; where it is not, a client that has seen it is told that it is gone.
    pub(crate) fn if_match_where(&self, there: bool) -> Result<Option<RowRevision>, Problem> {
        if there {
            return self.if_match().map(Some);
        }
        if self.headers.contains_key(header::IF_MATCH) {
            return Err(Problem::new(
                http::StatusCode::PRECONDITION_FAILED,
                "It is not there any more; send the request without If-Match to make it anew.",
            ));
        }
        Ok(None)
    }

    /// The revision that the client has seen. An edit without it would overwrite what somebody else
    /// changed meanwhile (C38).
    pub(crate) fn if_match(&self) -> Result<RowRevision, Problem> {
        debug_assert_ne!(E::IF_MATCH, IfMatch::Unused, "the document would not tell of it");
        let Some(value) = self.headers.get(header::IF_MATCH) else {
            return Err(Problem::new(
                http::StatusCode::PRECONDITION_REQUIRED,
                "Send the ETag of the version that you edited as If-Match.",
            ));
        };
        let tag = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
        tag.and_then(|tag| tag.parse().ok()).map(RowRevision).ok_or_else(|| {
            Problem::new(
                http::StatusCode::PRECONDITION_FAILED,
                "If-Match is not the ETag of any version; read the resource again.",
            )
        })
    }
}

/// A text of a request as what it has to be; the error points at the member.
pub(crate) fn parse<T: FromStr<Err: Display>>(text: &str, pointer: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| {
        Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).at(pointer)
    })
}

/// The same for a text that is kept as it is.
pub(crate) fn parse_owned<T: TryFrom<String, Error: Display>>(
    text: String,
    pointer: &str,
) -> Result<T, Problem> {
    T::try_from(text)
        .map_err(|error| Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).at(pointer))
}

/// A member that must be there when something is made.
pub(crate) fn required<T>(value: Option<T>, pointer: &str) -> Result<T, Problem> {
    value.ok_or_else(|| {
        Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, "This member is required.").at(pointer)
    })
}

/// An endpoint whatever its types.
pub(crate) trait Registered: Send + Sync {
    /// The handler of the route.
    fn serve(&self, route: &'static Route, surface: &Arc<AdminSurface>, tls: bool) -> MethodRouter;

    /// Writes parameters, body and answer into the document.
    fn describe(&self, operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder;
}

/// Registers an endpoint by its type.
pub(crate) struct Of<E>(PhantomData<E>);

impl<E> Of<E> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Endpoint> Registered for Of<E> {
    fn serve(&self, route: &'static Route, surface: &Arc<AdminSurface>, tls: bool) -> MethodRouter {
        let surface = Arc::clone(surface);
        let handler = move |request: Request<Body>| {
            let surface = Arc::clone(&surface);
            async move { run::<E>(route, surface, tls, request).await.unwrap_or_else(Problem::into_response) }
        };
        route
            .methods
            .iter()
            .filter_map(|method| method.clone().try_into().ok())
            .fold(MethodRouter::new(), |router, method: axum::routing::MethodFilter| {
                router.merge(on(method, handler.clone()))
            })
    }

    fn describe(&self, operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        let parameters = E::Path::into_params(|| Some(ParameterIn::Path))
            .into_iter()
            .chain(E::Query::into_params(|| Some(ParameterIn::Query)));
        let operation = parameters.fold(operation, OperationBuilder::parameter);
        let operation = openapi::if_match(operation, E::IF_MATCH);
        E::Answer::describe(E::Body::describe(operation, schemas), schemas)
    }
}

async fn run<E: Endpoint>(
    route: &'static Route,
    surface: Arc<AdminSurface>,
    tls: bool,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let origin = guard::Origin::of(&surface, &parts, tls)?;
    let who = guard::admit(&surface, route, &parts, origin).await?;
    match repeat::take(&surface.app, &who, Request::from_parts(parts, body)).await? {
        Repeated::Unkeyed(request) => work::<E>(route, surface, who, origin, request).await,
        Repeated::First(key, request) => {
            let app = Arc::clone(&surface.app);
            let response = work::<E>(route, surface, who, origin, request).await;
            repeat::keep(&app, key, response.unwrap_or_else(Problem::into_response)).await
        }
        Repeated::Answered(response) => Ok(response),
    }
}

async fn work<E: Endpoint>(
    route: &'static Route,
    surface: Arc<AdminSurface>,
    who: Who,
    origin: guard::Origin,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    // A path that cannot be an id is the path of nothing.
    let Path(path) =
        Path::<E::Path>::from_request_parts(&mut parts, &()).await.map_err(|_| Problem::not_found())?;
    let query = serde_html_form::from_str(parts.uri.query().unwrap_or_default())
        .map_err(|error| Problem::new(http::StatusCode::BAD_REQUEST, format!("The query: {error}.")))?;
    let body = E::Body::read(body, &parts.headers).await?;
    let safe = matches!(parts.method, Method::GET | Method::HEAD);
    let call = Call {
        surface,
        who,
        headers: parts.headers,
        peer: origin.peer,
        secure: origin.secure,
        path,
        query,
        body,
    };
    let answer = E::run(call).await;
    if !safe {
        let status = answer.as_ref().map_or_else(|problem| problem.status().as_u16(), |_| 200);
        tracing::info!(operation = ?route.operation, peer = %origin.peer, status, "administration");
    }
    answer.map(Answer::into_response)
}
