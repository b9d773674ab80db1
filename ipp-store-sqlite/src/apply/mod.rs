//! Changes as statements.
//!
//! Everything that depends on the present value of a row is computed here, inside the transaction.
//! The constraints of the schema judge; this code only gives their judgement a name.

mod account;
mod alarm;
mod catalog;
mod counted;
mod device;
mod expect;
mod job;
mod log;
mod pin;
mod reseal;
mod restore;
mod run;
mod status;

use ipp_core::{
    catalog::CatalogRevision,
    store::{Batch, Change, Committed},
};
use rusqlite::Connection;

pub(crate) use self::restore::Restorer;
use self::{counted::Counted, run::Run};
use crate::{
    error::Outcome,
    rows::{self, TOGETHER, alarm_event, audit, request, user},
};

/// Whether a change took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It did.
    Done,
    /// It was conditional, and its row had moved.
    Skipped,
}

impl Effect {
    const fn done_if(done: bool) -> Self {
        if done { Self::Done } else { Self::Skipped }
    }
}

/// Applies batches, one after the other, in a transaction that is open already.
#[derive(Debug)]
pub(crate) struct Applier<'c> {
    conn: &'c Connection,
    catalog: CatalogRevision,
    counted: Counted,
}

impl<'c> Applier<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Outcome<Self> {
        Ok(Self { conn, catalog: rows::catalog::revision(conn)?, counted: Counted::default() })
    }

    /// Applies one batch with its counters. Where this fails, the caller rolls back what was applied
    /// of it; the counters of the batches before it must have been settled.
    pub(crate) fn batch(&mut self, batch: &Batch) -> Outcome<Committed> {
        let former = self.catalog;
        let applied = self.unsettled(batch).and_then(|committed| self.settle().map(|()| committed));
        if applied.is_err() {
            self.catalog = former;
            self.counted.clear();
        }
        applied
    }

    /// Writes the counters of what was applied.
    pub(crate) fn settle(&mut self) -> Outcome<()> {
        self.counted.write(self.conn)
    }

    /// Applies one batch and leaves its counters for later, so that those of several are written
    /// together. Where this fails, the caller rolls everything back.
    pub(crate) fn unsettled(&mut self, batch: &Batch) -> Outcome<Committed> {
        expect::check(self.conn, &batch.expect)?;
        let mut skipped = Vec::new();
        let mut at = 0;
        while let Some(change) = batch.changes.get(at) {
            if let Some(run) = batch.changes.get(at..).and_then(Run::at_the_beginning)
                && self.run(&run)?
            {
                at += TOGETHER;
                continue;
            }
            if self.change(change)? == Effect::Skipped {
                skipped.push(at);
            }
            at += 1;
        }
        audit::append(self.conn, &batch.audit)?;
        Ok(Committed { catalog: self.catalog, skipped })
    }

    /// `false`, and nothing is done, where a change cannot be applied: one by one, they tell which.
    fn run(&mut self, run: &Run<'_>) -> Outcome<bool> {
        match run {
            Run::Users(users) => user::put_together(self.conn, users),
            Run::Devices(devices) => device::put_together(self.conn, &mut self.counted, devices),
        }
    }

    fn change(&mut self, change: &Change) -> Outcome<Effect> {
        let (conn, counted) = (self.conn, &mut self.counted);
        match change {
            Change::Status(change) => return status::apply(conn, counted, change),
            Change::Device(change) => device::apply(conn, counted, change)?,
            Change::Alarm(message) => return alarm::apply(conn, message),
            Change::Pin(change) => return pin::apply(conn, counted, change),
            Change::PutGeneration(id, parts) => pin::put_generation(conn, *id, parts)?,
            Change::Heartbeat(node, uptime) => status::heartbeat(conn, *node, *uptime)?,
            Change::PutUser(user) => user::put(conn, user)?,
            Change::DeleteUser(id) => user::delete(conn, *id)?,
            Change::Run(note) => rows::run::note(conn, note)?,
            Change::Account(change) => return account::apply(conn, change),
            Change::Request(change) => return request::apply(conn, change).map(Effect::done_if),
            Change::Reseal(change) => return reseal::apply(conn, change).map(Effect::done_if),
            Change::Job(change) => return job::apply(conn, change),
            Change::Told(target, number) => {
                return alarm_event::tell(conn, target, *number).map(Effect::done_if);
            }
            Change::Log(change) => return log::apply(conn, counted, change),
            Change::Prune(prune) => return log::prune(conn, counted, prune),
            Change::Catalog(change) => {
                if catalog::apply(conn, change)? == Effect::Skipped {
                    return Ok(Effect::Skipped);
                }
                self.catalog = catalog::bump(conn)?;
            }
        }
        Ok(Effect::Done)
    }
}
