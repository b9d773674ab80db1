//! The alarm report: an array of alerts with the members of the vendor's traps.

use super::{
    BodyError, Hidden, MEMBER_CAP,
    json::{self, BODY_LIMIT, Value},
    members, parse_mac, text,
};

/// Most alerts in one report.
pub const MAX_ALERTS: usize = 32;

/// An alarm report as the phone sent it. Member names are matched without regard to ASCII case, the last of
/// several counts and unknown members are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlarmBody {
    /// `sessionId`: random per request.
    pub session_id: Option<String>,
    /// `emsUserName`.
    pub ems_user_name: Option<String>,
    /// `emsUserPassword`: a digest.
    pub ems_user_password: Option<Hidden>,
    /// `mac` beside the alerts; phones usually name themselves only in [`Alert::source`].
    pub mac: Option<[u8; 6]>,
    /// `alerts`, in the order of the body.
    pub alerts: Vec<Alert>,
}

/// One alarm raised, changed or cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// `uniqueId`: a running number of the phone.
    pub unique_id: Option<String>,
    /// `name`, never empty.
    pub name: String,
    /// `description`; empty when absent.
    pub description: String,
    /// `date`: local time of the phone without a zone, for display only.
    pub date: Option<String>,
    /// `severity`: 0 cleared, 1 indeterminate, 2 warning, 3 minor, 4 major, 5 critical.
    pub severity: u8,
    /// `source`; empty when absent.
    pub source: String,
    /// The MAC of a `source` of the form `IPPhone/<mac>`.
    pub source_mac: Option<[u8; 6]>,
    /// `type`: X.733 event type; `None` when it is not a whole number.
    pub alarm_type: Option<i64>,
    /// `probableCause`; `None` when it is not a whole number.
    pub probable_cause: Option<i64>,
    /// `additionalInfo1`.
    pub additional_info1: Option<String>,
    /// `additionalInfo2`.
    pub additional_info2: Option<String>,
}

impl AlarmBody {
    /// Reads the body of a report of at most [`BODY_LIMIT`] bytes.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Self::from_value(json::parse(body, BODY_LIMIT)?)
    }

    /// Takes a report out of JSON that was already read. An empty `mac` counts as absent.
    pub fn from_value(value: Value) -> Result<Self, BodyError> {
        let mut body = Self::default();
        let mut alerts = Value::Null;
        for (name, value) in members("body", value)? {
            match name.to_ascii_lowercase().as_str() {
                "sessionid" => body.session_id = text(&name, value, MEMBER_CAP)?,
                "emsusername" => body.ems_user_name = text(&name, value, MEMBER_CAP)?,
                "emsuserpassword" => {
                    body.ems_user_password = text(&name, value, MEMBER_CAP)?.map(Hidden::new);
                }
                "mac" => body.mac = mac(&name, value)?,
                "alerts" => alerts = value,
                _ => {}
            }
        }
        let alerts = match alerts {
            Value::Null => return Err(BodyError::Missing { member: "alerts".to_owned() }),
            Value::Array(alerts) => alerts,
            // A lone alert without its array; any other value is refused as not an object.
            alert @ (Value::Object(_) | Value::Text(_)) => vec![alert],
        };
        if alerts.len() > MAX_ALERTS {
            return Err(BodyError::TooManyAlerts { cap: MAX_ALERTS });
        }
        body.alerts = alerts
            .into_iter()
            .enumerate()
            .map(|(index, value)| alert(index, value))
            .collect::<Result<_, _>>()?;
        Ok(body)
    }
}

fn mac(name: &str, value: Value) -> Result<Option<[u8; 6]>, BodyError> {
    match text(name, value, MEMBER_CAP)?.as_deref().map(str::trim_ascii) {
        None | Some("") => Ok(None),
        Some(text) => parse_mac(text).map(Some).ok_or_else(|| BodyError::BadMac { member: name.to_owned() }),
    }
}

fn alert(index: usize, value: Value) -> Result<Alert, BodyError> {
    let subject = format!("alerts[{index}]");
    let (mut name, mut description, mut source, mut severity) = (None, None, None, None);
    let (mut unique_id, mut date, mut alarm_type, mut probable_cause) = (None, None, None, None);
    let (mut additional_info1, mut additional_info2) = (None, None);
    for (member, value) in members(&subject, value)? {
        let slot = match member.to_ascii_lowercase().as_str() {
            "uniqueid" => &mut unique_id,
            "name" => &mut name,
            "description" => &mut description,
            "date" => &mut date,
            "severity" => &mut severity,
            "source" => &mut source,
            "type" => &mut alarm_type,
            "probablecause" => &mut probable_cause,
            "additionalinfo1" => &mut additional_info1,
            "additionalinfo2" => &mut additional_info2,
            _ => continue,
        };
        *slot = text(&format!("{subject}.{member}"), value, MEMBER_CAP)?;
    }
    let source = source.unwrap_or_default();
    Ok(Alert {
        unique_id,
        name: name
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| BodyError::Missing { member: format!("{subject}.name") })?,
        description: description.unwrap_or_default(),
        date,
        severity: severity.as_deref().and_then(severity_number).ok_or(BodyError::BadSeverity { index })?,
        source_mac: source_mac(&source),
        source,
        alarm_type: number(alarm_type.as_deref()),
        probable_cause: number(probable_cause.as_deref()),
        additional_info1,
        additional_info2,
    })
}

/// One digit from 0 to 5, so that `05`, `+5` and `5.0` stay errors.
fn severity_number(text: &str) -> Option<u8> {
    match text.trim_ascii().as_bytes() {
        [digit @ b'0'..=b'5'] => Some(digit - b'0'),
        _ => None,
    }
}

/// Only shown as a detail, so an odd value does not cost the alarm.
fn number(text: Option<&str>) -> Option<i64> {
    text?.trim_ascii().parse().ok()
}

fn source_mac(source: &str) -> Option<[u8; 6]> {
    let (kind, mac) = source.trim_ascii().split_once('/')?;
    if kind.eq_ignore_ascii_case("IPPhone") { parse_mac(mac) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAC: [u8; 6] = [0x00, 0x90, 0x8f, 0x1a, 0x2b, 0x3c];

    fn one(alert: &str) -> Result<Alert, BodyError> {
        AlarmBody::parse(format!("{{\"alerts\":[{alert}]}}").as_bytes()).map(|mut body| body.alerts.remove(0))
    }

    fn minimal() -> Alert {
        Alert {
            unique_id: None,
            name: "X".to_owned(),
            description: String::new(),
            date: None,
            severity: 0,
            source: String::new(),
            source_mac: None,
            alarm_type: None,
            probable_cause: None,
            additional_info1: None,
            additional_info2: None,
        }
    }

    /// API-03, ALM-01, ALM-22..24: the vendor's sample, numbers and numeric strings mixed.
    #[test]
    fn registration_failure() {
        let body = br#"{"sessionId":"0a1b2c3d","emsUserName":"system","emsUserPassword":"5ecre7","mac":"",
 "alerts":[{"uniqueId":2,"name":"IPPHONE REGISTRATION FAILURE","description":"Registration failed",
   "date":"2017-07-30T12:24:18","severity":"5","source":"IPPhone/00908f1a2b3c",
   "type":2,"probableCause":"5","additionalInfo1":"line 1","additionalInfo2":"",}]}"#;
        let read = AlarmBody::parse(body).unwrap();
        assert!(!format!("{read:?}").contains("5ecre7"));
        assert_eq!(
            read,
            AlarmBody {
                session_id: Some("0a1b2c3d".to_owned()),
                ems_user_name: Some("system".to_owned()),
                ems_user_password: Some(Hidden::new("5ecre7".to_owned())),
                mac: None,
                alerts: vec![Alert {
                    unique_id: Some("2".to_owned()),
                    name: "IPPHONE REGISTRATION FAILURE".to_owned(),
                    description: "Registration failed".to_owned(),
                    date: Some("2017-07-30T12:24:18".to_owned()),
                    severity: 5,
                    source: "IPPhone/00908f1a2b3c".to_owned(),
                    source_mac: Some(MAC),
                    alarm_type: Some(2),
                    probable_cause: Some(5),
                    additional_info1: Some("line 1".to_owned()),
                    additional_info2: Some(String::new()),
                }],
            }
        );
    }

    /// ALM-33: nothing but name and severity is needed; a lone object stands for an array of one.
    #[test]
    fn lone_and_minimal_alerts() {
        let lone = AlarmBody::parse(br#"{"MAC":"00-90-8F-1A-2B-3C","Alerts":{"NAME":"X","severity":0}}"#);
        assert_eq!(lone, Ok(AlarmBody { mac: Some(MAC), alerts: vec![minimal()], ..AlarmBody::default() }));
        assert_eq!(AlarmBody::parse(br#"{"alerts":[]}"#), Ok(AlarmBody::default()));
        let odd = one(
            r#"{"name":"X","severity":"0","type":"communicationsAlarm(1)","probableCause":1.5,"more":[]}"#,
        );
        assert_eq!(odd, Ok(minimal()));
    }

    #[test]
    fn severity() {
        for (text, expected) in [("0", 0), ("5", 5), ("\"1\"", 1), ("\" 4 \"", 4)] {
            assert_eq!(
                one(&format!("{{name:X,severity:{text}}}")).map(|a| a.severity),
                Ok(expected),
                "{text}"
            );
        }
        for text in ["6", "-1", "05", "+5", "5.0", "\"\"", "null", "true", "\"critical\"", "\"٥\""] {
            let error = one(&format!("{{name:X,severity:{text}}}"));
            assert_eq!(error, Err(BodyError::BadSeverity { index: 0 }), "{text}");
        }
    }

    #[test]
    fn source() {
        for (source, mac) in [
            ("IPPhone/00908f1a2b3c", Some(MAC)),
            ("ipphone/00:90:8F:1A:2B:3C", Some(MAC)),
            ("IPPhone/ffffffffffff", None),
            ("00908f1a2b3c", None),
            ("Other/00908f1a2b3c", None),
            ("IPPhone/00908f1a2b3c/1", None),
        ] {
            let alert = one(&format!("{{name:X,severity:5,source:\"{source}\"}}")).unwrap();
            assert_eq!((alert.source.as_str(), alert.source_mac), (source, mac));
        }
    }

    /// API-16: the whole report is refused, and the error names the place.
    #[test]
    fn refused_reports() {
        let long = format!(r#"{{"alerts":[{{name:X,severity:1,description:"{}"}}]}}"#, "x".repeat(257));
        let many = format!(r#"{{"alerts":[{}]}}"#, "{name:X,severity:1},".repeat(MAX_ALERTS + 1));
        for (body, message) in [
            ("[]", "body is not an object"),
            ("{}", "member alerts is missing"),
            (r#"{"alerts":"x"}"#, "alerts[0] is not an object"),
            (r#"{"mac":"1","alerts":[]}"#, "member mac is not the MAC address of a phone"),
            ("{alerts:[{name:X,severity:1},7]}", "alerts[1] is not an object"),
            ("{alerts:[{name:X,severity:1},{name:X}]}", "alerts[1].severity is not a number from 0 to 5"),
            ("{alerts:[{severity:1}]}", "member alerts[0].name is missing"),
            (r#"{alerts:[{name:" ",severity:1}]}"#, "member alerts[0].name is missing"),
            (r#"{alerts:[{name:"a\nb",severity:1}]}"#, "member alerts[0].name contains a control character"),
            ("{alerts:[{Date:[],name:X,severity:1}]}", "member alerts[0].Date is not a single value"),
            (&long, "member alerts[0].description is longer than 256 bytes"),
            (&many, "more than 32 alerts in one report"),
        ] {
            assert_eq!(AlarmBody::parse(body.as_bytes()).unwrap_err().to_string(), message, "{body}");
        }
        let most = format!(r#"{{"alerts":[{}]}}"#, "{name:X,severity:1},".repeat(MAX_ALERTS));
        assert_eq!(AlarmBody::parse(most.as_bytes()).map(|body| body.alerts.len()), Ok(MAX_ALERTS));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body: Vec<u8>) {
            let _ = AlarmBody::parse(&body);
        }

        #[test]
        fn any_alert_never_panics(severity in "\\PC{0,4}", source in "\\PC{0,30}", kind: f64) {
            let json = serde_json::json!({
                "alerts": [{ "name": "X", "severity": severity, "source": source, "type": kind }]
            });
            let _ = AlarmBody::parse(json.to_string().as_bytes());
        }
    }
}
