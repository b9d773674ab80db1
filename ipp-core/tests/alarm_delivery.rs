//! Alarms on their way to the host application (ALM-02, C11, C13).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Shared, block_on, fleet::Fleet};
use ipp_core::{
    alarm::{
        AlarmDetails, Severity,
        event::{AlarmEvent, AlarmStep},
    },
    app::{App, AppErrorKind, AppOptions, Ports, alarms::Alert},
    host::{AlarmSink, Asking, Host, HostError},
};

/// A host that writes down what it hears, and may refuse what comes after so many.
#[derive(Debug, Default)]
struct Ears {
    heard: Mutex<Vec<AlarmEvent>>,
    until: Mutex<Option<usize>>,
}

impl Ears {
    fn numbers(&self) -> Vec<u64> {
        self.heard.lock().unwrap().iter().map(|event| event.number).collect()
    }

    fn listen_to(&self, events: Option<usize>) {
        *self.until.lock().unwrap() = events;
    }
}

impl AlarmSink for Ears {
    fn alarm<'a>(&'a self, event: &'a AlarmEvent) -> Asking<'a, ()> {
        let mut heard = self.heard.lock().unwrap();
        let full = self.until.lock().unwrap().is_some_and(|until| heard.len() >= until);
        if !full {
            heard.push(event.clone());
        }
        let outcome = if full { Err(HostError("it is busy".to_owned())) } else { Ok(()) };
        Box::pin(std::future::ready(outcome))
    }
}

/// The engine of a fleet once more, with a host that listens.
fn heard_by(fleet: &Fleet, ears: &Arc<Ears>) -> App<Shared> {
    let host = Host { alarms: Some(ears.clone()), ..Host::default() };
    let ports = Ports { host, ..fleet.world.ports.clone() };
    block_on(App::open(fleet.world.store.clone(), ports, AppOptions::default())).unwrap()
}

fn raise(fleet: &Fleet, text: &str, severity: Option<Severity>) {
    let (name, description) = ("N".to_owned(), text.to_owned());
    let alert = Alert { source: None, name, description, severity, details: AlarmDetails::default() };
    fleet.phones[0].0.alarm(&fleet.world, vec![alert]);
}

/// ALM-02: the host hears what is new, in its order, and once where nothing goes wrong.
#[test]
fn alm_02_the_host_hears_of_alarms() {
    let (fleet, ears) = (Fleet::new(1), Arc::new(Ears::default()));
    let app = heard_by(&fleet, &ears);
    block_on(app.deliver_alarms()).unwrap();
    assert!(ears.numbers().is_empty());
    raise(&fleet, "one", Some(Severity::Major));
    raise(&fleet, "one", Some(Severity::Major));
    raise(&fleet, "two", Some(Severity::Minor));
    block_on(app.deliver_alarms()).unwrap();
    raise(&fleet, "one", Some(Severity::Critical));
    raise(&fleet, "two", None);
    block_on(app.deliver_alarms()).unwrap();
    block_on(app.deliver_alarms()).unwrap();
    assert_eq!(ears.numbers(), [1, 2, 3, 4], "C11: a repeat is no news");
    let heard = ears.heard.lock().unwrap();
    let phone = &fleet.phones[0];
    assert!(heard.iter().all(|event| event.key.device == phone.1 && event.region.is_some()));
    assert!(matches!(
        heard[2].step,
        AlarmStep::Changed { from: Severity::Major, severity: Severity::Critical, .. }
    ));
    assert_eq!((heard[3].key.qualifier.as_str(), &heard[3].step), ("two", &AlarmStep::Cleared));
}

/// C13: what the host does not take comes again, first and in its order; what it took does not.
#[test]
fn c13_what_is_not_taken_comes_again() {
    let (fleet, ears) = (Fleet::new(1), Arc::new(Ears::default()));
    let app = heard_by(&fleet, &ears);
    for number in 1..=5 {
        raise(&fleet, &number.to_string(), Some(Severity::Minor));
    }
    ears.listen_to(Some(2));
    for _ in 0..3 {
        let error = block_on(app.deliver_alarms()).unwrap_err();
        assert_eq!(error.kind(), AppErrorKind::Busy);
    }
    ears.listen_to(None);
    block_on(app.deliver_alarms()).unwrap();
    assert_eq!(ears.numbers(), [1, 2, 3, 4, 5]);
}

/// C13: where it could not be noted that an event was taken, it comes again; none is lost.
#[test]
fn c13_what_was_not_noted_comes_again() {
    let (fleet, ears) = (Fleet::new(1), Arc::new(Ears::default()));
    let app = heard_by(&fleet, &ears);
    raise(&fleet, "one", Some(Severity::Minor));
    raise(&fleet, "two", Some(Severity::Minor));
    fleet.world.store.fail_after(0);
    assert!(block_on(app.deliver_alarms()).is_err());
    let other = heard_by(&fleet, &ears);
    block_on(other.deliver_alarms()).unwrap();
    block_on(app.deliver_alarms()).unwrap();
    assert_eq!(ears.numbers(), [1, 2, 1, 2], "the numbers tell that it is the same");
}

/// Many events are told in pieces, all of them in one turn.
#[test]
fn a_host_that_was_away_hears_everything() {
    let (fleet, ears) = (Fleet::new(1), Arc::new(Ears::default()));
    let app = heard_by(&fleet, &ears);
    for number in 0..450 {
        raise(&fleet, &number.to_string(), Some(Severity::Minor));
    }
    let writes = fleet.world.store.writes();
    block_on(app.deliver_alarms()).unwrap();
    assert_eq!(ears.numbers(), (1..=450).collect::<Vec<_>>());
    assert_eq!(fleet.world.store.writes() - writes, 3, "not one for each event");
}
