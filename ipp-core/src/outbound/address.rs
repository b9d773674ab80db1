//! Where the server may call (A7, T24): one check, made right before a connection.
//!
//! Phones are in private networks, so the rule is a list of what is allowed: the region's networks. A
//! second list holds what is refused wherever it stands, because a network that is set too wide must not
//! open it. An IPv4 address inside an IPv6 address is looked at as both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::region::{LoopbackPhones, in_networks};

/// What the check is made with, besides the address.
#[derive(Debug, Clone, Copy)]
pub struct AddressRules<'a> {
    /// The region's networks; none means the private ranges.
    pub networks: &'a [IpNet],
    /// Addresses of this server and of its database.
    pub never: &'a [IpAddr],
    /// Whether loopback addresses count as phones.
    pub loopback: LoopbackPhones,
}

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not called: {reason}")]
pub struct AddressRefused {
    /// The address.
    pub address: IpAddr,
    /// Why.
    pub reason: RefusedBecause,
}

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RefusedBecause {
    /// It is outside the region's networks.
    #[error("it is outside the networks of the phone's region")]
    OutsideNetworks,
    /// It is the machine itself.
    #[error("it is a loopback address")]
    Loopback,
    /// It is no address of anybody.
    #[error("it is not the address of one machine")]
    NotOneMachine,
    /// It is of the own link, where clouds keep their metadata.
    #[error("it is a link-local address")]
    LinkLocal,
    /// It is where a cloud keeps its metadata.
    #[error("it is an address of a cloud's metadata service")]
    Metadata,
    /// It is reserved, for documentation among other things.
    #[error("it is in a reserved range")]
    Reserved,
    /// It is the server's or the database's.
    #[error("it is an address of this server or of its database")]
    OwnServer,
}

/// The address to connect to for a phone at `address`, which is the same but for an IPv4 address that was
/// written as IPv6.
pub fn check_phone(address: IpAddr, rules: AddressRules<'_>) -> Result<IpAddr, AddressRefused> {
    let canonical = check_never(address, rules.never, rules.loopback)?;
    if in_networks(rules.networks, canonical, rules.loopback) {
        return Ok(canonical);
    }
    Err(AddressRefused { address, reason: RefusedBecause::OutsideNetworks })
}

/// The same for the SBC HTTP proxy, which an administrator chose and which need not be in any network.
pub fn check_proxy(
    address: IpAddr,
    never: &[IpAddr],
    loopback: LoopbackPhones,
) -> Result<IpAddr, AddressRefused> {
    check_never(address, never, loopback)
}

fn check_never(
    address: IpAddr,
    never: &[IpAddr],
    loopback: LoopbackPhones,
) -> Result<IpAddr, AddressRefused> {
    let refused = |reason| AddressRefused { address, reason };
    let canonical = address.to_canonical();
    let inner = match canonical {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => embedded(v6).map(IpAddr::V4),
    };
    // What is inside comes first: it says more.
    for seen in [inner, Some(canonical)].into_iter().flatten() {
        match forbidden(seen) {
            Some(RefusedBecause::Loopback) if loopback == LoopbackPhones::Allowed && inner.is_none() => {}
            Some(reason) => return Err(refused(reason)),
            None => {}
        }
        if never.iter().any(|own| own.to_canonical() == seen) {
            return Err(refused(RefusedBecause::OwnServer));
        }
    }
    Ok(canonical)
}

fn forbidden(address: IpAddr) -> Option<RefusedBecause> {
    match address {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => forbidden_v6(v6),
    }
}

fn forbidden_v4(v4: Ipv4Addr) -> Option<RefusedBecause> {
    use RefusedBecause::{LinkLocal, Loopback, Metadata, NotOneMachine, Reserved};
    const NETS: [(Ipv4Net, RefusedBecause); 11] = [
        (v4_net(0, 0, 0, 8), NotOneMachine),
        (v4_net(127, 0, 0, 8), Loopback),
        (v4_net(169, 254, 0, 16), LinkLocal),
        (v4_net(192, 0, 0, 24), Reserved),
        (v4_net(192, 0, 2, 24), Reserved),
        (v4_net(192, 88, 99, 24), Reserved),
        (v4_net(198, 18, 0, 15), Reserved),
        (v4_net(198, 51, 100, 24), Reserved),
        (v4_net(203, 0, 113, 24), Reserved),
        (v4_net(224, 0, 0, 4), NotOneMachine),
        (v4_net(240, 0, 0, 4), Reserved),
    ];
    // Those of Alibaba and Azure; all others are link-local.
    if [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)].contains(&v4) {
        return Some(Metadata);
    }
    if v4 == Ipv4Addr::BROADCAST {
        return Some(NotOneMachine);
    }
    NETS.iter().find(|(net, _)| net.contains(&v4)).map(|(_, reason)| *reason)
}

fn forbidden_v6(v6: Ipv6Addr) -> Option<RefusedBecause> {
    use RefusedBecause::{LinkLocal, Loopback, Metadata, NotOneMachine, Reserved};
    const NETS: [(Ipv6Net, RefusedBecause); 9] = [
        (v6_net([0xfe80, 0], 10), LinkLocal),
        (v6_net([0xfec0, 0], 10), Reserved),
        (v6_net([0xff00, 0], 8), NotOneMachine),
        (v6_net([0x0100, 0], 64), Reserved),
        // Teredo, ORCHID, benchmarks and the like.
        (v6_net([0x2001, 0], 23), Reserved),
        (v6_net([0x2001, 0x0db8], 32), Reserved),
        (v6_net([0x3fff, 0], 20), Reserved),
        (v6_net([0x5f00, 0], 16), Reserved),
        // What is left of the range that holds `::`, `::1` and compatible addresses.
        (v6_net([0, 0], 8), Reserved),
    ];
    // Those of Amazon and Google.
    let metadata = [
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    ];
    if v6.is_loopback() {
        return Some(Loopback);
    }
    if v6.is_unspecified() {
        return Some(NotOneMachine);
    }
    if metadata.contains(&v6) {
        return Some(Metadata);
    }
    // A translator's address is judged by the one inside it.
    if translated(v6).is_some() {
        return None;
    }
    NETS.iter().find(|(net, _)| net.contains(&v6)).map(|(_, reason)| *reason)
}

/// The IPv4 address inside an IPv6 address.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    match v6.segments() {
        // 6to4.
        [0x2002, high, low, ..] => Some(joined(high, low)),
        // Compatible, and translated as RFC 2765 had it.
        [0, 0, 0, 0, _, _, high, low] if (high, low) != (0, 0) && !v6.is_loopback() => {
            Some(joined(high, low))
        }
        _ => translated(v6).or_else(|| isatap(v6)),
    }
}

/// The IPv4 address behind a NAT64 translator, the well-known and the local one.
fn translated(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    match v6.segments() {
        [0x64, 0xff9b, .., high, low] => Some(joined(high, low)),
        _ => None,
    }
}

/// The IPv4 address of an ISATAP tunnel.
fn isatap(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    match v6.segments() {
        [.., 0 | 0x0200, 0x5efe, high, low] => Some(joined(high, low)),
        _ => None,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

const fn v4_net(a: u8, b: u8, c: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), length)
}

const fn v6_net([a, b]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: [&str; 2] = ["10.0.0.1", "fd00::1"];

    fn checked(address: &str, networks: &[&str], loopback: LoopbackPhones) -> Result<String, RefusedBecause> {
        let networks: Vec<IpNet> = networks.iter().map(|net| net.parse().unwrap()).collect();
        let never = OWN.map(|own| own.parse().unwrap());
        let rules = AddressRules { networks: &networks, never: &never, loopback };
        check_phone(address.parse().unwrap(), rules).map(|to| to.to_string()).map_err(|error| error.reason)
    }

    /// A7: without networks phones are in the private ranges; an IPv4 address written as IPv6 is called as
    /// what it is.
    #[test]
    fn a7_private_addresses_are_called() {
        for (address, to) in [
            ("10.1.2.3", "10.1.2.3"),
            ("172.16.0.9", "172.16.0.9"),
            ("192.168.7.7", "192.168.7.7"),
            ("100.64.0.9", "100.64.0.9"),
            ("fd12::9", "fd12::9"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
        ] {
            assert_eq!(checked(address, &[], LoopbackPhones::Refused).as_deref(), Ok(to));
        }
        assert_eq!(
            checked("8.8.8.8", &["8.8.8.0/24"], LoopbackPhones::Refused).as_deref(),
            Ok("8.8.8.8"),
            "an administrator's own choice"
        );
    }

    /// A7, T24: networks as wide as can be open none of these.
    #[test]
    fn a7_what_is_never_called_is_refused_in_any_network() {
        use RefusedBecause::{LinkLocal, Loopback, Metadata, NotOneMachine, OwnServer, Reserved};
        for (address, reason) in [
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:7f00:1", Loopback),
            ("::127.0.0.1", Loopback),
            ("2002:7f00:1::", Loopback),
            ("64:ff9b::127.0.0.1", Loopback),
            ("64:ff9b:1::7f00:1", Loopback),
            ("fd00::5efe:127.0.0.1", Loopback),
            ("169.254.169.254", LinkLocal),
            ("::ffff:169.254.169.254", LinkLocal),
            ("::169.254.169.254", LinkLocal),
            ("2002:a9fe:a9fe::1", LinkLocal),
            ("64:ff9b::a9fe:a9fe", LinkLocal),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("100.100.100.200", Metadata),
            ("168.63.129.16", Metadata),
            ("fd00:ec2::254", Metadata),
            ("fd20:ce::254", Metadata),
            ("0.0.0.0", NotOneMachine),
            ("0.1.2.3", NotOneMachine),
            ("::", NotOneMachine),
            ("::ffff:0.0.0.0", NotOneMachine),
            ("255.255.255.255", NotOneMachine),
            ("224.0.0.1", NotOneMachine),
            ("239.255.255.250", NotOneMachine),
            ("ff02::1", NotOneMachine),
            ("240.0.0.1", Reserved),
            ("192.0.2.1", Reserved),
            ("198.51.100.1", Reserved),
            ("203.0.113.1", Reserved),
            ("198.18.0.1", Reserved),
            ("192.0.0.192", Reserved),
            ("2001:db8::1", Reserved),
            ("3fff::1", Reserved),
            ("2001:0:7f00:1::", Reserved),
            ("fec0::1", Reserved),
            ("100::1", Reserved),
            ("10.0.0.1", OwnServer),
            ("::ffff:10.0.0.1", OwnServer),
            ("64:ff9b::10.0.0.1", OwnServer),
            ("fd00::1", OwnServer),
        ] {
            let wide = checked(address, &["0.0.0.0/0", "::/0"], LoopbackPhones::Refused);
            assert_eq!(wide, Err(reason), "{address}");
            assert!(checked(address, &[], LoopbackPhones::Refused).is_err(), "{address}");
        }
    }

    /// A7: the region's networks are all there is, an address inside a translator's included.
    #[test]
    fn a7_outside_the_region_nobody_is_called() {
        let networks = ["10.1.0.0/16"];
        for address in ["10.2.0.1", "192.168.0.1", "8.8.8.8", "64:ff9b::10.1.0.9", "2002:a01:9::", "fd12::9"]
        {
            let answer = checked(address, &networks, LoopbackPhones::Refused);
            assert_eq!(answer, Err(RefusedBecause::OutsideNetworks), "{address}");
        }
    }

    /// Demonstrations and tests live on loopback addresses; other spellings of them stay refused.
    #[test]
    fn loopback_phones_are_allowed_by_name_only() {
        let checked = |address| checked(address, &["10.0.0.0/8"], LoopbackPhones::Allowed);
        assert_eq!(checked("127.10.0.1").as_deref(), Ok("127.10.0.1"));
        assert_eq!(checked("::ffff:127.10.0.1").as_deref(), Ok("127.10.0.1"));
        assert_eq!(checked("64:ff9b::127.10.0.1"), Err(RefusedBecause::Loopback));
        assert_eq!(checked("169.254.0.1"), Err(RefusedBecause::LinkLocal));
    }

    /// A proxy may be anywhere that is somebody's.
    #[test]
    fn a7_a_proxy_is_never_the_server_or_its_metadata() {
        let check = |address: &str| check_proxy(address.parse().unwrap(), &[], LoopbackPhones::Refused);
        assert!(check("8.8.8.8").is_ok());
        for bad in ["127.0.0.1", "169.254.169.254", "::", "224.0.0.1"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        /// A7: an IPv4 address that is refused is refused inside every kind of IPv6 address, and only the
        /// mapped form of one that is called is called, as what it is.
        #[test]
        fn a7_wrapping_an_address_opens_nothing(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let [a, b, c, d] = v4.octets();
            let [high, low] = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
            let plain = checked(&v4.to_string(), &["0.0.0.0/0"], LoopbackPhones::Refused);
            let mapped = checked(&v4.to_ipv6_mapped().to_string(), &["0.0.0.0/0"], LoopbackPhones::Refused);
            prop_assert_eq!(&mapped, &plain);
            for wrapped in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0x5efe, high, low),
            ] {
                let text = wrapped.to_string();
                prop_assert!(checked(&text, &["0.0.0.0/0"], LoopbackPhones::Refused).is_err(), "{}", text);
                let wide = checked(&text, &["0.0.0.0/0", "::/0"], LoopbackPhones::Refused);
                prop_assert!(plain.is_ok() || wide.is_err(), "{}", text);
            }
        }
    }
}
