//! The dashboard's figures as they change, as server-sent events.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::Frame;
use ipp_core::{
    access::{Capability, Regions},
    app::{App, AppError},
    blob::BoxFuture,
    id::RegionId,
    store::AnyStore,
};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{read, region};
use crate::{
    admin::guard,
    console::{Reply, Visit, messages::ENGLISH},
    problem::Problem,
};

/// How often figures are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How long one answer goes on; browsers ask again by themselves.
const AT_MOST: Duration = Duration::from_mins(5);

/// Follows the figures for as long as the session lasts, without keeping it alive. Rights are read each
/// time, so that a change of them holds here too (SEC-21).
pub(crate) async fn follow(visit: Visit) -> Reply {
    let region = region(&visit)?;
    let session = guard::session_id(&visit.surface, &visit.parts.headers, visit.origin);
    let session = session.ok_or_else(guard::not_logged_in)?.to_owned();
    let base = visit.surface.mount.below("/ipp");
    let follower = Follower { app: Arc::clone(&visit.surface.app), session, region, base };
    let events = Events {
        follower: Arc::new(follower),
        last: String::new(),
        until: Instant::now() + AT_MOST,
        first: true,
        working: None,
    };
    let mut response = Response::new(Body::new(events));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// Who follows what.
struct Follower {
    app: Arc<App<AnyStore>>,
    session: String,
    region: Option<RegionId>,
    base: String,
}

/// What changed: texts by the places that show them, and arcs of donuts.
#[derive(Debug, Serialize)]
struct Now {
    texts: std::collections::BTreeMap<String, String>,
    arcs: std::collections::BTreeMap<String, (String, String)>,
    newest: String,
}

impl Follower {
    /// The figures as JSON; `None` where the session is over or has lost the right.
    async fn now(&self) -> Result<Option<String>, Problem> {
        let Some(who) = self.app.watched(&self.session).await? else { return Ok(None) };
        if who.must_change_password || who.caller.need(Capability::View).is_err() {
            return Ok(None);
        }
        let (name, level) = (who.caller.name().to_owned(), who.caller.level());
        let caller = match self.region {
            Some(region) => who.caller.limited_to(name, level, &Regions::Only([region].into())),
            None => who.caller,
        };
        let (shown, _) = read(&self.app, &caller, ENGLISH, &self.base).await?;
        let figures = &shown.figures;
        let mut texts: std::collections::BTreeMap<String, String> = [
            ("registered", figures.registered.to_string()),
            ("non-registered", figures.non_registered.to_string()),
            ("disconnected", figures.disconnected.to_string()),
            ("percent", format!("{} %", figures.registered_percent())),
            ("pending", figures.pending.to_string()),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into();
        let mut arcs = std::collections::BTreeMap::new();
        for share in shown.shares.into_iter().flatten() {
            texts.insert(share.key.clone(), share.devices.to_string());
            arcs.insert(share.key, share.arc);
        }
        Ok(serde_json::to_string(&Now { texts, arcs, newest: shown.newest }).ok())
    }
}

/// A body that asks again every few seconds and tells what is not as it was.
struct Events {
    follower: Arc<Follower>,
    last: String,
    until: Instant,
    first: bool,
    working: Option<BoxFuture<'static, Result<Option<String>, Problem>>>,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = AppError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AppError>>> {
        let this = self.get_mut();
        let frame = |text: String| Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))));
        if Instant::now() >= this.until {
            return Poll::Ready(None);
        }
        let (follower, wait) = (Arc::clone(&this.follower), if this.first { Duration::ZERO } else { EVERY });
        let working = this.working.get_or_insert_with(|| {
            Box::pin(async move {
                sleep(wait).await;
                follower.now().await
            })
        });
        let found = ready!(working.as_mut().poll(cx));
        this.working = None;
        this.first = false;
        match found {
            Ok(Some(now)) if now == this.last => frame(":\n\n".to_owned()),
            Ok(Some(now)) => {
                let text = format!("retry: 3000\ndata: {now}\n\n");
                this.last = now;
                frame(text)
            }
            Ok(None) => {
                this.until = Instant::now();
                frame("event: over\ndata: \n\n".to_owned())
            }
            // The browser asks again, and is told then.
            Err(_) => Poll::Ready(None),
        }
    }
}
