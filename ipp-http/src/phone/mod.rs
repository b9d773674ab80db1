//! The phone surface: files, firmware, status reports and alarms.
//!
//! Lenient in what it reads, strict in what it writes. The URL may begin with `/t/<token>`, the
//! phone's identity, and then `/r/<region>`; what is left is one of the routes of the table.

pub mod alarm;
mod body;
pub mod context;
pub mod file;
pub mod firmware;
pub mod status;
pub mod wire;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use axum::{
    BoxError,
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use ipnet::IpNet;
use ipp_core::{app::App, store::AnyStore};
use tower::Service;

use self::{
    context::Context,
    wire::path::{PhonePath, PhoneTarget},
};
use crate::{
    images::ImageCache,
    problem::Problem,
    route::{self, Operation},
};

/// What the phone surface stands on.
#[derive(Debug)]
pub(crate) struct PhoneSurface {
    pub(crate) app: Arc<App<AnyStore>>,
    pub(crate) images: ImageCache,
    /// Peers whose `X-Forwarded-For` is believed.
    pub(crate) proxies: Arc<[IpNet]>,
}

/// The phone surface as a service, to be served on any number of listeners. It stands in no router:
/// the paths are its own, and each layer would cost every request.
#[derive(Debug, Clone)]
pub struct PhoneService(Arc<PhoneSurface>);

impl PhoneService {
    pub(crate) fn new(surface: PhoneSurface) -> Self {
        Self(Arc::new(surface))
    }
}

impl<B> Service<Request<B>> for PhoneService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let surface = Arc::clone(&self.0);
        Box::pin(async move { Ok(dispatch(&surface, request).await) })
    }
}

/// Finds the route of a request and calls its handler. Everything that is no route gets the same
/// answer.
async fn dispatch<B>(surface: &PhoneSurface, request: Request<B>) -> Response
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let Ok(path) = PhonePath::parse(parts.uri.path()) else {
        return Problem::not_found().into_response();
    };
    let operation = operation(&path.target);
    let Some(route) = route::of(operation) else { return Problem::not_found().into_response() };
    if !route.methods.contains(&parts.method) {
        return method_not_allowed(route);
    }
    let context = match Context::new(surface, &path, &parts) {
        Ok(context) => context,
        Err(problem) => return problem.into_response(),
    };
    // What is not asked for all the time is apart, so that it does not make each request's future
    // large.
    let answer = match &path.target {
        PhoneTarget::ConfigFile { mac } => file::configuration(&context, *mac).await,
        PhoneTarget::NamedConfig { name } => Box::pin(file::global(&context, name)).await,
        PhoneTarget::RegionRoot => Box::pin(file::region(&context)).await,
        PhoneTarget::Option160 => Box::pin(file::option160(&context)).await,
        PhoneTarget::HttpProxy => Box::pin(file::proxy_option160(&context)).await,
        PhoneTarget::Firmware { name } => Box::pin(firmware::firmware(&context, name)).await,
        PhoneTarget::StatusKeepAlive | PhoneTarget::StatusInit | PhoneTarget::LegacyStatus => {
            Box::pin(status::status(&context, Body::new(body))).await
        }
        PhoneTarget::Alert | PhoneTarget::LegacyAlert => {
            Box::pin(alarm::alarm(&context, Body::new(body))).await
        }
    };
    let response = answer.unwrap_or_else(Problem::into_response);
    tracing::debug!(?operation, peer = %context.peer, status = response.status().as_u16(), "phone request");
    response
}

/// The operation that a classified path asks for.
pub(crate) const fn operation(target: &PhoneTarget) -> Operation {
    match target {
        PhoneTarget::ConfigFile { .. } => Operation::PhoneConfiguration,
        PhoneTarget::NamedConfig { .. } => Operation::PhoneGlobalConfiguration,
        PhoneTarget::Firmware { .. } => Operation::PhoneFirmware,
        PhoneTarget::Option160 => Operation::PhoneOption160,
        PhoneTarget::HttpProxy => Operation::PhoneProxyOption160,
        PhoneTarget::RegionRoot => Operation::PhoneRegionConfiguration,
        PhoneTarget::StatusKeepAlive | PhoneTarget::StatusInit | PhoneTarget::LegacyStatus => {
            Operation::PhoneStatus
        }
        PhoneTarget::Alert | PhoneTarget::LegacyAlert => Operation::PhoneAlarm,
    }
}

fn method_not_allowed(route: &route::Route) -> Response {
    let allowed = route.methods.iter().map(http::Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("This resource answers {allowed}."))
            .into_response();
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::{Surface, routes};

    /// Every path of the table is understood as the operation of its row, with and without token,
    /// and every operation has a row.
    #[test]
    fn the_table_and_the_classifier_agree() {
        let mut seen = BTreeSet::new();
        for route in routes().filter(|route| route.surface == Surface::Phone) {
            assert!(seen.insert(route.operation), "{:?} has two rows", route.operation);
            for path in route.paths {
                let filled = path
                    .replace("{mac}", "00908f000001")
                    .replace("{region}", "R1")
                    .replace("{name}", "global");
                let filled = if route.operation == Operation::PhoneFirmware {
                    format!("{filled}.img")
                } else {
                    filled
                };
                for prefix in ["", "/t/AAAAAAAAAAAAAAAAAAAAAA"] {
                    let parsed = PhonePath::parse(&format!("{prefix}{filled}"));
                    let parsed = parsed.unwrap_or_else(|error| panic!("{prefix}{filled}: {error}"));
                    assert_eq!(operation(&parsed.target), route.operation, "{prefix}{filled}");
                }
            }
        }
    }
}
