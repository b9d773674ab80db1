//! One connection from its handshake to its end.

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
};

use axum::body::Body;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, HOST},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt as _};

use super::{
    ConnectionLimits, PeerAddr,
    limits::Place,
    pace::{HeadTimer, Paced},
    stopped,
};

/// What all connections of a listener share.
#[derive(Clone)]
pub(super) struct Connection<S> {
    pub(super) service: S,
    pub(super) limits: Arc<ConnectionLimits>,
    pub(super) shutdown: watch::Receiver<bool>,
}

impl<S> Connection<S>
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    pub(super) async fn run(
        mut self,
        stream: TcpStream,
        peer: PeerAddr,
        tls: Option<TlsAcceptor>,
        place: Place,
    ) {
        // Answers are small and written whole: waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let stream = Paced::new(stream, &self.limits);
        let timer = stream.head_timer(&self.limits);
        let Some(tls) = tls else { return self.http(stream, timer, peer, place).await };
        let handshake = timeout(self.limits.handshake, tls.accept(stream));
        let accepted = tokio::select! {
            accepted = handshake => accepted,
            () = stopped(&mut self.shutdown) => return,
        };
        match accepted {
            Ok(Ok(stream)) => self.http(stream, timer, peer, place).await,
            Ok(Err(error)) => tracing::debug!(peer = %peer.0, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %peer.0, "a TLS handshake took too long"),
        }
    }

    async fn http<T>(self, stream: T, timer: HeadTimer, peer: PeerAddr, place: Place)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let Self { service, limits, mut shutdown } = self;
        let begun = &AtomicBool::new(false);
        let place = &place;
        let most_headers = limits.headers;
        let service = service_fn(move |mut request: Request<Incoming>| {
            begun.store(true, Relaxed);
            request.extensions_mut().insert(peer);
            let (service, crowded) = (service.clone(), place.is_crowded());
            async move {
                let mut response = if request.headers().len() > most_headers {
                    closing(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
                } else {
                    answer(service, request, peer).await
                };
                if crowded {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut connection = pin!(builder(&limits, timer).serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            // A request that is already here counts as running.
            biased;
            ended = connection.as_mut() => ended,
            () = stopped(&mut shutdown) => {
                // To hyper a connection is busy until its first head is complete; nothing runs there.
                if !begun.load(Relaxed) {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(peer = %peer.0, %error, "a connection ended early");
        }
    }
}

fn builder(limits: &ConnectionLimits, timer: HeadTimer) -> http1::Builder {
    /// Hyper panics below this.
    const LEAST_BUFFER: usize = 8_192;
    /// Up to so many header lines hyper keeps on the stack, unless it is told a number.
    const USUAL_HEADERS: usize = 100;
    let mut builder = http1::Builder::new();
    // A smaller number is ours to check: to hyper, any number costs each request two tables.
    if limits.headers > USUAL_HEADERS {
        builder.max_headers(limits.headers);
    }
    builder
        .timer(timer)
        .header_read_timeout(limits.idle)
        .max_buf_size(limits.buffer.max(LEAST_BUFFER))
        // Some clients close their side when they have asked, and still wait for the answer.
        .half_close(true);
    builder
}

/// Calls the service; what panics there is answered with 500.
async fn answer<S>(service: S, request: Request<Incoming>, peer: PeerAddr) -> Response<Body>
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
{
    // Hyper refuses what makes the end of a request doubtful (see the tests), but this is not its
    // business: a proxy may have looked at the other host (A26). None at all is a phone's bad habit.
    if request.headers().get_all(HOST).iter().nth(1).is_some() {
        return closing(StatusCode::BAD_REQUEST);
    }
    let mut future = pin!(service.oneshot(request));
    let outcome = poll_fn(|cx| {
        // The future is not polled again after a panic, so nobody sees it half-way.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    });
    match outcome.await {
        Some(Ok(response)) => response,
        Some(Err(never)) => match never {},
        None => {
            // The path may hold a phone's token, and the message anything.
            tracing::error!(peer = %peer.0, "a request failed because its handler panicked");
            closing(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// An empty answer after which the connection is closed.
fn closing(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
