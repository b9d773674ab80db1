//! The dashboard.

pub(crate) mod show;
