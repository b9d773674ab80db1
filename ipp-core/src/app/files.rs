//! Files for phones. Nothing here writes.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;

use super::{App, AppError, activity::About, phones::PublishedFile, snapshot::Snapshot};
use crate::{
    catalog::ANNOUNCER_PASSWORD,
    device::{Admission, user_agent::UserAgent},
    digest::{ContentHash, Fingerprint, FingerprintOf},
    firmware::Firmware,
    id::DeviceId,
    log::EventKind,
    mac::Mac,
    phone_model::ModelId,
    region::{Identity, Region},
    render::{
        Cohort,
        option160::{self, KeyValue, Route},
    },
    store::Store,
    template::Template,
    text::TemplateName,
    time::Timestamp,
    token::Token,
    vault::{SealFor, Vault},
};

/// A phone's request for a file.
#[derive(Debug, Clone, Copy)]
pub struct FileRequest<'a> {
    /// The token in the URL.
    pub token: Option<&'a Token>,
    /// The region in the URL.
    pub region: Option<&'a str>,
    /// What the phone calls itself.
    pub user_agent: Option<&'a str>,
    /// From where it asks.
    pub peer: IpAddr,
    /// Whether it came through a configured proxy.
    pub proxied: bool,
}

/// A file that is served.
#[derive(Debug, Clone)]
pub struct ServedFile {
    /// The fingerprint of the bytes.
    pub etag: Fingerprint,
    /// When the content became what it is.
    pub modified: Timestamp,
    /// The template that it was made from.
    pub template: Option<TemplateName>,
    /// The phone that gets it, where it is known.
    pub(super) phone: Option<About>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Ready(Bytes),
    /// What somebody wrote for this phone.
    Written(DeviceId, Bytes),
    Published(Arc<PublishedFile>),
}

/// A firmware image that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedImage {
    /// The hash of the bytes, which is also the entity tag.
    pub hash: ContentHash,
    /// The length in bytes.
    pub length: u64,
    /// When it was uploaded.
    pub modified: Timestamp,
}

impl ServedFile {
    /// Whether it is a phone's own file.
    pub const fn is_private(&self) -> bool {
        match self.content {
            Content::Written(..) | Content::Published(_) => true,
            Content::Ready(_) => false,
        }
    }

    /// The same file as that which stands in for a phone's own.
    pub(super) fn written_for(self, device: DeviceId, about: About) -> Self {
        match self.content {
            Content::Ready(bytes) => {
                Self { phone: Some(about), content: Content::Written(device, bytes), ..self }
            }
            Content::Written(..) | Content::Published(_) => self,
        }
    }

    /// The bytes. Not called where the phone has the file already.
    pub fn bytes(&self, vault: &dyn Vault) -> Result<Bytes, AppError> {
        match &self.content {
            Content::Ready(bytes) | Content::Written(_, bytes) => Ok(bytes.clone()),
            Content::Published(file) => Ok(file.render(vault)?.into()),
        }
    }
}

impl ServedFile {
    /// What happens to the phone whose own file this is, where it is fetched with that status.
    pub(super) fn event(&self, status: u16) -> Option<(DeviceId, EventKind)> {
        match &self.content {
            Content::Published(file) => {
                let (template, generation) = (file.cohort().template().id, file.generation);
                Some((file.device(), EventKind::Fetched { status, template, generation }))
            }
            Content::Written(device, _) => Some((*device, EventKind::StandIn { status })),
            Content::Ready(_) => None,
        }
    }
}

impl<S: Store> App<S> {
    /// The configuration file `<mac>.cfg`: the private file under the token that is bound to the
    /// phone, else the first contact. `None` is answered 404, whatever the reason.
    pub async fn configuration_file(
        &self,
        mac: Mac,
        request: FileRequest<'_>,
    ) -> Result<Option<ServedFile>, AppError> {
        let phone = match request.token {
            Some(token) => self.phone_by_token(token).await?.filter(|phone| phone.device.mac == mac),
            None => self.open_phone(mac, request.peer).await?,
        };
        match phone {
            Some(phone) if phone.device.admission == Admission::Enrolled => {
                let about = About::phone(&phone, request.peer);
                if phone.stand_in.is_some()
                    && let Some(file) = Box::pin(self.stand_in_file(&phone.device)).await?
                {
                    return Ok(Some(file.written_for(phone.device.id, about)));
                }
                Ok(phone.published.as_ref().map(|file| private(file, about)))
            }
            Some(_) => Ok(None),
            None => Box::pin(self.first_contact(request)).await,
        }
    }

    /// A configuration file by another name: one that people uploaded for all phones, else the global
    /// file of the asking phone's template.
    pub async fn named_file(
        &self,
        name: &str,
        request: FileRequest<'_>,
    ) -> Result<Option<ServedFile>, AppError> {
        let snapshot = self.snapshot();
        if let Some(token) = request.token {
            let phone = self.phone_by_token(token).await?;
            let Some(phone) = phone.filter(|phone| phone.device.admission == Admission::Enrolled) else {
                return Ok(None);
            };
            if let Some(file) = self.written_file(&snapshot, name).await? {
                return Ok(Some(file));
            }
            let Some(file) = &phone.published else { return Ok(None) };
            let Some(model) = &phone.device.model else { return Ok(None) };
            let pinned = file.cohort();
            let region = pinned.region().and_then(|region| snapshot.catalog.region(region.id));
            let current = match snapshot.catalog.template(pinned.template().id) {
                Some(template) => self.published_global(template, region, model).await?,
                None => None,
            };
            // A region that was made since the global part was published has no values there; the
            // phone's own file was published with them.
            let current =
                current.filter(|(cohort, _)| cohort.region().is_some() || pinned.region().is_none());
            // The phone's own file is published apart: it may still include the global file by a
            // former name, and its template may be gone.
            let included = is_called(pinned, name);
            let served = match current {
                Some((cohort, at)) if included || is_called(&cohort, name) => {
                    self.global_file(&cohort, at)?
                }
                None if included => self.global_file(pinned, file.at)?,
                Some(_) | None => return Ok(None),
            };
            return Ok(Some(ServedFile { phone: Some(About::phone(&phone, request.peer)), ..served }));
        }
        // Without a token only a phone of an open region can ask; its region follows from where it
        // is, and its template from the name, which is unique there.
        let near = |region: &&Region| {
            region.identity == Identity::Open && region.contains(request.peer, self.loopback())
        };
        if snapshot.catalog.regions().any(|region| near(&region))
            && let Some(file) = self.written_file(&snapshot, name).await?
        {
            return Ok(Some(file));
        }
        for region in snapshot.catalog.regions().filter(near) {
            // Templates in use first: another of the same name may be there for a phone that has it
            // chosen for itself.
            let used = snapshot.catalog.templates_used_in(region.id);
            for template in used.into_iter().chain(snapshot.catalog.templates()) {
                let global = self.published_global(template, Some(region), &template.model).await?;
                if let Some((cohort, at)) = global.filter(|(cohort, _)| is_called(cohort, name)) {
                    // What was published was proven to render, unless the region is younger.
                    return match self.global_file(&cohort, at) {
                        Err(_) if cohort.region().is_none() => Ok(None),
                        file => file.map(Some),
                    };
                }
            }
        }
        Ok(None)
    }

    /// What the region's URL itself answers, without a MAC address (AMB-36, AMB-38).
    pub async fn region_file(&self, request: FileRequest<'_>) -> Result<Option<ServedFile>, AppError> {
        self.first_contact(request).await
    }

    /// The option 160 file. Absent until provisioning was initialised (AMB-109).
    pub async fn option160_file(
        &self,
        route: Route,
        request: FileRequest<'_>,
    ) -> Result<Option<ServedFile>, AppError> {
        let snapshot = self.snapshot();
        if !snapshot.catalog.settings().provisioning_initialised {
            return Ok(None);
        }
        let mark = self.mark(request, None).await?;
        let password = self.announcer_password(&snapshot)?;
        match option160::file(snapshot.catalog.settings(), route, &mark, password.as_deref()) {
            Ok(text) => Ok(Some(self.text(text, snapshot.loaded_at, None))),
            Err(_) => Ok(None),
        }
    }

    /// A firmware image by the name that phones ask for. One name may stand for the software of two
    /// kinds; the asking phone's kind decides (AMB-105).
    pub fn firmware_file(&self, name: &str, user_agent: Option<&str>) -> Option<ServedImage> {
        let snapshot = self.snapshot();
        let catalog = &snapshot.catalog;
        let served = |entry: &Firmware| {
            entry.image.map(|image| ServedImage {
                hash: image.hash,
                length: image.length,
                modified: image.uploaded_at,
            })
        };
        let model =
            user_agent.and_then(model_of).filter(|model| model.default_firmware().eq_ignore_ascii_case(name));
        let of_kind = model.as_ref().and_then(|model| catalog.firmware_called(&format!("{model}.img")));
        of_kind.and_then(served).or_else(|| catalog.firmware_called(name).and_then(served)).or_else(|| {
            let hardware = model.as_ref()?.hardware();
            let fits =
                |entry: &&Firmware| entry.model.as_ref().is_some_and(|model| model.hardware() == hardware);
            let mut entries =
                catalog.firmware.values().map(|row| &*row.value).filter(fits).filter_map(served);
            entries.next().filter(|_| entries.next().is_none())
        })
    }

    /// What an unknown phone gets. The same for every MAC address.
    async fn first_contact(&self, request: FileRequest<'_>) -> Result<Option<ServedFile>, AppError> {
        let snapshot = self.snapshot();
        let region = match request.region {
            Some(name) => match snapshot.catalog.region_called(name) {
                Some(region) => Some(region),
                None => return Ok(None),
            },
            None => None,
        };
        let mark = self.mark(request, region).await?;
        // Whoever names no region and comes through the proxy has no other way back.
        let settings = snapshot.catalog.settings();
        let through_proxy =
            region.map_or(request.proxied && settings.phones.proxy.is_some(), |region| region.through_proxy);
        let route = if through_proxy { Route::Proxy } else { Route::Direct };
        let password = self.announcer_password(&snapshot)?;
        let Ok(lines) = option160::lines(snapshot.catalog.settings(), route, &mark, password.as_deref())
        else {
            return Ok(None);
        };
        let model = request.user_agent.and_then(model_of);
        let (text, template) =
            self.first_contact_text(&snapshot, region, model.as_ref(), &mark, &lines).await?;
        Ok(Some(self.text(text, snapshot.loaded_at, template)))
    }

    /// The first contact of a model in a region, with what stands behind the authority of URLs, and
    /// the lines that it must have.
    pub(super) async fn first_contact_text(
        &self,
        snapshot: &Snapshot,
        region: Option<&Region>,
        model: Option<&ModelId>,
        mark: &str,
        lines: &[KeyValue],
    ) -> Result<(String, Option<TemplateName>), AppError> {
        let mut text = String::new();
        let mut template = None;
        if let (Some(region), Some(model)) = (region, model)
            && let Some(cohort) = self.cohort_for_strangers(snapshot, region, model).await?
        {
            // What was published was proven to render. A region that was made since may lack a value:
            // its phones still find their way by the lines below.
            match cohort.render_first_contact(mark, &mut text) {
                Ok(()) => template = Some(cohort.template().name.clone()),
                Err(_) => text.clear(),
            }
        }
        option160::complete(&mut text, lines);
        Ok((text, template))
    }

    async fn cohort_for_strangers(
        &self,
        snapshot: &Snapshot,
        region: &Region,
        model: &ModelId,
    ) -> Result<Option<Arc<Cohort>>, AppError> {
        if snapshot.catalog.model(model).is_none() {
            return Ok(None);
        }
        let template = snapshot.catalog.template_for(Some(region.id), model);
        let Some((template, published)) = template.and_then(|template| Some((template, template.published?)))
        else {
            return Ok(None);
        };
        let generation = snapshot.for_strangers(&self.generation(published.generation).await?)?;
        let key = self.ports.vault.fingerprints();
        Ok(generation.cohort(template.id, Some(region.id), model, key).transpose()?)
    }

    /// The global part of a template as it was published last, and when. A region that was made
    /// since has no values in it.
    pub(super) async fn published_global(
        &self,
        template: &Template,
        region: Option<&Region>,
        model: &ModelId,
    ) -> Result<Option<(Arc<Cohort>, Timestamp)>, AppError> {
        let Some(published) = template.published else { return Ok(None) };
        let generation = self.generation(published.generation).await?;
        let key = self.ports.vault.fingerprints();
        let cohort =
            generation.cohort(template.id, region.map(|region| region.id), model, key).transpose()?;
        Ok(cohort.map(|cohort| (cohort, published.at)))
    }

    fn global_file(&self, cohort: &Cohort, at: Timestamp) -> Result<ServedFile, AppError> {
        let mut text = String::new();
        cohort.render_global(&mut text)?;
        Ok(self.text(text, at, Some(cohort.template().name.clone())))
    }

    /// What stands behind the authority of the URLs in a first contact: the token that the phone
    /// presented, if it is free, else a fresh one; then the region, so that the phone's next
    /// request still tells it and nothing needs to be remembered here.
    async fn mark(&self, request: FileRequest<'_>, region: Option<&Region>) -> Result<String, AppError> {
        let token = match region.map(|region| region.identity) {
            Some(Identity::Open) => String::new(),
            Some(Identity::UrlToken) | None => match request.token {
                Some(token) if self.phone_by_token(token).await?.is_none() => token.prefix(),
                Some(_) | None => Token::new(self.random()).prefix(),
            },
        };
        Ok(region.map_or(token.clone(), |region| format!("{token}/r/{}", region.name.in_url())))
    }

    pub(super) fn announcer_password(&self, snapshot: &Snapshot) -> Result<Option<String>, AppError> {
        let Some(announcer) = &snapshot.catalog.settings().announcer else { return Ok(None) };
        let sealed = &announcer.password.sealed;
        let text = self.ports.vault.open_text(SealFor::Named(ANNOUNCER_PASSWORD), sealed)?;
        Ok(Some(text.as_str().to_owned()))
    }

    pub(super) fn text(
        &self,
        text: String,
        modified: Timestamp,
        template: Option<TemplateName>,
    ) -> ServedFile {
        let etag = self.ports.vault.fingerprints().of(FingerprintOf::File, text.as_bytes());
        ServedFile { etag, modified, template, phone: None, content: Content::Ready(text.into()) }
    }
}

fn private(file: &Arc<PublishedFile>, about: About) -> ServedFile {
    ServedFile {
        phone: Some(about),
        etag: file.digest,
        modified: file.at,
        template: Some(file.cohort().template().name.clone()),
        content: Content::Published(Arc::clone(file)),
    }
}

/// Whether the global file of a template has that name.
fn is_called(cohort: &Cohort, name: &str) -> bool {
    cohort.template().compiled.global_name.as_deref() == Some(name)
}

/// The model that a phone calls itself.
pub(super) fn model_of(user_agent: &str) -> Option<ModelId> {
    let agent = UserAgent::parse(user_agent)?;
    ModelId::new(&agent.model, agent.kind).ok()
}
