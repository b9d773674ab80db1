//! A request for a page, and what pages answer with.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use askama::Template;
use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header, request::Parts};
use ipp_core::{
    access::{Caller, Regions},
    app::{App, admin::Admin, login::SignedIn},
    id::RegionId,
    store::AnyStore,
    time::Timestamp,
};
use serde::de::DeserializeOwned;

use super::{
    Console,
    fields::Fields,
    frame::Frame,
    messages,
    preferences::Preferences,
    upload::{self, Upload},
};
use crate::{
    admin::{
        AdminSurface,
        guard::{self, Origin, Who},
    },
    body,
    problem::Problem,
    route::{ConsoleOperation, Guard},
};

/// What a page answers. A problem becomes a page of its own.
pub(crate) type Reply = Result<Response, Problem>;

/// What no page may do: fetch from elsewhere, run or style anything that is not a file of this server, be
/// framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The largest form, in bytes, and how long it may take to arrive. The ids of ten thousand devices fit in.
const FORM: (usize, Duration) = (512 * 1024, Duration::from_secs(30));

/// How long a form with a file may take to arrive.
const UPLOAD: Duration = Duration::from_mins(5);

/// A request that has passed the guard.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(super) surface: Arc<AdminSurface>,
    pub(super) console: Arc<Console>,
    pub(super) operation: Option<ConsoleOperation>,
    pub(super) who: Who,
    pub(super) origin: Origin,
    pub(super) parts: Parts,
    /// Behind a lock only so that a visit may be shared between threads.
    body: Mutex<Option<Body>>,
    pub(super) preferences: Preferences,
}

impl Visit {
    pub(super) fn new(
        surface: Arc<AdminSurface>,
        console: Arc<Console>,
        operation: Option<ConsoleOperation>,
        origin: Origin,
        parts: Parts,
        body: Body,
    ) -> Self {
        let preferences = Preferences::of(&parts.headers);
        let (who, body) = (Who::Nobody, Mutex::new(Some(body)));
        Self { surface, console, operation, who, origin, parts, body, preferences }
    }

    pub(super) fn app(&self) -> &App<AnyStore> {
        &self.surface.app
    }

    pub(super) fn now(&self) -> Timestamp {
        self.surface.app.now().wall
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.origin.peer
    }

    pub(super) fn person(&self) -> Result<&SignedIn, Problem> {
        self.who.person().ok_or_else(guard::not_logged_in)
    }

    /// The engine on behalf of whoever asks.
    pub(super) fn admin(&self) -> Result<Admin<'_, AnyStore>, Problem> {
        Ok(self.app().admin(self.person()?.caller.clone()))
    }

    /// The same for as long as only one region is looked at: nothing of the others is there.
    pub(super) fn caller_in(&self, region: Option<RegionId>) -> Result<Caller, Problem> {
        let caller = self.person()?.caller.clone();
        let Some(region) = region else { return Ok(caller) };
        let (name, level) = (caller.name().to_owned(), caller.level());
        Ok(caller.limited_to(name, level, &Regions::Only([region].into())))
    }

    /// What stands behind the question mark.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_html_form::from_str(self.parts.uri.query().unwrap_or_default())
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("The address: {error}.")))
    }

    /// The id in the path. What cannot be one is the path of nothing.
    pub(super) fn id<T: std::str::FromStr>(&self) -> Result<T, Problem> {
        let last = self.parts.uri.path().rsplit('/').next().unwrap_or_default();
        last.parse().map_err(|_| Problem::not_found())
    }

    /// What a form sends.
    pub(super) async fn form<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = body::read(body.unwrap_or_default(), FORM.0, FORM.1).await?;
        serde_html_form::from_bytes(&bytes)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("The form: {error}.")))
    }

    /// The fields of a form by their names.
    pub(super) async fn fields(&mut self) -> Result<Fields, Problem> {
        Ok(Fields::of(self.form().await?))
    }

    /// The same of a form that carries a file of at most so many bytes.
    pub(super) async fn upload(&mut self, limit: usize) -> Result<Upload, Problem> {
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = body::read(body.unwrap_or_default(), limit + FORM.0, UPLOAD).await?;
        upload::read(&self.parts.headers, bytes).await
    }

    /// The same of what stands behind the question mark.
    pub(super) fn asked(&self) -> Result<Fields, Problem> {
        Ok(Fields::of(self.query()?))
    }

    /// The id that stands `back` segments before the last of the path.
    pub(super) fn id_before<T: std::str::FromStr>(&self, back: usize) -> Result<T, Problem> {
        let segment = self.parts.uri.path().rsplit('/').nth(back).unwrap_or_default();
        segment.parse().map_err(|_| Problem::not_found())
    }

    /// Whether whoever asks may do something, as far as the table of routes says.
    pub(super) fn may(&self, operation: ConsoleOperation) -> bool {
        match operation.route().guard {
            Guard::Needs(capability) => {
                self.who.person().is_some_and(|who| who.caller.need(capability).is_ok())
            }
            Guard::Phone => false,
            Guard::Anybody | Guard::Person => true,
        }
    }

    /// What surrounds the page.
    pub(super) fn frame(&self, title: impl Into<String>) -> Frame {
        Frame::of(self, title.into())
    }

    /// What a request that fails is answered with; made before it is worked on.
    pub(super) fn lost(&self) -> Lost {
        let frame = self.frame(messages::ENGLISH.error_title);
        let person = self.who.person().map(|who| who.caller.name().to_owned());
        Lost { frame, person, back: self.here() }
    }

    /// Where this page is, as a path.
    pub(super) fn here(&self) -> String {
        let path = self.parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        self.surface.mount.below(path)
    }

    /// A page of this console that a form names, to go on to; nowhere else.
    pub(super) fn local(&self, path: Option<&str>) -> String {
        let home = format!("{}/", self.surface.mount.below("/ipp"));
        let good = |path: &&str| {
            path.starts_with(&home)
                && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
                && !path.contains("//")
                && !path.contains("/ipp/log")
                && path.len() <= 2_000
        };
        path.filter(good).map_or(home.clone(), str::to_owned)
    }

    /// The value of `Set-Cookie` that begins a session, or with an empty id ends it.
    pub(super) fn session_cookie(&self, id: &str) -> String {
        self.surface.mount.cookie(id, self.origin.secure)
    }
}

/// The page of an error.
#[derive(Debug)]
pub(super) struct Lost {
    frame: Frame,
    pub(super) person: Option<String>,
    back: String,
}

#[derive(Template)]
#[template(path = "console/error.html")]
struct ErrorPage<'a> {
    f: Frame,
    detail: &'a str,
    status: u16,
    is_absent: bool,
}

impl Lost {
    pub(super) fn page(self, problem: &Problem) -> Response {
        let is_absent = problem.status() == StatusCode::NOT_FOUND;
        let mut f = self.frame;
        let t = f.t;
        let title = if is_absent { t.absent_title } else { t.error_title };
        title.clone_into(&mut f.title);
        let detail = if is_absent { t.absent_detail } else { problem.detail() };
        let page = ErrorPage { f, detail, status: problem.status().as_u16(), is_absent };
        render(&page, problem.status())
    }

    /// To the login page, and from there back.
    pub(super) fn towards_login(&self) -> Response {
        let home = format!("{}/", self.frame.base);
        if self.back == home || !self.back.starts_with(&home) {
            return redirect(&format!("{}/login", self.frame.base));
        }
        let next = serde_html_form::to_string([("next", &self.back)]).unwrap_or_default();
        redirect(&format!("{}/login?{next}", self.frame.base))
    }

    pub(super) fn password_page(&self) -> String {
        format!("{}/password", self.frame.base)
    }
}

/// A page.
pub(super) fn page(template: &impl Template) -> Response {
    render(template, StatusCode::OK)
}

/// A page with a status of its own.
pub(super) fn render(template: &impl Template, status: StatusCode) -> Response {
    let (status, text) = match template.render() {
        Ok(text) => (status, text),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// On to another page, which is asked for with GET.
pub(crate) fn redirect(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // A path has been checked, or was made here; what is no header value leads nowhere.
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// The same with a cookie.
pub(super) fn redirect_with(to: &str, cookies: &[String]) -> Response {
    let mut response = redirect(to);
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
