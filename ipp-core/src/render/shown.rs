//! Files as they may be shown: a mask in the place of every secret.
//!
//! What is behind a mask is remembered beside the text, so that two files can be compared and a secret
//! that differs is noticed. It never leaves this module.

use std::fmt;

use super::{Cohort, DeviceInputs, OpenedSecrets, RenderError, check_value, cohort::SharedValue};
use crate::{
    cfg::{MASK, TOKEN_MARK},
    template::compiled::{CompiledFile, Op},
    text::CfgLine,
};

/// A file as it may be shown. It consists of whole lines.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ShownFile<'a> {
    text: String,
    hidden: Vec<Hidden<'a>>,
}

/// A secret behind a mask.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hidden<'a> {
    /// Where the mask stands in the text, in bytes.
    at: usize,
    value: &'a str,
}

/// One line of such a file.
#[derive(Clone, Copy)]
pub struct ShownLine<'f> {
    text: &'f str,
    start: usize,
    hidden: &'f [Hidden<'f>],
}

impl<'a> ShownFile<'a> {
    /// A file without secrets. A line end that is missing at its end is added.
    pub fn plain(mut text: String) -> Self {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Self { text, hidden: Vec::new() }
    }

    /// The same where the last line of that key shows a mask for `value`.
    #[must_use]
    pub fn hiding(mut self, key: &str, value: &'a str) -> Self {
        let masked = format!("{key}={MASK}\n");
        let at = self.text.rfind(&masked).filter(|at| *at == 0 || self.text[..*at].ends_with('\n'));
        if let Some(at) = at {
            self.hidden.push(Hidden { at: at + key.len() + 1, value });
            self.hidden.sort_by_key(|hidden| hidden.at);
        }
        self
    }

    /// The text, with masks.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines.
    pub fn lines(&self) -> Vec<ShownLine<'_>> {
        let (mut start, mut hidden) = (0, self.hidden.as_slice());
        let mut lines = Vec::new();
        for text in self.text.split_inclusive('\n') {
            let end = start + text.len();
            let (own, rest) = hidden.split_at(hidden.partition_point(|hidden| hidden.at < end));
            lines.push(ShownLine { text: text.strip_suffix('\n').unwrap_or(text), start, hidden: own });
            (start, hidden) = (end, rest);
        }
        lines
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes a mask for a secret. An empty one is shown as empty: there is nothing to hide.
    pub(super) fn hide(&mut self, value: &'a str, shown: &str) {
        self.hidden.push(Hidden { at: self.text.len(), value });
        if !value.is_empty() {
            self.text.push_str(shown);
        }
    }
}

impl<'f> ShownLine<'f> {
    /// The text without its line end, with masks.
    pub const fn text(self) -> &'f str {
        self.text
    }

    /// What the line is about: what stands before `=`, or the whole line.
    pub fn key(self) -> &'f str {
        self.text.split_once('=').map_or(self.text, |(key, _)| key).trim()
    }

    /// Whether the same secrets stand in the same places of two lines that look the same.
    pub fn hides_the_same(self, other: ShownLine<'_>) -> bool {
        let places = |line: ShownLine<'f>| line.hidden.iter().map(move |hidden| hidden.at - line.start);
        let values = |line: ShownLine<'f>| line.hidden.iter().map(|hidden| hidden.value);
        let others = other.hidden.iter().map(|hidden| hidden.at - other.start);
        places(self).eq(others) && values(self).eq(other.hidden.iter().map(|hidden| hidden.value))
    }

    /// Whether two lines are the same, behind the masks too.
    pub fn is(self, other: ShownLine<'_>) -> bool {
        self.text == other.text && self.hides_the_same(other)
    }
}

impl fmt::Debug for ShownFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShownFile({} bytes, {} hidden)", self.text.len(), self.hidden.len())
    }
}

impl fmt::Debug for ShownLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShownLine({:?}, {} hidden)", self.text, self.hidden.len())
    }
}

/// The value of a placeholder for one phone.
#[derive(Clone, Copy)]
enum Given<'a> {
    Plain(&'a str),
    Hidden(&'a str),
}

impl Cohort {
    /// The phone's private file as it may be shown.
    pub fn show_private<'a>(
        &'a self,
        device: &'a DeviceInputs,
        secrets: OpenedSecrets<'a>,
    ) -> Result<ShownFile<'a>, RenderError> {
        let compiled = &self.template().compiled;
        let mut values: Vec<Option<Given<'a>>> = Vec::with_capacity(self.values().len());
        values.extend(self.values().iter().map(|value| match value {
            SharedValue::Plain(text) => Some(Given::Plain(text)),
            SharedValue::None | SharedValue::Secret(_) => None,
        }));
        let plain = device.values.iter().map(|(name, text)| (name.as_str(), text.as_str(), false));
        for (name, text, secret) in plain.chain(secrets.values().map(|(name, text)| (name, text, true))) {
            let Some(slot) = compiled.slot(name) else { continue };
            check_value(compiled, slot, text)?;
            if let Some(value) = values.get_mut(slot) {
                *value = Some(if secret { Given::Hidden(text) } else { Given::Plain(text) });
            }
        }
        let region_lines = self.region().map_or(&[][..], |region| &region.lines);
        let given = |slot: &u32| values.get(*slot as usize).copied().flatten();
        let unresolved = |slot: u32| super::unresolved(compiled, slot);
        show(&compiled.private, given, unresolved, secrets.mark(), [region_lines, &device.lines])
    }
}

fn show<'a>(
    file: &CompiledFile,
    given: impl Fn(&u32) -> Option<Given<'a>>,
    unresolved: impl Fn(u32) -> RenderError,
    mark: &'a str,
    [region_lines, device_lines]: [&[CfgLine]; 2],
) -> Result<ShownFile<'a>, RenderError> {
    let mut out = ShownFile::default();
    let ops = file.ops();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        at += 1;
        match op {
            Op::Text(text) => out.push(text),
            Op::Slot(slot) => match given(slot).ok_or_else(|| unresolved(*slot))? {
                Given::Plain(text) => out.push(text),
                Given::Hidden(text) => out.hide(text, MASK),
            },
            Op::Mark => out.hide(mark, TOKEN_MARK),
            Op::Guard { slots, end } => {
                if slots.iter().any(|slot| given(slot).is_none()) {
                    at = *end as usize;
                }
            }
            Op::RegionLines => push_lines(region_lines, &mut out),
            Op::DeviceLines => push_lines(device_lines, &mut out),
        }
    }
    Ok(out)
}

fn push_lines(lines: &[CfgLine], out: &mut ShownFile<'_>) {
    for line in lines {
        out.push(line.as_str());
        out.push("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask is found on its own line alone, and nothing tells what is behind it.
    #[test]
    fn a_value_is_hidden_behind_the_mask_of_its_key() {
        let text = format!("xkey={MASK}\nkey={MASK}\nother=1");
        let file = |value| ShownFile::plain(text.clone()).hiding("key", value);
        let lines = |value| file(value).lines().iter().map(|line| line.hidden.len()).collect::<Vec<_>>();
        assert_eq!(lines("hunter2"), [0, 1, 0]);
        assert_eq!(ShownFile::plain(text.clone()).hiding("y=", "hunter2").hidden.len(), 0);
        assert_ne!(file("hunter2"), file("hunter3"));
        assert_eq!(file("hunter2").text(), file("hunter3").text());
        let (one, other) = (file("hunter2"), file("hunter3"));
        assert!(one.lines()[0].is(other.lines()[0]) && !one.lines()[1].is(other.lines()[1]));
        assert!(!format!("{one:?} {:?}", one.lines()).contains("hunter"));
    }
}
