//! Rows of a dump, put exactly as they were. What follows from them is computed again.

use ipp_core::{
    catalog::RowRevision,
    store::{StoredRow, dump::NodeUptime},
};
use rusqlite::{Connection, ToSql, params};

use super::{Counted, alarm, catalog, device, pin, status};
use crate::{
    error::Outcome,
    rows::{
        self, activity, alarm_event, audit, device_event, execute, file, job, number, operator, request, run,
        sample, template, user,
    },
};

const SETTINGS: &str = "UPDATE settings SET revision = ?2 WHERE only = ?1";
const MODEL: &str = "UPDATE phone_model SET revision = ?2 WHERE id = ?1";
const FIRMWARE: &str = "UPDATE firmware SET revision = ?2 WHERE id = ?1";
const REGION: &str = "UPDATE region SET revision = ?2 WHERE id = ?1";
const TEMPLATE: &str = "UPDATE template SET revision = ?2 WHERE id = ?1";
const USER: &str = "UPDATE phone_user SET revision = ?2 WHERE id = ?1";
const OPERATOR: &str = "UPDATE operator SET revision = ?2 WHERE id = ?1";
const DEVICE: &str = "UPDATE device SET revision = ?2 WHERE id = ?1";

/// Puts rows, one after the other, in a transaction that is open already.
#[derive(Debug)]
pub(crate) struct Restorer<'c> {
    conn: &'c Connection,
    counted: Counted,
}

impl<'c> Restorer<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self { conn, counted: Counted::default() }
    }

    /// Writes the counters of what was put.
    pub(crate) fn settle(&mut self) -> Outcome<()> {
        self.counted.write(self.conn)
    }

    /// Puts a row as any change would put it, which checks it, and then gives it its revision.
    pub(crate) fn put(&mut self, row: &StoredRow) -> Outcome<()> {
        let (conn, counted) = (self.conn, &mut self.counted);
        match row {
            StoredRow::Catalog(revision) => rows::catalog::set_revision(conn, *revision),
            StoredRow::Settings(row) => {
                catalog::put_settings(conn, &row.value)?;
                revise(conn, SETTINGS, 0, row.revision)
            }
            StoredRow::Model(row) => {
                catalog::put_model(conn, &row.value)?;
                revise(conn, MODEL, row.value.id.as_str(), row.revision)
            }
            StoredRow::Firmware(row) => {
                catalog::put_firmware(conn, &row.value)?;
                revise(conn, FIRMWARE, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Region(row) => {
                catalog::put_region(conn, &row.value)?;
                revise(conn, REGION, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Template(row) => {
                template::put(conn, &row.value)?;
                revise(conn, TEMPLATE, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Placeholder(row) => {
                catalog::set_placeholder(conn, &row.scope, &row.name, &row.value)?;
                catalog::revise_placeholder(conn, &row.scope, &row.name, row.revision)
            }
            StoredRow::SharedFile(row) => file::restore_shared(conn, row),
            StoredRow::User(row) => {
                user::put(conn, &row.value)?;
                revise(conn, USER, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Operator(row) => {
                operator::put(conn, &row.value)?;
                revise(conn, OPERATOR, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Device(row) => {
                device::restore(conn, counted, &row.value)?;
                revise(conn, DEVICE, row.value.id.as_bytes(), row.revision)
            }
            StoredRow::Status(row) => status::restore(conn, counted, row.device, &row.status),
            StoredRow::Alarm(alarm) => alarm::put(conn, alarm),
            StoredRow::Part(part) => pin::put_part(conn, part),
            StoredRow::Generation(row) => pin::restore_generation(conn, row),
            StoredRow::Pin(pin) => pin::restore(conn, counted, pin),
            StoredRow::StandIn(row) => file::restore_stand_in(conn, row),
            StoredRow::DeviceChange(change) => device::restore_change(conn, *change),
            StoredRow::Run(row) => run::restore(conn, row),
            StoredRow::Uptime(NodeUptime { node, uptime }) => status::heartbeat(conn, *node, *uptime),
            StoredRow::Request(request) => request::restore(conn, request),
            StoredRow::Audit(record) => audit::put(conn, record),
            StoredRow::Activity(record) => activity::put(conn, record),
            StoredRow::Event(event) => device_event::append(conn, event),
            StoredRow::Sample(sample) => sample::put(conn, sample),
            StoredRow::AlarmEvent(event) => alarm_event::put(conn, event),
            StoredRow::Job(row) => job::add(conn, row).map(drop),
            StoredRow::JobItem(item) => job::add_item(conn, item),
            StoredRow::Told(row) => alarm_event::tell(conn, &row.target, row.number).map(drop),
        }
    }
}

fn revise(conn: &Connection, sql: &str, key: impl ToSql, revision: RowRevision) -> Outcome<()> {
    // What was just put has revision 1.
    if revision != RowRevision(1) {
        execute(conn, sql, params![key, number(revision.0)?])?;
    }
    Ok(())
}
