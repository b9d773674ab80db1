//! Active alarms.

use ipp_core::{
    alarm::{Alarm, AlarmKey, Severity},
    id::{DeviceId, RegionId},
    store::{AlarmFilter, AlarmPlace, AlarmRecord, AlarmSearch, Page, StoredRow},
};
use tokio_postgres::Row;

use super::{Fields, address, numbered, visit as visit_rows};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{Value, ids},
};

/// One alarm by its key.
pub(crate) const BY_KEY: &str = "SELECT * FROM alarm WHERE device = $1 AND name = $2 AND qualifier = $3";

const PAGE: &str = "
    SELECT a.*, d.mac AS phone_mac, d.region AS phone_region, s.peer AS phone_peer
    FROM alarm a JOIN device d ON d.id = a.device LEFT JOIN status s ON s.device = a.device
    WHERE TRUE";

/// One page: the latest action first, alarms of one moment by their key.
pub(crate) async fn page(
    conn: &Conn,
    filter: &AlarmFilter,
    page: &Page<AlarmPlace>,
) -> Outcome<Vec<AlarmRecord>> {
    let AlarmFilter { device, regions, at_least, search } = filter;
    let mut sql = PAGE.to_owned();
    let mut values: Vec<Value<'_>> = Vec::new();
    if let Some(device) = device {
        sql.push_str(" AND a.device = ?");
        values.push(device.as_bytes().into());
    }
    if let Some(regions) = regions {
        sql.push_str(" AND d.region = ANY(?)");
        values.push(ids(regions.iter().map(RegionId::as_bytes)));
    }
    if let Some(least) = at_least {
        sql.push_str(" AND a.severity >= ?");
        values.push(least.number().into());
    }
    match search {
        None => {}
        Some(AlarmSearch::Mac(mac)) => {
            sql.push_str(" AND d.mac = ?");
            values.push(mac.bytes().to_vec().into());
        }
        Some(AlarmSearch::Address(wanted)) => {
            sql.push_str(" AND s.peer = ?");
            values.push(address(*wanted).into());
        }
        Some(AlarmSearch::Text(text)) => {
            sql.push_str(" AND (strpos(lower(a.name), ?) > 0 OR strpos(lower(a.qualifier), ?) > 0)");
            values.extend([Value::from(text), Value::from(text)]);
        }
    }
    if let Some(AlarmPlace { last_action_at, key }) = &page.after {
        sql.push_str(
            " AND (a.last_action_at < ? OR (a.last_action_at = ? AND (a.device, a.name, a.qualifier) > (?, ?, ?)))",
        );
        let at = last_action_at.as_millis();
        values.extend([at.into(), at.into(), key.device.as_bytes().into()]);
        values.extend([Value::from(&key.name), Value::from(&key.qualifier)]);
    }
    sql.push_str(" ORDER BY a.last_action_at DESC, a.device, a.name, a.qualifier LIMIT ?");
    values.push(page.limit.into());
    let rows = conn.rows_once(&numbered(&sql), &values).await?;
    let record = |row: &Row| {
        let alarm = read(row)?;
        let fields = Fields::new("device", row);
        Ok(AlarmRecord {
            alarm,
            mac: fields.mac("phone_mac")?,
            region: fields.opt_bytes("phone_region", RegionId::from_bytes)?,
            peer: fields.opt_address("phone_peer")?,
        })
    };
    rows.iter().map(record).collect()
}

const EVERY: &str = "SELECT * FROM alarm ORDER BY device, name, qualifier";

/// Gives out all alarms by their keys.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Alarm(Box::new(read(row)?)))).await
}

pub(crate) fn read(row: &Row) -> Outcome<Alarm> {
    let fields = Fields::new("alarm", row);
    let key = AlarmKey {
        device: fields.bytes("device", DeviceId::from_bytes)?,
        name: fields.text("name")?,
        qualifier: fields.text("qualifier")?,
    };
    let number: u8 = fields.number("severity")?;
    Ok(Alarm {
        key,
        severity: Severity::from_number(number)
            .ok_or_else(|| fields.wrong("severity", "severities are 1 to 5"))?,
        raised_at: fields.time("raised_at")?,
        last_action_at: fields.time("last_action_at")?,
        count: fields.number("count")?,
        details: fields.json("details")?,
    })
}
