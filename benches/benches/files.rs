//! Files for phones over real HTTP, against nginx with the same files on disk and against a bare
//! handler with the same bytes ready. Each server has one thread of a process of its own.

use std::{io::Read as _, net::SocketAddr, time::Duration};

use axum::Router;
use bytes::Bytes;
use ipp_benches::{
    print,
    process::{self, Nginx},
    served::{Load, Target, compare, fetch, get},
};
use ipp_core::access::Caller;
use ipp_examples::{
    demo::{Demo, DemoOptions},
    fleet::{FleetOptions, ImageHeader, Phone},
};

/// The argument that makes this program the server that is measured.
const SERVE: &str = "serve";
const IMAGE: &str = "big.img";
const MIB: usize = 1024 * 1024;
/// The parts of an image; all but the first are the same.
const PARTS: usize = 20;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == SERVE) {
        return serve();
    }
    let (process, said) = process::again(SERVE)?;
    let [own, bare, path] = *said.split_whitespace().collect::<Vec<_>>() else {
        return Err("the server process did not say where it listens".into());
    };
    let (own, bare): (SocketAddr, SocketAddr) = (own.parse()?, bare.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (_, file) = runtime.block_on(fetch(own, path))?;
    let image = image();
    let nginx = Nginx::start(&[("file.cfg", &file), (IMAGE, &image.concat())])?;
    if nginx.is_none() {
        print(
            "nginx is not installed: the bare handler is the first row, and nothing is said about the goals",
        );
    }
    // nginx, if it is there, is the first row; then the bare handler; then the phone surface.
    let peers = |nginx_path: &str, own_path: &str, status: u16| -> Result<Vec<Target>, Failure> {
        let target = |name, address, process, path: &str| -> Result<Target, Failure> {
            let mut request = get(path, "");
            if status == 304 {
                let (answer, _) = runtime.block_on(fetch(address, path))?;
                request = get(path, &format!("If-None-Match: {}\r\n", answer.header("etag")));
            }
            Ok(Target { name, address, process, request, status })
        };
        let mut targets = Vec::new();
        if let Some(nginx) = &nginx {
            targets.push(target("nginx, the same file on disk", nginx.plain, nginx.id(), nginx_path)?);
            targets.push(target("nginx, keeping open files", nginx.cached, nginx.id(), nginx_path)?);
        }
        // It knows no conditions and answers any path with the small file.
        if status == 200 && own_path == path {
            targets.push(target("bare handler, the same bytes ready", bare, process.id(), "/")?);
        }
        targets.push(target("the phone surface", own, process.id(), own_path)?);
        Ok(targets)
    };
    let small = Load { requests: 40_000, connections: 64, rounds: 9 };
    let title = format!("GET of a published file of {} bytes, rendered on request", file.len());
    compare(&runtime, &title, small, &peers("/file.cfg", path, 200)?);
    compare(&runtime, "The same, not modified", small, &peers("/file.cfg", path, 304)?);
    let large = Load { requests: 96, connections: 8, rounds: 9 };
    let firmware = format!("/firmwarefiles/{IMAGE}");
    compare(&runtime, "Firmware of 20 MiB", large, &peers(&format!("/{IMAGE}"), &firmware, 200)?);
    Ok(())
}

/// The server that is measured: the demonstration and, beside it, the bare handler, both on one
/// thread, until the input ends.
fn serve() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let demo = Demo::start(&DemoOptions { phones: 3, ..DemoOptions::default() }).await?;
        demo.wait_registered(Duration::from_secs(30)).await;
        let mut parts = image().into_iter().map(Bytes::from);
        demo.server
            .ipp
            .app()
            .admin(Caller::host("bench"))
            .put_firmware(IMAGE.parse()?, None, async || parts.next())
            .await?;
        let own: SocketAddr = demo.addresses().files.trim_start_matches("http://").parse()?;
        let path = own_url(&demo).await?;
        let bare = bare(fetch(own, &path).await?.1.into()).await?;
        print(&format!("{own} {bare} {path}"));
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ended.send(())
        });
        let _ = end.await;
        demo.stop().await;
        Ok(())
    })
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

async fn bare(body: Bytes) -> Result<SocketAddr, Failure> {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let router = Router::new().fallback(move || std::future::ready(body.clone()));
    tokio::spawn(async move { axum::serve(socket, router).await });
    Ok(address)
}

/// A firmware image in parts: a true header, and bodies that only look like one.
fn image() -> Vec<Vec<u8>> {
    let header = ImageHeader { model: "420HD".to_owned(), version: "2.2.16.704".to_owned() };
    let mut parts = vec![vec![0x5a; MIB]; PARTS];
    if let Some(first) = parts.first_mut() {
        first.splice(..header.to_bytes().len(), header.to_bytes());
    }
    parts
}
