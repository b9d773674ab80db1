//! The laws of compiling and rendering, whatever the template says.

use ipp_core::{
    render::{Fill, RenderError, render},
    template::{
        CompiledTemplate, FileConfig, TemplateDocument,
        compiled::{CompiledFile, Line, LineSource, Op, Slot},
        findings,
    },
    text::CfgLine,
};
use ipp_examples::fleet;

/// An address of the server that may stand in a template as it is.
const OWN_HOST: &str = "192.0.2.1";

const MARK: &str = "/t/AAAAAAAAAAAAAAAAAAAAAA";

/// What every checked template has: one operation list and one line list that say the same, whatever
/// values there are, and output whose lines are those of the template.
pub(crate) fn hold(document: &TemplateDocument, value: &str) {
    let compiled = CompiledTemplate::new(document, &[OWN_HOST.to_owned()]);
    assert!(compiled.slots().is_sorted_by(|a, b| a.name < b.name), "slots are sorted and each stands once");
    assert_eq!(compiled.global_name.as_deref(), document.global().map(|file| file.name.as_str()));
    let xml_lines = document.text().split(['\n', '\r']).count();
    for finding in findings(&compiled) {
        assert!((1..=xml_lines).contains(&(finding.line as usize)), "{finding:?}");
    }
    if let Some(file) = document.global() {
        file_laws(&compiled, &compiled.global, file, value);
    }
    file_laws(&compiled, &compiled.private, document.private(), value);
}

fn file_laws(template: &CompiledTemplate, compiled: &CompiledFile, part: &FileConfig, value: &str) {
    let tokens: Vec<String> = template.slots().iter().map(|slot| slot.name.token()).collect();
    let tokens: Vec<Option<&str>> = tokens.iter().map(|token| Some(token.as_str())).collect();
    splitting_joins_back(template, compiled, part, &tokens);

    let count = template.slots().len();
    let all = vec![Some(value); count];
    let some: Vec<_> = (0..count).map(|at| (at % 2 == 0).then_some(value)).collect();
    for values in [&tokens, &all, &some, &vec![None; count]] {
        let added = lines_of_a_scope();
        for (region, device) in [(&[][..], &[][..]), (&added, &added)] {
            let fill = Fill { values, mark: MARK, region_lines: region, device_lines: device };
            let mut out = String::new();
            let outcome = render(template, compiled, fill, &mut out);
            assert_eq!(outcome.clone().map(|()| out), line_by_line(template, compiled, fill));
            if values.iter().all(Option::is_some) {
                assert_eq!(outcome, Ok(()), "nothing is missing");
            }
        }
    }

    let fill = |values| Fill { values, mark: MARK, region_lines: &[], device_lines: &[] };
    for line in compiled.lines() {
        let (Some(plain), Some(filled)) =
            (one_line(template, line, fill(&tokens)), one_line(template, line, fill(&all)))
        else {
            continue;
        };
        if matches!(line.source, LineSource::Template(_) | LineSource::Daylight) {
            same_line(&plain, &filled);
        }
    }
}

/// Each line, its placeholders put back, is a line of the data; only end markers are not there.
fn splitting_joins_back(
    template: &CompiledTemplate,
    compiled: &CompiledFile,
    part: &FileConfig,
    tokens: &[Option<&str>],
) {
    let fill = Fill { values: tokens, mark: "", region_lines: &[], device_lines: &[] };
    let mut lines = compiled.lines().iter().peekable();
    for (text, number) in part.data.lines().zip(part.data_line..) {
        match lines.next_if(|line| line.source == LineSource::Template(number)) {
            Some(line) => {
                let joined = one_line(template, line, fill);
                assert_eq!(joined, Some(format!("{text}\n")), "line {number}");
            }
            None => assert!(text.trim_start().starts_with("zzz"), "line {number} is lost: {text:?}"),
        }
    }
    let blocks = lines.filter(|line| matches!(line.source, LineSource::Template(_))).count();
    assert_eq!(blocks, 0, "a line is there that is none of the data");
}

/// Whatever a value is, it stays in its line and does not change what the line is about.
fn same_line(plain: &str, filled: &str) {
    assert_eq!(filled.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count(), 1, "{filled:?}");
    let Some((key, _)) = plain.split_once('=') else { return };
    if key.contains("%ITCS_") {
        return;
    }
    let about = |text: &str| match fleet::lines(text).next() {
        Some(fleet::Line::Set { key, .. }) => Some(key.to_owned()),
        Some(fleet::Line::Include(_)) => Some("include".to_owned()),
        None => None,
    };
    assert_eq!(about(plain), about(filled), "{filled:?}");
}

/// What a file must be, from its lines instead of from its joined operations.
fn line_by_line(
    template: &CompiledTemplate,
    compiled: &CompiledFile,
    fill: Fill<'_>,
) -> Result<String, RenderError> {
    let mut out = String::new();
    for line in compiled.lines() {
        let missing: Vec<&Slot> = slots(line)
            .filter(|at| !matches!(fill.values.get(*at), Some(Some(_))))
            .filter_map(|at| template.slots().get(at))
            .collect();
        if missing.iter().any(|slot| slot.may_be_left_out()) {
            continue;
        }
        if let Some(slot) = missing.first() {
            return Err(RenderError::Unresolved { name: slot.name.clone(), line: slot.line });
        }
        out.extend(one_line(template, line, fill));
    }
    Ok(out)
}

/// One line with its values; `None` where one of them is missing.
fn one_line(template: &CompiledTemplate, line: &Line, fill: Fill<'_>) -> Option<String> {
    let mut out = String::new();
    for op in &line.ops {
        match op {
            Op::Text(text) => out.push_str(text),
            Op::Slot(slot) => {
                assert!(template.slot_at(*slot).is_some(), "slot {slot} is none of the template");
                out.push_str((*fill.values.get(*slot as usize)?)?);
            }
            Op::Mark => out.push_str(fill.mark),
            Op::Guard { .. } => assert!(line.ops.is_empty(), "a line has no guard of its own"),
            Op::RegionLines => fill.region_lines.iter().for_each(|line| out.extend([line.as_str(), "\n"])),
            Op::DeviceLines => fill.device_lines.iter().for_each(|line| out.extend([line.as_str(), "\n"])),
        }
    }
    Some(out)
}

fn slots(line: &Line) -> impl Iterator<Item = usize> {
    line.ops.iter().filter_map(|op| match op {
        Op::Slot(slot) => Some(*slot as usize),
        Op::Text(_) | Op::Mark | Op::Guard { .. } | Op::RegionLines | Op::DeviceLines => None,
    })
}

fn lines_of_a_scope() -> Vec<CfgLine> {
    ["a/b=1", "c/d="].into_iter().filter_map(|line| line.parse().ok()).collect()
}
