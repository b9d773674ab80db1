//! Commands to phones: what they are, how they are written for each family of phones, where they may
//! be sent, and the port that sends them.
//!
//! Everything but the port is pure. [`Delivery::prepare`] makes of an order and the settings one value
//! that holds all that is needed; a [`PhoneClient`] performs it once. A phone that takes commands only
//! in the answers to its own reports gets the same [`EncodedRequest`] there, see [`keep_alive_answer`].

pub mod address;
mod builtin;
mod client;
mod command;
mod credentials;
mod delivery;
mod error;
mod family;
mod pattern;
mod request;
mod table;
mod template;
mod transport;

pub use self::{
    client::{MemoryPhoneClient, PhoneClient, PhoneSaid},
    command::{
        CommandArgumentError, CommandName, CommandNameError, DisplaySeconds, MessageText, PhoneCommand,
        RestartDelay, RestartKind,
    },
    credentials::{Credentials, DigestFormula, KeyedDigest, PasswordForm, SessionId},
    delivery::{Delivery, Order, PhoneAddress, PrepareError, Way},
    error::{SendError, SendErrorKind},
    family::{
        CommandEntry, CommandFamily, CommandMethod, CommandPath, CommandPathError, Delivered, ElementForm,
        EntrySource,
    },
    pattern::{Pattern, PatternError},
    request::{EncodedRequest, keep_alive_answer},
    table::{Call, CommandTable, EncodeError, PhoneFacts, TableError},
    template::{BodyMember, MemberText, MemberTextError, Token},
    transport::{
        Certificates, CertificatesError, HeaderName, ProxyTarget, ProxyTargetError, TargetText, TrustedRoots,
    },
};
