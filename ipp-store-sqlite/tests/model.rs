//! Random batches, compared with the store in memory.
#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

use ipp_core::store::conformance::{block_on, model};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use proptest::prelude::*;

fn run(seed: u64, steps: u32, at_once: u8) {
    run_with(seed, steps, at_once, |options| options);
}

fn restored(seed: u64, steps: u32) {
    let folder = tempfile::tempdir().unwrap();
    let open = |name| SqliteStore::open(&SqliteOptions::at(folder.path().join(name)).readers(1)).unwrap();
    let (store, empty) = (open("one.db"), open("two.db"));
    block_on(model::compare_restored(&store, &empty, seed, steps));
}

fn run_with(seed: u64, steps: u32, at_once: u8, with: fn(SqliteOptions) -> SqliteOptions) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&with(SqliteOptions::at(folder.path().join("ipp.db")).readers(1))).unwrap();
    block_on(model::compare(&store, seed, steps, at_once));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_batch_after_the_other(seed in any::<u64>().no_shrink(), steps in 1..120_u32) {
        run(seed, steps, 1);
    }

    #[test]
    fn several_batches_at_once(seed in any::<u64>().no_shrink(), steps in 1..60_u32) {
        run(seed, steps, 8);
    }

    /// T30: what was moved into another store by a dump goes on as if it had always been there.
    #[test]
    fn a_restored_store_goes_on_as_the_former_would(seed in any::<u64>().no_shrink(), steps in 1..60_u32) {
        restored(seed, steps);
    }

    /// The same lists by the indexes of their orders, as in a large fleet.
    #[test]
    fn lists_of_many_devices(seed in any::<u64>().no_shrink(), steps in 1..80_u32) {
        run_with(seed, steps, 1, |options| options.sorted(0));
    }

    /// The same where some lists are short and words are looked for along an order for a few rows.
    #[test]
    fn lists_of_some_devices(seed in any::<u64>().no_shrink(), steps in 1..80_u32) {
        run_with(seed, steps, 1, |options| options.sorted(2));
    }
}
