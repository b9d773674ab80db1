//! Deadlines that follow what a connection does: heads that must come, answers that must leave.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant as TokioInstant, Sleep as TokioSleep},
};

use super::ConnectionLimits;

/// The stream of a connection, below TLS. It counts what arrives, and fails when the client does
/// not take an answer at the least pace.
pub(super) struct Paced<T> {
    stream: T,
    arrived: Arc<AtomicU64>,
    window: Duration,
    minimum: usize,
    /// Set while the client keeps us waiting: the end of the current window.
    blocked: Option<Pin<Box<TokioSleep>>>,
    /// Bytes that left in the current window.
    left: usize,
}

impl<T> Paced<T> {
    pub(super) fn new(stream: T, limits: &ConnectionLimits) -> Self {
        let (window, minimum) = (limits.write_window, limits.write_minimum);
        Self { stream, arrived: Arc::default(), window, minimum, blocked: None, left: 0 }
    }

    /// The timer for hyper's limit on heads of this connection.
    pub(super) fn head_timer(&self, limits: &ConnectionLimits) -> HeadTimer {
        HeadTimer {
            arrived: self.arrived.clone(),
            head: limits.head,
            kept_alive: AtomicBool::new(false),
            idle: Arc::default(),
        }
    }

    fn wrote(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = &result {
            self.left += count;
        }
        if result.is_ready() {
            return result;
        }
        if self.blocked.is_none() {
            self.left = 0;
        }
        let window = self.window;
        let end = self.blocked.get_or_insert_with(|| Box::pin(tokio::time::sleep(window)));
        while end.as_mut().poll(cx).is_ready() {
            if self.left < self.minimum {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.left = 0;
            end.as_mut().reset(TokioInstant::now() + window);
        }
        Poll::Pending
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.arrived.fetch_add((buffer.filled().len() - before) as u64, Relaxed);
        result
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Flushing means that everything was taken: the client keeps us waiting no longer.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        if result.is_ready() {
            self.blocked = None;
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Hyper asks for a sleep when it begins to wait for a head, and drops it when the head is complete.
/// It asks for the idle limit; this timer shortens it to that of the head once a byte arrives, and
/// for the first head of a connection from the beginning.
///
/// The runtime's sleep stays where it is between two heads: to move a deadline on is much less work
/// than to take it out and put in another one for each request. At worst it wakes a connection for
/// nothing while a long answer is on its way.
pub(super) struct HeadTimer {
    arrived: Arc<AtomicU64>,
    head: Duration,
    kept_alive: AtomicBool,
    idle: Arc<Idle>,
}

/// The sleep that no head needs at present.
type Idle = Mutex<Option<Pin<Box<TokioSleep>>>>;

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let deadline = TokioInstant::from(deadline);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sleep = match idle {
            Some(mut sleep) => {
                sleep.as_mut().reset(deadline);
                sleep
            }
            None => Box::pin(tokio::time::sleep_until(deadline)),
        };
        let mut sleep = HeadSleep {
            sleep: Some(sleep),
            arrived: self.arrived.clone(),
            before: Some(self.arrived.load(Relaxed)),
            head: self.head,
            idle: self.idle.clone(),
        };
        if !self.kept_alive.swap(true, Relaxed) {
            sleep.begin();
        }
        Box::pin(sleep)
    }

    fn now(&self) -> Instant {
        TokioInstant::now().into_std()
    }
}

struct HeadSleep {
    /// `None` only while it is dropped.
    sleep: Option<Pin<Box<TokioSleep>>>,
    arrived: Arc<AtomicU64>,
    /// What had arrived before this head; `None` once its deadline counts.
    before: Option<u64>,
    head: Duration,
    idle: Arc<Idle>,
}

impl HeadSleep {
    fn begin(&mut self) {
        self.before = None;
        if let Some(sleep) = &mut self.sleep {
            let deadline = (TokioInstant::now() + self.head).min(sleep.deadline());
            sleep.as_mut().reset(deadline);
        }
    }
}

impl Future for HeadSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.before.is_some_and(|before| before != self.arrived.load(Relaxed)) {
            self.begin();
        }
        self.sleep.as_mut().map_or(Poll::Ready(()), |sleep| sleep.as_mut().poll(cx))
    }
}

impl Drop for HeadSleep {
    fn drop(&mut self) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = self.sleep.take();
    }
}

impl Sleep for HeadSleep {}
