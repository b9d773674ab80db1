//! The compiled form of a template: what rendering walks through.
//!
//! Pieces of text that follow each other are one operation, so that rendering is little more than
//! copying. Lines are kept apart as well, for explanations.

use crate::placeholder::{Builtin, PlaceholderName};

/// A template that is ready to be rendered.
#[derive(Debug)]
pub struct CompiledTemplate {
    /// The file that all phones of the template share; empty where the template has none.
    pub global: CompiledFile,
    /// The file of one phone.
    pub private: CompiledFile,
    /// The name of the global file.
    pub global_name: Option<String>,
    /// The placeholders of both files, sorted by name.
    pub(super) slots: Vec<Slot>,
}

/// One placeholder of a template.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its name.
    pub name: PlaceholderName,
    /// The row of the product's own table, if it is there.
    pub builtin: Option<&'static Builtin>,
    /// The first line of the template's XML that uses it, counted from 1.
    pub line: u32,
}

impl Slot {
    /// Whether a line is left out, instead of being an error, while this slot has no value: values
    /// of phones and their users, and secrets, are not always there to be given.
    pub fn may_be_left_out(&self) -> bool {
        self.builtin.is_some_and(|row| row.phone.is_some() || row.secret)
    }
}

/// One compiled file.
#[derive(Debug, Default)]
pub struct CompiledFile {
    pub(super) ops: Vec<Op>,
    pub(super) lines: Vec<Line>,
}

/// What the renderer does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Copy this text.
    Text(Box<str>),
    /// Copy the value of this slot.
    Slot(u32),
    /// Write the phone's token, in front of the path of a URL that leads back to the server.
    Mark,
    /// Go on behind operation `end` unless all `slots` have values: the line cannot be given.
    Guard {
        /// The slots that must have values.
        slots: Box<[u32]>,
        /// The first operation behind the line.
        end: u32,
    },
    /// Write the lines of the region.
    RegionLines,
    /// Write the lines of the device.
    DeviceLines,
}

/// One line of a compiled file.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where it comes from.
    pub source: LineSource,
    /// Its operations, without guard; the line's end is the last text.
    pub ops: Vec<Op>,
    /// What it is about: the key before `=`, or the whole text of an `include`.
    pub key: String,
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSource {
    /// This line of the template's XML, counted from 1.
    Template(u32),
    /// The daylight block.
    Daylight,
    /// The lines of the region.
    Region,
    /// The lines of the device.
    Device,
}

impl CompiledTemplate {
    /// All placeholders, sorted by name; operations refer to them by position.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The position of a placeholder.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.slots.binary_search_by(|slot| slot.name.as_str().cmp(name)).ok()
    }

    /// The name of the placeholder of an operation.
    pub fn slot_at(&self, index: u32) -> Option<&Slot> {
        self.slots.get(index as usize)
    }
}

impl CompiledFile {
    /// The operations, text of neighbouring lines joined.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The lines, for explanations and checks.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
