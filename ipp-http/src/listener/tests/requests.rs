//! What is in a request, and what is refused.

use http_body_util::BodyExt as _;
use ipp_core::blob::{Blobs as _, MemoryBlobs};

use super::*;
use crate::images::ImageCache;

#[tokio::test]
async fn handlers_see_the_address_of_the_client() {
    let show = |Extension(PeerAddr(peer)): Extension<PeerAddr>| async move { peer.to_string() };
    let router = Router::new().fallback(any(show));
    let server = Server::start(limits(), router.clone());
    let mut stream = server.connect().await;
    let here = stream.local_addr().unwrap().to_string();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(rest(stream).await.ends_with(&here));

    // A listener for both families shows IPv4 clients by their IPv4 address.
    let Ok(listener) = bind("[::]:0".parse().unwrap()) else { return };
    let port = listener.local_addr().unwrap().port();
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(serve(listener, None, router, limits(), stopping));
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    assert!(rest(stream).await.contains("\r\n\r\n127.0.0.1:"));
}

/// Old phones and scripts speak 1.0, and some close their side as soon as they have asked.
#[tokio::test]
async fn old_habits_work() {
    let server = Server::start(limits(), ok());
    let answer = server.send(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 ") && answer.contains("content-length: 2\r\n"), "{answer}");

    let slow = async || {
        sleep(SHORT).await;
        "ok"
    };
    let server = Server::start(limits(), Router::new().fallback(any(slow)));
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(rest(stream).await.ends_with("ok"));
}

/// A24: too many or too long header lines are refused before a handler sees them.
#[tokio::test]
async fn a_flood_of_header_lines_is_refused() {
    let (router, count) = counting();
    let server = Server::start(limits(), router);
    let request = |lines: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(lines)).into_bytes();
    let mut stream = server.connect().await;
    stream.write_all(&request(65)).await.unwrap();
    assert!(rest(stream).await.starts_with("HTTP/1.1 431 "));
    server.send(&request(10_000)).await;
    server.send(&[&b"GET / HTTP/1.1\r\na: "[..], &vec![b'b'; 100_000]].concat()).await;
    assert_eq!(count.load(Relaxed), 0);
}

/// A26: where two readers could disagree about the end or the host of a request, it is refused.
#[tokio::test]
async fn doubtful_requests_are_refused() {
    let (router, count) = counting();
    let server = Server::start(limits(), router);
    for head in [
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n",
        "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n folded: z\r\n",
        "GET / HTTP/1.1\r\nhost : a\r\n",
    ] {
        let answer = server.send(format!("{head}\r\n1").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.") && answer[8..].starts_with(" 400 "), "{head}: {answer}");
    }
    assert_eq!(count.load(Relaxed), 0);
}

/// A26: hyper goes by `Transfer-Encoding` where a request has both, as RFC 9112 allows, and closes
/// the connection after it, so that nothing behind it is ever taken for a request.
#[tokio::test]
async fn nothing_is_smuggled_behind_a_request_with_two_lengths() {
    for lengths in [
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    ] {
        let (router, count) = counting();
        let server = Server::start(limits(), router);
        let smuggled = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
        let request = format!("POST / HTTP/1.1\r\nhost: a\r\n{lengths}\r\n0\r\n\r\n{smuggled}");
        let answer = server.send(request.as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.contains("connection: close"));
        assert_eq!(count.load(Relaxed), 1);
    }
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let bad = any(async || assert!(std::hint::black_box(false), "on purpose"));
    let body = any(|| async { Body::new(Frames(|| panic!("on purpose"))) });
    let server = Server::start(limits(), ok().route("/handler", bad).route("/body", body));
    let answer = server.send(b"GET /handler HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("connection: close"), "{answer}");
    assert!(!server.send(b"GET /body HTTP/1.1\r\nhost: a\r\n\r\n").await.contains("\r\n0\r\n\r\n"));
    ask(&mut server.connect().await).await;
}

/// FW-24: an image goes out with its length, and one that disappears on the way is a broken download.
#[tokio::test]
async fn images_are_announced_whole_and_never_end_early_as_if_complete() {
    let blobs = MemoryBlobs::default();
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    upload.write(vec![b'x'; 600_000].into()).await.unwrap();
    let (hash, length) = upload.finish().await.unwrap();
    let cache = ImageCache::new(Arc::new(blobs.clone()), 0);
    let cached = cache.clone();
    let image = move || std::future::ready(Body::new(cached.stream(hash, 0..length)));
    let server = Server::start(limits(), Router::new().fallback(any(image)));

    let answer = server.send(b"GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains("content-length: 600000\r\n"));
    assert_eq!(answer.split("\r\n\r\n").nth(1).map(str::len), Some(600_000));
    let head = server.send(b"HEAD / HTTP/1.0\r\n\r\n").await;
    assert!(head.contains("content-length: 600000\r\n") && head.ends_with("\r\n\r\n"));

    // Of three chunks the first is cached now, and the second is not.
    cache.stream(hash, 0..1).frame().await.unwrap().unwrap();
    blobs.delete(hash).await.unwrap();
    let broken = server.send(GET).await;
    assert!(broken.contains("content-length: 600000\r\n") && broken.len() < 600_000);
}
