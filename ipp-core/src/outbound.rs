//! The port that sends commands to phones.

use std::{
    collections::VecDeque,
    fmt,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use crate::{blob::BoxFuture, id::DeviceId, mac::Mac};

/// A command to a phone, without its transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneCommand {
    /// Tells how the phone is (API-07).
    CheckStatus,
    /// Restarts the phone (API-08).
    Restart(RestartKind),
    /// Looks for a new configuration file (API-09).
    UpdateConfiguration,
}

/// When a phone restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartKind {
    /// Once no call is active.
    Graceful,
    /// At once.
    Force,
}

/// Where a phone is: the address of record, never one that a report names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneAddress {
    /// The phone.
    pub device: DeviceId,
    /// Its MAC address, by which a proxy picks it.
    pub mac: Mac,
    /// The peer of its last authenticated report.
    pub peer: IpAddr,
    /// Whether it is reached through the SBC HTTP proxy.
    pub through_proxy: bool,
}

/// Why a command did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The phone, or the proxy, did not answer in time.
    #[error("{0} does not answer")]
    Unreachable(String),
    /// The phone answered that it will not.
    #[error("the phone refused the command with status {0}")]
    Refused(u16),
}

/// Sends commands to phones.
pub trait PhoneClient: fmt::Debug + Send + Sync {
    /// Sends one command once; answers when the phone has accepted it.
    fn send(&self, to: &PhoneAddress, command: &PhoneCommand) -> BoxFuture<'_, Result<(), SendError>>;
}

/// Remembers what was sent, for tests; answers as told, else accepts.
#[derive(Debug, Default)]
pub struct MemoryPhoneClient {
    sent: Mutex<Vec<(PhoneAddress, PhoneCommand)>>,
    answers: Mutex<VecDeque<Result<(), SendError>>>,
}

impl MemoryPhoneClient {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<(PhoneAddress, PhoneCommand)> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the next command without an answer yet is answered with.
    pub fn answer_next(&self, answer: Result<(), SendError>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }
}

impl PhoneClient for MemoryPhoneClient {
    fn send(&self, to: &PhoneAddress, command: &PhoneCommand) -> BoxFuture<'_, Result<(), SendError>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push((to.clone(), command.clone()));
        let answer =
            self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Ok(()));
        Box::pin(async move { answer })
    }
}
