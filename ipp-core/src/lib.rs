//! The pure domain of a phone-management engine for SIP desk phones.
//!
//! This crate never opens a socket or a file, reads no clock, no environment and no randomness, and
//! starts no thread. The inner ring (regions, templates, placeholders, rendering, status, alarms,
//! admission of phones) is synchronous and takes the time and new ids as arguments; its effects are
//! values. The outer ring, [`app`], loads facts through the ports, lets the inner ring decide, and
//! commits one [`store::Batch`]; it is async over the ports and knows no runtime.
//!
//! How to drive it: implement or choose a [`store::Store`] and the small ports beside it, make an
//! [`app::App`], and call its use cases. `ipp-http` does exactly that for phones and browsers.

pub mod access;
pub mod alarm;
pub mod app;
mod binary;
pub mod blob;
pub mod catalog;
pub mod cfg;
pub mod clock;
pub mod csv;
pub mod device;
pub mod digest;
pub mod entropy;
pub mod firmware;
pub mod generation;
pub mod host;
pub mod id;
pub mod job;
pub mod ldap;
pub mod log;
pub mod mac;
pub mod operator;
pub mod outbound;
pub mod passwords;
pub mod phone_model;
pub mod placeholder;
pub mod region;
pub mod render;
pub mod settings;
pub mod status;
pub mod store;
pub mod template;
pub mod text;
pub mod time;
pub mod token;
pub mod user;
pub mod vault;
