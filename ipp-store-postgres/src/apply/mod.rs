//! Changes as statements.
//!
//! Everything that depends on the present value of a row is computed here, inside the transaction.
//! The constraints of the schema judge; this code only gives their judgement a name. Changes of one kind
//! that follow each other go into one statement, because each statement is a trip to the server and back.

mod account;
mod alarm;
mod catalog;
mod counted;
mod device;
mod expect;
mod gathered;
mod job;
mod log;
mod pin;
mod reseal;
mod restore;
mod runs;
mod status;

use ipp_core::{
    catalog::CatalogRevision,
    digest::ContentHash,
    status::StatusReport,
    store::{
        AccountChange, AuditEntry, AuditRecord, Batch, Change, Committed, LogChange, Prune, RequestChange,
        StatusChange,
    },
};

use self::{gathered::Gathered, runs::Run};
use tokio_postgres::Row;

pub(crate) use self::{restore::Restorer, runs::Apart};
use crate::{
    connection::{Ask, Conn},
    error::{Fault, Outcome, corrupt},
    lane::Lane,
    rows::{Fields, alarm_event, audit, number, request, run, user},
    value::params,
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

/// What a transaction has to hold for what it is going to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// Its own rows only.
    Rows,
    /// The lock that whoever changes the catalogue, devices, users, accounts or what is published holds,
    /// on every node: revisions, the sequence of changes and the audit chain are read and written under
    /// it.
    Lock,
}

impl Needs {
    /// What a batch needs. Reports, sweeps, heartbeats, sessions, repeated requests and what is written into
    /// the logs never wait for those who administer.
    pub(crate) fn of(batch: &Batch) -> Self {
        let light = |change: &Change| match change {
            Change::Status(_)
            | Change::Heartbeat(..)
            | Change::Log(_)
            | Change::Told(..)
            | Change::Prune(
                Prune::Activity { .. }
                | Prune::Events(..)
                | Prune::Samples(..)
                | Prune::Uptimes(..)
                | Prune::AlarmEvents(..)
                | Prune::Tokens(_),
            )
            | Change::Request(
                RequestChange::Claim(_)
                | RequestChange::Settle(..)
                | RequestChange::Release(_)
                | RequestChange::Prune(_),
            ) => true,
            Change::Account(change) => match change {
                AccountChange::PutSession(_)
                | AccountChange::TouchSession(..)
                | AccountChange::EndSession(_)
                | AccountChange::EndSessions(..)
                | AccountChange::PruneSessions(..)
                | AccountChange::UseToken(..) => true,
                AccountChange::PutOperator(_)
                | AccountChange::DeleteOperator(_)
                | AccountChange::PutToken(_)
                | AccountChange::DeleteToken(_) => false,
            },
            Change::Catalog(_)
            | Change::PutUser(_)
            | Change::DeleteUser(_)
            | Change::Device(_)
            | Change::Alarm(_)
            | Change::PutGeneration(..)
            | Change::Pin(_)
            | Change::Run(_)
            | Change::Prune(Prune::GoneDevices(..) | Prune::Generations { .. } | Prune::Jobs(..))
            | Change::Reseal(_)
            // No two jobs may find the same phone free.
            | Change::Job(_) => false,
        };
        let own = batch.expect.is_empty() && batch.audit.is_empty() && batch.changes.iter().all(light);
        if own { Self::Rows } else { Self::Lock }
    }
}

const META: &str = "SELECT single, catalog_revision, device_sequence FROM meta WHERE single = 0";
const META_LOCKED: &str =
    "SELECT single, catalog_revision, device_sequence FROM meta WHERE single = 0 FOR UPDATE";
const META_PUT: &str = "UPDATE meta SET catalog_revision = $1, device_sequence = $2 WHERE single = 0";
const NOTIFY: &str = "SELECT pg_notify($1, $2)";

/// Applies batches, one after the other, in a transaction that is open already.
#[derive(Debug)]
pub(crate) struct Applier<'c> {
    conn: &'c Conn,
    lane: i64,
    /// The catalogue's revision and the sequence of changes as the transaction found them.
    found: (CatalogRevision, u64),
    catalog: CatalogRevision,
    gathered: Gathered,
    chain: Chain,
    /// What was read for the reports at the beginning.
    read: Option<Vec<Row>>,
    /// What is to be written last.
    pending: Vec<Ask<'static>>,
}

/// The end of the audit chain.
#[derive(Debug, Clone, Default)]
struct Chain {
    /// Whether it was looked up.
    known: bool,
    last: Option<(u64, ContentHash)>,
    /// What is not written yet.
    records: Vec<AuditRecord>,
}

impl<'c> Applier<'c> {
    /// Looks up what a transaction of this lane builds on, takes the lock where it is needed, and reads what
    /// the reports at its beginning will need, all in one trip.
    pub(crate) async fn new(
        conn: &'c Conn,
        lane: &Lane,
        turn: i64,
        needs: Needs,
        reports: &[&StatusReport],
    ) -> Outcome<Self> {
        let sql = if needs == Needs::Lock { META_LOCKED } else { META };
        let mut asks = vec![lane.mark(turn), Ask::new(sql, [])];
        if !reports.is_empty() {
            asks.push(status::former(&status::phones(reports)));
        }
        let mut answers = conn.together(&asks).await?.into_iter().skip(1);
        let (catalog, sequence) = answers
            .next()
            .and_then(|rows| rows.into_iter().next())
            .map(|row| {
                let fields = Fields::new("meta", &row);
                let catalog = CatalogRevision(fields.unsigned("catalog_revision")?);
                Ok::<_, Fault>((catalog, fields.unsigned("device_sequence")?))
            })
            .transpose()?
            .ok_or_else(|| corrupt("meta", "catalog_revision", 0, "the row is missing"))?;
        Ok(Self {
            conn,
            lane: lane.number,
            found: (catalog, sequence),
            catalog,
            gathered: Gathered::new(sequence),
            chain: Chain::default(),
            read: answers.next(),
            pending: Vec::new(),
        })
    }

    /// Applies one batch. Where this fails, the caller rolls back what was applied of it.
    pub(crate) async fn batch(&mut self, batch: &Batch, apart: Apart) -> Outcome<Committed> {
        let (catalog, entries) = (self.catalog, self.chain.clone_end());
        let mark = self.gathered.mark();
        let applied = self.apply(batch, apart).await;
        match applied {
            Ok(committed) => {
                self.gathered.keep();
                Ok(committed)
            }
            Err(fault) => {
                self.catalog = catalog;
                self.chain.cut(entries);
                self.gathered.forget(mark);
                Err(fault)
            }
        }
    }

    /// Applies the reports of several batches together; which of them take effect. Where nothing comes
    /// after them they are written along with the commit.
    pub(crate) async fn reports(&mut self, reports: &[&StatusReport], last: bool) -> Outcome<Vec<bool>> {
        let conn = self.conn;
        let read = match self.read.take() {
            Some(read) => read,
            None => conn.rows_of(status::former(&status::phones(reports))).await?,
        };
        let (done, writes) = status::decide(conn, &mut self.gathered, reports, &read).await?;
        if last {
            self.pending.extend(writes);
        } else {
            conn.together(&writes).await?;
        }
        self.gathered.keep();
        Ok(done)
    }

    /// Writes what was gathered, where a batch has changes that look at it. This is done before the savepoint of
    /// the batch, so that it stays whatever becomes of the batch.
    pub(crate) async fn settle_for(&mut self, batch: &Batch) -> Outcome<()> {
        if batch.changes.iter().any(looks_at_what_is_gathered) { self.settle().await } else { Ok(()) }
    }

    async fn settle(&mut self) -> Outcome<()> {
        self.gathered.keep();
        let mut asks = self.gathered.write_counts(self.lane)?;
        asks.extend(device::write_changes(&self.gathered.take_changes())?);
        self.conn.together(&asks).await.map(drop)
    }

    /// The catalogue's revision as it is now.
    pub(crate) const fn catalog(&self) -> CatalogRevision {
        self.catalog
    }

    /// What is left to be written along with the commit: what all of it has in common, and a word to other
    /// nodes.
    pub(crate) fn last(&mut self, lane: &Lane) -> Outcome<Vec<Ask<'static>>> {
        let mut asks = std::mem::take(&mut self.pending);
        asks.extend(self.gathered.write_counts(self.lane)?);
        asks.extend(device::write_changes(&self.gathered.take_changes())?);
        asks.extend(audit::put(&std::mem::take(&mut self.chain.records))?);
        let now = (self.catalog, self.gathered.sequence());
        if now != self.found {
            asks.push(Ask::new(META_PUT, params![number(now.0.0)?, number(now.1)?]));
            let told = format!("{} {} {}", lane.name, now.0.0, now.1);
            asks.push(Ask::new(NOTIFY, params![lane.channel.clone(), told]));
        }
        Ok(asks)
    }

    async fn apply(&mut self, batch: &Batch, apart: Apart) -> Outcome<Committed> {
        expect::check(self.conn, &batch.expect).await?;
        let mut skipped = Vec::new();
        let mut at = 0;
        while let Some(rest) = batch.changes.get(at..).filter(|rest| !rest.is_empty()) {
            let (run, length) = Run::of(rest, apart);
            self.run(run, at, &mut skipped).await?;
            at += length;
        }
        self.gathered.counted.settle_runs(self.conn).await?;
        self.note(&batch.audit).await?;
        Ok(Committed { catalog: self.catalog, skipped })
    }

    async fn run(&mut self, run: Run<'_>, at: usize, skipped: &mut Vec<usize>) -> Outcome<()> {
        let (conn, gathered) = (self.conn, &mut self.gathered);
        let done = match run {
            Run::Reports(reports) => status::receive(conn, gathered, &reports).await?,
            Run::Silent(phones) => status::disconnect(conn, gathered, &phones).await?,
            Run::Files(pins) => pin::publish(conn, gathered, &pins).await?,
            Run::Rows(users, devices) => {
                user::put_all(conn, &users).await?;
                if !devices.is_empty() {
                    device::put_all(conn, gathered, &devices).await?;
                }
                return Ok(());
            }
            Run::One(change) => vec![self.change(change).await? == Effect::Done],
        };
        skipped.extend(done.iter().zip(at..).filter(|(done, _)| !**done).map(|(_, at)| at));
        Ok(())
    }

    async fn change(&mut self, change: &Change) -> Outcome<Effect> {
        if looks_at_what_is_gathered(change) {
            self.settle().await?;
        }
        let (conn, gathered) = (self.conn, &mut self.gathered);
        match change {
            Change::Status(StatusChange::Report(report)) => {
                let done = status::receive(conn, gathered, &[report]).await?;
                return Ok(Effect::done_if(done == [true]));
            }
            Change::Status(StatusChange::Disconnect { device, last_seen, at }) => {
                let done = status::disconnect(conn, gathered, &[(*device, *last_seen, *at)]).await?;
                return Ok(Effect::done_if(done == [true]));
            }
            Change::Status(StatusChange::Forget(device)) => {
                return status::forget(conn, gathered, *device).await;
            }
            Change::Device(change) => device::apply(conn, gathered, change).await?,
            Change::Alarm(message) => return alarm::apply(conn, gathered, message).await,
            Change::Pin(change) => return pin::apply(conn, gathered, change).await,
            Change::PutGeneration(id, parts) => pin::put_generation(conn, *id, parts).await?,
            Change::Heartbeat(node, uptime) => status::heartbeat(conn, *node, *uptime).await?,
            Change::PutUser(one) => user::put_all(conn, &[one]).await?,
            Change::DeleteUser(id) => user::delete(conn, *id).await?,
            Change::Run(note) => run::note(conn, note).await?,
            Change::Log(change) => return log::apply(conn, change).await,
            Change::Job(change) => return job::apply(conn, change).await,
            Change::Told(target, number) => {
                return alarm_event::tell(conn, target, *number).await.map(Effect::done_if);
            }
            Change::Prune(change) => return log::prune(conn, change).await,
            Change::Account(change) => return account::apply(conn, change).await,
            Change::Request(change) => return request::apply(conn, change).await.map(Effect::done_if),
            Change::Reseal(change) => {
                return reseal::apply(conn, gathered, change).await.map(Effect::done_if);
            }
            Change::Catalog(change) => {
                if catalog::apply(conn, self.catalog, change).await? == Effect::Skipped {
                    return Ok(Effect::Skipped);
                }
                self.catalog = CatalogRevision(self.catalog.0 + 1);
            }
        }
        Ok(Effect::Done)
    }

    /// Chains entries of the audit log to those before them.
    async fn note(&mut self, entries: &[AuditEntry]) -> Outcome<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let chain = &mut self.chain;
        if !chain.known {
            chain.last = audit::last(self.conn).await?;
            chain.known = true;
        }
        for entry in entries {
            let record = AuditRecord::following(chain.last, entry.clone());
            chain.last = Some((record.number, record.hash));
            chain.records.push(record);
        }
        Ok(())
    }
}

/// Whether a change looks at counters, or at the sequence of changes, as the changes before it leave them.
const fn looks_at_what_is_gathered(change: &Change) -> bool {
    matches!(
        change,
        Change::Log(LogChange::Sample(_)) | Change::Prune(Prune::GoneDevices(..) | Prune::Generations { .. })
    )
}

impl Chain {
    fn clone_end(&self) -> (bool, Option<(u64, ContentHash)>, usize) {
        (self.known, self.last, self.records.len())
    }

    fn cut(&mut self, (known, last, records): (bool, Option<(u64, ContentHash)>, usize)) {
        if known {
            self.last = last;
        } else {
            self.known = false;
        }
        self.records.truncate(records);
    }
}
