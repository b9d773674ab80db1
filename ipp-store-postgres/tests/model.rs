//! Random batches, compared with the store in memory.

mod common;

use ipp_core::store::conformance::{block_on, model};
use ipp_store_postgres::PostgresOptions;
use proptest::prelude::*;

fn run(seed: u64, steps: u32, at_once: u8) {
    run_with(seed, steps, at_once, |options| options);
}

fn restored(seed: u64, steps: u32) {
    let (store, empty) = (common::open(&common::options()), common::open(&common::options()));
    block_on(model::compare_restored(&store, &empty, seed, steps));
}

fn run_with(seed: u64, steps: u32, at_once: u8, with: fn(PostgresOptions) -> PostgresOptions) {
    let store = common::open(&with(common::options()));
    block_on(model::compare(&store, seed, steps, at_once));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

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

    /// The same where no statement is kept prepared.
    #[test]
    fn behind_a_pooler(seed in any::<u64>().no_shrink(), steps in 1..40_u32) {
        run_with(seed, steps, 4, |options| options.behind_pooler(true));
    }
}
