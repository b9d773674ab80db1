//! The status report ("keep-alive"): every member that phones are known to send, and what is not known.

use std::collections::BTreeMap;

use super::{
    BodyError, Cap, Hidden, MEMBER_CAP,
    json::{self, BODY_LIMIT, Value},
    members, parse_mac, text,
};

/// Longest `location`.
pub const LOCATION_CAP: Cap = Cap::Characters(2_048);

/// How many unknown members are kept.
pub const MAX_EXTRA: usize = 64;

/// A status report as the phone sent it. Member names are matched without regard to ASCII case and the last
/// of several counts. A member that is absent or null is `None`; an empty text stays an empty text.
///
/// The default is an empty report of the all-zero MAC, which is never the result of parsing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusBody {
    /// `sessionId`: random per request.
    pub session_id: Option<String>,
    /// `emsUserName`: `system` before sign-in, then the user.
    pub ems_user_name: Option<String>,
    /// `emsUserPassword`: a digest of 32 hexadecimal digits, or whatever an odd phone sends.
    pub ems_user_password: Option<Hidden>,
    /// `mac`, the only member that must be there.
    pub mac: [u8; 6],
    /// `ip`: the phone's own idea of its address, not checked.
    pub ip: Option<String>,
    /// `subnet`: the network mask.
    pub subnet: Option<String>,
    /// `region`: from DHCP or the configuration.
    pub region: Option<String>,
    /// `vLanId` or `vlanId`.
    pub vlan_id: Option<String>,
    /// `model`: `420HD`, without a vendor prefix.
    pub model: Option<String>,
    /// `fwVersion`: begins with `UC_` on Lync builds.
    pub fw_version: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
    /// `userName`: the display name.
    pub user_name: Option<String>,
    /// `userId`: an extension, or a SIP URI on Lync.
    pub user_id: Option<String>,
    /// `status`; see [`StatusBody::reported_status`].
    pub status: Option<String>,
    /// `phoneNumber`.
    pub phone_number: Option<String>,
    /// `location`: free text of Lync phones, up to [`LOCATION_CAP`].
    pub location: Option<String>,
    /// `sipProxy`.
    pub sip_proxy: Option<String>,
    /// `BToEpairingstatus`.
    pub btoe_pairing_status: Option<String>,
    /// `BToEversion`.
    pub btoe_version: Option<String>,
    /// `USBHeadsetType`.
    pub usb_headset_type: Option<String>,
    /// `HRSSpeakerModel`.
    pub hrs_speaker_model: Option<String>,
    /// `HRSSpeakerFW`.
    pub hrs_speaker_fw: Option<String>,
    /// The first [`MAX_EXTRA`] unknown members with a scalar value, under the names as sent; none whose
    /// name says that it is a secret.
    pub extra: BTreeMap<String, String>,
    /// How many unknown members were left out: objects, arrays, secrets, and those past [`MAX_EXTRA`].
    pub extra_dropped: usize,
}

/// What `status` says, read without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedStatus {
    /// The phone has booted.
    Started,
    /// Its line is registered, or its user signed in.
    Registered,
    /// Its line is not registered, or its user signed out.
    Unregistered,
    /// It is connected but out of service.
    Offline,
    /// Anything else, shown as sent.
    Other(String),
}

impl StatusBody {
    /// Reads the body of a report of at most [`BODY_LIMIT`] bytes.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        Self::from_value(json::parse(body, BODY_LIMIT)?)
    }

    /// Takes a report out of JSON that was already read.
    pub fn from_value(value: Value) -> Result<Self, BodyError> {
        let mut body = Self::default();
        let mut mac = None;
        for (name, value) in members("body", value)? {
            let lower = name.to_ascii_lowercase();
            match lower.as_str() {
                "mac" => mac = text(&name, value, MEMBER_CAP)?,
                "emsuserpassword" => {
                    body.ems_user_password = text(&name, value, MEMBER_CAP)?.map(Hidden::new);
                }
                "location" => body.location = text(&name, value, LOCATION_CAP)?,
                _ => match body.known(&lower) {
                    Some(known) => *known = text(&name, value, MEMBER_CAP)?,
                    None => body.keep(name, value)?,
                },
            }
        }
        let member = || "mac".to_owned();
        let mac = mac.ok_or_else(|| BodyError::Missing { member: member() })?;
        body.mac = parse_mac(mac.trim_ascii()).ok_or_else(|| BodyError::BadMac { member: member() })?;
        Ok(body)
    }

    /// The registration state this report tells of; `None` when it has no `status`.
    pub fn reported_status(&self) -> Option<ReportedStatus> {
        self.status.as_deref().map(ReportedStatus::from)
    }

    /// The plain members by their names in lower case.
    fn known(&mut self, lower: &str) -> Option<&mut Option<String>> {
        Some(match lower {
            "sessionid" => &mut self.session_id,
            "emsusername" => &mut self.ems_user_name,
            "ip" => &mut self.ip,
            "subnet" => &mut self.subnet,
            "region" => &mut self.region,
            "vlanid" => &mut self.vlan_id,
            "model" => &mut self.model,
            "fwversion" => &mut self.fw_version,
            "useragent" => &mut self.user_agent,
            "username" => &mut self.user_name,
            "userid" => &mut self.user_id,
            "status" => &mut self.status,
            "phonenumber" => &mut self.phone_number,
            "sipproxy" => &mut self.sip_proxy,
            "btoepairingstatus" => &mut self.btoe_pairing_status,
            "btoeversion" => &mut self.btoe_version,
            "usbheadsettype" => &mut self.usb_headset_type,
            "hrsspeakermodel" => &mut self.hrs_speaker_model,
            "hrsspeakerfw" => &mut self.hrs_speaker_fw,
            _ => return None,
        })
    }

    /// Keeps an unknown member. Its form never refuses the report: newer firmware adds members.
    fn keep(&mut self, name: String, value: Value) -> Result<(), BodyError> {
        match value {
            Value::Null => {}
            Value::Object(_) | Value::Array(_) => self.extra_dropped += 1,
            Value::Text(_) => match text(&name, value, MEMBER_CAP)? {
                Some(text) if self.extra.len() < MAX_EXTRA && !names_a_secret(&name) => {
                    drop(self.extra.insert(name, text));
                }
                Some(_) | None => self.extra_dropped += 1,
            },
        }
        Ok(())
    }
}

/// Whether a member that this server does not know holds a secret by its name. What phones report is shown
/// to everybody who sees them, so it is not kept.
fn names_a_secret(name: &str) -> bool {
    let folded = name.to_ascii_lowercase();
    ["password", "passwd", "pwd", "secret"].iter().any(|word| folded.contains(word))
}

impl From<&str> for ReportedStatus {
    fn from(status: &str) -> Self {
        let is = |word: &str| status.trim_ascii().eq_ignore_ascii_case(word);
        match status {
            _ if is("started") => Self::Started,
            _ if is("registered") => Self::Registered,
            _ if is("unregistered") => Self::Unregistered,
            _ if is("offline") => Self::Offline,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAC: [u8; 6] = [0x00, 0x90, 0x8f, 0x1a, 0x2b, 0x3c];

    fn own(text: &str) -> String {
        text.to_owned()
    }

    fn with(member: &str) -> Result<StatusBody, BodyError> {
        StatusBody::parse(format!("{{\"mac\":\"00908f1a2b3c\",{member}}}").as_bytes())
    }

    /// API-01, API-02: the report of a generic phone.
    #[test]
    fn generic_report() {
        let body = br#"{"sessionId":"0a1b2c3d","emsUserName":"1600",
 "emsUserPassword":"0123456789abcdef0123456789abcdef","mac":"00908F1A2B3C",
 "ip":"192.0.2.9","subnet":"255.255.255.0","vLanId":"350","model":"420HD","fwVersion":"2.2.16.142.46",
 "userAgent":"Genesys /2.2.16.142.46 (420HDG-Rev2-AC494; 00908F1A2B3C)","userName":"1600",
 "phoneNumber":"1600","status":"registered","sipProxy":"192.0.2.141"}"#;
        let expected = StatusBody {
            session_id: Some(own("0a1b2c3d")),
            ems_user_name: Some(own("1600")),
            ems_user_password: Some(Hidden::new("0123456789abcdef0123456789abcdef".to_owned())),
            mac: MAC,
            ip: Some(own("192.0.2.9")),
            subnet: Some(own("255.255.255.0")),
            vlan_id: Some(own("350")),
            model: Some(own("420HD")),
            fw_version: Some(own("2.2.16.142.46")),
            user_agent: Some(own("Genesys /2.2.16.142.46 (420HDG-Rev2-AC494; 00908F1A2B3C)")),
            user_name: Some(own("1600")),
            phone_number: Some(own("1600")),
            status: Some(own("registered")),
            sip_proxy: Some(own("192.0.2.141")),
            ..StatusBody::default()
        };
        assert_eq!(StatusBody::parse(body), Ok(expected));
    }

    /// API-01, DEV-18: the report of a Lync phone, with a trailing comma and line ends.
    #[test]
    fn lync_report() {
        let body = br#"{
"sessionId": "0a1b2c3d", "emsUserName": "system", "mac": "00:90:8f:1a:2b:3c", "ip": "192.0.2.7",
"region": "Region1", "model": "430HD", "fwVersion": "UC_2.0.13.121", "vlanId": 350,
"userAgent": "AUDC-IPPhone-430HD_UC_2.0.13.121/1.0.0000.0", "userName": "Ada Example",
"userId": "ada@example.com", "status": "Registered", "phoneNumber": "+15550100", "location": "Floor 2",
"BToEpairingstatus": "auto paired", "BToEversion": "3.0", "USBHeadsetType": "Headset 20",
"HRSSpeakerModel": "HRS 457", "HRSSpeakerFW": "1.2", "newMember": true, "nested": {"a": 1}, "none": null,
}"#;
        let expected = StatusBody {
            session_id: Some(own("0a1b2c3d")),
            ems_user_name: Some(own("system")),
            mac: MAC,
            ip: Some(own("192.0.2.7")),
            region: Some(own("Region1")),
            model: Some(own("430HD")),
            fw_version: Some(own("UC_2.0.13.121")),
            vlan_id: Some(own("350")),
            user_agent: Some(own("AUDC-IPPhone-430HD_UC_2.0.13.121/1.0.0000.0")),
            user_name: Some(own("Ada Example")),
            user_id: Some(own("ada@example.com")),
            status: Some(own("Registered")),
            phone_number: Some(own("+15550100")),
            location: Some(own("Floor 2")),
            btoe_pairing_status: Some(own("auto paired")),
            btoe_version: Some(own("3.0")),
            usb_headset_type: Some(own("Headset 20")),
            hrs_speaker_model: Some(own("HRS 457")),
            hrs_speaker_fw: Some(own("1.2")),
            extra: BTreeMap::from([("newMember".to_owned(), "true".to_owned())]),
            extra_dropped: 1,
            ..StatusBody::default()
        };
        let read = StatusBody::parse(body).unwrap();
        assert_eq!(read.reported_status(), Some(ReportedStatus::Registered));
        assert_eq!(read, expected);
    }

    #[test]
    fn names_have_no_case_and_the_last_counts() {
        let body =
            with(r#""VLANID":"1","vLanId":"2","vlanid":"3","STATUS":"","Mac":"00-90-8F-1A-2B-3C""#).unwrap();
        assert_eq!((body.vlan_id, body.status, body.extra.len()), (Some(own("3")), Some(own("")), 0));
    }

    #[test]
    fn status_words() {
        for (text, status) in [
            ("started", ReportedStatus::Started),
            ("REGISTERED", ReportedStatus::Registered),
            (" unregistered ", ReportedStatus::Unregistered),
            ("Offline", ReportedStatus::Offline),
            ("DnD", ReportedStatus::Other("DnD".to_owned())),
            ("", ReportedStatus::Other(String::new())),
        ] {
            assert_eq!(ReportedStatus::from(text), status, "{text:?}");
        }
    }

    /// API-16: the whole report is refused, and the error names the member.
    #[test]
    fn refused_reports() {
        for (body, message) in [
            ("[]", "body is not an object"),
            ("{}", "member mac is missing"),
            (r#"{"mac":null}"#, "member mac is missing"),
            (r#"{"mac":""}"#, "member mac is not the MAC address of a phone"),
            (r#"{"mac":"ffffffffffff"}"#, "member mac is not the MAC address of a phone"),
            (r#"{"mac":["00908f1a2b3c"]}"#, "member mac is not a single value"),
            (r#"{"mac":"00908f1a2b3c","ip":{}}"#, "member ip is not a single value"),
            (r#"{"mac":"00908f1a2b3c","model":"4\r\n"}"#, "member model contains a control character"),
            ("{\"mac\":\"00908f1a2b3c\",\"odd\":\"a\tb\"}", "member odd contains a control character"),
            (
                r#"{"mac":"00908f1a2b3c","o\nd":1}"#,
                "the name of member number 2 is too long or contains a control character",
            ),
            ("{", "the body cannot be read as JSON"),
        ] {
            assert_eq!(StatusBody::parse(body.as_bytes()).unwrap_err().to_string(), message, "{body}");
        }
    }

    /// 256 bytes per member, 2,048 characters for `location`.
    #[test]
    fn caps() {
        for (member, fits, cap) in [
            ("ip", "é".repeat(128), "256 bytes"),
            ("userAgent", "x".repeat(256), "256 bytes"),
            ("emsUserPassword", "x".repeat(256), "256 bytes"),
            ("unknown", "x".repeat(256), "256 bytes"),
            ("location", "é".repeat(2_048), "2048 characters"),
        ] {
            assert!(with(&format!("\"{member}\":\"{fits}\"")).is_ok(), "{member}");
            let error = with(&format!("\"{member}\":\"{fits}y\"")).unwrap_err();
            assert_eq!(error.to_string(), format!("member {member} is longer than {cap}"));
        }
        let many: Vec<_> = (0..100).map(|n| format!("\"x{n:02}\":{n}")).collect();
        let body = with(&many.join(",")).unwrap();
        assert_eq!((body.extra.len(), body.extra_dropped), (MAX_EXTRA, 36));
        assert_eq!(body.extra.last_key_value(), Some((&"x63".to_owned(), &"63".to_owned())));
    }

    #[test]
    fn password_is_not_in_debug_output() {
        let body = with(r#""EMSUserPassword":"5ecre7""#).unwrap();
        assert_eq!(body.ems_user_password.as_ref().map(Hidden::expose), Some("5ecre7"));
        assert!(!format!("{body:?}").contains("5ecre7"));
    }

    /// T22: newer firmware may report what nobody is to see.
    #[test]
    fn t22_unknown_members_that_name_a_secret_are_left_out() {
        let body = with(r#""sipPassword":"5ecre7","PWD":"5ecre7","a_Secret":1,"pass":"x""#).unwrap();
        let kept = BTreeMap::from([("pass".to_owned(), "x".to_owned())]);
        assert_eq!((body.extra, body.extra_dropped), (kept, 3));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(body: Vec<u8>) {
            let _ = StatusBody::parse(&body);
        }

        /// Law: a value within its cap arrives unchanged, and anything else is refused by name.
        #[test]
        fn values_are_exact(value in "\\PC{0,300}") {
            let json = serde_json::json!({ "mac": "00908f1a2b3c", "userName": value });
            let expected = if value.len() > 256 {
                Err(BodyError::TooLong { member: "userName".to_owned(), cap: MEMBER_CAP })
            } else {
                Ok(Some(value))
            };
            prop_assert_eq!(StatusBody::parse(json.to_string().as_bytes()).map(|b| b.user_name), expected);
        }
    }
}
