//! Phones as the server knows them.

pub mod announce;
pub mod sign_in;
pub mod smart_filter;
pub mod user_agent;

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Fingerprint,
    id::{DeviceId, FirmwareId, RegionId, TemplateId, UserId},
    mac::Mac,
    phone_model::ModelId,
    placeholder::{PlaceholderName, ScopedValue},
    text::{CfgLine, CfgValue, Label},
    time::Timestamp,
    vault::{Sealed, SealedValue},
};

/// One phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Its MAC address, unique.
    pub mac: Mac,
    /// The name that people see (USR-11).
    pub display_name: Label,
    /// The model; `None` while a pending phone's model is not in the catalogue.
    pub model: Option<ModelId>,
    /// The user, and who said so.
    pub owner: Option<Owner>,
    /// The region: the user's where there is a user (AMB-103), else the device's own.
    pub region: Option<RegionId>,
    /// Who chose the region; decides what happens when the phone uses another region's URL.
    pub region_origin: RegionOrigin,
    /// How far the phone is admitted.
    pub admission: Admission,
    /// The token under which the phone gets its private file.
    pub token: Option<BoundToken>,
    /// A token that the phone presented and that waits for a decision.
    pub request: Option<TokenRequest>,
    /// The fingerprint of the token that the bound one replaced. If it speaks again, two phones
    /// claim one address.
    pub former_token: Option<Fingerprint>,
    /// A template chosen for this phone instead of the region's default.
    pub template: Option<TemplateId>,
    /// Firmware chosen for this phone instead of the region's or the model's.
    pub firmware: Option<FirmwareId>,
    /// VLAN discovery.
    pub vlan: Vlan,
    /// The language of the phone's screen, where it differs from the system's.
    pub language: Option<CfgValue>,
    /// The phone's own REST password; its REST user name is its MAC address (SYU-06).
    pub rest_password: Option<SealedValue>,
    /// Placeholder values of this phone alone.
    pub overrides: BTreeMap<PlaceholderName, ScopedValue>,
    /// Lines appended to the phone's private file.
    pub lines: Vec<CfgLine>,
    /// The fingerprint of all that is this phone's own in its file, as it stands now. A pin that
    /// carries another one is stale.
    pub own: Fingerprint,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// The user of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The user.
    pub user: UserId,
    /// Who bound the user to this phone. Only what an administrator bound releases the user's
    /// secrets into the phone's file.
    pub bound_by: BoundBy,
}

/// Who bound a user to a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoundBy {
    /// An administrator: form, import or approval.
    Administrator,
    /// A report of the phone: somebody signed in on it.
    SignIn,
}

/// Who chose a phone's region (AMB-110).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionOrigin {
    /// An administrator; stays whatever URL the phone uses.
    Administrator,
    /// The URL that the phone uses; follows the phone.
    Phone,
}

/// How far a phone is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// It announced itself and waits for approval.
    Pending,
    /// An administrator entered it and it was never seen.
    Expected,
    /// It is managed.
    Enrolled,
    /// An administrator shut it out.
    Disabled,
}

/// A token bound to a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundToken {
    /// What it is looked up by.
    pub print: Fingerprint,
    /// The token, for the URLs in the phone's file.
    pub sealed: Sealed,
}

/// A token that waits to be bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The token.
    pub token: BoundToken,
    /// From where it was presented.
    pub peer: IpAddr,
    /// When it was presented last.
    pub at: Timestamp,
}

/// VLAN discovery of a phone (APR-12 to APR-16). A field that is not set keeps what the wider
/// scopes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Vlan {
    /// The mode; *NONE* of the manual is `None` (AMB-26).
    pub mode: Option<VlanMode>,
    /// 0 to 4095.
    pub id: Option<u16>,
    /// 0 to 7.
    pub priority: Option<u8>,
}

/// How a phone finds its voice VLAN; the text is the value phones know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VlanMode {
    /// *Disabled*: VLAN tagging off.
    Disable,
    /// *Manual Configuration* of id and priority.
    Manual,
    /// *Automatic - CDP*.
    Cdp,
    /// *Automatic - LLDP*.
    Lldp,
    /// *Automatic - `CDP_LLDP`*, LLDP first; the default of the approval form.
    CdpLldp,
}

impl VlanMode {
    /// The value behind `network/lan/vlan/mode=`.
    pub const fn as_cfg(self) -> &'static str {
        match self {
            Self::Disable => "Disable",
            Self::Manual => "Manual",
            Self::Cdp => "CDP",
            Self::Lldp => "LLDP",
            Self::CdpLldp => "CDP_LLDP",
        }
    }
}

impl Device {
    /// Whether an administrator bound a user to this phone, which is what releases stored secrets
    /// into its file.
    pub fn releases_secrets(&self) -> bool {
        self.owner.is_some_and(|owner| owner.bound_by == BoundBy::Administrator)
    }

    /// A phone that nobody has said anything about yet.
    pub fn new(id: DeviceId, mac: Mac, admission: Admission, created_at: Timestamp) -> Self {
        Self {
            id,
            mac,
            display_name: Label::EMPTY,
            model: None,
            owner: None,
            region: None,
            region_origin: RegionOrigin::Phone,
            admission,
            token: None,
            request: None,
            former_token: None,
            template: None,
            firmware: None,
            vlan: Vlan::default(),
            language: None,
            rest_password: None,
            overrides: BTreeMap::new(),
            lines: Vec::new(),
            own: Fingerprint::from_bytes([0; 16]),
            created_at,
        }
    }
}
