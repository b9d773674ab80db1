//! Active alarms.

use ipp_core::{
    alarm::{Alarm, AlarmKey, Severity},
    id::{DeviceId, RegionId},
    store::{AlarmFilter, AlarmPlace, AlarmRecord, AlarmSearch, Page},
};
use rusqlite::{Connection, Row, params_from_iter, types::Value};

use super::{Fields, address, all};
use crate::error::Outcome;

/// One alarm by its key.
pub(crate) const BY_KEY: &str = "SELECT * FROM alarm WHERE device = ?1 AND name = ?2 AND qualifier = ?3";

const PAGE: &str = "
    SELECT a.*, d.mac AS phone_mac, d.region AS phone_region, s.peer AS phone_peer
    FROM alarm a JOIN device d ON d.id = a.device LEFT JOIN status s ON s.device = a.device
    WHERE 1";

/// One page: the latest action first, alarms of one moment by their key.
pub(crate) fn page(
    conn: &Connection,
    filter: &AlarmFilter,
    page: &Page<AlarmPlace>,
) -> Outcome<Vec<AlarmRecord>> {
    let AlarmFilter { device, regions, at_least, search } = filter;
    let mut sql = PAGE.to_owned();
    let mut values: Vec<Value> = Vec::new();
    if let Some(device) = device {
        sql.push_str(" AND a.device = ?");
        values.push(device.as_bytes().to_vec().into());
    }
    if let Some(regions) = regions {
        sql.push_str(" AND d.region IN (");
        sql.push_str(&vec!["?"; regions.len()].join(", "));
        sql.push(')');
        values.extend(regions.iter().map(|region| region.as_bytes().to_vec().into()));
    }
    if let Some(least) = at_least {
        sql.push_str(" AND a.severity >= ?");
        values.push(i64::from(least.number()).into());
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
            sql.push_str(" AND (instr(lower(a.name), ?) > 0 OR instr(lower(a.qualifier), ?) > 0)");
            values.extend([text.clone().into(), text.clone().into()]);
        }
    }
    if let Some(AlarmPlace { last_action_at, key }) = &page.after {
        sql.push_str(
            " AND (a.last_action_at < ? OR (a.last_action_at = ? AND (a.device, a.name, a.qualifier) > (?, ?, ?)))",
        );
        let at = last_action_at.as_millis();
        values.extend([at.into(), at.into(), key.device.as_bytes().to_vec().into()]);
        values.extend([Value::from(key.name.clone()), Value::from(key.qualifier.clone())]);
    }
    sql.push_str(" ORDER BY a.last_action_at DESC, a.device, a.name, a.qualifier LIMIT ?");
    values.push(i64::from(page.limit).into());
    all(conn, &sql, params_from_iter(values), |row| {
        let alarm = read(row)?;
        let fields = Fields::new("device", row);
        Ok(AlarmRecord {
            alarm,
            mac: fields.mac("phone_mac")?,
            region: fields.opt_bytes("phone_region", RegionId::from_bytes)?,
            peer: fields.opt_address("phone_peer")?,
        })
    })
}

const EVERY: &str = "SELECT * FROM alarm ORDER BY device, name, qualifier";

/// Shows all alarms by their keys.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(Alarm) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

pub(crate) fn read(row: &Row<'_>) -> Outcome<Alarm> {
    let fields = Fields::new("alarm", row);
    let number: u8 = fields.get("severity")?;
    Ok(Alarm {
        key: AlarmKey {
            device: fields.bytes("device", DeviceId::from_bytes)?,
            name: fields.get("name")?,
            qualifier: fields.get("qualifier")?,
        },
        severity: Severity::from_number(number)
            .ok_or_else(|| fields.wrong("severity", "severities are 1 to 5"))?,
        raised_at: fields.time("raised_at")?,
        last_action_at: fields.time("last_action_at")?,
        count: fields.get("count")?,
        details: fields.json("details")?,
    })
}
