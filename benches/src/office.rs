//! 10,000 phones that are entered, in a store on a disk.

use std::sync::Arc;

use ipp_core::{
    access::Caller,
    app::{
        App, AppOptions, Ports,
        admin::{devices::NewDevice, set_up::Reachable, users::NewUser},
    },
    blob::MemoryBlobs,
    host::Host,
    outbound::MemoryPhoneClient,
    settings::Scheme,
    store::Store,
};
use ipp_http::{
    clock::SystemClock,
    entropy::OsEntropy,
    vault::{KeyFile, KeyVault},
};

/// What may go wrong while it is made.
pub type Failure = Box<dyn std::error::Error>;

/// How many phones there are.
pub const PHONES: u32 = 10_000;

/// 10,000 users with a phone each in an open region, where a phone needs no token to have a file.
///
/// # Errors
///
/// Where the store cannot be written.
pub async fn fleet<S: Store>(store: S) -> Result<App<S>, Failure> {
    let entropy = Arc::new(OsEntropy::check()?);
    let vault = Arc::new(KeyVault::new(&KeyFile::generate(&*entropy), entropy.clone()));
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        entropy,
        vault,
        blobs: Arc::new(MemoryBlobs::default()),
        passwords: Arc::new(ipp_core::passwords::PlainPasswords),
        phones: Arc::new(MemoryPhoneClient::default()),
        host: Host::default(),
    };
    let app = App::open(store, ports, AppOptions::default()).await?;
    let reachable = Reachable {
        address: "10.0.0.1".parse()?,
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: Scheme::Http,
    };
    app.set_up(&reachable).await?;
    let networks = vec!["10.0.0.0/8".parse()?];
    let region = app
        .admin(Caller::host("bench"))
        .create_region("Berlin".parse()?, |region| {
            region.identity = ipp_core::region::Identity::Open;
            region.networks = networks;
        })
        .await?;
    for phone in 0..PHONES {
        let name = format!("{}", 100_000 + phone);
        let user = NewUser {
            name: name.parse()?,
            display_name: name.parse()?,
            region: region.id,
            password: Some("1234".into()),
        };
        let user = app.admin(Caller::host("bench")).create_user(user).await?;
        let mac = format!("00908f{phone:06x}").parse()?;
        app.admin(Caller::host("bench"))
            .create_device(NewDevice {
                mac,
                model: "430HD".parse()?,
                user: user.id,
                display_name: user.display_name,
            })
            .await?;
    }
    Ok(app)
}
