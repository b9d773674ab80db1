//! Let a placeholder of one device inherit again (AMB-12, C38).

use super::placeholders::{OfDevice, PlaceholderDocument, edit};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct ClearPlaceholder;

impl Endpoint for ClearPlaceholder {
    type Path = OfDevice;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<PlaceholderDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        edit(&call.admin()?, &call.path, call.if_match()?, None).await
    }
}
