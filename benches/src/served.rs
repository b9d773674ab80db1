//! Servers side by side: requests a second, and what each request costs the server's process.
//!
//! Each server is a process of its own, so that the load is not counted as its work.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
    time::Instant,
};

use crate::{cpu_time_of, median, print, shown};

/// What is asked of one server in a round.
#[derive(Debug)]
pub struct Target {
    /// What it is.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// The process that is measured.
    pub process: u32,
    /// The request as it is sent, its head and no body.
    pub request: String,
    /// The status that every answer must have.
    pub status: u16,
}

/// How much is asked of each server in a round.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Requests in all.
    pub requests: u32,
    /// Connections that share them.
    pub connections: u32,
    /// Rounds that count.
    pub rounds: usize,
}

/// An answer as it came.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its head, as sent.
    pub head: String,
    /// How many bytes its body has.
    pub length: usize,
}

/// A request for a path; `more` are further header lines, each with its line end.
pub fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

/// Asks for a path once; the answer and its body.
pub async fn fetch(address: SocketAddr, path: &str) -> std::io::Result<(Answer, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(get(path, "Connection: close\r\n").as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let end = end_of_head(&bytes).ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let body = bytes.split_off(end);
    match Answer::of(&bytes) {
        answer if answer.status == 200 => Ok((answer, body)),
        answer => Err(std::io::Error::other(format!("{path} answered {}", answer.status))),
    }
}

/// Asks all servers in turn for so many rounds, after one that does not count, and prints the median
/// of each, and the median of its ratios to the first server in the same round.
///
/// # Panics
///
/// Where an answer is not as expected: a figure for errors would be worth nothing.
pub fn compare(runtime: &Runtime, title: &str, load: Load, targets: &[Target]) {
    let mut rounds: Vec<Vec<[f64; 2]>> = vec![Vec::new(); targets.len()];
    for round in 0..=load.rounds {
        for (target, costs) in targets.iter().zip(&mut rounds) {
            let before = cpu_time_of(target.process);
            let time = runtime.block_on(run(target, load));
            let cpu = cpu_time_of(target.process).saturating_sub(before);
            if round > 0 {
                let each = |time: Duration| time.as_secs_f64() / f64::from(load.requests);
                costs.push([each(time), each(cpu)]);
            }
        }
    }
    let mut out = format!(
        "\n{title} ({} connections, {} rounds; ratios to the first row)\n{:<50} {:>12} {:>7} {:>14} {:>7}\n",
        load.connections, load.rounds, "", "requests/s", "", "CPU/request", ""
    );
    for (target, costs) in targets.iter().zip(&rounds) {
        let middle =
            |at: usize| median(&costs.iter().filter_map(|cost| cost.get(at).copied()).collect::<Vec<_>>());
        let ratio = |at: usize| {
            let base = rounds.first().into_iter().flatten();
            let ratios = costs.iter().zip(base).filter_map(|(own, base)| Some(own.get(at)? / base.get(at)?));
            median(&ratios.collect::<Vec<_>>())
        };
        let _ = writeln!(
            out,
            "{:<50} {:>12.0}  x{:.2} {:>14}  x{:.2}",
            target.name,
            1.0 / middle(0),
            1.0 / ratio(0),
            shown(middle(1)),
            ratio(1)
        );
    }
    print(&out);
}

async fn run(target: &Target, load: Load) -> Duration {
    let mut connections = JoinSet::new();
    let began = Instant::now();
    for number in 0..load.connections {
        let (address, request, status) = (target.address, target.request.clone(), target.status);
        let share = (number..load.requests).step_by(load.connections as usize).len();
        connections.spawn(async move {
            let mut connection = Connection::open(address).await?;
            for _ in 0..share {
                let answer = connection.ask(&request).await?;
                if answer.status != status {
                    return Err(std::io::Error::other(format!("answered {}", answer.status)));
                }
            }
            Ok(())
        });
    }
    for ended in connections.join_all().await {
        assert!(ended.is_ok(), "{}: {ended:?}; the figure would be worth nothing", target.name);
    }
    began.elapsed()
}

/// A kept connection that reads answers with as little work as can be.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1024] })
    }

    async fn ask(&mut self, request: &str) -> std::io::Result<Answer> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut filled = 0;
        let (answer, mut got) = loop {
            let read = self.read(filled).await?;
            filled += read;
            let here = self.buffer.get(..filled).unwrap_or_default();
            if let Some(end) = end_of_head(here) {
                break (Answer::of(here.get(..end).unwrap_or_default()), filled - end);
            }
        };
        while got < answer.length {
            got += self.read(0).await?;
        }
        Ok(answer)
    }

    async fn read(&mut self, from: usize) -> std::io::Result<usize> {
        match self.stream.read(self.buffer.get_mut(from..).unwrap_or_default()).await? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

impl Answer {
    fn of(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let answer = Self { status, head, length: 0 };
        // Without a body, an answer may still tell the length that it would have.
        let length = if status == 304 { 0 } else { answer.header("content-length").parse().unwrap_or(0) };
        Self { length, ..answer }
    }

    /// The value of a header, empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// Where the body begins, once the head is complete.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}
