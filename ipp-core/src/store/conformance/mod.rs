//! What every store must do, as one list of cases. [`conformance_tests!`](crate::conformance_tests)
//! makes a named test of each, in any crate:
//!
//! ```
//! use ipp_core::store::MemoryStore;
//!
//! async fn fixture() -> (MemoryStore, ()) {
//!     (MemoryStore::default(), ())
//! }
//!
//! ipp_core::conformance_tests!(fixture);
//! # fn main() {}
//! ```
//!
//! A fixture answers an empty store and a guard that is dropped after the store. A new case is an
//! `async fn` in the file of its area and its name in the list below; a new kind of change is an arm
//! of [`cases_of`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "these are tests: a case that panics has found a fault, and the samples are their words"
)]

pub mod accounts;
pub mod alarms;
pub mod audit;
pub mod batches;
pub mod catalog;
pub mod counts;
pub mod devices;
pub mod dumps;
pub mod files;
pub mod jobs;
pub mod logs;
pub mod many;
pub mod model;
pub mod names;
pub mod pins;
pub mod pruning;
pub mod references;
pub mod requests;
pub mod runs;
pub mod samples;
pub mod status;
pub mod users;
mod wait;

use super::{
    AccountChange, Batch, CatalogChange, Change, Committed, DeviceChange, JobChange, LogChange, PinChange,
    Prune, Reseal, SealedPlace, StatusChange, Store, StoreErrorKind,
};
pub use wait::{block_on, together};

/// Calls a macro with all cases by area, behind the tokens it is given.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($then:path, $($passed:tt)*) => {
        $then! { $($passed)*
            catalog {
                a_new_store_has_the_empty_catalogue
                every_setting_round_trips
                every_field_of_a_region_round_trips
                every_field_of_a_model_round_trips
                every_field_of_a_firmware_entry_round_trips
                every_field_of_a_template_round_trips
                placeholders_of_every_scope_round_trip
                a_placeholder_may_be_set_to_nothing_and_taken_out
                what_is_deleted_is_gone
                deleting_what_is_absent_is_no_error
                putting_again_replaces_and_counts_the_revision
                a_placeholder_set_again_has_a_later_revision
                a_catalogue_is_read_only_where_it_is_newer
                only_changes_of_the_catalogue_raise_its_revision
                publishing_points_a_template_at_a_generation
                publishing_an_absent_template_is_skipped
            }
            names {
                a_region_name_is_taken_in_any_case
                a_firmware_name_is_taken_in_any_case
                a_template_name_is_taken_as_it_is_written
                a_user_name_is_taken_in_any_case
                a_mac_address_is_taken
                a_token_is_taken
                one_default_template_for_a_region_and_model
                one_default_template_for_a_model_without_region
                names_are_free_again_and_may_be_swapped
                names_that_differ_beyond_ascii_are_different
            }
            references {
                a_region_in_use_stays
                a_model_in_use_stays
                a_template_in_use_stays
                a_firmware_entry_in_use_stays
                a_user_in_use_stays
                a_device_refers_only_to_what_exists
                a_template_refers_only_to_what_exists
                a_region_refers_only_to_firmware_that_exists
                a_firmware_entry_refers_only_to_a_model_that_exists
                a_user_refers_only_to_a_region_that_exists
                a_placeholder_needs_its_scope
                what_nothing_refers_to_any_more_can_go
            }
            devices {
                every_field_round_trips
                an_empty_device_round_trips
                a_device_is_found_by_id_address_and_token
                a_device_is_read_with_its_user
                putting_again_keeps_status_alarms_and_files
                deleting_takes_everything_with_it
                changes_are_numbered_and_outlive_the_device
                changes_are_read_in_pieces
                pages_follow_each_other
                each_filter_selects
                filters_combine
                pages_of_several_regions_are_one_list
                the_longest_silent_pending_are_evicted
                lists_are_sorted_and_searched
                what_is_searched_is_present
            }
            files {
                a_shared_file_round_trips
                a_stand_in_round_trips
                a_stand_in_needs_its_device
                a_file_written_again_has_a_later_revision
                files_are_edited_by_revision
                what_is_published_is_withdrawn
                devices_are_found_by_their_files
            }
            users {
                every_field_round_trips
                a_user_is_found_by_id_and_by_name_in_any_case
                a_user_is_deleted
                pages_and_regions_select
                lists_are_sorted_and_searched
            }
            status {
                every_field_round_trips
                an_older_report_is_skipped
                a_report_of_the_same_moment_counts
                the_time_of_change_moves_only_with_a_change
                details_follow_each_report
                a_report_of_an_unknown_phone_is_skipped
                a_silent_phone_is_disconnected_and_comes_back
                a_sweep_skips_phones_that_have_moved
                a_forgotten_phone_comes_back_with_its_next_report
                silent_phones_are_listed_in_pages
                times_of_being_able_to_receive_are_kept
                unknown_words_and_odd_texts_are_kept
            }
            alarms {
                every_field_round_trips
                a_repeat_updates_the_alarm
                a_clear_takes_one_or_all_of_a_name
                alarms_of_unknown_phones_are_skipped
                the_latest_action_comes_first
                each_filter_selects
                a_search_finds
                pages_follow_each_other
                odd_texts_are_kept_apart
                what_becomes_of_alarms_is_kept_in_order
                events_of_alarms_outlive_their_phone
                events_of_alarms_come_in_pieces
                a_target_is_told_forwards
            }
            pins {
                a_generation_round_trips_in_its_order
                a_generation_that_is_there_stays
                every_field_of_a_published_file_round_trips
                five_published_files_are_kept
                going_back_moves_the_pointer
                publishing_after_going_back_takes_the_next_number
                publishing_for_a_phone_that_changed_is_skipped
                publishing_for_an_unknown_phone_is_skipped
                secrets_are_sealed_anew_in_their_place
            }
            counts {
                every_device_is_counted_once
                a_device_moves_between_counters
                reports_move_counters_only_where_something_differs
                published_files_are_counted_by_what_they_are_made_of
                a_changed_device_counts_as_stale
                counters_at_zero_are_gone
            }
            audit {
                entries_are_chained
                entries_are_read_in_pieces
                each_filter_selects
                a_failed_batch_notes_nothing
                entries_about_one_thing_are_found
                entries_of_some_actions_are_found
            }
            accounts {
                every_field_of_an_account_round_trips
                an_account_is_found_by_id_and_by_name_in_any_case
                an_account_name_is_taken_in_any_case
                an_account_names_only_regions_that_exist
                a_region_that_an_account_names_stays
                the_last_super_administrator_stays
                an_account_is_expected_at_its_revision
                deleting_an_account_takes_sessions_and_tokens
                a_session_is_found_with_its_account
                a_session_is_touched_forward_only
                sessions_end
                sessions_that_are_over_are_forgotten
                every_field_of_a_token_round_trips
                the_last_use_of_a_token_moves_forward_only
                a_deleted_token_is_gone
            }
            requests {
                a_key_is_taken_once
                an_answer_is_kept
                old_requests_are_forgotten
                an_answer_is_sealed_anew_in_its_place
            }
            jobs {
                a_job_begins_with_its_items
                jobs_and_items_are_listed
                a_lease_is_taken_by_one
                what_was_left_is_settled
                an_item_is_sent_once
                one_command_at_a_time_for_a_phone
                the_last_item_ends_a_job
                what_is_due_is_found
                a_job_is_steered
                evidence_confirms_what_left
                what_waits_is_handed_over_once
                jobs_that_ended_are_pruned
            }
            runs {
                a_run_counts_what_it_published
                runs_are_found_latest_first
                the_latest_runs_are_kept
                a_failed_batch_counts_no_run
            }
            batches {
                an_empty_batch_does_nothing
                a_batch_that_fails_at_its_end_leaves_nothing
                every_row_can_be_expected_at_its_revision
                every_row_can_be_expected_absent
                expectations_are_about_the_state_before_the_batch
                changes_see_those_before_them
                skipped_changes_are_reported_by_position
                a_batch_that_is_too_large_is_invalid
                a_large_batch_is_applied_whole
                batches_at_once_are_applied_each_and_in_order
                a_failing_batch_leaves_its_neighbours
                one_of_many_that_expect_the_same_wins
                a_dropped_write_does_no_harm
            }
            many {
                many_rows_are_put_like_one_after_the_other
                the_bad_one_of_many_is_named
                what_one_of_many_gives_up_another_takes
                the_first_of_many_that_is_stale_is_named
            }
            dumps {
                what_is_dumped_is_restored
                what_another_store_dumped_is_restored
                an_empty_store_dumps_nothing
                a_dump_is_of_one_moment
                sessions_and_tokens_are_not_dumped
                a_store_that_is_not_empty_takes_no_dump
                an_unfinished_restoration_leaves_nothing
            }
            logs {
                every_field_of_a_line_round_trips
                lines_are_read_by_level_in_pieces
                every_kind_of_event_round_trips
                an_event_again_is_counted
                two_hundred_events_of_a_phone_are_kept
                events_of_an_unknown_phone_are_left_out
                changes_of_status_are_events
                events_go_with_their_phone
                an_hour_is_sampled_once
            }
            pruning {
                lines_are_pruned_by_age_and_number
                events_are_pruned_by_age
                samples_are_pruned
                uptimes_are_pruned
                gone_devices_are_pruned
                tokens_that_ended_are_pruned
                events_of_alarms_are_pruned_by_age
                generations_without_use_are_pruned
                generations_in_use_stay
                a_generation_that_is_wanted_again_stays
            }
        }
    };
}

/// Makes a test of every case. The fixture is the name of an `async fn` without arguments that
/// answers an empty store and a guard.
#[macro_export]
macro_rules! conformance_tests {
    ($fixture:ident) => {
        $crate::conformance_cases!($crate::conformance_tests, @of $fixture);
    };
    (@of $fixture:ident $($area:ident { $($case:ident)* })*) => {
        $(
            mod $area {
                $(
                    #[test]
                    fn $case() {
                        $crate::store::conformance::block_on(async {
                            let (store, guard) = super::$fixture().await;
                            $crate::store::conformance::$area::$case(&store).await;
                            drop(store);
                            drop(guard);
                        });
                    }
                )*
            }
        )*

        #[test]
        fn every_change_has_a_case() {
            $crate::store::conformance::check_list();
        }
    };
}

macro_rules! names {
    ($($area:ident { $($case:ident)* })*) => {
        /// Every case as `area::name`.
        pub const CASES: &[&str] = &[$($(concat!(stringify!($area), "::", stringify!($case))),*),*];
    };
}

conformance_cases!(names,);

/// The cases that prove a kind of change. There is no arm for *the rest*: a new kind does not
/// compile until it has its cases here.
pub const fn cases_of(change: &Change) -> &'static [&'static str] {
    match change {
        Change::Catalog(change) => cases_of_catalog(change),
        Change::Account(change) => cases_of_account(change),
        Change::Request(_) => &["requests::a_key_is_taken_once", "requests::an_answer_is_kept"],
        Change::PutUser(_) => &["users::every_field_round_trips"],
        Change::DeleteUser(_) => &["users::a_user_is_deleted", "references::a_user_in_use_stays"],
        Change::Device(DeviceChange::Put(_)) => &["devices::every_field_round_trips"],
        Change::Device(DeviceChange::Delete(_)) => &["devices::deleting_takes_everything_with_it"],
        Change::Device(DeviceChange::EvictPending(_)) => &["devices::the_longest_silent_pending_are_evicted"],
        Change::Status(StatusChange::Report(_)) => {
            &["status::every_field_round_trips", "status::an_older_report_is_skipped"]
        }
        Change::Status(StatusChange::Disconnect { .. }) => &[
            "status::a_silent_phone_is_disconnected_and_comes_back",
            "status::a_sweep_skips_phones_that_have_moved",
        ],
        Change::Status(StatusChange::Forget(_)) => {
            &["status::a_forgotten_phone_comes_back_with_its_next_report"]
        }
        Change::Alarm(crate::alarm::AlarmMessage::Raise { .. }) => &["alarms::every_field_round_trips"],
        Change::Alarm(crate::alarm::AlarmMessage::Clear { .. }) => {
            &["alarms::a_clear_takes_one_or_all_of_a_name"]
        }
        Change::PutGeneration(..) => {
            &["pins::a_generation_round_trips_in_its_order", "pins::a_generation_that_is_there_stays"]
        }
        Change::Pin(PinChange::Publish(_)) => &["pins::every_field_of_a_published_file_round_trips"],
        Change::Pin(PinChange::Revert { .. }) => &["pins::going_back_moves_the_pointer"],
        Change::Pin(PinChange::StandIn { .. }) => {
            &["files::a_stand_in_round_trips", "files::a_stand_in_needs_its_device"]
        }
        Change::Pin(PinChange::Resume(_)) => &["files::a_stand_in_needs_its_device"],
        Change::Pin(PinChange::Withdraw(_)) => &["files::what_is_published_is_withdrawn"],
        Change::Heartbeat(..) => &["status::times_of_being_able_to_receive_are_kept"],
        Change::Reseal(Reseal { place: SealedPlace::Pin(..), .. }) => {
            &["pins::secrets_are_sealed_anew_in_their_place"]
        }
        Change::Reseal(Reseal { place: SealedPlace::Answer(_), .. }) => {
            &["requests::an_answer_is_sealed_anew_in_its_place"]
        }
        Change::Run(_) => &["runs::a_run_counts_what_it_published"],
        Change::Log(LogChange::Activity(_)) => &["logs::every_field_of_a_line_round_trips"],
        Change::Log(LogChange::Events(_)) => {
            &["logs::every_kind_of_event_round_trips", "logs::events_of_an_unknown_phone_are_left_out"]
        }
        Change::Log(LogChange::Sample(_)) => &["logs::an_hour_is_sampled_once"],
        Change::Prune(Prune::Activity { .. }) => &["pruning::lines_are_pruned_by_age_and_number"],
        Change::Prune(Prune::Events(..)) => &["pruning::events_are_pruned_by_age"],
        Change::Prune(Prune::Samples(..)) => &["pruning::samples_are_pruned"],
        Change::Prune(Prune::Uptimes(..)) => &["pruning::uptimes_are_pruned"],
        Change::Prune(Prune::GoneDevices(..)) => &["pruning::gone_devices_are_pruned"],
        Change::Told(..) => &["alarms::a_target_is_told_forwards"],
        Change::Prune(Prune::Jobs(..)) => &["jobs::jobs_that_ended_are_pruned"],
        Change::Job(JobChange::Begin(..)) => &["jobs::a_job_begins_with_its_items"],
        Change::Job(JobChange::Take { .. }) => {
            &["jobs::a_lease_is_taken_by_one", "jobs::what_was_left_is_settled"]
        }
        Change::Job(JobChange::Sending { .. }) => {
            &["jobs::an_item_is_sent_once", "jobs::one_command_at_a_time_for_a_phone"]
        }
        Change::Job(JobChange::Settle { .. }) => &["jobs::the_last_item_ends_a_job"],
        Change::Job(JobChange::GoOn { .. }) => &["jobs::what_is_due_is_found"],
        Change::Job(JobChange::Confirm { .. }) => &["jobs::evidence_confirms_what_left"],
        Change::Job(JobChange::Hand { .. }) => &["jobs::what_waits_is_handed_over_once"],
        Change::Job(JobChange::Steer { .. }) => &["jobs::a_job_is_steered"],
        Change::Prune(Prune::AlarmEvents(..)) => &["pruning::events_of_alarms_are_pruned_by_age"],
        Change::Prune(Prune::Tokens(_)) => &["pruning::tokens_that_ended_are_pruned"],
        Change::Prune(Prune::Generations { .. }) => {
            &["pruning::generations_without_use_are_pruned", "pruning::generations_in_use_stay"]
        }
    }
}

const fn cases_of_catalog(change: &CatalogChange) -> &'static [&'static str] {
    match change {
        CatalogChange::Settings(_) => &["catalog::every_setting_round_trips"],
        CatalogChange::PutRegion(_) => &["catalog::every_field_of_a_region_round_trips"],
        CatalogChange::PutModel(_) => &["catalog::every_field_of_a_model_round_trips"],
        CatalogChange::PutTemplate(_) => &["catalog::every_field_of_a_template_round_trips"],
        CatalogChange::PutFirmware(_) => &["catalog::every_field_of_a_firmware_entry_round_trips"],
        CatalogChange::DeleteRegion(_) => {
            &["catalog::what_is_deleted_is_gone", "references::a_region_in_use_stays"]
        }
        CatalogChange::DeleteModel(_) => {
            &["catalog::what_is_deleted_is_gone", "references::a_model_in_use_stays"]
        }
        CatalogChange::DeleteTemplate(_) => {
            &["catalog::what_is_deleted_is_gone", "references::a_template_in_use_stays"]
        }
        CatalogChange::DeleteFirmware(_) => {
            &["catalog::what_is_deleted_is_gone", "references::a_firmware_entry_in_use_stays"]
        }
        CatalogChange::PublishTemplate(..) => &[
            "catalog::publishing_points_a_template_at_a_generation",
            "catalog::publishing_an_absent_template_is_skipped",
        ],
        CatalogChange::PutFile(..) | CatalogChange::DeleteFile(_) => &["files::a_shared_file_round_trips"],
        CatalogChange::Placeholder(_, _, Some(_)) => &["catalog::placeholders_of_every_scope_round_trip"],
        CatalogChange::Placeholder(_, _, None) => {
            &["catalog::a_placeholder_may_be_set_to_nothing_and_taken_out"]
        }
    }
}

const fn cases_of_account(change: &AccountChange) -> &'static [&'static str] {
    match change {
        AccountChange::PutOperator(_) => &[
            "accounts::every_field_of_an_account_round_trips",
            "accounts::the_last_super_administrator_stays",
        ],
        AccountChange::DeleteOperator(_) => &["accounts::deleting_an_account_takes_sessions_and_tokens"],
        AccountChange::PutSession(_) => &["accounts::a_session_is_found_with_its_account"],
        AccountChange::TouchSession(..) => &["accounts::a_session_is_touched_forward_only"],
        AccountChange::EndSession(_) | AccountChange::EndSessions(..) => &["accounts::sessions_end"],
        AccountChange::PruneSessions(..) => &["accounts::sessions_that_are_over_are_forgotten"],
        AccountChange::PutToken(_) => &["accounts::every_field_of_a_token_round_trips"],
        AccountChange::UseToken(..) => &["accounts::the_last_use_of_a_token_moves_forward_only"],
        AccountChange::DeleteToken(_) => &["accounts::a_deleted_token_is_gone"],
    }
}

/// Checks that the list is complete: each kind of change has cases that exist, and each case that
/// is written down is listed.
pub fn check_list() {
    for change in samples::every_change() {
        for case in cases_of(&change) {
            assert!(CASES.contains(case), "{case} is no case");
        }
    }
    let written = [
        include_str!("accounts.rs"),
        include_str!("alarms.rs"),
        include_str!("audit.rs"),
        include_str!("batches.rs"),
        include_str!("catalog.rs"),
        include_str!("counts.rs"),
        include_str!("devices.rs"),
        include_str!("dumps.rs"),
        include_str!("files.rs"),
        include_str!("jobs.rs"),
        include_str!("logs.rs"),
        include_str!("many.rs"),
        include_str!("names.rs"),
        include_str!("pins.rs"),
        include_str!("pruning.rs"),
        include_str!("references.rs"),
        include_str!("requests.rs"),
        include_str!("runs.rs"),
        include_str!("status.rs"),
        include_str!("users.rs"),
    ];
    // Helpers of several areas answer something; a case does not.
    let is_case = |text: &&str| text.lines().next().is_some_and(|head| !head.contains("->"));
    let cases = |text: &&str| text.split("\npub async fn ").skip(1).filter(is_case).count();
    let written: usize = written.iter().map(cases).sum();
    assert_eq!(written, CASES.len(), "a case is written that is not listed");
}

/// Commits what must succeed.
async fn commit(store: &impl Store, batch: Batch) -> Committed {
    store.commit(batch).await.unwrap()
}

/// Commits one change that must succeed and take effect.
async fn put(store: &impl Store, change: impl Into<Change>) {
    assert_eq!(commit(store, Batch::of(change)).await.skipped, Vec::<usize>::new());
}

/// Commits changes that must succeed.
async fn put_all(store: &impl Store, changes: impl IntoIterator<Item: Into<Change>>) {
    commit(store, Batch { changes: changes.into_iter().map(Into::into).collect(), ..Batch::default() }).await;
}

/// Commits one conditional change that must be skipped.
async fn skipped(store: &impl Store, change: impl Into<Change>) {
    assert_eq!(commit(store, Batch::of(change)).await.skipped, [0]);
}

/// Commits what must be refused, with a message that names what it is about.
async fn refused(store: &impl Store, batch: Batch, kind: StoreErrorKind, names: &str) {
    let error = store.commit(batch).await.expect_err("the batch should have been refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(names), "`{error}` does not name `{names}`");
}
