//! The stand-alone server.

mod admin;
mod backup;
mod key;
mod restore;
mod run;
mod template;
mod work;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::OnceLock,
    time::Duration,
};

use clap::{Parser, Subcommand};
use ipp_examples::{
    demo::DemoOptions,
    server::{COMMAND_LINE, config::Config},
};

/// Provisions and monitors SIP desk phones.
#[derive(Debug, Parser)]
#[command(name = "ipp-server", version)]
struct Arguments {
    /// The database, in the place of the configuration's: `postgres://USER@HOST/NAME`, or `sqlite:FILE`. What
    /// stands here, other users of this machine see; a password belongs into the configuration file
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
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
        command: admin::Command,
    },
    /// Work on the audit log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Make one file of everything that the server keeps; it may go on serving
    Backup(backup::Options),
    /// Put what a backup holds into a data folder that has nothing yet
    Restore(restore::Options),
    /// Work on the keys under which secrets are sealed
    Key {
        #[command(subcommand)]
        command: key::Command,
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
        command: template::Command,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was altered or taken out
    Verify {
        /// A log that was exported, instead of the one of the server
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        file: Option<PathBuf>,
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

/// The database of the command line, for every command that reads a configuration.
static DATABASE: OnceLock<String> = OnceLock::new();

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(url) = arguments.database {
        // Nothing was set before.
        drop(DATABASE.set(url));
    }
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(command(arguments.command)));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "ipp-server: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn command(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve { config, initialise_provisioning } => {
            run::serve(&read(config.as_deref())?, initialise_provisioning).await
        }
        Command::Demo { phones, until_registered, within, template, json } => {
            let (deadline, database) = (Duration::from_secs(within), DATABASE.get().cloned());
            let options = DemoOptions { phones, deadline, template, database };
            run::demo(&options, until_registered, json).await
        }
        Command::Admin { command } => admin::run(command).await,
        Command::Audit { command: AuditCommand::Verify { file: Some(file), config: _ } } => {
            work::verify_export(&file)
        }
        Command::Audit { command: AuditCommand::Verify { file: None, config } } => {
            work::verify(&read(config.as_deref())?).await
        }
        Command::Backup(options) => backup::run(&options).await,
        Command::Restore(options) => restore::run(&options).await,
        Command::Key { command } => key::run(command).await,
        Command::Openapi => work::openapi(),
        Command::Model { command: ModelCommand::Import { file, config } } => {
            work::import_model(&file, &read(config.as_deref())?).await
        }
        Command::Template { command } => template::run(command).await,
    }
}

/// An error with its causes, each once.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn read(path: Option<&Path>) -> Result<Config, Failure> {
    let config = path.map(Config::read).transpose()?.unwrap_or_default();
    Ok(match DATABASE.get() {
        Some(url) => Config { database: Some(url.clone()), ..config },
        None => config,
    })
}
