//! A small provisioning server over real HTTP, for the tests of the simulator.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::identity::Model;
use super::{ImageHeader, Kind, Phone, PhoneOptions};

pub(super) const MAC: &str = "00908f000001";

/// Serves files with validators and ranges, and keeps everything it is asked.
#[derive(Debug)]
pub(super) struct TestServer {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct Shared {
    files: Mutex<BTreeMap<String, Bytes>>,
    seen: Mutex<Vec<Seen>>,
    answers: Mutex<Vec<(StatusCode, &'static str)>>,
}

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) peer: SocketAddr,
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Seen {
    /// The body, read as leniently as a server of this family must.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body.replace(",\n}", "\n}")).unwrap_or_default()
    }

    pub(super) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl TestServer {
    pub(super) async fn start() -> Self {
        Self::listen(None).await
    }

    /// A server with a certificate of its own, and that certificate.
    pub(super) async fn start_tls() -> (Self, CertificateDer<'static>) {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        (Self::listen(Some(Arc::new(config).into())).await, certificate)
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&accepting), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, peer, shared).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, peer, shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, shared, task: task.abort_handle() }
    }

    /// An address on this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn region(&self) -> String {
        self.url("/firmwarefiles;ipp/region/R1")
    }

    pub(super) fn put(&self, path: &str, content: impl Into<Bytes>) {
        lock(&self.shared.files).insert(path.to_owned(), content.into());
    }

    pub(super) fn remove(&self, path: &str) {
        lock(&self.shared.files).remove(path);
    }

    /// Answer the next posts like this, oldest first, instead of with an empty list of commands.
    pub(super) fn answer_next(&self, status: StatusCode, body: &'static str) {
        lock(&self.shared.answers).push((status, body));
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Method and path of everything asked since the last call.
    pub(super) fn take_lines(&self) -> Vec<String> {
        lock(&self.shared.seen).drain(..).map(|seen| seen.line).collect()
    }

    /// The seven lines of an option 160 file, for a server that is this one.
    pub(super) fn option160_file(&self) -> String {
        format!(
            "ems_server/keep_alive_period=60\nems_server/provisioning/url={base}/\nprovisioning/method=STATIC\n\
             provisioning/configuration/url={base}/configfiles/\nprovisioning/firmware/url={base}/firmwarefiles/\n\
             ems_server/user_name=system\nems_server/user_password={{\"VvlZOp5/5pM=\"}}\n",
            base = self.url("")
        )
    }

    /// Files for phone 1: first contact by region R1, and a private file that names line 1001.
    pub(super) fn with_phone_files(self) -> Self {
        self.put(&format!("/ipp/region/R1/{MAC}.cfg"), self.option160_file());
        self.put(
            &format!("/configfiles/{MAC}.cfg"),
            format!("{}voip/line/0/id=1001\n", self.option160_file()),
        );
        self
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Phone 1, a generic 430HD.
pub(super) fn generic() -> PhoneOptions {
    PhoneOptions::new(1, Model::P430Hd, Kind::Generic)
}

pub(super) fn phone() -> Phone {
    Phone::new(generic())
}

/// A made-up image of this length.
pub(super) fn image(model: &str, version: &str, length: usize) -> Vec<u8> {
    let mut bytes = ImageHeader { model: model.to_owned(), version: version.to_owned() }.to_bytes().to_vec();
    bytes.resize(length, 7);
    bytes
}

async fn serve<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: T,
    peer: SocketAddr,
    shared: Arc<Shared>,
) {
    let service = service_fn(move |request| answer(request, peer, Arc::clone(&shared)));
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body = String::from_utf8_lossy(&body).into_owned();
    lock(&shared.seen).push(Seen {
        peer,
        line: format!("{} {path}", head.method),
        headers: head.headers.clone(),
        body,
    });
    if path.replace("//", "/").starts_with("/rest/v1/") {
        let mut answers = lock(&shared.answers);
        let (status, text) =
            if answers.is_empty() { (StatusCode::OK, "{\"requests\":[]}") } else { answers.remove(0) };
        return Ok(response(status, &[], Bytes::from_static(text.as_bytes())));
    }
    let file = lock(&shared.files).get(&path.replace("//", "/")).cloned();
    Ok(file.map_or_else(
        || response(StatusCode::NOT_FOUND, &[], Bytes::new()),
        |file| file_answer(&head.headers, file),
    ))
}

fn file_answer(asked: &HeaderMap, file: Bytes) -> Response<Full<Bytes>> {
    let sum = file.iter().fold(17_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let etag = format!("\"{sum:016x}\"");
    let header = |name| asked.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    if header(header::IF_NONE_MATCH) == Some(etag.as_str()) {
        return response(StatusCode::NOT_MODIFIED, &[(header::ETAG, etag)], Bytes::new());
    }
    let fresh = header(header::IF_RANGE).is_none_or(|condition| condition == etag);
    if let Some(range) =
        header(header::RANGE).and_then(|range| range.strip_prefix("bytes=")).filter(|_| fresh)
    {
        let (from, to) = range.split_once('-').unwrap_or_default();
        let from: usize = from.parse().unwrap_or(0);
        let to = to.parse().unwrap_or(file.len() - 1).min(file.len() - 1);
        let headers =
            [(header::ETAG, etag), (header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", file.len()))];
        return response(StatusCode::PARTIAL_CONTENT, &headers, file.slice(from..=to));
    }
    response(StatusCode::OK, &[(header::ETAG, etag)], file)
}

fn response(
    status: StatusCode,
    headers: &[(header::HeaderName, String)],
    body: Bytes,
) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Full::new(body)).unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
