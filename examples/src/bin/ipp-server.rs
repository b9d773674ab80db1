//! The stand-alone server.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use ipp_core::{
    access::Caller,
    app::{AppOptions, admin::logs::Verdict, login::FIRST_ADMINISTRATOR},
    phone_model::PhoneModel,
    text::TemplateName,
};
use ipp_examples::{
    demo::{Demo, DemoOptions},
    server::{
        self, Server,
        config::Config,
        import::{Import, import},
    },
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Provisions and monitors SIP desk phones.
#[derive(Debug, Parser)]
#[command(name = "ipp-server", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve phones until interrupted
    Serve {
        /// The configuration file (TOML); defaults where none is given
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Let phones have the option 160 files without anybody having logged in
        #[arg(long)]
        initialise_provisioning: bool,
    },
    /// Show a server and simulated phones on temporary data
    Demo {
        /// Number of phones
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(3..=9_000))]
        phones: u32,
        /// End when every phone is registered; not reaching that is a failure
        #[arg(long)]
        until_registered: bool,
        /// Seconds after which the phones must be registered
        #[arg(long, default_value_t = 120)]
        within: u64,
        /// A template file that the phones of one region use
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
        /// The first line of standard output is one JSON object with all addresses
        #[arg(long)]
        json: bool,
    },
    /// Work on the accounts of administrators
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Work on the audit log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Print the `OpenAPI` document of the REST API
    Openapi,
    /// Work on phone models
    Model {
        #[command(subcommand)]
        command: ModelCommand,
    },
    /// Work on templates
    Template {
        #[command(subcommand)]
        command: TemplateCommand,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Give an administrator a new random password and open the account; its sessions end
    Recover {
        /// The name of the account
        name: String,
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was altered or taken out
    Verify {
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Add a phone model from a JSON file such as `docs/models/450HD.json`
    Import {
        /// The file
        file: PathBuf,
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum TemplateCommand {
    /// Import a template file as the default of its model in a region
    Import {
        /// The file
        file: PathBuf,
        /// The region
        #[arg(long)]
        region: String,
        /// Make the region where it does not exist
        #[arg(long)]
        create_region: bool,
        /// The template's name; the file's own description where none is given
        #[arg(long)]
        name: Option<TemplateName>,
        /// The configuration file of the server
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(arguments.command)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "ipp-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve { config, initialise_provisioning } => {
            serve(&read(config.as_deref())?, initialise_provisioning).await
        }
        Command::Demo { phones, until_registered, within, template, json } => {
            let options = DemoOptions { phones, deadline: Duration::from_secs(within), template };
            demo(&options, until_registered, json).await
        }
        Command::Admin { command: AdminCommand::Recover { name, config } } => {
            let (ipp, _folder) = server::open(&read(config.as_deref())?, AppOptions::default()).await?;
            let password = ipp.app().recover_administrator(&name).await?;
            writeln!(io::stdout(), "{name} logs in with {} and has to change it then", password.as_str())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit { command: AuditCommand::Verify { config } } => {
            let (ipp, _folder) = server::open(&read(config.as_deref())?, AppOptions::default()).await?;
            match ipp.app().admin(Caller::host("ipp-server")).verify_audit_log().await? {
                Verdict::Unbroken(entries, hash) => {
                    let hash = hash.map_or_else(String::new, |hash| format!("; the last hash is {hash}"));
                    writeln!(io::stdout(), "{entries} entries, each follows from the one before{hash}")?;
                    Ok(ExitCode::SUCCESS)
                }
                Verdict::Broken(number) => {
                    writeln!(
                        io::stdout(),
                        "entry {number} is not what was written, or those before it are gone"
                    )?;
                    Ok(ExitCode::FAILURE)
                }
            }
        }
        Command::Openapi => {
            writeln!(io::stdout(), "{}", ipp_http::admin::openapi::text())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Model { command: ModelCommand::Import { file, config } } => {
            let text =
                std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let model: PhoneModel =
                serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
            let (ipp, _folder) = server::open(&read(config.as_deref())?, AppOptions::default()).await?;
            writeln!(io::stdout(), "added the model {} ({})", model.id, model.title)?;
            ipp.app().admin(Caller::host("ipp-server")).put_model(model).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Template {
            command: TemplateCommand::Import { file, region, create_region, name, config },
        } => {
            let (ipp, _folder) = server::open(&read(config.as_deref())?, AppOptions::default()).await?;
            let what = Import { file: &file, region: &region, create_region, name };
            let (template, noticed) = import(&ipp, &what).await?;
            let mut out = io::stdout().lock();
            writeln!(out, "imported `{}` as the default of {} in {region}", template.name, template.model)?;
            for finding in noticed {
                writeln!(out, "{}:{}: {}", file.display(), finding.line, finding.message)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read(path: Option<&Path>) -> Result<Config, Failure> {
    Ok(path.map(Config::read).transpose()?.unwrap_or_default())
}

async fn serve(config: &Config, initialise_provisioning: bool) -> Result<ExitCode, Failure> {
    log(&config.log)?;
    let server = Server::start(config, AppOptions::default()).await?;
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

async fn demo(options: &DemoOptions, until_registered: bool, json: bool) -> Result<ExitCode, Failure> {
    log("warn")?;
    let demo = Demo::start(options).await?;
    if json {
        writeln!(io::stdout(), "{}", serde_json::to_string(demo.addresses())?)?;
    } else {
        write!(io::stdout(), "{}", demo.server)?;
        if let Some(password) = &demo.server.first_password {
            write!(io::stdout(), "{}", first_login(password.as_str()))?;
        }
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
