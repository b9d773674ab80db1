//! Regions.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use std::collections::BTreeMap;

use ipp_core::{
    catalog::Stored,
    region::{Identity, Region},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoint::parse;
use crate::problem::Problem;

/// A region.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionDocument {
    /// Its id.
    id: String,
    /// The version; an edit names it as If-Match.
    revision: u64,
    /// Its name, which stands in the URLs of DHCP servers.
    name: String,
    /// What people note about it.
    description: String,
    /// Former names that DHCP servers may still hand out.
    aliases: Vec<String>,
    /// How its phones prove who they are: `url_token` or `open`.
    identity: String,
    /// The networks its phones are in; empty means the private ranges.
    networks: Vec<String>,
    /// Whether its phones reach the server through the SBC HTTP proxy.
    through_proxy: bool,
    /// Whether an unknown phone from its networks is enrolled without an administrator.
    zero_touch: bool,
    /// Whether an edit is published at once.
    publish_on_save: bool,
    /// Firmware that it prefers: ids of firmware entries by model.
    firmware: BTreeMap<String, String>,
    /// Lines appended to the private file of each of its phones.
    lines: Vec<String>,
}

impl RegionDocument {
    fn of(row: &Stored<impl AsRef<Region>>) -> Self {
        let region = row.value.as_ref();
        let texts = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>();
        Self {
            id: region.id.to_string(),
            revision: row.revision.0,
            name: region.name.to_string(),
            description: region.description.to_string(),
            aliases: texts(&mut region.aliases.iter().map(ToString::to_string)),
            identity: super::word(region.identity),
            networks: texts(&mut region.networks.iter().map(ToString::to_string)),
            through_proxy: region.through_proxy,
            zero_touch: region.zero_touch,
            publish_on_save: region.publish_on_save,
            firmware: region.firmware.iter().map(|(model, id)| (model.to_string(), id.to_string())).collect(),
            lines: texts(&mut region.lines.iter().map(|line| line.as_str().to_owned())),
        }
    }
}

/// What is to be set of a region; what is not named stays, or has its default in a new one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RegionEdit {
    /// Its name. A former name stays as an alias.
    name: Option<String>,
    /// What people note about it.
    description: Option<String>,
    /// Former names; take one out when no DHCP server hands it out any more.
    aliases: Option<Vec<String>>,
    /// `url_token` (default) or `open`.
    #[schema(value_type = Option<String>)]
    identity: Option<Identity>,
    /// The networks its phones are in, such as `10.1.0.0/16`.
    networks: Option<Vec<String>>,
    /// Whether its phones reach the server through the SBC HTTP proxy.
    through_proxy: Option<bool>,
    /// Whether an unknown phone from its networks is enrolled without an administrator.
    zero_touch: Option<bool>,
    /// Whether an edit is published at once.
    publish_on_save: Option<bool>,
    /// Firmware that it prefers: ids of firmware entries by model.
    firmware: Option<BTreeMap<String, String>>,
    /// Lines appended to the private file of each of its phones.
    lines: Option<Vec<String>>,
}

impl RegionEdit {
    pub(in crate::admin) fn apply(&self, region: &mut Region) -> Result<(), Problem> {
        if let Some(name) = &self.name {
            region.name = parse(name, "/name")?;
        }
        if let Some(description) = &self.description {
            region.description = parse(description, "/description")?;
        }
        if let Some(aliases) = &self.aliases {
            region.aliases = parse_all(aliases, "/aliases")?;
        }
        if let Some(networks) = &self.networks {
            region.networks = parse_all(networks, "/networks")?;
        }
        if let Some(lines) = &self.lines {
            region.lines = parse_all(lines, "/lines")?;
        }
        if let Some(firmware) = &self.firmware {
            let entry = |(model, id): (&String, &String)| {
                let pointer = format!("/firmware/{model}");
                Ok((parse(model, &pointer)?, parse(id, &pointer)?))
            };
            region.firmware = firmware.iter().map(entry).collect::<Result<_, Problem>>()?;
        }
        region.identity = self.identity.unwrap_or(region.identity);
        region.through_proxy = self.through_proxy.unwrap_or(region.through_proxy);
        region.zero_touch = self.zero_touch.unwrap_or(region.zero_touch);
        region.publish_on_save = self.publish_on_save.unwrap_or(region.publish_on_save);
        Ok(())
    }
}

fn parse_all<T: std::str::FromStr<Err: std::fmt::Display>>(
    texts: &[String],
    pointer: &str,
) -> Result<Vec<T>, Problem> {
    texts.iter().enumerate().map(|(at, text)| parse(text, &format!("{pointer}/{at}"))).collect()
}
