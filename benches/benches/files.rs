//! A phone fetches its published file, against a bare handler that answers the same bytes.

use std::{net::SocketAddr, time::Duration};

use axum::Router;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use ipp_benches::{Subject, compare, load};
use ipp_examples::{
    demo::{Demo, DemoOptions},
    fleet::{FleetOptions, Phone},
};

const REQUESTS: usize = 30_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let demo = runtime.block_on(Demo::start(&DemoOptions { phones: 3, ..DemoOptions::default() }))?;
    runtime.block_on(demo.wait_registered(Duration::from_secs(30)));
    let server: SocketAddr = demo.addresses().files.trim_start_matches("http://").parse()?;
    let path = runtime.block_on(own_url(&demo))?;
    let (etag, body) = runtime.block_on(fetch(server, &path))?;
    let bare = runtime.block_on(serve(body))?;
    let get = |path: &str| {
        let path = path.to_owned();
        move |_| Request::get(&path).header("host", "x").body(Full::default()).unwrap_or_default()
    };
    let (plain, own) = (get("/"), get(&path));
    let conditional = move |_| {
        Request::get(&path)
            .header("host", "x")
            .header("if-none-match", &etag)
            .body(Full::default())
            .unwrap_or_default()
    };
    compare(
        "GET of a published file, 64 connections",
        7,
        &mut [
            Subject::new("bare handler, the same bytes ready", || {
                runtime.block_on(load::run(bare, REQUESTS, StatusCode::OK, plain.clone()))
            }),
            Subject::new("the phone surface, rendered on request", || {
                runtime.block_on(load::run(server, REQUESTS, StatusCode::OK, own.clone()))
            }),
            Subject::new("the phone surface, not modified", || {
                runtime.block_on(load::run(server, REQUESTS, StatusCode::NOT_MODIFIED, conditional.clone()))
            }),
        ],
    );
    runtime.block_on(demo.stop());
    Ok(())
}

/// A factory-new phone boots and learns the URL of its own file.
async fn own_url(demo: &Demo) -> Result<String, Failure> {
    let files = &demo.addresses().files;
    let option160 = format!("{files}/firmwarefiles;ipp/region/Hong%20Kong");
    let options = FleetOptions::new(&option160, 1).first(5_000).users_from(500_000).quirks(false);
    let mut phone = Phone::new(options.phone(5_000));
    phone.boot(&option160).await?;
    let folder =
        phone.config().get("provisioning/configuration/url").ok_or("the phone has no configuration URL")?;
    Ok(format!("{}{}.cfg", folder.trim_start_matches(files.as_str()), phone.identity().mac()))
}

async fn fetch(to: SocketAddr, path: &str) -> Result<(String, Bytes), Failure> {
    let stream = tokio::net::TcpStream::connect(to).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(path).header("host", "x").body(Full::<Bytes>::default())?;
    let answer = sender.send_request(request).await?;
    if answer.status() != StatusCode::OK {
        return Err(format!("{path} answered {}", answer.status()).into());
    }
    let etag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
    Ok((etag, answer.into_body().collect().await?.to_bytes()))
}

async fn serve(body: Bytes) -> Result<SocketAddr, Failure> {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let router = Router::new().fallback(move || std::future::ready(body.clone()));
    tokio::spawn(async move { axum::serve(socket, router).await });
    Ok(address)
}
