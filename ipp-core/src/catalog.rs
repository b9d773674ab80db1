//! The catalogue: an immutable snapshot of everything that changes seldom.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    cfg::SharedFile,
    digest::Fingerprint,
    firmware::Firmware,
    id::{FirmwareId, RegionId, TemplateId},
    phone_model::{ModelId, PhoneModel},
    placeholder::{PlaceholderName, ScopeSet, ScopedValue, StoredValue},
    region::Region,
    settings::Settings,
    template::{self, Template},
    vault::SealedValue,
};

/// The revision of a catalogue; grows with every change of anything in it. For caches only: what a
/// change depends on is the revision of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CatalogRevision(pub u64);

/// The revision of one row; grows with every change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowRevision(pub u64);

/// Something stored, with the revision of its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<T> {
    /// The revision.
    pub revision: RowRevision,
    /// The thing.
    pub value: T,
}

/// Regions, models, templates, firmware, placeholders above the device, and settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// What this snapshot is current to.
    pub revision: CatalogRevision,
    /// The settings.
    pub settings: Stored<Arc<Settings>>,
    /// The regions.
    pub regions: BTreeMap<RegionId, Stored<Arc<Region>>>,
    /// The phone models.
    pub models: BTreeMap<ModelId, Stored<Arc<PhoneModel>>>,
    /// The templates.
    pub templates: BTreeMap<TemplateId, Stored<Arc<Template>>>,
    /// The firmware entries.
    pub firmware: BTreeMap<FirmwareId, Stored<Arc<Firmware>>>,
    /// The placeholders that each scope above the device sets.
    pub placeholders: BTreeMap<SharedScope, Arc<ScopeSet>>,
    /// The configuration files that phones share and people uploaded, by folded name.
    pub files: BTreeMap<String, Stored<Arc<SharedFile>>>,
    /// The revision of each of them. One that is taken out and set again goes on with a later one, so
    /// that whoever saw the former is told.
    pub placeholder_revisions: BTreeMap<(SharedScope, PlaceholderName), RowRevision>,
}

/// A scope above the device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedScope {
    /// All phones.
    System,
    /// Phones of a model.
    Model(ModelId),
    /// Phones of a region.
    Region(RegionId),
}

impl SharedScope {
    /// The region whose scope it is.
    pub const fn region(&self) -> Option<RegionId> {
        match self {
            Self::Region(region) => Some(*region),
            Self::System | Self::Model(_) => None,
        }
    }
}

/// A secret above the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSecret<'a> {
    /// The name that it was sealed for.
    pub sealed_for: String,
    /// The secret.
    pub value: &'a SealedValue,
}

/// The name that the LDAP password is sealed for.
pub const LDAP_PASSWORD: &str = "settings/ldap-password";

/// The name that the announcing account's password is sealed for.
pub const ANNOUNCER_PASSWORD: &str = "settings/announcer-password";

impl SharedScope {
    /// The name that a secret placeholder of this scope is sealed for.
    pub fn sealed_for(&self, name: &PlaceholderName) -> String {
        match self {
            Self::System => format!("placeholder/system/{name}"),
            Self::Model(id) => format!("placeholder/model/{id}/{name}"),
            Self::Region(id) => format!("placeholder/region/{id}/{name}"),
        }
    }
}

static NOTHING_SET: ScopeSet = ScopeSet::new();

impl Catalog {
    /// The catalogue of an installation that has nothing yet.
    pub fn empty() -> Self {
        Self {
            revision: CatalogRevision(0),
            settings: Stored { revision: RowRevision(0), value: Arc::new(Settings::default()) },
            regions: BTreeMap::new(),
            models: BTreeMap::new(),
            templates: BTreeMap::new(),
            firmware: BTreeMap::new(),
            placeholders: BTreeMap::new(),
            files: BTreeMap::new(),
            placeholder_revisions: BTreeMap::new(),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings.value
    }

    /// A region.
    pub fn region(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(&id).map(|stored| &*stored.value)
    }

    /// The file that people uploaded for phones to share under that name, ASCII case aside.
    pub fn file_called(&self, name: &str) -> Option<&Stored<Arc<SharedFile>>> {
        self.files.get(&name.to_ascii_lowercase())
    }

    /// The region with that name or former name, ASCII case aside. A present name wins over a
    /// former name of another region.
    pub fn region_called(&self, name: &str) -> Option<&Region> {
        let folded = name.to_ascii_lowercase();
        self.regions()
            .find(|region| region.name.folded() == folded)
            .or_else(|| self.regions().find(|region| region.is_called(&folded)))
    }

    /// All regions.
    pub fn regions(&self) -> impl Iterator<Item = &Region> + Clone {
        self.regions.values().map(|stored| &*stored.value)
    }

    /// A model.
    pub fn model(&self, id: &ModelId) -> Option<&PhoneModel> {
        self.models.get(id).map(|stored| &*stored.value)
    }

    /// All models.
    pub fn models(&self) -> impl Iterator<Item = &PhoneModel> + Clone {
        self.models.values().map(|stored| &*stored.value)
    }

    /// A template.
    pub fn template(&self, id: TemplateId) -> Option<&Template> {
        self.templates.get(&id).map(|stored| &*stored.value)
    }

    /// All templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> + Clone {
        self.templates.values().map(|stored| &*stored.value)
    }

    /// The template that a phone of `model` in `region` uses, unless one was chosen for it.
    pub fn template_for(&self, region: Option<RegionId>, model: &ModelId) -> Option<&Template> {
        template::choose(&self.templates(), region, model)
    }

    /// The templates that phones of a region use where none was chosen for them, each once.
    pub fn templates_used_in(&self, region: RegionId) -> Vec<&Template> {
        let mut used: Vec<&Template> =
            self.models().filter_map(|model| self.template_for(Some(region), &model.id)).collect();
        used.sort_by_key(|template| template.id);
        used.dedup_by_key(|template| template.id);
        used
    }

    /// The regions whose phones may use a template: its own, or all and none.
    pub fn regions_of(&self, template: &Template) -> impl Iterator<Item = Option<RegionId>> {
        let all = template.region.is_none();
        let named = self.regions().filter(move |region| all || template.region == Some(region.id));
        named.map(|region| Some(region.id)).chain(all.then_some(None))
    }

    /// A firmware entry.
    pub fn firmware(&self, id: FirmwareId) -> Option<&Firmware> {
        self.firmware.get(&id).map(|stored| &*stored.value)
    }

    /// The firmware entry with that file name, ASCII case aside.
    pub fn firmware_called(&self, name: &str) -> Option<&Firmware> {
        self.firmware
            .values()
            .map(|stored| &*stored.value)
            .find(|entry| entry.name.as_str().eq_ignore_ascii_case(name))
    }

    /// All secrets above the device, by the fingerprint of their plain text: published files refer
    /// to them by it.
    pub fn secrets(&self) -> BTreeMap<Fingerprint, SharedSecret<'_>> {
        let settings =
            self.settings().phones.ldap.password.iter().map(|value| (LDAP_PASSWORD.to_owned(), value));
        let placeholders = self.placeholders.iter().flat_map(|(scope, set)| {
            set.iter().filter_map(move |(name, value)| match &value.value {
                StoredValue::Secret(secret) => Some((scope.sealed_for(name), secret)),
                StoredValue::Plain(_) => None,
            })
        });
        settings
            .chain(placeholders)
            .map(|(sealed_for, value)| (value.print, SharedSecret { sealed_for, value }))
            .collect()
    }

    /// What the system scope sets.
    pub fn system_placeholders(&self) -> &ScopeSet {
        self.set(&SharedScope::System)
    }

    /// What a model sets.
    pub fn model_placeholders(&self, model: &ModelId) -> &ScopeSet {
        self.set(&SharedScope::Model(model.clone()))
    }

    /// What a region sets.
    pub fn region_placeholders(&self, region: RegionId) -> &ScopeSet {
        self.set(&SharedScope::Region(region))
    }

    /// What a scope sets.
    pub fn set(&self, scope: &SharedScope) -> &ScopeSet {
        self.placeholders.get(scope).map_or(&NOTHING_SET, |set| set)
    }

    /// A placeholder of a scope, with its revision.
    pub fn placeholder(&self, scope: &SharedScope, name: &PlaceholderName) -> Option<Stored<ScopedValue>> {
        let value = self.set(scope).get(name)?.clone();
        let revision = self.placeholder_revisions.get(&(scope.clone(), name.clone())).copied();
        Some(Stored { revision: revision.unwrap_or_default(), value })
    }
}
