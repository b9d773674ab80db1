//! Everything that a store keeps, as rows that any store can give and take.
//!
//! [`Store::dump`](super::Store::dump) gives the rows of one moment while writes go on;
//! [`Store::restore`](super::Store::restore) puts them into an empty store exactly as they were:
//! revisions, sequence numbers and the audit chain. What follows from rows, such as counters and what
//! lists are sorted by, is no row; it is computed again while rows are put.
//!
//! Sessions and API tokens are left out. Either lets its bearer in by itself, and one that was ended
//! must not come back to life with an old dump: people log in again and make new tokens.

mod handle;
mod row;

pub use self::{
    handle::{Dump, Restore, RowSink, RowSource},
    row::{
        DeviceChanged, GenerationRow, NodeUptime, PlaceholderRow, SampledHour, SharedFileRow, StandInRow,
        StatusRow, StoredRow, ToldRow,
    },
};
