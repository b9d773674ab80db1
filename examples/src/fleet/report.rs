//! The status report a phone sends, and what it reads from the answer.

use std::fmt;

use serde::Serialize;

use super::command::Command;
use super::config_file::{Settings, key};
use super::habits::{Habits, PasswordForm, Quirk};
use super::identity::{Identity, Kind, User};
use super::json::Object;

/// Path of status reports below the server's base address (INF-01).
pub const STATUS_PATH: &str = "rest/v1/ipphoneMgrStatus/keep-alive";

/// Registration as the phone reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Up, nobody signed in.
    Started,
    /// Signed in and registered.
    Registered,
    /// Signed out.
    Unregistered,
    /// Signed in, without its SIP server.
    Offline,
}

impl Status {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Registered => "registered",
            Self::Unregistered => "unregistered",
            Self::Offline => "offline",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Answer to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportAnswer {
    /// HTTP status.
    pub status: u16,
    /// Commands, oldest first.
    pub commands: Vec<Command>,
}

/// What a report is written from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) identity: &'a Identity,
    pub(super) habits: &'a Habits,
    pub(super) settings: &'a Settings,
    pub(super) user: Option<&'a User>,
    pub(super) region: Option<&'a str>,
    pub(super) ip: &'a str,
    pub(super) session: &'a str,
    pub(super) digest: &'a str,
}

impl Facts<'_> {
    /// An object that starts with the members every message has.
    pub(super) fn message(&self) -> Object {
        let mut object = Object::new(self.habits.has(Quirk::TrailingComma));
        let configured = self.setting(key::EMS_USER);
        // Before sign-in the phone speaks as the account its file names, afterwards as its user.
        let name = match self.user {
            Some(user) if configured.is_empty() || configured == "system" => user.login(self.identity.kind()),
            Some(_) | None => configured,
        };
        let password = match self.habits.password_form() {
            PasswordForm::Digest => self.digest,
            PasswordForm::Clear => self.setting(key::EMS_PASSWORD),
        };
        object.text("sessionId", self.session);
        object.text("emsUserName", name);
        object.text("emsUserPassword", password);
        object
    }

    /// The body of a status report; every value is text.
    pub(super) fn status_body(&self, status: Status) -> String {
        let mut object = self.message();
        let kind = self.identity.kind();
        let user = self.user.filter(|_| status != Status::Started);
        let (name, number) = user.map_or(("", ""), |user| (user.name.as_str(), user.extension.as_str()));
        object.text("mac", &self.identity.mac());
        object.text("ip", self.ip);
        object.text("subnet", "255.255.255.0");
        match kind {
            Kind::Generic => object.text("vLanId", self.vlan()),
            Kind::Lync => {
                if let Some(region) = self.region {
                    object.text("region", region);
                }
                object.text("vlanId", self.vlan());
            }
        }
        object.text("model", self.identity.model().as_str());
        object.text("fwVersion", &self.identity.reported_version());
        object.text("userAgent", &self.identity.user_agent());
        object.text("userName", if kind == Kind::Generic && name.is_empty() { number } else { name });
        object.text("userId", user.map_or("", |user| user.login(kind)));
        object.text("phoneNumber", number);
        object.text("status", status.as_str());
        if kind == Kind::Lync {
            object.text("location", if user.is_some() { "Floor 2" } else { "" });
        }
        object.text("sipProxy", self.setting(key::SIP_PROXY));
        object.finish()
    }

    fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    fn vlan(&self) -> &str {
        match self.setting(key::VLAN_ID) {
            "" => "0",
            id => id,
        }
    }
}

/// The user a configuration names, if it names one.
pub(super) fn configured_user(settings: &Settings) -> Option<User> {
    let text = |name: &str| settings.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let id = text(key::LINE_ID)?;
    let name = text(key::LINE_DISPLAY).or_else(|| text(key::KEY_LABEL)).unwrap_or(id);
    let sip_uri = if id.contains('@') { id.to_owned() } else { format!("{id}@example.com") };
    Some(User { extension: id.to_owned(), name: name.to_owned(), sip_uri })
}

#[cfg(test)]
mod tests {
    use super::super::identity::Model;
    use super::*;

    fn body(kind: Kind, user: Option<&User>, habits: &Habits, status: Status) -> String {
        let settings = Settings::from([
            (key::EMS_USER.to_owned(), "system".to_owned()),
            (key::EMS_PASSWORD.to_owned(), "{\"VvlZOp5/5pM=\"}".to_owned()),
            (key::SIP_PROXY.to_owned(), "10.0.0.2".to_owned()),
        ]);
        let identity = Identity::new(0x1a_2b3c, Model::P430Hd, kind);
        let facts = Facts {
            identity: &identity,
            habits,
            settings: &settings,
            user,
            region: Some("Region1"),
            ip: "127.10.0.1",
            session: "a033bb54",
            digest: "3f6d0199102b53ca0a37a527f0efc221",
        };
        facts.status_body(status)
    }

    /// INF-01, ZT-11: before sign-in the user members are there and empty.
    #[test]
    fn inf_01_started_report_of_a_lync_phone() {
        let expected = r#"{
"sessionId": "a033bb54",
"emsUserName": "system",
"emsUserPassword": "3f6d0199102b53ca0a37a527f0efc221",
"mac": "00908f1a2b3c",
"ip": "127.10.0.1",
"subnet": "255.255.255.0",
"region": "Region1",
"vlanId": "0",
"model": "430HD",
"fwVersion": "UC_2.0.13.121",
"userAgent": "AUDC-IPPhone-430HD_UC_2.0.13.121/1.0.0000.0",
"userName": "",
"userId": "",
"phoneNumber": "",
"status": "started",
"location": "",
"sipProxy": "10.0.0.2"
}"#;
        assert_eq!(body(Kind::Lync, None, &Habits::plain(), Status::Started), expected);
    }

    /// INF-01, DEV-18: a generic phone has neither location nor region.
    #[test]
    fn inf_01_registered_report_of_a_generic_phone() {
        let user = User::numbered(1001);
        let habits = Habits::plain().with(Quirk::TrailingComma).password(PasswordForm::Clear);
        let text = body(Kind::Generic, Some(&user), &habits, Status::Registered);
        assert!(text.ends_with("\"sipProxy\": \"10.0.0.2\",\n}"), "{text}");
        assert!(!text.contains("location") && !text.contains("region\"") && !text.contains('\r'));
        let strict = text.replace(",\n}", "\n}");
        let value: serde_json::Value = serde_json::from_str(&strict).unwrap();
        assert!(value.as_object().unwrap().values().all(serde_json::Value::is_string));
        assert_eq!(value["emsUserName"], "1001");
        assert_eq!(value["emsUserPassword"], "{\"VvlZOp5/5pM=\"}");
        assert_eq!(value["userName"], "User 1001");
        assert_eq!(value["phoneNumber"], "1001");
        assert_eq!(value["status"], "registered");
    }

    #[test]
    fn the_file_names_the_user() {
        let mut settings = Settings::from([(key::LINE_ID.to_owned(), " ".to_owned())]);
        assert_eq!(configured_user(&settings), None);
        settings.insert(key::LINE_ID.to_owned(), "2001".to_owned());
        settings.insert(key::KEY_LABEL.to_owned(), "Jana".to_owned());
        let user = configured_user(&settings).unwrap();
        assert_eq!((user.extension.as_str(), user.name.as_str()), ("2001", "Jana"));
    }
}
