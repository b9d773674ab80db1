//! One phone with its template and all that its file is made of, without a store around it.

use std::{collections::BTreeMap, sync::Arc};

use ipp_core::{
    catalog::{Catalog, RowRevision, SharedScope, Stored},
    device::{Admission, Device},
    digest::FingerprintKey,
    generation::Generation,
    id::{DeviceId, RegionId, TemplateId},
    phone_model::{self, ModelId},
    placeholder::{Origin, PlaceholderName, ScopeSet, ScopedValue, StoredValue},
    region::Region,
    render::{
        Cohort, DeviceInputs, ExplainedLine, Facts, Inputs, RenderError, SecretInputs, explain::explain,
        inputs::OwnValue,
    },
    template::{Template, TemplateDocument},
    text::{CfgValue, Label},
};

use super::{SERVER, START, mac, template_xml};

pub(crate) const MODEL: &str = "430HD";

/// The scopes, weakest first.
pub(crate) const SCOPES: [Origin; 5] =
    [Origin::Default, Origin::System, Origin::Model, Origin::Region, Origin::Device];

/// A catalogue of one region and one template, and a device.
pub(crate) struct Bench {
    catalog: Catalog,
    template: TemplateId,
    region: RegionId,
    pub(crate) device: Device,
}

impl Bench {
    pub(crate) fn new(global: &str, private: &str) -> Self {
        Self::of(&template_xml(MODEL, "T", global, private), MODEL)
    }

    pub(crate) fn of(xml: &str, model: &str) -> Self {
        let (template, region) = (TemplateId::from_bytes([1; 16]), RegionId::from_bytes([2; 16]));
        let document = TemplateDocument::parse(xml.as_bytes()).unwrap();
        let mut catalog = Catalog::empty();
        let mut settings = catalog.settings().clone();
        settings.phones.server.address = Some(SERVER.parse().unwrap());
        catalog.settings.value = Arc::new(settings);
        for model in phone_model::built_in() {
            catalog.models.insert(model.id.clone(), row(model));
        }
        catalog.regions.insert(region, row(Region::new(region, "R".parse().unwrap())));
        catalog.templates.insert(
            template,
            row(Template {
                id: template,
                name: "T".parse().unwrap(),
                description: Label::EMPTY,
                model: model.parse().unwrap(),
                region: Some(region),
                builtin: false,
                default: true,
                original: document.bytes().into(),
                document: Arc::new(document),
                defaults: BTreeMap::new(),
                published: None,
            }),
        );
        let mut device = Device::new(DeviceId::from_bytes([3; 16]), mac(1), Admission::Enrolled, START);
        (device.model, device.region) = (Some(model.parse().unwrap()), Some(region));
        Self { catalog, template, region, device }
    }

    pub(crate) fn edit_region(&mut self, with: impl FnOnce(&mut Region)) {
        with(Arc::make_mut(&mut self.catalog.regions.get_mut(&self.region).unwrap().value));
    }

    /// Sets a placeholder at a scope, or takes it out.
    pub(crate) fn set(&mut self, origin: Origin, name: &str, state: Option<&str>) {
        let name = name.parse().unwrap();
        let text = state.map(|text| text.parse().unwrap());
        let scope = match origin {
            Origin::Default => {
                let template = self.catalog.templates.get_mut(&self.template).unwrap();
                let defaults = &mut Arc::make_mut(&mut template.value).defaults;
                match text {
                    Some(text) => drop(defaults.insert(name, text)),
                    None => drop(defaults.remove(&name)),
                }
                return;
            }
            Origin::System => SharedScope::System,
            Origin::Model => SharedScope::Model(MODEL.parse().unwrap()),
            Origin::Region => SharedScope::Region(self.region),
            Origin::Device => {
                put(&mut self.device.overrides, name, text);
                return;
            }
        };
        put(Arc::make_mut(self.catalog.placeholders.entry(scope).or_default()), name, text);
    }

    pub(crate) fn cohort(&self) -> Result<(Generation, Cohort), RenderError> {
        let generation = Generation::of(&self.catalog).unwrap();
        let model = self.device.model.clone().unwrap();
        let key = FingerprintKey::new([7; 32]);
        let cohort = Cohort::resolve(&generation, self.template, Some(self.region), &model, &key).unwrap()?;
        Ok((generation, cohort))
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts::new(&self.device, None, &self.catalog)
    }

    pub(crate) fn inputs(&self, cohort: &Cohort, token: Option<String>) -> Result<Inputs, RenderError> {
        let compiled = &cohort.template().compiled;
        let own = compiled.slots().iter().filter_map(|slot| match self.facts().value(&slot.name)? {
            OwnValue::Plain(text) => Some((slot.name.clone(), text)),
            OwnValue::Secret(..) => None,
        });
        let own = DeviceInputs { values: own.collect(), lines: self.device.lines.clone() };
        Inputs::new(compiled, &own, &SecretInputs { token, values: Vec::new() })
    }

    pub(crate) fn private(&self, token: Option<String>) -> Result<String, RenderError> {
        let (_, cohort) = self.cohort()?;
        let mut out = String::new();
        cohort.render_private(&self.inputs(&cohort, token)?, &mut out)?;
        Ok(out)
    }

    pub(crate) fn explained(&self, token: Option<String>) -> Result<Vec<ExplainedLine>, RenderError> {
        let (generation, cohort) = self.cohort()?;
        let model: ModelId = self.device.model.clone().unwrap();
        explain(&cohort, &generation, &model, self.facts(), &self.inputs(&cohort, token)?)
    }
}

/// Sets a placeholder in a scope, or takes it out.
pub(crate) fn put(set: &mut ScopeSet, name: PlaceholderName, text: Option<CfgValue>) {
    match text {
        Some(text) => {
            let value = ScopedValue { value: StoredValue::Plain(text), description: Label::EMPTY };
            drop(set.insert(name, value));
        }
        None => drop(set.remove(&name)),
    }
}

fn row<T>(value: T) -> Stored<Arc<T>> {
    Stored { revision: RowRevision(1), value: Arc::new(value) }
}
