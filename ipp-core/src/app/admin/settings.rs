//! System settings.

use crate::{
    access::Capability,
    app::{
        App, AppError,
        admin::{Admin, shown, users},
    },
    catalog::{ANNOUNCER_PASSWORD, Catalog, LDAP_PASSWORD, RowRevision, Stored},
    ldap,
    render::{option160::STATIC, urls},
    settings::Settings,
    store::{Batch, CatalogChange, Expected, Row, Store},
    text::CfgValue,
    vault::{SealFor, SealedValue},
};

impl<S: Store> App<S> {
    /// The settings with their revision, to be edited.
    pub fn settings(&self) -> Stored<Settings> {
        let snapshot = self.snapshot();
        Stored { revision: snapshot.catalog.settings.revision, value: snapshot.catalog.settings().clone() }
    }
}

/// Something that may be saved and should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsWarning {
    /// What programs go by.
    pub code: &'static str,
    /// What it is, and what to do.
    pub detail: String,
}

impl<S: Store> Admin<'_, S> {
    /// The settings with their revision, to be seen or edited. Secrets are sealed.
    pub fn settings(&self) -> Result<Stored<Settings>, AppError> {
        self.need(Capability::ViewShared)?;
        Ok(self.app.settings())
    }

    /// A password of LDAP searches as the settings keep it.
    pub fn seal_ldap_password(&self, password: &CfgValue) -> Result<SealedValue, AppError> {
        self.need(Capability::EditSettings)?;
        Ok(self.app.ports().vault.seal_value(SealFor::Named(LDAP_PASSWORD), password.as_str())?)
    }

    /// A password of the announcing account as the settings keep it.
    pub fn seal_announcer_password(&self, password: &CfgValue) -> Result<SealedValue, AppError> {
        self.need(Capability::EditSettings)?;
        Ok(self.app.ports().vault.seal_value(SealFor::Named(ANNOUNCER_PASSWORD), password.as_str())?)
    }

    /// What the settings allow and an administrator should know (DHCP-23, AMB-33).
    pub fn settings_warnings(&self) -> Result<Vec<SettingsWarning>, AppError> {
        self.need(Capability::ViewShared)?;
        let snapshot = self.app.snapshot();
        let settings = snapshot.catalog.settings();
        let mut warnings = Vec::new();
        let mut warn = |code, detail: String| warnings.push(SettingsWarning { code, detail });
        let period = u32::from(settings.phones.keep_alive_minutes);
        if period > 60 {
            warn(
                "keep-alive-long",
                format!(
                    "Phones report every {period} minutes. More than 60 is not advisable: a phone may be taken for disconnected"
                ),
            );
        }
        if 2 * period > settings.disconnected_timeout_minutes {
            warn(
                "keep-alive-beyond-timeout",
                format!(
                    "One lost report makes a phone count as disconnected: two periods of {period} minutes are longer than the disconnected timeout of {} minutes; shorten the period, or lengthen the timeout",
                    settings.disconnected_timeout_minutes
                ),
            );
        }
        let password = self.app.announcer_password(&snapshot)?;
        if password.is_some_and(|text| text != users::SYSTEM_USER && !is_encoded(&text)) {
            warn("announcer-password-clear", "The password of the announcing account stands in the option 160 files in clear: only the word system has a published encoding; enter the password in the vendor's notation {\"…\"} if you have it".to_owned());
        }
        for (route, file) in [("direct", &settings.option160), ("proxy", &settings.proxy_option160)] {
            if file.method.as_ref().is_some_and(|method| !method.as_str().eq_ignore_ascii_case(STATIC)) {
                warn(
                    "method-not-static",
                    format!(
                        "The provisioning method of the {route} option 160 file is not STATIC: phones restart again and again"
                    ),
                );
            }
        }
        Ok(warnings)
    }

    /// Saves settings that were edited.
    pub async fn update_settings(&self, edited: Stored<Settings>) -> Result<RowRevision, AppError> {
        self.need(Capability::EditSettings)?;
        let settings = edited.value;
        let snapshot = self.app.snapshot();
        check_in(&snapshot.catalog, &settings)?;
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

/// Whether a text is in the vendor's notation, which is passed on as it is (AMB-32).
fn is_encoded(text: &str) -> bool {
    text.len() > 4 && text.starts_with("{\"") && text.ends_with("\"}")
}

/// Refuses settings that may not be saved beside what the catalogue has.
pub(super) fn check_in(catalog: &Catalog, settings: &Settings) -> Result<(), AppError> {
    check(settings)?;
    urls::check(catalog, settings, None, None).map_err(|error| AppError::invalid(error.to_string()))?;
    if settings.phones.proxy.is_none() && catalog.regions().any(|region| region.through_proxy) {
        return Err(AppError::conflict("a region uses the SBC HTTP proxy; change the region first"));
    }
    Ok(())
}

fn check(settings: &Settings) -> Result<(), AppError> {
    let bounds = [
        ("the keep-alive period", u32::from(settings.phones.keep_alive_minutes), 1, 300, "minutes"),
        ("the idle time of sessions", u32::from(settings.console_idle_minutes), 1, 1_440, "minutes"),
        ("the disconnected timeout", settings.disconnected_timeout_minutes, 1, 10_080, "minutes"),
        ("the largest number of LDAP results", u32::from(settings.phones.ldap.max_hits), 1, 1_000, "entries"),
        ("the LDAP search timeout", u32::from(settings.phones.ldap.search_timeout), 1, 3_600, "seconds"),
        ("the length of the activity log", settings.logs.activity_lines, 1_000, 1_000_000, "lines"),
        ("the age of the activity log", u32::from(settings.logs.activity_days), 1, 365, "days"),
        ("the age of device events", u32::from(settings.logs.device_event_days), 1, 365, "days"),
        ("the age of the hourly figures", u32::from(settings.logs.sample_days), 1, 365, "days"),
        ("the age of the events of alarms", u32::from(settings.logs.alarm_days), 1, 365, "days"),
    ];
    for (what, value, least, most, unit) in bounds {
        if !(least..=most).contains(&value) {
            return Err(AppError::invalid(format!(
                "{what} is {value} {unit}; {least} to {most} are allowed"
            )));
        }
    }
    let Settings { phones, .. } = settings;
    if phones.redundancy.backup.is_some() && phones.redundancy.primary.is_none() {
        return Err(AppError::invalid("a backup takes over from a primary server; name the primary too"));
    }
    let proxy = phones.proxy.as_ref().map_or([1, 1], |proxy| [proxy.port, proxy.command_port]);
    if proxy.contains(&0) || phones.ldap.port == 0 {
        return Err(AppError::invalid("a port is 1 to 65535"));
    }
    for (what, filter) in [("name", &phones.ldap.name_filter), ("number", &phones.ldap.number_filter)] {
        ldap::check_filter(filter.as_str())
            .map_err(|error| AppError::invalid(format!("the {what} filter: {error}")))?;
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
