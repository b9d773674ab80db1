//! Configuration files (manual section 8.8). Those of devices are changed under `/devices/{id}/file`.

pub(crate) mod delete;
pub(crate) mod download;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod storage;

use ipp_core::text::CfgName;
use serde::Deserialize;
use utoipa::IntoParams;

/// The name in the path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ByName {
    /// The name of the file, which ends in `.cfg`.
    #[param(value_type = String)]
    pub(crate) name: CfgName,
}

/// Which of several files of one name.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The id of the template whose global file is meant; else what people uploaded comes first.
    pub(crate) template: Option<String>,
    /// The id of the region whose phones get it, where the template takes values of regions.
    pub(crate) region: Option<String>,
}
