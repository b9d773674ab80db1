//! TLS.

use super::*;

/// PRT-02: the certificate that the server made itself is good for clients that trust it, old and new
/// versions of TLS work, plain HTTP does not, and a handshake that stands still holds up nobody.
#[tokio::test]
async fn tls_with_a_self_made_certificate() {
    let made = SelfMade::for_names(["ipp.example", "127.0.0.1"], SystemClock::new().now().wall).unwrap();
    let tls = Some(made.configure().unwrap());
    let server = Server::with(limits(), ok(), tls.clone());
    let _silent = server.connect().await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for name in ["ipp.example", "127.0.0.1"] {
            let name = ServerName::try_from(name).unwrap();
            let connector = trusting(&made, &[version]);
            let mut stream = connector.connect(name, server.connect().await).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
            ask(&mut stream).await;
        }
    }
    assert!(!server.send(GET).await.contains("HTTP/"));

    let server = Server::with(ConnectionLimits { handshake: SHORT, ..limits() }, ok(), tls);
    assert_eq!(rest(server.connect().await).await, "");
}

/// The validity lies around the moment the certificate was made for.
#[tokio::test]
async fn a_certificate_of_another_time_is_not_accepted() {
    let now = SystemClock::new().now().wall;
    for then in
        [now.plus(Duration::from_hours(2)), now.minus(crate::tls::SELF_MADE_FOR), Timestamp::default()]
    {
        let made = SelfMade::for_names(["ipp.example"], then).unwrap();
        let server = Server::with(limits(), ok(), Some(made.configure().unwrap()));
        let name = ServerName::try_from("ipp.example").unwrap();
        let connector = trusting(&made, &[&rustls::version::TLS13]);
        assert!(connector.connect(name, server.connect().await).await.is_err(), "{then}");
    }
}
