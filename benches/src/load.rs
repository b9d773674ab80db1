//! A load of HTTP/1.1 requests over kept connections, from the same process.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};

/// How many connections are used at once.
pub const CONNECTIONS: usize = 64;

/// Sends `requests` requests over [`CONNECTIONS`] connections; answers the time per request.
///
/// # Panics
///
/// Where an answer is not `expected`: a figure for errors would be worth nothing.
pub async fn run(
    to: SocketAddr,
    requests: usize,
    expected: StatusCode,
    request: impl Fn(usize) -> Request<Full<Bytes>> + Clone + Send + Sync + 'static,
) -> Duration {
    let mut workers = JoinSet::new();
    let began = Instant::now();
    for worker in 0..CONNECTIONS {
        let request = request.clone();
        workers.spawn(async move {
            let Ok(stream) = TcpStream::connect(to).await else { return false };
            let _ = stream.set_nodelay(true);
            let Ok((mut sender, connection)) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await
            else {
                return false;
            };
            tokio::spawn(connection);
            for number in (worker..requests).step_by(CONNECTIONS) {
                let Ok(answer) = sender.send_request(request(number)).await else { return false };
                if answer.status() != expected || answer.into_body().collect().await.is_err() {
                    return false;
                }
            }
            true
        });
    }
    let all = workers.join_all().await.into_iter().all(|good| good);
    assert!(all, "a request was not answered as expected; the figure would be worth nothing");
    began.elapsed() / u32::try_from(requests).unwrap_or(u32::MAX)
}
