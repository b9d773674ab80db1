//! Bodies that are answered before they have arrived.
//!
//! A server that answers and closes while the client still sends makes the client's own system throw the
//! answer away. So what nobody wants to read is taken off the line first, within bounds.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;

/// How much is taken off the line, in bytes, and for how long.
const MOST: usize = 32 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Gives an answer only when the request has arrived, or was waited for long enough.
pub(crate) async fn arrived(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let rest = Arc::new(Mutex::new(None));
    let lent = Lent { body: Some(body), rest: Arc::clone(&rest) };
    let response = next.run(Request::from_parts(parts, Body::new(lent))).await;
    let unread = lock(&rest).take();
    if let Some(unread) = unread {
        // Whatever becomes of the rest, the answer stands.
        let _ = tokio::time::timeout(PATIENCE, drain(unread)).await;
    }
    response
}

async fn drain(mut body: Body) {
    let mut taken = 0;
    while let Some(Ok(frame)) = body.frame().await {
        taken += frame.data_ref().map_or(0, Bytes::len);
        if taken > MOST {
            return;
        }
    }
}

/// A body that gives back what was not read of it.
struct Lent {
    body: Option<Body>,
    rest: Arc<Mutex<Option<Body>>>,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, http_body::Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *lock(&self.rest) = self.body.take().filter(|body| !body.is_end_stream());
    }
}

fn lock(rest: &Mutex<Option<Body>>) -> MutexGuard<'_, Option<Body>> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}
