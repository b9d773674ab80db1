//! A client that writes requests byte by byte as it is told, and hides nothing of the answer.

use std::{
    fmt::Write as _,
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Whatever takes longer hangs. Far above what the server may take for a body that stands still.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    source: Ipv4Addr,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, headers: Vec::new(), body: Vec::new(), source: Ipv4Addr::new(127, 200, 0, 1) }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", target) }
    }

    /// The same with a body.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a phone of that model calls itself.
    pub(crate) fn agent(self, model: &str) -> Self {
        self.header("user-agent", &format!("AUDC-IPPhone/2.2.8.61 ({model}G-Rev0; 00908F0000FF)"))
    }

    /// The address of this machine from which it is sent.
    pub(crate) fn from(mut self, source: [u8; 4]) -> Self {
        self.source = source.into();
        self
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn send(&self, at: SocketAddr) -> Answer {
        let mut link = Link::open(at, self.source).await.unwrap();
        link.ask(self).await.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.target))
    }

    fn head(&self) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: server\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            write!(head, "content-length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("\r\n");
        head
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as JSON; null where there is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        if self.body.is_empty() {
            serde_json::Value::Null
        } else {
            serde_json::from_slice(&self.body).unwrap()
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The whole answer without the one line that tells the time of day.
    pub(crate) fn timeless(&self) -> String {
        let lines = self.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
        let head = lines.collect::<Vec<_>>().join("\n");
        format!("{head}\n{}", String::from_utf8_lossy(&self.body))
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// A connection that is used again.
pub(crate) struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Link {
    pub(crate) async fn open(at: SocketAddr, source: Ipv4Addr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((source, 0)))?;
        let stream = socket.connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        let mut bytes = request.head().into_bytes();
        bytes.extend_from_slice(&request.body);
        // A server that refuses early may close before it has read everything; its answer counts.
        let written = self.stream.write_all(&bytes).await;
        let answer = timeout(PATIENCE, self.answer(request.method == "HEAD")).await;
        match answer.map_err(|_| io::Error::other("no answer: the server hangs"))? {
            Ok(answer) => Ok(answer),
            Err(error) => written.and(Err(error)),
        }
    }

    async fn answer(&mut self, head_only: bool) -> io::Result<Answer> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("not HTTP: {head}")))?;
        let mut answer = Answer { status, head, body: Vec::new() };
        if answer.header("transfer-encoding").is_some() && !head_only {
            self.buffer.drain(..end);
            answer.body = self.chunks().await?;
            return Ok(answer);
        }
        let length = if head_only || status == 304 { 0 } else { answer.length() };
        while self.buffer.len() < end + length {
            self.more().await?;
        }
        answer.body = self.buffer[end..end + length].to_vec();
        self.buffer.drain(..end + length);
        Ok(answer)
    }

    /// A body that comes in chunks, to its last one.
    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = self.buffer.windows(2).position(|bytes| bytes == b"\r\n") {
                    break at;
                }
                self.more().await?;
            };
            let length = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let length = usize::from_str_radix(&length, 16).map_err(io::Error::other)?;
            while self.buffer.len() < end + 2 + length + 2 {
                self.more().await?;
            }
            body.extend_from_slice(&self.buffer[end + 2..end + 2 + length]);
            self.buffer.drain(..end + 2 + length + 2);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Sends bytes as they are, says that nothing follows, and reads until the server closes. What the
/// server had to say may be lost where it closes first; that it hangs is an error.
pub(crate) async fn raw(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server hangs after {:?}", String::from_utf8_lossy(bytes));
    answer
}

/// The statuses of all answers in what came back.
pub(crate) fn statuses(answers: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answers);
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.filter_map(|line| line.get(..3)?.parse().ok()).collect()
}

/// The body of a status report.
pub(crate) fn status_body(mac: &str, members: &[(&str, &str)]) -> String {
    let mut body = serde_json::Map::new();
    for (name, value) in [("sessionId", "00ff00ff"), ("mac", mac), ("model", "430HD"), ("status", "started")]
    {
        body.insert(name.to_owned(), value.into());
    }
    for (name, value) in members {
        body.insert((*name).to_owned(), (*value).into());
    }
    serde_json::Value::Object(body).to_string()
}

/// The body of an alarm report with one alert.
pub(crate) fn alarm_body(mac: &str, name: &str) -> String {
    let alert = serde_json::json!({
        "name": name, "description": "Out of service", "severity": "5", "source": format!("IPPhone/{mac}"),
    });
    serde_json::json!({ "sessionId": "00ff00ff", "alerts": [alert] }).to_string()
}

pub(crate) const STATUS: &str = "/rest/v1/ipphoneMgrStatus/keep-alive";
pub(crate) const ALARM: &str = "/rest/v1/ipphoneMgrAlert/alert";
