//! `ipp-server template export`: templates as they are, byte for byte.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ipp_core::{access::Caller, app::AppOptions, template::Template, text::TemplateName};
use ipp_examples::server::{self, data::Hold};

use crate::{COMMAND_LINE, Failure, read};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The template; all of them where none is named
    name: Option<TemplateName>,
    /// The folder, with one file for each template, in the place of those that are there; standard output
    /// where none is given and one template is named
    #[arg(long, value_name = "FOLDER", required_unless_present = "name")]
    to: Option<PathBuf>,
    /// The configuration file of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = read(options.config.as_deref())?;
    let folder = server::existing(&config, Hold::Shared).await?;
    let ipp = server::open_in(&folder, &config, AppOptions::default()).await?;
    let mut templates = ipp.app().admin(Caller::host(COMMAND_LINE)).templates()?;
    if let Some(name) = &options.name {
        templates.retain(|row| row.value.name == *name);
        if templates.is_empty() {
            return Err(format!("there is no template `{name}`").into());
        }
    }
    let Some(to) = &options.to else {
        for row in templates {
            io::stdout().write_all(row.value.document.bytes())?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let named = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(to).map_err(|error| named(to, error))?;
    let mut taken = BTreeSet::new();
    for row in &templates {
        let path = to.join(file_name(&row.value, &mut taken));
        fs::write(&path, row.value.document.bytes()).map_err(|error| named(&path, error))?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A file name like the template's own, which is no other's. What may be something else to a file system
/// is an underscore.
fn file_name(template: &Template, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let kept: String = template.name.as_str().chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let kept = kept.trim_start_matches('.');
    let names =
        std::iter::once(format!("{kept}.xml")).chain((2..).map(|number| format!("{kept} {number}.xml")));
    names.into_iter().find(|name| taken.insert(name.to_lowercase())).unwrap_or_default()
}
