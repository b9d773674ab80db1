//! The smallest host: an engine of its own inside another program.

use std::{error::Error, sync::Arc};

use ipp_core::{access::Caller, app::Ports, blob::MemoryBlobs, store::MemoryStore};
use ipp_http::{
    Ipp,
    clock::SystemClock,
    entropy::OsEntropy,
    listener::{self, ConnectionLimits},
    passwords::Argon2Passwords,
    vault::{KeyFile, KeyVault},
};
use tokio::sync::watch;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let entropy = Arc::new(OsEntropy::check()?);
    let vault = Arc::new(KeyVault::new(&KeyFile::generate(&*entropy), entropy.clone()));
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy,
        vault,
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(Argon2Passwords::default()),
        operators: None,
    };
    let ipp = Ipp::builder(MemoryStore::default(), ports).build().await?;

    let (stop, stopping) = watch::channel(false);
    let driver = tokio::spawn(ipp.driver().run(stopping.clone()));
    let socket = listener::bind("127.0.0.1:0".parse()?)?;
    let address = socket.local_addr()?;
    let phones = tokio::spawn(listener::serve(
        socket,
        None,
        ipp.phone_router(),
        ConnectionLimits::default(),
        stopping,
    ));

    let region = ipp.app().admin(Caller::host("ipp-embed")).create_region("Berlin".parse()?, |_| {}).await?;
    tracing::info!(%address, region = %region.name, "phones are served inside this program");
    stop.send(true)?;
    driver.await?;
    phones.await?;
    Ok(())
}
