//! Commands to phones that are never called: they leave with the answers to the phones' reports.

use std::time::Duration;

use super::{
    super::{App, AppError, report::Report},
    LOOK,
    check::Checked,
    event,
};
use crate::{
    id::DeviceId,
    job::{ItemState, Job, JobAction, JobItem, JobState},
    log::LogText,
    outbound::{Delivered, EncodedRequest, PhoneFacts, SessionId},
    store::{Batch, Change, JobChange, JobItems, LogChange, Page, Store},
    time::Timestamp,
};

/// How many commands one answer has at most.
const AT_ONCE: u32 = 8;

/// For how long a command waits for the report of its phone.
const PATIENCE: Duration = Duration::from_hours(24);

const GIVEN_UP: &str = "the phone has not reported under its own address for a day";

impl<S: Store> App<S> {
    /// The commands that wait for this report, the oldest first. They are written down as *accepted* before
    /// they leave, so that none leaves twice; an answer that is lost on its way shows in what the phone does
    /// not report afterwards.
    pub(in crate::app) async fn hand_over(
        &self,
        device: DeviceId,
        report: &Report<'_>,
    ) -> Result<Vec<EncodedRequest>, AppError> {
        // A command holds the phone's account: only the phone itself gets it, and only its token says so.
        if report.token.is_none() || !self.takes_commands(report) {
            return Ok(Vec::new());
        }
        let (now, mut changes) = (self.now().wall, Vec::new());
        let mut ready: Vec<(JobAction, EncodedRequest)> = Vec::new();
        let (mut events, mut places) = (Vec::new(), Vec::new());
        for item in self.store.waiting(device, AT_ONCE).await? {
            let job = self.store.job(item.job).await?;
            let Some(job) = job.filter(|job| job.state == JobState::Active) else { continue };
            let session = SessionId::new(self.random());
            let role = self.role_of(&job).await?;
            let (session, state, text) = match self.check(&job, role.as_ref(), device, session).await? {
                Checked::Settle(state, why) => (None, state, why),
                // Two jobs want the same (C25).
                Checked::Send(_) if ready.iter().any(|(action, _)| *action == job.action) => (
                    None,
                    ItemState::Skipped,
                    "another job has sent the same with the same answer".to_owned(),
                ),
                Checked::Send(delivery) => {
                    places.push(changes.len());
                    ready.push((job.action.clone(), delivery.request));
                    let text = "sent with the answer to the phone's report";
                    (Some(session), ItemState::Accepted, text.to_owned())
                }
            };
            events.push(event(&job, device, state, now));
            changes.push(handed(&job, &item, session, (state, &text), now));
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let batch = Batch { changes, ..Batch::default() }.and(LogChange::Events(events));
        let committed = self.commit(batch).await?;
        // Another node was quicker with what was skipped.
        let leaves = ready.into_iter().zip(places).filter(|(_, place)| !committed.skipped.contains(place));
        Ok(leaves.map(|((_, request), _)| request).collect())
    }

    /// Looks again at the phones of a job that have yet to report: who is not to be commanded any more is left
    /// out, and nobody is waited for without end.
    pub(super) async fn look_again(&self, job: &Job, now: Timestamp) -> Result<(), AppError> {
        let which = JobItems { job: job.id, state: Some(ItemState::Waiting) };
        let role = self.role_of(job).await?;
        let mut page = Page::first(LOOK);
        loop {
            let items = self.store.job_items(which, page).await?;
            let mut done = Batch::default();
            let mut events = Vec::new();
            for item in &items {
                let session = SessionId::new(self.random());
                let (state, why) = match self.check(job, role.as_ref(), item.device, session).await? {
                    Checked::Settle(state, why) => (state, why),
                    Checked::Send(_) if item.at.is_none_or(|at| now.since(at) < PATIENCE) => continue,
                    Checked::Send(_) => (ItemState::Failed, GIVEN_UP.to_owned()),
                };
                events.push(event(job, item.device, state, now));
                done.changes.push(handed(job, item, None, (state, &why), now));
            }
            if !events.is_empty() {
                self.commit(done.and(LogChange::Events(events))).await?;
            }
            match items.last() {
                Some(last) if items.len() == LOOK as usize => page.after = Some(last.number),
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Whether phones like the one that reports get their commands this way.
    fn takes_commands(&self, report: &Report<'_>) -> bool {
        let snapshot = self.snapshot();
        let details = &report.details;
        let facts = PhoneFacts { model: &details.model, firmware: &details.firmware_version };
        let family = snapshot.catalog.settings().commands.table.family(facts);
        family.is_some_and(|family| family.delivered == Delivered::KeepAlive)
    }
}

fn handed(
    job: &Job,
    item: &JobItem,
    session: Option<SessionId>,
    (state, text): (ItemState, &str),
    at: Timestamp,
) -> Change {
    let (job, item, text) = (job.id, item.number, LogText::of(text));
    Change::Job(JobChange::Hand { job, item, session, state, text, at })
}
