//! Places, the beginning and the end of a listener.

use super::*;

/// A24: above the cap of a source its connections are refused at once, and others are served.
#[tokio::test]
async fn one_source_cannot_take_all_places() {
    let server = Server::start(ConnectionLimits { per_source: 1, ..limits() }, ok());
    let mut first = server.connect().await;
    ask(&mut first).await;
    let refused = rest(server.connect().await).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 10"), "{refused}");

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    ask(&mut socket.connect(server.address).await.unwrap()).await;

    drop(first);
    while server.send(b"GET / HTTP/1.0\r\n\r\n").await.starts_with("HTTP/1.1 503 ") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_crowded_listener_keeps_no_connection_alive_and_a_full_one_refuses() {
    let server = Server::start(ConnectionLimits { total: 4, ..limits() }, ok());
    let _first = server.connect().await;
    let mut second = server.connect().await;
    assert!(!ask(&mut second).await.contains("connection: close"));
    let mut third = server.connect().await;
    assert!(ask(&mut third).await.contains("connection: close"));
    assert_eq!(rest(third).await, "");

    let _more = [server.connect().await, server.connect().await];
    assert!(rest(server.connect().await).await.starts_with("HTTP/1.1 503 "));
}

/// A running request finishes, silent and idle connections do not hold the end up, and nothing new
/// comes in.
#[tokio::test]
async fn shutdown_finishes_what_runs_and_refuses_the_rest() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (entered.clone(), leave.clone());
    let handler = async move || {
        gates.0.notify_one();
        gates.1.notified().await;
        "ok"
    };
    let server = Server::start(limits(), ok().route("/slow", any(handler)));
    let (_silent, mut half) = (server.connect().await, server.connect().await);
    half.write_all(b"GET / HT").await.unwrap();
    let mut idle = server.connect().await;
    ask(&mut idle).await;
    let mut running = server.connect().await;
    running.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    entered.notified().await;

    server.stop.send(true).unwrap();
    assert_eq!(rest(idle).await, "");
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.running.is_finished());
    leave.notify_one();
    let answer = rest(running).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("ok"), "{answer}");
    server.running.await.unwrap();
}

#[tokio::test]
async fn shutdown_cuts_off_what_does_not_finish_in_time() {
    let entered = Arc::new(Notify::new());
    let gate = entered.clone();
    let handler = async move || {
        gate.notify_one();
        std::future::pending::<()>().await;
    };
    let server =
        Server::start(ConnectionLimits { drain: SHORT, ..limits() }, Router::new().fallback(any(handler)));
    let mut running = server.connect().await;
    running.write_all(GET).await.unwrap();
    entered.notified().await;
    drop(server.stop);
    server.running.await.unwrap();
    assert_eq!(rest(running).await, "");
}

/// PRT-05: what is wrong with a configured port is said with what to do.
#[tokio::test]
async fn an_address_that_cannot_be_used_is_named() {
    let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = first.local_addr().unwrap();
    let error = bind(address).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()) && error.to_string().contains("another port"));
    let error = bind("192.0.2.1:8080".parse().unwrap()).unwrap_err();
    assert!(error.to_string().contains("192.0.2.1:8080"), "{error}");
}

#[test]
fn running_out_of_descriptors_pauses_and_a_lost_connection_does_not() {
    assert!(pause_after(&io::Error::other("too many open files")).is_some());
    assert!(pause_after(&io::ErrorKind::OutOfMemory.into()).is_some());
    assert!(pause_after(&io::ErrorKind::ConnectionAborted.into()).is_none());
}
