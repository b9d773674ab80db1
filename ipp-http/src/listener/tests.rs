//! Real sockets, and limits that no test reaches unless it sets one.

mod pace;
mod places;
mod requests;
mod secure;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use axum::{Extension, Router, routing::any};
use bytes::Bytes;
use http_body::Frame;
use ipp_core::{clock::Clock as _, time::Timestamp};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

use super::*;
use crate::{clock::SystemClock, tls::SelfMade};

const SHORT: Duration = Duration::from_millis(40);
const NEVER: Duration = Duration::from_hours(1);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// Limits that no test reaches unless it sets one.
fn limits() -> ConnectionLimits {
    ConnectionLimits {
        head: NEVER,
        idle: NEVER,
        handshake: NEVER,
        write_window: NEVER,
        drain: NEVER,
        ..ConnectionLimits::default()
    }
}

struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Server {
    fn start(limits: ConnectionLimits, router: Router) -> Self {
        Self::with(limits, router, None)
    }

    fn with(limits: ConnectionLimits, router: Router, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        Self { address, stop, running: tokio::spawn(serve(listener, tls, router, limits, stopping)) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    async fn send(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may refuse before it has read everything.
        let _ = stream.write_all(request).await;
        rest(stream).await
    }
}

/// What comes until the connection is closed, by whatever means.
async fn rest(mut stream: impl AsyncRead + Unpin) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks on a connection that stays open; the body of the answer must be `ok`.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    stream.write_all(GET).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

fn ok() -> Router {
    Router::new().fallback(any(|| async { "ok" }))
}

/// Counts the requests that reach a handler.
fn counting() -> (Router, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let handler = move |body: Bytes| async move {
        counted.fetch_add(1, Relaxed);
        body
    };
    (Router::new().fallback(any(handler)), count)
}

/// A body that runs this for each frame.
struct Frames<F>(F);

impl<F: FnMut() -> Bytes + Unpin> http_body::Body for Frames<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data((self.0)()))))
    }
}

fn trusting(made: &SelfMade, versions: &[&'static rustls::SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config).into()
}
