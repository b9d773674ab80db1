//! The one background loop: refresh, heartbeat, sweep, the logs, and tidying up.

use std::{sync::Arc, time::Duration};

use ipp_core::{
    app::{
        App, AppError, REFRESH, activity::FLUSH, alarm_delivery::DELIVERY, blob_sweep::BLOB_SWEEP,
        housekeeping::TIDY, jobs::WORK,
    },
    status::silence::HEARTBEAT,
    store::{AnyStore, Store as _},
};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior},
};

/// How often silent phones are looked for.
const SWEEP: Duration = Duration::from_mins(1);
/// How often the host application is asked for its regions.
const REGIONS: Duration = Duration::from_mins(1);

/// How long nothing is heard of other nodes after it was: one look finds what many changes left.
const QUIET: Duration = Duration::from_millis(100);

/// Drives the engine. Every step may fail without harm: it is done again at its next turn.
#[derive(Debug)]
pub struct Driver {
    app: Arc<App<AnyStore>>,
}

impl Driver {
    pub(crate) const fn new(app: Arc<App<AnyStore>>) -> Self {
        Self { app }
    }

    /// Runs until `shutdown` turns true or its sender is gone.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        // Phones may take their time to answer; nothing else waits for that.
        tokio::join!(self.run_steps(shutdown.clone()), self.run_jobs(shutdown));
    }

    /// A batch that was begun is finished before this ends, so that its items are not unknown afterwards.
    async fn run_jobs(&self, mut shutdown: watch::Receiver<bool>) {
        let mut work = every(WORK);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                _ = work.tick() => {}
            }
            self.note("jobs", self.app.work_on_jobs().await);
        }
    }

    async fn run_steps(&self, mut shutdown: watch::Receiver<bool>) {
        let (mut refresh, mut heartbeat, mut sweep) = (every(REFRESH), every(HEARTBEAT), every(SWEEP));
        let (mut flush, mut tidy, mut regions) = (every(FLUSH), every(TIDY), every(REGIONS));
        let (mut delivery, mut blobs) = (every(DELIVERY), every(BLOB_SWEEP));
        let mut quiet = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut shutdown) => break,
                _ = heartbeat.tick() => self.note("heartbeat", self.app.heartbeat().await),
                _ = refresh.tick() => self.note("refresh", self.app.refresh().await),
                _ = sweep.tick() => match self.app.sweep().await {
                    Ok(report) if report.disconnected > 0 => {
                        tracing::info!(phones = report.disconnected, "phones are disconnected: they were silent for too long");
                    }
                    Ok(report) if report.paused => tracing::warn!("the clock was set; the disconnect sweep is put off"),
                    outcome => self.note("sweep", outcome.map(drop)),
                },
                _ = delivery.tick() => self.note("alarms", self.app.deliver_alarms().await),
                _ = flush.tick() => self.note("log", self.app.flush_log().await),
                _ = regions.tick() => self.note("regions", self.app.adopt_regions().await),
                _ = tidy.tick() => self.note("tidying", self.app.tidy().await.map(drop)),
                _ = blobs.tick() => match self.app.sweep_blobs().await {
                    Ok(removed) if removed > 0 => {
                        tracing::info!(removed, "images that no firmware entry names any more were removed");
                    }
                    outcome => self.note("sweep of blobs", outcome.map(drop)),
                },
                // Another node has changed something: no need to wait for the next look.
                Ok(()) = self.app.store().heard(), if Instant::now() >= quiet => {
                    self.note("refresh", self.app.refresh().await);
                    quiet = Instant::now() + QUIET;
                }
            }
        }
        // The last word of this node: until now it was able to receive.
        self.note("heartbeat", self.app.heartbeat().await);
        self.note("log", self.app.flush_log().await);
    }

    #[expect(clippy::unused_self, reason = "reads as what the driver does")]
    fn note(&self, step: &str, outcome: Result<(), AppError>) {
        if let Err(error) = outcome {
            tracing::warn!(step, error = %error, "a step of the background loop failed and is tried again");
        }
    }
}

/// Resolves when the driver shall stop. That nobody is left to say so counts as well.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now(), period);
    // After a pause one turn is enough: nothing is caught up in a burst.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
