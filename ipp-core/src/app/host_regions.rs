//! The regions of the host application, taken over (AMB-46).

use std::collections::{BTreeMap, BTreeSet};

use super::{App, AppError, admin::shown};
use crate::{
    host::HostRegion,
    id::RegionId,
    region::Region,
    store::{AuditEntry, Batch, CatalogChange, Expected, Row, Store},
};

/// On whose behalf regions are taken over.
const ACTOR: &str = "host application";

impl<S: Store> App<S> {
    /// Takes over what the host application says of its regions: new ones are made with safe defaults, and
    /// renamed ones keep their former name as an alias. What the host has no more stays, with its phones,
    /// until an administrator deletes it. Costs no write where nothing changed. Called by the driver; a
    /// host may call it whenever it changed something.
    ///
    /// # Errors
    ///
    /// The host does not answer, or a region is refused; the others are taken over all the same.
    pub async fn adopt_regions(&self) -> Result<(), AppError> {
        let Some(regions) = &self.ports.host.regions else { return Ok(()) };
        let regions = regions.all().await?;
        let names: BTreeSet<String> = regions.iter().map(|region| region.name.folded()).collect();
        let mut refused = BTreeMap::new();
        for region in regions {
            let name = region.name.to_string();
            if let Err(error) = self.adopt(region, &names).await {
                refused.insert(name, error);
            }
        }
        match refused.pop_first() {
            Some((name, error)) => Err(error.about(&format!("region {name} of the host application"))),
            None => Ok(()),
        }
    }

    /// Whether the host application has this region now; without regions of a host it has none.
    pub(super) async fn is_of_host(&self, id: RegionId) -> Result<bool, AppError> {
        match &self.ports.host.regions {
            Some(regions) => Ok(regions.all().await?.iter().any(|region| region.id == id)),
            None => Ok(false),
        }
    }

    async fn adopt(&self, host: HostRegion, names: &BTreeSet<String>) -> Result<(), AppError> {
        let HostRegion { id, name } = host;
        let snapshot = self.snapshot();
        let Some(former) = snapshot.catalog.regions.get(&id) else {
            let region = Region::new(id, name);
            let entry = self.noted("region.create", &region).changing(None, shown(&region));
            return self.put_region(region, Expected::Absent, entry).await;
        };
        if former.value.name == name {
            return Ok(());
        }
        let mut region = Region::clone(&former.value);
        let former_name = std::mem::replace(&mut region.name, name);
        region.aliases.retain(|alias| alias.folded() != region.name.folded());
        // DHCP servers may still hand the former name out, unless it is another region's now.
        if former_name.folded() != region.name.folded() && !names.contains(&former_name.folded()) {
            region.aliases.push(former_name);
        }
        let entry = self.noted("region.update", &region).in_region(Some(id));
        let entry = entry.changing(shown(&former.value), shown(&region));
        self.put_region(region, Expected::Revision(former.revision), entry).await
    }

    async fn put_region(
        &self,
        region: Region,
        expected: Expected,
        entry: AuditEntry,
    ) -> Result<(), AppError> {
        let row = Row::Region(region.id);
        let batch =
            Batch::of(CatalogChange::PutRegion(Box::new(region))).expecting(row, expected).noting(entry);
        self.commit(batch).await.map(drop)
    }

    fn noted(&self, action: &str, region: &Region) -> AuditEntry {
        self.audit(ACTOR, action, format!("region {}", region.name))
    }
}
