//! Regions.

use crate::{
    app::{App, AppError},
    catalog::Stored,
    id::RegionId,
    region::{Identity, Region},
    render::urls,
    store::{Batch, CatalogChange, DeviceFilter, Expected, Row, Store},
    text::RegionName,
};

impl<S: Store> App<S> {
    /// Makes a region with safe defaults, changed by `with` before it is saved (REG-03).
    pub async fn create_region(
        &self,
        name: RegionName,
        with: impl FnOnce(&mut Region),
    ) -> Result<Region, AppError> {
        let mut region = Region::new(RegionId::new(self.now().wall, self.random()), name);
        with(&mut region);
        self.check_region(&region)?;
        let batch = Batch::of(CatalogChange::PutRegion(Box::new(region.clone())))
            .expecting(Row::Region(region.id), Expected::Absent);
        self.commit(batch).await?;
        Ok(region)
    }

    /// Saves a region that was edited. A changed name leaves the former one as an alias (REG-12).
    pub async fn update_region(&self, edited: Stored<Region>) -> Result<(), AppError> {
        let snapshot = self.snapshot();
        let Stored { revision, value: mut region } = edited;
        let former = snapshot.catalog.region(region.id).ok_or_else(|| AppError::not_found("such region"))?;
        if former.name.folded() != region.name.folded() && !region.is_called(&former.name.folded()) {
            region.aliases.push(former.name.clone());
        }
        self.check_region(&region)?;
        let id = region.id;
        let batch = Batch::of(CatalogChange::PutRegion(Box::new(region)))
            .expecting(Row::Region(id), Expected::Revision(revision));
        self.commit(batch).await?;
        self.publish_on_save(id).await
    }

    /// Deletes a region that nothing refers to (REG-10).
    pub async fn delete_region(&self, id: RegionId) -> Result<(), AppError> {
        self.commit(Batch::of(CatalogChange::DeleteRegion(id))).await?;
        Ok(())
    }

    /// Publishes a region's phones after an edit, where the region wants that.
    pub(crate) async fn publish_on_save(&self, id: RegionId) -> Result<(), AppError> {
        if self.snapshot().catalog.region(id).is_some_and(|region| region.publish_on_save) {
            self.generate(DeviceFilter::all().in_regions(vec![id])).await?;
        }
        Ok(())
    }

    fn check_region(&self, region: &Region) -> Result<(), AppError> {
        if region.identity == Identity::Open && region.networks.is_empty() && !self.loopback_allowed() {
            return Err(AppError::invalid(
                "a region whose phones are known by their MAC address alone needs networks; name the networks its phones are in",
            ));
        }
        let snapshot = self.snapshot();
        self.check_global_names(&snapshot, region)?;
        if region.through_proxy && snapshot.catalog.settings().phones.proxy.is_none() {
            return Err(AppError::invalid("no SBC HTTP proxy is set; set it in the system settings first"));
        }
        urls::check(&snapshot.catalog, snapshot.catalog.settings(), Some(&region.name), None)
            .map_err(|error| AppError::invalid(error.to_string()))
    }

    fn loopback_allowed(&self) -> bool {
        self.loopback() == crate::region::LoopbackPhones::Allowed
    }
}
