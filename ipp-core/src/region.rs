//! Regions.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    id::{FirmwareId, RegionId},
    phone_model::ModelId,
    text::{CfgLine, Label, RegionName},
};

/// An administrative unit of phones (REG-03). Its id never changes; its name stands in the option
/// 160 URLs of DHCP servers, so former names stay as aliases (REG-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Its id.
    pub id: RegionId,
    /// Its name, unique without regard to ASCII case.
    pub name: RegionName,
    /// What people note about it.
    pub description: Label,
    /// Former names that DHCP servers may still hand out.
    pub aliases: Vec<RegionName>,
    /// How phones of the region prove who they are.
    pub identity: Identity,
    /// The networks its phones are in. Empty means the private ranges.
    pub networks: Vec<IpNet>,
    /// Whether phones reach the server through the SBC HTTP proxy (SBC-20).
    pub through_proxy: bool,
    /// Whether an unknown phone from the region's networks is enrolled without an administrator.
    pub zero_touch: bool,
    /// Whether an edit is published at once instead of waiting for *Generate*.
    pub publish_on_save: bool,
    /// Firmware that the region prefers over the model's default file (FW-20).
    pub firmware: BTreeMap<ModelId, FirmwareId>,
    /// Lines appended to the private file of every phone of the region.
    pub lines: Vec<CfgLine>,
}

/// How the phones of a region prove who they are, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The MAC address is enough, but only from the region's networks.
    Open,
    /// A secret in every URL that the phone is given.
    UrlToken,
}

impl Region {
    /// A region with the given name and safe defaults: URL tokens, zero touch on.
    pub fn new(id: RegionId, name: RegionName) -> Self {
        Self {
            id,
            name,
            description: Label::default(),
            aliases: Vec::new(),
            identity: Identity::UrlToken,
            networks: Vec::new(),
            through_proxy: false,
            zero_touch: true,
            publish_on_save: false,
            firmware: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// Whether `address` is in the region's networks. With none set these are the private ranges of
    /// RFC 1918, RFC 6598 and RFC 4193; the loopback range counts only where `loopback` says so.
    pub fn contains(&self, address: IpAddr, loopback: LoopbackPhones) -> bool {
        in_networks(&self.networks, address, loopback)
    }

    /// Whether the region is called `folded`, now or formerly; the text must be folded already.
    pub fn is_called(&self, folded: &str) -> bool {
        self.name.folded() == folded || self.aliases.iter().any(|alias| alias.folded() == folded)
    }
}

/// Whether addresses of the loopback range count as phones. Only a demonstration and tests, whose
/// phones live on the server's own machine, allow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoopbackPhones {
    /// They are never phones.
    #[default]
    Refused,
    /// They are in every region's networks.
    Allowed,
}

/// Whether `address` is in these networks, as [`Region::contains`] has it.
pub(crate) fn in_networks(networks: &[IpNet], address: IpAddr, loopback: LoopbackPhones) -> bool {
    let address = address.to_canonical();
    if address.is_loopback() {
        return loopback == LoopbackPhones::Allowed;
    }
    if networks.is_empty() { is_private(address) } else { networks.iter().any(|net| net.contains(&address)) }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn region() -> Region {
        Region::new(RegionId::new(Timestamp::default(), [1; 10]), "ACL-Hong Kong".parse().unwrap())
    }

    #[test]
    fn without_networks_a_region_holds_the_private_ranges() {
        let region = region();
        let has = |text: &str| region.contains(text.parse().unwrap(), LoopbackPhones::Refused);
        for inside in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(has(inside), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "100.128.0.1",
            "169.254.169.254",
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "2001:db8::1",
        ] {
            assert!(!has(outside), "{outside}");
        }
        assert!(region.contains("127.9.9.9".parse().unwrap(), LoopbackPhones::Allowed));
    }

    #[test]
    fn amb_45_networks_bound_the_region() {
        let mut region = region();
        region.networks = vec!["203.0.113.0/24".parse().unwrap()];
        assert!(region.contains("203.0.113.9".parse().unwrap(), LoopbackPhones::Refused));
        assert!(!region.contains("10.0.0.1".parse().unwrap(), LoopbackPhones::Refused));
    }

    #[test]
    fn reg_12_former_names_still_mean_the_region() {
        let mut region = region();
        region.aliases.push("Old Name".parse().unwrap());
        assert!(
            region.is_called("acl-hong kong") && region.is_called("old name") && !region.is_called("other")
        );
    }
}
