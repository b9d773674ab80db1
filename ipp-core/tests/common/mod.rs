//! The fixture: an engine over a store in memory, and phones that follow the URLs they are given.
#![expect(dead_code, reason = "each test file uses its part of the fixture")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

pub(crate) mod bench;
pub(crate) mod estate;
pub(crate) mod fleet;
pub(crate) mod handset;
pub(crate) mod scene;
pub(crate) mod shared;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

pub(crate) use handset::Handset;
use ipp_core::{
    access::Caller,
    app::{
        App, AppOptions, Ports,
        admin::{
            Admin,
            devices::{Approval, NewDevice},
            set_up::Reachable,
            templates::NewTemplate,
            users::NewUser,
        },
        files::{FileRequest, ServedFile},
    },
    blob::{Blobs, MemoryBlobs},
    catalog::{SharedScope, Stored},
    clock::ManualClock,
    device::{Admission, Device, Vlan},
    entropy::SeededEntropy,
    host::Host,
    id::{DeviceId, RegionId, TemplateId},
    mac::Mac,
    outbound::MemoryPhoneClient,
    passwords::PlainPasswords,
    phone_model::ModelId,
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    region::Region,
    settings::{Scheme, Settings},
    store::{Batch, CatalogChange, DeviceKey, DeviceRecord, Store},
    template::Template,
    text::Label,
    time::Timestamp,
    token::Token,
    user::User,
    vault::MemoryVault,
};
pub(crate) use shared::Shared;

/// The address of the server in all tests.
pub(crate) const SERVER: &str = "10.0.0.30";

/// When all tests begin: 2026-01-01.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An installation with the product's own models and templates.
pub(crate) struct World {
    pub(crate) app: App<Shared>,
    pub(crate) store: Shared,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ports: Ports,
    pub(crate) phones: Arc<MemoryPhoneClient>,
}

/// Whether a future that is not ready asked for another turn.
struct Asked(AtomicBool);

impl Wake for Asked {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future that never has to wait for anything but its next turn, which is all there are over a
/// store in memory.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let asked = Arc::new(Asked(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&asked));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        assert!(asked.0.swap(false, Ordering::Relaxed), "a future waits for something that no test gives it");
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self::bare();
        block_on(world.app.set_up(&reachable())).unwrap();
        world
    }

    /// A server before its first start.
    pub(crate) fn bare() -> Self {
        Self::sealed_by(Arc::new(MemoryVault::default()))
    }

    /// The same with this vault.
    pub(crate) fn sealed_by(vault: Arc<MemoryVault>) -> Self {
        Self::of(vault, Arc::new(MemoryBlobs::default()))
    }

    /// An installation whose images are kept there.
    pub(crate) fn with_blobs(blobs: Arc<dyn Blobs>) -> Self {
        let world = Self::of(Arc::new(MemoryVault::default()), blobs);
        block_on(world.app.set_up(&reachable())).unwrap();
        world
    }

    fn of(vault: Arc<MemoryVault>, blobs: Arc<dyn Blobs>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let phones = Arc::new(MemoryPhoneClient::default());
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            vault,
            blobs,
            passwords: Arc::new(PlainPasswords),
            phones: phones.clone(),
            host: Host::default(),
        };
        let store = Shared::default();
        let app = block_on(App::open(store.clone(), ports.clone(), AppOptions::default())).unwrap();
        Self { app, store, clock, ports, phones }
    }

    /// The engine on behalf of somebody who may do everything.
    pub(crate) fn admin(&self) -> Admin<'_, Shared> {
        self.app.admin(Caller::host("root"))
    }

    /// Another node, or the same one after a restart, over the same store.
    pub(crate) fn open(&self) -> App<Shared> {
        block_on(App::open(self.store.clone(), self.ports.clone(), AppOptions::default())).unwrap()
    }

    pub(crate) fn region(&self, name: &str, with: impl FnOnce(&mut Region)) -> Region {
        block_on(self.admin().create_region(name.parse().unwrap(), with)).unwrap()
    }

    pub(crate) fn edit_region(&self, id: RegionId, with: impl FnOnce(&mut Region)) {
        let stored = self.app.snapshot().catalog.regions[&id].clone();
        let mut region = Region::clone(&stored.value);
        with(&mut region);
        block_on(self.admin().update_region(Stored { revision: stored.revision, value: region })).unwrap();
    }

    pub(crate) fn edit_settings(&self, with: impl FnOnce(&mut Settings)) {
        let mut settings = self.app.settings();
        with(&mut settings.value);
        block_on(self.admin().update_settings(settings)).unwrap();
    }

    pub(crate) fn user(&self, name: &str, region: &Region, password: Option<&str>) -> User {
        block_on(self.admin().create_user(NewUser {
            name: name.parse().unwrap(),
            display_name: Label::EMPTY,
            region: region.id,
            password: password.map(Into::into),
        }))
        .unwrap()
    }

    /// Makes the account with which phones announce themselves.
    pub(crate) fn system_user(&self, region: &Region) -> User {
        self.user("system", region, Some("system"))
    }

    pub(crate) fn device(&self, mac: Mac, model: &str, user: &User) -> Device {
        let new = NewDevice { mac, model: model.parse().unwrap(), user: user.id, display_name: Label::EMPTY };
        block_on(self.admin().create_device(new)).unwrap()
    }

    pub(crate) fn edit_device(&self, id: DeviceId, with: impl FnOnce(&mut Device)) {
        let mut stored = self.record(id).device;
        with(&mut stored.value);
        block_on(self.admin().update_device(stored)).unwrap();
    }

    pub(crate) fn set(&self, scope: SharedScope, name: &str, value: Option<&str>) {
        let value = value.map(|text| text.parse().unwrap());
        block_on(self.admin().set_placeholder(scope, name.parse().unwrap(), value)).unwrap();
    }

    /// Sets a placeholder of one phone, or takes it out.
    pub(crate) fn set_own(&self, id: DeviceId, name: &str, value: Option<&str>) {
        let name: PlaceholderName = name.parse().unwrap();
        self.edit_device(id, |device| {
            if let Some(text) = value {
                let value = StoredValue::Plain(text.parse().unwrap());
                device.overrides.insert(name, ScopedValue { value, description: Label::EMPTY });
            } else {
                device.overrides.remove(&name);
            }
        });
    }

    pub(crate) fn import(&self, xml: &str, region: Option<&Region>, default: bool) -> Template {
        let new = NewTemplate {
            name: None,
            region: region.map(|region| region.id),
            default,
            content: xml.as_bytes().to_vec(),
        };
        block_on(self.admin().import_template(new)).unwrap().0
    }

    /// Puts a template as an editor would save it.
    pub(crate) fn put_template(&self, template: Template) {
        block_on(self.store.commit(Batch::of(CatalogChange::PutTemplate(Box::new(template))))).unwrap();
        self.refresh();
    }

    pub(crate) fn publish_templates(&self, ids: &[TemplateId]) {
        block_on(self.admin().publish_templates(ids)).unwrap();
    }

    pub(crate) fn builtin(&self, model: &str) -> Template {
        let model: ModelId = model.parse().unwrap();
        let snapshot = self.app.snapshot();
        snapshot
            .catalog
            .templates()
            .find(|template| template.builtin && template.model == model)
            .unwrap()
            .clone()
    }

    pub(crate) fn refresh(&self) {
        block_on(self.app.refresh()).unwrap();
    }

    pub(crate) fn record(&self, id: DeviceId) -> DeviceRecord {
        self.find(DeviceKey::Id(id)).unwrap()
    }

    pub(crate) fn by_mac(&self, mac: Mac) -> Option<DeviceRecord> {
        self.find(DeviceKey::Mac(mac))
    }

    fn find(&self, key: DeviceKey) -> Option<DeviceRecord> {
        block_on(self.store.device(key)).unwrap()
    }

    pub(crate) fn configuration(&self, mac: Mac, request: FileRequest<'_>) -> Option<ServedFile> {
        block_on(self.app.configuration_file(mac, request)).unwrap()
    }

    pub(crate) fn text(&self, file: &ServedFile) -> String {
        String::from_utf8(file.bytes(&*self.ports.vault).unwrap().to_vec()).unwrap()
    }

    /// A phone comes in by zero touch, and lives by its own file from then on.
    pub(crate) fn enrol(&self, number: u32, region: &str) -> (Handset, DeviceId) {
        let mut phone = Handset::new(number).in_region(region);
        let id = self.let_in(&mut phone);
        phone.boot(self);
        (phone, id)
    }

    /// A phone's first contact, and the report by which zero touch enrols it.
    pub(crate) fn let_in(&self, phone: &mut Handset) -> DeviceId {
        phone.boot(self);
        phone.started(self);
        let device = self.by_mac(phone.mac).unwrap().device.value;
        assert_eq!(device.admission, Admission::Enrolled);
        device.id
    }

    pub(crate) fn approve(&self, id: DeviceId, region: &Region, user: Option<&User>) -> Device {
        let approval = Approval {
            region: region.id,
            vlan: Vlan::default(),
            user: user.map(|user| user.id),
            model: None,
        };
        block_on(self.admin().approve(id, approval)).unwrap()
    }
}

pub(crate) fn reachable() -> Reachable {
    Reachable {
        address: SERVER.parse().unwrap(),
        http_port: 80,
        https_port: 443,
        rest_http_port: 8080,
        rest_https_port: 8081,
        scheme: Scheme::Http,
    }
}

pub(crate) fn mac(number: u32) -> Mac {
    let [_, a, b, c] = number.to_be_bytes();
    Mac::new([0x00, 0x90, 0x8f, a, b, c]).unwrap()
}

pub(crate) fn token(number: u8) -> Token {
    Token::new([number; 16])
}

/// A template file in the vendor's format.
pub(crate) fn template_xml(model: &str, description: &str, global: &str, private: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ipphonetamplate>\n<type>audiocodes_{model}</type>\n\
         <description>{description}</description>\n\
         <file_config>\n<type>global_file</type>\n<name>{description}_global.cfg</name>\n<data><![CDATA[{global}]]></data>\n\
         </file_config>\n<file_config>\n<type>file</type>\n<name>%ITCS_mac%.cfg</name>\n\
         <data><![CDATA[include {description}_global.cfg\n{private}]]></data>\n</file_config>\n</ipphonetamplate>\n"
    )
}

/// The value of a key in a file; the last line wins, as on a phone.
pub(crate) fn value<'a>(file: &'a str, key: &str) -> Option<&'a str> {
    file.lines().rev().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}
