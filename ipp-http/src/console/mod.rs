//! The console: pages for people, made on the server.
//!
//! Pages ask the same use cases as the REST API, through the same login and guard, and render templates
//! that are checked when this crate is compiled. Every form works without a script. A page is one file in
//! `pages/`, its row stands in the table of [`crate::route`], and the navigation is made from those rows,
//! so that no link leads to a page that is not there.

pub(crate) mod assets;
mod charts;
mod fields;
mod form;
mod frame;
mod listing;
mod markup;
mod messages;
pub(crate) mod pages;
pub(crate) mod preferences;
mod upload;
mod visit;

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse as _, Response},
    routing::{MethodFilter, on},
};
use http::{Method, Request, StatusCode, Uri, header};

use self::assets::Assets;
pub(crate) use self::visit::{Reply, Visit, redirect};
use crate::{
    admin::{
        AdminSurface,
        guard::{self, Who},
    },
    mount::MountPath,
    problem::Problem,
    route::{self, ConsoleOperation, Guard, Operation, Route},
};

/// The header by which the script says that nobody asked for a page: it is open, and redraws itself.
const REDRAW: &str = "x-redraw";

/// What answers a request.
pub(crate) type Handler = fn(Visit) -> Pin<Box<dyn Future<Output = Reply> + Send>>;

/// An answer on its way.
type Answered = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What the console stands on besides the surface of administrators.
#[derive(Debug)]
pub(crate) struct Console {
    assets: Assets,
    design_page: bool,
}

impl Console {
    pub(crate) fn new(mount: &MountPath, design_page: bool) -> Self {
        Self { assets: Assets::below(mount), design_page }
    }
}

/// Whether a path, seen from where the surface is mounted, is the console's. Phones have paths below
/// `/ipp/` as well; what neither knows is theirs.
pub(crate) fn owns(path: &str) -> bool {
    let first = |path: &'static str| path.strip_prefix("/ipp/")?.split('/').next();
    match path {
        "/" | "/ipp" | "/ipp/" => true,
        _ => path.strip_prefix("/ipp/").is_some_and(|rest| {
            let asked = rest.split('/').next().filter(|segment| !segment.is_empty());
            asked.is_some()
                && route::of_console().iter().flat_map(|row| row.paths).any(|path| first(path) == asked)
        }),
    }
}

/// The routes of the table.
pub(crate) fn router(surface: &Arc<AdminSurface>, console: &Arc<Console>, tls: bool) -> Router {
    let mut router = Router::new();
    for row in route::of_console() {
        let Operation::Console(operation) = row.operation else { continue };
        let (surface, console) = (Arc::clone(surface), Arc::clone(console));
        let handler = move |request: Request<Body>| {
            answer(Arc::clone(&surface), Arc::clone(&console), Some((operation, row)), tls, request)
        };
        for path in row.paths {
            for method in row.methods {
                if let Ok(method) = MethodFilter::try_from(method.clone()) {
                    router = router.route(path, on(method, handler.clone()));
                }
            }
        }
    }
    router
}

/// What answers everything that has no route: a page where people look, a problem where programs do.
pub(crate) fn fallback(
    surface: &Arc<AdminSurface>,
    console: &Arc<Console>,
    tls: bool,
) -> impl Fn(Request<Body>) -> Answered + Clone + Send + Sync + 'static {
    let (surface, console) = (Arc::clone(surface), Arc::clone(console));
    move |request: Request<Body>| {
        let (surface, console) = (Arc::clone(&surface), Arc::clone(&console));
        Box::pin(async move {
            if !owns(request.uri().path()) {
                return Problem::not_found().into_response();
            }
            answer(surface, console, None, tls, request).await
        })
    }
}

async fn answer(
    surface: Arc<AdminSurface>,
    console: Arc<Console>,
    row: Option<(ConsoleOperation, &'static Route)>,
    tls: bool,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let origin = match guard::Origin::of(&surface, &parts, tls) {
        Ok(origin) => origin,
        Err(problem) => return problem.into_response(),
    };
    let safe = matches!(parts.method, Method::GET | Method::HEAD);
    if !origin.secure && !surface.plain_http && safe {
        return redirect(&elsewhere(&surface, &parts));
    }
    let mut visit = Visit::new(surface, console, row.map(|(operation, _)| operation), origin, parts, body);
    let problem = match admit(&visit, row).await {
        Ok(who) => {
            visit.who = who;
            let lost = visit.lost();
            let Some((operation, _)) = row else {
                return if lost.person.is_some() {
                    lost.page(&Problem::not_found())
                } else {
                    lost.towards_login()
                };
            };
            match route::page(operation)(visit).await {
                Ok(response) => return response,
                Err(problem) => return lost.page(&problem),
            }
        }
        Err(problem) => problem,
    };
    let lost = visit.lost();
    match (problem.status(), problem.code()) {
        (StatusCode::UNAUTHORIZED, _) => lost.towards_login(),
        (_, "password-change-required") => redirect(&lost.password_page()),
        _ => lost.page(&problem),
    }
}

/// Who asks. Programs have the API: here a token is nobody's.
async fn admit(visit: &Visit, row: Option<(ConsoleOperation, &'static Route)>) -> Result<Who, Problem> {
    let Some((operation, row)) = row else {
        let anybody = ConsoleOperation::ShowLogin.route();
        return guard::admit(&visit.surface, anybody, &visit.parts, visit.origin).await;
    };
    // Style and script are the same for everybody, and are asked for with every page.
    if operation == ConsoleOperation::Asset {
        return Ok(Who::Nobody);
    }
    // A page that redraws itself does not keep a session alive.
    let redraws = visit.parts.method == Method::GET && visit.parts.headers.contains_key(REDRAW);
    if operation == ConsoleOperation::FollowDashboard || redraws && row.guard != Guard::Anybody {
        return guard::watch(&visit.surface, row, &visit.parts, visit.origin).await;
    }
    let who = guard::admit(&visit.surface, row, &visit.parts, visit.origin).await?;
    if row.guard != Guard::Anybody && who.person().is_none() {
        return Err(guard::not_logged_in());
    }
    Ok(who)
}

/// The same page over TLS, on the port that phones are told as well.
fn elsewhere(surface: &AdminSurface, parts: &http::request::Parts) -> String {
    let port = surface.app.snapshot().catalog.settings().phones.server.https_port;
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.parse::<http::uri::Authority>().map(|host| host.host().to_owned()).unwrap_or_default();
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let url = format!("https://{host}{port}{}", surface.mount.below(path));
    // A name that makes no URL is no browser's.
    url.parse::<Uri>().map_or_else(|_| surface.mount.below("/ipp/"), |url| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ZT-03: the paths of phones below `/ipp/` stay theirs.
    #[test]
    fn paths_of_phones_are_not_the_consoles() {
        for own in ["/", "/ipp", "/ipp/", "/ipp/login", "/ipp/devices/x/y", "/ipp/assets/console.css"] {
            assert!(owns(own), "{own}");
        }
        for other in [
            "/ipp/region/Berlin/001122334455.cfg",
            "/ipp/tenant/Berlin/",
            "/ipp/dhcpoption160.cfg",
            "/ipp/httpproxy/x",
            "/ipp//",
            "/ippx",
            "/configfiles/x",
            "",
        ] {
            assert!(!owns(other), "{other}");
        }
    }
}
