//! The list of cases that every store runs, on the store in memory.
#![cfg(feature = "conformance")]

use ipp_core::store::MemoryStore;

async fn fixture() -> (MemoryStore, ()) {
    (MemoryStore::default(), ())
}

ipp_core::conformance_tests!(fixture);
