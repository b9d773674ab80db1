//! Runs.

use super::{commit, put, put_all, samples::*};
use crate::{
    device::Device,
    id::RunId,
    store::{Batch, Change, Page, Pin, Run, RunFilter, RunNote, Store, run::KEPT_RUNS},
};

fn of_run(device: u8, cohort: u8, run: u8) -> Change {
    publish(Pin { run: Some(run_id(run)), ..pin(device, cohort) })
}

async fn all(store: &impl Store) -> Vec<Run> {
    store.runs(&RunFilter::default(), Page::first(10_000)).await.unwrap()
}

/// A32, C8: a run counts what it really published: what was skipped is not among it, and neither is what
/// another run, or nobody's run, published.
pub async fn a_run_counts_what_it_published(store: &impl Store) {
    put_all(store, [put_device(device(1)), put_device(device(2)), put_device(device(3))]).await;
    let moved = Device { own: print(9), ..device(3) };
    put(store, put_device(moved)).await;
    let batch = Batch::of(of_run(1, 1, 1))
        .and(of_run(2, 1, 1))
        .and(of_run(3, 1, 1))
        .and(Change::Run(note(1, 10)))
        .and(of_run(1, 2, 2))
        .and(publish(pin(2, 2)));
    assert_eq!(commit(store, batch).await.skipped, [2]);
    let run = Run {
        id: run_id(1),
        actor: note(1, 0).actor,
        began_at: at(10),
        last_at: at(10),
        published: 2,
        failed: 1,
    };
    assert_eq!(all(store).await, std::slice::from_ref(&run));
    // A later batch goes on, and one whose clock is behind does not turn it back.
    put_all(store, [Change::Run(note(1, 30)), of_run(1, 3, 1)]).await;
    put(store, Change::Run(RunNote { failed: 0, actor: "somebody else".to_owned(), ..note(1, 20) })).await;
    assert_eq!(all(store).await, [Run { last_at: at(30), published: 3, failed: 2, ..run }]);
}

/// The latest first, those of one actor, or one alone.
pub async fn runs_are_found_latest_first(store: &impl Store) {
    put_all(store, [2, 1, 4, 3].map(|number| Change::Run(note(number, 1)))).await;
    let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.id).collect::<Vec<RunId>>();
    assert_eq!(ids(all(store).await), [4, 3, 2, 1].map(run_id));
    let read = async |filter: RunFilter, page| ids(store.runs(&filter, page).await.unwrap());
    assert_eq!(read(RunFilter::default(), Page::first(2)).await, [4, 3].map(run_id));
    assert_eq!(read(RunFilter::default(), Page::after(run_id(3), 2)).await, [2, 1].map(run_id));
    let of = |actor: &str| RunFilter { actor: Some(actor.to_owned()), ..RunFilter::default() };
    assert_eq!(read(of(&note(1, 0).actor), Page::first(9)).await, [3, 1].map(run_id));
    assert_eq!(read(of("nobody"), Page::first(9)).await, []);
    let one = RunFilter { id: Some(run_id(2)), ..RunFilter::default() };
    assert_eq!(read(one.clone(), Page::first(1)).await, [run_id(2)]);
    assert_eq!(read(RunFilter { id: Some(run_id(9)), ..one.clone() }, Page::first(1)).await, []);
    assert_eq!(read(RunFilter { actor: of("nobody").actor, ..one }, Page::first(1)).await, []);
}

/// A thousand are kept.
pub async fn the_latest_runs_are_kept(store: &impl Store) {
    let id = |number: u16| {
        let [high, low] = number.to_be_bytes();
        RunId::from_bytes([high, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    };
    let kept = u16::try_from(KEPT_RUNS).unwrap();
    let notes = (0..kept + 5).map(|number| Change::Run(RunNote { id: id(number), ..note(1, 1) }));
    put_all(store, notes).await;
    let runs = all(store).await;
    assert_eq!((runs.len(), runs.last().unwrap().id), (KEPT_RUNS, id(5)));
    // One that is older than all of these is forgotten again.
    put(store, Change::Run(RunNote { id: id(0), ..note(1, 1) })).await;
    assert_eq!(all(store).await, runs);
}

/// A batch that fails counts nothing.
pub async fn a_failed_batch_counts_no_run(store: &impl Store) {
    put(store, put_device(device(1))).await;
    put(store, Change::Run(note(1, 1))).await;
    let before = all(store).await;
    let batch = Batch::of(of_run(1, 1, 1))
        .and(Change::Run(note(1, 9)))
        .and(Change::Run(note(2, 9)))
        .and(put_device(Device { region: Some(region_id(9)), ..device(2) }));
    store.commit(batch).await.unwrap_err();
    put(store, put_device(device(2))).await;
    assert_eq!(all(store).await, before);
}
