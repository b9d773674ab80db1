//! Users and devices as CSV (appendix A).

mod export;
mod import;
mod present;

pub use self::{
    export::{CsvExport, ExportFilter},
    import::{ImportOptions, ImportReport, Mode, RowReport},
};
