//! The port of a host application's own regions (AMB-46).
//!
//! An embedding system knows its regions, under whatever word. It says which there are and what they are
//! called; what phones of a region are allowed and given is set here.

use std::fmt;

use super::Asking;
use crate::{id::RegionId, text::RegionName};

/// A region of the host application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRegion {
    /// Which one it is, for ever. A host whose keys are no UUIDs derives one from each key.
    pub id: RegionId,
    /// What people call it. It stands in the URLs of DHCP servers, and differs from all others without
    /// regard to case.
    pub name: RegionName,
}

/// The host application's regions.
pub trait Regions: fmt::Debug + Send + Sync {
    /// All of them. Asked at the start, about once a minute, and before a region is deleted here.
    fn all(&self) -> Asking<'_, Vec<HostRegion>>;
}
