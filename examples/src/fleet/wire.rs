//! A TCP connection that is counted, and slowed down where the phone is slow.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::meter::Meter;

#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    meter: Arc<Meter>,
    pace: Option<Pace>,
}

#[derive(Debug)]
struct Pace {
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl Wire {
    /// With a pace, one byte leaves per interval.
    pub(super) fn new(stream: TcpStream, meter: Arc<Meter>, every: Option<Duration>) -> Self {
        let pace = every.map(|every| Pace { every, next: Box::pin(sleep(every)) });
        Self { stream, meter, pace }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        self.meter.read(buf.filled().len() - before);
        Poll::Ready(result)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut part = bytes;
        if let Some(pace) = &mut self.pace {
            ready!(pace.next.as_mut().poll(cx));
            part = &bytes[..bytes.len().min(1)];
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, part))?;
        self.meter.written(written);
        if let Some(pace) = &mut self.pace {
            let next = Instant::now() + pace.every;
            pace.next.as_mut().reset(next);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
