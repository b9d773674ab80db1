//! What every phone handler needs of a request.

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, Method, header, request::Parts};
use ipp_core::{
    app::{App, activity::About, files::FileRequest},
    log::{Activity, activity::Message},
    store::AnyStore,
    token::Token,
};

use super::{
    PhoneSurface,
    wire::{path::PhonePath, range::RequestConditions},
};
use crate::{
    images::ImageCache,
    listener::{PeerAddr, forwarded_for},
    problem::Problem,
};

/// A phone's request without its body.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    surface: &'a PhoneSurface,
    pub(crate) token: Option<Token>,
    pub(crate) region: Option<&'a str>,
    pub(crate) method: &'a Method,
    headers: &'a HeaderMap,
    /// The phone's address: the peer, or what a configured proxy forwarded.
    pub(crate) peer: IpAddr,
    /// Whether a configured proxy forwarded it.
    pub(crate) proxied: bool,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        surface: &'a PhoneSurface,
        path: &'a PhonePath,
        parts: &'a Parts,
    ) -> Result<Self, Problem> {
        let token = path.token.as_deref().map(str::parse).transpose().map_err(|_| Problem::not_found())?;
        // Without a peer nothing may be decided from addresses: the listener is not ours and its
        // host forgot to add it. Loudly, because every phone would be treated as a stranger.
        let Some(PeerAddr(socket)) = parts.extensions.get::<PeerAddr>().copied() else {
            tracing::error!("the listener does not tell the peer's address; add PeerAddr to each request");
            return Err(Problem::new(
                http::StatusCode::INTERNAL_SERVER_ERROR,
                "The server is not set up completely.",
            ));
        };
        let direct = socket.ip().to_canonical();
        let forwarded =
            forwarded_for(&parts.headers).filter(|_| surface.proxies.iter().any(|net| net.contains(&direct)));
        Ok(Self {
            surface,
            token,
            region: path.region.as_deref(),
            method: &parts.method,
            headers: &parts.headers,
            peer: forwarded.unwrap_or(direct),
            proxied: forwarded.is_some(),
        })
    }

    pub(crate) const fn app(&self) -> &'a Arc<App<AnyStore>> {
        &self.surface.app
    }

    pub(crate) const fn images(&self) -> &'a ImageCache {
        &self.surface.images
    }

    pub(crate) fn user_agent(&self) -> Option<&'a str> {
        self.headers.get(header::USER_AGENT)?.to_str().ok()
    }

    /// Notes that a message could not be read.
    pub(crate) fn note_unreadable(&self, message: Message) {
        self.app().note(About::stranger(None, self.peer), Activity::Unreadable(message));
    }

    pub(crate) fn file_request(&self) -> FileRequest<'_> {
        FileRequest {
            token: self.token.as_ref(),
            region: self.region,
            user_agent: self.user_agent(),
            peer: self.peer,
            proxied: self.proxied,
        }
    }

    /// The conditions of a GET. The POST that vendor tools use for files has none, and a HEAD has
    /// no range.
    pub(crate) fn conditions(&self) -> RequestConditions<'a> {
        if *self.method == Method::POST {
            return RequestConditions::default();
        }
        let headers = self.headers;
        let value = |name| headers.get(name).map(http::HeaderValue::as_bytes);
        RequestConditions {
            if_none_match: value(header::IF_NONE_MATCH),
            if_modified_since: value(header::IF_MODIFIED_SINCE),
            if_range: value(header::IF_RANGE),
            range: value(header::RANGE).filter(|_| *self.method == Method::GET),
        }
    }
}
