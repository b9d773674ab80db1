//! A small estate of phones, and edits of all that their files depend on: to be proposed, and to be saved.

use std::collections::{BTreeMap, BTreeSet};

use ipp_core::{
    app::{
        AppError,
        admin::{
            device_bulk::Selection,
            firmware::NewFirmware,
            placeholders::PlaceholderEdit,
            preview::{Against, Choice, DeviceChanges, Preview, Proposal, ProposedEdit},
            templates::TemplateEdit,
        },
    },
    catalog::{LDAP_PASSWORD, SharedScope, Stored},
    id::{DeviceId, FirmwareId, TemplateId},
    placeholder::PlaceholderName,
    region::{Identity, Region},
    render::LineChange,
    settings::{Language, Settings},
    store::{DeviceFilter, Page},
    text::{CfgValue, Label},
    vault::SealFor,
};
use proptest::prelude::*;

use super::{Handset, World, block_on, mac, template_xml};

pub(crate) const MODELS: [&str; 2] = ["430HD", "420HD"];
pub(crate) const SECRET: &str = "IPPhonePassword";

/// Private parts that templates are given; the last one cannot be rendered.
const PRIVATE: [&str; 4] = [
    "foo=%ITCS_Foo%\nvlan=%ITCS_VLANID%\nlang=%ITCS_Language%\nfw=%ITCS_FirmwareFile%\npass=%ITCS_IPPhonePassword%\n\
     line/pass=%ITCS_Line1AuthPassword%\nrest=%ITCS_RESTPassword%\nldap=%ITCS_LDAPPassword%\nzzz1_tenant_cfg=ENABLE\nzzz3_user_cfg=ENABLE",
    "vlan=%ITCS_VLANID%\nfoo=%ITCS_Foo%\nname=%ITCS_DisplayName%\nzzz3_user_cfg=ENABLE",
    "mac=%ITCS_mac%\nline=%ITCS_Line1Id%\npass=x%ITCS_IPPhonePassword%x",
    "foo=%ITCS_Foo%\nmissing=%ITCS_Missing%",
];

/// An edit, as data.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Placeholder(usize, usize, Option<u8>),
    Override(usize, usize, Option<u8>),
    Settings(u8, u8),
    Lines(usize, u8),
    Firmware(usize, Option<usize>),
    Open(usize),
    Document(usize, usize, u8),
    Default(usize, bool),
    Defaults(usize, Option<u8>),
    Devices(Vec<usize>, u8, u8),
}

pub(crate) fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    let value = || prop::option::weighted(0.8, 0_u8..3);
    let edit = prop_oneof![
        4 => (0_usize..4, 0_usize..3, value()).prop_map(|(scope, name, to)| Edit::Placeholder(scope, name, to)),
        2 => (0_usize..6, 0_usize..3, value()).prop_map(|(device, name, to)| Edit::Override(device, name, to)),
        2 => (0_u8..4, 0_u8..3).prop_map(|(which, to)| Edit::Settings(which, to)),
        1 => (0_usize..2, 0_u8..3).prop_map(|(region, to)| Edit::Lines(region, to)),
        1 => (0_usize..2, prop::option::of(0_usize..2)).prop_map(|(region, to)| Edit::Firmware(region, to)),
        3 => (0_usize..3, 0_usize..4, 0_u8..3).prop_map(|(template, private, to)| Edit::Document(template, private, to)),
        1 => (0_usize..3, any::<bool>()).prop_map(|(template, on)| Edit::Default(template, on)),
        1 => (0_usize..3, value()).prop_map(|(template, to)| Edit::Defaults(template, to)),
        5 => (prop::collection::vec(0_usize..6, 1..4), 0_u8..7, 0_u8..3).prop_map(|(devices, which, to)| Edit::Devices(devices, which, to)),
    ];
    prop::collection::vec(edit, 0..=most)
}

/// What a last edit may be too: afterwards phones without a token have files.
pub(crate) fn proposals() -> impl Strategy<Value = Vec<Edit>> {
    (edits(3), prop::option::weighted(0.2, 0_usize..2)).prop_map(|(mut edits, open)| {
        edits.extend(open.map(Edit::Open));
        edits
    })
}

/// Two regions, three templates, and six phones of three users.
pub(crate) struct Estate {
    pub(crate) world: World,
    pub(crate) regions: [Region; 2],
    pub(crate) templates: Vec<TemplateId>,
    pub(crate) firmware: Vec<FirmwareId>,
    pub(crate) devices: Vec<DeviceId>,
}

impl Estate {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let regions = [world.region("North", |_| {}), world.region("South", |_| {})];
        world.set(SharedScope::System, "Foo", Some("system"));
        world.set(SharedScope::System, SECRET, Some("hush-system"));
        let import = |title: &str, region: Option<&Region>, default| {
            world.import(&document(title, MODELS[0], 0, 0), region, default).id
        };
        let templates = vec![
            import("T", Some(&regions[0]), true),
            import("U", Some(&regions[1]), true),
            import("V", Some(&regions[0]), false),
        ];
        let firmware = ["a.img", "b.img"].map(|name| {
            let new = NewFirmware {
                name: name.parse().unwrap(),
                model: (name == "b.img").then(|| MODELS[0].parse().unwrap()),
                description: Label::EMPTY,
                version: Label::EMPTY,
            };
            block_on(world.admin().create_firmware(new)).unwrap().id
        });
        let users = [("u1", 0), ("u2", 1), ("u3", 0)]
            .map(|(name, region)| world.user(name, &regions[region], Some(&format!("hush-{name}"))));
        let mut devices = Vec::new();
        for (number, user) in [(1, 0), (2, 0), (3, 1), (4, 2)] {
            let device = world.device(mac(number), MODELS[0], &users[user]);
            // The last one was never seen.
            if number < 4 {
                let mut phone = Handset::new(number).in_region(regions[usize::from(user == 1)].name.as_str());
                world.let_in(&mut phone);
            }
            devices.push(device.id);
        }
        for (number, region) in [(5, "North"), (6, "South")] {
            devices.push(world.let_in(&mut Handset::new(number).in_region(region)));
        }
        block_on(world.admin().generate(DeviceFilter::all())).unwrap();
        Self { world, regions, templates, firmware: firmware.to_vec(), devices }
    }

    pub(crate) fn scope(&self, scope: usize) -> SharedScope {
        match scope {
            0 => SharedScope::System,
            1 => SharedScope::Model(MODELS[0].parse().unwrap()),
            region => SharedScope::Region(self.regions[region - 2].id),
        }
    }

    fn settings(&self, settings: &mut Settings, which: u8, to: u8) {
        let vault = &self.world.ports.vault;
        match which {
            0 => settings.phones.language = Language::ALL[usize::from(to)],
            1 => settings.phones.server.fqdn = Some(format!("server{to}.example").parse().unwrap()),
            2 => {
                let password = vault.seal_value(SealFor::Named(LDAP_PASSWORD), &format!("hush-ldap-{to}"));
                settings.phones.ldap.password = Some(password.unwrap());
            }
            // Stands in no file.
            _ => settings.console_idle_minutes = 10 + u16::from(to),
        }
    }

    pub(crate) fn edited_region(&self, catalog: &ipp_core::catalog::Catalog, edit: &Edit) -> Option<Region> {
        let of = |at: usize| catalog.region(self.regions[at].id).unwrap().clone();
        Some(match edit {
            Edit::Lines(at, to) => {
                let lines = (0..*to).map(|n| format!("region/line{n}={to}").parse().unwrap()).collect();
                Region { lines, ..of(*at) }
            }
            Edit::Firmware(at, to) => {
                let chosen = to.map(|to| (MODELS[0].parse().unwrap(), self.firmware[to]));
                Region { firmware: chosen.into_iter().collect(), ..of(*at) }
            }
            Edit::Open(at) => {
                let networks = vec!["10.0.0.0/8".parse().unwrap()];
                Region { identity: Identity::Open, networks, ..of(*at) }
            }
            Edit::Placeholder(..)
            | Edit::Override(..)
            | Edit::Settings(..)
            | Edit::Document(..)
            | Edit::Default(..)
            | Edit::Defaults(..)
            | Edit::Devices(..) => return None,
        })
    }

    fn changes(&self, which: u8, to: u8) -> DeviceChanges {
        let pick = usize::from(to);
        let choice = |clear: bool| clear && to == 2;
        match which {
            0 => DeviceChanges { region: Some(self.regions[pick % 2].id), ..DeviceChanges::default() },
            1 => DeviceChanges { model: Some(MODELS[pick % 2].parse().unwrap()), ..DeviceChanges::default() },
            2 if choice(true) => DeviceChanges { template: Choice::Clear, ..DeviceChanges::default() },
            2 => DeviceChanges { template: Choice::Set(self.templates[pick]), ..DeviceChanges::default() },
            3 if choice(true) => DeviceChanges { firmware: Choice::Clear, ..DeviceChanges::default() },
            3 => DeviceChanges { firmware: Choice::Set(self.firmware[pick]), ..DeviceChanges::default() },
            4 => {
                let language = Choice::Set(format!("lang{to}").parse().unwrap());
                let display_name = Some(format!("desk {to}").parse().unwrap());
                DeviceChanges { language, display_name, ..DeviceChanges::default() }
            }
            5 => {
                let vlan = ipp_core::device::Vlan { id: Some(u16::from(to)), ..Default::default() };
                DeviceChanges { vlan: Some(vlan), ..DeviceChanges::default() }
            }
            _ => {
                let lines = (0..to).map(|n| format!("own/line{n}={to}").parse().unwrap()).collect();
                DeviceChanges { lines: Some(lines), ..DeviceChanges::default() }
            }
        }
    }

    pub(crate) fn propose(&self, proposal: &mut Proposal, edit: &Edit) -> Result<(), AppError> {
        let edit = self.edit(proposal, edit);
        block_on(self.world.admin().propose(proposal, edit))
    }

    /// An edit of what a proposal has so far.
    pub(crate) fn edit(&self, proposal: &Proposal, edit: &Edit) -> ProposedEdit {
        let ids = |devices: &[usize]| Selection::Ids(devices.iter().map(|at| self.devices[*at]).collect());
        match edit {
            Edit::Placeholder(scope, name, to) => {
                ProposedEdit::Placeholder(self.scope(*scope), named(*name), value(*name, *to))
            }
            Edit::Override(device, name, to) => {
                ProposedEdit::DevicePlaceholder(ids(&[*device]), named(*name), value(*name, *to))
            }
            Edit::Settings(which, to) => {
                let mut settings = proposal.catalog().settings().clone();
                self.settings(&mut settings, *which, *to);
                ProposedEdit::Settings(Box::new(settings))
            }
            Edit::Lines(..) | Edit::Firmware(..) | Edit::Open(_) => {
                ProposedEdit::Region(Box::new(self.edited_region(proposal.catalog(), edit).unwrap()))
            }
            Edit::Document(template, private, to) => {
                let content = document(TITLES[*template], MODELS[0], *private, *to).into_bytes();
                ProposedEdit::TemplateDocument(self.templates[*template], content)
            }
            Edit::Default(template, on) => ProposedEdit::Template(
                self.templates[*template],
                TemplateEdit { default: Some(*on), ..TemplateEdit::default() },
            ),
            Edit::Defaults(template, to) => ProposedEdit::Template(self.templates[*template], defaults(*to)),
            Edit::Devices(devices, which, to) => {
                ProposedEdit::Devices(ids(devices), self.changes(*which, *to))
            }
        }
    }

    /// Saves an edit; answers the devices that could not be saved.
    pub(crate) fn save(&self, edit: &Edit) -> Result<Vec<DeviceId>, AppError> {
        let admin = self.world.admin();
        let snapshot = self.world.app.snapshot();
        let template =
            |at: usize| (self.templates[at], snapshot.catalog.templates[&self.templates[at]].revision);
        match edit {
            Edit::Placeholder(scope, name, to) => {
                let (scope, name, to) = (self.scope(*scope), named(*name), value(*name, *to));
                match to {
                    Some(_) => {
                        let edit = PlaceholderEdit { value: to, ..PlaceholderEdit::default() };
                        block_on(admin.put_placeholder(scope, name, edit))?;
                    }
                    None => block_on(admin.delete_placeholder(scope, name, None))?,
                }
            }
            Edit::Override(device, name, to) => {
                let (name, to) = (named(*name), value(*name, *to));
                block_on(admin.set_device_placeholder(self.devices[*device], None, name, to))?;
            }
            Edit::Settings(which, to) => {
                let mut settings = self.world.app.settings();
                self.settings(&mut settings.value, *which, *to);
                block_on(admin.update_settings(settings))?;
            }
            Edit::Lines(..) | Edit::Firmware(..) | Edit::Open(_) => {
                let value = self.edited_region(&snapshot.catalog, edit).unwrap();
                let revision = snapshot.catalog.regions[&value.id].revision;
                block_on(admin.update_region(Stored { revision, value }))?;
            }
            Edit::Document(at, private, to) => {
                let (id, revision) = template(*at);
                let content = document(TITLES[*at], MODELS[0], *private, *to);
                block_on(admin.edit_template_document(id, revision, content.as_bytes()))?;
            }
            Edit::Default(at, on) => {
                let (id, revision) = template(*at);
                let edit = TemplateEdit { default: Some(*on), ..TemplateEdit::default() };
                block_on(admin.update_template(id, revision, edit))?;
            }
            Edit::Defaults(at, to) => {
                let (id, revision) = template(*at);
                block_on(admin.update_template(id, revision, defaults(*to)))?;
            }
            Edit::Devices(devices, which, to) => return Ok(self.save_devices(devices, *which, *to)),
        }
        Ok(Vec::new())
    }

    fn save_devices(&self, devices: &[usize], which: u8, to: u8) -> Vec<DeviceId> {
        let changes = self.changes(which, to);
        let mut refused = Vec::new();
        for id in devices.iter().map(|at| self.devices[*at]) {
            let mut stored = self.world.record(id).device;
            let device = &mut stored.value;
            device.region = changes.region.or(device.region);
            device.model = changes.model.clone().or_else(|| device.model.take());
            set(changes.template, &mut device.template);
            set(changes.firmware, &mut device.firmware);
            set(changes.language.clone(), &mut device.language);
            device.vlan = changes.vlan.unwrap_or(device.vlan);
            device.display_name = changes.display_name.clone().unwrap_or_else(|| device.display_name.clone());
            device.lines = changes.lines.clone().unwrap_or_else(|| device.lines.clone());
            if block_on(self.world.admin().update_device(stored)).is_err() {
                refused.push(id);
            }
        }
        refused
    }

    /// What each phone gets, byte for byte.
    pub(crate) fn files(&self) -> BTreeMap<DeviceId, Option<String>> {
        let file = |id: &DeviceId| {
            let has = self.world.record(*id).pin.is_some();
            (*id, has.then(|| block_on(self.world.admin().reveal_device_file(*id)).unwrap().text))
        };
        self.devices.iter().map(file).collect()
    }

    /// The same with secrets masked, as previews show them.
    pub(crate) fn shown(&self) -> BTreeMap<DeviceId, Option<String>> {
        let file = |id: &DeviceId| {
            let shown = block_on(self.world.admin().device_file(*id)).ok();
            (*id, shown.map(|file| file.text.replace("/t/********", "/t/<token>")))
        };
        self.devices.iter().map(file).collect()
    }

    pub(crate) fn preview(&self, proposal: &mut Proposal, against: Against) -> Preview {
        let preview = block_on(self.world.admin().preview(proposal, &all(), against)).unwrap();
        assert_eq!(
            preview.considered,
            preview.changed + preview.unchanged + preview.waiting + preview.failing,
            "{preview:?}"
        );
        assert_eq!((preview.elsewhere, preview.failing_elsewhere, preview.shared_elsewhere), (0, 0, 0));
        preview
    }

    /// The phones of each group, by small pages.
    pub(crate) fn members(&self, proposal: &mut Proposal, against: Against, preview: &Preview) -> Members {
        let mut members = Members::new();
        for group in &preview.groups {
            let (mut phones, mut after) = (BTreeSet::new(), None);
            loop {
                let page = Page { after, limit: 2 };
                let found =
                    block_on(self.world.admin().preview_phones(proposal, &all(), against, group.id, page))
                        .unwrap();
                assert!(found.phones.iter().all(|phone| Some(phone.id) > after), "in the order of pages");
                after = found.phones.last().map(|phone| phone.id).or(after);
                phones.extend(found.phones.iter().map(|phone| phone.id));
                if !found.more {
                    break;
                }
            }
            assert_eq!(phones.len() as u64, group.phones);
            assert!(group.first.iter().all(|phone| phones.contains(&phone.id)));
            members.push((group.changes.clone(), group.first_file, phones));
        }
        members
    }

    pub(crate) fn generate(&self) -> BTreeSet<DeviceId> {
        let report = block_on(self.world.admin().generate(DeviceFilter::all())).unwrap();
        let failed = |mac| self.world.by_mac(mac).unwrap().device.value.id;
        report.failed.iter().map(|failure| failed(failure.mac)).collect()
    }
}

pub(crate) type Members = Vec<(Vec<LineChange>, bool, BTreeSet<DeviceId>)>;

const TITLES: [&str; 3] = ["T", "U", "V"];
const NAMES: [&str; 3] = ["Foo", "SipDigitMap", SECRET];

pub(crate) fn all() -> Selection {
    Selection::Filter(Box::new(DeviceFilter::all()))
}

pub(crate) fn document(title: &str, model: &str, private: usize, number: u8) -> String {
    let private = format!("url=http://%ITCS_ServerIP%/configfiles/\nnumber={number}\n{}", PRIVATE[private]);
    template_xml(model, title, "global=%ITCS_Foo%\n", &private)
}

pub(crate) fn named(at: usize) -> PlaceholderName {
    NAMES[at].parse().unwrap()
}

pub(crate) fn value(name: usize, to: Option<u8>) -> Option<CfgValue> {
    let secret = NAMES[name] == SECRET;
    to.map(|to| match to {
        0 => CfgValue::EMPTY,
        _ if secret => format!("hush-{to}").parse().unwrap(),
        _ => format!("value {to}").parse().unwrap(),
    })
}

fn defaults(to: Option<u8>) -> TemplateEdit {
    let defaults = to.map(|to| ("Missing".parse().unwrap(), format!("default {to}").parse().unwrap()));
    TemplateEdit { defaults: Some(defaults.into_iter().collect()), ..TemplateEdit::default() }
}

fn set<T>(choice: Choice<T>, place: &mut Option<T>) {
    match choice {
        Choice::Keep => {}
        Choice::Clear => *place = None,
        Choice::Set(value) => *place = Some(value),
    }
}
