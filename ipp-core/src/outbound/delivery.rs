//! One attempt to command one phone, as data.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    Call, Certificates, Credentials, DigestFormula, EncodeError, EncodedRequest, PhoneCommand, PhoneFacts,
    ProxyTarget, SendError, SendErrorKind, SessionId,
};
use crate::{
    id::{DeviceId, RegionId},
    mac::Mac,
    region::Region,
    settings::Settings,
    text::Host,
};

/// Where a phone is: the address of record, never one that a report names (A7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneAddress {
    /// The phone.
    pub device: DeviceId,
    /// Its MAC address, by which a proxy may pick it.
    pub mac: Mac,
    /// Its region, whose networks bound where it may be.
    pub region: RegionId,
    /// The peer of its last authenticated report, or what a configured proxy forwarded.
    pub peer: IpAddr,
    /// Whether it is reached through the SBC HTTP proxy.
    pub proxied: bool,
}

/// An order to command a phone.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Where the phone is.
    pub to: PhoneAddress,
    /// What decides its family.
    pub phone: PhoneFacts<'a>,
    /// The command.
    pub command: &'a PhoneCommand,
    /// The id of the attempt, fresh random bits each time.
    pub session: SessionId,
    /// The phone's REST account.
    pub credentials: &'a Credentials,
    /// How the digest of its password is made.
    pub formula: &'a dyn DigestFormula,
}

/// All that is needed to send a command once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where the phone is.
    pub to: PhoneAddress,
    /// The command.
    pub command: PhoneCommand,
    /// The id of the attempt.
    pub session: SessionId,
    /// The command as it is written for this phone.
    pub request: EncodedRequest,
    /// The networks in which the phone may be; none means the private ranges.
    pub networks: Vec<IpNet>,
    /// Addresses of this server that stand in the settings; nobody is called there.
    pub never: Vec<IpAddr>,
    /// How it is reached.
    pub way: Way,
}

/// How a phone is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The server calls it.
    Direct,
    /// The server calls the SBC HTTP proxy, always over HTTPS (SBC-06).
    Proxy {
        /// The proxy.
        host: Host,
        /// Its port for commands (PRT-08).
        port: u16,
        /// How it is told which phone.
        target: ProxyTarget,
        /// Which of its certificates are taken.
        certificates: Certificates,
    },
}

/// Why there is nothing to send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// The command cannot be written for this phone.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The phone is behind a proxy that is not configured.
    #[error("the phone is behind the SBC HTTP proxy, and none is configured; enter it in the settings")]
    NoProxy,
    /// Nobody has said which certificate the proxy has.
    #[error(
        "it is not said which certificate the SBC HTTP proxy has; enter it in the settings of commands, or accept any there"
    )]
    ProxyCertificates,
}

impl From<PrepareError> for SendError {
    fn from(error: PrepareError) -> Self {
        Self::new(SendErrorKind::NotSent, error)
    }
}

impl Delivery {
    /// Makes of an order what is to be sent, with the settings and the phone's region as they are now.
    pub fn prepare(order: Order<'_>, settings: &Settings, region: &Region) -> Result<Self, PrepareError> {
        let Order { to, phone, command, session, credentials, formula } = order;
        let call = Call { session, mac: to.mac, credentials, formula };
        let commands = &settings.commands;
        let way = match &settings.phones.proxy {
            _ if !to.proxied => Way::Direct,
            None => return Err(PrepareError::NoProxy),
            Some(proxy) => Way::Proxy {
                host: proxy.host.clone(),
                port: proxy.command_port,
                target: commands.proxy_target.clone(),
                certificates: commands.proxy_certificates.clone().ok_or(PrepareError::ProxyCertificates)?,
            },
        };
        let server = &settings.phones.server;
        let own = [&server.address, &server.fqdn].into_iter().flatten();
        Ok(Self {
            to,
            command: command.clone(),
            session,
            request: commands.table.encode(phone, command, call)?,
            networks: region.networks.clone(),
            never: own.filter_map(|host| host.as_str().parse().ok()).collect(),
            way,
        })
    }
}
