//! Which devices, as a list and a bulk action name them.

use http::StatusCode;
use ipp_core::{access::Visible, device::smart_filter, id::RegionId, region::Region, store::DeviceFilter};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{admin::endpoint::parse, problem::Problem};

/// Which devices; what is not named is not asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilterDocument {
    /// Typed words such as `user:maria status:offline`; free words are looked for everywhere.
    pub(super) q: Option<String>,
    /// Ids of regions.
    pub(super) region: Vec<String>,
    /// Models.
    pub(super) model: Vec<String>,
    /// `registered`, `offline` or `disconnected`.
    pub(super) status: Vec<String>,
    /// Whether they are approved, or wait.
    pub(super) approved: Option<bool>,
    /// `pending`, `expected`, `enrolled` or `disabled`.
    pub(super) admission: Vec<String>,
    /// What they reported last, such as `started`.
    pub(super) registration: Option<String>,
    /// The firmware version that they reported.
    pub(super) version: Option<String>,
    /// The id of their user.
    pub(super) user: Option<String>,
    /// The id of the template that was chosen for them.
    pub(super) template: Option<String>,
    /// Whether they have a user.
    pub(super) owned: Option<bool>,
    /// Only devices whose user has several.
    pub(super) shared: bool,
}

impl FilterDocument {
    /// The filter. Regions that may not be seen have no name.
    pub(super) fn parse<'a>(
        &self,
        regions: impl Fn(&str) -> Option<&'a Region>,
        visible: &Visible,
        place: &str,
    ) -> Result<DeviceFilter, Problem> {
        let at = |member: &str| format!("{place}{member}");
        let wrong = |member: &str, detail: String| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(at(member))
        };
        let mut filter = DeviceFilter::all();
        filter.regions = some(texts(&self.region, &at("region"))?);
        filter.models = some(texts(&self.model, &at("model"))?);
        let status = |word: &String| {
            let found = smart_filter::status(word);
            found.ok_or_else(|| wrong("status", "One of registered, offline, disconnected.".to_owned()))
        };
        filter.classes = some(self.status.iter().map(status).collect::<Result<_, _>>()?);
        filter.seen = filter.classes.as_ref().map(|_| true);
        let admission = |word: &String| {
            serde_json::from_value(word.as_str().into())
                .map_err(|_| wrong("admission", "One of pending, expected, enrolled, disabled.".to_owned()))
        };
        filter.admissions = some(self.admission.iter().map(admission).collect::<Result<_, _>>()?);
        if let Some(approved) = self.approved.and_then(|yes| smart_filter::approved(&yes.to_string())) {
            filter.admissions = Some(match filter.admissions {
                None => approved,
                Some(named) => named.into_iter().filter(|one| approved.contains(one)).collect(),
            });
        }
        filter.registration = self.registration.clone().map(Into::into);
        filter.version.clone_from(&self.version);
        filter.user = self.user.as_deref().map(|id| parse(id, &at("user"))).transpose()?;
        filter.template = self.template.as_deref().map(|id| parse(id, &at("template"))).transpose()?;
        filter.owned = self.owned;
        filter.shared = self.shared;
        let Some(q) = &self.q else { return Ok(filter) };
        let region = |name: &str| -> Option<RegionId> {
            regions(name).map(|region| region.id).filter(|id| visible.contains(Some(*id)))
        };
        smart_filter::parse(q, filter, region).map_err(|error| wrong("q", error.to_string()))
    }
}

fn texts<T: std::str::FromStr<Err: std::fmt::Display>>(
    texts: &[String],
    at: &str,
) -> Result<Vec<T>, Problem> {
    texts.iter().map(|text| parse(text, at)).collect()
}

/// Nothing that is named is no condition.
fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}
