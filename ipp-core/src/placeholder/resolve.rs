//! Which value a placeholder takes, and which values that one shadows.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    Builtin, Origin, PhoneFact, PlaceholderName, ScopeSet, ScopedValue, StoredValue,
    builtin::{Settable, SystemFact},
};
use crate::{
    generation::{Generation, RegionPart},
    phone_model::ModelId,
    settings::PhoneSettings,
    text::CfgValue,
    vault::SealedValue,
};

/// A value in one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A value that may be seen.
    Plain(Cow<'a, str>),
    /// A secret, still sealed.
    Secret(&'a SealedValue),
}

/// One value of a placeholder and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// The value.
    pub value: Value<'a>,
}

/// The scopes above the device, as one phone sees them.
#[derive(Debug, Clone, Copy)]
pub struct Scopes<'a> {
    /// Defaults that the template itself gives.
    pub defaults: &'a BTreeMap<PlaceholderName, CfgValue>,
    /// The settings and placeholders that a publish pins.
    pub generation: &'a Generation,
    /// The model.
    pub model: &'a ModelId,
    /// The region; `None` for a phone whose region is not known.
    pub region: Option<&'a RegionPart>,
}

impl<'a> Scopes<'a> {
    /// All layers of `name` above the device, strongest first. The first is the value; the others
    /// are what it shadows. An iterator, so that whoever wants only the value pays for no other.
    pub fn layers(self, name: &'a PlaceholderName) -> impl Iterator<Item = Layer<'a>> {
        let builtin = Builtin::of(name);
        let settable = builtin.is_none_or(|row| row.settable != Settable::Nobody);
        let explicit = move |origin, set: Option<&'a ScopeSet>| {
            set.filter(|_| settable)
                .and_then(|set| set.get(name))
                .map(|value| Layer { origin, value: stored(value) })
        };
        let derived = move |origin, value: Option<Value<'a>>| value.map(|value| Layer { origin, value });

        let region = explicit(Origin::Region, self.region.map(|region| &region.placeholders));
        std::iter::once_with(move || region)
            .chain(std::iter::once_with(move || derived(Origin::Region, self.region_fact(builtin))))
            .chain(std::iter::once_with(move || {
                explicit(Origin::Model, self.generation.model_set(self.model))
            }))
            .chain(std::iter::once_with(move || derived(Origin::Model, self.model_fact(builtin))))
            .chain(std::iter::once_with(move || explicit(Origin::System, Some(self.generation.system_set()))))
            .chain(std::iter::once_with(move || derived(Origin::System, self.system_fact(builtin))))
            .chain(std::iter::once_with(move || {
                derived(Origin::Default, self.defaults.get(name).map(|value| plain(value.as_str())))
            }))
            .chain(std::iter::once_with(move || {
                derived(Origin::Default, builtin.and_then(|row| row.default).map(plain))
            }))
            .flatten()
    }

    fn region_fact(self, builtin: Option<&Builtin>) -> Option<Value<'a>> {
        let (builtin, region) = (builtin?, self.region?);
        if builtin.phone == Some(PhoneFact::Firmware) {
            return region.firmware.get(self.model).map(|name| plain(name.as_str()));
        }
        let proxy = self.generation.settings().proxy.as_ref().filter(|_| region.through_proxy)?;
        let fact = builtin.system?;
        let values = [
            (SystemFact::Scheme, proxy.scheme.as_str().to_owned()),
            (SystemFact::FilesAuthority, format!("{}:{}", proxy.host.in_url(), proxy.port)),
            (SystemFact::RestHost, proxy.host.in_url()),
            (SystemFact::RestPort, proxy.port.to_string()),
        ];
        values.into_iter().find(|(of, _)| *of == fact).map(|(_, value)| owned(value))
    }

    fn model_fact(self, builtin: Option<&Builtin>) -> Option<Value<'a>> {
        (builtin?.phone == Some(PhoneFact::Firmware)).then(|| owned(self.model.default_firmware()))
    }

    fn system_fact(self, builtin: Option<&Builtin>) -> Option<Value<'a>> {
        system_value(builtin?.system?, self.generation.settings())
    }
}

fn stored(value: &ScopedValue) -> Value<'_> {
    match &value.value {
        StoredValue::Plain(text) => plain(text.as_str()),
        StoredValue::Secret(sealed) => Value::Secret(sealed),
    }
}

fn plain(text: &str) -> Value<'_> {
    Value::Plain(Cow::Borrowed(text))
}

fn owned<'a>(text: String) -> Value<'a> {
    Value::Plain(Cow::Owned(text))
}

fn flag<'a>(on: bool) -> Value<'a> {
    plain(if on { "1" } else { "0" })
}

pub(crate) fn system_value(fact: SystemFact, settings: &PhoneSettings) -> Option<Value<'_>> {
    let ldap = &settings.ldap;
    Some(match fact {
        SystemFact::Scheme => plain(settings.server.scheme.as_str()),
        SystemFact::FilesAuthority => owned(settings.server.files_authority()?),
        SystemFact::RestHost => owned(settings.server.host()?.in_url()),
        SystemFact::RestPort => owned(settings.server.rest_port().to_string()),
        SystemFact::KeepAlive => owned(settings.keep_alive_minutes.to_string()),
        SystemFact::Language => plain(settings.language.as_str()),
        SystemFact::NtpServer => plain(settings.ntp_server.as_ref().map_or("", |host| host.as_str())),
        SystemFact::TimeZone => plain(settings.time_zone.as_str()),
        SystemFact::VoiceMail => plain(settings.voice_mail_number.as_str()),
        SystemFact::Srtp => flag(settings.require_srtp),
        SystemFact::OutboundProxy => {
            plain(settings.redundancy.primary.as_ref().map_or("", |host| host.as_str()))
        }
        SystemFact::OutboundProxyEnable => flag(settings.redundancy.primary.is_some()),
        SystemFact::BackupProxy => {
            plain(settings.redundancy.backup.as_ref().map_or("", |host| host.as_str()))
        }
        SystemFact::BackupProxyEnable => flag(settings.redundancy.backup.is_some()),
        SystemFact::LdapActive => flag(ldap.active),
        SystemFact::LdapServer => plain(ldap.server_address.as_str()),
        SystemFact::LdapPort => owned(ldap.port.to_string()),
        SystemFact::LdapUser => plain(ldap.user_name.as_str()),
        SystemFact::LdapPassword => Value::Secret(ldap.password.as_ref()?),
        SystemFact::LdapBase => plain(ldap.base.as_str()),
        SystemFact::LdapNameFilter => plain(ldap.name_filter.as_str()),
        SystemFact::LdapNameAttributes => plain(ldap.name_attributes.as_str()),
        SystemFact::LdapNumberFilter => plain(ldap.number_filter.as_str()),
        SystemFact::LdapNumberAttributes => plain(ldap.number_attributes.as_str()),
        SystemFact::LdapDisplayName => plain(ldap.display_name.as_str()),
        SystemFact::LdapMaxHits => owned(ldap.max_hits.to_string()),
        SystemFact::LdapCountryCode => plain(ldap.country_code.as_str()),
        SystemFact::LdapAreaCode => plain(ldap.area_code.as_str()),
        SystemFact::LdapSortResult => flag(ldap.sort_result),
        SystemFact::LdapSearchTimeout => owned(ldap.search_timeout.to_string()),
        SystemFact::LdapCallLookup => flag(ldap.call_lookup),
    })
}
