//! A phone: it knows its MAC address and what the last file told it.

use std::net::{IpAddr, Ipv4Addr};

use ipp_core::{
    app::{
        alarms::{AlarmAnswer, Alert},
        files::{FileRequest, ServedFile},
        report::{Report, ReportAnswer},
    },
    mac::Mac,
    status::{Registration, ReportDetails},
    token::Token,
};

use super::{World, block_on, mac, value};

#[derive(Debug, Clone)]
pub(crate) struct Handset {
    pub(crate) mac: Mac,
    pub(crate) peer: IpAddr,
    pub(crate) agent: String,
    pub(crate) region: Option<String>,
    pub(crate) token: Option<Token>,
    pub(crate) account: String,
    pub(crate) password: String,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
}

impl Handset {
    /// A factory-fresh generic 430HD in a private network, whose DHCP server names no region.
    pub(crate) fn new(number: u32) -> Self {
        let [_, _, a, b] = number.to_be_bytes();
        Self {
            mac: mac(number),
            peer: IpAddr::V4(Ipv4Addr::new(10, 1, a, b)),
            agent: agent("430HD", mac(number)),
            region: None,
            token: None,
            account: String::new(),
            password: String::new(),
            user_id: String::new(),
            user_name: String::new(),
        }
    }

    /// The DHCP server of its network hands out this region's URL.
    pub(crate) fn in_region(mut self, name: &str) -> Self {
        self.region = Some(name.to_owned());
        self
    }

    pub(crate) fn at(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    pub(crate) fn lync(mut self, model: &str) -> Self {
        self.agent = format!("AUDC-IPPhone-{model}_UC_2.0.13.121/1.0.0000.0");
        self
    }

    pub(crate) fn signed_in(mut self, name: &str) -> Self {
        name.clone_into(&mut self.user_name);
        self
    }

    /// The account and password of the option 160 file.
    pub(crate) fn with_system_account(mut self) -> Self {
        (self.account, self.password) = ("system".to_owned(), "system".to_owned());
        self
    }

    pub(crate) fn request(&self) -> FileRequest<'_> {
        FileRequest {
            token: self.token.as_ref(),
            region: self.region.as_deref(),
            user_agent: Some(&self.agent),
            peer: self.peer,
            proxied: false,
        }
    }

    /// Fetches its file by the URLs that it knows.
    pub(crate) fn file(&self, world: &World) -> Option<ServedFile> {
        world.configuration(self.mac, self.request())
    }

    pub(crate) fn text(&self, world: &World) -> Option<String> {
        self.file(world).map(|file| world.text(&file))
    }

    /// Fetches its file and lives by it from then on.
    pub(crate) fn boot(&mut self, world: &World) -> String {
        let text = self.text(world).expect("a file");
        self.follow(&text);
        text
    }

    /// Takes over the URLs of a file.
    pub(crate) fn follow(&mut self, file: &str) {
        let url = value(file, "provisioning/configuration/url").expect("a URL");
        let path = url.split_once("://").unwrap().1.split_once('/').unwrap().1;
        let mut segments = path.split('/').peekable();
        self.token = segments.next_if_eq(&"t").map(|_| segments.next().unwrap().parse().unwrap());
        self.region = segments.next_if_eq(&"r").map(|_| segments.next().unwrap().to_owned());
        if let Some(account) = value(file, "ems_server/user_name") {
            account.clone_into(&mut self.account);
        }
        if let Some(password) = value(file, "ems_server/user_password") {
            password.clone_into(&mut self.password);
        }
    }

    pub(crate) fn report(&self, world: &World, registration: Registration) -> ReportAnswer {
        block_on(world.app.report(&self.status(registration))).unwrap()
    }

    pub(crate) fn started(&self, world: &World) -> ReportAnswer {
        self.report(world, Registration::Started)
    }

    pub(crate) fn registered(&self, world: &World) -> ReportAnswer {
        self.report(world, Registration::Registered)
    }

    pub(crate) fn status(&self, registration: Registration) -> Report<'_> {
        Report {
            token: self.token.as_ref(),
            region: self.region.as_deref(),
            stated_region: "",
            mac: self.mac,
            registration,
            account: &self.account,
            password: &self.password,
            peer: self.peer,
            proxied: false,
            details: ReportDetails {
                ip: self.peer.to_string(),
                user_agent: self.agent.clone(),
                user_id: self.user_id.clone(),
                user_name: self.user_name.clone(),
                ..ReportDetails::default()
            },
        }
    }

    pub(crate) fn alarm(&self, world: &World, alerts: Vec<Alert>) -> AlarmAnswer {
        block_on(world.app.alarms(self.token.as_ref(), Some(self.mac), self.peer, alerts)).unwrap()
    }
}

/// The User-Agent of a phone with generic software.
pub(crate) fn agent(model: &str, mac: Mac) -> String {
    format!("AUDC-IPPhone/2.2.8.61 ({model}; {})", mac.to_string().to_uppercase())
}
