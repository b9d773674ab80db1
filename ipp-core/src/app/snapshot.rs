//! The catalogue as this node has it, with what is derived from it once.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::AppError;
use crate::{
    catalog::{Catalog, Stored},
    digest::FingerprintKey,
    generation::{Generation, GenerationId},
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    region::Identity,
    render::{Cohort, RenderError},
    template::Template,
    time::Timestamp,
};

/// A catalogue and the generation that it would be published as.
#[derive(Debug)]
pub struct Snapshot {
    /// The catalogue.
    pub catalog: Catalog,
    /// What publishing it would pin.
    pub live: Arc<PinnedGeneration>,
    /// When this node loaded it.
    pub loaded_at: Timestamp,
    /// Whether some region lets phones in by their MAC address alone.
    pub any_open_region: bool,
    for_strangers: Mutex<HashMap<GenerationId, Arc<PinnedGeneration>>>,
}

impl Snapshot {
    pub(super) fn new(catalog: Catalog, loaded_at: Timestamp) -> Result<Self, AppError> {
        let live = Arc::new(PinnedGeneration::new(Generation::of(&catalog)?));
        let any_open_region = catalog.regions().any(|region| region.identity == Identity::Open);
        Ok(Self { catalog, live, loaded_at, any_open_region, for_strangers: Mutex::default() })
    }

    /// What was published, with the addresses by which unknown phones reach this server now.
    pub(super) fn for_strangers(
        &self,
        published: &Arc<PinnedGeneration>,
    ) -> Result<Arc<PinnedGeneration>, AppError> {
        let id = published.generation().id();
        if let Some(known) = lock(&self.for_strangers).get(&id) {
            return Ok(Arc::clone(known));
        }
        let reached = match published.generation().reached_as(self.live.generation())? {
            Some(other) => Arc::new(PinnedGeneration::new(other)),
            None => Arc::clone(published),
        };
        lock(&self.for_strangers).insert(id, Arc::clone(&reached));
        Ok(reached)
    }

    /// What this would be with a template that is about to be saved.
    pub(super) fn with_template(&self, template: &Template, now: Timestamp) -> Result<Self, AppError> {
        self.with_templates(None, template, now)
    }

    /// The same with another one that changes along with it.
    pub(super) fn with_templates(
        &self,
        other: Option<Stored<Arc<Template>>>,
        template: &Template,
        now: Timestamp,
    ) -> Result<Self, AppError> {
        let mut catalog = self.catalog.clone();
        let revision = catalog.templates.get(&template.id).map(|row| row.revision).unwrap_or_default();
        let row = Stored { revision, value: Arc::new(template.clone()) };
        for row in other.into_iter().chain([row]) {
            catalog.templates.insert(row.value.id, row);
        }
        Self::new(catalog, now)
    }
}

type CohortKey = (TemplateId, Option<RegionId>, ModelId);

/// A generation with the cohorts that were resolved from it so far.
#[derive(Debug)]
pub struct PinnedGeneration {
    generation: Generation,
    cohorts: Mutex<HashMap<CohortKey, Arc<Cohort>>>,
    stored: AtomicBool,
}

impl PinnedGeneration {
    /// A generation without any cohort yet.
    pub fn new(generation: Generation) -> Self {
        Self { generation, cohorts: Mutex::default(), stored: AtomicBool::new(false) }
    }

    /// The generation.
    pub const fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Whether this node knows that the generation is stored. Storing it again does no harm.
    pub(super) fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Relaxed)
    }

    /// To be called after a batch that stores it was committed.
    pub(super) fn mark_stored(&self) {
        self.stored.store(true, Ordering::Relaxed);
    }

    /// The shared values of a template for a region and model, resolved on first use. `None` where
    /// the generation does not have the template. There are at most as many as the catalogue has
    /// combinations.
    pub fn cohort(
        &self,
        template: TemplateId,
        region: Option<RegionId>,
        model: &ModelId,
        key: &FingerprintKey,
    ) -> Option<Result<Arc<Cohort>, RenderError>> {
        let place = (template, region, model.clone());
        if let Some(cohort) = lock(&self.cohorts).get(&place) {
            return Some(Ok(Arc::clone(cohort)));
        }
        let resolved = Cohort::resolve(&self.generation, template, region, model, key)?;
        Some(resolved.map(|cohort| {
            let cohort = Arc::new(cohort);
            lock(&self.cohorts).insert(place, Arc::clone(&cohort));
            cohort
        }))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
