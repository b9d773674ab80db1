//! The longest URLs that phones would be sent. Phones keep at most 128 characters of a URL, so it
//! is checked when a name is saved, never when a phone asks.

use crate::{
    catalog::Catalog,
    settings::{Scheme, Settings},
    text::{FileName, RegionName},
    token::Token,
};

/// The longest URL that phones keep, in characters.
pub const MAX_URL: usize = 128;

/// A URL for phones would be too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "phones would be sent a URL of {length} characters, and keep at most 128: shorten the server's name, the region name `{region}` or the firmware name `{firmware}`"
)]
pub struct TooLong {
    length: usize,
    region: String,
    firmware: String,
}

/// Checks all combinations of region and firmware names under these settings, with a further region
/// or firmware name where one is about to be saved.
pub fn check(
    catalog: &Catalog,
    settings: &Settings,
    region: Option<&RegionName>,
    firmware: Option<&FileName>,
) -> Result<(), TooLong> {
    let longest_region =
        catalog.regions().map(|region| &region.name).chain(region).max_by_key(|name| name.in_url().len());
    let names =
        catalog.firmware.values().map(|row| row.value.name.as_str()).chain(firmware.map(FileName::as_str));
    // Phones of every model ask for its default file, whether there is one or not.
    let defaults: Vec<String> = catalog.models().map(|model| model.id.default_firmware()).collect();
    let longest_firmware =
        names.chain(defaults.iter().map(String::as_str)).max_by_key(|name| name.len()).unwrap_or("");
    let region_path = longest_region.map_or(0, |name| "/r/".len() + name.in_url().len());
    let authority = |host: usize, port: u16| host + 1 + port.to_string().len();
    let server = &settings.phones.server;
    let host = server.host().map_or(0, |host| host.in_url().len());
    let proxy =
        settings.phones.proxy.as_ref().map_or(0, |proxy| authority(proxy.host.in_url().len(), proxy.port));
    let ports = [server.http_port, server.https_port, server.rest_http_port, server.rest_https_port];
    let longest_authority = ports.into_iter().map(|port| authority(host, port)).max().unwrap_or(0).max(proxy);
    let length = Scheme::Https.as_str().len()
        + "://".len()
        + longest_authority
        + "/t/".len()
        + Token::LENGTH
        + region_path
        + "/firmwarefiles/".len()
        + longest_firmware.len();
    if length > MAX_URL {
        let region = longest_region.map(ToString::to_string).unwrap_or_default();
        return Err(TooLong { length, region, firmware: longest_firmware.to_owned() });
    }
    Ok(())
}
