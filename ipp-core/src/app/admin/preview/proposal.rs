//! Edits of the catalogue on a copy of it.

use std::{fmt, sync::Arc};

use super::{
    super::{
        device_bulk::Selection,
        placeholders::PlaceholderEdit,
        settings,
        templates::{
            TemplateEdit,
            edit::{with_details, with_document},
        },
    },
    devices::{DeviceChanges, DeviceEdits},
};
use crate::{
    access::Capability,
    app::{AppError, admin::Admin, snapshot::Snapshot},
    catalog::{Catalog, SharedScope},
    id::TemplateId,
    placeholder::PlaceholderName,
    region::{Identity, Region},
    settings::Settings,
    store::Store,
    template::Template,
    text::CfgValue,
    time::Timestamp,
};

/// An edit that is not saved.
pub enum ProposedEdit {
    /// The settings as they would be.
    Settings(Box<Settings>),
    /// A region as it would be.
    Region(Box<Region>),
    /// Another document for a template.
    TemplateDocument(TemplateId, Vec<u8>),
    /// Other details of a template: its defaults, or that it becomes the default of its region.
    Template(TemplateId, TemplateEdit),
    /// A value of a scope above the device; `None` lets it inherit again.
    Placeholder(SharedScope, PlaceholderName, Option<CfgValue>),
    /// The same for devices.
    DevicePlaceholder(Selection, PlaceholderName, Option<CfgValue>),
    /// Other choices for devices.
    Devices(Selection, DeviceChanges),
}

/// The most edits of one proposal.
pub const MOST_EDITS: usize = 100;

/// What is saved, with edits that are not.
#[derive(Debug)]
pub struct Proposal {
    saved: Arc<Snapshot>,
    proposed: Arc<Snapshot>,
    /// The catalogue where it was edited since `proposed` was made of it.
    edited: Option<Catalog>,
    pub(super) devices: DeviceEdits,
    edits: usize,
}

impl Proposal {
    /// The catalogue with the edits so far.
    pub fn catalog(&self) -> &Catalog {
        self.edited.as_ref().unwrap_or(&self.proposed.catalog)
    }

    /// What is saved.
    pub(super) const fn saved(&self) -> &Arc<Snapshot> {
        &self.saved
    }

    /// What would be, as far as it is settled.
    pub(super) const fn proposed(&self) -> &Arc<Snapshot> {
        &self.proposed
    }

    /// Makes of the edited catalogue what publishing it would pin.
    pub(super) fn settle(&mut self, now: Timestamp) -> Result<Arc<Snapshot>, AppError> {
        if let Some(catalog) = self.edited.take() {
            self.proposed = Arc::new(Snapshot::new(catalog, now)?);
        }
        Ok(Arc::clone(&self.proposed))
    }

    fn edit(&mut self) -> &mut Catalog {
        self.edited.get_or_insert_with(|| self.proposed.catalog.clone())
    }
}

impl<S: Store> Admin<'_, S> {
    /// A proposal without any edit yet.
    pub fn proposal(&self) -> Result<Proposal, AppError> {
        self.need(Capability::View)?;
        let saved = self.app.snapshot();
        let proposed = Arc::clone(&saved);
        Ok(Proposal { saved, proposed, edited: None, devices: DeviceEdits::default(), edits: 0 })
    }

    /// Adds an edit to a proposal, under the rights and checks that saving it has. Later edits see it.
    pub async fn propose(&self, proposal: &mut Proposal, edit: ProposedEdit) -> Result<(), AppError> {
        if proposal.edits == MOST_EDITS {
            return Err(AppError::invalid(format!("a preview is of at most {MOST_EDITS} edits")));
        }
        proposal.edits += 1;
        match edit {
            ProposedEdit::Settings(edited) => {
                self.need(Capability::EditSettings)?;
                settings::check_in(proposal.catalog(), &edited)?;
                proposal.edit().settings.value = Arc::new(*edited);
                Ok(())
            }
            ProposedEdit::Region(region) => self.propose_region(proposal, *region),
            ProposedEdit::TemplateDocument(id, content) => {
                let former = self.edited_of(proposal.catalog(), id)?;
                let edited = with_document(proposal.catalog(), &former, &content)?;
                self.propose_template(proposal, &edited)
            }
            ProposedEdit::Template(id, edit) => {
                let edited = with_details(&self.edited_of(proposal.catalog(), id)?, edit)?;
                self.propose_template(proposal, &edited)
            }
            ProposedEdit::Placeholder(scope, name, value) => {
                self.propose_placeholder(proposal, scope, name, value)
            }
            ProposedEdit::DevicePlaceholder(devices, name, value) => {
                self.propose_override(proposal, &devices, name, value).await
            }
            ProposedEdit::Devices(devices, changes) => {
                self.propose_devices(proposal, &devices, changes).await
            }
        }
    }

    fn propose_region(&self, proposal: &mut Proposal, region: Region) -> Result<(), AppError> {
        let catalog = proposal.catalog();
        let region = self.edited_region(catalog, region)?;
        let named = |other: &Region| other.id != region.id && other.name.folded() == region.name.folded();
        taken_if(catalog.regions().any(named), "region name", &region.name)?;
        if region.firmware.values().any(|id| catalog.firmware(*id).is_none()) {
            return Err(AppError::invalid("there is no such firmware"));
        }
        if region.identity == Identity::Open {
            let before = proposal.settle(self.app.now().wall)?;
            self.app.check_global_names(&before, &region)?;
        }
        let regions = &mut proposal.edit().regions;
        if let Some(row) = regions.get_mut(&region.id) {
            row.value = Arc::new(region);
        }
        Ok(())
    }

    fn propose_template(&self, proposal: &mut Proposal, edited: &Template) -> Result<(), AppError> {
        let before = proposal.settle(self.app.now().wall)?;
        let named = |other: &Template| other.id != edited.id && other.name == edited.name;
        taken_if(before.catalog.templates().any(named), "template name", &edited.name)?;
        proposal.proposed = Arc::new(self.proposed_template(&before, edited)?);
        Ok(())
    }

    fn propose_placeholder(
        &self,
        proposal: &mut Proposal,
        scope: SharedScope,
        name: PlaceholderName,
        value: Option<CfgValue>,
    ) -> Result<(), AppError> {
        let catalog = proposal.catalog();
        self.may_set(catalog, &scope, &name)?;
        if let Some(value) = value {
            let edit = PlaceholderEdit { value: Some(value), ..PlaceholderEdit::default() };
            let scoped = self.edited_placeholder(catalog, &scope, &name, edit)?;
            let set = proposal.edit().placeholders.entry(scope).or_default();
            Arc::make_mut(set).insert(name, scoped);
            return Ok(());
        }
        if !catalog.set(&scope).contains_key(&name) {
            return Err(AppError::not_found("such placeholder"));
        }
        let placeholders = &mut proposal.edit().placeholders;
        if let Some(set) = placeholders.get_mut(&scope) {
            Arc::make_mut(set).remove(&name);
        }
        placeholders.retain(|_, set| !set.is_empty());
        Ok(())
    }
}

/// As the store says of a name that another row has.
fn taken_if(taken: bool, what: &str, name: &impl fmt::Display) -> Result<(), AppError> {
    if taken { Err(AppError::conflict(format!("the {what} `{name}` is taken"))) } else { Ok(()) }
}

impl fmt::Debug for ProposedEdit {
    /// Without values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings(_) => "Settings",
            Self::Region(_) => "Region",
            Self::TemplateDocument(..) => "TemplateDocument",
            Self::Template(..) => "Template",
            Self::Placeholder(..) => "Placeholder",
            Self::DevicePlaceholder(..) => "DevicePlaceholder",
            Self::Devices(..) => "Devices",
        })
    }
}
