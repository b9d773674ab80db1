//! The surface of administrators and their programs: the REST API, and the console beside it.
//!
//! One endpoint is one file. What every endpoint has in common, from the login to the answer, is in
//! `endpoint.rs`; who may call what is in the table of [`crate::route`].

pub(crate) mod alarms;
mod answer;
pub(crate) mod audit;
mod body;
pub(crate) mod csv;
pub(crate) mod dashboard;
pub(crate) mod devices;
pub(crate) mod dhcp;
pub(crate) mod endpoint;
mod exact;
pub(crate) mod files;
pub(crate) mod firmware;
pub(crate) mod guard;
pub(crate) mod jobs;
pub(crate) mod logs;
mod member;
pub(crate) mod models;
pub mod openapi;
pub(crate) mod operators;
pub(crate) mod page;
pub(crate) mod place;
pub(crate) mod placeholders;
pub(crate) mod preview;
pub(crate) mod regions;
mod repeat;
pub(crate) mod runs;
pub(crate) mod session;
pub(crate) mod settings;
mod stream;
pub(crate) mod templates;
pub(crate) mod tokens;
pub(crate) mod users;

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::State, response::Response, routing::future::RouteFuture};
use http::{HeaderValue, Request, header};
use ipnet::IpNet;
use ipp_core::{app::App, store::AnyStore};
use tower::Service;

use crate::{
    body::arrived,
    console::{self, Console},
    images::ImageCache,
    listener::PeerAddr,
    mount::MountPath,
    problem::Problem,
    route::{self, Operation},
};

/// What the surface stands on.
#[derive(Debug)]
pub(crate) struct AdminSurface {
    pub(crate) app: Arc<App<AnyStore>>,
    /// Firmware images on their way out, shared with the surface of phones.
    pub(crate) images: ImageCache,
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub(crate) proxies: Arc<[IpNet]>,
    /// Whether people may log in over plain HTTP.
    pub(crate) plain_http: bool,
    /// Where it is.
    pub(crate) mount: MountPath,
}

/// The surface as a service for one kind of listener.
#[derive(Debug, Clone)]
pub struct AdminService {
    router: Router,
    mount: MountPath,
}

impl AdminService {
    /// The service of listeners that speak TLS, or do not.
    pub(crate) fn new(surface: &Arc<AdminSurface>, console: &Arc<Console>, tls: bool) -> Self {
        let mut router = Router::new();
        for row in route::of_admin() {
            let Operation::Admin(operation) = row.operation else { continue };
            let endpoint = route::endpoint(operation);
            for path in row.paths {
                router = router.route(path, endpoint.serve(row, surface, tls));
            }
        }
        let router = router
            .merge(openapi::router(&surface.mount))
            .merge(console::router(surface, console, tls))
            .fallback(console::fallback(surface, console, tls));
        let mount = surface.mount.clone();
        let router = if mount.is_root() {
            router
        } else {
            let router = router.layer(axum::middleware::map_response_with_state(mount.clone(), moved));
            Router::new().nest(mount.as_str(), router).fallback(async || Problem::not_found())
        };
        let router = router.layer(axum::middleware::map_response(hardened));
        Self { router: router.layer(axum::middleware::from_fn(arrived)), mount }
    }

    /// Whether a path belongs to this surface.
    pub(crate) fn owns(&self, path: &str) -> bool {
        self.mount.owns(path)
    }
}

impl Service<Request<Body>> for AdminService {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.router, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // What a host's own router noted about the path would be taken for what this one finds in it.
        let peer = request.extensions_mut().remove::<PeerAddr>();
        request.extensions_mut().clear();
        peer.map(|peer| request.extensions_mut().insert(peer));
        self.router.call(request)
    }
}

/// Something that was done and may not be meant, or will not work well.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
struct Warning {
    /// What programs go by.
    code: &'static str,
    /// What it is, and what to do, for people.
    detail: String,
}

/// The word that stands for a value of an enumeration.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// What was made is below the path that the surface is served below.
async fn moved(State(mount): State<MountPath>, mut response: Response) -> Response {
    let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    if let Some(place) = place.filter(|place| place.starts_with("/api/"))
        && let Ok(place) = HeaderValue::from_str(&mount.below(place))
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// What every answer says to browsers: do not guess its type, do not frame it, do not keep it.
async fn hardened(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}
