//! Export: users with their devices, one row each.

use std::collections::{BTreeSet, HashMap};

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    catalog::Stored,
    csv::{self, DeviceLine, UserLine},
    device::Device,
    id::{RegionId, UserId},
    store::{Batch, DeviceFilter, Store, UserFilter},
    user::User,
    vault::{SealFor, SecretText},
};

/// Which users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportFilter {
    /// Only users of these regions.
    pub regions: Option<Vec<RegionId>>,
    /// Only these users (CSV-08).
    pub users: Option<BTreeSet<UserId>>,
}

/// A file that was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvExport {
    /// The file.
    pub content: Vec<u8>,
    /// How many users are in it.
    pub users: usize,
}

impl<S: Store> Admin<'_, S> {
    /// The users that may be seen, with their devices (CSV-09). Passwords are in the file only where
    /// they are asked for, which needs the right to reveal secrets and is noted.
    pub async fn export_csv(
        &self,
        filter: &ExportFilter,
        with_passwords: bool,
    ) -> Result<CsvExport, AppError> {
        self.need(Capability::View)?;
        if with_passwords {
            self.need(Capability::RevealSecrets)?;
        }
        let regions = self.caller.visible().among(filter.regions.as_deref());
        let wanted = |id: UserId| filter.users.as_ref().is_none_or(|users| users.contains(&id));
        let mut devices = self.lines(regions.clone(), &wanted).await?;
        let mut found = Vec::new();
        self.each_user(&UserFilter { regions, ..UserFilter::default() }, |user| found.push(user.value))
            .await?;
        // In an order that does not depend on ids, so that what is imported exports as it was.
        found.sort_by_cached_key(|user| user.name.folded());
        let mut users = Vec::with_capacity(found.len());
        for user in found.into_iter().filter(|user| wanted(user.id)) {
            let devices = devices.remove(&user.id).unwrap_or_default();
            users.extend(self.line(user, devices, with_passwords)?);
        }
        if with_passwords {
            // Noted before anybody has them.
            let entry = self.audit("csv.export", format!("{} users with passwords", users.len()));
            self.app.commit(Batch::default().noting(entry)).await?;
        }
        Ok(CsvExport { content: csv::write(&users), users: users.len() })
    }

    /// `None` where the user's region was deleted this moment.
    fn line(
        &self,
        user: User,
        devices: Vec<DeviceLine>,
        with_passwords: bool,
    ) -> Result<Option<UserLine>, AppError> {
        let snapshot = self.app.snapshot();
        let Some(region) = snapshot.catalog.region(user.region) else { return Ok(None) };
        let password = match user.password.filter(|_| with_passwords) {
            Some(password) => {
                let whose = SealFor::UserPassword(user.id.as_bytes());
                let text = self.app.ports().vault.open_text(whose, &password.sealed)?;
                Some(SecretText::from((*text).clone()))
            }
            None => None,
        };
        let region = region.name.clone();
        Ok(Some(UserLine { name: user.name, password, display_name: user.display_name, region, devices }))
    }

    async fn lines(
        &self,
        regions: Option<Vec<RegionId>>,
        wanted: &impl Fn(UserId) -> bool,
    ) -> Result<HashMap<UserId, Vec<DeviceLine>>, AppError> {
        let mut lines: HashMap<UserId, Vec<DeviceLine>> = HashMap::new();
        let filter = DeviceFilter { regions, ..DeviceFilter::all() };
        let line = |device: Stored<Device>| {
            let device = device.value;
            let Some(owner) = device.owner.filter(|owner| wanted(owner.user)) else { return };
            let (display_name, mac, model) = (device.display_name, device.mac, device.model);
            lines.entry(owner.user).or_default().push(DeviceLine { display_name, mac, model });
        };
        self.each_device(&filter, line).await?;
        for lines in lines.values_mut() {
            lines.sort_by_key(|line| line.mac);
        }
        Ok(lines)
    }
}
