//! What the phones of one template, region and model share.

use std::sync::Arc;

use super::{Fill, Inputs, OpenedSecrets, RenderError, check_value, render};
use crate::{
    digest::{Fingerprint, FingerprintKey, FingerprintOf},
    generation::{ENGINE, Generation, RegionPart, TemplatePart},
    id::{RegionId, TemplateId},
    phone_model::ModelId,
    placeholder::{PlaceholderName, Scopes, Value},
    region::Identity,
    template::{
        CompiledTemplate,
        compiled::{CompiledFile, Line, LineSource, Op},
    },
    text::CfgLine,
    vault::SealedValue,
};

/// One template with the values that its placeholders take for one region and model.
#[derive(Debug)]
pub struct Cohort {
    template: Arc<TemplatePart>,
    region: Option<Arc<RegionPart>>,
    values: Vec<SharedValue>,
    print: Fingerprint,
}

/// A value above the device.
#[derive(Debug, Clone)]
pub enum SharedValue {
    /// No scope sets it.
    None,
    /// A text that was checked not to break its line.
    Plain(Arc<str>),
    /// A secret: its text comes with the inputs of each phone.
    Secret(SealedValue),
}

impl Cohort {
    /// Resolves the shared values. `None` where the generation does not have the template.
    pub fn resolve(
        generation: &Generation,
        template: TemplateId,
        region: Option<RegionId>,
        model: &ModelId,
        key: &FingerprintKey,
    ) -> Option<Result<Self, RenderError>> {
        let template = Arc::clone(generation.template(template)?);
        let region = region.and_then(|id| generation.region(id)).map(Arc::clone);
        let scopes = Scopes { defaults: &template.defaults, generation, model, region: region.as_deref() };
        let mut hasher = key.hasher(FingerprintOf::Cohort);
        hasher.update(&ENGINE.to_le_bytes());
        hasher.field(template.document.as_bytes());
        // An address that the document spells out leads back here only while it is this server's.
        for (at, _) in template.compiled.private.ops().iter().enumerate().filter(|(_, op)| **op == Op::Mark) {
            hasher.field(&at.to_le_bytes());
        }
        let mut values = Vec::with_capacity(template.compiled.slots().len());
        for (at, slot) in template.compiled.slots().iter().enumerate() {
            let value = match scopes.layers(&slot.name).next().map(|layer| layer.value) {
                None => {
                    hasher.field(b"none");
                    SharedValue::None
                }
                Some(Value::Plain(text)) => {
                    if let Err(error) = check_value(&template.compiled, at, &text) {
                        return Some(Err(error));
                    }
                    hasher.field(b"plain");
                    hasher.field(text.as_bytes());
                    SharedValue::Plain(text.into())
                }
                Some(Value::Secret(secret)) => {
                    hasher.field(b"secret");
                    hasher.field(secret.print.as_bytes());
                    SharedValue::Secret(secret.clone())
                }
            };
            values.push(value);
        }
        let identity = region.as_ref().map_or(Identity::UrlToken, |region| region.identity);
        hasher.field(match identity {
            Identity::Open => b"open",
            Identity::UrlToken => b"token",
        });
        for line in region.iter().flat_map(|region| &region.lines) {
            hasher.field(line.as_str().as_bytes());
        }
        let print = hasher.finish();
        Some(Ok(Self { template, region, values, print }))
    }

    /// The fingerprint of the template and all shared values. Phones pinned with another one are
    /// stale.
    pub const fn print(&self) -> Fingerprint {
        self.print
    }

    /// The template.
    pub fn template(&self) -> &TemplatePart {
        &self.template
    }

    /// The region.
    pub fn region(&self) -> Option<&RegionPart> {
        self.region.as_deref()
    }

    /// The shared values, in the order of the template's slots.
    pub fn values(&self) -> &[SharedValue] {
        &self.values
    }

    /// The shared values that are secrets, with the names of their placeholders.
    pub fn secrets(&self) -> impl Iterator<Item = (&PlaceholderName, &SealedValue)> {
        self.template.compiled.slots().iter().zip(&self.values).filter_map(|(slot, value)| match value {
            SharedValue::Secret(secret) => Some((&slot.name, secret)),
            SharedValue::None | SharedValue::Plain(_) => None,
        })
    }

    /// The values of one phone: its own where it has one, else the shared ones.
    pub fn overlay<'a>(&'a self, inputs: &'a Inputs, values: &mut Vec<Option<&'a str>>) {
        values.clear();
        values.extend(self.values.iter().map(|value| match value {
            SharedValue::Plain(text) => Some(&**text),
            SharedValue::None | SharedValue::Secret(_) => None,
        }));
        for (slot, text) in inputs.by_slot() {
            if let Some(value) = values.get_mut(slot) {
                *value = Some(text);
            }
        }
    }

    /// Appends the phone's private file to `out`.
    pub fn render_private(&self, inputs: &Inputs, out: &mut String) -> Result<(), RenderError> {
        let mut values = Vec::with_capacity(self.values.len());
        self.render_private_with(inputs, &mut values, out)
    }

    /// The same with a buffer that the caller keeps, for rendering many files.
    pub fn render_private_with<'a>(
        &'a self,
        inputs: &'a Inputs,
        values: &mut Vec<Option<&'a str>>,
        out: &mut String,
    ) -> Result<(), RenderError> {
        self.overlay(inputs, values);
        self.fill_private(values, inputs.mark(), inputs, out)
    }

    /// The same for a phone whose inputs were made ready without its secrets, which are laid over
    /// them where they are.
    pub fn render_published(
        &self,
        shown: &Inputs,
        secrets: OpenedSecrets<'_>,
        out: &mut String,
    ) -> Result<(), RenderError> {
        let compiled = &self.template.compiled;
        let mut values = Vec::with_capacity(self.values.len());
        self.overlay(shown, &mut values);
        for (name, text) in secrets.values() {
            let Some(slot) = compiled.slot(name) else { continue };
            check_value(compiled, slot, text)?;
            if let Some(value) = values.get_mut(slot) {
                *value = Some(text);
            }
        }
        self.fill_private(&values, secrets.mark(), shown, out)
    }

    fn fill_private(
        &self,
        values: &[Option<&str>],
        mark: &str,
        inputs: &Inputs,
        out: &mut String,
    ) -> Result<(), RenderError> {
        let region_lines = self.region.as_ref().map_or(&[][..], |region| &region.lines);
        let fill = Fill { values, mark, region_lines, device_lines: inputs.lines() };
        render(&self.template.compiled, &self.template.compiled.private, fill, out)
    }

    /// Appends the global file to `out`. A value of one phone, or a secret, is an error.
    pub fn render_global(&self, out: &mut String) -> Result<(), RenderError> {
        self.check_global()?;
        let values = self.public_values();
        let fill = Fill { values: &values, mark: "", region_lines: &[], device_lines: &[] };
        render(&self.template.compiled, &self.template.compiled.global, fill, out)
    }

    /// Appends the first-contact form to `out`: global and private part in one file, without any
    /// line that needs a phone, a user or a secret. It is the same for every MAC address.
    pub fn render_first_contact(&self, mark: &str, out: &mut String) -> Result<(), RenderError> {
        let values = self.public_values();
        let compiled = &self.template.compiled;
        let region_lines = self.region.as_ref().map_or(&[][..], |region| &region.lines);
        let fill = Fill { values: &values, mark, region_lines, device_lines: &[] };
        let include = compiled.global_name.as_ref().map(|name| format!("include {name}"));
        for line in compiled.private.lines() {
            if include.as_deref() == Some(line.key.as_str()) {
                render(compiled, &compiled.global, fill, out)?;
            } else if self.is_public(line, &values) {
                line_into(compiled, line, fill, out)?;
            }
        }
        Ok(())
    }

    /// The keep-alive period in minutes that a phone with these inputs is told: the last line about
    /// it, the private part after the global one. `None` where no line, or no number, tells it.
    pub fn keep_alive_minutes(&self, inputs: &Inputs) -> Option<u64> {
        const KEY: &str = "ems_server/keep_alive_period";
        let compiled = &self.template.compiled;
        let mut values = Vec::new();
        self.overlay(inputs, &mut values);
        let fill = Fill { values: &values, mark: "", region_lines: &[], device_lines: &[] };
        let region_lines = self.region.as_ref().map_or(&[][..], |region| &region.lines);
        let minutes = |text: &str| text.split_once('=')?.1.trim().parse().ok();
        let free = |lines: &[CfgLine]| {
            lines.iter().rev().filter(|line| line.key() == KEY).find_map(|line| minutes(line.as_str()))
        };
        let from = |file: &CompiledFile| {
            file.lines().iter().rev().find_map(|line| match line.source {
                LineSource::Device => free(inputs.lines()),
                LineSource::Region => free(region_lines),
                LineSource::Template(_) | LineSource::Daylight => {
                    let mut text = String::new();
                    line_into(compiled, line, fill, &mut text).ok().filter(|()| line.key == KEY)?;
                    minutes(&text)
                }
            })
        };
        from(&compiled.private).or_else(|| from(&compiled.global))
    }

    /// Refuses placeholders of phones and secrets in the global part (C9).
    pub fn check_global(&self) -> Result<(), RenderError> {
        let compiled = &self.template.compiled;
        let used = compiled.global.lines().iter().flat_map(|line| line.ops.iter().map(move |op| (line, op)));
        for (line, op) in used {
            let Op::Slot(slot) = op else { continue };
            let Some(info) = compiled.slot_at(*slot) else { continue };
            let secret = matches!(self.values.get(*slot as usize), Some(SharedValue::Secret(_)));
            // Firmware and language have a shared value and may be overridden by a phone: a global
            // file cannot know the phone, so they are refused like any other fact of it.
            if secret || info.may_be_left_out() {
                let line = match line.source {
                    LineSource::Template(line) => line,
                    LineSource::Daylight | LineSource::Region | LineSource::Device => info.line,
                };
                return Err(RenderError::NotShared { name: info.name.clone(), line });
            }
        }
        Ok(())
    }

    /// Shared values that may be seen by anyone: secrets, even empty ones, are not among them.
    fn public_values(&self) -> Vec<Option<&str>> {
        let slots = self.template.compiled.slots();
        slots
            .iter()
            .zip(&self.values)
            .map(|(slot, value)| match value {
                SharedValue::Plain(text) if !slot.builtin.is_some_and(|row| row.secret) => Some(&**text),
                SharedValue::None | SharedValue::Plain(_) | SharedValue::Secret(_) => None,
            })
            .collect()
    }

    fn is_public(&self, line: &Line, values: &[Option<&str>]) -> bool {
        let missing = |op: &Op| match op {
            Op::Slot(slot) => {
                let absent = !matches!(values.get(*slot as usize), Some(Some(_)));
                let secret = matches!(self.values.get(*slot as usize), Some(SharedValue::Secret(_)));
                let own = self
                    .template
                    .compiled
                    .slot_at(*slot)
                    .is_some_and(crate::template::compiled::Slot::may_be_left_out);
                absent && (secret || own)
            }
            Op::Text(_) | Op::Mark | Op::Guard { .. } | Op::RegionLines | Op::DeviceLines => false,
        };
        !line.ops.iter().any(missing)
    }
}

/// Renders one line.
pub(super) fn line_into(
    compiled: &CompiledTemplate,
    line: &Line,
    filled: Fill<'_>,
    out: &mut String,
) -> Result<(), RenderError> {
    for op in &line.ops {
        match op {
            Op::Text(text) => out.push_str(text),
            Op::Slot(slot) => match filled.values.get(*slot as usize) {
                Some(Some(value)) => out.push_str(value),
                Some(None) | None => return Err(super::unresolved(compiled, *slot)),
            },
            Op::Mark => out.push_str(filled.mark),
            Op::RegionLines => super::push_lines(filled.region_lines, out),
            Op::DeviceLines => super::push_lines(filled.device_lines, out),
            Op::Guard { .. } => {}
        }
    }
    Ok(())
}
