//! The company directory (LDAP-05 to LDAP-26).

use super::LdapDocument;
use crate::{
    admin::endpoint::{Call, Endpoint, NoBody, Nothing, Tagged},
    problem::Problem,
};

pub(crate) struct Get;

impl Endpoint for Get {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Tagged<LdapDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let admin = call.admin()?;
        Ok(Tagged { revision: admin.settings()?.revision, value: LdapDocument::of(&admin)? })
    }
}
