//! Phone users.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::{ANNOUNCER_PASSWORD, Stored},
    id::{RegionId, UserId},
    settings::{Announcer, Settings},
    store::{
        Batch, CatalogChange, Change, Expected, ListKey, Listed, ListedUser, Page, Row, Sorted, Store,
        UserFilter, UserKey, UserSort,
    },
    text::{Label, UserName},
    user::{User, UserOrigin},
    vault::{SealFor, SealedValue, SecretText},
};

/// A user that is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user name.
    pub name: UserName,
    /// The name to show.
    pub display_name: Label,
    /// The region.
    pub region: RegionId,
    /// The SIP password; `None` where there is none (USR-33).
    pub password: Option<SecretText>,
}

/// The name of the account that announces phones (chapter 3, SYU-01).
pub const SYSTEM_USER: &str = "system";

/// What is to become of a user's SIP password.
#[derive(Debug, Clone, Default)]
pub enum PasswordEdit {
    /// It stays.
    #[default]
    Keep,
    /// There is none from now on.
    Clear,
    /// It is this one.
    Set(SecretText),
}

impl<S: Store> Admin<'_, S> {
    /// Users that pass the filter and may be seen, in the order that is asked for (USR-09).
    pub async fn users(
        &self,
        filter: UserFilter,
        sorted: Sorted<UserSort>,
        page: Page<ListKey<UserId>>,
    ) -> Result<Vec<Listed<UserId, ListedUser>>, AppError> {
        self.need(Capability::View)?;
        let regions = self.caller.visible().among(filter.regions.as_deref());
        let filter = UserFilter { regions, ..filter };
        Ok(self.app.store().user_list(&filter, sorted, page).await?)
    }

    /// One user.
    pub async fn user(&self, id: UserId) -> Result<Stored<User>, AppError> {
        self.user_to(Capability::View, id).await
    }

    /// Makes a user (USR-08). A user named `system` becomes the account with which phones announce
    /// themselves.
    pub async fn create_user(&self, new: NewUser) -> Result<User, AppError> {
        self.need_in(Capability::EditUsers, Some(new.region), "region")?;
        let (user, mut batch) = self.new_user(&new)?;
        if is_system(&user) {
            batch = self
                .announcing_as(batch, Some((&user, new.password.as_ref().map_or("", SecretText::as_str))))?;
        }
        self.app.commit(batch).await?;
        Ok(user)
    }

    /// A user that is to be made, and the batch that makes it.
    pub(super) fn new_user(&self, new: &NewUser) -> Result<(User, Batch), AppError> {
        let id = UserId::new(self.app.now().wall, self.app.random());
        let user = User {
            id,
            display_name: new.display_name.clone(),
            region: new.region,
            password: new.password.as_ref().map(|text| self.sealed(id, text.as_str())).transpose()?,
            origin: UserOrigin::Administrator,
            name: new.name.clone(),
        };
        let entry = self
            .audit("user.create", subject(&user))
            .in_region(Some(user.region))
            .changing(None, masked(&user));
        let batch = Batch::of(Change::PutUser(Box::new(user.clone())))
            .expecting(Row::User(id), Expected::Absent)
            .noting(entry);
        Ok((user, batch))
    }

    /// Saves a user that was edited. Another region takes all devices of the user along (AMB-103); what
    /// stands in their files makes them stale, or is published at once where their region wants that.
    pub async fn update_user(&self, edited: Stored<User>, password: PasswordEdit) -> Result<User, AppError> {
        let Stored { revision, value } = edited;
        let former = self.user_to(Capability::EditUsers, value.id).await?.value;
        self.need_in(Capability::EditUsers, Some(value.region), "region")?;
        let sealed = match &password {
            PasswordEdit::Keep => former.password.clone(),
            PasswordEdit::Clear => None,
            PasswordEdit::Set(text) => Some(self.sealed(value.id, text.as_str())?),
        };
        let user = User { password: sealed, origin: former.origin, ..value };
        let entry = self
            .audit("user.update", subject(&user))
            .in_region(Some(user.region))
            .changing(masked(&former), masked(&user));
        let mut batch = Batch::of(Change::PutUser(Box::new(user.clone())))
            .expecting(Row::User(user.id), Expected::Revision(revision))
            .noting(entry);
        if is_system(&user) {
            let text = match (&password, &former.password) {
                (PasswordEdit::Set(text), _) => Some(text.clone()),
                (PasswordEdit::Keep, Some(kept)) => {
                    let whose = SealFor::UserPassword(user.id.as_bytes());
                    let text = self.app.ports().vault.open_text(whose, &kept.sealed)?;
                    Some(SecretText::from(text.as_str().to_owned()))
                }
                (PasswordEdit::Clear, _) | (PasswordEdit::Keep, None) => None,
            };
            let text = text.as_ref().map_or("", SecretText::as_str);
            batch = self.announcing_as(batch, Some((&user, text)))?;
        } else if is_system(&former) {
            batch = self.announcing_as(batch, None)?;
        }
        self.with_devices_of(&user, None, &mut batch).await?;
        self.app.commit(batch).await?;
        Ok(user)
    }

    /// Deletes a user. Refused while it has devices, unless they are to go with it (USR-22).
    pub async fn delete_user(&self, id: UserId, with_devices: bool) -> Result<(), AppError> {
        let Stored { revision, value: user } = self.user_to(Capability::EditUsers, id).await?;
        let mut batch = Batch::default().expecting(Row::User(id), Expected::Revision(revision));
        if is_system(&user) {
            batch = self.announcing_as(batch, None)?;
        }
        let devices = self.devices_of(id).await?;
        if !devices.is_empty() && !with_devices {
            return Err(AppError::conflict(format!(
                "{} has {} devices; delete them too, or give them to another user first",
                subject(&user),
                devices.len()
            )));
        }
        for record in devices {
            self.need_in(Capability::EditDevices, record.device.value.region, "device")?;
            batch = self.deleting(batch, &record.device.value);
        }
        let entry = self
            .audit("user.delete", subject(&user))
            .in_region(Some(user.region))
            .changing(masked(&user), None);
        self.app.commit(batch.and(Change::DeleteUser(id)).noting(entry)).await?;
        Ok(())
    }

    /// A user that the caller may do this to.
    pub(super) async fn user_to(&self, capability: Capability, id: UserId) -> Result<Stored<User>, AppError> {
        let user = self.app.store().user(UserKey::Id(id)).await?;
        let user = user.ok_or_else(|| AppError::not_found("such user"))?;
        self.need_in(capability, Some(user.value.region), "user")?;
        Ok(user)
    }

    fn sealed(&self, id: UserId, password: &str) -> Result<SealedValue, AppError> {
        password
            .parse::<crate::text::CfgValue>()
            .map_err(|error| AppError::invalid(format!("the password: {error}")))?;
        Ok(self.app.ports().vault.seal_value(SealFor::UserPassword(id.as_bytes()), password)?)
    }

    /// The account that announces phones is kept in step with the user of its name.
    pub(super) fn announcing_as(
        &self,
        batch: Batch,
        account: Option<(&User, &str)>,
    ) -> Result<Batch, AppError> {
        self.need(Capability::EditSettings)?;
        let announcer = match account {
            None => None,
            Some((user, password)) => {
                let vault = &*self.app.ports().vault;
                let password = vault.seal_value(SealFor::Named(ANNOUNCER_PASSWORD), password)?;
                Some(Announcer { name: user.name.clone(), password })
            }
        };
        let snapshot = self.app.snapshot();
        let settings = Settings { announcer, ..snapshot.catalog.settings().clone() };
        Ok(batch
            .expecting(Row::Settings, Expected::Revision(snapshot.catalog.settings.revision))
            .and(CatalogChange::Settings(Box::new(settings))))
    }
}

/// Whether a user is the account with which phones announce themselves.
pub(super) fn is_system(user: &User) -> bool {
    user.name.folded() == SYSTEM_USER
}

fn subject(user: &User) -> String {
    format!("user {}", user.name)
}

/// A user as the audit log shows it: that there is a password, and whether it was changed.
fn masked(user: &User) -> Option<String> {
    shown(&serde_json::json!({
        "name": user.name.as_str(),
        "display_name": user.display_name.as_str(),
        "region": user.region,
        "password": user.password.as_ref().map(|password| password.print),
    }))
}
