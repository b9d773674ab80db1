//! The stand-alone server, the demonstration, the embedding host and the phone simulator, as a library
//! for their programs, for end-to-end tests and for benches.

pub mod demo;
pub mod embed;
pub mod fleet;
pub mod raw;
pub mod sbc;
pub mod server;
