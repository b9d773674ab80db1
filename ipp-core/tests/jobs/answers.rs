//! Commands to phones that are never called: they leave with the answers to reports.

use std::time::Duration;

use ipp_core::{
    app::{admin::Admin, report::ReportAnswer},
    device::Admission,
    job::{ItemState, JobAction, JobState, Steer},
    outbound::{CommandName, CommandTable, Delivered},
    status::Registration,
    store::Page,
};

use super::{
    Accepted, Cancelled, Confirmed, Failed, RESTART, Skipped, begin,
    common::{Shared, block_on, fleet::Fleet},
    items, sent, states, the, work,
};
use ItemState::Waiting;

/// Phones that the server never calls.
fn fleet(phones: u32) -> Fleet {
    let fleet = Fleet::new(phones);
    fleet.world.edit_settings(|settings| {
        let mut families = settings.commands.table.families().to_vec();
        for family in &mut families {
            family.delivered = Delivered::KeepAlive;
        }
        settings.commands.table = CommandTable::new(families).unwrap();
    });
    fleet
}

/// What the answer to the next report of a phone asks of it.
fn asked(fleet: &Fleet, at: usize) -> Vec<CommandName> {
    let answer = fleet.phones[at].0.registered(&fleet.world);
    assert_ne!(answer, ReportAnswer::Unauthorised, "the phone is known");
    let ReportAnswer::Commands(commands) = answer else { return Vec::new() };
    commands.into_iter().map(|command| command.command).collect()
}

fn admin(fleet: &Fleet) -> Admin<'_, Shared> {
    fleet.world.admin()
}

/// API-08, C21, C23, C26: a command waits for the report of its phone, leaves once, and the restart is confirmed;
/// batches and pauses count for phones that wait as for those that are called.
#[test]
fn api_06_a_command_leaves_once_with_the_answer_to_a_report() {
    let fleet = fleet(7);
    let job = begin(&fleet, RESTART, &[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(asked(&fleet, 0), []);
    work(&fleet, 1);
    assert_eq!(states(&fleet, &job)[..6], [Waiting, Waiting, Waiting, Waiting, Waiting, ItemState::Queued]);
    assert_eq!(asked(&fleet, 0), [CommandName::RestartGraceful]);
    assert_eq!(asked(&fleet, 0), []);
    assert_eq!(items(&fleet, &job)[0], (Accepted, "sent with the answer to the phone's report".to_owned()));
    work(&fleet, 120);
    for phone in 1..7 {
        assert_eq!(asked(&fleet, phone), [CommandName::RestartGraceful]);
    }
    assert_eq!(the(&fleet, &job).state, JobState::Finished);
    fleet.world.clock.advance(Duration::from_secs(1));
    fleet.phones[0].0.started(&fleet.world);
    work(&fleet, 1);
    assert_eq!(states(&fleet, &job)[..2], [Confirmed, Accepted]);
    assert_eq!(sent(&fleet), 0);
}

/// S-03, API-08: a command holds the phone's account, so whoever only knows the phone's address gets none.
#[test]
fn api_06_only_the_token_of_a_phone_fetches_its_commands() {
    let mut fleet = fleet(1);
    let job = begin(&fleet, RESTART, &[0]);
    work(&fleet, 1);
    let token = fleet.phones[0].0.token.take();
    let stranger = block_on(fleet.world.app.report(&fleet.phones[0].0.status(Registration::Registered)));
    assert!(!matches!(stranger, Ok(ReportAnswer::Commands(_))));
    assert_eq!(states(&fleet, &job), [Waiting]);
    fleet.phones[0].0.token = token;
    assert_eq!(asked(&fleet, 0), [CommandName::RestartGraceful]);
}

/// MUL-23: while a job is paused nothing leaves, and what is cancelled never does.
#[test]
fn mul_23_commands_of_paused_jobs_do_not_leave() {
    let fleet = fleet(2);
    let job = begin(&fleet, JobAction::UpdateConfiguration, &[0, 1]);
    work(&fleet, 10);
    assert_eq!(states(&fleet, &job), [Waiting, Waiting]);
    let steer = |steer| block_on(admin(&fleet).steer_job(job.id, steer)).unwrap();
    steer(Steer::Pause);
    assert_eq!(asked(&fleet, 0), []);
    steer(Steer::Resume);
    assert_eq!(asked(&fleet, 0), [CommandName::UpdateConfiguration]);
    steer(Steer::Cancel);
    assert_eq!(asked(&fleet, 1), []);
    assert_eq!(states(&fleet, &job), [Accepted, Cancelled]);
}

/// C25: two jobs that want the same of a phone send it once; two that want different things send both, in
/// their order.
#[test]
fn c25_the_same_leaves_once() {
    let fleet = fleet(1);
    let twice = JobAction::UpdateConfiguration;
    let jobs = [twice.clone(), twice, JobAction::CheckStatus].map(|action| {
        let job = begin(&fleet, action, &[0]);
        work(&fleet, 10);
        job
    });
    assert_eq!(asked(&fleet, 0), [CommandName::UpdateConfiguration, CommandName::CheckStatus]);
    let became: Vec<_> = jobs.iter().flat_map(|job| states(&fleet, job)).collect();
    assert_eq!(became, [Accepted, Skipped, Accepted]);
}

/// C24: who is disabled meanwhile is left out, and a phone that does not report for a day is given up.
#[test]
fn c24_what_waits_is_looked_at_again_and_given_up_in_the_end() {
    let fleet = fleet(2);
    let job = begin(&fleet, RESTART, &[0, 1]);
    work(&fleet, 1);
    fleet.world.edit_device(fleet.phones[1].1, |device| device.admission = Admission::Disabled);
    work(&fleet, 120);
    assert_eq!(states(&fleet, &job), [Waiting, Skipped]);
    assert_eq!(items(&fleet, &job)[1].1, "the phone is not enrolled");
    fleet.world.clock.advance(Duration::from_hours(24));
    // The clock's leap stops what is due for a moment.
    work(&fleet, 120);
    let given_up = "the phone has not reported under its own address for a day";
    assert_eq!(items(&fleet, &job)[0], (Failed, given_up.to_owned()));
    assert_eq!(the(&fleet, &job).state, JobState::Finished);
    assert_eq!(asked(&fleet, 0), []);
    let events = block_on(admin(&fleet).device_events(fleet.phones[0].1, Page::first(10))).unwrap();
    let told = events.into_iter().map(|event| event.what.to_string());
    assert!(told.into_iter().any(|text| text == "command restart_graceful: failed"));
}
