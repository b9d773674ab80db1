//! Commands that do one thing to the data of a server, and end.

use std::{
    fmt::Display,
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::ExitCode,
};

use ipp_core::{
    access::Caller,
    app::{AppOptions, admin::logs::Verdict},
    phone_model::PhoneModel,
    store::{AuditChain, AuditRecord},
};
use ipp_examples::server::{
    self,
    config::Config,
    import::{Import, import},
};

use crate::{COMMAND_LINE, Failure};

/// Who the audit log says it was.
fn this_program() -> Caller {
    Caller::host(COMMAND_LINE)
}

/// Gives an administrator a new password.
pub(crate) async fn recover(name: &str, config: &Config) -> Result<ExitCode, Failure> {
    let (ipp, _folder) = server::open(config, AppOptions::default()).await?;
    let password = ipp.app().recover_administrator(name).await?;
    writeln!(io::stdout(), "{name} logs in with {} and has to change it then", password.as_str())?;
    Ok(ExitCode::SUCCESS)
}

/// Checks the chain of the audit log.
pub(crate) async fn verify(config: &Config) -> Result<ExitCode, Failure> {
    let (ipp, _folder) = server::open(config, AppOptions::default()).await?;
    tell(&ipp.app().admin(this_program()).verify_audit_log().await?)
}

/// The same for a log that was exported: one entry a line.
pub(crate) fn verify_export(file: &Path) -> Result<ExitCode, Failure> {
    let place = |why: &dyn Display| format!("{}: {why}", file.display());
    let lines = BufReader::new(File::open(file).map_err(|error| place(&error))?).lines();
    let mut chain = AuditChain::default();
    for (number, line) in (1..).zip(lines) {
        let line = line.map_err(|error| place(&error))?;
        let record: AuditRecord = serde_json::from_str(&line)
            .map_err(|error| place(&format!("line {number} is not an entry of an audit log: {error}")))?;
        if !chain.follows(&record) {
            return tell(&Verdict::Broken(record.number));
        }
    }
    tell(&Verdict::Unbroken(chain.entries(), chain.hash()))
}

fn tell(verdict: &Verdict) -> Result<ExitCode, Failure> {
    match verdict {
        Verdict::Unbroken(entries, hash) => {
            let hash = hash.as_ref().map_or_else(String::new, |hash| format!("; the last hash is {hash}"));
            writeln!(io::stdout(), "{entries} entries, each follows from the one before{hash}")?;
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Broken(number) => {
            let what = "is not what was written, or those before it are gone";
            writeln!(io::stdout(), "entry {number} {what}")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Prints the contract of the REST API.
pub(crate) fn openapi() -> Result<ExitCode, Failure> {
    writeln!(io::stdout(), "{}", ipp_http::admin::openapi::text())?;
    Ok(ExitCode::SUCCESS)
}

/// Adds a phone model.
pub(crate) async fn import_model(file: &Path, config: &Config) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let model: PhoneModel =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let (ipp, _folder) = server::open(config, AppOptions::default()).await?;
    let told = format!("added the model {} ({})", model.id, model.title);
    ipp.app().admin(this_program()).put_model(model).await?;
    writeln!(io::stdout(), "{told}")?;
    Ok(ExitCode::SUCCESS)
}

/// Imports a template file as the default of its model in a region.
pub(crate) async fn import_template(what: &Import<'_>, config: &Config) -> Result<ExitCode, Failure> {
    let (ipp, _folder) = server::open(config, AppOptions::default()).await?;
    let (template, noticed) = import(&ipp, what).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "imported `{}` as the default of {} in {}", template.name, template.model, what.region)?;
    for finding in noticed {
        writeln!(out, "{}:{}: {}", what.file.display(), finding.line, finding.message)?;
    }
    Ok(ExitCode::SUCCESS)
}
