//! HTTP/1.1 by hand, for stubs that have to break it: one request, whole, and an answer in pieces.

use std::{fmt::Write as _, io};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Far above what a server of phones sends.
const MOST: usize = 64 * 1024;

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The method.
    pub method: String,
    /// What stands behind it in the first line.
    pub target: String,
    /// The headers in their order, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RawRequest {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The request under another target, with this as the host.
    pub fn readdressed(&self, target: &str, host: &str) -> Vec<u8> {
        let first = format!("{} {target} HTTP/1.1\r\nhost: {host}\r\n", self.method);
        let kept = self.headers.iter().filter(|(name, _)| name != "host");
        let headers = lines(kept.map(|(name, value)| (name.as_str(), value.as_str())));
        [first.as_bytes(), headers.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// Reads one request with a body of known length; `None` where the connection ends before.
pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<RawRequest>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if bytes.len() > MOST || from.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(bytes.get(..head).unwrap_or_default()).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(0).min(MOST);
    while bytes.len() < head + 4 + length {
        if from.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let body = bytes.get(head + 4..head + 4 + length).unwrap_or_default().to_vec();
    Ok(Some(RawRequest { method: method.to_owned(), target: target.to_owned(), headers, body }))
}

/// Writes an answer with a JSON body and closes.
pub async fn answer(
    to: &mut (impl AsyncWrite + Unpin),
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<()> {
    let length = body.len();
    let headers = lines(headers.iter().copied());
    let answer = format!(
        "HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}content-type: application/json\r\n\r\n{body}"
    );
    to.write_all(answer.as_bytes()).await?;
    to.shutdown().await
}

fn lines<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    headers.fold(String::new(), |mut text, (name, value)| {
        // Writing to a text cannot fail.
        write!(text, "{name}: {value}\r\n").ok();
        text
    })
}
