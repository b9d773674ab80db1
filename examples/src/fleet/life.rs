//! The life of a phone in a fleet: boot until it works, then report and fetch periodically.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::command::{Command, Restart};
use super::config_file::key;
use super::error::{PhoneError, Problem, Step};
use super::habits::Fault;
use super::obey::RestOptions;
use super::phone::Phone;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// First pause after a failed boot; doubled a few times.
const RETRY: Duration = Duration::from_secs(30);
/// However fast the simulated clock runs, a failing phone must not hammer the server.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// How fast a phone's own clock runs, and what replaces its configured periods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tempo {
    pub(super) scale: f64,
    pub(super) keep_alive: Option<Duration>,
    pub(super) refetch: Option<Duration>,
}

impl Tempo {
    fn scaled(&self, duration: Duration) -> Duration {
        Duration::try_from_secs_f64(duration.as_secs_f64() * self.scale).unwrap_or(Duration::MAX)
    }
}

/// Lives until the fleet ends it, or the phone vanishes.
pub(super) async fn live(
    mut phone: Phone,
    option160: &str,
    delay: Duration,
    tempo: Tempo,
    rest: Option<&RestOptions>,
) {
    sleep(delay).await;
    let vanishes = phone.options.fault == Fault::Vanish;
    let mut reports_left = vanishes.then(|| phone.random.below(3));
    loop {
        // A phone that restarts is away until it is up again.
        phone.deafen();
        boot_until_it_works(&mut phone, option160, tempo).await;
        if let Some(rest) = rest
            && let Err(error) = phone.listen(rest).await
        {
            note(&phone, &phone.failed(Step::Listening, Problem::NoListener(error)));
        } else if rest.is_some() {
            phone.complete(Step::Listening);
        }
        if serve(&mut phone, tempo, &mut reports_left).await == Ending::Vanished {
            phone.options.meter.fault();
            phone.client.disconnect();
            phone.complete(Step::Vanished);
            return;
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Restart,
    Vanished,
}

async fn boot_until_it_works(phone: &mut Phone, option160: &str, tempo: Tempo) {
    let mut pause = tempo.scaled(RETRY);
    for attempt in 0_u32.. {
        match phone.boot(option160).await {
            Ok(outcome) if !outcome.commands.iter().any(|command| matches!(command, Command::Restart(_))) => {
                return;
            }
            // A restart that is ordered at every boot is paused for like a failure.
            Ok(_) => {}
            Err(error) => note(phone, &error),
        }
        let jitter = pause.mul_f64(f64::from(u32::try_from(phone.random.below(100)).unwrap_or(0)) / 200.0);
        sleep(pause.saturating_add(jitter).max(LEAST_PAUSE)).await;
        if attempt < 4 {
            pause = pause.saturating_mul(2);
        }
    }
}

async fn serve(phone: &mut Phone, tempo: Tempo, reports_left: &mut Option<u64>) -> Ending {
    let mut report_due = due(phone, tempo, Period::KeepAlive);
    let mut fetch_due = due(phone, tempo, Period::Refetch);
    let mut restart_due = None;
    loop {
        let first = [report_due, fetch_due, restart_due].into_iter().flatten().min();
        let timer = async {
            match first {
                Some(first) => sleep_until(first).await,
                None => std::future::pending().await,
            }
        };
        let commanded = tokio::select! {
            command = phone.next_command() => Some(command),
            () = timer => None,
        };
        let result = if let Some(command) = commanded {
            Ok(vec![command])
        } else if restart_due == first {
            return Ending::Restart;
        } else if report_due == first {
            match reports_left {
                Some(0) => return Ending::Vanished,
                Some(left) => *left -= 1,
                None => {}
            }
            report_due = due(phone, tempo, Period::KeepAlive);
            phone.keep_alive().await.map(|answer| answer.commands)
        } else {
            fetch_due = due(phone, tempo, Period::Refetch);
            phone.refresh().await.map(|(_, commands)| commands)
        };
        let restart = match result {
            Ok(mut commands) => {
                commands.retain(|command| {
                    let Command::Restart(Restart::After(minutes)) = command else { return true };
                    restart_due = Instant::now().checked_add(tempo.scaled(MINUTE.saturating_mul(*minutes)));
                    false
                });
                phone.obey(commands).await
            }
            Err(error) => Err(error),
        };
        match restart {
            Ok(true) => return Ending::Restart,
            Ok(false) => {}
            Err(error) => note(phone, &error),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Period {
    KeepAlive,
    Refetch,
}

/// When a period ends; `None` when it is switched off.
fn due(phone: &mut Phone, tempo: Tempo, period: Period) -> Option<Instant> {
    let length = match period {
        Period::KeepAlive => tempo.keep_alive.or_else(|| keep_alive_period(phone)),
        Period::Refetch => tempo.refetch.or_else(|| refetch_period(phone)),
    };
    Instant::now().checked_add(tempo.scaled(length?).max(Duration::from_millis(1)))
}

fn keep_alive_period(phone: &Phone) -> Option<Duration> {
    let minutes = number(phone, key::KEEP_ALIVE_PERIOD, 60).min(300);
    (minutes > 0).then(|| MINUTE * minutes)
}

fn refetch_period(phone: &mut Phone) -> Option<Duration> {
    let period = match phone.setting(key::PERIOD_TYPE).to_ascii_lowercase().as_str() {
        "powerup" => return None,
        "every5minutes" => MINUTE * 5,
        "every15minutes" => MINUTE * 15,
        "hourly" => HOUR * number(phone, key::HOURS_INTERVAL, 24).clamp(1, 65_535),
        "weekly" => HOUR * 24 * 7,
        _ => HOUR * 24,
    };
    let spread = u64::from(number(phone, key::RANDOM_TIME, 120).min(65_535)) * 60;
    Some(period + Duration::from_secs(phone.random.below(spread + 1)))
}

fn number(phone: &Phone, name: &str, default: u32) -> u32 {
    phone.setting(name).parse().unwrap_or(default)
}

fn note(phone: &Phone, error: &PhoneError) {
    if let Some(observer) = &phone.options.observer {
        observer.failed(error);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::phone;
    use super::*;

    fn configured(settings: &[(&str, &str)]) -> Phone {
        let mut phone = phone();
        phone.settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        phone
    }

    #[test]
    fn keep_alive_period_in_minutes() {
        let period = |value| keep_alive_period(&configured(&[(key::KEEP_ALIVE_PERIOD, value)]));
        assert_eq!(keep_alive_period(&configured(&[])), Some(MINUTE * 60));
        assert_eq!(period("5"), Some(MINUTE * 5));
        assert_eq!(period("0"), None);
        assert_eq!(period("9999"), Some(MINUTE * 300));
        assert_eq!(period("often"), Some(MINUTE * 60));
    }

    #[test]
    fn time_between_looks_for_a_configuration() {
        let period =
            |kind| refetch_period(&mut configured(&[(key::PERIOD_TYPE, kind), (key::RANDOM_TIME, "0")]));
        assert_eq!(period("POWERUP"), None);
        assert_eq!(period("every5minutes"), Some(MINUTE * 5));
        assert_eq!(period("Hourly"), Some(HOUR * 24));
        assert_eq!(period("weekly"), Some(HOUR * 168));
        assert_eq!(period("DAILY"), Some(HOUR * 24));
        let spread = refetch_period(&mut configured(&[(key::RANDOM_TIME, "120")])).unwrap();
        assert!((HOUR * 24..=HOUR * 26).contains(&spread));
    }

    #[test]
    fn scaled_time_never_overflows() {
        let tempo = |scale| Tempo { scale, keep_alive: None, refetch: None };
        assert_eq!(tempo(1.0 / 60_000.0).scaled(MINUTE), Duration::from_millis(1));
        assert_eq!(tempo(f64::MAX).scaled(HOUR), Duration::MAX);
    }
}
