//! The phones of one group of a preview, in pages.

use ipp_core::{id::DeviceId, store::Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PreviewPhone, PreviewRequest};
use crate::{
    admin::{
        endpoint::{Call, Endpoint, Json, LargeJsonBody, Nothing, parse},
        page::limit,
    },
    problem::Problem,
};

/// Which phones of which preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewPhonesRequest {
    /// The request that answered the group.
    preview: PreviewRequest,
    /// The id of the group.
    group: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many: 1 to 500, else 50.
    limit: Option<u32>,
}

/// A page of the phones of a group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewPhones {
    /// By id.
    items: Vec<PreviewPhone>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct Phones;

impl Endpoint for Phones {
    type Path = Nothing;
    type Query = Nothing;
    type Body = LargeJsonBody<PreviewPhonesRequest>;
    type Answer = Json<PreviewPhones>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let LargeJsonBody(request) = &call.body;
        let group = parse(&request.group, "/group")?;
        let after: Option<DeviceId> =
            request.after.as_deref().map(|after| parse(after, "/after")).transpose()?;
        let limit = limit(request.limit).map_err(|problem| problem.at("/limit"))?;
        let mut asked = request.preview.read(call.app(), &admin, "/preview").await?;
        let page = Page { after, limit };
        let found =
            admin.preview_phones(&mut asked.proposal, &asked.over, asked.against, group, page).await?;
        let next = found.phones.last().filter(|_| found.more).map(|phone| phone.id.to_string());
        Ok(Json(PreviewPhones { items: PreviewPhone::all(&found.phones), next }))
    }
}
