//! The company directory (Table D-1).

pub(crate) mod get;
pub(crate) mod update;

use ipp_core::{
    app::{AppError, admin::Admin},
    ldap::display,
    settings::Ldap,
    store::AnyStore,
    vault::SecretText,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Member, parse},
    problem::Problem,
};

/// The company directory; not for Lync phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LdapDocument {
    /// The version of the settings; an edit names it as If-Match.
    revision: u64,
    /// Whether phones use it.
    active: bool,
    /// The server: an address or a URL.
    server_address: String,
    /// Its port.
    port: u16,
    /// The account of searches.
    user_name: String,
    /// `set` or `not set`; the password itself is never shown.
    password: &'static str,
    /// The access point in the tree.
    base: String,
    /// The filter of name searches; `%` stands for what was typed, `*` for any value.
    name_filter: String,
    /// The name attributes of a result.
    name_attributes: String,
    /// The filter of number searches.
    number_filter: String,
    /// The number attributes of a result.
    number_attributes: String,
    /// How a result's name is shown, such as `%sn, %givenName`.
    display_name: String,
    /// What that makes of Mike Black.
    display_name_example: String,
    /// The largest number of results: 1 to 1000.
    max_hits: u16,
    /// What is put before numbers.
    country_code: String,
    /// What is put before numbers.
    area_code: String,
    /// Whether results are sorted by name.
    sort_result: bool,
    /// How long a search may take, in seconds.
    search_timeout: u16,
    /// Whether the caller's name is looked up.
    call_lookup: bool,
}

impl LdapDocument {
    fn of(admin: &Admin<'_, AnyStore>) -> Result<Self, AppError> {
        let row = admin.settings()?;
        let ldap = row.value.phones.ldap;
        Ok(Self {
            revision: row.revision.0,
            active: ldap.active,
            server_address: ldap.server_address.to_string(),
            port: ldap.port,
            user_name: ldap.user_name.to_string(),
            password: if ldap.password.is_some() { "set" } else { "not set" },
            base: ldap.base.to_string(),
            name_filter: ldap.name_filter.to_string(),
            name_attributes: ldap.name_attributes.to_string(),
            number_filter: ldap.number_filter.to_string(),
            number_attributes: ldap.number_attributes.to_string(),
            display_name_example: display(ldap.display_name.as_str(), example),
            display_name: ldap.display_name.to_string(),
            max_hits: ldap.max_hits,
            country_code: ldap.country_code.to_string(),
            area_code: ldap.area_code.to_string(),
            sort_result: ldap.sort_result,
            search_timeout: ldap.search_timeout,
            call_lookup: ldap.call_lookup,
        })
    }
}

/// Somebody whom everybody can imagine (LDAP-20).
fn example(attribute: &str) -> Option<String> {
    let value = match attribute.to_ascii_lowercase().as_str() {
        "sn" => "Black",
        "givenname" => "Mike",
        "cn" | "displayname" | "name" => "Mike Black",
        _ => return None,
    };
    Some(value.to_owned())
}

/// What is to be changed of the company directory; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LdapEdit {
    /// Whether phones use it.
    active: Option<bool>,
    /// The server: an address or a URL.
    server_address: Option<String>,
    /// Its port: 1 to 65535.
    port: Option<u16>,
    /// The account of searches.
    user_name: Option<String>,
    /// A new password; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Member<SecretText>,
    /// The access point in the tree.
    base: Option<String>,
    /// The filter of name searches.
    name_filter: Option<String>,
    /// The name attributes of a result.
    name_attributes: Option<String>,
    /// The filter of number searches.
    number_filter: Option<String>,
    /// The number attributes of a result.
    number_attributes: Option<String>,
    /// How a result's name is shown.
    display_name: Option<String>,
    /// The largest number of results: 1 to 1000.
    max_hits: Option<u16>,
    /// What is put before numbers.
    country_code: Option<String>,
    /// What is put before numbers.
    area_code: Option<String>,
    /// Whether results are sorted by name.
    sort_result: Option<bool>,
    /// How long a search may take, in seconds: 1 to 3600.
    search_timeout: Option<u16>,
    /// Whether the caller's name is looked up.
    call_lookup: Option<bool>,
}

impl LdapEdit {
    pub(in crate::admin) fn apply(
        &self,
        admin: &Admin<'_, AnyStore>,
        ldap: &mut Ldap,
    ) -> Result<(), Problem> {
        for (edit, place, pointer) in [
            (&self.server_address, &mut ldap.server_address, "/server_address"),
            (&self.user_name, &mut ldap.user_name, "/user_name"),
            (&self.base, &mut ldap.base, "/base"),
            (&self.name_filter, &mut ldap.name_filter, "/name_filter"),
            (&self.name_attributes, &mut ldap.name_attributes, "/name_attributes"),
            (&self.number_filter, &mut ldap.number_filter, "/number_filter"),
            (&self.number_attributes, &mut ldap.number_attributes, "/number_attributes"),
            (&self.display_name, &mut ldap.display_name, "/display_name"),
            (&self.country_code, &mut ldap.country_code, "/country_code"),
            (&self.area_code, &mut ldap.area_code, "/area_code"),
        ] {
            if let Some(text) = edit {
                *place = parse(text, pointer)?;
            }
        }
        self.password.edit(&mut ldap.password, |text| {
            Ok(admin.seal_ldap_password(&parse(text.as_str(), "/password")?)?)
        })?;
        ldap.active = self.active.unwrap_or(ldap.active);
        ldap.port = self.port.unwrap_or(ldap.port);
        ldap.max_hits = self.max_hits.unwrap_or(ldap.max_hits);
        ldap.sort_result = self.sort_result.unwrap_or(ldap.sort_result);
        ldap.search_timeout = self.search_timeout.unwrap_or(ldap.search_timeout);
        ldap.call_lookup = self.call_lookup.unwrap_or(ldap.call_lookup);
        Ok(())
    }
}
