//! What a host application brings along, where the engine is a part of it: its operators, its
//! regions, and where it hears of alarms.

mod alarms;
mod operators;
mod regions;

use std::{future::Future, pin::Pin, sync::Arc};

pub use self::{
    alarms::AlarmSink,
    operators::{HostOperator, Operators},
    regions::{HostRegion, Regions},
};

/// What the host application brings; without any of it the installation stands alone.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// Its operators, which then are the only ones.
    pub operators: Option<Arc<dyn Operators>>,
    /// Its regions, which then are made and named there alone.
    pub regions: Option<Arc<dyn Regions>>,
    /// Where it hears of alarms.
    pub alarms: Option<Arc<dyn AlarmSink>>,
}

/// What the host answers, later.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, HostError>> + Send + 'a>>;

/// The host cannot answer now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host application does not answer: {0}")]
pub struct HostError(pub String);
