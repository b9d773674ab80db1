//! Active alarms.

pub(crate) mod clear;
pub(crate) mod list;
