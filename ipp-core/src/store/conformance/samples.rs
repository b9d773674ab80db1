//! Things to store. What is numbered with the same number has the same id; what is *full* has a
//! value in every field, written without `..`, so that a new field is a new sample.

mod files;
mod settings;

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use crate::{
    access::{Level, RegionalLevel, Regions, Role},
    alarm::{AlarmDetails, AlarmKey, AlarmMessage, Severity},
    catalog::SharedScope,
    device::{Admission, BoundBy, BoundToken, Device, Owner, RegionOrigin, TokenRequest, Vlan, VlanMode},
    digest::{ContentHash, Fingerprint},
    firmware::{Firmware, FirmwareImage},
    generation::{GenerationId, Part},
    id::{ApiTokenId, DeviceId, FirmwareId, NodeId, OperatorId, RegionId, RunId, TemplateId, UserId},
    mac::Mac,
    operator::{ApiToken, Operator, PasswordHash, Session, Subject},
    phone_model::{ModelId, PhoneModel},
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    region::{Identity, Region},
    render::DeviceInputs,
    status::{Registration, ReportDetails, StatusReport, silence::Uptime},
    store::{
        AccountChange, AuditEntry, CatalogChange, Change, Claim, DeviceChange, Pin, PinChange, RequestChange,
        Reseal, RunNote, SealedPlace, StatusChange,
    },
    template::{BUILTIN, Published, Template, TemplateDocument},
    text::Label,
    time::Timestamp,
    user::{User, UserOrigin},
    vault::{Sealed, SealedValue},
};

pub use files::{file_info, put_file, shared_file, stand_in};
pub use settings::full_settings;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident -> $id:ident;)*) => {$(
        $(#[$doc])*
        pub const fn $name(number: u8) -> $id {
            let mut bytes = [0; 16];
            bytes[15] = number;
            $id::from_bytes(bytes)
        }
    )*};
}

ids! {
    /// The id of a region.
    region_id -> RegionId;
    /// The id of a user.
    user_id -> UserId;
    /// The id of a device.
    device_id -> DeviceId;
    /// The id of a template.
    template_id -> TemplateId;
    /// The id of a firmware entry.
    firmware_id -> FirmwareId;
    /// The id of a run.
    run_id -> RunId;
    /// The id of a node.
    node_id -> NodeId;
    /// The id of an administrator's account.
    operator_id -> OperatorId;
    /// The id of an API token.
    api_token_id -> ApiTokenId;
    /// A fingerprint.
    print -> Fingerprint;
}

/// The id of a model.
pub fn model_id(number: u8) -> ModelId {
    format!("MODEL{number}").parse().unwrap()
}

/// A moment.
pub const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The name of a placeholder.
pub fn placeholder(name: &str) -> PlaceholderName {
    name.parse().unwrap()
}

/// A value of a placeholder that anybody may see.
pub fn plain(text: &str) -> ScopedValue {
    ScopedValue { value: StoredValue::Plain(text.parse().unwrap()), description: Label::EMPTY }
}

/// A value of a placeholder that is secret.
pub fn secret(number: u8) -> ScopedValue {
    ScopedValue { value: StoredValue::Secret(sealed(number)), description: "a secret".parse().unwrap() }
}

/// A sealed value; its bytes are no text in any encoding.
pub fn sealed(number: u8) -> SealedValue {
    SealedValue { sealed: Sealed::from_bytes(vec![0, 0xff, 0xfe, number]), print: print(number) }
}

/// The change that puts a region with defaults.
pub fn put_region(number: u8) -> Change {
    CatalogChange::PutRegion(Box::new(region(number))).into()
}

/// A region with defaults.
pub fn region(number: u8) -> Region {
    Region::new(region_id(number), format!("Region {number}").parse().unwrap())
}

/// A region with everything; it refers to firmware 1.
pub fn full_region(number: u8) -> Region {
    Region {
        id: region_id(number),
        name: "Zürich; 東京 %26".parse().unwrap(),
        description: "what people note — \"quoted\"".parse().unwrap(),
        aliases: vec!["Old Name".parse().unwrap(), "Älter".parse().unwrap()],
        identity: Identity::Open,
        networks: vec!["10.1.0.0/16".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        through_proxy: true,
        zero_touch: false,
        publish_on_save: true,
        firmware: BTreeMap::from([(model_id(7), firmware_id(1)), (model_id(8), firmware_id(1))]),
        lines: vec!["a/b=1".parse().unwrap(), "c= ü ".parse().unwrap()],
    }
}

/// The change that puts a model.
pub fn put_model(number: u8) -> Change {
    CatalogChange::PutModel(model(number)).into()
}

/// A model.
pub fn model(number: u8) -> PhoneModel {
    PhoneModel { id: model_id(number), title: format!("Model {number}").parse().unwrap() }
}

/// The change that puts a firmware entry without model or image.
pub fn put_firmware(number: u8) -> Change {
    CatalogChange::PutFirmware(Box::new(firmware(number))).into()
}

/// A firmware entry without model or image.
pub fn firmware(number: u8) -> Firmware {
    Firmware {
        id: firmware_id(number),
        name: format!("Firmware{number}.img").parse().unwrap(),
        model: None,
        description: Label::EMPTY,
        version: Label::EMPTY,
        image: None,
    }
}

/// A firmware entry with everything; it refers to model 1.
pub fn full_firmware(number: u8) -> Firmware {
    Firmware {
        id: firmware_id(number),
        name: "430HD_2.2.8 rc-1.img".parse().unwrap(),
        model: Some(model_id(1)),
        description: "für Zürich".parse().unwrap(),
        version: "2.2.8.61".parse().unwrap(),
        image: Some(FirmwareImage {
            hash: ContentHash::of(b"image"),
            length: 20_000_000_000,
            uploaded_at: at(1_700_000_000_123),
        }),
    }
}

/// The change that puts a template of model 1.
pub fn put_template(number: u8) -> Change {
    CatalogChange::PutTemplate(Box::new(template(number))).into()
}

/// A template of model 1 for all regions, no default.
pub fn template(number: u8) -> Template {
    let document = document(number);
    Template {
        id: template_id(number),
        name: format!("Template {number}").parse().unwrap(),
        description: Label::EMPTY,
        model: model_id(1),
        region: None,
        builtin: false,
        default: false,
        original: document.bytes().into(),
        document: Arc::new(document),
        defaults: BTreeMap::new(),
        published: None,
    }
}

/// A template with everything; it refers to model 1 and region 1.
pub fn full_template(number: u8) -> Template {
    Template {
        id: template_id(number),
        name: "Schablone ☎".parse().unwrap(),
        description: "noted".parse().unwrap(),
        model: model_id(1),
        region: Some(region_id(1)),
        builtin: true,
        default: true,
        document: Arc::new(document(1)),
        original: document(2).bytes().into(),
        defaults: BTreeMap::from([
            (placeholder("Empty"), "".parse().unwrap()),
            (placeholder("Full"), "(sn=%) ü".parse().unwrap()),
        ]),
        published: Some(Published { generation: generation(1).0, at: at(55) }),
    }
}

fn document(number: u8) -> TemplateDocument {
    TemplateDocument::parse(BUILTIN[usize::from(number) % BUILTIN.len()].xml.as_bytes()).unwrap()
}

/// The change that puts a user of region 1.
pub fn put_user(number: u8) -> Change {
    Change::PutUser(Box::new(user(number)))
}

/// A user of region 1.
pub fn user(number: u8) -> User {
    User {
        id: user_id(number),
        name: format!("User{number}").parse().unwrap(),
        display_name: Label::EMPTY,
        region: region_id(1),
        password: None,
        origin: UserOrigin::Administrator,
    }
}

/// A user with everything, of region 1.
pub fn full_user(number: u8) -> User {
    User {
        id: user_id(number),
        name: "Jörg@example.com".parse().unwrap(),
        display_name: "Jörg Ärmel".parse().unwrap(),
        region: region_id(1),
        password: Some(sealed(9)),
        origin: UserOrigin::SignIn,
    }
}

/// The change that puts a device.
pub fn put_device(device: Device) -> Change {
    Change::Device(DeviceChange::Put(Box::new(device)))
}

/// An enrolled device that refers to nothing.
pub fn device(number: u8) -> Device {
    Device::new(device_id(number), mac(number), Admission::Enrolled, at(i64::from(number)))
}

/// The MAC address of a device.
pub fn mac(number: u8) -> Mac {
    Mac::new([0, 0x90, 0x8f, 0, 0, number]).unwrap()
}

/// A token.
pub fn token(number: u8) -> BoundToken {
    BoundToken { print: print(number), sealed: sealed(number).sealed }
}

/// A device with everything; it refers to model 1, user 1, region 1, template 1 and firmware 1.
pub fn full_device(number: u8) -> Device {
    Device {
        id: device_id(number),
        mac: mac(number),
        display_name: "Empfang 東".parse().unwrap(),
        model: Some(model_id(1)),
        owner: Some(Owner { user: user_id(1), bound_by: BoundBy::SignIn }),
        region: Some(region_id(1)),
        region_origin: RegionOrigin::Administrator,
        admission: Admission::Disabled,
        token: Some(token(number)),
        request: Some(TokenRequest { token: token(number + 1), peer: ip("2001:db8::9"), at: at(44) }),
        former_token: Some(print(number + 2)),
        template: Some(template_id(1)),
        firmware: Some(firmware_id(1)),
        vlan: Vlan { mode: Some(VlanMode::CdpLldp), id: Some(4_095), priority: Some(7) },
        language: Some("Hebrew".parse().unwrap()),
        rest_password: Some(sealed(8)),
        overrides: BTreeMap::from([
            (placeholder("Empty"), plain("")),
            (placeholder("Text"), plain("50 % ü")),
            (placeholder("Word"), secret(7)),
        ]),
        lines: vec!["x/y=1".parse().unwrap()],
        own: print(6),
        created_at: at(1_700_000_000_000),
    }
}

/// What the full samples refer to: model 1, region 1, firmware 1, template 1, user 1.
pub fn referred_to() -> [Change; 5] {
    [put_model(1), put_region(1), put_firmware(1), put_template(1), put_user(1)]
}

/// An address.
pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The change that takes a report of a registered phone.
pub fn report(device: u8, received_at: i64) -> Change {
    Change::Status(StatusChange::Report(Box::new(registered(device, received_at))))
}

/// A report of a registered phone.
pub fn registered(device: u8, received_at: i64) -> StatusReport {
    StatusReport {
        device: device_id(device),
        received_at: at(received_at),
        registration: Registration::Registered,
        timeout: Duration::from_hours(2),
        peer: ip("10.0.0.1"),
        proxied: false,
        details: ReportDetails { firmware_version: "2.2.8".to_owned(), ..ReportDetails::default() },
    }
}

/// A report with everything.
pub fn full_report(device: u8, received_at: i64) -> StatusReport {
    let text = |name: &str| format!("{name} ü 東 \"'\\");
    StatusReport {
        device: device_id(device),
        received_at: at(received_at),
        registration: Registration::Unregistered,
        timeout: Duration::from_millis(7_200_001),
        peer: ip("2001:db8::1"),
        proxied: true,
        details: ReportDetails {
            ip: text("ip"),
            subnet: text("subnet"),
            vlan_id: text("vlan_id"),
            model: text("model"),
            firmware_version: text("firmware_version"),
            user_agent: text("user_agent"),
            user_name: text("user_name"),
            user_id: text("user_id"),
            phone_number: text("phone_number"),
            location: text("location"),
            sip_proxy: text("sip_proxy"),
            extra: BTreeMap::from([("a".to_owned(), text("a")), (String::new(), String::new())]),
        },
    }
}

/// A generation of some parts, one of which all generations share.
pub fn generation(number: u8) -> (GenerationId, Arc<[Part]>) {
    let part = |content: &[u8]| Part { hash: ContentHash::of(content), content: content.into() };
    let parts = [part(b"shared \0 \xff"), part(&[number; 3]), part(&[number, 0])];
    (GenerationId::from_bytes([number; 32]), parts.into())
}

/// The change that publishes a file for a device.
pub fn publish(pin: Pin) -> Change {
    Change::Pin(PinChange::Publish(Box::new(pin)))
}

/// A published file of a device that refers to nothing.
pub fn pin(device: u8, cohort: u8) -> Pin {
    Pin {
        device: device_id(device),
        generation: generation(1).0,
        template: template_id(1),
        region: None,
        model: model_id(1),
        cohort: print(cohort),
        own: Fingerprint::from_bytes([0; 16]),
        inputs: DeviceInputs::default(),
        secrets: sealed(1).sealed,
        digest: print(1),
        length: 10,
        published_at: at(1_000),
        run: None,
    }
}

/// A published file with everything.
pub fn full_pin(device: u8) -> Pin {
    Pin {
        device: device_id(device),
        generation: generation(2).0,
        template: template_id(3),
        region: Some(region_id(4)),
        model: model_id(5),
        cohort: print(6),
        own: print(7),
        inputs: DeviceInputs {
            values: BTreeMap::from([(placeholder("Name"), "ü \"'\\".to_owned())]),
            lines: vec!["a=b".parse().unwrap()],
        },
        secrets: sealed(8).sealed,
        digest: print(9),
        length: u32::MAX,
        published_at: at(-1),
        run: Some(run_id(10)),
    }
}

/// The change that seals secrets of the samples anew in their place.
pub fn reseal(place: SealedPlace) -> Change {
    Change::Reseal(Reseal { place, formerly: sealed(1).sealed, sealed: sealed(2).sealed })
}

/// What a batch says of its run.
pub fn note(run: u8, millis: i64) -> RunNote {
    let actor = ["Ärger \"'\\", "server"][usize::from(run + 1) % 2].to_owned();
    RunNote { id: run_id(run), actor, at: at(millis), failed: 1 }
}

/// The change that raises an alarm.
pub fn raise(device: u8, name: &str, qualifier: &str, received_at: i64) -> Change {
    let key = AlarmKey { device: device_id(device), name: name.to_owned(), qualifier: qualifier.to_owned() };
    Change::Alarm(AlarmMessage::Raise {
        key,
        severity: Severity::Major,
        received_at: at(received_at),
        details: AlarmDetails::default(),
    })
}

/// The change that clears an alarm, or all of its name.
pub fn clear(device: u8, name: &str, qualifier: Option<&str>) -> Change {
    Change::Alarm(AlarmMessage::Clear {
        device: device_id(device),
        name: name.to_owned(),
        qualifier: qualifier.map(str::to_owned),
        received_at: at(9_999),
    })
}

/// An administrator's account: the even ones are Super Administrators.
pub fn operator(number: u8) -> Operator {
    let regional = Role::Regional { level: RegionalLevel::Monitoring, regions: Regions::All };
    Operator {
        id: operator_id(number),
        name: format!("Admin{number}").parse().unwrap(),
        description: Label::EMPTY,
        role: if number.is_multiple_of(2) { Role::SuperAdministrator } else { regional },
        reveal_secrets: false,
        password: PasswordHash::from_text(format!("plain:{number}")),
        must_change_password: false,
        enabled: true,
        created_at: at(0),
    }
}

/// An account in which every field says something; it names the region with its number.
pub fn full_operator(number: u8) -> Operator {
    let regions = Regions::Only([region_id(number)].into());
    Operator {
        description: "Nachtdienst „Zürich“".parse().unwrap(),
        role: Role::Regional { level: RegionalLevel::Operator, regions },
        reveal_secrets: true,
        must_change_password: true,
        enabled: false,
        created_at: at(1_700_000_000_321),
        ..operator(number)
    }
}

/// The change that puts an account.
pub fn put_operator(operator: Operator) -> Change {
    Change::Account(AccountChange::PutOperator(Box::new(operator)))
}

/// A session of an account.
pub fn session(number: u8, of: u8) -> Session {
    let subject = Subject::Operator(operator_id(of));
    Session { print: print(number), subject, created_at: at(10), last_seen: at(10 + i64::from(number)) }
}

/// A token of an account, in which every field says something.
pub fn api_token(number: u8, of: u8) -> ApiToken {
    ApiToken {
        id: api_token_id(number),
        print: print(number),
        operator: operator_id(of),
        name: format!("Skript {number} „ü“").parse().unwrap(),
        level: Level::Operator,
        regions: Regions::Only([region_id(number), region_id(9)].into()),
        created_at: at(5),
        expires_at: at(1_700_000_000_321),
        last_used: None,
    }
}

/// The key of a request.
pub fn claim(number: u8) -> Claim {
    Claim { key: print(number), content: print(number.wrapping_add(100)), at: at(i64::from(number)) }
}

/// An entry of the audit log.
pub fn entry(subject: &str) -> AuditEntry {
    AuditEntry::new(at(7), "acladmin", "device.approve", subject)
        .in_region(Some(region_id(1)))
        .changing(None, Some(r#"{"region":"„Zürich“"}"#.to_owned()))
        .concerning(3)
}

/// One change of every kind.
pub fn every_change() -> Vec<Change> {
    let (id, parts) = generation(1);
    vec![
        CatalogChange::Settings(Box::new(full_settings())).into(),
        put_region(1),
        CatalogChange::DeleteRegion(region_id(1)).into(),
        put_model(1),
        CatalogChange::DeleteModel(model_id(1)).into(),
        put_template(1),
        CatalogChange::DeleteTemplate(template_id(1)).into(),
        CatalogChange::PublishTemplate(template_id(1), Published { generation: id, at: at(1) }).into(),
        CatalogChange::Placeholder(SharedScope::System, placeholder("A"), Some(plain("1"))).into(),
        CatalogChange::Placeholder(SharedScope::System, placeholder("A"), None).into(),
        put_firmware(1),
        CatalogChange::DeleteFirmware(firmware_id(1)).into(),
        put_user(1),
        Change::DeleteUser(user_id(1)),
        put_device(device(1)),
        Change::Device(DeviceChange::Delete(device_id(1))),
        Change::Device(DeviceChange::EvictPending(1)),
        report(1, 1),
        Change::Status(StatusChange::Disconnect { device: device_id(1), last_seen: at(1), at: at(2) }),
        Change::Status(StatusChange::Forget(device_id(1))),
        raise(1, "A", "Q", 1),
        clear(1, "A", None),
        Change::PutGeneration(id, parts),
        publish(pin(1, 1)),
        Change::Pin(PinChange::Revert { device: device_id(1), number: 1 }),
        stand_in(1, 1),
        Change::Pin(PinChange::Resume(device_id(1))),
        Change::Pin(PinChange::Withdraw(device_id(1))),
        put_file("a.cfg", 1),
        CatalogChange::DeleteFile("a.cfg".parse().unwrap()).into(),
        Change::Account(AccountChange::PutOperator(Box::new(operator(1)))),
        Change::Account(AccountChange::PutSession(session(1, 1))),
        Change::Account(AccountChange::TouchSession(print(1), at(2))),
        Change::Account(AccountChange::EndSession(print(1))),
        Change::Account(AccountChange::EndSessions(Subject::Operator(operator_id(1)), None)),
        Change::Account(AccountChange::PruneSessions(at(1), at(1))),
        Change::Account(AccountChange::PutToken(Box::new(api_token(1, 1)))),
        Change::Account(AccountChange::UseToken(api_token_id(1), at(1))),
        Change::Account(AccountChange::DeleteToken(api_token_id(1))),
        Change::Account(AccountChange::DeleteOperator(operator_id(1))),
        Change::Request(RequestChange::Claim(claim(1))),
        Change::Heartbeat(node_id(1), Uptime { from: at(1), until: at(2) }),
        reseal(SealedPlace::Pin(device_id(1), 1)),
        reseal(SealedPlace::Answer(print(1))),
        Change::Run(note(1, 1)),
    ]
}
