//! Users and devices as CSV (appendix A).

pub(crate) mod export;
pub(crate) mod import;
