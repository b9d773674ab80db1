//! The dashboard.

pub(crate) mod history;
pub(crate) mod show;
