//! The two option 160 files: of phones that reach the server directly, and of those behind the SBC HTTP
//! proxy.

pub(crate) mod get;
pub(crate) mod restore;
pub(crate) mod update;

use ipp_core::{
    app::admin::Admin,
    render::option160::Route,
    settings::{Option160, Settings},
    store::AnyStore,
    text::PhoneUrl,
    vault::SecretText,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    admin::{
        Warning,
        endpoint::{Member, parse},
        settings::{AnnouncerEdit, warnings},
    },
    problem::Problem,
};

/// Which of the two files an endpoint is about.
pub(crate) trait Which: Send + Sync + 'static {
    /// The way that its phones go.
    const ROUTE: Route;
}

/// The file of phones that reach the server directly.
#[derive(Debug)]
pub(crate) struct Direct;

/// The file of phones behind the SBC HTTP proxy.
#[derive(Debug)]
pub(crate) struct Proxied;

impl Which for Direct {
    const ROUTE: Route = Route::Direct;
}

impl Which for Proxied {
    const ROUTE: Route = Route::Proxy;
}

/// An option 160 file. What is `null` follows the server's own address and settings; it is best to leave
/// it so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Option160Document {
    /// The version of the settings; an edit names it as If-Match.
    revision: u64,
    /// The file as phones get it, with `<token>` in place of the phone's token; `null` while the server's
    /// address, or the proxy's, is not set.
    file: Option<String>,
    /// Whether phones get it yet: from the first login on.
    served: bool,
    /// Where phones report to, where that was edited.
    provisioning_url: Option<String>,
    /// The provisioning method, where that was edited.
    method: Option<String>,
    /// Where configuration files are, where that was edited.
    configuration_url: Option<String>,
    /// Where firmware files are, where that was edited.
    firmware_url: Option<String>,
    /// How often phones report, in minutes; one setting for both files.
    keep_alive_minutes: u16,
    /// The name of the announcing account; one setting for both files.
    user_name: Option<String>,
    /// Its password: `set` or `not set`.
    user_password: &'static str,
    /// Further lines.
    lines: Vec<String>,
    /// What an administrator should know.
    warnings: Vec<Warning>,
}

impl Option160Document {
    fn of(admin: &Admin<'_, AnyStore>, route: Route) -> Result<Self, Problem> {
        let row = admin.settings()?;
        let settings = &row.value;
        let Option160 { provisioning_url, method, configuration_url, firmware_url, lines } =
            of(settings, route);
        let text = |value: &Option<ipp_core::text::CfgValue>| value.as_ref().map(ToString::to_string);
        Ok(Self {
            revision: row.revision.0,
            file: admin.option160_file(route)?,
            served: settings.provisioning_initialised,
            provisioning_url: text(provisioning_url),
            method: text(method),
            configuration_url: text(configuration_url),
            firmware_url: text(firmware_url),
            keep_alive_minutes: settings.phones.keep_alive_minutes,
            user_name: settings.announcer.as_ref().map(|announcer| announcer.name.to_string()),
            user_password: if settings.announcer.is_some() { "set" } else { "not set" },
            lines: lines.iter().map(ToString::to_string).collect(),
            warnings: warnings(admin)?,
        })
    }
}

/// What is to be changed of an option 160 file; what is not named stays, and `null` follows the server.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Option160Edit {
    /// Where phones report to: an `http` or `https` URL of at most 128 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    provisioning_url: Member<String>,
    /// The provisioning method; must stay `STATIC`, because phones restart continuously otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    method: Member<String>,
    /// Where configuration files are.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    configuration_url: Member<String>,
    /// Where firmware files are.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    firmware_url: Member<String>,
    /// How often phones report, in minutes; one setting for both files.
    keep_alive_minutes: Option<u16>,
    /// The name of the announcing account; one setting for both files.
    user_name: Option<String>,
    /// Its password.
    #[schema(value_type = Option<String>)]
    user_password: Option<SecretText>,
    /// Further lines, such as `key=value`.
    lines: Option<Vec<String>>,
    /// `dynamic-restarts-phones`, to save a method other than `STATIC`.
    #[schema(value_type = Option<String>)]
    acknowledge: Option<Acknowledge>,
}

/// A consequence that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Acknowledge {
    DynamicRestartsPhones,
}

impl Option160Edit {
    fn apply(
        &self,
        admin: &Admin<'_, AnyStore>,
        route: Route,
        settings: &mut Settings,
    ) -> Result<(), Problem> {
        let announcer = AnnouncerEdit { name: self.user_name.clone(), password: self.user_password.clone() };
        if announcer.name.is_some() || announcer.password.is_some() {
            let pointers = ["/user_name", "/user_password"];
            settings.announcer = Some(announcer.applied(admin, settings.announcer.as_ref(), pointers)?);
        }
        let minutes = &mut settings.phones.keep_alive_minutes;
        *minutes = self.keep_alive_minutes.unwrap_or(*minutes);
        let file = match route {
            Route::Direct => &mut settings.option160,
            Route::Proxy => &mut settings.proxy_option160,
        };
        for (edit, place, pointer) in [
            (&self.provisioning_url, &mut file.provisioning_url, "/provisioning_url"),
            (&self.configuration_url, &mut file.configuration_url, "/configuration_url"),
            (&self.firmware_url, &mut file.firmware_url, "/firmware_url"),
        ] {
            edit.edit(place, |text| parse(parse::<PhoneUrl>(text, pointer)?.as_str(), pointer))?;
        }
        self.method.edit(&mut file.method, |text| parse(text, "/method"))?;
        if let Some(lines) = &self.lines {
            let line = |(at, text): (usize, &String)| parse(text, &format!("/lines/{at}"));
            file.lines = lines.iter().enumerate().map(line).collect::<Result<_, _>>()?;
        }
        Ok(())
    }
}

fn of(settings: &Settings, route: Route) -> &Option160 {
    match route {
        Route::Direct => &settings.option160,
        Route::Proxy => &settings.proxy_option160,
    }
}
