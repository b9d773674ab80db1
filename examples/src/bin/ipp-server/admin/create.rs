//! `ipp-server admin create`.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ipp_core::{
    access::{Caller, Level, RegionalLevel, Regions, Role},
    app::{AppOptions, admin::operators::NewOperator},
    catalog::Catalog,
    text::{Label, UserName},
};
use ipp_examples::server::{self, data::Hold};

use super::password;
use crate::{COMMAND_LINE, Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The name to log in with
    name: UserName,
    /// What the account may do: monitoring, operator, administrator or super-administrator
    #[arg(long, value_parser = level)]
    level: Level,
    /// A region that it may see, for monitoring and operator; several times for several
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// All regions, also those that are made later, for monitoring and operator
    #[arg(long, conflicts_with = "regions")]
    all_regions: bool,
    /// Who that is
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: Label,
    /// Let it see secrets in phones' files
    #[arg(long)]
    reveal_secrets: bool,
    /// Ask for the first password instead of making one up; it is read from standard input where that
    /// is no terminal
    #[arg(long)]
    password: bool,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let folder = server::existing(&config, Hold::Shared).await?;
    let ipp = server::open_in(&folder, &config, AppOptions::default()).await?;
    let role = role(&options, &ipp.app().snapshot().catalog)?;
    let given = if options.password { Some(password::ask()?) } else { None };
    let told = given.is_none();
    let new = NewOperator {
        name: options.name,
        description: options.description,
        role,
        reveal_secrets: options.reveal_secrets,
        password: given,
    };
    let admin = ipp.app().admin(Caller::host(COMMAND_LINE));
    let (operator, password) = admin.create_operator(new).await?;
    let with = if told { password.as_str() } else { "the password given" };
    writeln!(io::stdout(), "{} logs in with {with} and has to change it then", operator.name)?;
    Ok(ExitCode::SUCCESS)
}

fn level(text: &str) -> Result<Level, String> {
    text.replace('-', "_").parse::<Level>().map_err(|error| error.to_string())
}

/// The role, whose regions exist.
fn role(options: &Options, catalog: &Catalog) -> Result<Role, Failure> {
    let regional = match options.level {
        Level::SuperAdministrator | Level::Administrator => {
            if options.all_regions || !options.regions.is_empty() {
                return Err(format!("{} has all regions; leave the regions out", options.level).into());
            }
            return Ok(match options.level {
                Level::SuperAdministrator => Role::SuperAdministrator,
                Level::Administrator | Level::Operator | Level::Monitoring => Role::Administrator,
            });
        }
        Level::Operator => RegionalLevel::Operator,
        Level::Monitoring => RegionalLevel::Monitoring,
    };
    let regions = if options.all_regions {
        Regions::All
    } else if options.regions.is_empty() {
        return Err(format!(
            "{} needs --region or --all-regions: without one it sees nothing",
            options.level
        )
        .into());
    } else {
        let known = options.regions.iter().map(|name| match catalog.region_called(name) {
            Some(region) => Ok(region.id),
            None => Err(unknown(name, catalog)),
        });
        Regions::Only(known.collect::<Result<BTreeSet<_>, _>>()?)
    };
    Ok(Role::Regional { level: regional, regions })
}

fn unknown(name: &str, catalog: &Catalog) -> Failure {
    let known: Vec<&str> = catalog.regions().map(|region| region.name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("there is no region `{name}`; there are: {known}").into()
}
