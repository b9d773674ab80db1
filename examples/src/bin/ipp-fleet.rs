//! `ipp-fleet`: many simulated phones against one provisioning server, over real HTTP.

use std::io::{self, IsTerminal, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use ipp_examples::fleet::{
    FaultMix, Fleet, FleetError, FleetOptions, Model, PasswordForm, RestOptions, RunningFleet, Summary, Trust,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::time::{Instant, interval, sleep};

/// Simulates SIP desk phones against a provisioning server, over real HTTP.
///
/// Each phone powers on, follows the option 160 value, and goes on as the files it is given say.
/// The exit code is 0 when all went well, else 1.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(name = "ipp-fleet", version)]
struct Arguments {
    /// The DHCP value all phones read, such as `http://SERVER/firmwarefiles;ipp/region/Berlin`
    #[arg(long, value_name = "URL")]
    option160: String,
    /// Number of phones, at most 10000
    #[arg(long, default_value_t = 10)]
    phones: u32,
    /// Index of the first phone, from which MAC, source address and user follow
    #[arg(long, default_value_t = 0)]
    first: u32,
    /// Seed of everything that looks random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Phones power on within this time
    #[arg(long, default_value = "0s")]
    spread: Span,
    /// Real seconds per second of the phones' clock; 0.001 makes a minute last 60 ms
    #[arg(long, default_value_t = 1.0)]
    time_scale: f64,
    /// Keep-alive period on the phones' clock, in place of the configured one
    #[arg(long, value_name = "TIME")]
    keep_alive: Option<Span>,
    /// Time between looks for a new configuration on the phones' clock, in place of the configured one
    #[arg(long, value_name = "TIME")]
    refetch: Option<Span>,
    /// Length of the run, and with --until-registered the deadline
    #[arg(long, value_name = "TIME", default_value = "60s")]
    duration: Span,
    /// End as soon as every phone is registered; not reaching that is a failure
    #[arg(long)]
    until_registered: bool,
    /// Percentages of faulty phones: cut, broken, slow, vanish, type
    #[arg(long, value_name = "cut=1,slow=2", default_value = "")]
    mix: FaultMix,
    /// Models the phones take in turn
    #[arg(long, value_delimiter = ',', default_value = "405,420HD,430HD,440HD")]
    models: Vec<Model>,
    /// Percentage of phones with Lync firmware
    #[arg(long, value_name = "PERCENT", default_value_t = 0)]
    lync_share: u8,
    /// Users with numbers from this one on sign in at the phones; without it phones wait for a line
    #[arg(long, value_name = "NUMBER")]
    users_from: Option<u64>,
    /// Source address of phone 0; the others follow
    #[arg(long, value_name = "IP", default_value = "127.10.0.1")]
    source: Ipv4Addr,
    /// Let the system choose one source address for all phones
    #[arg(long, conflicts_with = "source")]
    shared_source: bool,
    /// Verify server certificates against the roots in this PEM file; phones as delivered verify nothing
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Only read firmware headers, never download an image
    #[arg(long)]
    no_firmware: bool,
    /// Phones without the harmless oddities of real ones
    #[arg(long)]
    no_quirks: bool,
    /// Send the configured password as it is instead of 32 hexadecimal digits
    #[arg(long)]
    clear_passwords: bool,
    /// Longest silence of the server a phone waits through
    #[arg(long, value_name = "TIME", default_value = "30s")]
    timeout: Span,
    /// Take commands over HTTP on this port of each phone's own address
    #[arg(long, value_name = "PORT", conflicts_with = "shared_source")]
    rest_port: Option<u16>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match simulate(&arguments) {
        Ok(summary) if went_well(&arguments, &summary) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            // Nothing is left to do when even stderr is closed.
            writeln!(io::stderr().lock(), "ipp-fleet: {message}").ok();
            ExitCode::FAILURE
        }
    }
}

fn simulate(arguments: &Arguments) -> Result<Summary, String> {
    let fleet = Fleet::new(options(arguments)?).map_err(|error| format!("{}: {error}", option_of(&error)))?;
    check_open_files(arguments.phones)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    let summary = runtime.block_on(run(fleet, arguments));
    print(&summary, arguments.json).map_err(|error| format!("cannot print the result: {error}"))?;
    Ok(summary)
}

async fn run(fleet: Fleet, arguments: &Arguments) -> Summary {
    let running = fleet.start();
    let end = async {
        if arguments.until_registered {
            running.wait_registered(arguments.duration.0).await;
        } else {
            sleep(arguments.duration.0).await;
        }
    };
    tokio::select! {
        () = end => {}
        // Without a signal handler the run simply ends in time.
        Ok(()) = tokio::signal::ctrl_c() => {}
        () = progress(&running) => {}
    }
    running.stop().await
}

/// One line that is rewritten while the run lasts; nothing where nobody watches.
async fn progress(running: &RunningFleet) {
    if !io::stderr().is_terminal() {
        std::future::pending::<()>().await;
    }
    let started = Instant::now();
    let mut tick = interval(Duration::from_millis(500));
    loop {
        tick.tick().await;
        let (phones, registered) = running.progress();
        let counters = running.counters();
        let errors: u64 = counters.errors.values().sum();
        let seconds = started.elapsed().as_secs();
        write!(
            io::stderr().lock(),
            "\r\x1b[K{seconds} s   {registered} of {phones} registered   {} requests   {errors} errors",
            counters.requests
        )
        .ok();
    }
}

fn print(summary: &Summary, json: bool) -> io::Result<()> {
    if io::stderr().is_terminal() {
        write!(io::stderr().lock(), "\r\x1b[K")?;
    }
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, summary)?;
        writeln!(out)?;
    } else {
        write!(out, "{summary}")?;
    }
    out.flush()
}

fn went_well(arguments: &Arguments, summary: &Summary) -> bool {
    if arguments.until_registered { summary.all_registered() } else { summary.failed == 0 }
}

fn options(arguments: &Arguments) -> Result<FleetOptions, String> {
    let mut options = FleetOptions::new(&arguments.option160, arguments.phones)
        .first(arguments.first)
        .seed(arguments.seed)
        .spread(arguments.spread.0)
        .time_scale(arguments.time_scale)
        .mix(arguments.mix)
        .models(&arguments.models)
        .lync_share(arguments.lync_share)
        .source((!arguments.shared_source).then_some(arguments.source))
        .download_firmware(!arguments.no_firmware)
        .quirks(!arguments.no_quirks)
        .patience(arguments.timeout.0);
    if let Some(Span(period)) = arguments.keep_alive {
        options = options.keep_alive(period);
    }
    if let Some(Span(period)) = arguments.refetch {
        options = options.refetch(period);
    }
    if let Some(number) = arguments.users_from {
        options = options.users_from(number);
    }
    if let Some(port) = arguments.rest_port {
        options = options.rest(RestOptions { port, ..RestOptions::default() });
    }
    if arguments.clear_passwords {
        options = options.password(PasswordForm::Clear);
    }
    if let Some(file) = &arguments.ca {
        let unreadable =
            |error| format!("--ca {}: {error}; give a PEM file with CERTIFICATE blocks", file.display());
        let roots: Vec<_> =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(unreadable)?;
        if roots.is_empty() {
            return Err(format!(
                "--ca {}: no CERTIFICATE block in it; give a PEM file with roots",
                file.display()
            ));
        }
        options = options.trust(Trust::Roots(roots));
    }
    Ok(options)
}

const fn option_of(error: &FleetError) -> &'static str {
    match error {
        FleetError::Phones(_) => "--phones",
        FleetError::First(_) => "--first",
        FleetError::NoModel => "--models",
        FleetError::Share(_) => "--lync-share",
        FleetError::TimeScale => "--time-scale",
        FleetError::Option160(_) | FleetError::NotHttp(_) => "--option160",
    }
}

/// Every phone holds a connection, so a low limit would look like a failing server.
fn check_open_files(phones: u32) -> Result<(), String> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let needed = u64::from(phones) + 64;
    match open_files(&limits) {
        Some(limit) if limit < needed => Err(format!(
            "--phones {phones}: each phone needs an open file and the limit is {limit}; \
             run 'ulimit -n {}' first, or simulate fewer phones",
            needed + u64::from(phones)
        )),
        // Where the limit cannot be read, or is none, the system will tell.
        Some(_) | None => Ok(()),
    }
}

fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A time such as `500ms`, `10s`, `5m` or `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span(Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 0,
        };
        let span = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
        span.filter(|_| millis > 0)
            .map(|millis| Self(Duration::from_millis(millis)))
            .ok_or_else(|| "write a number and a unit, such as 500ms, 10s, 5m or 1h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(more: &[&str]) -> Arguments {
        let arguments =
            ["ipp-fleet", "--option160", "http://127.0.0.1"].into_iter().chain(more.iter().copied());
        Arguments::try_parse_from(arguments).unwrap()
    }

    #[test]
    fn times_have_units() {
        assert_eq!("500ms".parse(), Ok(Span(Duration::from_millis(500))));
        assert_eq!("10s".parse(), Ok(Span(Duration::from_secs(10))));
        assert_eq!("5m".parse(), Ok(Span(Duration::from_mins(5))));
        assert_eq!("1h".parse(), Ok(Span(Duration::from_hours(1))));
        for bad in ["", "10", "s", "-1s", "1.5s", "99999999999999999999s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_error_names_its_option() {
        let error = |more: &[&str]| simulate(&parse(more)).unwrap_err();
        assert!(error(&["--phones", "0"]).starts_with("--phones: "));
        assert!(error(&["--lync-share", "101"]).starts_with("--lync-share: "));
        assert!(error(&["--time-scale", "0"]).starts_with("--time-scale: "));
        assert!(error(&["--first", "4000000000"]).starts_with("--first: "));
        assert!(error(&["--ca", "/nowhere.pem"]).starts_with("--ca /nowhere.pem: "));
    }

    #[test]
    fn arguments_fit_together() {
        let arguments =
            parse(&["--mix", "cut=1,vanish=2", "--models", "430HD,440hd", "--users-from", "1000"]);
        assert_eq!((arguments.mix.cut, arguments.mix.vanish), (1, 2));
        assert_eq!(arguments.models, [Model::P430Hd, Model::P440Hd]);
        assert!(Arguments::try_parse_from(["ipp-fleet"]).is_err());
        assert!(Fleet::new(options(&arguments).unwrap()).is_ok());
    }

    #[test]
    fn the_limit_of_open_files() {
        let limits = "Limit                     Soft Limit           Hard Limit\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(open_files(limits), Some(1_024));
        assert_eq!(open_files("Max open files            unlimited  unlimited files\n"), None);
    }
}
