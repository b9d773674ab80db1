//! One page is one file.

pub(crate) mod actions;
pub(crate) mod alarms;
pub(crate) mod approve;
pub(crate) mod csv;
pub(crate) mod dashboard;
pub(crate) mod design;
pub(crate) mod device;
pub(crate) mod device_edit;
pub(crate) mod device_explain;
pub(crate) mod device_file;
pub(crate) mod device_history;
pub(crate) mod devices;
pub(crate) mod home;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod people;
pub(crate) mod user_actions;
pub(crate) mod users;
