//! Jobs from beginning to end, with the clock in hand.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

#[path = "jobs/answers.rs"]
mod answers;
mod common;

use std::time::Duration;

use common::{Shared, block_on, fleet::Fleet};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::{
        App, AppErrorKind, AppOptions,
        admin::{
            device_bulk::Selection,
            jobs::{NewJob, SeenItem},
        },
    },
    id::DeviceId,
    job::{ItemState, Job, JobAction, JobState, LeaseSeconds, Pace, Steer},
    outbound::{RestartKind, SendError, SendErrorKind},
    status::Connectivity,
    store::{AuditFilter, DeviceFilter, JobFilter, JobItems, Order, Page, Store as _},
    time::Timestamp,
};

use ItemState::{Accepted, Cancelled, Confirmed, Failed, Skipped, Unknown};

const RESTART: JobAction = JobAction::Restart(RestartKind::Graceful);

fn new(action: JobAction, phones: Selection) -> NewJob {
    NewJob { action, phones, pace: None, starts_at: None }
}

fn everybody() -> Selection {
    Selection::Filter(Box::new(DeviceFilter::all()))
}

fn begin(fleet: &Fleet, action: JobAction, phones: &[usize]) -> Job {
    let ids: Vec<DeviceId> = phones.iter().map(|at| fleet.phones[*at].1).collect();
    block_on(fleet.world.admin().begin_job(new(action, Selection::Ids(ids)))).unwrap()
}

/// What the driver does each second, for so long.
fn work(fleet: &Fleet, seconds: u64) {
    for _ in 0..seconds {
        block_on(fleet.world.app.work_on_jobs()).unwrap();
        fleet.world.clock.advance(Duration::from_secs(1));
    }
}

fn sent(fleet: &Fleet) -> usize {
    fleet.world.phones.sent().len()
}

fn now(fleet: &Fleet) -> Timestamp {
    fleet.world.ports.clock.now().wall
}

fn the(fleet: &Fleet, job: &Job) -> Job {
    block_on(fleet.world.admin().job(job.id)).unwrap()
}

fn items(fleet: &Fleet, job: &Job) -> Vec<(ItemState, String)> {
    let which = JobItems { job: job.id, state: None };
    let items = block_on(fleet.world.admin().job_items(which, Page::first(1_000))).unwrap();
    let item = |item| match item {
        SeenItem::Here(item) => (item.state, item.text.as_str().to_owned()),
        SeenItem::MovedAway(_, state) => (state, "moved away".to_owned()),
    };
    items.into_iter().map(item).collect()
}

fn states(fleet: &Fleet, job: &Job) -> Vec<ItemState> {
    items(fleet, job).into_iter().map(|(state, _)| state).collect()
}

/// MUL-13, MDV-23, C23: twelve phones restart in batches of 5, 5 and 2 with two minutes between; each once.
#[test]
fn mul_13_twelve_phones_restart_in_batches() {
    let fleet = Fleet::new(12);
    let job = block_on(fleet.world.admin().begin_job(new(RESTART, everybody()))).unwrap();
    assert_eq!(job.expected_end(job.created_at).unwrap().since(job.created_at).as_secs(), 240);
    for (seconds, phones) in [(1, 5), (119, 5), (1, 10), (119, 10), (1, 12), (300, 12)] {
        work(&fleet, seconds);
        assert_eq!(sent(&fleet), phones);
    }
    let done = the(&fleet, &job);
    assert_eq!((done.state, done.counts.accepted), (JobState::Finished, 12));
    let mut called: Vec<DeviceId> =
        fleet.world.phones.sent().iter().map(|delivery| delivery.to.device).collect();
    called.sort_unstable();
    called.dedup();
    assert_eq!(called.len(), 12);
}

/// DEV-33, MUL-19, AMB-56: one phone is told after the delay; several one after the other, the first at once.
#[test]
fn amb_56_the_delay_is_before_one_and_between_several() {
    let fleet = Fleet::new(3);
    let job = begin(&fleet, JobAction::UpdateConfiguration, &[0]);
    work(&fleet, 2);
    assert_eq!(sent(&fleet), 0);
    work(&fleet, 1);
    assert_eq!((sent(&fleet), the(&fleet, &job).state), (1, JobState::Finished));
    begin(&fleet, JobAction::UpdateConfiguration, &[0, 1, 2]);
    for (seconds, all) in [(1, 2), (1, 2), (1, 3), (1, 3), (1, 4)] {
        work(&fleet, seconds);
        assert_eq!(sent(&fleet), all);
    }
    let pace = Pace { pause: 7.try_into().unwrap(), ..Pace::ONE_BY_ONE };
    let slow = NewJob { pace: Some(pace), ..new(JobAction::UpdateConfiguration, everybody()) };
    block_on(fleet.world.admin().begin_job(slow)).unwrap();
    work(&fleet, 7);
    assert_eq!(sent(&fleet), 5);
    work(&fleet, 1);
    assert_eq!(sent(&fleet), 6);
}

/// AMB-58: a job that begins at a given time is a row: another node, or this one after a restart, begins it.
#[test]
fn amb_58_a_scheduled_restart_survives_the_server() {
    let fleet = Fleet::new(1);
    let at = now(&fleet).plus(Duration::from_hours(3));
    let later = NewJob { starts_at: Some(at), ..new(RESTART, everybody()) };
    let job = block_on(fleet.world.admin().begin_job(later)).unwrap();
    work(&fleet, 5);
    let again: App<Shared> =
        block_on(App::open(fleet.world.store.clone(), fleet.world.ports.clone(), AppOptions::default()))
            .unwrap();
    fleet.world.clock.advance(at.since(now(&fleet)).saturating_sub(Duration::from_secs(1)));
    block_on(again.work_on_jobs()).unwrap();
    assert_eq!(sent(&fleet), 0);
    fleet.world.clock.advance(Duration::from_secs(1));
    block_on(again.work_on_jobs()).unwrap();
    assert_eq!((sent(&fleet), the(&fleet, &job).state), (1, JobState::Finished));
}

/// MDV-16, AMB-59, C24: phones that are silent, gone, disabled or have never reported are left out with the
/// reason, and make nobody wait.
#[test]
fn c24_each_phone_is_looked_at_when_its_turn_comes() {
    let fleet = Fleet::new(8);
    let world = &fleet.world;
    let job = begin(&fleet, RESTART, &[0, 1, 2, 3, 4, 5, 6, 7]);
    world.clock.advance(Duration::from_hours(12));
    block_on(world.app.heartbeat()).unwrap();
    for at in [1, 2, 5, 6, 7] {
        fleet.phones[at].0.registered(world);
    }
    fleet.pass(Duration::from_mins(2));
    assert_eq!(fleet.connectivity(0), Connectivity::Disconnected);
    block_on(world.admin().delete_device(fleet.phones[1].1)).unwrap();
    world.edit_device(fleet.phones[2].1, |device| device.admission = ipp_core::device::Admission::Disabled);
    work(&fleet, 1);
    let items = items(&fleet, &job);
    let (silent, gone, off) = (&items[0], &items[1], &items[2]);
    assert_eq!(silent, &(Skipped, "the phone is disconnected".to_owned()));
    assert_eq!(gone, &(Skipped, "the phone was deleted".to_owned()));
    assert_eq!(off, &(Skipped, "the phone is not enrolled".to_owned()));
    assert_eq!(sent(&fleet), 3);
    assert_eq!(the(&fleet, &job).state, JobState::Finished);
}

/// C21: what was being sent when the node died is unknown, and a restart is never sent again; what may be done
/// twice is. The lease keeps others away until then.
#[test]
fn c21_what_was_being_sent_is_not_sent_again() {
    for (action, after, calls) in [(RESTART, Unknown, 1), (JobAction::CheckStatus, Accepted, 2)] {
        let fleet = Fleet::new(2);
        let world = &fleet.world;
        let job = begin(&fleet, action, &[0]);
        // The node dies while the phone is called: what it would have written afterwards is never written.
        world.store.fail_after(2);
        assert!(block_on(world.app.work_on_jobs()).is_err());
        world.store.fail_after(u64::MAX);
        assert_eq!(sent(&fleet), 1);
        assert_eq!(states(&fleet, &job), [ItemState::Sending]);
        let other = world.open();
        block_on(other.work_on_jobs()).unwrap();
        assert_eq!(states(&fleet, &job), [ItemState::Sending]);
        world.clock.advance(LeaseSeconds::default().duration());
        block_on(other.work_on_jobs()).unwrap();
        work(&fleet, 5);
        assert_eq!(states(&fleet, &job), [after]);
        assert_eq!((sent(&fleet), the(&fleet, &job).state), (calls, JobState::Finished));
    }
}

/// C21, C26: a restart that was accepted, or of which nothing is known, is confirmed by the phone's next start
/// report within a day; what else was sent is not, nor by a report from before.
#[test]
fn c26_a_start_report_confirms_a_restart() {
    let fleet = Fleet::new(3);
    let world = &fleet.world;
    let starts = |at: usize| {
        fleet.phones[at].0.started(world);
    };
    starts(0);
    world.clock.advance(Duration::from_secs(1));
    world.phones.answer_next(Err(SendError::new(SendErrorKind::Unknown, "no answer in time")));
    let restart = begin(&fleet, RESTART, &[1, 0, 2]);
    work(&fleet, 10);
    assert_eq!(states(&fleet, &restart), [Unknown, Accepted, Accepted]);
    let check = begin(&fleet, JobAction::CheckStatus, &[0]);
    work(&fleet, 10);
    starts(0);
    starts(1);
    work(&fleet, 1);
    assert_eq!(states(&fleet, &restart), [Confirmed, Confirmed, Accepted]);
    assert_eq!(states(&fleet, &check), [Accepted]);
    assert_eq!(items(&fleet, &restart)[0].1, "the phone has started since");
    world.clock.advance(Duration::from_hours(24));
    starts(2);
    work(&fleet, 120);
    assert_eq!(states(&fleet, &restart)[2], Accepted);
}

/// DEV-42: what a phone says is told for each, and what failed is tried again on demand, but nothing that may
/// have arrived.
#[test]
fn dev_42_what_failed_is_told_and_tried_again() {
    let fleet = Fleet::new(3);
    let phones = &fleet.world.phones;
    phones.answer_next(Err(SendError::new(SendErrorKind::NotSent, "no route")));
    phones.answer_next(Err(SendError::new(SendErrorKind::Unknown, "no answer in time")));
    let job = begin(&fleet, RESTART, &[0, 1, 2]);
    work(&fleet, 1);
    let told = items(&fleet, &job);
    assert_eq!(told[0], (Failed, "no route".to_owned()));
    assert_eq!(told[1], (Unknown, "no answer in time".to_owned()));
    assert_eq!(told[2].0, Accepted);
    let again = block_on(fleet.world.admin().steer_job(job.id, Steer::Retry)).unwrap();
    assert_eq!((again.state, again.counts.queued), (JobState::Active, 1));
    work(&fleet, 130);
    assert_eq!(states(&fleet, &job), [Accepted, Unknown, Accepted]);
    assert_eq!(sent(&fleet), 4);
    let error = block_on(fleet.world.admin().steer_job(job.id, Steer::Retry)).unwrap_err();
    assert_eq!(error.kind(), AppErrorKind::Conflict);
}

/// MUL-23: a job is paused, goes on without a burst, and is cancelled before its next batch.
#[test]
fn mul_23_a_job_is_paused_resumed_and_cancelled() {
    let fleet = Fleet::new(12);
    let world = &fleet.world;
    let job = block_on(world.admin().begin_job(new(RESTART, everybody()))).unwrap();
    work(&fleet, 1);
    let steer = |steer| block_on(world.admin().steer_job(job.id, steer));
    assert_eq!(steer(Steer::Pause).unwrap().state, JobState::Paused);
    work(&fleet, 600);
    assert_eq!(sent(&fleet), 5);
    steer(Steer::Resume).unwrap();
    work(&fleet, 60);
    assert_eq!(sent(&fleet), 10);
    let over = steer(Steer::Cancel).unwrap();
    assert_eq!((over.state, over.counts.cancelled), (JobState::Cancelled, 2));
    work(&fleet, 200);
    assert_eq!((sent(&fleet), states(&fleet, &job)[10..].to_vec()), (10, vec![Cancelled, Cancelled]));
    assert_eq!(steer(Steer::Resume).unwrap_err().kind(), AppErrorKind::Conflict);
    // Each of the four that took effect stands in the audit log, with the beginning.
    let audited =
        block_on(world.store.audit(&AuditFilter::all(), Order::Ascending, Page::first(1_000))).unwrap();
    let actions: Vec<String> = audited
        .into_iter()
        .map(|record| record.entry.action)
        .filter(|action| action.starts_with("job."))
        .collect();
    assert_eq!(actions, ["job.restart", "job.pause", "job.resume", "job.cancel"]);
}

/// C24, A19: an author who lost the right sends nothing any more, and neither does one who is gone; what a phone
/// has moved into is what counts.
#[test]
fn c24_an_author_without_rights_sends_nothing() {
    let fleet = Fleet::new(2);
    let world = &fleet.world;
    let other = world.region("Other", |_| {});
    let home = world.record(fleet.phones[0].1).device.value.region.unwrap();
    let regional = |regions: Vec<_>| Role::Regional {
        level: RegionalLevel::Operator,
        regions: Regions::Only(regions.into_iter().collect()),
    };
    let job = block_on(
        world
            .app
            .admin(Caller::new("ems operator", None, regional(vec![home]), false))
            .begin_job(new(RESTART, Selection::Ids(fleet.phones.iter().map(|(_, id)| *id).collect()))),
    )
    .unwrap();
    world.edit_device(fleet.phones[1].1, |device| device.region = Some(other.id));
    work(&fleet, 1);
    let told = items(&fleet, &job);
    assert_eq!((told[0].0, told[1].0, sent(&fleet)), (Accepted, Skipped, 1));
    assert!(told[1].1.contains("may not do this"), "{}", told[1].1);
    // Whoever may not see it any more is not told of it.
    let author = world.app.admin(Caller::new("ems operator", None, regional(vec![home]), false));
    let which = JobItems { job: job.id, state: None };
    let seen = block_on(author.job_items(which, Page::first(9))).unwrap();
    assert_eq!(seen[1], SeenItem::MovedAway(1, Skipped));
    // An account that is not there any more.
    let gone = ipp_core::id::OperatorId::from_bytes([7; 16]);
    let caller = Caller::new("gone", Some(gone), Role::Administrator, false);
    let job = block_on(world.app.admin(caller).begin_job(new(RESTART, everybody()))).unwrap();
    work(&fleet, 1);
    assert_eq!(states(&fleet, &job), [Skipped, Skipped]);
    assert_eq!(sent(&fleet), 1);
}

/// SEC-13: whoever may not see a phone, or may not command it, begins nothing; another's job does not exist for
/// people of single regions.
#[test]
fn sec_13_jobs_are_begun_by_who_may() {
    let fleet = Fleet::new(1);
    let world = &fleet.world;
    let home = world.record(fleet.phones[0].1).device.value.region.unwrap();
    let other = world.region("Other", |_| {});
    let as_of = |name: &str, level, region| {
        let role = Role::Regional { level, regions: Regions::Only([region].into()) };
        world.app.admin(Caller::new(name, None, role, false))
    };
    let ids = || Selection::Ids(vec![fleet.phones[0].1]);
    let refused = |admin: ipp_core::app::admin::Admin<'_, Shared>, action| {
        block_on(admin.begin_job(new(action, ids()))).unwrap_err().kind()
    };
    assert_eq!(refused(as_of("far", RegionalLevel::Operator, other.id), RESTART), AppErrorKind::NotFound);
    assert_eq!(refused(as_of("watch", RegionalLevel::Monitoring, home), RESTART), AppErrorKind::Forbidden);
    let job = block_on(
        as_of("watch", RegionalLevel::Monitoring, home).begin_job(new(JobAction::CheckStatus, ids())),
    )
    .unwrap();
    assert!(block_on(as_of("watch", RegionalLevel::Monitoring, home).job(job.id)).is_ok());
    let error = block_on(as_of("far", RegionalLevel::Operator, other.id).job(job.id)).unwrap_err();
    assert_eq!(error.kind(), AppErrorKind::NotFound);
    let none = Selection::Ids(Vec::new());
    let error = block_on(world.admin().begin_job(new(RESTART, none))).unwrap_err();
    assert_eq!(error.kind(), AppErrorKind::Invalid);
    assert_eq!(block_on(world.store.jobs(&JobFilter::default(), Page::first(9))).unwrap().len(), 1);
}

/// C16: after the clock
/// was set, nothing is begun until it has shown that it goes on.
#[test]
fn c16_nothing_is_begun_right_after_the_clock_was_set() {
    let fleet = Fleet::new(1);
    begin(&fleet, RESTART, &[0]);
    block_on(fleet.world.app.heartbeat()).unwrap();
    fleet.world.clock.set(now(&fleet).plus(Duration::from_hours(5)));
    work(&fleet, 59);
    assert_eq!(sent(&fleet), 0);
    work(&fleet, 3);
    assert_eq!(sent(&fleet), 1);
}
