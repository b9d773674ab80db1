//! What edits would do to the fleet, before any of them is saved (TPL-41, A32, C7).

pub(crate) mod edits;
pub(crate) mod phones;
pub(crate) mod report;
pub(crate) mod show;

use ipp_core::{
    app::{
        App,
        admin::{
            Admin,
            device_bulk::Selection,
            preview::{Against, PhoneRef, Proposal},
        },
    },
    store::{AnyStore, DeviceFilter},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::edits::PreviewEdit;
use super::devices::bulk::{SelectionDocument, selection};
use crate::problem::Problem;

/// What is to be previewed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewRequest {
    /// The edits, at most 100; each sees those before it, and needs the right to save it. None for a look at
    /// what *Generate* would change now.
    #[serde(default)]
    edits: Vec<PreviewEdit>,
    /// Which devices; all that may be seen where nothing is named.
    devices: Option<SelectionDocument>,
    /// `published` (default): what phones would get after the edits and *Generate*. `saved`: what the edits
    /// alone change.
    #[serde(default)]
    #[schema(value_type = String)]
    against: AgainstWord,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AgainstWord {
    #[default]
    Published,
    Saved,
}

/// A device that is named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewPhone {
    /// Its id.
    id: String,
    /// Its MAC address.
    mac: String,
}

impl PreviewPhone {
    fn all(phones: &[PhoneRef]) -> Vec<Self> {
        phones.iter().map(|phone| Self { id: phone.id.to_string(), mac: phone.mac.to_string() }).collect()
    }
}

/// A request that was read: the proposal, over which devices, and against what.
struct Asked {
    proposal: Proposal,
    over: Selection,
    against: Against,
}

impl PreviewRequest {
    /// Applies the edits; the members of this request are below `place`.
    async fn read(
        &self,
        app: &App<AnyStore>,
        admin: &Admin<'_, AnyStore>,
        place: &str,
    ) -> Result<Asked, Problem> {
        let over = match &self.devices {
            None => Selection::Filter(Box::new(DeviceFilter::all())),
            Some(asked) => selection(app, admin, asked.ids.as_deref(), asked.filter.as_ref())
                .map_err(|problem| problem.below(&format!("{place}/devices")))?,
        };
        let mut proposal = admin.proposal()?;
        for (at, edit) in self.edits.iter().enumerate() {
            let proposed = edit.propose(app, admin, &mut proposal).await;
            proposed.map_err(|problem| problem.below(&format!("{place}/edits/{at}")))?;
        }
        let against = match self.against {
            AgainstWord::Published => Against::Published,
            AgainstWord::Saved => Against::Saved,
        };
        Ok(Asked { proposal, over, against })
    }
}
