//! Regions.

use std::sync::Arc;

use crate::{
    access::{Capability, Regions, Role},
    app::{
        AppError, AppErrorKind,
        admin::{Admin, shown},
    },
    catalog::{Catalog, Stored},
    id::RegionId,
    operator::Operator,
    region::{Identity, Region},
    render::urls,
    store::{Batch, CatalogChange, Expected, Page, Row, Store, UserFilter},
    text::RegionName,
};

/// How many users are counted at most where a region cannot be deleted.
const COUNTED: u32 = 1_000;

impl<S: Store> Admin<'_, S> {
    /// The regions that the caller may see, by name (REG-13).
    pub fn regions(&self) -> Result<Vec<Stored<Arc<Region>>>, AppError> {
        self.need(Capability::View)?;
        let visible = self.caller.visible();
        let snapshot = self.app.snapshot();
        let regions = snapshot.catalog.regions.values().filter(|row| visible.contains(Some(row.value.id)));
        let mut regions: Vec<_> = regions.cloned().collect();
        regions.sort_by_key(|row| row.value.name.folded());
        Ok(regions)
    }

    /// One region.
    pub fn region(&self, id: RegionId) -> Result<Stored<Arc<Region>>, AppError> {
        self.need_in(Capability::View, Some(id), "region")?;
        let found = self.app.snapshot().catalog.regions.get(&id).cloned();
        found.ok_or_else(|| AppError::not_found("such region"))
    }

    /// Makes a region with safe defaults, changed by `with` before it is saved (REG-03).
    pub async fn create_region(
        &self,
        name: RegionName,
        with: impl FnOnce(&mut Region),
    ) -> Result<Region, AppError> {
        self.need(Capability::EditRegions)?;
        if self.app.ports().host.regions.is_some() {
            return Err(AppError::conflict("the host application keeps the regions; make it there"));
        }
        let mut region = Region::new(RegionId::new(self.app.now().wall, self.app.random()), name);
        with(&mut region);
        let snapshot = self.app.snapshot();
        self.check_region(&snapshot.catalog, &region)?;
        self.app.check_global_names(&snapshot, &region)?;
        let batch = Batch::of(CatalogChange::PutRegion(Box::new(region.clone())))
            .expecting(Row::Region(region.id), Expected::Absent)
            .noting(self.audit("region.create", subject(&region)).changing(None, shown(&region)));
        self.app.commit(batch).await?;
        Ok(region)
    }

    /// Saves a region that was edited. A changed name leaves the former one as an alias (REG-12).
    pub async fn update_region(&self, edited: Stored<Region>) -> Result<(), AppError> {
        self.need(Capability::EditRegions)?;
        let snapshot = self.app.snapshot();
        let Stored { revision, value: region } = edited;
        let former = snapshot.catalog.region(region.id).ok_or_else(|| AppError::not_found("such region"))?;
        let region = self.edited_region(&snapshot.catalog, region)?;
        if former.name != region.name && self.app.is_of_host(region.id).await? {
            return Err(AppError::conflict("the host application keeps the regions; rename it there"));
        }
        self.app.check_global_names(&snapshot, &region)?;
        let id = region.id;
        let entry = self.audit("region.update", subject(&region)).in_region(Some(id));
        let batch = Batch::of(CatalogChange::PutRegion(Box::new(region.clone())))
            .expecting(Row::Region(id), Expected::Revision(revision))
            .noting(entry.changing(shown(former), shown(&region)));
        self.app.commit(batch).await?;
        self.app.publish_on_save(id).await
    }

    /// Deletes a region that nothing refers to (REG-10), and that the host application does not have.
    pub async fn delete_region(&self, id: RegionId) -> Result<(), AppError> {
        self.need(Capability::EditRegions)?;
        let snapshot = self.app.snapshot();
        let region = snapshot.catalog.region(id).ok_or_else(|| AppError::not_found("such region"))?;
        if self.app.is_of_host(id).await? {
            return Err(AppError::conflict("the host application keeps the regions; delete it there first"));
        }
        let entry = self.audit("region.delete", subject(region)).changing(shown(region), None);
        let batch = Batch::of(CatalogChange::DeleteRegion(id)).noting(entry);
        match self.app.commit(batch).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == AppErrorKind::Conflict => {
                let referrers = self.referrers(id).await?;
                if referrers.is_empty() {
                    return Err(error);
                }
                Err(AppError::conflict(format!("{error} by {}", referrers.join(", "))))
            }
            Err(error) => Err(error),
        }
    }

    /// What refers to a region, as people read it.
    async fn referrers(&self, id: RegionId) -> Result<Vec<String>, AppError> {
        let (snapshot, store) = (self.app.snapshot(), self.app.store());
        let users = UserFilter { regions: Some(vec![id]), ..UserFilter::default() };
        let users = store.users(&users, Page::first(COUNTED)).await?.len();
        let devices: u64 = store
            .device_counts()
            .await?
            .iter()
            .filter(|(key, _)| key.region == Some(id))
            .map(|(_, count)| count)
            .sum();
        let operators = store.operators().await?;
        let named = |row: &&Stored<Operator>| match &row.value.role {
            Role::Regional { regions: Regions::Only(regions), .. } => regions.contains(&id),
            Role::Regional { regions: Regions::All, .. } | Role::SuperAdministrator | Role::Administrator => {
                false
            }
        };
        let at_least = if users == COUNTED as usize { "at least " } else { "" };
        let templates = snapshot.catalog.templates().filter(|template| template.region == Some(id)).count();
        let counts = [
            (users as u64, "user", at_least),
            (devices, "device", ""),
            (templates as u64, "template", ""),
            (snapshot.catalog.region_placeholders(id).len() as u64, "placeholder", ""),
            (operators.iter().filter(named).count() as u64, "administrator", ""),
        ];
        let there = counts.iter().filter(|(count, ..)| *count > 0);
        Ok(there
            .map(|(count, what, about)| {
                format!("{about}{count} {what}{}", if *count == 1 { "" } else { "s" })
            })
            .collect())
    }

    /// A region as it would be saved: a changed name leaves the former one as an alias.
    pub(super) fn edited_region(&self, catalog: &Catalog, mut region: Region) -> Result<Region, AppError> {
        self.need(Capability::EditRegions)?;
        let former = catalog.region(region.id).ok_or_else(|| AppError::not_found("such region"))?;
        if former.name.folded() != region.name.folded() && !region.is_called(&former.name.folded()) {
            region.aliases.push(former.name.clone());
        }
        self.check_region(catalog, &region)?;
        Ok(region)
    }

    fn check_region(&self, catalog: &Catalog, region: &Region) -> Result<(), AppError> {
        if region.identity == Identity::Open && region.networks.is_empty() && !self.loopback_allowed() {
            return Err(AppError::invalid(
                "a region whose phones are known by their MAC address alone needs networks; name the networks its phones are in",
            ));
        }
        if region.through_proxy && catalog.settings().phones.proxy.is_none() {
            return Err(AppError::invalid("no SBC HTTP proxy is set; set it in the system settings first"));
        }
        urls::check(catalog, catalog.settings(), Some(&region.name), None)
            .map_err(|error| AppError::invalid(error.to_string()))
    }

    fn loopback_allowed(&self) -> bool {
        self.app.loopback() == crate::region::LoopbackPhones::Allowed
    }
}

fn subject(region: &Region) -> String {
    format!("region {}", region.name)
}
