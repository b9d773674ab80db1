//! What the report of a phone that is not yet known by its token does.
//!
//! Every such report is answered alike; its effect depends on the device row alone. Claiming a MAC
//! address never overrides an existing binding (A5).

use std::net::IpAddr;

use super::{Admission, BoundToken, Device, RegionOrigin, TokenRequest};
use crate::{
    id::DeviceId,
    mac::Mac,
    phone_model::ModelId,
    region::{Identity, LoopbackPhones, Region},
    time::Timestamp,
};

/// A report under a token that is not bound to its MAC address, or under none.
#[derive(Debug, Clone)]
pub struct Announcement<'a> {
    /// The MAC address that the phone states.
    pub mac: Mac,
    /// The token that it presented.
    pub token: Option<BoundToken>,
    /// Its model, as far as the catalogue knows it.
    pub model: Option<ModelId>,
    /// The region that its URL, or else its report, names.
    pub region: Option<&'a Region>,
    /// From where it came.
    pub peer: IpAddr,
    /// Whether phones may live on the server's own machine.
    pub loopback: LoopbackPhones,
    /// When the server received it.
    pub at: Timestamp,
}

/// What the server knows of the MAC address.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The device.
    pub device: &'a Device,
    /// The region that it belongs to.
    pub region: Option<&'a Region>,
    /// From where it reported last.
    pub last_peer: Option<IpAddr>,
}

/// What follows from an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Ignore,
    /// The phone waits for approval.
    Pending(Box<Device>),
    /// The phone is enrolled and the token bound; its file is to be published.
    Bind(Box<Device>),
    /// The phone keeps its bound token, and the presented one waits for an administrator.
    Request(Box<Device>),
    /// A token that was replaced speaks again: two phones claim one address.
    Conflict(Box<Device>),
}

/// Decides. `id` is used for a phone that is not known.
pub fn decide(known: Option<Known<'_>>, said: &Announcement<'_>, id: DeviceId) -> Decision {
    let Some(known) = known else {
        let device = Device::new(id, said.mac, Admission::Pending, said.at);
        return unknown(device, said);
    };
    let device = known.device.clone();
    match device.admission {
        Admission::Disabled => Decision::Ignore,
        Admission::Pending => unknown(device, said),
        Admission::Expected => {
            if !proves_enough(said, known.region) {
                return Decision::Ignore;
            }
            let near = known.region.is_some_and(|region| region.contains(said.peer, said.loopback));
            if near { bind(device, said) } else { request(device, said) }
        }
        Admission::Enrolled => {
            let Some(token) = &said.token else { return Decision::Ignore };
            if device.former_token == Some(token.print) {
                let device = Device { request: requested(said), ..device };
                return Decision::Conflict(Box::new(device));
            }
            if known.last_peer == Some(said.peer) {
                bind(followed(device, said), said)
            } else {
                request(device, said)
            }
        }
    }
}

/// A phone that nobody approved: enrolled at once by zero touch (ZT-09), else it waits (APR-24).
fn unknown(mut device: Device, said: &Announcement<'_>) -> Decision {
    if device.region_origin == RegionOrigin::Phone {
        device.region = said.region.map(|region| region.id).or(device.region);
    }
    if said.model.is_some() {
        device.model.clone_from(&said.model);
    }
    let zero_touch =
        said.region.is_some_and(|region| region.zero_touch && region.contains(said.peer, said.loopback));
    if zero_touch && device.model.is_some() && proves_enough(said, said.region) {
        return bind(device, said);
    }
    device.request = requested(said);
    Decision::Pending(Box::new(device))
}

/// A region that only zero touch chose follows the URL that the phone comes by (AMB-110); with a
/// user the region is the user's (AMB-103).
fn followed(mut device: Device, said: &Announcement<'_>) -> Device {
    if device.region_origin == RegionOrigin::Phone && device.owner.is_none() {
        device.region = said.region.map(|region| region.id).or(device.region);
    }
    device
}

/// Without a token a phone is admitted only where its MAC address is proof enough.
fn proves_enough(said: &Announcement<'_>, region: Option<&Region>) -> bool {
    said.token.is_some() || region.is_some_and(|region| region.identity == Identity::Open)
}

/// Binds the presented token, or none in an open region. What an administrator entered stands; a
/// model that was left open is filled in.
fn bind(mut device: Device, said: &Announcement<'_>) -> Decision {
    device.model = device.model.or_else(|| said.model.clone());
    device.admission = Admission::Enrolled;
    if let Some(token) = &said.token {
        device.former_token = device.token.as_ref().map(|former| former.print).or(device.former_token);
        device.token = Some(token.clone());
    }
    device.request = None;
    Decision::Bind(Box::new(device))
}

fn request(mut device: Device, said: &Announcement<'_>) -> Decision {
    device.request = requested(said);
    if device.request.is_some() { Decision::Request(Box::new(device)) } else { Decision::Ignore }
}

fn requested(said: &Announcement<'_>) -> Option<TokenRequest> {
    said.token.clone().map(|token| TokenRequest { token, peer: said.peer, at: said.at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digest::Fingerprint, id::RegionId, vault::Sealed};

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

    fn token(number: u8) -> BoundToken {
        BoundToken { print: Fingerprint::from_bytes([number; 16]), sealed: Sealed::from_bytes(vec![number]) }
    }

    fn region(zero_touch: bool) -> Region {
        let id = RegionId::from_bytes([9; 16]);
        Region { zero_touch, ..Region::new(id, "R".parse().unwrap()) }
    }

    fn said(region: Option<&Region>, number: u8, peer: IpAddr) -> Announcement<'_> {
        Announcement {
            mac: "00908f000001".parse().unwrap(),
            token: Some(token(number)),
            model: Some("430HD".parse().unwrap()),
            region,
            peer,
            loopback: LoopbackPhones::Refused,
            at: Timestamp::from_millis(5),
        }
    }

    fn device(admission: Admission, bound: Option<u8>) -> Device {
        let mut device = Device::new(
            DeviceId::from_bytes([1; 16]),
            "00908f000001".parse().unwrap(),
            admission,
            Timestamp::default(),
        );
        device.token = bound.map(token);
        device
    }

    fn decide_for(
        admission: Admission,
        bound: Option<u8>,
        last_peer: Option<IpAddr>,
        said: &Announcement<'_>,
    ) -> Decision {
        let (device, region) = (device(admission, bound), region(true));
        decide(
            Some(Known { device: &device, region: Some(&region), last_peer }),
            said,
            DeviceId::from_bytes([2; 16]),
        )
    }

    #[test]
    fn zt_09_zero_touch_binds_an_unknown_phone_from_the_regions_networks() {
        let near = region(true);
        let Decision::Bind(device) = decide(None, &said(Some(&near), 1, HOME), DeviceId::from_bytes([2; 16]))
        else {
            panic!("not bound")
        };
        assert_eq!(device.admission, Admission::Enrolled);
        assert_eq!((device.region, device.token), (Some(near.id), Some(token(1))));
    }

    #[test]
    fn apr_05_otherwise_an_unknown_phone_waits() {
        let (zero_touch, manual) = (region(true), region(false));
        for said in [said(None, 1, HOME), said(Some(&manual), 1, HOME), said(Some(&zero_touch), 1, AWAY)] {
            let Decision::Pending(device) = decide(None, &said, DeviceId::from_bytes([2; 16])) else {
                panic!("{said:?}")
            };
            assert_eq!(device.token, None);
            assert_eq!(device.request.unwrap().token, token(1));
            assert_eq!(
                device.region,
                said.region.map(|region| region.id),
                "DHCP-39: a system URL names no region"
            );
        }
    }

    #[test]
    fn an_expected_phone_is_bound_only_from_its_regions_networks() {
        assert!(matches!(
            decide_for(Admission::Expected, None, None, &said(None, 1, HOME)),
            Decision::Bind(_)
        ));
        assert!(matches!(
            decide_for(Admission::Expected, None, None, &said(None, 1, AWAY)),
            Decision::Request(_)
        ));
    }

    #[test]
    fn a5_a_claim_never_overrides_a_binding() {
        let Decision::Request(device) =
            decide_for(Admission::Enrolled, Some(1), Some(HOME), &said(None, 2, AWAY))
        else {
            panic!("not a request")
        };
        assert_eq!(device.token, Some(token(1)));
        assert_eq!(device.request.unwrap().token, token(2));
    }

    #[test]
    fn a_phone_reset_at_its_own_address_gets_its_new_token_bound() {
        let Decision::Bind(device) =
            decide_for(Admission::Enrolled, Some(1), Some(HOME), &said(None, 2, HOME))
        else {
            panic!("not bound")
        };
        assert_eq!((device.token, device.former_token), (Some(token(2)), Some(token(1).print)));
    }

    #[test]
    fn a_replaced_token_that_speaks_again_is_a_conflict() {
        let mut known = device(Admission::Enrolled, Some(2));
        known.former_token = Some(token(1).print);
        let known = Known { device: &known, region: None, last_peer: Some(HOME) };
        let decision = decide(Some(known), &said(None, 1, HOME), DeviceId::from_bytes([2; 16]));
        assert!(matches!(decision, Decision::Conflict(_)), "{decision:?}");
    }

    #[test]
    fn without_a_token_a_phone_only_waits_unless_its_region_is_open() {
        let closed = region(true);
        let open = Region { identity: Identity::Open, ..region(true) };
        let id = DeviceId::from_bytes([2; 16]);
        let tokenless = |region| Announcement { token: None, ..said(Some(region), 1, HOME) };
        assert!(matches!(decide(None, &tokenless(&closed), id), Decision::Pending(_)));
        assert!(matches!(decide(None, &tokenless(&open), id), Decision::Bind(_)));
        let expected = device(Admission::Expected, None);
        let known = |region| Some(Known { device: &expected, region: Some(region), last_peer: None });
        assert_eq!(decide(known(&closed), &tokenless(&closed), id), Decision::Ignore);
        assert!(matches!(decide(known(&open), &tokenless(&open), id), Decision::Bind(_)));
    }

    #[test]
    fn a_disabled_phone_does_nothing() {
        assert_eq!(decide_for(Admission::Disabled, None, None, &said(None, 1, HOME)), Decision::Ignore);
    }

    #[test]
    fn amb_110_a_region_that_an_administrator_chose_stays() {
        let (other, region) = (RegionId::from_bytes([4; 16]), region(false));
        let mut pending = device(Admission::Pending, None);
        (pending.region, pending.region_origin) = (Some(other), RegionOrigin::Administrator);
        let known = Known { device: &pending, region: None, last_peer: None };
        let Decision::Pending(after) =
            decide(Some(known), &said(Some(&region), 1, HOME), DeviceId::from_bytes([2; 16]))
        else {
            panic!("not pending")
        };
        assert_eq!(after.region, Some(other));
    }
}
