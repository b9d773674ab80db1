//! Generations: the part of the catalogue that files are made from, pinned by its content.
//!
//! A generation is a list of parts, each stored once under the hash of its content, so publishing
//! after one edit stores one part. A file is a pure function of a generation and the device's own
//! inputs. Secrets do not enter a part: only their fingerprints do, so that a changed secret makes
//! another generation.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

pub use crate::id::GenerationId;
use crate::{
    catalog::Catalog,
    digest::ContentHash,
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    placeholder::{PlaceholderName, ScopeSet, StoredValue},
    region::Identity,
    settings::PhoneSettings,
    template::{CompiledTemplate, TemplateDocument, TemplateError},
    text::{CfgLine, CfgValue, FileName, RegionName, TemplateName},
    vault::SealedValue,
};

/// The number of the renderer whose output a generation is for. A change of the output means a new
/// number, and the former code stays while anything is pinned to it.
pub const ENGINE: u16 = 1;

/// The pinned part of the catalogue.
#[derive(Debug)]
pub struct Generation {
    id: GenerationId,
    system: Arc<SystemPart>,
    models: BTreeMap<ModelId, Arc<ModelPart>>,
    regions: BTreeMap<RegionId, Arc<RegionPart>>,
    templates: BTreeMap<TemplateId, Arc<TemplatePart>>,
    parts: Vec<Part>,
}

/// One part as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The hash of the content.
    pub hash: ContentHash,
    /// The content, JSON.
    #[serde(with = "crate::binary")]
    pub content: Arc<[u8]>,
}

/// A region as files see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionPart {
    /// Its id.
    pub id: RegionId,
    /// Its name.
    pub name: RegionName,
    /// Whether its phones' URLs carry tokens.
    pub identity: Identity,
    /// Whether its phones use the SBC HTTP proxy.
    pub through_proxy: bool,
    /// The file names of firmware that the region chose.
    pub firmware: BTreeMap<ModelId, FileName>,
    /// The placeholders that the region sets.
    pub placeholders: ScopeSet,
    /// The lines that it appends.
    pub lines: Vec<CfgLine>,
}

/// A template as files see it.
#[derive(Debug)]
pub struct TemplatePart {
    /// Its id.
    pub id: TemplateId,
    /// Its name.
    pub name: TemplateName,
    /// The hash of its document.
    pub document: ContentHash,
    /// Its own defaults.
    pub defaults: BTreeMap<PlaceholderName, CfgValue>,
    /// Its compiled form.
    pub compiled: CompiledTemplate,
}

#[derive(Debug, Serialize, Deserialize)]
struct SystemPart {
    settings: PhoneSettings,
    placeholders: ScopeSet,
}

#[derive(Debug, Serialize, Deserialize)]
struct ModelPart {
    id: ModelId,
    placeholders: ScopeSet,
}

#[derive(Serialize, Deserialize)]
struct StoredTemplate {
    id: TemplateId,
    name: TemplateName,
    defaults: BTreeMap<PlaceholderName, CfgValue>,
    document: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredPart {
    System(Box<SystemPart>),
    Model(ModelPart),
    Region(RegionPart),
    Template(StoredTemplate),
}

impl StoredPart {
    fn stored(&self) -> Result<Part, GenerationError> {
        let content =
            serde_json::to_vec(self).map_err(|error| GenerationError::Part(ContentHash::of(b""), error))?;
        Ok(Part { hash: ContentHash::of(&content), content: content.into() })
    }

    fn read(part: &Part) -> Result<Self, GenerationError> {
        serde_json::from_slice(&part.content).map_err(|error| GenerationError::Part(part.hash, error))
    }
}

/// Why a stored generation cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// A part is not what was stored.
    #[error("part {0} of a published generation is not readable")]
    Part(ContentHash, #[source] serde_json::Error),
    /// A pinned template no longer compiles.
    #[error("a published template is not readable")]
    Template(#[source] TemplateError),
    /// A part is missing, or does not have the hash it is stored under.
    #[error("a part of a published generation is missing or damaged")]
    Damaged,
}

impl Generation {
    /// What would be pinned if everything were published now.
    pub fn of(catalog: &Catalog) -> Result<Self, GenerationError> {
        let mut stored = vec![StoredPart::System(Box::new(SystemPart {
            settings: without_secrets(catalog.settings().phones.clone()),
            placeholders: prints_only(catalog.system_placeholders()),
        }))];
        stored.extend(catalog.models().map(|model| {
            let placeholders = prints_only(catalog.model_placeholders(&model.id));
            StoredPart::Model(ModelPart { id: model.id.clone(), placeholders })
        }));
        stored.extend(catalog.regions().map(|region| {
            let firmware = region
                .firmware
                .iter()
                .filter_map(|(model, id)| Some((model.clone(), catalog.firmware(*id)?.name.clone())));
            StoredPart::Region(RegionPart {
                id: region.id,
                name: region.name.clone(),
                identity: region.identity,
                through_proxy: region.through_proxy,
                firmware: firmware.collect(),
                placeholders: prints_only(catalog.region_placeholders(region.id)),
                lines: region.lines.clone(),
            })
        }));
        stored.extend(catalog.templates().map(|template| {
            StoredPart::Template(StoredTemplate {
                id: template.id,
                name: template.name.clone(),
                defaults: template.defaults.clone(),
                document: STANDARD_NO_PAD.encode(template.document.bytes()),
            })
        }));
        Self::from_parts(stored.iter().map(StoredPart::stored).collect::<Result<_, _>>()?)
    }

    /// The generation with these parts, as read back from a store in their stored order.
    pub fn from_parts(parts: Vec<Part>) -> Result<Self, GenerationError> {
        let mut system: Option<Arc<SystemPart>> = None;
        let (mut models, mut regions, mut stored_templates) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for part in &parts {
            if ContentHash::of(&part.content) != part.hash {
                return Err(GenerationError::Damaged);
            }
            match StoredPart::read(part)? {
                StoredPart::System(part) => system = Some(Arc::from(part)),
                StoredPart::Model(part) => drop(models.insert(part.id.clone(), Arc::new(part))),
                StoredPart::Region(part) => drop(regions.insert(part.id, Arc::new(part))),
                StoredPart::Template(part) => stored_templates.push(part),
            }
        }
        let system = system.ok_or(GenerationError::Damaged)?;
        let hosts = own_hosts(&system.settings);
        let templates = stored_templates
            .into_iter()
            .map(|stored| Ok((stored.id, Arc::new(TemplatePart::new(stored, &hosts)?))))
            .collect::<Result<_, GenerationError>>()?;
        let hashes: Vec<u8> = parts.iter().flat_map(|part| *part.hash.as_bytes()).collect();
        let id = GenerationId::of(ContentHash::of(&[&ENGINE.to_le_bytes(), hashes.as_slice()].concat()));
        Ok(Self { id, system, models, regions, templates, parts })
    }

    /// This content for phones that are not known yet: a first contact has to lead back, so the
    /// addresses of this server, and the way that a region's phones take to it, are those of `live`
    /// at once, as in the option 160 files. Everything else waits until it is published; a region
    /// that was made since has no values here. `None` where nothing differs.
    pub fn reached_as(&self, live: &Self) -> Result<Option<Self>, GenerationError> {
        let system = SystemPart {
            settings: PhoneSettings {
                server: live.settings().server.clone(),
                proxy: live.settings().proxy.clone(),
                ..self.settings().clone()
            },
            placeholders: self.system_set().clone(),
        };
        let region = |now: &Arc<RegionPart>| match self.region(now.id) {
            Some(published) => RegionPart {
                identity: now.identity,
                through_proxy: now.through_proxy,
                ..RegionPart::clone(published)
            },
            None => RegionPart {
                firmware: BTreeMap::new(),
                placeholders: ScopeSet::default(),
                lines: Vec::new(),
                ..RegionPart::clone(now)
            },
        };
        let regions: Vec<RegionPart> = live.regions().map(region).collect();
        let same = system.settings == *self.settings()
            && regions.iter().all(|region| self.region(region.id).is_some_and(|same| **same == *region));
        if same {
            return Ok(None);
        }
        let changed = std::iter::once(StoredPart::System(Box::new(system)))
            .chain(regions.into_iter().map(StoredPart::Region));
        let mut parts = changed.map(|part| part.stored()).collect::<Result<Vec<_>, _>>()?;
        for part in &self.parts {
            match StoredPart::read(part)? {
                StoredPart::System(_) | StoredPart::Region(_) => {}
                StoredPart::Model(_) | StoredPart::Template(_) => parts.push(part.clone()),
            }
        }
        Self::from_parts(parts).map(Some)
    }

    /// Its id.
    pub const fn id(&self) -> GenerationId {
        self.id
    }

    /// Its parts, in the order in which its id lists them.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The pinned settings.
    pub fn settings(&self) -> &PhoneSettings {
        &self.system.settings
    }

    /// The placeholders of the system.
    pub fn system_set(&self) -> &ScopeSet {
        &self.system.placeholders
    }

    /// The placeholders of a model.
    pub fn model_set(&self, model: &ModelId) -> Option<&ScopeSet> {
        self.models.get(model).map(|part| &part.placeholders)
    }

    /// A region.
    pub fn region(&self, id: RegionId) -> Option<&Arc<RegionPart>> {
        self.regions.get(&id)
    }

    /// All regions.
    pub fn regions(&self) -> impl Iterator<Item = &Arc<RegionPart>> {
        self.regions.values()
    }

    /// A template.
    pub fn template(&self, id: TemplateId) -> Option<&Arc<TemplatePart>> {
        self.templates.get(&id)
    }
}

impl TemplatePart {
    fn new(stored: StoredTemplate, own_hosts: &[String]) -> Result<Self, GenerationError> {
        let bytes = STANDARD_NO_PAD.decode(&stored.document).map_err(|_| GenerationError::Damaged)?;
        let document = TemplateDocument::parse(&bytes).map_err(GenerationError::Template)?;
        Ok(Self {
            id: stored.id,
            name: stored.name,
            document: ContentHash::of(&bytes),
            defaults: stored.defaults,
            compiled: CompiledTemplate::new(&document, own_hosts),
        })
    }
}

/// The literal addresses of this server and its proxy, as they stand in URLs.
pub fn own_hosts(settings: &PhoneSettings) -> Vec<String> {
    let server = &settings.server;
    let proxy = settings.proxy.as_ref().map(|proxy| &proxy.host);
    [server.fqdn.as_ref(), server.address.as_ref(), proxy]
        .into_iter()
        .flatten()
        .map(crate::text::Host::in_url)
        .collect()
}

fn without_secrets(mut settings: PhoneSettings) -> PhoneSettings {
    settings.ldap.password = settings.ldap.password.as_ref().map(SealedValue::print_only);
    settings
}

fn prints_only(set: &ScopeSet) -> ScopeSet {
    let mut set = set.clone();
    for value in set.values_mut() {
        if let StoredValue::Secret(secret) = &mut value.value {
            *secret = secret.print_only();
        }
    }
    set
}
