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

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use ipnet::IpNet;
use ipp_core::{app::App, store::AnyStore};

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
#[derive(Debug, Clone)]
pub struct PhoneSurface {
    pub(crate) app: Arc<App<AnyStore>>,
    pub(crate) images: ImageCache,
    /// Peers whose `X-Forwarded-For` is believed.
    pub(crate) proxies: Arc<[IpNet]>,
}

/// The router of all phone routes, to be served on any number of listeners.
pub fn router(surface: PhoneSurface) -> Router {
    Router::new().fallback(dispatch).with_state(surface)
}

/// Finds the route of a request and calls its handler. Everything that is no route gets the same
/// answer.
async fn dispatch(State(surface): State<PhoneSurface>, request: Request) -> Response {
    let Ok(path) = PhonePath::parse(request.uri().path()) else {
        return Problem::not_found().into_response();
    };
    let operation = operation(&path.target);
    let Some(route) = route::of(operation) else { return Problem::not_found().into_response() };
    if !route.methods.contains(request.method()) {
        return method_not_allowed(route);
    }
    let (parts, body) = request.into_parts();
    let context = match Context::new(surface, &path, parts) {
        Ok(context) => context,
        Err(problem) => return problem.into_response(),
    };
    let answer = match path.target {
        PhoneTarget::ConfigFile { mac } => file::configuration(&context, mac).await,
        PhoneTarget::NamedConfig { name } => file::global(&context, &name).await,
        PhoneTarget::RegionRoot => file::region(&context).await,
        PhoneTarget::Option160 => file::option160(&context).await,
        PhoneTarget::HttpProxy => file::proxy_option160(&context).await,
        PhoneTarget::Firmware { name } => firmware::firmware(&context, &name),
        PhoneTarget::StatusKeepAlive | PhoneTarget::StatusInit | PhoneTarget::LegacyStatus => {
            status::status(&context, body).await
        }
        PhoneTarget::Alert | PhoneTarget::LegacyAlert => alarm::alarm(&context, body).await,
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
    use crate::route::ROUTES;

    /// Every path of the table is understood as the operation of its row, with and without token,
    /// and every operation has a row.
    #[test]
    fn the_table_and_the_classifier_agree() {
        let mut seen = BTreeSet::new();
        for route in ROUTES {
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
