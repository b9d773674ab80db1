//! Clients that are slow or silent.

use super::*;

/// A24: a head that comes byte by byte does not hold a connection, neither the first on it nor one
/// after an answer.
#[tokio::test]
async fn a_slow_head_is_cut_off() {
    let server = Server::start(ConnectionLimits { head: SHORT, ..limits() }, ok());
    for answered_before in [false, true] {
        let mut stream = server.connect().await;
        if answered_before {
            ask(&mut stream).await;
        }
        let (mut read, mut write) = stream.split();
        let drip = async {
            while write.write_all(b"G").await.is_ok() {
                sleep(SHORT / 8).await;
            }
        };
        let mut answer = Vec::new();
        tokio::select! {
            _ = read.read_to_end(&mut answer) => {}
            () = drip => {}
        }
        assert!(answer.is_empty());
    }
    assert_eq!(rest(server.connect().await).await, "", "a connection that says nothing");
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_its_own_limit() {
    let server = Server::start(ConnectionLimits { idle: SHORT, ..limits() }, ok());
    let mut stream = server.connect().await;
    ask(&mut stream).await;
    assert_eq!(rest(stream).await, "");

    let server = Server::start(ConnectionLimits { head: SHORT, ..limits() }, ok());
    let mut stream = server.connect().await;
    ask(&mut stream).await;
    sleep(2 * SHORT).await;
    ask(&mut stream).await;
}

/// A24: a client that does not read does not hold the answer.
#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let made = SelfMade::for_names(["localhost"], SystemClock::new().now().wall).unwrap();
    for tls in [None, Some(made.configure().unwrap())] {
        let (begun, mut begins) = mpsc::unbounded_channel();
        let endless = move || {
            let begun = begun.clone();
            begun.send(()).unwrap();
            let frame = Bytes::from(vec![0; 65_536]);
            std::future::ready(Body::new(Frames(move || {
                let _held_by_the_answer = &begun;
                frame.clone()
            })))
        };
        let client = tls.as_ref().map(|_| trusting(&made, &[&rustls::version::TLS13]));
        let slow = ConnectionLimits { write_window: SHORT, write_minimum: 1, ..limits() };
        let server = Server::with(slow, Router::new().fallback(any(endless)), tls);
        let stream = server.connect().await;
        let mut client: Box<dyn AsyncWrite + Unpin> = match client {
            Some(client) => Box::new(client.connect("localhost".try_into().unwrap(), stream).await.unwrap()),
            None => Box::new(stream),
        };
        client.write_all(GET).await.unwrap();
        assert_eq!(begins.recv().await, Some(()));
        server.stop.send(true).unwrap();
        assert_eq!(begins.recv().await, None, "the answer is dropped");
        server.running.await.unwrap();
    }
}
