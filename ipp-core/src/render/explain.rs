//! Why every line of a phone's file is what it is.

use super::{Cohort, Facts, Fill, Inputs, RenderError, cohort::line_into, inputs::OwnValue};
use crate::{
    generation::Generation,
    phone_model::ModelId,
    placeholder::{Builtin, Layer, Origin, PlaceholderName, Scopes, Value},
    template::compiled::{Line, LineSource, Op},
};

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedLine {
    /// The rendered text with its line end; several lines for a block of free lines. Empty for a
    /// line that was left out.
    pub text: String,
    /// Where it comes from.
    pub source: LineSource,
    /// The placeholders in it, in order.
    pub placeholders: Vec<Explained>,
    /// Whether the phone's token was put into it.
    pub carries_token: bool,
    /// Whether the line was left out because a value cannot be given.
    pub left_out: bool,
}

/// One placeholder of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: PlaceholderName,
    /// The value that won, and what it shadows, strongest first. Empty where nothing sets it.
    pub layers: Vec<Shown>,
}

/// A value with its origin; secrets are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where it comes from.
    pub origin: Origin,
    /// The value; `None` for a secret.
    pub value: Option<String>,
}

/// Explains the private file of a phone line by line. The texts joined are the rendered file.
pub fn explain(
    cohort: &Cohort,
    generation: &Generation,
    model: &ModelId,
    facts: Facts<'_>,
    inputs: &Inputs,
) -> Result<Vec<ExplainedLine>, RenderError> {
    let template = cohort.template();
    let mut values = Vec::new();
    cohort.overlay(inputs, &mut values);
    let region_lines = cohort.region().map_or(&[][..], |region| &region.lines);
    let fill = Fill { values: &values, mark: inputs.mark(), region_lines, device_lines: inputs.lines() };
    let scopes = Scopes { defaults: &template.defaults, generation, model, region: cohort.region() };
    template.compiled.private.lines().iter().map(|line| one(cohort, line, fill, scopes, facts)).collect()
}

/// One placeholder of a phone, whatever line it is in.
pub fn placeholder(name: PlaceholderName, scopes: Scopes<'_>, facts: Facts<'_>) -> Explained {
    let builtin = Builtin::of(&name);
    explained(name, builtin, scopes, facts)
}

fn explained(
    name: PlaceholderName,
    builtin: Option<&Builtin>,
    scopes: Scopes<'_>,
    facts: Facts<'_>,
) -> Explained {
    let layers = own(&name, builtin, facts).into_iter().chain(scopes.layers(&name).map(shown)).collect();
    Explained { name, layers }
}

/// The value that a phone itself gives a placeholder.
pub(crate) fn own(name: &PlaceholderName, builtin: Option<&Builtin>, facts: Facts<'_>) -> Option<Shown> {
    let value = match facts.value_of(name, builtin)? {
        OwnValue::Plain(text) => Some(text),
        OwnValue::Secret(..) => None,
    };
    Some(Shown { origin: Origin::Device, value })
}

fn one(
    cohort: &Cohort,
    line: &Line,
    fill: Fill<'_>,
    scopes: Scopes<'_>,
    facts: Facts<'_>,
) -> Result<ExplainedLine, RenderError> {
    let compiled = &cohort.template().compiled;
    let slots = || {
        line.ops.iter().filter_map(|op| match op {
            Op::Slot(slot) => Some((*slot, compiled.slot_at(*slot)?)),
            Op::Text(_) | Op::Mark | Op::Guard { .. } | Op::RegionLines | Op::DeviceLines => None,
        })
    };
    let absent = |slot: u32| !matches!(fill.values.get(slot as usize), Some(Some(_)));
    let left_out = slots().any(|(slot, info)| info.may_be_left_out() && absent(slot));
    let mut text = String::new();
    if !left_out {
        line_into(compiled, line, fill, &mut text)?;
    }
    let placeholders =
        slots().map(|(_, info)| explained(info.name.clone(), info.builtin, scopes, facts)).collect();
    let carries_token = !left_out && !fill.mark.is_empty() && line.ops.contains(&Op::Mark);
    Ok(ExplainedLine { text, source: line.source, placeholders, carries_token, left_out })
}

pub(crate) fn shown(layer: Layer<'_>) -> Shown {
    let value = match layer.value {
        Value::Plain(text) => Some(text.into_owned()),
        Value::Secret(_) => None,
    };
    Shown { origin: layer.origin, value }
}
