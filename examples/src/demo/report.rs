//! What came of the demonstration, as phones and server see it.

use std::fmt;

use ipp_core::{status::StatusClass, store::Store as _};
use ipp_http::Ipp;
use serde::Serialize;

use super::{DemoError, cast::Scene};
use crate::fleet::{Outcome, Summary};

/// What came of all phones.
#[derive(Debug, Clone, Serialize)]
pub struct DemoReport {
    /// One row a region.
    pub regions: Vec<RegionReport>,
    /// Phones with a published file, as the server counts them.
    pub published: u64,
    /// Those whose file is out of date.
    pub stale: u64,
    /// Phones that are not registered, and why.
    pub reasons: Vec<String>,
}

/// What came of the phones of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionReport {
    /// The region.
    pub region: String,
    /// Its phones.
    pub phones: usize,
    /// Phones that say they are registered.
    pub registered: usize,
    /// Phones that the server says are registered.
    pub registered_at_server: u64,
    /// Requests of its phones.
    pub requests: u64,
}

impl DemoReport {
    /// Whether every phone is registered, in its own view and in the server's.
    pub fn all_registered(&self) -> bool {
        self.regions
            .iter()
            .all(|row| row.registered == row.phones && row.registered_at_server == row.phones as u64)
    }
}

pub(super) async fn report(
    ipp: &Ipp,
    scenes: impl Iterator<Item = (&Scene, Summary)>,
) -> Result<DemoReport, DemoError> {
    let counts = ipp.app().store().device_counts().await.map_err(ipp_core::app::AppError::from)?;
    let stale = ipp.app().stale().await?;
    let snapshot = ipp.app().snapshot();
    let mut report = DemoReport {
        regions: Vec::new(),
        published: stale.published,
        stale: stale.stale,
        reasons: Vec::new(),
    };
    for (scene, summary) in scenes {
        let id = snapshot.catalog.region_called(scene.region.as_str()).map(|region| region.id);
        let registered_at_server = counts
            .iter()
            .filter(|(key, _)| key.region == id && key.class == StatusClass::Registered)
            .map(|(_, count)| count)
            .sum();
        report.regions.push(RegionReport {
            region: scene.region.to_string(),
            phones: summary.phones,
            registered: summary.registered,
            registered_at_server,
            requests: summary.counters.requests,
        });
        report
            .reasons
            .extend(summary.trouble.iter().map(|phone| format!("{}: {}", phone.mac, reason(&phone.outcome))));
    }
    Ok(report)
}

fn reason(outcome: &Outcome) -> String {
    format!("{outcome:?}")
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            self.regions.iter().map(|row| row.region.chars().count()).max().unwrap_or(0).max("region".len());
        writeln!(
            f,
            "{:<width$}  {:>7}  {:>10}  {:>11}  {:>8}",
            "region", "phones", "registered", "says server", "requests"
        )?;
        for row in &self.regions {
            writeln!(
                f,
                "{:<width$}  {:>7}  {:>10}  {:>11}  {:>8}",
                row.region, row.phones, row.registered, row.registered_at_server, row.requests
            )?;
        }
        writeln!(f, "files published: {}, out of date: {}", self.published, self.stale)?;
        for reason in &self.reasons {
            writeln!(f, "not registered: {reason}")?;
        }
        Ok(())
    }
}
