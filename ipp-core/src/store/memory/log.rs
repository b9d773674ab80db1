//! Applies changes of the logs, and takes out what is out of date.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    apply::Outcome,
    tables::{StoredGeneration, Tables},
};
use crate::{
    generation::GenerationId,
    id::{DeviceId, RegionId},
    log::{
        DeviceEvent, Figures, Hour,
        activity::{ActivityEntry, ActivityRecord},
        event::KEPT_EVENTS,
    },
    status::Status,
    store::{CountKey, LogChange, Prune, SampleFilter},
    time::Timestamp,
};

pub(super) fn apply(tables: &mut Tables, change: LogChange) -> Outcome {
    match change {
        LogChange::Activity(entries) => entries.into_iter().for_each(|entry| add_line(tables, entry)),
        LogChange::Events(events) => events.into_iter().for_each(|event| add_event(tables, event)),
        LogChange::Sample(hour) => return done_if(sample(tables, hour)),
    }
    Outcome::Done
}

/// Notes what a change of status is to the phone.
pub(super) fn status_changed(
    tables: &mut Tables,
    device: DeviceId,
    before: Option<&Status>,
    after: &Status,
    at: Timestamp,
) {
    if let Some(event) = DeviceEvent::between(device, before, after, at) {
        add_event(tables, event);
    }
}

pub(super) fn samples(tables: &Tables, filter: &SampleFilter) -> Vec<(Hour, Figures)> {
    let hours = tables.samples.range(filter.since..);
    let sum = |by_region: &BTreeMap<Option<RegionId>, Figures>| {
        let mut sum = Figures::default();
        for (region, figures) in by_region {
            let counts = filter
                .regions
                .as_ref()
                .is_none_or(|some| region.is_some_and(|region| some.contains(&region)));
            if counts {
                sum += *figures;
            }
        }
        sum
    };
    hours.map(|(hour, by_region)| (*hour, sum(by_region))).collect()
}

pub(super) fn prune(tables: &mut Tables, prune: &Prune) -> Outcome {
    done_if(match prune {
        Prune::Activity { before, keep, limit } => prune_lines(tables, *before, *keep, *limit),
        Prune::Events(before, limit) => prune_events(tables, *before, *limit),
        Prune::Samples(before, limit) => {
            let old = tables.samples.range(..before).map(|(hour, _)| *hour).collect();
            oldest(old, *limit, |hour| drop(tables.samples.remove(&hour)))
        }
        Prune::Uptimes(before, limit) => {
            let ended = tables.uptimes.iter().filter(|(_, until)| *until < before);
            let ended = ended.map(|((node, since), until)| (*until, *node, *since)).collect();
            oldest(ended, *limit, |(_, node, since)| {
                tables.uptimes.remove(&(node, since));
            })
        }
        Prune::GoneDevices(until, limit) => {
            let devices = &tables.devices;
            let gone = tables
                .device_changes
                .iter()
                .filter(|(device, sequence)| *sequence <= until && !devices.contains_key(device));
            let gone = gone.map(|(device, sequence)| (*sequence, *device)).collect();
            oldest(gone, *limit, |(_, device)| {
                tables.device_changes.remove(&device);
            })
        }
        Prune::Jobs(before, limit) => super::job::prune(tables, *before, *limit),
        Prune::AlarmEvents(before, limit) => super::alarm::prune(tables, *before, *limit),
        Prune::Tokens(before) => remove(&mut tables.tokens, |_, token| token.expires_at < *before),
        Prune::Generations { live, at, before, limit } => {
            mark_generations(tables, *live, *at);
            let idle = |(id, row): (&GenerationId, &StoredGeneration)| {
                row.idle_since.filter(|since| since < before).map(|since| (since, *id))
            };
            let idle = tables.generations.iter().filter_map(idle).collect();
            oldest(idle, *limit, |(_, id)| drop(tables.generations.remove(&id)))
        }
    })
}

fn add_line(tables: &mut Tables, entry: ActivityEntry) {
    tables.last_line += 1;
    let number = tables.last_line;
    tables.activity.insert(number, ActivityRecord { number, entry });
}

fn add_event(tables: &mut Tables, event: DeviceEvent) {
    if !tables.devices.contains_key(&event.device) {
        return;
    }
    let events = tables.events.entry(event.device).or_default();
    match events.pop() {
        Some(last) if last.is_like(&event) => events.push(last.and(&event)),
        last => events.extend(last.into_iter().chain([event])),
    }
    let excess = events.len().saturating_sub(KEPT_EVENTS);
    events.drain(..excess);
}

fn sample(tables: &mut Tables, hour: Hour) -> bool {
    if tables.samples.contains_key(&hour) {
        return false;
    }
    let mut by_region: BTreeMap<_, Figures> = BTreeMap::new();
    for row in tables.devices.values() {
        let key = CountKey::of(&row.device, row.status.as_deref());
        by_region.entry(key.region).or_default().add(&key, 1);
    }
    tables.samples.insert(hour, by_region);
    true
}

fn prune_lines(tables: &mut Tables, before: Timestamp, keep: u64, limit: u32) -> bool {
    let last = tables.activity.last_key_value().map_or(0, |(number, _)| *number);
    let out = |record: &&ActivityRecord| record.entry.at < before || record.number + keep <= last;
    let out: Vec<u64> =
        tables.activity.values().take(limit as usize).filter(out).map(|record| record.number).collect();
    for number in &out {
        tables.activity.remove(number);
    }
    !out.is_empty()
}

fn prune_events(tables: &mut Tables, before: Timestamp, limit: u32) -> bool {
    let places = tables.events.iter().flat_map(|(device, events)| {
        events.iter().enumerate().map(|(place, event)| (event.at, *device, place))
    });
    let mut old: Vec<_> = places.filter(|(at, ..)| *at < before).collect();
    old.sort_unstable();
    old.truncate(limit as usize);
    // From behind, so that the places before stay what they are.
    old.sort_unstable_by_key(|(_, device, place)| Reverse((*device, *place)));
    for (_, device, place) in &old {
        if let Some(events) = tables.events.get_mut(device) {
            events.remove(*place);
        }
    }
    !old.is_empty()
}

fn mark_generations(tables: &mut Tables, live: GenerationId, at: Timestamp) {
    let pins = tables.devices.values().flat_map(|row| &row.pins).map(|pin| pin.pin.generation);
    let published = tables.catalog.templates().filter_map(|template| template.published);
    let used: std::collections::BTreeSet<_> =
        pins.chain(published.map(|published| published.generation)).chain([live]).collect();
    for (id, row) in &mut tables.generations {
        row.idle_since = if used.contains(id) { None } else { row.idle_since.or(Some(at)) };
    }
}

/// Removes what is to go; whether anything was.
fn remove<K: Ord, V>(map: &mut BTreeMap<K, V>, goes: impl Fn(&K, &V) -> bool) -> bool {
    let before = map.len();
    map.retain(|key, value| !goes(key, value));
    map.len() < before
}

/// Takes the first `limit` in their order; whether there were any.
fn oldest<T: Ord + Copy>(mut old: Vec<T>, limit: u32, mut take: impl FnMut(T)) -> bool {
    old.sort_unstable();
    old.truncate(limit as usize);
    for one in &old {
        take(*one);
    }
    !old.is_empty()
}

const fn done_if(done: bool) -> Outcome {
    if done { Outcome::Done } else { Outcome::Skipped }
}
