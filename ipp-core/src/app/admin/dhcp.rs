//! The option 160 files and URLs, and what phones get by them.

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    catalog::{RowRevision, Stored},
    cfg::{MASK, TOKEN_MARK},
    id::RegionId,
    phone_model::ModelId,
    region::{Identity, Region},
    render::{
        option160::{self, KeyValue, Option160Error, Route, STATIC},
        urls::MAX_URL,
    },
    settings::{Option160, PhoneSettings, Settings},
    store::Store,
    text::{RegionName, TemplateName},
    token::Token,
};

/// The strings that administrators copy into DHCP servers and phones (DHCP-05 to DHCP-07, DHCP-40).
#[derive(Debug, PartialEq, Eq)]
pub struct DhcpUrls {
    /// Option 160 that names no region, of phones that reach the server directly.
    pub system_direct: String,
    /// The same through the SBC HTTP proxy; `None` where none is set.
    pub system_proxy: Option<String>,
    /// Those of a region, where one was asked for.
    pub region: Option<RegionUrls>,
}

/// The strings of one region.
#[derive(Debug, PartialEq, Eq)]
pub struct RegionUrls {
    /// Option 160 of phones that reach the server directly.
    pub direct: String,
    /// The same through the SBC HTTP proxy; `None` where none is set.
    pub proxy: Option<String>,
    /// What is typed into a phone where there is no DHCP.
    pub without_dhcp: String,
}

/// What a phone would get.
#[derive(Debug, PartialEq, Eq)]
pub struct Preview {
    /// The file, with `<token>` in place of the phone's token.
    pub text: String,
    /// The template that it is made from; `None` where the model has none that is published.
    pub template: Option<TemplateName>,
}

impl<S: Store> Admin<'_, S> {
    /// An option 160 file as phones get it, with `<token>` and without a password that is not
    /// published; `None` where an address that it needs is not set.
    pub fn option160_file(&self, route: Route) -> Result<Option<String>, AppError> {
        let settings = self.settings()?.value;
        let password = self.shown_password(&settings)?;
        match option160::file(&settings, route, TOKEN_MARK, password) {
            Ok(text) => Ok(Some(text)),
            Err(Option160Error::NoAddress | Option160Error::NoProxy) => Ok(None),
        }
    }

    /// Saves settings in which an option 160 file was edited (DHCP-25, SBC-16). Another method than
    /// `STATIC` is saved only where its consequence is acknowledged (DHCP-29, AMB-34).
    pub async fn save_option160(
        &self,
        route: Route,
        edited: Stored<Settings>,
        restarts_acknowledged: bool,
    ) -> Result<RowRevision, AppError> {
        self.need(Capability::EditSettings)?;
        let snapshot = self.app.snapshot();
        let method = &of(&edited.value, route).method;
        let dynamic = method.as_ref().is_some_and(|method| !method.as_str().eq_ignore_ascii_case(STATIC));
        if dynamic && of(snapshot.catalog.settings(), route).method != *method && !restarts_acknowledged {
            return Err(AppError::invalid(
                "with any provisioning method but STATIC phones restart again and again; send \"acknowledge\": \"dynamic-restarts-phones\" if that is what you want",
            ));
        }
        // A token and the longest name of a region are put into each URL that leads back here.
        let regions = snapshot.catalog.regions().map(|region| region.name.in_url());
        let region = regions.max_by_key(String::len).map_or_else(String::new, |name| format!("/r/{name}"));
        let mark = format!("/t/{}{region}", "x".repeat(Token::LENGTH));
        for (key, value) in option160::lines(&edited.value, route, &mark, None).unwrap_or_default() {
            if key.ends_with("/url") && value.len() > MAX_URL {
                return Err(AppError::invalid(format!(
                    "{key} would be a URL of {} characters with a phone's token in it, and phones keep at most {MAX_URL}",
                    value.len()
                )));
            }
        }
        self.update_settings(edited).await
    }

    /// Lets an option 160 file follow the server's own address again, without further lines, and,
    /// with the direct file, the usual keep-alive period (DHCP-34, OVR-07).
    pub async fn restore_option160(
        &self,
        route: Route,
        revision: RowRevision,
    ) -> Result<RowRevision, AppError> {
        let mut settings = self.settings()?.value;
        match route {
            Route::Direct => {
                settings.option160 = Option160::default();
                settings.phones.keep_alive_minutes = PhoneSettings::default().keep_alive_minutes;
            }
            Route::Proxy => settings.proxy_option160 = Option160::default(),
        }
        self.update_settings(Stored { revision, value: settings }).await
    }

    /// The strings for DHCP servers: of the system, and of a region where one is named.
    pub fn dhcp_urls(&self, region: Option<RegionId>) -> Result<DhcpUrls, AppError> {
        self.need(Capability::View)?;
        let settings = self.app.settings().value.phones;
        let proxy = |url: &dyn Fn(Route) -> Result<String, Option160Error>| match url(Route::Proxy) {
            Ok(text) => Ok(Some(text)),
            Err(Option160Error::NoProxy) => Ok(None),
            Err(error @ Option160Error::NoAddress) => Err(error),
        };
        let of_region = |name: &RegionName| -> Result<RegionUrls, Option160Error> {
            Ok(RegionUrls {
                direct: option160::region_url(&settings, Route::Direct, name)?,
                proxy: proxy(&|route| option160::region_url(&settings, route, name))?,
                without_dhcp: option160::direct_url(&settings, name)?,
            })
        };
        let region = region.map(|id| self.region(id)).transpose()?;
        Ok(DhcpUrls {
            system_direct: option160::system_url(&settings, Route::Direct)?,
            system_proxy: proxy(&|route| option160::system_url(&settings, route))?,
            region: region.map(|row| of_region(&row.value.name)).transpose()?,
        })
    }

    /// What an unknown phone of a model gets from the region's URL; changes nothing (DHCP-11, DHCP-12).
    pub async fn preview_first_contact(
        &self,
        region: RegionId,
        model: &ModelId,
    ) -> Result<Preview, AppError> {
        let row = self.region(region)?;
        let region: &Region = &row.value;
        let snapshot = self.app.snapshot();
        if snapshot.catalog.model(model).is_none() {
            return Err(AppError::invalid(format!("the model {model} is not in the catalogue")));
        }
        let token = match region.identity {
            Identity::Open => "",
            Identity::UrlToken => TOKEN_MARK,
        };
        let mark = format!("{token}/r/{}", region.name.in_url());
        let route = if region.through_proxy { Route::Proxy } else { Route::Direct };
        let settings = snapshot.catalog.settings();
        let password = self.shown_password(settings)?;
        let lines: Vec<KeyValue> = option160::lines(settings, route, &mark, password)?;
        let (text, template) =
            self.app.first_contact_text(&snapshot, Some(region), Some(model), &mark, &lines).await?;
        Ok(Preview { text, template })
    }

    /// The announcing account's password as it may be shown: the word that is published anyway, or a
    /// mask.
    fn shown_password(&self, settings: &Settings) -> Result<Option<&'static str>, AppError> {
        let published = |text: String| if text == "system" { "system" } else { MASK };
        if settings.announcer.is_none() {
            return Ok(None);
        }
        Ok(self.app.announcer_password(&self.app.snapshot())?.map(published))
    }
}

fn of(settings: &Settings, route: Route) -> &Option160 {
    match route {
        Route::Direct => &settings.option160,
        Route::Proxy => &settings.proxy_option160,
    }
}
