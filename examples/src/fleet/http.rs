//! One phone's HTTP client: its own source address, kept-alive connections, bounded answers.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::meter::{ErrorKind, Meter, RequestKind};
use super::tls::Tls;
use super::url::{Protocol, Url};
use super::wire::Wire;

/// A phone talks to its file server and to its status server, rarely to a third.
const MAX_LINKS: usize = 2;
/// Far above any header of a phone server; keeps ten thousand connections small.
const MAX_HEAD: usize = 8 * 1024;

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// FTP and TFTP cannot be simulated.
    #[error("{0} is not simulated; only http and https are")]
    Unsupported(Protocol),
    /// The URL or a header cannot be written into a request.
    #[error("the request cannot be written")]
    Request(#[from] http::Error),
    /// No connection.
    #[error("cannot connect to {server}: {source}")]
    Connect {
        /// Host and port.
        server: String,
        /// What the system said.
        source: io::Error,
    },
    /// No TLS session.
    #[error("no TLS session with {server}: {source}")]
    Tls {
        /// Host and port.
        server: String,
        /// What the handshake said.
        source: io::Error,
    },
    /// Nothing came for too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection broke or spoke something else.
    #[error("the connection failed: {0}")]
    Transport(#[from] hyper::Error),
    /// More bytes than the phone accepts.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl HttpError {
    /// The kind under which it is counted.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported(_) | Self::Request(_) | Self::TooLarge(_) => ErrorKind::Content,
            Self::Connect { .. } => ErrorKind::Connect,
            Self::Tls { .. } => ErrorKind::Tls,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Transport(_) => ErrorKind::Transport,
        }
    }
}

/// A request, complete but for the headers every request has.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) kind: RequestKind,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Bytes,
    pub(super) take: Take,
}

/// How much of the answer the phone wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// All of it, up to a limit.
    All(usize),
    /// The first bytes; the rest is refused by closing the connection.
    First(usize),
    /// Counted, not kept.
    Count,
    /// Nothing: the connection is dropped while the answer arrives.
    Cut,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Body bytes read, also where they were not kept.
    pub(super) length: u64,
    /// The connection broke after this many bytes of a counted body.
    pub(super) broken: bool,
}

impl Answer {
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

#[derive(Debug)]
pub(super) struct Client {
    user_agent: HeaderValue,
    source: Option<Ipv4Addr>,
    local: Option<Ipv4Addr>,
    tls: Arc<Tls>,
    meter: Arc<Meter>,
    patience: Duration,
    pace: Option<Duration>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    protocol: Protocol,
    authority: String,
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Client {
    pub(super) fn new(source: Option<Ipv4Addr>, tls: Arc<Tls>, meter: Arc<Meter>) -> Self {
        let user_agent = HeaderValue::from_static("");
        let patience = Duration::from_secs(30);
        Self { user_agent, source, local: source, tls, meter, patience, pace: None, links: Vec::new() }
    }

    pub(super) fn set_user_agent(&mut self, text: &str) {
        self.user_agent = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("AUDC-IPPhone"));
    }

    /// Longest silence the phone waits through.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// One byte leaves per interval; patience grows with it.
    pub(super) fn set_pace(&mut self, every: Duration) {
        self.pace = Some(every);
        // A request of a thousand bytes must be able to leave.
        self.patience += every * 1_000;
    }

    /// The address the phone is seen under.
    pub(super) fn address(&self) -> Ipv4Addr {
        self.local.unwrap_or(Ipv4Addr::LOCALHOST)
    }

    pub(super) fn disconnect(&mut self) {
        self.links.clear();
    }

    /// Sends a request and reads the answer; a kept-alive connection that the server has closed
    /// meanwhile is replaced once.
    pub(super) async fn send(&mut self, call: &Call) -> Result<Answer, HttpError> {
        let result = self.attempt(call).await;
        if let Err(error) = &result {
            self.meter.error(error.kind());
        }
        result
    }

    async fn attempt(&mut self, call: &Call) -> Result<Answer, HttpError> {
        let started = Instant::now();
        let kept = self.kept(&call.url).await;
        let reused = kept.is_some();
        let mut link = match kept {
            Some(link) => link,
            None => self.connect(&call.url).await?,
        };
        let response = match self.exchange(&mut link, call).await {
            Err(HttpError::Transport(error)) if reused && was_stale(&error) => {
                link = self.connect(&call.url).await?;
                self.exchange(&mut link, call).await?
            }
            result => result?,
        };
        let (head, mut incoming) = response.into_parts();
        let (status, headers) = (head.status, head.headers);
        let mut answer = Answer { status, headers, body: Bytes::new(), length: 0, broken: false };
        let whole = self.read(&mut incoming, call.take, &mut answer).await?;
        self.meter.answer(call.kind, status.as_u16(), started.elapsed());
        if whole {
            self.keep(link);
        }
        Ok(answer)
    }

    /// Reads the body; false when the connection cannot be used again.
    async fn read(&self, body: &mut Incoming, take: Take, answer: &mut Answer) -> Result<bool, HttpError> {
        let mut kept = Vec::new();
        let whole = loop {
            match take {
                Take::Cut => break false,
                Take::First(wanted) if kept.len() >= wanted => {
                    kept.truncate(wanted);
                    // Reading one more frame could mean megabytes, and the header is enough.
                    break hyper::body::Body::is_end_stream(body);
                }
                Take::All(_) | Take::First(_) | Take::Count => {}
            }
            let frame = match self.patiently(body.frame()).await? {
                None => break true,
                Some(Ok(frame)) => frame,
                Some(Err(_)) if take == Take::Count => {
                    answer.broken = true;
                    break false;
                }
                Some(Err(error)) => return Err(error.into()),
            };
            let Ok(data) = frame.into_data() else { continue };
            answer.length += u64::try_from(data.len()).unwrap_or(u64::MAX);
            match take {
                Take::All(limit) if kept.len() + data.len() > limit => {
                    return Err(HttpError::TooLarge(limit));
                }
                Take::All(_) | Take::First(_) => kept.extend_from_slice(&data),
                Take::Count | Take::Cut => {}
            }
        };
        answer.body = kept.into();
        Ok(whole)
    }

    async fn exchange(&self, link: &mut Link, call: &Call) -> Result<http::Response<Incoming>, HttpError> {
        let mut request = Request::builder().method(call.method.clone()).uri(call.url.path());
        if let Some(headers) = request.headers_mut() {
            headers.insert(header::HOST, host(&call.url)?);
            headers.insert(header::USER_AGENT, self.user_agent.clone());
            headers.extend(call.headers.iter().cloned());
        }
        let request = request.body(Full::new(call.body.clone()))?;
        self.meter.request();
        Ok(self.patiently(link.sender.send_request(request)).await??)
    }

    async fn kept(&mut self, url: &Url) -> Option<Link> {
        let at = self.links.iter().position(|link| link.serves(url))?;
        let mut link = self.links.swap_remove(at);
        link.sender.ready().await.is_ok().then_some(link)
    }

    fn keep(&mut self, link: Link) {
        if !link.sender.is_closed() {
            self.links.truncate(MAX_LINKS - 1);
            self.links.insert(0, link);
        }
    }

    async fn connect(&mut self, url: &Url) -> Result<Link, HttpError> {
        let tls = match url.protocol() {
            Protocol::Http => false,
            Protocol::Https => true,
            Protocol::Ftp | Protocol::Tftp => return Err(HttpError::Unsupported(url.protocol())),
        };
        let server = || url.authority().to_owned();
        let stream = self.patiently(self.dial(url)).await?;
        let stream = stream.map_err(|source| HttpError::Connect { server: server(), source })?;
        if let Ok(IpAddr::V4(address)) = stream.local_addr().map(|local| local.ip()) {
            self.local = Some(address);
        }
        self.meter.connected();
        let wire = Wire::new(stream, Arc::clone(&self.meter), self.pace);
        let (sender, driver) = if tls {
            let failed = |source| HttpError::Tls { server: server(), source };
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|error| failed(io::Error::other(error)))?;
            let config = self.tls.config().map_err(|error| failed(io::Error::other(error)))?;
            let connecting = TlsConnector::from(config).connect(name, wire);
            let stream = self.patiently(connecting).await?.map_err(failed)?;
            handshake(stream).await?
        } else {
            handshake(wire).await?
        };
        Ok(Link { protocol: url.protocol(), authority: server(), sender, driver })
    }

    async fn dial(&self, url: &Url) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = lookup_host((url.host(), url.port())).await?.collect();
        // Phones of this family speak IPv4 first, and a source address needs it.
        let address = addresses.iter().find(|address| address.is_ipv4()).or_else(|| addresses.first());
        let address =
            *address.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))?;
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A loopback source can reach loopback servers only; elsewhere the system chooses.
        if let Some(source) =
            self.source.filter(|ip| address.is_ipv4() && ip.is_loopback() == address.ip().is_loopback())
        {
            socket.bind(SocketAddr::from((source, 0)))?;
        }
        socket.set_nodelay(true)?;
        socket.connect(address).await
    }

    async fn patiently<F: Future>(&self, work: F) -> Result<F::Output, HttpError> {
        timeout(self.patience, work).await.map_err(|_| HttpError::Timeout(self.patience))
    }
}

impl Link {
    fn serves(&self, url: &Url) -> bool {
        self.protocol == url.protocol() && self.authority == url.authority()
    }
}

async fn handshake<T>(io: T) -> Result<(SendRequest<Full<Bytes>>, AbortHandle), HttpError>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) =
        http1::Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(io)).await?;
    // Its errors reach the caller through the request they break.
    let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok((sender, driver))
}

fn was_stale(error: &hyper::Error) -> bool {
    let broken =
        [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionAborted];
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    error.is_canceled()
        || error.is_closed()
        || error.is_incomplete_message()
        || cause.is_some_and(|cause| broken.contains(&cause.kind()))
}

fn host(url: &Url) -> Result<HeaderValue, http::Error> {
    Ok(HeaderValue::from_str(url.authority())?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TestServer, generic};
    use super::super::{Phone, Problem, Step, Trust};
    use super::*;

    fn config(server: &TestServer, scheme: &str) -> Url {
        format!("{scheme}://{}/x.cfg", server.address).parse().unwrap()
    }

    #[tokio::test]
    async fn certificates_are_trusted_as_configured() {
        let (server, certificate) = TestServer::start_tls().await;
        server.put("/x.cfg", "a=1\n");
        let url = config(&server, "https");
        for trust in [Trust::Any, Trust::Roots(vec![certificate])] {
            let mut phone = Phone::new(generic().trust(trust));
            phone.fetch(url.clone(), Step::Configuration).await.unwrap();
        }
        let mut careful = Phone::new(generic().trust(Trust::Roots(Vec::new())));
        let error = careful.fetch(url, Step::Configuration).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    }

    #[tokio::test]
    async fn a_connection_the_server_closed_is_replaced_once() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = Phone::new(generic());
        phone.boot(&server.region()).await.unwrap();
        phone.keep_alive().await.unwrap();
        assert_eq!(phone.meter().counters().connections, 1);
        phone.client.disconnect();
        phone.keep_alive().await.unwrap();
        assert_eq!(phone.meter().counters().connections, 2);
    }

    #[tokio::test]
    async fn stale_connections_do_not_fail_a_request() {
        // Answers one request per connection without saying that it will close.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/x.cfg", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1_024];
                assert!(stream.read(&mut head).await.unwrap() > 0);
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na=1\n").await.unwrap();
                // Wait for the next request and leave it unanswered.
                stream.readable().await.ok();
            }
        });
        let mut phone = Phone::new(generic());
        for _ in 0..4 {
            phone.fetch(url.clone(), Step::Configuration).await.unwrap();
        }
        assert_eq!(phone.meter().counters().connections, 4);
        assert_eq!(phone.meter().counters().errors[&ErrorKind::Transport], 0);
    }

    #[tokio::test]
    async fn silence_and_absence_are_told_apart() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/x.cfg", listener.local_addr().unwrap()).parse().unwrap();
        let mut phone = Phone::new(generic().patience(Duration::from_millis(50)));
        let error = phone.fetch(url.clone(), Step::Configuration).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        drop(listener);
        let error = phone.fetch(url, Step::Configuration).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        let Problem::Http(error) = error.problem() else { panic!("{error}") };
        assert!(error.to_string().starts_with("cannot connect to 127.0.0.1:"), "{error}");
        assert_eq!(phone.meter().counters().errors[&ErrorKind::Connect], 1);
    }
}
