//! What the host knows already, its accounts and its regions, and the alarms that it hears of.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ipp_core::{
    access::{self, RegionalLevel, Role},
    alarm::event::AlarmEvent,
    host::{AlarmSink, Asking, HostOperator, HostRegion, Operators, Regions},
    id::RegionId,
    text::RegionName,
};

/// The accounts and regions of one of the host's customers.
#[derive(Debug, Default)]
pub struct Directory(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// Passwords by name. A real host keeps hashes and takes as long for a name that is not there.
    accounts: BTreeMap<String, String>,
    regions: BTreeMap<RegionId, RegionName>,
    /// By their numbers: one that comes again is the same one.
    alarms: BTreeMap<u64, AlarmEvent>,
}

impl Directory {
    /// Adds an account, which may do here what an operator of all regions may.
    pub fn add_account(&self, name: &str, password: &str) {
        self.entries().accounts.insert(name.to_owned(), password.to_owned());
    }

    /// Takes an account away: its sessions are over with their next request.
    pub fn remove_account(&self, name: &str) {
        self.entries().accounts.remove(name);
    }

    /// Adds a region under the host's own key, or gives it another name.
    pub fn name_region(&self, key: u64, name: RegionName) -> RegionId {
        let id = region_id(key);
        self.entries().regions.insert(id, name);
        id
    }

    /// Takes a region away.
    pub fn remove_region(&self, key: u64) {
        self.entries().regions.remove(&region_id(key));
    }

    /// What it has heard of alarms so far.
    pub fn alarms(&self) -> Vec<AlarmEvent> {
        self.entries().alarms.values().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same key is the same region for ever.
fn region_id(key: u64) -> RegionId {
    let mut bytes = *b"ems-region\0\0\0\0\0\0";
    bytes[8..].copy_from_slice(&key.to_be_bytes());
    RegionId::from_bytes(bytes)
}

fn operator(name: &str) -> HostOperator {
    HostOperator {
        subject: name.to_owned(),
        name: name.to_owned(),
        role: Role::Regional { level: RegionalLevel::Operator, regions: access::Regions::All },
        reveal_secrets: false,
    }
}

impl Operators for Directory {
    fn log_in<'a>(&'a self, name: &'a str, password: &'a str) -> Asking<'a, Option<HostOperator>> {
        let right = self.entries().accounts.get(name).is_some_and(|own| own == password);
        Box::pin(std::future::ready(Ok(right.then(|| operator(name)))))
    }

    fn find<'a>(&'a self, subject: &'a str) -> Asking<'a, Option<HostOperator>> {
        let there = self.entries().accounts.contains_key(subject);
        Box::pin(std::future::ready(Ok(there.then(|| operator(subject)))))
    }
}

impl Regions for Directory {
    fn all(&self) -> Asking<'_, Vec<HostRegion>> {
        let region = |(id, name): (&RegionId, &RegionName)| HostRegion { id: *id, name: name.clone() };
        let all = self.entries().regions.iter().map(region).collect();
        Box::pin(std::future::ready(Ok(all)))
    }
}

impl AlarmSink for Directory {
    fn alarm<'a>(&'a self, event: &'a AlarmEvent) -> Asking<'a, ()> {
        self.entries().alarms.insert(event.number, event.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}
