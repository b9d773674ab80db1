//! Events of phones: a ring for each.
//!
//! Those of many phones are written together: one statement reads the last event of each, and what is to be
//! written stands on that. Nothing is locked between the two; where another node has written an event of one
//! of these phones meanwhile, the transaction is done again.

use std::{borrow::Cow, collections::BTreeMap};

use ipp_core::{
    id::DeviceId,
    log::{DeviceEvent, event::KEPT_EVENTS},
    store::StoredRow,
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{Fields, all, json, number, visit as visit_rows};
use crate::{
    connection::{Ask, Conn},
    dump::Out,
    error::Outcome,
    value::{Value, columns, ids, params},
};

const LAST: &str = "
    SELECT e.* FROM unnest($1) AS wanted (device)
    CROSS JOIN LATERAL (
        SELECT *, xmin::text::bigint AS stamp FROM device_event
        WHERE device = wanted.device ORDER BY number DESC LIMIT 1) AS e";
const OF: &str = "SELECT * FROM device_event WHERE device = $1 ORDER BY number DESC";
const EVERY: &str = "SELECT * FROM device_event ORDER BY device, number";
const THERE: &str = "SELECT id FROM device WHERE id = ANY($1) ORDER BY id FOR KEY SHARE";
const INSERT: &str = "
    WITH done AS (
    INSERT INTO device_event (device, number, first_at, at, count, kind)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
    ON CONFLICT DO NOTHING
    RETURNING 1)
    SELECT as_expected((SELECT count(*) FROM done), $7)";
const AGAIN: &str = "
    WITH done AS (
    UPDATE device_event SET first_at = put.first_at, at = put.at, count = put.count
    FROM unnest($1, $2, $3, $4, $5, $6) AS put (device, number, first_at, at, count, stamp)
    WHERE device_event.device = put.device AND device_event.number = put.number
        AND device_event.xmin::text::bigint = put.stamp
    RETURNING 1)
    SELECT as_expected((SELECT count(*) FROM done), $7)";
// Pruning leaves gaps, so they are counted.
const TRIM: &str = "
    DELETE FROM device_event e USING unnest($1) AS full_ring (device)
    WHERE e.device = full_ring.device AND e.number <= (
        SELECT number FROM device_event
        WHERE device = full_ring.device ORDER BY number DESC LIMIT 1 OFFSET $2)";
const APPEND: &str = "
    INSERT INTO device_event (device, number, first_at, at, count, kind)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";
const PRUNE: &str = "
    DELETE FROM device_event WHERE (device, number) IN (
        SELECT device, number FROM device_event WHERE at < $1 ORDER BY at, device, number LIMIT $2)";

/// The question for the last events of phones.
pub(crate) fn last(devices: &[DeviceId]) -> Ask<'static> {
    let ids = devices.iter().map(|id| Some(Cow::Owned(id.as_bytes().to_vec()))).collect();
    Ask::new(LAST, [Value::ListOfBytes(ids)])
}

/// The statements that add events to those that [`last`] answered, in their order. One like the phone's last is
/// counted there. The phones must be known to be there until the transaction ends.
pub(crate) fn added(read: &[Row], events: &[DeviceEvent]) -> Outcome<Vec<Ask<'static>>> {
    let mut ends = BTreeMap::<DeviceId, End>::new();
    for row in read {
        let fields = Fields::new("device_event", row);
        let (number, stamp) = (fields.unsigned("number")?, fields.get("stamp")?);
        let last = self::read(row)?;
        ends.insert(
            last.device,
            End { number, former: Some(stamp), last: Some(last), moved: false, new: Vec::new() },
        );
    }
    for event in events {
        ends.entry(event.device).or_default().add(event);
    }
    let (mut again, mut new, mut full) = (Vec::new(), Vec::new(), Vec::new());
    for (device, end) in &ends {
        again.extend(end.again()?);
        for (at, event) in &end.new {
            new.push(cells(*at, event)?);
        }
        // A ring that was never full has its first number still.
        if end.newest() > KEPT_EVENTS as u64 && !end.new.is_empty() {
            full.push(Some(Cow::Owned(device.as_bytes().to_vec())));
        }
    }
    let mut asks = Vec::new();
    asks.extend(expecting(AGAIN, again)?);
    asks.extend(expecting(INSERT, new)?);
    if !full.is_empty() {
        asks.push(Ask::new(TRIM, [Value::ListOfBytes(full), number(KEPT_EVENTS as u64)?.into()]));
    }
    Ok(asks)
}

/// Adds events of phones; those of phones that are not there are left out.
pub(crate) async fn add(conn: &Conn, events: &[DeviceEvent]) -> Outcome<()> {
    let wanted: Vec<DeviceId> = events.iter().map(|event| event.device).collect();
    let there =
        all(conn, THERE, &[ids(wanted.iter().map(DeviceId::as_bytes))], super::device::device_id).await?;
    if there.is_empty() {
        return Ok(());
    }
    let read = conn.rows_of(last(&there)).await?;
    let events: Vec<DeviceEvent> =
        events.iter().filter(|event| there.contains(&event.device)).cloned().collect();
    conn.together(&added(&read, &events)?).await.map(drop)
}

pub(crate) async fn of(conn: &Conn, device: DeviceId) -> Outcome<Vec<DeviceEvent>> {
    all(conn, OF, &params![device.as_bytes()], read).await
}

/// Appends events as they were, whatever the one before each is.
pub(crate) async fn append(conn: &Conn, events: &[&DeviceEvent]) -> Outcome<()> {
    let mut devices: Vec<DeviceId> = events.iter().map(|event| event.device).collect();
    devices.dedup();
    let numbers = conn.rows_of(last(&devices)).await?;
    let place = |row: &Row| {
        let fields = Fields::new("device_event", row);
        Ok((fields.bytes("device", DeviceId::from_bytes)?, fields.unsigned("number")?))
    };
    let mut numbers = numbers.iter().map(place).collect::<Outcome<BTreeMap<_, _>>>()?;
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let at = numbers.entry(event.device).or_default();
        *at += 1;
        rows.push(cells(*at, event)?);
    }
    let Some(columns) = columns(rows) else { return Ok(()) };
    let put = conn.execute(APPEND, &columns).await;
    put.map(drop).map_err(|fault| fault.missing("device_event_device_fkey", "device"))
}

/// Gives out every event, those of a phone the oldest first.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Event(Box::new(read(row)?)))).await
}

/// Takes out events of before a time; whether there were any.
pub(crate) async fn prune(conn: &Conn, before: Timestamp, limit: u32) -> Outcome<bool> {
    Ok(conn.execute(PRUNE, &params![before.as_millis(), limit]).await? > 0)
}

/// The end of a phone's ring.
#[derive(Default)]
struct End {
    /// The number of the last event that is there; 0 where there is none.
    number: u64,
    /// The transaction that wrote it.
    former: Option<i64>,
    last: Option<DeviceEvent>,
    /// Whether it is counted once more.
    moved: bool,
    /// What comes behind it.
    new: Vec<(u64, DeviceEvent)>,
}

impl End {
    fn add(&mut self, event: &DeviceEvent) {
        let next = self.newest() + 1;
        let last = self.new.last_mut().map(|(_, last)| last);
        match last.or(self.last.as_mut()).filter(|last| last.is_like(event)) {
            Some(last) => {
                *last = last.clone().and(event);
                self.moved |= self.new.is_empty();
            }
            None => self.new.push((next, event.clone())),
        }
    }

    fn newest(&self) -> u64 {
        self.new.last().map_or(self.number, |(number, _)| *number)
    }

    /// The row of the last event that was there, where it is counted once more.
    fn again(&self) -> Outcome<Option<[Value<'static>; 6]>> {
        let (true, Some(last), Some(stamp)) = (self.moved, &self.last, self.former) else { return Ok(None) };
        let [device, at_number, first_at, at, count, _] = cells(self.number, last)?;
        Ok(Some([device, at_number, first_at, at, count, stamp.into()]))
    }
}

/// The statement that writes rows, all of them or none.
fn expecting(sql: &'static str, rows: Vec<[Value<'static>; 6]>) -> Outcome<Option<Ask<'static>>> {
    let expected = number(rows.len() as u64)?;
    let with =
        |columns: [Value<'static>; 6]| columns.into_iter().chain([expected.into()]).collect::<Vec<_>>();
    Ok(columns(rows).map(|columns| Ask::new(sql, with(columns))))
}

fn cells(at: u64, event: &DeviceEvent) -> Outcome<[Value<'static>; 6]> {
    let DeviceEvent { device, kind, first_at, at: last_at, count } = event;
    Ok(params![
        device.as_bytes().to_vec(),
        number(at)?,
        first_at.as_millis(),
        last_at.as_millis(),
        *count,
        json(kind)?,
    ])
}

fn read(row: &Row) -> Outcome<DeviceEvent> {
    let fields = Fields::new("device_event", row);
    Ok(DeviceEvent {
        device: fields.bytes("device", DeviceId::from_bytes)?,
        kind: fields.json("kind")?,
        first_at: fields.time("first_at")?,
        at: fields.time("at")?,
        count: fields.number("count")?,
    })
}
