//! Rendering one phone's file, against a hand-written copy of its segments.

#![expect(clippy::expect_used, reason = "a run without its fixture measures nothing")]

use std::{hint::black_box, time::Duration};

use ipp_benches::{Subject, compare, cpu_time, fixture, print, resident_kib};
use ipp_core::{
    generation::Generation,
    render::{Cohort, DeviceInputs, Fill, Inputs, SecretInputs, cohort::SharedValue, render},
    template::compiled::Op,
};
use tokio::time::Instant;

const FILES: u32 = 20_000;
const FLEET: u32 = 100_000;

fn main() {
    let (generation, cohort, key) = fixture::cohort();
    let template = &cohort.template().compiled;
    let values: Vec<Option<&str>> = cohort
        .values()
        .iter()
        .map(|value| match value {
            SharedValue::Plain(text) => Some(&**text),
            SharedValue::None | SharedValue::Secret(_) => None,
        })
        .collect();
    let fill = Fill { values: &values, mark: "", region_lines: &[], device_lines: &[] };
    let segments = segments(&cohort, &values);
    let mut device = DeviceInputs::default();
    for number in [0, 10, 20, 30, 40, 50] {
        device.values.insert(
            format!("Value{number:02}").parse().expect("part of the fixture"),
            format!("own {number}"),
        );
    }
    let mut out = String::new();
    let mut buffer = Vec::new();
    let inputs = Inputs::new(template, &device, &SecretInputs::default()).expect("part of the fixture");
    compare(
        "render one phone: 300 lines, 60 placeholders",
        15,
        &mut [
            Subject::new("hand-written copy of segments into a kept buffer", || {
                timed(|| {
                    let mut copied = String::with_capacity(12_288);
                    for _ in 0..FILES {
                        copied.clear();
                        for segment in black_box(&segments) {
                            copied.push_str(segment);
                        }
                        black_box(&copied);
                    }
                })
            }),
            Subject::new("render from a resolved slot array", || {
                timed(|| {
                    for _ in 0..FILES {
                        out.clear();
                        let _ = render(black_box(template), &template.private, fill, &mut out);
                        black_box(&out);
                    }
                })
            }),
            Subject::new("lay the phone's own values over four scopes, and render", || {
                let mut out = String::new();
                timed(|| {
                    for _ in 0..FILES {
                        out.clear();
                        let _ = black_box(&cohort).render_private_with(&inputs, &mut buffer, &mut out);
                        black_box(&out);
                    }
                })
            }),
        ],
    );
    resolution(&generation, &cohort, &key);
    fleet(&cohort, &device);
}

/// What resolving costs once for all phones of a template, region and model.
fn resolution(generation: &Generation, cohort: &Cohort, key: &ipp_core::digest::FingerprintKey) {
    let region = cohort.region().map(|region| region.id);
    let model = "430HD".parse().expect("part of the fixture");
    let time = timed(|| {
        for _ in 0..FILES {
            black_box(Cohort::resolve(generation, cohort.template().id, region, &model, key));
        }
    });
    print(&format!("resolving the shared values once for a cohort: {:.1} µs", time.as_secs_f64() * 1e6));
}

/// 100,000 phones, each with its own inputs, one after the other through one buffer.
fn fleet(cohort: &Cohort, device: &DeviceInputs) {
    let (memory, cpu) = (resident_kib(), cpu_time());
    let mut out = String::new();
    let mut bytes = 0_usize;
    for _ in 0..FLEET {
        let inputs = Inputs::new(&cohort.template().compiled, device, &SecretInputs::default());
        let Ok(inputs) = inputs else { continue };
        out.clear();
        let _ = cohort.render_private(&inputs, &mut out);
        bytes += black_box(&out).len();
    }
    print(&format!(
        "{FLEET} phones: {:?} of processor time, {} MB rendered, memory grew by {} KiB",
        cpu_time().saturating_sub(cpu),
        bytes / 1_000_000,
        resident_kib().saturating_sub(memory)
    ));
}

fn segments(cohort: &Cohort, values: &[Option<&str>]) -> Vec<String> {
    let file = &cohort.template().compiled.private;
    file.ops()
        .iter()
        .map(|op| match op {
            Op::Text(text) => text.to_string(),
            Op::Slot(slot) => values.get(*slot as usize).copied().flatten().unwrap_or_default().to_owned(),
            Op::Mark | Op::Guard { .. } | Op::RegionLines | Op::DeviceLines => String::new(),
        })
        .collect()
}

fn timed(run: impl FnOnce()) -> Duration {
    let began = Instant::now();
    run();
    began.elapsed() / FILES
}
