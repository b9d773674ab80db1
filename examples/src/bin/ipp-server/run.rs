//! What runs until it is interrupted: the server, and the demonstration.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    time::Duration,
};

use ipp_core::app::login::FIRST_ADMINISTRATOR;
use ipp_examples::{
    demo::{Demo, DemoOptions},
    server::{Server, config::Config},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Failure;

/// Serves phones and administrators.
pub(crate) async fn serve(config: &Config, initialise_provisioning: bool) -> Result<ExitCode, Failure> {
    log(&config.log)?;
    let server = Server::start(config, config.options()).await?;
    if initialise_provisioning {
        server.ipp.app().initialise_provisioning().await?;
    }
    // Whoever reads the first line may already ask for the end.
    let mut interrupt = Interrupt::listen()?;
    let password = server.first_password.as_ref().map(|password| first_login(password.as_str()));
    // In one piece; and whoever does not read it does not stop the server.
    let _ = io::stdout().write_all(format!("{server}{}", password.unwrap_or_default()).as_bytes());
    interrupt.arrived().await;
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Shows a server and simulated phones.
pub(crate) async fn demo(
    options: &DemoOptions,
    until_registered: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    log("warn")?;
    let demo = Demo::start(options).await?;
    if json {
        writeln!(io::stdout(), "{}", serde_json::to_string(demo.addresses())?)?;
    } else {
        write!(io::stdout(), "{}", demo.server)?;
        if let Some(password) = &demo.server.first_password {
            write!(io::stdout(), "{}", first_login(password.as_str()))?;
        }
        writeln!(io::stdout(), "console: {}", demo.addresses().console)?;
        writeln!(io::stdout(), "data in {} until the demonstration ends", demo.addresses().data_dir)?;
    }
    let mut interrupt = Interrupt::listen()?;
    let mut done = false;
    tokio::select! {
        () = progress(&demo) => {}
        all = demo.wait_registered(options.deadline) => done = all,
        () = interrupt.arrived() => {}
    }
    let report = demo.report().await?;
    write!(io::stdout(), "{report}")?;
    let success = done && report.all_registered();
    if !until_registered {
        writeln!(io::stdout(), "the phones go on reporting; interrupt to end")?;
        interrupt.arrived().await;
    }
    demo.stop().await;
    Ok(if success || !until_registered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is said once, at the first start (LGN-02).
fn first_login(password: &str) -> String {
    format!("first start: log in as {FIRST_ADMINISTRATOR} with {password}, which is shown this once\n")
}

/// Shows on a terminal how far the phones are; never ends.
async fn progress(demo: &Demo) {
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if io::stderr().is_terminal() {
            let (registered, phones) = demo.progress();
            let _ = write!(io::stderr(), "\r{registered} of {phones} phones are registered ");
        }
    }
}

/// An interrupt, or a request to terminate, from when this is made on.
struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn arrived(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn log(filter: &str) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|error| format!("`log`: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init()
        .map_err(|error| error.to_string())?;
    Ok(())
}
