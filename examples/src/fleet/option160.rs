//! What a phone makes of the provisioning value in its DHCP answer.

use super::url::{Protocol, Url, UrlError, has_extension, percent_decode};

/// Longest value a DHCP option carries, and far above any real one.
const MAX_VALUE: usize = 255;

const FIRMWARE_EXTENSIONS: [&str; 3] = ["img", "zip", "cab"];
const CONFIG_EXTENSIONS: [&str; 2] = ["cfg", "cfx"];

/// Where a phone asks for its firmware and for its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Option160 {
    /// The image, by default `<MODEL>.img`.
    pub firmware: Url,
    /// The configuration file, by default `<MAC>.cfg`.
    pub config: Url,
    /// Region or tenant named in the configuration path, decoded.
    pub region: Option<String>,
}

/// Why a DHCP value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Option160Error {
    /// The DHCP answer carries no value at all.
    #[error("the option 160 value is empty")]
    Empty,
    /// Longer than one DHCP option can be.
    #[error("the option 160 value has {0} bytes, a DHCP option carries at most {MAX_VALUE}")]
    TooLong(usize),
    /// Not an address.
    #[error("the option 160 value is no address: {0}")]
    Url(#[from] UrlError),
}

impl Option160 {
    /// Reads `<protocol>://<server>/<firmware>;<configuration>` as the phone does: either name may
    /// be missing or a directory, and `<MODEL>` and `<MAC>` stand for the phone's own.
    pub fn parse(value: &str, model: &str, mac: &str) -> Result<Self, Option160Error> {
        // DHCP servers pad text options with NUL.
        let value = value.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        if value.is_empty() {
            return Err(Option160Error::Empty);
        }
        if value.len() > MAX_VALUE {
            return Err(Option160Error::TooLong(value.len()));
        }
        let value = value.replace("<MODEL>", model).replace("<MAC>", mac);
        let (image, file) = (format!("{model}.img"), format!("{mac}.cfg"));
        let (firmware, config) = match value.split_once(';') {
            Some((first, second)) => {
                let first: Url = first.parse()?;
                let config = match second {
                    "" => beside(&first, &FIRMWARE_EXTENSIONS, &file)?,
                    name => first.join(name)?.file_or_default(&CONFIG_EXTENSIONS, &file)?,
                };
                (first.file_or_default(&FIRMWARE_EXTENSIONS, &image)?, config)
            }
            None => single(&value.parse()?, &image, &file)?,
        };
        let region = region_of(&config);
        Ok(Self { firmware, config, region })
    }

    /// Whether both files can be fetched over HTTP.
    pub fn is_http(&self) -> bool {
        [&self.firmware, &self.config].iter().all(|url| match url.protocol() {
            Protocol::Http | Protocol::Https => true,
            Protocol::Ftp | Protocol::Tftp => false,
        })
    }
}

/// The DHCP options a phone looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DhcpAnswer {
    /// Option 160, the vendor's own.
    pub option160: Option<String>,
    /// Option 66, a server name or address.
    pub option66: Option<String>,
    /// Option 67, a file name.
    pub option67: Option<String>,
    /// Option 43, vendor-specific.
    pub option43: Option<String>,
}

impl DhcpAnswer {
    /// The value the phone follows: option 160, then 66 with 67, then 43.
    pub fn provisioning_value(&self) -> Option<String> {
        let given = |option: &Option<String>| option.clone().filter(|text| !text.trim().is_empty());
        given(&self.option160)
            .or_else(|| {
                given(&self.option66).map(|server| with_file(&server, given(&self.option67).as_deref()))
            })
            .or_else(|| given(&self.option43))
    }
}

/// The image of a phone at the address its configuration names.
pub(super) fn firmware_url(base: &Url, model: &str) -> Result<Url, UrlError> {
    base.file_or_default(&FIRMWARE_EXTENSIONS, &format!("{model}.img"))
}

/// The file of a phone at the address its configuration names.
pub(super) fn config_url(base: &Url, mac: &str, double_slash: bool) -> Result<Url, UrlError> {
    if has_extension(base.file_name(), &CONFIG_EXTENSIONS) {
        return Ok(base.clone());
    }
    base.below(&format!("{mac}.cfg"), double_slash)
}

fn single(url: &Url, image: &str, file: &str) -> Result<(Url, Url), UrlError> {
    if has_extension(url.file_name(), &CONFIG_EXTENSIONS) {
        return Ok((url.join(image)?, url.clone()));
    }
    Ok((url.file_or_default(&FIRMWARE_EXTENSIONS, image)?, beside(url, &FIRMWARE_EXTENSIONS, file)?))
}

fn beside(url: &Url, extensions: &[&str], name: &str) -> Result<Url, UrlError> {
    if has_extension(url.file_name(), extensions) { url.join(name) } else { url.below(name, false) }
}

fn region_of(config: &Url) -> Option<String> {
    let mut parts = config.path().split('/').skip_while(|part| *part != "region" && *part != "tenant");
    parts.next()?;
    let name = parts.next()?;
    // The next part must be a directory: the last one is the file.
    parts.next().map(|_| percent_decode(name))
}

fn with_file(server: &str, file: Option<&str>) -> String {
    // Without a scheme option 66 means TFTP.
    let server = if server.contains("://") { server.to_owned() } else { format!("tftp://{server}") };
    let has_path = server.split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/').contains('/'));
    match file {
        Some(name) if !has_path => {
            format!("{}/{}", server.trim_end_matches('/'), name.trim_start_matches('/'))
        }
        Some(_) | None => server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "00908f000001";

    fn parse(value: &str) -> (String, String) {
        let parsed = Option160::parse(value, "430HD", MAC).unwrap();
        (parsed.firmware.to_string(), parsed.config.to_string())
    }

    /// INF-07, INF-04, INF-05, INF-06: every form of the value seen in the field.
    #[test]
    fn inf_07_forms_of_the_value() {
        let image = "http://s/firmwarefiles/430HD.img";
        let table = [
            ("http://s/firmwarefiles;ipp/region/R1", image, "http://s/ipp/region/R1/00908f000001.cfg"),
            ("http://s/firmwarefiles;ipp/tenant/T1", image, "http://s/ipp/tenant/T1/00908f000001.cfg"),
            ("http://s/firmwarefiles;ipp/region/R1/", image, "http://s/ipp/region/R1/00908f000001.cfg"),
            ("http://s/firmwarefiles;ipp/dhcpoption160.cfg", image, "http://s/ipp/dhcpoption160.cfg"),
            ("http://s/firmwarefiles;ipp/httpproxy/", image, "http://s/ipp/httpproxy/00908f000001.cfg"),
            (
                "http://s/ipp/tenant/T",
                "http://s/ipp/tenant/T/430HD.img",
                "http://s/ipp/tenant/T/00908f000001.cfg",
            ),
            ("http://s", "http://s/430HD.img", "http://s/00908f000001.cfg"),
            ("http://s/", "http://s/430HD.img", "http://s/00908f000001.cfg"),
            ("http://s/dir/", "http://s/dir/430HD.img", "http://s/dir/00908f000001.cfg"),
            ("http://s/dir/fw.img", "http://s/dir/fw.img", "http://s/dir/00908f000001.cfg"),
            ("http://s/420HD/420HD.img;420HD.cfg", "http://s/420HD/420HD.img", "http://s/420HD/420HD.cfg"),
            ("http://s/;x.cfg", "http://s/430HD.img", "http://s/x.cfg"),
            ("http://s/fw.img;", "http://s/fw.img", "http://s/00908f000001.cfg"),
            ("http://s/ipp/dhcpoption160.cfg", "http://s/ipp/430HD.img", "http://s/ipp/dhcpoption160.cfg"),
            (
                "https://s:8443/f/<MODEL>.img;c/<MAC>.cfg",
                "https://s:8443/f/430HD.img",
                "https://s:8443/f/c/00908f000001.cfg",
            ),
            (
                "http://s/firmwarefiles;ipp/region/New York\0",
                image,
                "http://s/ipp/region/New%20York/00908f000001.cfg",
            ),
            ("http://s/firmwarefiles;ipp/region/R1.5", image, "http://s/ipp/region/R1.5/00908f000001.cfg"),
            ("http://s/firmwarefiles;http://p:90/ipp/x.cfg", image, "http://p:90/ipp/x.cfg"),
            (
                "http://[::1]:80/firmwarefiles;ipp/x.cfg",
                "http://[::1]:80/firmwarefiles/430HD.img",
                "http://[::1]:80/ipp/x.cfg",
            ),
        ];
        for (value, firmware, config) in table {
            assert_eq!(parse(value), (firmware.to_owned(), config.to_owned()), "{value:?}");
        }
    }

    #[test]
    fn inf_07_ftp_and_tftp_are_understood_but_not_http() {
        for value in ["ftp://s/fw;cfg", "tftp://s"] {
            assert!(!Option160::parse(value, "430HD", MAC).unwrap().is_http(), "{value}");
        }
        assert!(Option160::parse("https://s", "430HD", MAC).unwrap().is_http());
    }

    #[test]
    fn region_comes_from_the_path() {
        let region = |value| Option160::parse(value, "430HD", MAC).unwrap().region;
        assert_eq!(region("http://s/firmwarefiles;ipp/region/New%20York").as_deref(), Some("New York"));
        assert_eq!(region("http://s/ipp/tenant/T").as_deref(), Some("T"));
        assert_eq!(region("http://s/firmwarefiles;ipp/dhcpoption160.cfg"), None);
        assert_eq!(region("http://s/region"), None);
    }

    #[test]
    fn unusable_values_say_why() {
        assert_eq!(Option160::parse(" \0", "430HD", MAC), Err(Option160Error::Empty));
        assert!(matches!(
            Option160::parse("s/x", "430HD", MAC),
            Err(Option160Error::Url(UrlError::NoScheme(_)))
        ));
        let long = format!("http://s/{}", "x".repeat(300));
        assert_eq!(Option160::parse(&long, "430HD", MAC), Err(Option160Error::TooLong(309)));
    }

    #[test]
    fn inf_07_option_order() {
        let some = |text: &str| Some(text.to_owned());
        let all = DhcpAnswer {
            option160: some("http://a"),
            option66: some("http://b"),
            option67: some("c.cfg"),
            option43: some("http://d"),
        };
        assert_eq!(all.provisioning_value().as_deref(), Some("http://a"));
        let without = DhcpAnswer { option160: some(" "), ..all };
        assert_eq!(without.provisioning_value().as_deref(), Some("http://b/c.cfg"));
        let bare = DhcpAnswer { option66: some("10.0.0.1"), ..without.clone() };
        assert_eq!(bare.provisioning_value().as_deref(), Some("tftp://10.0.0.1/c.cfg"));
        let named = DhcpAnswer { option66: some("http://b/x.img;y.cfg"), ..without.clone() };
        assert_eq!(named.provisioning_value().as_deref(), Some("http://b/x.img;y.cfg"));
        let last = DhcpAnswer { option66: None, ..without };
        assert_eq!(last.provisioning_value().as_deref(), Some("http://d"));
        assert_eq!(DhcpAnswer::default().provisioning_value(), None);
    }
}
