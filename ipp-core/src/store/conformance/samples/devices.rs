//! Users and devices, and what is kept of each.

use super::{
    at, device_id, firmware_id, model_id, placeholder, plain, print, put_firmware, put_model, put_region,
    put_template, region_id, run_id, sealed, secret, template_id, user_id,
};
use crate::{
    alarm::{AlarmDetails, AlarmKey, AlarmMessage, Severity},
    device::{Admission, BoundBy, BoundToken, Device, Owner, RegionOrigin, TokenRequest, Vlan, VlanMode},
    digest::{ContentHash, Fingerprint},
    generation::{GenerationId, Part},
    mac::Mac,
    render::DeviceInputs,
    status::{Registration, ReportDetails, StatusReport},
    store::{Change, DeviceChange, Pin, PinChange, StatusChange},
    text::Label,
    user::{User, UserOrigin},
};
use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

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
