//! Who asks, and whether they may: sessions by cookie, programs by token.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use ipp_core::{
    access::Caller,
    app::{AppError, login::SignedIn},
};

use super::AdminSurface;
use crate::{
    listener::{PeerAddr, forwarded_for},
    problem::Problem,
    route::{Guard, Route},
};

/// Who asks.
#[derive(Debug)]
pub(crate) enum Who {
    /// Nobody who is logged in.
    Nobody,
    /// A person with a session.
    Person(Box<SignedIn>),
    /// A program with a token.
    Program(Box<Caller>),
}

impl Who {
    pub(crate) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Nobody => None,
            Self::Person(signed_in) => Some(&signed_in.caller),
            Self::Program(caller) => Some(caller),
        }
    }

    pub(crate) fn person(&self) -> Option<&SignedIn> {
        match self {
            Self::Person(signed_in) => Some(signed_in),
            Self::Nobody | Self::Program(_) => None,
        }
    }
}

/// From where a request comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) peer: IpAddr,
    /// Whether it came over TLS, here or at a trusted proxy.
    pub(crate) secure: bool,
}

impl Origin {
    pub(crate) fn of(surface: &AdminSurface, parts: &Parts, tls: bool) -> Result<Self, Problem> {
        let Some(PeerAddr(socket)) = parts.extensions.get::<PeerAddr>().copied() else {
            tracing::error!("the listener does not tell the peer's address; add PeerAddr to each request");
            return Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The server is not set up completely.",
            ));
        };
        let direct = socket.ip().to_canonical();
        let trusted = surface.proxies.iter().any(|net| net.contains(&direct));
        let forwarded = forwarded_for(&parts.headers).filter(|_| trusted);
        let scheme = parts.headers.get("x-forwarded-proto").filter(|_| trusted);
        let secure = scheme.map_or(tls, |scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        Ok(Self { peer: forwarded.unwrap_or(direct), secure })
    }
}

pub(crate) fn not_logged_in() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "Log in first, or send an API token as bearer.")
}

/// Finds out who asks and refuses what they may do nowhere. The region of a thing is asked for
/// behind this, by the use case that has loaded it.
pub(crate) async fn admit(
    surface: &AdminSurface,
    route: &Route,
    parts: &Parts,
    origin: Origin,
) -> Result<Who, Problem> {
    if !origin.secure && !surface.plain_http {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "This is served over HTTPS only.").coded("https-required")
        );
    }
    let who = identify(surface, parts, origin).await?;
    // A browser sends its cookie whoever makes it ask; only this server's own pages may change
    // anything with it (A17). A login is no exception: it must not be forced on anybody either.
    let by_browser = !matches!(who, Who::Program(_)) && is_unsafe(&parts.method);
    if by_browser && !is_same_origin(&parts.headers) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "A request that changes something with a session has to come from this server's own pages.",
        )
        .coded("cross-site"));
    }
    match route.guard {
        Guard::Phone => Err(Problem::not_found()),
        Guard::Anybody => Ok(who),
        Guard::Person if who.person().is_some() => Ok(who),
        Guard::Person => Err(not_logged_in()),
        Guard::Needs(capability) => {
            let caller = who.caller().ok_or_else(not_logged_in)?;
            if who.person().is_some_and(|person| person.must_change_password) {
                return Err(Problem::new(StatusCode::FORBIDDEN, "Change your password first.")
                    .coded("password-change-required"));
            }
            caller.need(capability).map_err(|_| AppError::forbidden(capability))?;
            Ok(who)
        }
    }
}

/// The same for a page that follows what changes: asking does not keep the session alive, so that nobody
/// stays logged in by leaving a page open.
pub(crate) async fn watch(
    surface: &AdminSurface,
    route: &Route,
    parts: &Parts,
    origin: Origin,
) -> Result<Who, Problem> {
    if !origin.secure && !surface.plain_http {
        return Err(not_logged_in());
    }
    let id = session_id(surface, &parts.headers, origin).ok_or_else(not_logged_in)?;
    let person = surface.app.watched(id).await?.filter(|person| !person.must_change_password);
    let person = person.ok_or_else(not_logged_in)?;
    if let Guard::Needs(capability) = route.guard {
        person.caller.need(capability).map_err(|_| AppError::forbidden(capability))?;
    }
    Ok(Who::Person(Box::new(person)))
}

/// The session that a request shows, for as long as somebody follows what changes.
pub(crate) fn session_id<'a>(
    surface: &AdminSurface,
    headers: &'a HeaderMap,
    origin: Origin,
) -> Option<&'a str> {
    cookie(headers, surface.mount.cookie_name(origin.secure))
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

async fn identify(surface: &AdminSurface, parts: &Parts, origin: Origin) -> Result<Who, Problem> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let caller = match token {
            Some((_, token)) => surface.app.token_caller(token.trim()).await?,
            None => None,
        };
        // A token that is worth nothing is told as such: another way to log in was not asked for.
        return caller.map(|caller| Who::Program(Box::new(caller))).ok_or_else(not_logged_in);
    }
    let Some(id) = session_id(surface, &parts.headers, origin) else {
        return Ok(Who::Nobody);
    };
    let signed_in = surface.app.signed_in(id).await?;
    Ok(signed_in.map_or(Who::Nobody, |signed_in| Who::Person(Box::new(signed_in))))
}

const fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether the browser says that one of this server's own pages asks. Without a word about it, it
/// is no browser of today, and nothing that has a cookie to lose.
fn is_same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let authority = |value: &HeaderValue| {
        let text = value.to_str().ok()?;
        Some(text.split_once("://")?.1.to_ascii_lowercase())
    };
    let host = || headers.get(header::HOST)?.to_str().ok().map(str::to_ascii_lowercase);
    match headers.get(header::ORIGIN) {
        Some(origin) => authority(origin).is_some_and(|origin| Some(origin) == host()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// A17, SEC-24: only this server's own pages change anything with a session.
    #[test]
    fn sec_24_only_own_pages_change_anything() {
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none"), ("origin", "https://elsewhere.example")],
            &[("origin", "https://ipp.example:8443"), ("host", "IPP.example:8443")],
        ] {
            assert!(is_same_origin(&headers(own)), "{own:?}");
        }
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://ipp.example"), ("host", "ipp.example")],
            &[("origin", "https://elsewhere.example"), ("host", "ipp.example")],
            &[("origin", "https://ipp.example:444"), ("host", "ipp.example")],
            &[("origin", "null"), ("host", "ipp.example")],
            &[("origin", "null"), ("host", "null")],
            &[("origin", "https://ipp.example")],
        ] {
            assert!(!is_same_origin(&headers(foreign)), "{foreign:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let headers =
            headers(&[("cookie", "a=b; ipp_session=xyz; __Host-ipp_session=abc"), ("cookie", "q=1")]);
        assert_eq!(cookie(&headers, "__Host-ipp_session"), Some("abc"));
        assert_eq!(cookie(&headers, "ipp_session"), Some("xyz"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
