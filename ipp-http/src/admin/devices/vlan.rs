//! VLAN discovery (APR-12 to APR-16).

use http::StatusCode;
use ipp_core::device::{Vlan, VlanMode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// VLAN discovery; what is absent keeps what the wider scopes say.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VlanDocument {
    /// `disable`, `manual`, `cdp`, `lldp` or `cdp_lldp`; absent is *NONE*.
    #[schema(value_type = Option<String>)]
    mode: Option<VlanMode>,
    /// 0 to 4095.
    id: Option<u16>,
    /// 0 to 7.
    priority: Option<u8>,
}

impl VlanDocument {
    pub(super) const fn of(vlan: Vlan) -> Self {
        Self { mode: vlan.mode, id: vlan.id, priority: vlan.priority }
    }

    pub(in crate::admin) fn parse(&self) -> Result<Vlan, Problem> {
        let wrong = |pointer: &str, detail: &str| {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(format!("/vlan/{pointer}")))
        };
        if self.id.is_some_and(|id| id > 4095) {
            return wrong("id", "A VLAN id is 0 to 4095.");
        }
        if self.priority.is_some_and(|priority| priority > 7) {
            return wrong("priority", "A VLAN priority is 0 to 7.");
        }
        Ok(Vlan { mode: self.mode, id: self.id, priority: self.priority })
    }

    /// What the approval form begins with: *Automatic - `CDP_LLDP`* (AMB-25).
    pub(super) fn of_approval(asked: Option<&Self>) -> Result<Vlan, Problem> {
        asked.map_or(Ok(Vlan { mode: Some(VlanMode::CdpLldp), ..Vlan::default() }), Self::parse)
    }
}
