//! Speed, as ratios: every figure is measured against a peer or a limit in the same run, in turn, so
//! that a noisy machine disturbs both alike.

pub mod dry;
pub mod fixture;
pub mod load;
pub mod office;
pub mod process;
pub mod served;

use std::{fmt::Write as _, io::Write as _, time::Duration};

/// Something that is measured: a name, and a run that answers how long one unit of work took.
pub struct Subject<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> Duration + 'a>,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<'a> Subject<'a> {
    /// A subject; `run` is called once a round.
    pub fn new(name: &'a str, run: impl FnMut() -> Duration + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Runs all subjects in turn for so many rounds, after one that does not count, and prints the
/// median of each, and the median of its ratios to the first subject of the same round.
pub fn compare(title: &str, rounds: usize, subjects: &mut [Subject<'_>]) {
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    for round in 0..=rounds {
        for (subject, times) in subjects.iter_mut().zip(&mut taken) {
            let time = (subject.run)().as_secs_f64();
            if round > 0 {
                times.push(time);
            }
        }
    }
    let base = taken.first().cloned().unwrap_or_default();
    let mut out = format!("\n{title} ({rounds} rounds; time of one unit, ratio to the first row)\n");
    for (subject, times) in subjects.iter().zip(&taken) {
        let ratios: Vec<f64> = times.iter().zip(&base).map(|(time, base)| time / base).collect();
        let _ = writeln!(out, "{:<58} {:>12}  x{:.2}", subject.name, shown(median(times)), median(&ratios));
    }
    print(&out);
}

/// Prints a line of its own.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The processor time that this process has used so far.
pub fn cpu_time() -> Duration {
    cpu_time_of(std::process::id())
}

/// The processor time that a process has used so far.
pub fn cpu_time_of(process: u32) -> Duration {
    // What the threads have used is told in nanoseconds; only the sum, with those that have ended, in
    // ticks.
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let used = |text: String| text.split(' ').next()?.parse::<u64>().ok();
    let nanos = threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok().and_then(used));
    Duration::from_nanos(nanos.sum()).max(ticks_of(process))
}

fn ticks_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name in brackets, user and system time are the 12th and 13th field, in ticks.
    let ticks: u64 = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The memory that this process holds, in KiB.
pub fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.2} µs", s * 1e6),
    }
}
