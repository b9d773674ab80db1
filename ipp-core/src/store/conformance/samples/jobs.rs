//! Jobs.

use std::time::Duration;

use super::{at, device_id, firmware_id, job_id, mac, node_id, operator_id, region_id};
use crate::{
    access::{RegionalLevel, Regions, Role},
    id::DeviceId,
    job::{Author, Authority, ItemState, Job, JobAction, Pace, Steer},
    log::LogText,
    mac::Mac,
    outbound::{RestartKind, SessionId},
    store::{Change, JobChange},
};

/// For how long a lease is taken: what is taken at 10 is free at 20.
pub const LEASE: Duration = Duration::from_millis(10);

/// A job of restarts without items that is due at 1, by the account of that number.
pub fn job(number: u8) -> Job {
    job_of(number, JobAction::Restart(RestartKind::Force), 0)
}

/// A job with so many items.
pub fn job_of(number: u8, action: JobAction, items: u64) -> Job {
    let role = Role::Regional {
        level: RegionalLevel::Operator,
        regions: Regions::Only([region_id(1), region_id(2)].into()),
    };
    let author = Author {
        name: format!("author {number}"),
        authority: Authority::Account { operator: operator_id(number), role },
    };
    let action_pace = action.usual_pace();
    Job::new(job_id(number), action, author, Pace { ..action_pace }, (at(1), at(1)), items)
}

/// What it takes to load an image, which may be done twice.
pub fn loading() -> JobAction {
    JobAction::UpdateFirmware { firmware: firmware_id(1), any_model: true }
}

/// The phones of those numbers.
pub fn phones(numbers: impl IntoIterator<Item = u8>) -> Vec<(DeviceId, Mac)> {
    numbers.into_iter().map(|number| (device_id(number), mac(number))).collect()
}

/// Begins a job with the first so many phones.
pub fn begin(job: Job, items: u8) -> Change {
    JobChange::Begin(Box::new(job), phones(1..=items)).into()
}

/// A node takes the lease of a job.
pub fn take(number: u8, node: u8, now: i64) -> Change {
    JobChange::Take { job: job_id(number), node: node_id(node), at: at(now), lease: LEASE }.into()
}

/// An item is about to be sent.
pub fn sending(number: u8, epoch: u64, item: u32, now: i64) -> Change {
    let session = SessionId::new(item.to_be_bytes());
    JobChange::Sending { job: job_id(number), epoch, item, session, at: at(now) }.into()
}

/// An item got somewhere.
pub fn settle(number: u8, epoch: u64, item: u32, state: ItemState, now: i64) -> Change {
    let text = LogText::of("„so“\u{1b}[0m 东");
    JobChange::Settle { job: job_id(number), epoch, item, state, text, at: at(now) }.into()
}

/// The next batch is due at that time, and the lease is free then.
pub fn go_on(number: u8, epoch: u64, next: i64) -> Change {
    JobChange::GoOn { job: job_id(number), epoch, next_at: at(next), until: at(next) }.into()
}

/// An item that waited for its phone's report gets somewhere.
pub fn hand(number: u8, item: u32, state: ItemState, now: i64) -> Change {
    let session = (state == ItemState::Accepted).then(|| SessionId::new([7; 4]));
    let (job, text, at) = (job_id(number), LogText::of("handed"), at(now));
    JobChange::Hand { job, item, session, state, text, at }.into()
}

/// The phone of an item has done what it was told.
pub fn confirm(number: u8, item: u32, now: i64) -> Change {
    JobChange::Confirm { job: job_id(number), item, text: LogText::of("started"), at: at(now) }.into()
}

/// Somebody steers a job.
pub fn steer(number: u8, steer: Steer, now: i64) -> Change {
    JobChange::Steer { job: job_id(number), steer, at: at(now) }.into()
}
