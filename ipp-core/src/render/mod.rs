//! Rendering: from a generation and a phone's own inputs to the bytes of its file.
//!
//! The values that phones of one template, region and model share are resolved once, into a
//! [`Cohort`]: an array with one place for each placeholder of the template. A phone lays its own
//! values over it, and the file is copied together in one pass. Substituted text is never looked at
//! again.

pub mod cohort;
pub mod diff;
pub mod directory;
pub mod explain;
pub mod inputs;
pub mod option160;
pub mod secrets;
pub mod shown;
pub mod urls;

pub use cohort::Cohort;
pub use diff::{Diff, LineChange};
pub use explain::{Explained, ExplainedLine};
pub use inputs::{DeviceInputs, Facts, Inputs};
pub use secrets::{OpenedSecrets, SecretInputs};
pub use shown::ShownFile;

use crate::{
    placeholder::PlaceholderName,
    template::{
        CompiledTemplate,
        compiled::{CompiledFile, Op},
    },
    text::{CfgLine, breaks_line},
};

/// What is filled into a compiled file.
#[derive(Debug, Clone, Copy)]
pub struct Fill<'a> {
    /// One value for each placeholder of the template, in the order of its slots.
    pub values: &'a [Option<&'a str>],
    /// What stands behind the authority of a URL that leads back: `/t/<token>`, or nothing.
    pub mark: &'a str,
    /// Lines of the region.
    pub region_lines: &'a [CfgLine],
    /// Lines of the device.
    pub device_lines: &'a [CfgLine],
}

/// Why a file cannot be rendered. The last published file stays in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No scope gives the placeholder a value, and it has no default (AMB-08).
    #[error("line {line} of the template: {token} has no value; set it at a scope, or give it a default", token = .name.token())]
    Unresolved {
        /// The placeholder.
        name: PlaceholderName,
        /// The line of the template's XML, counted from 1.
        line: u32,
    },
    /// A value would end its line and begin another one.
    #[error("line {line} of the template: the value of {token} contains a line break or control character", token = .name.token())]
    LineBreak {
        /// The placeholder.
        name: PlaceholderName,
        /// The line of the template's XML, counted from 1.
        line: u32,
    },
    /// The compiled form names a placeholder that it does not list: a fault of this program.
    #[error("the compiled template is inconsistent; save the template again")]
    Inconsistent,
    /// A placeholder that differs between phones, or is a secret, stands in the global part.
    #[error("line {line} of the template: {token} belongs to one phone or is a secret; move the line to the private part", token = .name.token())]
    NotShared {
        /// The placeholder.
        name: PlaceholderName,
        /// The line of the template's XML, counted from 1.
        line: u32,
    },
}

/// Appends the rendered file to `out`. Lines whose own value is not there to be given are left out.
pub fn render(
    template: &CompiledTemplate,
    file: &CompiledFile,
    filled: Fill<'_>,
    out: &mut String,
) -> Result<(), RenderError> {
    let ops = file.ops();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        at += 1;
        match op {
            Op::Text(text) => out.push_str(text),
            Op::Slot(slot) => match filled.values.get(*slot as usize) {
                Some(Some(value)) => out.push_str(value),
                Some(None) | None => return Err(unresolved(template, *slot)),
            },
            Op::Mark => out.push_str(filled.mark),
            Op::Guard { slots, end } => {
                if slots.iter().any(|slot| !matches!(filled.values.get(*slot as usize), Some(Some(_)))) {
                    at = *end as usize;
                }
            }
            Op::RegionLines => push_lines(filled.region_lines, out),
            Op::DeviceLines => push_lines(filled.device_lines, out),
        }
    }
    Ok(())
}

/// Refuses values that would break their line. Every value passes here before it is rendered,
/// whatever door it came in by.
pub(crate) fn check_value(template: &CompiledTemplate, slot: usize, value: &str) -> Result<(), RenderError> {
    // Bytes below a space are the common case and quick to find; the rest is looked at by character.
    if value.bytes().all(|byte| (b' '..0x7f).contains(&byte)) || !value.chars().any(breaks_line) {
        return Ok(());
    }
    match template.slots().get(slot) {
        Some(slot) => Err(RenderError::LineBreak { name: slot.name.clone(), line: slot.line }),
        None => Ok(()),
    }
}

pub(crate) fn unresolved(template: &CompiledTemplate, slot: u32) -> RenderError {
    match template.slot_at(slot) {
        Some(slot) => RenderError::Unresolved { name: slot.name.clone(), line: slot.line },
        None => RenderError::Inconsistent,
    }
}

fn push_lines(lines: &[CfgLine], out: &mut String) {
    for line in lines {
        out.push_str(line.as_str());
        out.push('\n');
    }
}
