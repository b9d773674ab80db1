//! The option 160 files and URLs.

pub(crate) mod option160;
pub(crate) mod preview;
pub(crate) mod urls;
