//! Jobs and their items.

use ipp_core::{
    id::{DeviceId, JobId, NodeId},
    job::{Author, ItemState, Job, JobCounts, JobItem, JobState, Lease, Move},
    log::LogText,
    outbound::SessionId,
    store::{JobFilter, JobItems, Page, StoredRow},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, json, number, one, visit as visit_rows};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{columns, ids, params},
};

const ONE: &str = "SELECT * FROM job WHERE id = $1";
const LOCKED: &str = "SELECT * FROM job WHERE id = $1 FOR UPDATE";
const PAGE: &str = "
    SELECT * FROM job
    WHERE ($1 IS NULL OR id < $1) AND ($2 = 0 OR $2 & (1 << state::integer) <> 0) AND ($3 IS NULL OR author = $3)
    ORDER BY id DESC LIMIT $4";
const DUE: &str = "
    SELECT * FROM job
    WHERE (state = 0 OR sending > 0) AND (state = 0 AND next_at <= $1 OR sending > 0)
        AND (leased_until IS NULL OR leased_until <= $1)
    ORDER BY next_at, id LIMIT $2";
const EVERY: &str = "SELECT * FROM job ORDER BY id";
const ADD: &str = "
    INSERT INTO job
        (id, action, author, authority, pace, created_at, state, next_at, ended_at, queued, sending, accepted, failed,
        skipped, unknown, cancelled, epoch, holder, leased_until, confirmed,
        waiting)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
    ON CONFLICT DO NOTHING";
const PUT: &str = "
    UPDATE job
    SET state = $2, next_at = $3, ended_at = $4, queued = $5, sending = $6, accepted = $7, failed = $8, skipped = $9,
        unknown = $10, cancelled = $11, epoch = $12, holder = $13, leased_until = $14,
        confirmed = $15, waiting = $16
    WHERE id = $1";
const PRUNE: &str = "
    DELETE FROM job WHERE id IN (
        SELECT id FROM job WHERE ended_at IS NOT NULL AND ended_at < $1 AND sending = 0 ORDER BY id LIMIT $2)";

const ITEMS: &str = "
    SELECT * FROM job_item WHERE job = $1 AND ($2 IS NULL OR number > $2) ORDER BY number LIMIT $3";
const ITEMS_IN: &str = "
    SELECT * FROM job_item WHERE job = $1 AND state = $4 AND ($2 IS NULL OR number > $2) ORDER BY number LIMIT $3";
const EVERY_ITEM: &str = "SELECT * FROM job_item ORDER BY job, number";
const ADD_ITEM: &str = "
    INSERT INTO job_item (job, number, device, mac, state, session, at, text)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)";
const MOVE: &str = "UPDATE job_item SET state = $3, at = $4 WHERE job = $1 AND state = $2";
const BEGIN_ITEM: &str = "
    UPDATE job_item SET state = 1, session = $3, at = $4, text = ''
    WHERE job = $1 AND number = $2 AND state = 0
        AND NOT EXISTS (
            SELECT 1 FROM job_item AS other WHERE other.device = job_item.device AND other.state = 1)";
const WAITING: &str =
    "SELECT * FROM job_item WHERE device = $1 AND state = 8 ORDER BY at, job, number LIMIT $2";
const COMMANDED: &str = "
    SELECT * FROM job_item WHERE device = ANY ($1) AND state IN (1, 2, 5) AND at >= $2 ORDER BY job, number";
const STATE: &str = "SELECT state FROM job_item WHERE job = $1 AND number = $2";
const HAND: &str = "
    UPDATE job_item SET state = $3, session = $4, at = $5, text = $6
    WHERE job = $1 AND number = $2 AND state = 8";
const SETTLE: &str = "UPDATE job_item SET state = $3, at = $4, text = $5 WHERE job = $1 AND number = $2";

pub(crate) async fn get(conn: &Conn, id: JobId) -> Outcome<Option<Job>> {
    one(conn, ONE, &params![id.as_bytes()], read).await
}

/// The same, and nobody else changes it before the end of the transaction.
pub(crate) async fn locked(conn: &Conn, id: JobId) -> Outcome<Option<Job>> {
    one(conn, LOCKED, &params![id.as_bytes()], read).await
}

pub(crate) async fn page(conn: &Conn, filter: &JobFilter, page: Page<JobId>) -> Outcome<Vec<Job>> {
    let JobFilter { states, author } = filter;
    let states = states.iter().fold(0_i64, |states, state| states | 1 << state.number());
    all(conn, PAGE, &params![page.after.as_ref().map(JobId::as_bytes), states, author, page.limit], read)
        .await
}

pub(crate) async fn due(conn: &Conn, at: Timestamp, limit: u32) -> Outcome<Vec<Job>> {
    all(conn, DUE, &params![at.as_millis(), limit], read).await
}

pub(crate) async fn items(conn: &Conn, which: JobItems, page: Page<u32>) -> Outcome<Vec<JobItem>> {
    let JobItems { job, state } = which;
    match state {
        None => all(conn, ITEMS, &params![job.as_bytes(), page.after, page.limit], read_item).await,
        Some(state) => {
            let params = params![job.as_bytes(), page.after, page.limit, state.number()];
            all(conn, ITEMS_IN, &params, read_item).await
        }
    }
}

/// Items that wait for the report of a phone, by job and number.
pub(crate) async fn waiting(conn: &Conn, device: DeviceId, limit: u32) -> Outcome<Vec<JobItem>> {
    all(conn, WAITING, &params![device.as_bytes(), limit], read_item).await
}

/// Items of these phones of which more may become known, by job and number.
pub(crate) async fn commanded(conn: &Conn, devices: &[DeviceId], since: Timestamp) -> Outcome<Vec<JobItem>> {
    let devices = ids(devices.iter().map(DeviceId::as_bytes));
    all(conn, COMMANDED, &params![devices, since.as_millis()], read_item).await
}

/// Gives out every job, by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Job(Box::new(read(row)?)))).await
}

/// Gives out every item, by job and number.
pub(crate) async fn visit_items(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_ITEM, out, |row| Ok(StoredRow::JobItem(Box::new(read_item(row)?)))).await
}

/// Adds a job; whether there was none of that id.
pub(crate) async fn add(conn: &Conn, job: &Job) -> Outcome<bool> {
    let Job { id, action, author, pace, created_at, state, next_at, ended_at, counts, lease } = job;
    let Author { name, authority } = author;
    let row = params![
        id.as_bytes(),
        json(action)?,
        name,
        json(authority)?,
        json(pace)?,
        created_at.as_millis(),
        state.number(),
        next_at.as_millis(),
        ended_at.map(Timestamp::as_millis),
        number(counts.queued)?,
        number(counts.sending)?,
        number(counts.accepted)?,
        number(counts.failed)?,
        number(counts.skipped)?,
        number(counts.unknown)?,
        number(counts.cancelled)?,
        number(lease.epoch)?,
        lease.holder.as_ref().map(NodeId::as_bytes),
        lease.until.map(Timestamp::as_millis),
        number(counts.confirmed)?,
        number(counts.waiting)?,
    ];
    Ok(conn.execute(ADD, &row).await? > 0)
}

/// Puts what changes of a job that is there.
pub(crate) async fn put(conn: &Conn, job: &Job) -> Outcome<()> {
    let Job { id, action: _, author: _, pace: _, created_at: _, state, next_at, ended_at, counts, lease } =
        job;
    let row = params![
        id.as_bytes(),
        state.number(),
        next_at.as_millis(),
        ended_at.map(Timestamp::as_millis),
        number(counts.queued)?,
        number(counts.sending)?,
        number(counts.accepted)?,
        number(counts.failed)?,
        number(counts.skipped)?,
        number(counts.unknown)?,
        number(counts.cancelled)?,
        number(lease.epoch)?,
        lease.holder.as_ref().map(NodeId::as_bytes),
        lease.until.map(Timestamp::as_millis),
        number(counts.confirmed)?,
        number(counts.waiting)?,
    ];
    conn.execute(PUT, &row).await?;
    Ok(())
}

/// Takes out jobs that are over; whether there were any.
pub(crate) async fn prune(conn: &Conn, before: Timestamp, limit: u32) -> Outcome<bool> {
    Ok(conn.execute(PRUNE, &params![before.as_millis(), limit]).await? > 0)
}

/// Adds items that are not there.
pub(crate) async fn add_items(conn: &Conn, items: impl Iterator<Item = JobItem>) -> Outcome<()> {
    let row = |item: JobItem| {
        let JobItem { job, number, device, mac, state, session, at, text } = item;
        params![
            job.as_bytes().to_vec(),
            number,
            device.as_bytes().to_vec(),
            mac.bytes().to_vec(),
            state.number(),
            session.map(|session| session.bytes().to_vec()),
            at.map(Timestamp::as_millis),
            text.as_str().to_owned(),
        ]
    };
    if let Some(columns) = columns(items.map(row)) {
        conn.execute(ADD_ITEM, &columns).await?;
    }
    Ok(())
}

/// All items of a job that are in one state get into another.
pub(crate) async fn move_items(
    conn: &Conn,
    job: JobId,
    Move { from, to }: Move,
    at: Timestamp,
) -> Outcome<()> {
    conn.execute(MOVE, &params![job.as_bytes(), from.number(), to.number(), at.as_millis()]).await?;
    Ok(())
}

/// An item is about to be sent; whether it was queued, and no other is being sent to its phone.
pub(crate) async fn begin_item(
    conn: &Conn,
    (job, item): (JobId, u32),
    session: SessionId,
    at: Timestamp,
) -> Outcome<bool> {
    Ok(conn.execute(BEGIN_ITEM, &params![job.as_bytes(), item, &session.bytes(), at.as_millis()]).await? > 0)
}

/// An item got somewhere; where it was, if it may get there from there.
pub(crate) async fn settle_item(
    conn: &Conn,
    (job, item): (JobId, u32),
    (state, text): (ItemState, &LogText),
    at: Timestamp,
    may: impl FnOnce(ItemState) -> bool,
) -> Outcome<Option<ItemState>> {
    let of = params![job.as_bytes(), item];
    let read = |row: &Row| item_state(&Fields::new("job_item", row));
    let Some(former) = one(conn, STATE, &of, read).await?.filter(|former| may(*former)) else {
        return Ok(None);
    };
    conn.execute(SETTLE, &params![job.as_bytes(), item, state.number(), at.as_millis(), text.as_str()])
        .await?;
    Ok(Some(former))
}

/// An item that waits for its phone's report gets somewhere; whether it waited.
pub(crate) async fn hand(
    conn: &Conn,
    (job, item): (JobId, u32),
    session: Option<SessionId>,
    (state, text): (ItemState, &LogText),
    at: Timestamp,
) -> Outcome<bool> {
    let session = session.map(|session| session.bytes().to_vec());
    let row = params![job.as_bytes(), item, state.number(), session, at.as_millis(), text.as_str()];
    Ok(conn.execute(HAND, &row).await? > 0)
}

fn read(row: &Row) -> Outcome<Job> {
    let fields = Fields::new("job", row);
    Ok(Job {
        id: fields.bytes("id", JobId::from_bytes)?,
        action: fields.json("action")?,
        author: Author { name: fields.text("author")?, authority: fields.json("authority")? },
        pace: fields.json("pace")?,
        created_at: fields.time("created_at")?,
        state: {
            let state = JobState::of_number(fields.number("state")?);
            state.ok_or_else(|| fields.wrong("state", "there is no such state"))?
        },
        next_at: fields.time("next_at")?,
        ended_at: fields.opt_time("ended_at")?,
        counts: JobCounts {
            queued: fields.unsigned("queued")?,
            sending: fields.unsigned("sending")?,
            accepted: fields.unsigned("accepted")?,
            failed: fields.unsigned("failed")?,
            skipped: fields.unsigned("skipped")?,
            unknown: fields.unsigned("unknown")?,
            cancelled: fields.unsigned("cancelled")?,
            confirmed: fields.unsigned("confirmed")?,
            waiting: fields.unsigned("waiting")?,
        },
        lease: Lease {
            epoch: fields.unsigned("epoch")?,
            holder: fields.opt_bytes("holder", NodeId::from_bytes)?,
            until: fields.opt_time("leased_until")?,
        },
    })
}

fn read_item(row: &Row) -> Outcome<JobItem> {
    let fields = Fields::new("job_item", row);
    Ok(JobItem {
        job: fields.bytes("job", JobId::from_bytes)?,
        number: fields.number("number")?,
        device: fields.bytes("device", DeviceId::from_bytes)?,
        mac: fields.mac("mac")?,
        state: item_state(&fields)?,
        session: fields.opt_bytes("session", SessionId::new)?,
        at: fields.opt_time("at")?,
        text: LogText::stored(fields.text("text")?),
    })
}

fn item_state(fields: &Fields<'_>) -> Outcome<ItemState> {
    let state = ItemState::of_number(fields.number("state")?);
    state.ok_or_else(|| fields.wrong("state", "there is no such state"))
}
