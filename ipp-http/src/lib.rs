//! The HTTP surfaces of the phone-management engine, and the loop that drives it.
//!
//! This crate turns requests into calls of [`ipp_core::app::App`] and results into answers; it holds
//! no rule of its own. [`Ipp`] composes the engine over a store and gives services for phones and for
//! administrators; a host serves them on its own listeners or with [`listener`].

pub mod admin;
pub mod archive;
pub mod blobs;
mod body;
pub mod builder;
pub mod clock;
mod console;
pub mod driver;
pub mod entropy;
pub mod images;
pub mod listener;
pub mod mount;
pub mod outbound;
pub mod passwords;
pub mod phone;
pub mod private_file;
pub mod problem;
pub mod route;
pub mod tls;
pub mod vault;
pub mod web;

pub use builder::{Ipp, IppBuilder};
