//! What edits would do to the fleet, before any of them is saved.
//!
//! A [`Proposal`] is the catalogue with edits applied to a copy of it, each under the rights and checks
//! that saving it has. A preview makes every phone's file of it, compares it with the one that is
//! published or would be published now, and groups phones by what differs. Nothing is written; secrets
//! are compared and never shown.

mod compare;
mod devices;
mod groups;
mod proposal;
mod report;
mod shared;
mod walk;

use std::ops::ControlFlow;

use self::{
    compare::Outcome,
    groups::{Failures, Groups},
};
pub use self::{
    devices::{Choice, DeviceChanges},
    proposal::{MOST_EDITS, Proposal, ProposedEdit},
    report::{
        FailingGroup, GroupId, ParseGroupIdError, PhoneGroup, PhoneRef, SharedGroup, SharedKind, SharedPlace,
    },
};
use super::{Admin, device_bulk::Selection};
use crate::{
    app::AppError,
    id::DeviceId,
    store::{Page, Store},
};

/// What the files of a proposal are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Against {
    /// What phones get now: what *Generate* would change after the edit. Without any edit this is
    /// exactly the list of phones that are stale.
    #[default]
    Published,
    /// What *Generate* would publish without the edit: what the edit alone changes.
    Saved,
}

/// What a proposal would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// The phones that were looked at: those that are approved.
    pub considered: u64,
    /// Those whose file would be another one.
    pub changed: u64,
    /// Those whose file would be the same.
    pub unchanged: u64,
    /// Those that were never seen: their file is made when they report.
    pub waiting: u64,
    /// Those whose file could not be made, and which would keep what they have.
    pub failing: u64,
    /// The changed phones by what differs in their files, the largest group first; at most
    /// [`MOST_GROUPS`].
    pub groups: Vec<PhoneGroup>,
    /// Changed phones that are in none of these groups.
    pub elsewhere: u64,
    /// The failing phones by the reason; at most [`MOST_REASONS`].
    pub failures: Vec<FailingGroup>,
    /// Failing phones for further reasons.
    pub failing_elsewhere: u64,
    /// What differs in the parts that phones share: global files and first contacts.
    pub shared: Vec<SharedGroup>,
    /// Shared parts that differ in further ways.
    pub shared_elsewhere: u64,
}

/// The most groups of phones that a preview answers.
pub const MOST_GROUPS: usize = 100;

/// The most reasons that a preview answers.
pub const MOST_REASONS: usize = 100;

/// Some phones of a group, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupPage {
    /// The phones.
    pub phones: Vec<PhoneRef>,
    /// Whether there may be more behind the last of them.
    pub more: bool,
}

impl<S: Store> Admin<'_, S> {
    /// What the proposal would do to the phones that are meant and may be seen, and to what they share.
    pub async fn preview(
        &self,
        proposal: &mut Proposal,
        over: &Selection,
        against: Against,
    ) -> Result<Preview, AppError> {
        let proposed = proposal.settle(self.app.now().wall)?;
        let (mut preview, mut groups, mut failures) =
            (Preview::default(), Groups::default(), Failures::default());
        let tally = |phone: PhoneRef, outcome: Outcome| {
            preview.considered += 1;
            match outcome {
                Outcome::Unchanged => preview.unchanged += 1,
                Outcome::Waiting => preview.waiting += 1,
                Outcome::Changed(difference) => {
                    preview.changed += 1;
                    groups.add(difference, phone);
                }
                Outcome::Failing(error) => {
                    preview.failing += 1;
                    failures.add(&error, phone);
                }
            }
            ControlFlow::Continue(())
        };
        self.walk(proposal, over, against, None, tally).await?;
        (preview.groups, preview.elsewhere) = groups.largest(MOST_GROUPS);
        (preview.failures, preview.failing_elsewhere) = failures.largest();
        (preview.shared, preview.shared_elsewhere) =
            self.shared_parts(proposal.saved(), &proposed, over, against).await?;
        Ok(preview)
    }

    /// The phones of one group of the same preview, by id.
    pub async fn preview_phones(
        &self,
        proposal: &mut Proposal,
        over: &Selection,
        against: Against,
        group: GroupId,
        page: Page<DeviceId>,
    ) -> Result<GroupPage, AppError> {
        proposal.settle(self.app.now().wall)?;
        let mut found = GroupPage::default();
        if page.limit == 0 {
            return Ok(found);
        }
        let collect = |phone: PhoneRef, outcome: Outcome| {
            match outcome {
                Outcome::Changed(difference) if difference.id() == group => found.phones.push(phone),
                Outcome::Changed(_) | Outcome::Unchanged | Outcome::Waiting | Outcome::Failing(_) => {}
            }
            found.more = found.phones.len() >= page.limit as usize;
            if found.more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.walk(proposal, over, against, page.after, collect).await?;
        Ok(found)
    }
}
