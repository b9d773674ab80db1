//! What would be refused of a template, and the placeholders in it.

use super::NewTemplate;
use crate::{
    access::Capability,
    app::{AppError, admin::Admin, snapshot::Snapshot},
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    placeholder::{PlaceholderName, Scopes},
    render::{
        RenderError,
        cohort::SharedValue,
        explain::{Shown, shown},
    },
    store::Store,
    template::{Finding, Template},
    text::{Label, RegionName},
};

/// What a look through a template says.
#[derive(Debug, PartialEq, Eq)]
pub struct Checked {
    /// Why files cannot be made of it.
    pub obstacles: Vec<Obstacle>,
    /// What works, but perhaps not as meant.
    pub findings: Vec<Finding>,
}

/// Why files cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The region in which they cannot; `None` for phones without one.
    pub region: Option<RegionName>,
    /// The line of the template's XML, counted from 1.
    pub line: Option<u32>,
    /// The placeholder.
    pub placeholder: Option<PlaceholderName>,
    /// What it is, and what to do.
    pub message: String,
}

/// A placeholder of a template as it is resolved for a region and model.
#[derive(Debug, PartialEq, Eq)]
pub struct UsedPlaceholder {
    /// Its name.
    pub name: PlaceholderName,
    /// The first line of the template's XML that uses it, counted from 1.
    pub line: u32,
    /// Whether phones and their users give it a value of their own.
    pub of_phone: bool,
    /// The values above the device, the one that wins first.
    pub layers: Vec<Shown>,
}

impl<S: Store> Admin<'_, S> {
    /// What *Generate* would refuse of a template, for every region that may use it.
    pub fn check_template(&self, id: TemplateId) -> Result<Checked, AppError> {
        let row = self.template(id)?;
        let visible = self.caller.visible();
        let checked = self.checked(&self.app.snapshot(), &row.value, |region| visible.contains(region));
        Ok(checked)
    }

    /// The same for a file that is not uploaded yet; nothing is saved.
    pub fn check_upload(&self, new: NewTemplate) -> Result<Checked, AppError> {
        self.need(Capability::EditTemplates)?;
        let template = self.draft_template(new, Label::EMPTY)?;
        let proposed = self.app.snapshot().with_template(&template, self.app.now().wall)?;
        Ok(self.checked(&proposed, &template, |_| true))
    }

    /// The placeholders of a template with the values that they take for a region and model, and
    /// where these come from (PLH-06).
    pub fn template_placeholders(
        &self,
        id: TemplateId,
        region: Option<RegionId>,
        model: Option<&ModelId>,
    ) -> Result<Vec<UsedPlaceholder>, AppError> {
        let row = self.template(id)?;
        if let Some(region) = region {
            self.region(region)?;
        }
        let snapshot = self.app.snapshot();
        let generation = snapshot.live.generation();
        let part = generation.template(id).ok_or_else(|| AppError::not_found("such template"))?;
        let model = model.unwrap_or(&row.value.model);
        let region = region.and_then(|id| generation.region(id)).map(AsRef::as_ref);
        let scopes = Scopes { defaults: &part.defaults, generation, model, region };
        let used = part.compiled.slots().iter().map(|slot| UsedPlaceholder {
            name: slot.name.clone(),
            line: slot.line,
            of_phone: slot.builtin.is_some_and(|row| row.phone.is_some()),
            layers: scopes.layers(&slot.name).map(shown).collect(),
        });
        Ok(used.collect())
    }

    fn checked(
        &self,
        snapshot: &Snapshot,
        template: &Template,
        of_interest: impl Fn(Option<RegionId>) -> bool,
    ) -> Checked {
        let mut obstacles = Vec::new();
        let key = self.app.ports().vault.fingerprints();
        for region in snapshot.catalog.regions_of(template).filter(|region| of_interest(*region)) {
            let known = region.and_then(|id| snapshot.catalog.region(id));
            let name = known.map(|region| region.name.clone());
            let mut push = |obstacle: Obstacle| obstacles.push(Obstacle { region: name.clone(), ..obstacle });
            match snapshot.live.cohort(template.id, region, &template.model, key) {
                None => {}
                Some(Err(error)) => push(obstacle(&error)),
                Some(Ok(cohort)) => {
                    if let Err(error) = cohort.check_global() {
                        push(obstacle(&error));
                    }
                    let slots = cohort.template().compiled.slots().iter().zip(cohort.values());
                    for (slot, value) in slots {
                        if matches!(value, SharedValue::None) && !slot.may_be_left_out() {
                            let error = RenderError::Unresolved { name: slot.name.clone(), line: slot.line };
                            push(obstacle(&error));
                        }
                    }
                }
            }
            if let Some(Err(error)) = known.map(|region| self.app.check_global_names(snapshot, region)) {
                let plain =
                    Obstacle { region: None, line: None, placeholder: None, message: error.to_string() };
                push(plain);
            }
        }
        Checked { obstacles, findings: self.app.findings(&template.document) }
    }
}

fn obstacle(error: &RenderError) -> Obstacle {
    let (line, placeholder) = match error {
        RenderError::Unresolved { name, line }
        | RenderError::LineBreak { name, line }
        | RenderError::NotShared { name, line } => (Some(*line), Some(name.clone())),
        RenderError::Inconsistent => (None, None),
    };
    Obstacle { region: None, line, placeholder, message: error.to_string() }
}
