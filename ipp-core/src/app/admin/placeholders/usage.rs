//! What there is to read about placeholders: where a name is used, and what the system gives it.

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    catalog::SharedScope,
    id::TemplateId,
    placeholder::{Origin, PlaceholderName, Scopes, builtin::BUILTIN},
    render::explain::{Shown, shown},
    store::Store,
    template::compiled::{CompiledFile, CompiledTemplate, LineSource, Op},
    text::TemplateName,
};

/// Where a placeholder is used and set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The templates that use it.
    pub templates: Vec<TemplateUse>,
    /// The scopes that set it.
    pub scopes: Vec<SharedScope>,
}

/// A template that uses a placeholder.
#[derive(Debug, PartialEq, Eq)]
pub struct TemplateUse {
    /// The template.
    pub id: TemplateId,
    /// Its name.
    pub name: TemplateName,
    /// The lines of its XML, counted from 1.
    pub lines: Vec<u32>,
}

/// The value of a placeholder for all phones.
#[derive(Debug, PartialEq, Eq)]
pub struct SystemValue {
    /// Its name.
    pub name: PlaceholderName,
    /// The value and where it comes from; `None` where only phones give it one.
    pub value: Option<Shown>,
}

impl<S: Store> Admin<'_, S> {
    /// Where a placeholder is used, as far as the caller may see.
    pub fn placeholder_usage(&self, name: &PlaceholderName) -> Result<Usage, AppError> {
        let rows = self.templates()?;
        let visible = self.caller().visible();
        let snapshot = self.app.snapshot();
        let generation = snapshot.live.generation();
        let templates = rows.iter().filter_map(|row| {
            let part = generation.template(row.value.id)?;
            let lines = lines_with(&part.compiled, name);
            let (id, name) = (row.value.id, row.value.name.clone());
            (!lines.is_empty()).then_some(TemplateUse { id, name, lines })
        });
        let sets = snapshot.catalog.placeholders.iter();
        let scopes = sets.filter(|(scope, set)| {
            set.contains_key(name) && scope.region().is_none_or(|region| visible.contains(Some(region)))
        });
        Ok(Usage { templates: templates.collect(), scopes: scopes.map(|(scope, _)| scope.clone()).collect() })
    }

    /// The values that the settings and the system scope give, and the defaults of all others
    /// (PLH-13, AMB-10).
    pub fn system_values(&self) -> Result<Vec<SystemValue>, AppError> {
        self.need(Capability::ViewShared)?;
        let snapshot = self.app.snapshot();
        let generation = snapshot.live.generation();
        let own = snapshot.catalog.system_placeholders().keys().cloned();
        let builtin = BUILTIN.iter().filter_map(|row| row.name.parse().ok());
        let mut names: Vec<PlaceholderName> = builtin.chain(own).collect();
        names.sort();
        names.dedup();
        // Whatever this model has is left out below.
        let model = "NONE".parse().map_err(|error| AppError::internal(format!("{error}")))?;
        let defaults = std::collections::BTreeMap::new();
        let scopes = Scopes { defaults: &defaults, generation, model: &model, region: None };
        let of_system = |origin| matches!(origin, Origin::System | Origin::Default);
        let values = names.into_iter().map(|name| {
            let value = scopes.layers(&name).map(shown).find(|layer| of_system(layer.origin));
            SystemValue { name, value }
        });
        Ok(values.collect())
    }
}

fn lines_with(compiled: &CompiledTemplate, name: &PlaceholderName) -> Vec<u32> {
    let Some(slot) = compiled.slot(name.as_str()) else { return Vec::new() };
    let of = |file: &CompiledFile| -> Vec<u32> {
        let used = file.lines().iter().filter(|line| {
            line.ops.iter().any(|op| matches!(op, Op::Slot(at) if usize::try_from(*at) == Ok(slot)))
        });
        used.filter_map(|line| match line.source {
            LineSource::Template(number) => Some(number),
            LineSource::Daylight | LineSource::Region | LineSource::Device => None,
        })
        .collect()
    };
    let mut lines = of(&compiled.global);
    lines.extend(of(&compiled.private));
    lines.sort_unstable();
    lines.dedup();
    lines
}
