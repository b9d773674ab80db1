//! The fixture: a real server on a temporary folder, with real sockets on this machine, and what an
//! administrator does in it.
#![expect(dead_code, reason = "each test file uses its part of the fixture")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

pub(crate) mod api;
pub(crate) mod browser;
pub(crate) mod pages;
pub(crate) mod program;
pub(crate) mod wire;

use std::{net::SocketAddr, path::Path, sync::Arc};

use bytes::Bytes;
use ipp_core::{
    access::Caller,
    app::{
        App,
        admin::{
            Admin,
            devices::{Approval, NewDevice},
            users::NewUser,
        },
    },
    catalog::{SharedScope, Stored},
    device::{Device, Vlan},
    firmware::Firmware,
    id::DeviceId,
    mac::Mac,
    phone_model::{ModelId, PhoneKind},
    region::Region,
    render::option160::{self, Route},
    settings::Settings,
    store::{AnyStore, DeviceFilter, DeviceKey, DeviceRecord, Page, Store as _, UserFilter, UserKey},
    user::User,
};
use ipp_examples::{
    demo::{configuration, phones_on_this_machine},
    fleet::{ImageHeader, Kind, Model, Phone, PhoneOptions, RequestRecord, SignIn, User as Person},
    server::{
        Server,
        config::{Config, Role},
    },
};

use self::wire::{Answer, Request};

/// A server that runs, and its data.
pub(crate) struct World {
    pub(crate) server: Server,
    // Dropped last: the server still writes while it stops.
    data: tempfile::TempDir,
}

impl World {
    /// A server on its first start, with all four listeners open.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn with(edit: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = configuration(data.path());
        edit(&mut config);
        let server = Server::start(&config, phones_on_this_machine()).await.unwrap();
        Self { server, data }
    }

    /// A server on data that is there.
    pub(crate) async fn on(data: tempfile::TempDir) -> Self {
        let server = Server::start(&configuration(data.path()), phones_on_this_machine()).await.unwrap();
        Self { server, data }
    }

    /// Ends the server and keeps its data.
    pub(crate) async fn end(self) -> tempfile::TempDir {
        self.server.stop().await;
        self.data
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
        drop(self.data);
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// The engine on behalf of somebody who may do everything.
    pub(crate) fn admin(&self) -> Admin<'_, AnyStore> {
        self.app().admin(Caller::host("test"))
    }

    pub(crate) fn app(&self) -> &Arc<App<AnyStore>> {
        self.server.ipp.app()
    }

    /// Where a listener is.
    pub(crate) fn at(&self, role: Role) -> SocketAddr {
        self.server.listeners.iter().find(|open| open.role == role).unwrap().address
    }

    /// A URL on the listener of files.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at(Role::Web))
    }

    /// The option 160 value of a region, as a DHCP server hands it out.
    pub(crate) fn region_url(&self, region: &Region) -> String {
        let settings = &self.app().settings().value.phones;
        option160::region_url(settings, Route::Direct, &region.name).unwrap()
    }

    /// The option 160 value that names no region.
    pub(crate) fn system_url(&self) -> String {
        option160::system_url(&self.app().settings().value.phones, Route::Direct).unwrap()
    }

    /// Asks the listener of files.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Request::get(path).send(self.at(Role::Web)).await
    }

    /// Posts to the listener of reports.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        Request::post(path, body).send(self.at(Role::Reports)).await
    }

    pub(crate) async fn region(&self, name: &str, with: impl FnOnce(&mut Region)) -> Region {
        self.admin().create_region(name.parse().unwrap(), with).await.unwrap()
    }

    /// A region whose unknown phones wait for an administrator.
    pub(crate) async fn careful_region(&self, name: &str) -> Region {
        self.region(name, |region| region.zero_touch = false).await
    }

    pub(crate) async fn user(&self, name: &str, region: &Region, password: Option<&str>) -> User {
        let new = NewUser {
            name: name.parse().unwrap(),
            display_name: format!("User {name}").parse().unwrap(),
            region: region.id,
            password: password.map(Into::into),
        };
        self.admin().create_user(new).await.unwrap()
    }

    /// Enters a device for a user, as a form does.
    pub(crate) async fn device(&self, phone: &Phone, user: &User) -> Device {
        let identity = phone.identity();
        let kind = match identity.kind() {
            Kind::Generic => PhoneKind::Generic,
            Kind::Lync => PhoneKind::Lync,
        };
        let new = NewDevice {
            mac: mac(phone),
            model: ModelId::new(identity.model().as_str(), kind).unwrap(),
            user: user.id,
            display_name: user.display_name.clone(),
        };
        self.admin().create_device(new).await.unwrap()
    }

    pub(crate) async fn approve(&self, mac: Mac, region: &Region, user: Option<&User>, vlan: Vlan) -> Device {
        let approval = Approval { region: region.id, vlan, user: user.map(|user| user.id), model: None };
        self.admin().approve(self.record(mac).await.unwrap().device.value.id, approval).await.unwrap()
    }

    pub(crate) async fn edit_settings(&self, with: impl FnOnce(&mut Settings)) {
        let mut settings = self.app().settings();
        with(&mut settings.value);
        self.admin().update_settings(settings).await.unwrap();
    }

    pub(crate) async fn edit_device(&self, mac: Mac, with: impl FnOnce(&mut Device)) {
        let mut stored: Stored<Device> = self.record(mac).await.unwrap().device;
        with(&mut stored.value);
        self.admin().update_device(stored).await.unwrap();
    }

    pub(crate) async fn set(&self, scope: SharedScope, name: &str, value: Option<&str>) {
        let value = value.map(|text| text.parse().unwrap());
        self.admin().set_placeholder(scope, name.parse().unwrap(), value).await.unwrap();
    }

    /// Uploads an image of so many bytes under the name that phones of the model ask for.
    pub(crate) async fn firmware(&self, model: Model, version: &str, length: usize) -> Firmware {
        let mut image = Some(Bytes::from(image(model, version, length)));
        let of = ModelId::new(model.as_str(), PhoneKind::Generic).unwrap();
        let name = format!("{model}.img").parse().unwrap();
        self.admin().put_firmware(name, Some(of), async || image.take()).await.unwrap()
    }

    /// What the server knows of a phone.
    pub(crate) async fn record(&self, mac: Mac) -> Option<DeviceRecord> {
        self.app().store().device(DeviceKey::Mac(mac)).await.unwrap()
    }

    pub(crate) async fn devices(&self) -> Vec<DeviceRecord> {
        self.app().store().devices(&DeviceFilter::all(), Page::first(10_000)).await.unwrap()
    }

    pub(crate) async fn users(&self) -> Vec<User> {
        let users = self.app().store().users(&UserFilter::default(), Page::first(10_000)).await.unwrap();
        users.into_iter().map(|user| user.value).collect()
    }

    pub(crate) async fn user_called(&self, name: &str) -> Option<User> {
        let key = UserKey::Name(name.parse().unwrap());
        self.app().store().user(key).await.unwrap().map(|user| user.value)
    }

    pub(crate) async fn generate(&self) -> ipp_core::app::publish::GenerateReport {
        self.admin().generate(DeviceFilter::all()).await.unwrap()
    }

    /// The default template that the phones of a model and region use.
    pub(crate) fn template_of(&self, region: &Region, model: &str) -> ipp_core::template::Template {
        let model = model.parse().unwrap();
        self.app().snapshot().catalog.template_for(Some(region.id), &model).unwrap().clone()
    }
}

/// A server with one phone that is registered, whose reports go below the returned prefix.
pub(crate) async fn with_a_phone() -> (World, Phone, String) {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut known = Phone::new(phone(1, Kind::Generic).sign_in(SignIn::AtPhone(Person::numbered(1))));
    known.boot(&world.region_url(&region)).await.unwrap();
    let prefix = format!("/t/{}", token_in(&last_url(&known, ".cfg")).unwrap());
    (world, known, prefix)
}

/// The server serves as before.
pub(crate) async fn check_alive(world: &World, known: &mut Phone) {
    assert_eq!(known.keep_alive().await.unwrap().status, 200);
    assert_eq!(world.get("/configfiles/00908f000001.cfg").await.status, 200);
}

/// A phone of a kind, without quirks.
pub(crate) fn phone(index: u32, kind: Kind) -> PhoneOptions {
    PhoneOptions::new(index, Model::P430Hd, kind)
}

pub(crate) fn mac(phone: &Phone) -> Mac {
    phone.identity().mac().parse().unwrap()
}

pub(crate) fn mac_of(device: &DeviceRecord) -> Mac {
    device.device.value.mac
}

pub(crate) fn id_of(device: &DeviceRecord) -> DeviceId {
    device.device.value.id
}

/// A firmware image: a true header, and bytes that tell one version from another.
pub(crate) fn image(model: Model, version: &str, length: usize) -> Vec<u8> {
    let header = ImageHeader { model: model.as_str().to_owned(), version: version.to_owned() };
    let mut bytes = header.to_bytes().to_vec();
    let filling = version.bytes().fold(0, u8::wrapping_add);
    bytes.resize(length.max(bytes.len()), filling);
    bytes
}

/// The token in a text or URL.
pub(crate) fn token_in(text: &str) -> Option<&str> {
    let at = text.find("/t/")? + 3;
    text.get(at..at + 22)
}

/// The text without its token, so that what different phones get can be compared.
pub(crate) fn without_token(text: &str) -> String {
    match token_in(text) {
        Some(token) => text.replace(token, "<token>"),
        None => text.to_owned(),
    }
}

/// Method, path and status of what a phone asked, oldest first; the token and the MAC address are
/// masked.
pub(crate) fn log(phone: &Phone) -> Vec<String> {
    phone.requests().map(|record| entry(record, &phone.identity().mac())).collect()
}

fn entry(record: &RequestRecord, mac: &str) -> String {
    let path = record.url.splitn(4, '/').nth(3).unwrap_or_default();
    let path = without_token(&format!("/{path}")).replace(mac, "<mac>");
    let status = record.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    format!("{} {path} {status}", record.method)
}

/// The URL of the last file with that ending that a phone fetched.
pub(crate) fn last_url(phone: &Phone, ending: &str) -> String {
    let fetched = phone.requests().filter(|record| record.url.ends_with(ending)).last();
    fetched.unwrap_or_else(|| panic!("the phone fetched no {ending}")).url.clone()
}

/// What stands at an absolute URL of this machine.
pub(crate) async fn fetch(url: &str) -> Answer {
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    Request::get(&format!("/{path}")).send(authority.parse().unwrap()).await
}
