//! The strings for DHCP servers and for phones without one (DHCP-04 to DHCP-08, DHCP-40).

use ipp_core::id::RegionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// Of which region.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct UrlsQuery {
    /// The id of a region; without it only the strings that name none.
    #[param(value_type = Option<String>)]
    region: Option<RegionId>,
}

/// The strings to copy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UrlsDocument {
    /// Option 160 that names no region. Not the preferred choice: phones then wait for an administrator.
    system: SystemUrls,
    /// Those of the region that was asked for.
    region: Option<RegionUrls>,
}

/// Option 160 that names no region.
#[derive(Debug, Serialize, ToSchema)]
struct SystemUrls {
    /// Of phones that reach the server directly.
    direct: String,
    /// Of phones behind the SBC HTTP proxy; `null` where none is set.
    proxy: Option<String>,
}

/// The strings of a region.
#[derive(Debug, Serialize, ToSchema)]
struct RegionUrls {
    /// Option 160 of phones that reach the server directly.
    direct: String,
    /// Option 160 of phones behind the SBC HTTP proxy; `null` where none is set.
    proxy: Option<String>,
    /// What is typed into a phone where there is no DHCP.
    without_dhcp: String,
}

pub(crate) struct Urls;

impl Endpoint for Urls {
    type Path = Nothing;
    type Query = UrlsQuery;
    type Body = NoBody;
    type Answer = Json<UrlsDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let urls = call.admin()?.dhcp_urls(call.query.region)?;
        let region = urls.region.map(|urls| RegionUrls {
            direct: urls.direct,
            proxy: urls.proxy,
            without_dhcp: urls.without_dhcp,
        });
        Ok(Json(UrlsDocument {
            system: SystemUrls { direct: urls.system_direct, proxy: urls.system_proxy },
            region,
        }))
    }
}
