//! Phone users.

use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::ANNOUNCER_PASSWORD,
    id::{RegionId, UserId},
    settings::{Announcer, Settings},
    store::{Batch, CatalogChange, Change, Expected, Row, Store},
    text::{Label, UserName},
    user::{User, UserOrigin},
    vault::SealFor,
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
    pub password: Option<String>,
}

/// The name of the account that announces phones (chapter 3, SYU-01).
pub const SYSTEM_USER: &str = "system";

impl<S: Store> Admin<'_, S> {
    /// Makes a user (USR-08). A user named `system` becomes the account with which phones announce
    /// themselves.
    pub async fn create_user(&self, new: NewUser) -> Result<User, AppError> {
        self.need_in(Capability::EditUsers, Some(new.region), "region")?;
        let id = UserId::new(self.app.now().wall, self.app.random());
        let vault = &*self.app.ports().vault;
        if let Some(password) = &new.password {
            password
                .parse::<crate::text::CfgValue>()
                .map_err(|error| AppError::invalid(format!("the password: {error}")))?;
        }
        let seal = |password: &String| vault.seal_value(SealFor::UserPassword(id.as_bytes()), password);
        let user = User {
            id,
            display_name: new.display_name,
            region: new.region,
            password: new.password.as_ref().map(seal).transpose()?,
            origin: UserOrigin::Administrator,
            name: new.name,
        };
        let entry = self
            .audit("user.create", format!("user {}", user.name))
            .in_region(Some(user.region))
            .changing(None, masked(&user));
        let mut batch = Batch::of(Change::PutUser(Box::new(user.clone())))
            .expecting(Row::User(id), Expected::Absent)
            .noting(entry);
        if user.name.folded() == SYSTEM_USER {
            self.need(Capability::EditSettings)?;
            let password = new.password.unwrap_or_default();
            let announcer = Announcer {
                name: user.name.clone(),
                password: vault.seal_value(SealFor::Named(ANNOUNCER_PASSWORD), &password)?,
            };
            let snapshot = self.app.snapshot();
            let settings = Settings { announcer: Some(announcer), ..snapshot.catalog.settings().clone() };
            batch = batch
                .expecting(Row::Settings, Expected::Revision(snapshot.catalog.settings.revision))
                .and(CatalogChange::Settings(Box::new(settings)));
        }
        self.app.commit(batch).await?;
        Ok(user)
    }
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
