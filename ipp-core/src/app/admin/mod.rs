//! What administrators do, as far as phones need it to be provisioned.

pub mod devices;
pub mod firmware;
pub mod models;
pub mod placeholders;
pub mod regions;
pub mod set_up;
pub mod settings;
pub mod templates;
pub mod users;
