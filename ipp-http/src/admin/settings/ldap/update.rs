//! Change the company directory (LDAP-27).

use super::{LdapDocument, LdapEdit};
use crate::{
    admin::endpoint::{Call, Endpoint, IfMatch, JsonBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Update;

impl Endpoint for Update {
    type Path = Nothing;
    type Query = Nothing;
    type Body = JsonBody<LdapEdit>;
    type Answer = Tagged<LdapDocument>;
    const IF_MATCH: IfMatch = IfMatch::Required;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        let mut settings = admin.settings()?;
        settings.revision = call.if_match()?;
        call.body.0.apply(&admin, &mut settings.value.phones.ldap)?;
        let revision = admin.update_settings(settings).await?;
        Ok(Tagged { revision, value: LdapDocument::of(&admin)? })
    }
}
