//! Active alarms.

use ipp_core::{
    alarm::{Alarm, AlarmKey, Severity},
    id::{DeviceId, RegionId},
    store::AlarmFilter,
};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::{Fields, all};
use crate::error::Outcome;

/// One alarm by its key.
pub(crate) const BY_KEY: &str = "SELECT * FROM alarm WHERE device = ?1 AND name = ?2 AND qualifier = ?3";

pub(crate) fn page(conn: &Connection, filter: &AlarmFilter, limit: u32) -> Outcome<Vec<Alarm>> {
    let mut sql = "SELECT * FROM alarm a WHERE 1".to_owned();
    let mut values: Vec<&dyn ToSql> = Vec::new();
    if let Some(device) = &filter.device {
        sql.push_str(" AND a.device = ?");
        values.push(device.as_bytes());
    }
    if let Some(regions) = &filter.regions {
        let marks = vec!["?"; regions.len()].join(", ");
        sql.push_str(" AND EXISTS (SELECT 1 FROM device d WHERE d.id = a.device AND d.region IN (");
        sql.push_str(&marks);
        sql.push_str("))");
        values.extend(regions.iter().map(|region| RegionId::as_bytes(region) as &dyn ToSql));
    }
    sql.push_str(" ORDER BY a.last_action_at DESC, a.device, a.name, a.qualifier LIMIT ?");
    values.push(&limit);
    all(conn, &sql, params_from_iter(values), read)
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
