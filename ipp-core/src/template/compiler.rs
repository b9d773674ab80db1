//! Compiles a template: once to learn its placeholders, once to make its operations.

use std::collections::BTreeMap;

use super::{
    compiled::{CompiledFile, CompiledTemplate, Line, LineSource, Op, Slot},
    document::{FileConfig, TemplateDocument},
    marks::{self, Marked},
    token::{Piece, pieces},
};
use crate::placeholder::{Builtin, PlaceholderName};

/// The end markers: lines of this form switch blocks on and never reach a phone.
const MARKERS: [&str; 4] = ["zzz0_daylight_cfg", "zzz1_tenant_cfg", "zzz2_site_cfg", "zzz3_user_cfg"];

/// What marker 0 appends; the keys are those of a file made by the vendor's server.
const DAYLIGHT: &str = "\
system/daylight_saving/activate=%ITCS_DayLightActivate%
system/daylight_saving/mode=%ITCS_DayLightSwitch%
system/daylight_saving/offset=60
system/daylight_saving/start_date/day=%ITCS_DayLightStartDay%
system/daylight_saving/start_date/month=%ITCS_DayLightStartMonth%
system/daylight_saving/start_date/week=1
system/daylight_saving/start_date/day_of_week=SUNDAY
system/daylight_saving/start_date/hour=2
system/daylight_saving/start_date/minute=0
system/daylight_saving/end_date/day=%ITCS_DayLightEndDay%
system/daylight_saving/end_date/month=%ITCS_DayLightEndMonth%
system/daylight_saving/end_date/week=1
system/daylight_saving/end_date/day_of_week=SUNDAY
system/daylight_saving/end_date/hour=2
system/daylight_saving/end_date/minute=0";

impl CompiledTemplate {
    /// Compiles a checked document. `own_hosts` are the literal addresses of this server, in the
    /// form in which they stand in URLs.
    pub fn new(document: &TemplateDocument, own_hosts: &[String]) -> Self {
        let global = document.global().map(Body::of).unwrap_or_default();
        let private = Body::of(document.private());
        let slots = slots(&[&global, &private]);
        let file = |body: &Body<'_>| {
            Compiler { slots: &slots, own_hosts, out: CompiledFile::default(), joined: String::new() }
                .file(body)
        };
        Self {
            global: file(&global),
            private: file(&private),
            global_name: document.global().map(|file| file.name.clone()),
            slots,
        }
    }
}

/// The lines of a file without its end markers, and what these switch on.
#[derive(Default)]
struct Body<'a> {
    /// Each with its source, and the line of the XML that it is reported under.
    lines: Vec<(&'a str, LineSource, u32)>,
    region: bool,
    device: bool,
}

impl<'a> Body<'a> {
    fn of(file: &'a FileConfig) -> Self {
        let mut body = Self::default();
        let mut enabled = [false; 4];
        let mut last = file.data_line;
        for (line, number) in file.data.lines().zip(file.data_line..) {
            last = number;
            match marker(line) {
                Some((block, on)) => {
                    if let Some(entry) = enabled.get_mut(block) {
                        *entry = on;
                    }
                }
                None => body.lines.push((line, LineSource::Template(number), number)),
            }
        }
        let [daylight, region, _site, device] = enabled;
        if daylight {
            body.lines.extend(DAYLIGHT.lines().map(|line| (line, LineSource::Daylight, last)));
        }
        Self { region, device, ..body }
    }
}

/// The block that a marker line switches, and whether on.
fn marker(line: &str) -> Option<(usize, bool)> {
    let (key, value) = line.split_once('=')?;
    let block = MARKERS.iter().position(|marker| *marker == key.trim())?;
    Some((block, value.trim().eq_ignore_ascii_case("ENABLE")))
}

/// All placeholders, sorted by name, with the first line of each.
fn slots(bodies: &[&Body<'_>]) -> Vec<Slot> {
    let mut found: BTreeMap<PlaceholderName, u32> = BTreeMap::new();
    for (line, _, number) in bodies.iter().flat_map(|body| &body.lines) {
        for piece in pieces(line) {
            if let Piece::Slot(name) = piece {
                found.entry(name).or_insert(*number);
            }
        }
    }
    found.into_iter().map(|(name, line)| Slot { builtin: Builtin::of(&name), name, line }).collect()
}

struct Compiler<'a> {
    slots: &'a [Slot],
    own_hosts: &'a [String],
    out: CompiledFile,
    /// Text of lines that are always given, until something else comes between.
    joined: String,
}

impl Compiler<'_> {
    fn file(mut self, body: &Body<'_>) -> CompiledFile {
        for (line, source, _) in &body.lines {
            self.line(line, *source);
        }
        self.flush();
        if body.region {
            self.block(Op::RegionLines, LineSource::Region);
        }
        if body.device {
            self.block(Op::DeviceLines, LineSource::Device);
        }
        self.out
    }

    fn line(&mut self, line: &str, source: LineSource) {
        let mut ops = Vec::new();
        let mut needs = Vec::new();
        for piece in marks::place(pieces(line), self.own_hosts) {
            match piece {
                Marked::Piece(Piece::Text(text)) => ops.push(Op::Text(text.into())),
                Marked::Piece(Piece::Slot(name)) => {
                    // Every name was found in the first pass over the same lines.
                    let Ok(at) = self.slots.binary_search_by(|slot| slot.name.cmp(&name)) else { continue };
                    let slot = position(at);
                    if self.slots.get(at).is_some_and(Slot::may_be_left_out) {
                        needs.push(slot);
                    }
                    ops.push(Op::Slot(slot));
                }
                Marked::Mark => ops.push(Op::Mark),
            }
        }
        ops.push(Op::Text("\n".into()));
        let key = line.split_once('=').map_or(line, |(key, _)| key).trim().to_owned();
        self.append(&ops, needs);
        self.out.lines.push(Line { source, ops, key });
    }

    fn block(&mut self, op: Op, source: LineSource) {
        self.out.ops.push(op.clone());
        self.out.lines.push(Line { source, ops: vec![op], key: String::new() });
    }

    /// Appends a line's operations to the joined ones, behind a guard where the line may be left out.
    fn append(&mut self, ops: &[Op], needs: Vec<u32>) {
        if needs.is_empty() {
            for op in ops {
                if let Op::Text(text) = op {
                    self.joined.push_str(text);
                } else {
                    self.flush();
                    self.out.ops.push(op.clone());
                }
            }
        } else {
            self.flush();
            let end = position(self.out.ops.len() + 1 + ops.len());
            self.out.ops.push(Op::Guard { slots: needs.into(), end });
            self.out.ops.extend_from_slice(ops);
        }
    }

    fn flush(&mut self) {
        if !self.joined.is_empty() {
            self.out.ops.push(Op::Text(std::mem::take(&mut self.joined).into()));
        }
    }
}

/// A place in a template of at most 1 MiB.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
