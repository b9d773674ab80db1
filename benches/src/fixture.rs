//! What is measured: a template of 300 lines with 60 placeholders, and phones that use it.

#![expect(clippy::expect_used, reason = "a run without its fixture measures nothing")]

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use ipp_core::{
    catalog::{Catalog, RowRevision, SharedScope, Stored},
    digest::FingerprintKey,
    generation::Generation,
    id::{RegionId, TemplateId},
    phone_model,
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    region::Region,
    render::Cohort,
    template::{FilePart, Template, TemplateDocument, TemplateParts},
    text::Label,
};

/// How many lines the template has.
pub const LINES: usize = 300;

/// How many placeholders it has.
pub const PLACEHOLDERS: usize = 60;

/// The private part: of five lines, one has a placeholder.
pub fn private_part() -> String {
    let mut text = String::new();
    for line in 0..LINES {
        let key = format!("voip/section/{}/parameter_{line}", line % 7);
        let placeholder = line / 5;
        let _ = if line % 5 == 0 && placeholder < PLACEHOLDERS {
            writeln!(text, "{key}=%ITCS_Value{placeholder:02}%")
        } else {
            writeln!(text, "{key}=a constant value {line}")
        };
    }
    text
}

/// A cohort whose values come from all four scopes above the device in turn.
///
/// # Panics
///
/// Where the fixture itself is wrong.
pub fn cohort() -> (Generation, Cohort, FingerprintKey) {
    let key = FingerprintKey::new([1; 32]);
    let mut catalog = Catalog::empty();
    let region = Region::new(RegionId::from_bytes([1; 16]), "Berlin".parse().expect("part of the fixture"));
    let model = phone_model::built_in().swap_remove(2);
    let parts = TemplateParts {
        model_type: model.id.in_template(),
        description: "bench".to_owned(),
        global: None,
        private: FilePart::private(private_part()),
    };
    let document = TemplateDocument::from_parts(&parts).expect("part of the fixture");
    let mut defaults = BTreeMap::new();
    let mut sets: [BTreeMap<PlaceholderName, ScopedValue>; 3] = Default::default();
    for number in 0..PLACEHOLDERS {
        let name: PlaceholderName = format!("Value{number:02}").parse().expect("part of the fixture");
        let value = |scope: &str| format!("{scope} value {number}").parse().expect("part of the fixture");
        defaults.insert(name.clone(), value("default"));
        for (set, scope) in sets.iter_mut().zip(["system", "model", "region"]).take(number % 4) {
            set.insert(
                name.clone(),
                ScopedValue { value: StoredValue::Plain(value(scope)), description: Label::EMPTY },
            );
        }
    }
    let template = Template {
        id: TemplateId::from_bytes([2; 16]),
        name: "bench".parse().expect("part of the fixture"),
        description: Label::EMPTY,
        model: model.id.clone(),
        region: None,
        builtin: false,
        default: false,
        original: document.bytes().into(),
        document: Arc::new(document),
        defaults,
        published: None,
    };
    let (template_id, region_id, model_id) = (template.id, region.id, model.id.clone());
    let [system, of_model, of_region] = sets.map(Arc::new);
    catalog.placeholders.insert(SharedScope::System, system);
    catalog.placeholders.insert(SharedScope::Model(model_id.clone()), of_model);
    catalog.placeholders.insert(SharedScope::Region(region_id), of_region);
    catalog.regions.insert(region_id, stored(region));
    catalog.models.insert(model_id.clone(), stored(model));
    catalog.templates.insert(template_id, stored(template));
    let generation = Generation::of(&catalog).expect("part of the fixture");
    let cohort = Cohort::resolve(&generation, template_id, Some(region_id), &model_id, &key)
        .and_then(Result::ok)
        .expect("part of the fixture");
    (generation, cohort, key)
}

fn stored<T>(value: T) -> Stored<Arc<T>> {
    Stored { revision: RowRevision(1), value: Arc::new(value) }
}
