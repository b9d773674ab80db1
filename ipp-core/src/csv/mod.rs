//! Users and devices as CSV, in and out (appendix A of the manual).
//!
//! [`read`] turns a file into rows by the names in its header, each fault with its line and column.
//! [`plan`](plan::plan) compares the rows with what is there and says what each would do; it writes
//! nothing. [`write()`] makes the file that reads back as the same.

mod cell;
mod header;
pub mod plan;
mod reader;
mod writer;

pub use self::{
    cell::{decode_password, guard, unguard},
    reader::read,
    writer::{DeviceLine, UserLine, write},
};
use crate::{
    device::VlanMode,
    mac::Mac,
    phone_model::ModelId,
    text::{CfgValue, Label, UserName},
    vault::SecretText,
};

/// Bounds on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub bytes: usize,
    /// The most rows, the header aside (AMB-76).
    pub rows: usize,
    /// The longest cell, in bytes.
    pub cell: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 * 1024 * 1024, rows: 10_000, cell: 64 * 1024 }
    }
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The rows in their order; blank ones are left out.
    pub rows: Vec<SheetRow>,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// The line it begins in, from 1.
    pub line: u64,
    /// The user's name as the file has it, whether or not it can be one.
    pub name: String,
    /// What it says, or all that is wrong with it.
    pub user: Result<UserRow, Vec<Fault>>,
}

/// A user with devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// *Name*.
    pub name: UserName,
    /// *Password*; `None` keeps what is there (AMB-74).
    pub password: Option<SecretText>,
    /// *Display Name*; `None` where there is no such column.
    pub display_name: Option<Label>,
    /// *Region*, or *Tenant* in files of later versions of the product.
    pub region: String,
    /// The groups of device columns that are filled in.
    pub devices: Vec<DeviceRow>,
}

/// A device of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// The number of the group, from 1.
    pub group: u16,
    /// *MAC Address*.
    pub mac: Mac,
    /// *Display Name*; `None` where the row has no such cell.
    pub display_name: Option<Label>,
    /// *IP Phone Model*; `None` where the cell is empty.
    pub model: Option<ModelId>,
    /// *Language*.
    pub language: Said<CfgValue>,
    /// *VLAN Mode*.
    pub vlan_mode: Said<VlanMode>,
    /// *VLAN ID*.
    pub vlan_id: Said<u16>,
    /// *VLAN Priority*.
    pub vlan_priority: Said<u8>,
}

/// What a cell says that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<T> {
    /// There is no such cell: what is there stays.
    Nothing,
    /// The cell is empty: no value.
    Empty,
    /// A value.
    Value(T),
}

impl<T> Said<T> {
    /// The value from now on, where `former` is the present one.
    pub fn over(self, former: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => former,
            Self::Empty => None,
            Self::Value(value) => Some(value),
        }
    }
}

/// What is wrong with a cell or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line in which the row begins.
    pub line: u64,
    /// The column by its name; `None` where it is the row as a whole.
    pub column: Option<String>,
    /// What is wrong, and the fix.
    pub reason: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// Too many bytes.
    #[error("the file has {found} bytes; at most {limit} are allowed: split it")]
    TooLarge {
        /// How many it has.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Bytes that are no text.
    #[error("line {line} is not UTF-8; save the file as \"CSV UTF-8\"")]
    NotUtf8 {
        /// The line.
        line: u64,
    },
    /// Nothing in it.
    #[error("the file has no header; its first line names the columns: Name, Password, Display Name, Region")]
    NoHeader,
    /// A column that has to be there is not.
    #[error("the header has no column `{0}`")]
    NoColumn(String),
    /// A column is there more than once.
    #[error("the header has the column `{0}` more than once")]
    ColumnTwice(String),
    /// A header that no installation needs.
    #[error("the header has more than {columns} columns, or {devices} devices")]
    TooManyColumns {
        /// How many columns are allowed.
        columns: usize,
        /// How many devices of one user are.
        devices: usize,
    },
    /// Too many rows (CSV-05).
    #[error("the file has more than {limit} rows; split it")]
    TooManyRows {
        /// How many are allowed.
        limit: usize,
    },
    /// A cell that no field could hold; most often a quote that is not closed.
    #[error(
        "the row in line {line} has a cell of more than {limit} bytes; is there a quote that nothing closes?"
    )]
    CellTooLong {
        /// The line in which the row begins.
        line: u64,
        /// How many bytes are allowed.
        limit: usize,
    },
    /// The file breaks off or is damaged in a way that the reader does not know.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
}
