//! The bodies of status reports.

use std::collections::BTreeMap;

use ipp_http::phone::wire::{
    Cap, Hidden, MEMBER_CAP, MEMBER_NAME_BYTES,
    json::BODY_LIMIT,
    status_body::{LOCATION_CAP, MAX_EXTRA, StatusBody},
};
use serde_json::{Map, Value};

use crate::{hex, is_phone_mac, is_printable, json_laws};

/// Reads a status report.
///
/// Laws: those of the JSON reader; every member keeps its cap and holds no control character; the
/// report written as correct JSON reads the same; the debug form hides the password.
pub fn status_body(data: &[u8]) {
    json_laws::hold(data);
    let body = match StatusBody::parse(data) {
        Ok(body) => body,
        Err(error) => return json_laws::refusal(&error),
    };
    assert!(is_phone_mac(body.mac));
    assert!(body.extra.len() <= MAX_EXTRA);
    let mut members: BTreeMap<&str, &str> =
        plain(&body).into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
    members.extend(body.extra.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    for (name, text) in &members {
        assert!(name.len() <= MEMBER_NAME_BYTES && is_printable(name), "{name:?}");
        capped(text, MEMBER_CAP);
    }
    if let Some(location) = &body.location {
        capped(location, LOCATION_CAP);
        members.insert("location", location);
    }
    let debug = format!("{:?}", body.ems_user_password);
    assert!(matches!(debug.as_str(), "None" | "Some(Hidden(…))"), "the password is shown");

    let mac = hex(body.mac);
    members.insert("mac", &mac);
    let members: Map<String, Value> =
        members.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
    let written = Value::Object(members).to_string();
    if written.len() <= BODY_LIMIT {
        let expected = StatusBody { extra_dropped: 0, ..body };
        assert_eq!(StatusBody::parse(written.as_bytes()), Ok(expected), "{written}");
    }
}

fn capped(text: &str, cap: Cap) {
    assert!(!cap.is_exceeded_by(text) && is_printable(text), "{text:?}");
}

fn plain(body: &StatusBody) -> [(&'static str, Option<&str>); 20] {
    [
        ("sessionId", body.session_id.as_deref()),
        ("emsUserName", body.ems_user_name.as_deref()),
        ("emsUserPassword", body.ems_user_password.as_ref().map(Hidden::expose)),
        ("ip", body.ip.as_deref()),
        ("subnet", body.subnet.as_deref()),
        ("region", body.region.as_deref()),
        ("vLanId", body.vlan_id.as_deref()),
        ("model", body.model.as_deref()),
        ("fwVersion", body.fw_version.as_deref()),
        ("userAgent", body.user_agent.as_deref()),
        ("userName", body.user_name.as_deref()),
        ("userId", body.user_id.as_deref()),
        ("status", body.status.as_deref()),
        ("phoneNumber", body.phone_number.as_deref()),
        ("sipProxy", body.sip_proxy.as_deref()),
        ("BToEpairingstatus", body.btoe_pairing_status.as_deref()),
        ("BToEversion", body.btoe_version.as_deref()),
        ("USBHeadsetType", body.usb_headset_type.as_deref()),
        ("HRSSpeakerModel", body.hrs_speaker_model.as_deref()),
        ("HRSSpeakerFW", body.hrs_speaker_fw.as_deref()),
    ]
}
