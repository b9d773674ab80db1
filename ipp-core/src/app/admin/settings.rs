//! System settings.

use crate::{
    access::Capability,
    app::{
        App, AppError,
        admin::{Admin, shown},
    },
    catalog::{RowRevision, Stored},
    render::urls,
    settings::Settings,
    store::{Batch, CatalogChange, Expected, Row, Store},
    vault::SealedValue,
};

impl<S: Store> App<S> {
    /// The settings with their revision, to be edited.
    pub fn settings(&self) -> Stored<Settings> {
        let snapshot = self.snapshot();
        Stored { revision: snapshot.catalog.settings.revision, value: snapshot.catalog.settings().clone() }
    }
}

impl<S: Store> Admin<'_, S> {
    /// Saves settings that were edited.
    pub async fn update_settings(&self, edited: Stored<Settings>) -> Result<RowRevision, AppError> {
        self.need(Capability::EditSettings)?;
        let settings = edited.value;
        check(&settings)?;
        let snapshot = self.app.snapshot();
        urls::check(&snapshot.catalog, &settings, None, None)
            .map_err(|error| AppError::invalid(error.to_string()))?;
        if settings.phones.proxy.is_none() && snapshot.catalog.regions().any(|region| region.through_proxy) {
            return Err(AppError::conflict("a region uses the SBC HTTP proxy; change the region first"));
        }
        let entry = self
            .audit("settings.update", "settings")
            .changing(shown(&masked(snapshot.catalog.settings())), shown(&masked(&settings)));
        let batch = Batch::of(CatalogChange::Settings(Box::new(settings)))
            .expecting(Row::Settings, Expected::Revision(edited.revision))
            .noting(entry);
        self.app.commit(batch).await?;
        let everywhere: Vec<_> = snapshot.catalog.regions().map(|region| region.id).collect();
        for region in everywhere {
            self.app.publish_on_save(region).await?;
        }
        Ok(self.app.snapshot().catalog.settings.revision)
    }
}

fn check(settings: &Settings) -> Result<(), AppError> {
    let bounds = [
        ("the keep-alive period", u32::from(settings.phones.keep_alive_minutes), 1, 300, "minutes"),
        ("the idle time of sessions", u32::from(settings.console_idle_minutes), 1, 1_440, "minutes"),
        ("the disconnected timeout", settings.disconnected_timeout_minutes, 1, 10_080, "minutes"),
        ("the largest number of LDAP results", u32::from(settings.phones.ldap.max_hits), 1, 1_000, "entries"),
        ("the LDAP search timeout", u32::from(settings.phones.ldap.search_timeout), 1, 3_600, "seconds"),
    ];
    for (what, value, least, most, unit) in bounds {
        if !(least..=most).contains(&value) {
            return Err(AppError::invalid(format!(
                "{what} is {value} {unit}; {least} to {most} are allowed"
            )));
        }
    }
    Ok(())
}

/// The settings without what is secret in them, even sealed.
fn masked(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.phones.ldap.password = settings.phones.ldap.password.as_ref().map(SealedValue::print_only);
    if let Some(announcer) = &mut settings.announcer {
        announcer.password = announcer.password.print_only();
    }
    settings
}
