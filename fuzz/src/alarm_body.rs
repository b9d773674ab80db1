//! The bodies of alarm reports.

use ipp_http::phone::wire::{
    Hidden, MEMBER_CAP,
    alarm_body::{AlarmBody, Alert, MAX_ALERTS},
    json::BODY_LIMIT,
    parse_mac,
};
use serde_json::{Map, Value};

use crate::{hex, is_phone_mac, is_printable, json_laws};

/// Reads an alarm report.
///
/// Laws: those of the JSON reader; the number of alerts and every member keep their caps; severities
/// are those of the vendor; the report written as correct JSON reads the same; the debug form hides
/// the password.
pub fn alarm_body(data: &[u8]) {
    json_laws::hold(data);
    let body = match AlarmBody::parse(data) {
        Ok(body) => body,
        Err(error) => return json_laws::refusal(&error),
    };
    assert!(body.alerts.len() <= MAX_ALERTS);
    assert!(body.mac.is_none_or(is_phone_mac));
    let password = body.ems_user_password.as_ref().map(Hidden::expose);
    for text in [body.session_id.as_deref(), body.ems_user_name.as_deref(), password].into_iter().flatten() {
        capped(text);
    }
    body.alerts.iter().for_each(alert_laws);
    let debug = format!("{:?}", body.ems_user_password);
    assert!(matches!(debug.as_str(), "None" | "Some(Hidden(…))"), "the password is shown");

    let mut members = Map::new();
    put(&mut members, "sessionId", body.session_id.as_deref());
    put(&mut members, "emsUserName", body.ems_user_name.as_deref());
    put(&mut members, "emsUserPassword", password);
    put(&mut members, "mac", body.mac.map(hex).as_deref());
    members.insert("alerts".to_owned(), body.alerts.iter().map(written).collect());
    let written = Value::Object(members).to_string();
    if written.len() <= BODY_LIMIT {
        assert_eq!(AlarmBody::parse(written.as_bytes()), Ok(body), "{written}");
    }
}

fn alert_laws(alert: &Alert) {
    assert!(!alert.name.trim().is_empty() && alert.severity <= 5, "{alert:?}");
    let optional = [&alert.unique_id, &alert.date, &alert.additional_info1, &alert.additional_info2];
    for text in optional.into_iter().flatten().chain([&alert.name, &alert.description, &alert.source]) {
        capped(text);
    }
    if let Some(mac) = alert.source_mac {
        let named = alert.source.rsplit_once('/').and_then(|(_, mac)| parse_mac(mac.trim_ascii()));
        assert!(is_phone_mac(mac) && named == Some(mac), "{:?}", alert.source);
    }
}

fn written(alert: &Alert) -> Value {
    let mut members = Map::new();
    put(&mut members, "uniqueId", alert.unique_id.as_deref());
    put(&mut members, "name", Some(&alert.name));
    put(&mut members, "description", Some(&alert.description));
    put(&mut members, "date", alert.date.as_deref());
    members.insert("severity".to_owned(), alert.severity.into());
    put(&mut members, "source", Some(&alert.source));
    members.insert("type".to_owned(), alert.alarm_type.into());
    members.insert("probableCause".to_owned(), alert.probable_cause.into());
    put(&mut members, "additionalInfo1", alert.additional_info1.as_deref());
    put(&mut members, "additionalInfo2", alert.additional_info2.as_deref());
    Value::Object(members)
}

fn put(members: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        members.insert(name.to_owned(), text.into());
    }
}

fn capped(text: &str) {
    assert!(!MEMBER_CAP.is_exceeded_by(text) && is_printable(text), "{text:?}");
}
