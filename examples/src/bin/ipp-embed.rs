//! The smallest host: an engine of its own inside another program, whose accounts log in to it.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::Ports,
    blob::MemoryBlobs,
    operators::{Asking, HostOperator, Operators},
    store::MemoryStore,
};
use ipp_http::{
    Ipp,
    clock::SystemClock,
    entropy::OsEntropy,
    listener::{self, ConnectionLimits},
    passwords::Argon2Passwords,
    vault::{KeyFile, KeyVault},
};
use tokio::sync::watch;

/// The host's own accounts (LGN-03): it checks passwords as it always did, and says what each account
/// may do here. Whoever has no account there has none here.
#[derive(Debug)]
struct EmsAccounts {
    passwords: BTreeMap<&'static str, &'static str>,
}

impl EmsAccounts {
    fn operator(&self, name: &str) -> Option<HostOperator> {
        let (name, _) = self.passwords.get_key_value(name)?;
        Some(HostOperator {
            subject: (*name).to_owned(),
            name: (*name).to_owned(),
            role: Role::Regional { level: RegionalLevel::Operator, regions: Regions::All },
            reveal_secrets: false,
        })
    }
}

impl Operators for EmsAccounts {
    fn log_in<'a>(&'a self, name: &'a str, password: &'a str) -> Asking<'a, Option<HostOperator>> {
        let known = self.passwords.get(name).is_some_and(|own| *own == password);
        Box::pin(std::future::ready(Ok(self.operator(name).filter(|_| known))))
    }

    fn find<'a>(&'a self, subject: &'a str) -> Asking<'a, Option<HostOperator>> {
        Box::pin(std::future::ready(Ok(self.operator(subject))))
    }
}

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
        operators: Some(Arc::new(EmsAccounts { passwords: BTreeMap::from([("nora", "the host's word")]) })),
    };
    let ipp = Ipp::builder(MemoryStore::default(), ports).build().await?;

    let (stop, stopping) = watch::channel(false);
    let driver = tokio::spawn(ipp.driver().run(stopping.clone()));
    let socket = listener::bind("127.0.0.1:0".parse()?)?;
    let address = socket.local_addr()?;
    let phones = tokio::spawn(listener::serve(
        socket,
        None,
        ipp.web_service(false),
        ConnectionLimits::default(),
        stopping,
    ));

    let region = ipp.app().admin(Caller::host("ipp-embed")).create_region("Berlin".parse()?, |_| {}).await?;
    tracing::info!(%address, region = %region.name, "phones are served inside this program");
    let session = ipp.app().log_in("nora", "the host's word", address.ip()).await?;
    tracing::info!(name = session.who.caller.name(), level = %session.who.caller.level(), "logged in");
    stop.send(true)?;
    driver.await?;
    phones.await?;
    Ok(())
}
