//! A host with two engines in it, until it is interrupted.

use std::{error::Error, sync::Arc};

use ipp_examples::embed::{Directory, Ems};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt().init();
    let mut customers = Vec::new();
    for (mount, region) in [("/north", "Hamburg"), ("/south", "München")] {
        let directory = Arc::new(Directory::default());
        directory.add_account("nora", "the host's word");
        directory.name_region(1, region.parse()?);
        customers.push((mount.parse()?, directory));
    }
    let ems = Ems::start(customers).await?;
    for customer in &ems.customers {
        tracing::info!(
            administrators = %format!("http://{}{}/api/docs/", ems.address, customer.mount),
            phones = %customer.phones,
            "an engine is served"
        );
    }
    tokio::signal::ctrl_c().await?;
    ems.stop().await;
    Ok(())
}
