//! What the fuzz targets check: every parser of foreign input, and the laws that hold for it.
//!
//! A target is a plain function over bytes that panics where a law does not hold, so the same
//! function runs under `cargo fuzz`, in the tests that replay the corpora, and in the binaries that
//! replay single files. It never touches the network or the disk and reads no clock.

#![expect(
    clippy::missing_panics_doc,
    reason = "a target panics where a law does not hold; that is its purpose"
)]

use std::{fmt, io};

mod alarm_body;
mod archive;
mod cfg;
mod csv;
mod firmware_header;
mod json_laws;
mod key_file;
mod mac;
pub mod mutation;
mod option160;
mod placeholder;
mod range;
mod rendering_laws;
mod server_config;
mod smart_filter;
mod status_body;
mod template_xml;
mod url_path;
mod user_agent;

pub use alarm_body::alarm_body;
pub use archive::archive;
pub use cfg::cfg;
pub use csv::csv;
pub use firmware_header::firmware_header;
pub use key_file::key_file;
pub use mac::mac;
pub use option160::option160;
pub use placeholder::placeholder;
pub use range::range;
pub use server_config::server_config;
pub use smart_filter::smart_filter;
pub use status_body::status_body;
pub use template_xml::template_xml;
pub use url_path::url_path;
pub use user_agent::user_agent;

/// A fuzz target: a name shared by its function, its binary and the folder of its corpus.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// The function; it panics where a law does not hold.
    pub run: fn(&[u8]),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        /// All targets, sorted by name.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $name }),*];
    };
}

targets! {
    alarm_body, archive, cfg, csv, firmware_header, key_file, mac, option160, placeholder, range, server_config, smart_filter, status_body,
    template_xml, url_path, user_agent,
}

/// Makes a binary of a target: a fuzzer under `cargo fuzz`, else a program that replays the files
/// it is given.
#[macro_export]
macro_rules! binary {
    ($target:ident) => {
        #[cfg(fuzzing)]
        ::libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$target(data));

        #[cfg(not(fuzzing))]
        fn main() -> ::std::io::Result<()> {
            $crate::replay_arguments($crate::$target)
        }
    };
}

/// Runs a target over each file that the program was given as an argument.
pub fn replay_arguments(run: fn(&[u8])) -> io::Result<()> {
    for path in std::env::args_os().skip(1) {
        run(&std::fs::read(path)?);
    }
    Ok(())
}

/// Whether every character of a text can be shown in a log line or an answer as it is.
fn is_printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Whether these six bytes are the address of one phone.
fn is_phone_mac(mac: [u8; 6]) -> bool {
    mac[0] & 1 == 0 && mac != [0; 6]
}

/// Six bytes as the twelve digits that phones are named by.
fn hex(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).concat()
}
