//! Jobs, their leases and their items.

use super::{commit, put, put_all, samples::*, skipped};
use crate::{
    access::Role,
    id::{DeviceId, JobId},
    job::{Author, Authority, ItemState, Job, JobAction, JobItem, JobState, Lease, Steer},
    outbound::{RestartDelay, RestartKind, SessionId},
    store::{Batch, JobFilter, JobItems, Page, Prune, Store},
};

use ItemState::{Accepted, Cancelled, Confirmed, Failed, Queued, Skipped, Unknown, Waiting};

async fn the(store: &impl Store, number: u8) -> Job {
    store.job(job_id(number)).await.unwrap().unwrap()
}

async fn items(store: &impl Store, number: u8) -> Vec<JobItem> {
    store.job_items(JobItems { job: job_id(number), state: None }, Page::first(1_000)).await.unwrap()
}

async fn states(store: &impl Store, number: u8) -> Vec<ItemState> {
    let items = items(store, number).await;
    let job = the(store, number).await;
    for state in ItemState::ALL {
        let here = items.iter().filter(|item| item.state == state).count();
        assert_eq!(job.counts.of(state), here as u64, "{state:?} of {job:?}");
    }
    items.iter().map(|item| item.state).collect()
}

async fn due(store: &impl Store, now: i64) -> Vec<JobId> {
    store.due_jobs(at(now), 9).await.unwrap().iter().map(|job| job.id).collect()
}

/// Jobs that are over or wait, with items in every state, for dumps.
pub(super) async fn full_jobs(store: &impl Store) {
    let restart = job_of(1, JobAction::Restart(RestartKind::Graceful), 8);
    let load = Job {
        author: Author { name: "„host“".to_owned(), authority: Authority::Host(Role::Administrator) },
        ..job_of(2, loading(), 1)
    };
    put_all(store, [begin(restart, 8), begin(load, 1), take(1, 1, 10)]).await;
    put_all(store, (1..8).map(|item| sending(1, 1, item, 11))).await;
    for (item, state) in (1..).zip([Accepted, Failed, Skipped, Unknown]) {
        put(store, settle(1, 1, item, state, 12)).await;
    }
    put(store, steer(1, Steer::Cancel, 13)).await;
    put(store, settle(1, 1, 5, Failed, 14)).await;
    put(store, settle(1, 1, 6, Accepted, 14)).await;
    put(store, confirm(1, 7, 14)).await;
    put(store, steer(2, Steer::Pause, 15)).await;
    // What is dumped has no lease that goes on.
    put_all(store, [begin(job_of(3, JobAction::CheckStatus, 2), 2), take(3, 1, 10)]).await;
    put(store, settle(3, 1, 0, Waiting, 11)).await;
    put(store, steer(3, Steer::Pause, 16)).await;
}

/// What was begun is there with its items, all of them queued, in the order given; a job without any is
/// over at once.
pub async fn a_job_begins_with_its_items(store: &impl Store) {
    let full = job_of(1, JobAction::Restart(RestartKind::Scheduled(RestartDelay::try_from(7).unwrap())), 3);
    put(store, begin(full.clone(), 3)).await;
    put(store, begin(job(2), 0)).await;
    skipped(store, begin(job(1), 1)).await;
    assert_eq!(the(store, 1).await, full);
    let item = |number: u32| JobItem {
        job: job_id(1),
        number,
        device: phones([1, 2, 3])[number as usize].0,
        mac: phones([1, 2, 3])[number as usize].1,
        state: Queued,
        session: None,
        at: None,
        text: crate::log::LogText::default(),
    };
    assert_eq!(items(store, 1).await, [item(0), item(1), item(2)]);
    assert_eq!((the(store, 2).await.state, the(store, 2).await.ended_at), (JobState::Finished, Some(at(1))));
    assert_eq!(store.job(job_id(9)).await.unwrap(), None);
    assert!(items(store, 9).await.is_empty());
}

/// Jobs come the latest first, by state and author, and items in their order, by state, both in pages.
pub async fn jobs_and_items_are_listed(store: &impl Store) {
    put_all(store, (1..=4).map(|number| begin(job_of(number, JobAction::CheckStatus, 4), 4))).await;
    put(store, steer(2, Steer::Pause, 5)).await;
    put(store, steer(3, Steer::Cancel, 5)).await;
    let list = async |filter: JobFilter, page| -> Vec<JobId> {
        store.jobs(&filter, page).await.unwrap().iter().map(|job| job.id).collect()
    };
    let all = JobFilter::default;
    assert_eq!(list(all(), Page::first(3)).await, [4, 3, 2].map(job_id));
    assert_eq!(list(all(), Page::after(job_id(2), 3)).await, [job_id(1)]);
    let states = vec![JobState::Active, JobState::Paused];
    assert_eq!(list(JobFilter { states, ..all() }, Page::first(9)).await, [4, 2, 1].map(job_id));
    let author = Some("author 3".to_owned());
    assert_eq!(list(JobFilter { author, ..all() }, Page::first(9)).await, [job_id(3)]);
    put_all(store, [take(1, 1, 10), sending(1, 1, 1, 11)]).await;
    let numbers = async |state, page| -> Vec<u32> {
        let which = JobItems { job: job_id(1), state };
        store.job_items(which, page).await.unwrap().iter().map(|item| item.number).collect()
    };
    assert_eq!(numbers(None, Page::after(0, 2)).await, [1, 2]);
    assert_eq!(numbers(Some(Queued), Page::first(2)).await, [0, 2]);
    assert_eq!(numbers(Some(Queued), Page::after(2, 2)).await, [3]);
    assert_eq!(numbers(Some(Failed), Page::first(2)).await, [] as [u32; 0]);
}

/// C22: a lease that is held is taken by nobody else, and each that is taken has the next epoch. What is not
/// due is not taken.
pub async fn a_lease_is_taken_by_one(store: &impl Store) {
    put(store, begin(job_of(1, JobAction::CheckStatus, 1), 1)).await;
    skipped(store, take(1, 1, 0)).await;
    put(store, take(1, 1, 10)).await;
    assert_eq!(the(store, 1).await.lease, Lease { epoch: 1, holder: Some(node_id(1)), until: Some(at(20)) });
    skipped(store, take(1, 2, 19)).await;
    put(store, take(1, 2, 20)).await;
    assert_eq!(the(store, 1).await.lease, Lease { epoch: 2, holder: Some(node_id(2)), until: Some(at(30)) });
    // Whoever had it before changes nothing any more.
    for late in [sending(1, 1, 0, 21), settle(1, 1, 0, Failed, 21), go_on(1, 1, 90)] {
        skipped(store, late).await;
    }
    put(store, sending(1, 2, 0, 22)).await;
    skipped(store, take(9, 1, 1)).await;
}

/// C21: what the holder before left in the middle is unknown where doing it twice does harm, and else is
/// queued again; where the job was cancelled it stays undone.
pub async fn what_was_left_is_settled(store: &impl Store) {
    put_all(store, [begin(job_of(1, JobAction::Restart(RestartKind::Force), 2), 2)]).await;
    put(store, crate::store::JobChange::Begin(Box::new(job_of(2, loading(), 2)), phones([3, 4]))).await;
    put(store, crate::store::JobChange::Begin(Box::new(job_of(3, loading(), 2)), phones([5, 6]))).await;
    for job in 1..=3 {
        put_all(store, [take(job, 1, 10), sending(job, 1, 0, 11)]).await;
    }
    put(store, steer(3, Steer::Cancel, 12)).await;
    assert_eq!(due(store, 19).await, []);
    assert_eq!(due(store, 20).await, [1, 2, 3].map(job_id));
    for job in 1..=3 {
        put(store, take(job, 2, 20)).await;
    }
    assert_eq!(states(store, 1).await, [Unknown, Queued]);
    assert_eq!(states(store, 2).await, [Queued, Queued]);
    assert_eq!(states(store, 3).await, [Cancelled, Cancelled]);
    // The holder before wakes up late.
    skipped(store, settle(1, 1, 0, Accepted, 21)).await;
    assert_eq!(the(store, 3).await.state, JobState::Cancelled);
}

/// An item is sent once: only what is queued, of a job that goes on, under the present epoch.
pub async fn an_item_is_sent_once(store: &impl Store) {
    put(store, begin(job_of(1, JobAction::CheckStatus, 3), 3)).await;
    skipped(store, sending(1, 0, 0, 9)).await;
    put_all(store, [take(1, 1, 10), sending(1, 1, 0, 11)]).await;
    skipped(store, sending(1, 1, 0, 12)).await;
    skipped(store, sending(1, 1, 7, 12)).await;
    put(store, settle(1, 1, 0, Accepted, 13)).await;
    skipped(store, sending(1, 1, 0, 14)).await;
    skipped(store, settle(1, 1, 0, Failed, 14)).await;
    let item = &items(store, 1).await[0];
    assert_eq!((item.session, item.at), (Some(SessionId::new([0; 4])), Some(at(13))));
    assert_eq!(item.text, crate::log::LogText::of("„so“\u{1b}[0m 东"));
    put(store, steer(1, Steer::Pause, 15)).await;
    skipped(store, sending(1, 1, 1, 16)).await;
    // What was never sent may be left out.
    put(store, settle(1, 1, 1, Skipped, 17)).await;
    assert_eq!(states(store, 1).await, [Accepted, Skipped, Queued]);
}

/// C25: no two jobs send to one phone at once; what is not sent stays queued, and its neighbours are not
/// disturbed.
pub async fn one_command_at_a_time_for_a_phone(store: &impl Store) {
    put_all(store, [begin(job_of(1, loading(), 2), 2), begin(job_of(2, loading(), 2), 2)]).await;
    put_all(store, [take(1, 1, 10), take(2, 2, 10), sending(1, 1, 0, 11)]).await;
    let both = Batch::of(sending(2, 1, 0, 12)).and(sending(2, 1, 1, 12));
    assert_eq!(commit(store, both).await.skipped, [0]);
    assert_eq!(states(store, 2).await, [Queued, ItemState::Sending]);
    put(store, settle(1, 1, 0, Failed, 13)).await;
    put(store, sending(2, 1, 0, 14)).await;
}

/// A job is over with its last item, whatever became of them.
pub async fn the_last_item_ends_a_job(store: &impl Store) {
    put(store, begin(job_of(1, JobAction::CheckStatus, 2), 2)).await;
    put_all(store, [take(1, 1, 10), sending(1, 1, 0, 11), settle(1, 1, 1, Skipped, 12)]).await;
    assert_eq!((the(store, 1).await.state, the(store, 1).await.ended_at), (JobState::Active, None));
    put(store, settle(1, 1, 0, Unknown, 13)).await;
    assert_eq!((the(store, 1).await.state, the(store, 1).await.ended_at), (JobState::Finished, Some(at(13))));
    assert_eq!(states(store, 1).await, [Unknown, Skipped]);
    assert_eq!(due(store, 99).await, []);
}

/// What is due is found, what has waited longest first; what is paused, over, held or later is not.
pub async fn what_is_due_is_found(store: &impl Store) {
    put_all(store, (1..=4).map(|number| begin(job_of(number, JobAction::CheckStatus, 1), 1))).await;
    put_all(store, [take(1, 1, 2), go_on(1, 1, 30), take(2, 1, 2), go_on(2, 1, 20)]).await;
    put(store, steer(3, Steer::Pause, 3)).await;
    assert_eq!(due(store, 0).await, []);
    assert_eq!(due(store, 19).await, [job_id(4)]);
    assert_eq!(due(store, 20).await, [4, 2].map(job_id));
    assert_eq!(due(store, 30).await, [4, 2, 1].map(job_id));
    assert_eq!(store.due_jobs(at(30), 1).await.unwrap().len(), 1);
    put(store, take(4, 1, 30)).await;
    assert_eq!(due(store, 30).await, [2, 1].map(job_id));
    assert_eq!(the(store, 1).await.next_at, at(30));
    skipped(store, go_on(9, 1, 1)).await;
}

/// MUL-23: a job is paused, goes on, is cancelled, and tries again what failed; what is out of place is
/// skipped.
pub async fn a_job_is_steered(store: &impl Store) {
    put(store, begin(job_of(1, JobAction::Restart(RestartKind::Force), 4), 4)).await;
    for out_of_place in [Steer::Resume, Steer::Retry] {
        skipped(store, steer(1, out_of_place, 2)).await;
    }
    put_all(store, [take(1, 1, 10), sending(1, 1, 0, 11), sending(1, 1, 1, 11)]).await;
    put_all(store, [settle(1, 1, 0, Failed, 12), settle(1, 1, 1, Unknown, 12)]).await;
    put(store, steer(1, Steer::Pause, 13)).await;
    skipped(store, steer(1, Steer::Pause, 13)).await;
    assert_eq!(due(store, 99).await, []);
    put(store, steer(1, Steer::Resume, 40)).await;
    assert_eq!((the(store, 1).await.state, the(store, 1).await.next_at), (JobState::Active, at(40)));
    put(store, steer(1, Steer::Cancel, 41)).await;
    skipped(store, steer(1, Steer::Resume, 41)).await;
    assert_eq!(states(store, 1).await, [Failed, Unknown, Cancelled, Cancelled]);
    assert_eq!(the(store, 1).await.ended_at, Some(at(41)));
    // A restart of which nothing is known is not tried again.
    put(store, steer(1, Steer::Retry, 50)).await;
    assert_eq!(states(store, 1).await, [Queued, Unknown, Cancelled, Cancelled]);
    let again = the(store, 1).await;
    assert_eq!((again.state, again.ended_at, again.next_at), (JobState::Active, None, at(50)));
    skipped(store, steer(9, Steer::Pause, 1)).await;
}

/// Jobs that ended before a time go with their items, the oldest first; others stay.
pub async fn jobs_that_ended_are_pruned(store: &impl Store) {
    put_all(store, (1..=4).map(|number| begin(job_of(number, JobAction::CheckStatus, 1), 1))).await;
    put_all(store, [(1, 20), (2, 30), (3, 40)].map(|(job, now)| steer(job, Steer::Cancel, now))).await;
    skipped(store, Prune::Jobs(at(20), 9)).await;
    put(store, Prune::Jobs(at(40), 1)).await;
    assert_eq!(store.job(job_id(1)).await.unwrap(), None);
    assert!(items(store, 1).await.is_empty());
    put(store, Prune::Jobs(at(40), 9)).await;
    let left = store.jobs(&JobFilter::default(), Page::first(9)).await.unwrap();
    assert_eq!(left.iter().map(|job| job.id).collect::<Vec<_>>(), [4, 3].map(job_id));
}

/// Items whose command has left are found by their phone, and confirmed whoever holds the job; that ends the job
/// where nothing else is open. What never left, or is confirmed already, is not.
pub async fn evidence_confirms_what_left(store: &impl Store) {
    put_all(store, [begin(job_of(1, JobAction::Restart(RestartKind::Force), 4), 4), take(1, 1, 10)]).await;
    put_all(store, (0..3).map(|item| sending(1, 1, item, 11))).await;
    put_all(store, [settle(1, 1, 0, Accepted, 12), settle(1, 1, 1, Unknown, 13)]).await;
    let all: Vec<DeviceId> = items(store, 1).await.iter().map(|item| item.device).collect();
    let found = async |since| {
        let items = store.commanded(all.clone(), at(since)).await.unwrap();
        items.iter().map(|item| item.number).collect::<Vec<_>>()
    };
    assert_eq!(found(0).await, [0, 1, 2]);
    assert_eq!(found(12).await, [0, 1]);
    assert!(store.commanded(vec![all[3]], at(0)).await.unwrap().is_empty());
    assert!(store.commanded(Vec::new(), at(0)).await.unwrap().is_empty());
    put_all(store, (0..3).map(|item| confirm(1, item, 14))).await;
    assert_eq!(states(store, 1).await, [Confirmed, Confirmed, Confirmed, Queued]);
    assert_eq!(items(store, 1).await[2].text.as_str(), "started");
    for refused in [confirm(1, 0, 15), confirm(1, 3, 15), confirm(1, 9, 15), confirm(7, 0, 15)] {
        skipped(store, refused).await;
    }
    // Its holder comes too late with what it knows.
    skipped(store, settle(1, 1, 2, Failed, 16)).await;
    assert!(found(0).await.is_empty());
    put_all(store, [sending(1, 1, 3, 17), confirm(1, 3, 18)]).await;
    assert_eq!(the(store, 1).await.state, JobState::Finished);
    assert_eq!(the(store, 1).await.ended_at, Some(at(18)));
}

/// What waits for its phone's report is found by the phone, leaves once, keeps its job from ending, and is
/// cancelled with it; while the job is paused it stays.
pub async fn what_waits_is_handed_over_once(store: &impl Store) {
    let restart = |number, items| job_of(number, JobAction::Restart(RestartKind::Force), items);
    put_all(store, [begin(restart(1, 3), 3), begin(restart(2, 1), 1), take(1, 1, 10), take(2, 1, 10)]).await;
    put(store, settle(2, 1, 0, Waiting, 11)).await;
    put_all(store, (0..3).map(|item| settle(1, 1, item, Waiting, 12))).await;
    assert_eq!(states(store, 1).await, [Waiting, Waiting, Waiting]);
    assert_eq!(the(store, 1).await.state, JobState::Active);
    let first = items(store, 1).await[0].device;
    let waits = async |limit| {
        let items = store.waiting(first, limit).await.unwrap();
        items.iter().map(|item| (item.job, item.number)).collect::<Vec<_>>()
    };
    assert_eq!(waits(9).await, [(job_id(2), 0), (job_id(1), 0)]);
    assert_eq!(waits(1).await, [(job_id(2), 0)]);
    put(store, steer(1, Steer::Pause, 13)).await;
    skipped(store, hand(1, 0, Accepted, 14)).await;
    put(store, steer(1, Steer::Resume, 15)).await;
    put(store, hand(1, 0, Accepted, 16)).await;
    skipped(store, hand(1, 0, Accepted, 17)).await;
    let item = items(store, 1).await[0].clone();
    assert_eq!((item.state, item.session, item.at), (Accepted, Some(SessionId::new([7; 4])), Some(at(16))));
    assert_eq!(item.text.as_str(), "handed");
    put(store, hand(1, 1, Skipped, 18)).await;
    put(store, steer(1, Steer::Cancel, 19)).await;
    assert_eq!(states(store, 1).await, [Accepted, Skipped, Cancelled]);
    assert_eq!(waits(9).await, [(job_id(2), 0)]);
    put(store, hand(2, 0, Failed, 20)).await;
    assert_eq!(the(store, 2).await.state, JobState::Finished);
    skipped(store, hand(7, 0, Failed, 21)).await;
}
