//! Alarms of phones, through the use cases.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Duration;

use common::{Handset, START, block_on, fleet::Fleet, mac};
use ipp_core::{
    alarm::{Alarm, AlarmDetails, REGISTRATION_FAILURE, Severity},
    app::alarms::{AlarmAnswer, Alert},
    device::Admission,
    region::Identity,
    status::Registration,
    store::{AlarmFilter, Page, Store},
};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_mins(1);

fn stored(fleet: &Fleet) -> Vec<Alarm> {
    let records = block_on(fleet.world.store.alarms(&AlarmFilter::default(), Page::first(100))).unwrap();
    records.into_iter().map(|record| record.alarm).collect()
}

/// C12, AMB-65: a phone that is registered has no registration alarm.
#[test]
fn amb_65_a_registration_clears_the_registration_alarm() {
    let fleet = Fleet::new(1);
    raise_two(&fleet);
    fleet.phones[0].0.report(&fleet.world, Registration::Unregistered);
    assert_eq!(stored(&fleet).len(), 2);
    fleet.phones[0].0.registered(&fleet.world);
    assert_eq!(stored(&fleet).iter().map(|alarm| alarm.key.name.as_str()).collect::<Vec<_>>(), ["OTHER"]);
}

/// The same at a node that knew the phone from before the alarm.
#[test]
fn amb_65_a_registration_at_another_node_clears_it_too() {
    let fleet = Fleet::new(1);
    let registered = fleet.phones[0].0.status(Registration::Registered);
    let other = fleet.world.open();
    block_on(other.refresh()).unwrap();
    block_on(other.report(&registered)).unwrap();
    raise_two(&fleet);
    block_on(other.refresh()).unwrap();
    block_on(other.report(&registered)).unwrap();
    assert_eq!(stored(&fleet).iter().map(|alarm| alarm.key.name.as_str()).collect::<Vec<_>>(), ["OTHER"]);
}

fn raise_two(fleet: &Fleet) {
    let alerts = vec![
        alert(REGISTRATION_FAILURE, "line 0", Some(Severity::Critical)),
        alert("OTHER", "x", Some(Severity::Minor)),
    ];
    assert_eq!(fleet.phones[0].0.alarm(&fleet.world, alerts), AlarmAnswer::Stored);
}

/// ALM-48, C11, AMB-67: an exact repeat updates the alarm; another text under the same name is
/// another alarm.
#[test]
fn alm_48_a_repeat_updates_and_another_text_is_another_alarm() {
    let fleet = Fleet::new(1);
    let phone = &fleet.phones[0].0;
    let raise = |text: &str, severity| phone.alarm(&fleet.world, vec![alert("N", text, Some(severity))]);
    raise("one", Severity::Major);
    fleet.world.clock.advance(MINUTE);
    raise("one", Severity::Critical);
    raise("two", Severity::Minor);
    let alarms = stored(&fleet);
    assert_eq!(alarms.len(), 2);
    let one = alarms.iter().find(|alarm| alarm.key.qualifier == "one").unwrap();
    assert_eq!(
        (one.count, one.severity, one.raised_at, one.last_action_at),
        (2, Severity::Critical, START, START.plus(MINUTE))
    );

    let clear = |text: &str| phone.alarm(&fleet.world, vec![alert("N", text, None)]);
    assert_eq!(clear("nothing such"), AlarmAnswer::Stored, "C12: clearing what is not there is no error");
    assert_eq!(stored(&fleet).len(), 2);
    clear("one");
    assert_eq!(stored(&fleet).iter().map(|alarm| alarm.key.qualifier.as_str()).collect::<Vec<_>>(), ["two"]);
    raise("three", Severity::Minor);
    clear("");
    assert_eq!(stored(&fleet), [], "a clear without a text clears all of the name");
}

/// ALM-50: stored where the token is bound or the region is open, else dropped; and a phone speaks
/// for itself alone.
#[test]
fn alm_50_only_known_phones_raise_alarms() {
    let fleet = Fleet::new(1);
    let world = &fleet.world;
    let known = &fleet.phones[0].0;
    let raise = |phone: &Handset| phone.alarm(world, vec![alert("N", "x", Some(Severity::Major))]);
    let mut pending = Handset::new(2);
    pending.boot(world);
    pending.started(world);
    let tokenless = Handset { token: None, ..known.clone() };
    let unbound = Handset { token: Some(common::token(9)), ..known.clone() };
    for phone in [&Handset::new(3), &pending, &tokenless, &unbound] {
        assert_eq!(raise(phone), AlarmAnswer::Dropped, "{phone:?}");
    }
    let mut other = alert("N", "x", Some(Severity::Major));
    other.source = Some(mac(50));
    assert_eq!(known.alarm(world, vec![other.clone()]), AlarmAnswer::Dropped, "in the name of another");
    assert_eq!(stored(&fleet), []);
    assert_eq!(
        known.alarm(world, vec![other, alert("N", "own", Some(Severity::Major))]),
        AlarmAnswer::Stored
    );
    assert_eq!(stored(&fleet).len(), 1);

    let open = world.region("Open", |region| {
        (region.identity, region.networks) = (Identity::Open, vec!["198.51.100.0/24".parse().unwrap()]);
    });
    world.system_user(&open);
    let mut near = Handset::new(4).in_region("Open").at("198.51.100.4").with_system_account();
    near.boot(world);
    near.started(world);
    assert_eq!(raise(&near), AlarmAnswer::Stored);
    assert_eq!(raise(&near.at("198.51.101.4")), AlarmAnswer::Dropped);
    world.edit_device(fleet.phones[0].1, |device| device.admission = Admission::Disabled);
    assert_eq!(raise(known), AlarmAnswer::Dropped);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// L5: whatever the history, an alarm is active exactly where its last message raised it.
    #[test]
    fn alarms_are_what_their_last_message_says(
        messages in prop::collection::vec((0_usize..2, 0_usize..3, any::<bool>()), 1..30),
    ) {
        let fleet = Fleet::new(2);
        let mut active = std::collections::BTreeSet::new();
        for (phone, text, raised) in messages {
            let message = alert("N", &text.to_string(), raised.then_some(Severity::Major));
            fleet.phones[phone].0.alarm(&fleet.world, vec![message]);
            let key = (fleet.phones[phone].1, text.to_string());
            if raised { active.insert(key); } else { active.remove(&key); }
        }
        let found: std::collections::BTreeSet<_> =
            stored(&fleet).into_iter().map(|alarm| (alarm.key.device, alarm.key.qualifier)).collect();
        prop_assert_eq!(found, active);
    }
}

fn alert(name: &str, description: &str, severity: Option<Severity>) -> Alert {
    Alert {
        source: None,
        name: name.to_owned(),
        description: description.to_owned(),
        severity,
        details: AlarmDetails::default(),
    }
}
