//! Changes as statements.
//!
//! Everything that depends on the present value of a row is computed here, inside the transaction.
//! The constraints of the schema judge; this code only gives their judgement a name.

mod account;
mod alarm;
mod catalog;
mod device;
mod expect;
mod pin;
mod status;

use ipp_core::{
    catalog::CatalogRevision,
    store::{Batch, Change, Committed},
};
use rusqlite::Connection;

use crate::{
    error::Outcome,
    rows::{self, audit, request, user},
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
}

impl<'c> Applier<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Outcome<Self> {
        Ok(Self { conn, catalog: rows::catalog::revision(conn)? })
    }

    /// Applies one batch. Where this fails, the caller rolls back what was applied of it.
    pub(crate) fn batch(&mut self, batch: &Batch) -> Outcome<Committed> {
        expect::check(self.conn, &batch.expect)?;
        let former = self.catalog;
        let mut skipped = Vec::new();
        let applied = batch.changes.iter().enumerate().try_for_each(|(at, change)| {
            if self.change(change)? == Effect::Skipped {
                skipped.push(at);
            }
            Ok(())
        });
        let noted = applied.and_then(|()| audit::append(self.conn, &batch.audit));
        match noted {
            Ok(()) => Ok(Committed { catalog: self.catalog, skipped }),
            Err(fault) => {
                self.catalog = former;
                Err(fault)
            }
        }
    }

    fn change(&mut self, change: &Change) -> Outcome<Effect> {
        let conn = self.conn;
        match change {
            Change::Status(change) => return status::apply(conn, change),
            Change::Device(change) => device::apply(conn, change)?,
            Change::Alarm(message) => return alarm::apply(conn, message),
            Change::Pin(change) => return pin::apply(conn, change),
            Change::PutGeneration(id, parts) => pin::put_generation(conn, *id, parts)?,
            Change::Heartbeat(node, uptime) => status::heartbeat(conn, *node, *uptime)?,
            Change::PutUser(user) => user::put(conn, user)?,
            Change::DeleteUser(id) => user::delete(conn, *id)?,
            Change::Account(change) => return account::apply(conn, change),
            Change::Request(change) => return request::apply(conn, change).map(Effect::done_if),
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
