//! Rows of a dump, put exactly as they were. What follows from them is computed again.

use ipp_core::{
    catalog::{CatalogRevision, RowRevision},
    store::{
        DeviceSequence, StoredRow,
        dump::{DeviceChanged, NodeUptime},
    },
};

use super::{alarm, catalog, device, gathered::Gathered, pin, status};
use crate::{
    connection::Conn,
    error::Outcome,
    rows::{
        activity, alarm_event, audit, device_event, file, job, number, operator, request, run, sample,
        template, user,
    },
    value::{Value, columns, params},
};

const SETTINGS: &str =
    "UPDATE settings SET revision = put.revision FROM unnest($1, $2) AS put (single, revision)";
const META: &str = "UPDATE meta SET catalog_revision = $1, device_sequence = $2";

/// The statement that gives rows of a table the revisions that they had.
macro_rules! revise {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET revision = put.revision FROM unnest($1, $2) AS put (id, revision) WHERE ",
            $table,
            ".id = put.id"
        )
    };
}

/// Puts rows in a transaction that is open already.
#[derive(Debug)]
pub(crate) struct Restorer {
    conn: Conn,
    lane: i64,
    catalog: CatalogRevision,
    last: DeviceSequence,
    gathered: Gathered,
}

impl Restorer {
    pub(crate) fn new(conn: Conn, lane: i64) -> Self {
        Self { conn, lane, catalog: CatalogRevision(0), last: DeviceSequence(0), gathered: Gathered::new(0) }
    }

    /// Writes what was put together of all rows.
    pub(crate) async fn settle(&mut self) -> Outcome<()> {
        self.gathered.keep();
        self.conn.together(&self.gathered.write_counts(self.lane)?).await?;
        self.conn.execute(META, &params![number(self.catalog.0)?, number(self.last.0)?]).await?;
        Ok(())
    }

    /// Puts rows as any change would put them, which checks them, and then gives them their revisions.
    /// Rows of one kind that follow each other go into one statement.
    pub(crate) async fn put(&mut self, rows: &[StoredRow]) -> Outcome<()> {
        for alike in rows.chunk_by(|one, next| one.kind() == next.kind()) {
            self.alike(alike).await?;
        }
        Ok(())
    }

    async fn alike(&mut self, rows: &[StoredRow]) -> Outcome<()> {
        macro_rules! all {
            ($kind:ident($row:ident) => $value:expr) => {
                rows.iter()
                    .filter_map(|row| if let StoredRow::$kind($row) = row { Some($value) } else { None })
                    .collect::<Vec<_>>()
            };
        }
        let (conn, gathered) = (&self.conn, &mut self.gathered);
        let Some(first) = rows.first() else { return Ok(()) };
        match first {
            StoredRow::User(_) => {
                user::put_all(conn, &all!(User(row) => &row.value)).await?;
                let ids = all!(User(row) => (row.value.id.as_bytes().as_slice().into(), row.revision));
                revise(conn, revise!("phone_user"), ids).await
            }
            StoredRow::Device(_) => {
                device::restore(conn, gathered, &all!(Device(row) => &row.value)).await?;
                let ids = all!(Device(row) => (row.value.id.as_bytes().as_slice().into(), row.revision));
                revise(conn, revise!("device"), ids).await
            }
            StoredRow::Status(_) => {
                status::restore(conn, gathered, &all!(Status(row) => (row.device, &row.status))).await
            }
            StoredRow::Part(_) => pin::put_parts(conn, all!(Part(part) => part).into_iter()).await,
            StoredRow::Pin(_) => pin::restore(conn, gathered, &all!(Pin(pin) => &**pin)).await,
            StoredRow::DeviceChange(_) => {
                let changes: Vec<DeviceChanged> = all!(DeviceChange(change) => *change);
                self.last = changes.iter().map(|change| change.sequence).fold(self.last, DeviceSequence::max);
                device::restore_changes(conn, &changes).await
            }
            StoredRow::Audit(_) => {
                let put = audit::put(&all!(Audit(record) => (**record).clone()))?;
                conn.together(put.as_slice()).await.map(drop)
            }
            StoredRow::Activity(_) => activity::put(conn, &all!(Activity(record) => &**record)).await,
            StoredRow::Event(_) => device_event::append(conn, &all!(Event(event) => &**event)).await,
            StoredRow::JobItem(_) => {
                job::add_items(conn, all!(JobItem(item) => (**item).clone()).into_iter()).await
            }
            StoredRow::AlarmEvent(_) => alarm_event::put(conn, &all!(AlarmEvent(event) => &**event)).await,
            StoredRow::Catalog(_)
            | StoredRow::Settings(_)
            | StoredRow::Model(_)
            | StoredRow::Firmware(_)
            | StoredRow::Region(_)
            | StoredRow::Template(_)
            | StoredRow::Placeholder(_)
            | StoredRow::SharedFile(_)
            | StoredRow::Operator(_)
            | StoredRow::Alarm(_)
            | StoredRow::Generation(_)
            | StoredRow::StandIn(_)
            | StoredRow::Run(_)
            | StoredRow::Uptime(_)
            | StoredRow::Request(_)
            | StoredRow::Sample(_)
            | StoredRow::Told(_)
            | StoredRow::Job(_) => {
                for row in rows {
                    self.one(row).await?;
                }
                Ok(())
            }
        }
    }

    /// Kinds of which there are few.
    async fn one(&mut self, row: &StoredRow) -> Outcome<()> {
        let conn = &self.conn;
        match row {
            StoredRow::Catalog(revision) => {
                self.catalog = *revision;
                Ok(())
            }
            StoredRow::Settings(row) => {
                catalog::put_settings(conn, &row.value).await?;
                revise(conn, SETTINGS, vec![(0_i64.into(), row.revision)]).await
            }
            StoredRow::Model(row) => {
                catalog::put_model(conn, &row.value).await?;
                let id = row.value.id.as_str();
                revise(conn, revise!("phone_model"), vec![(id.into(), row.revision)]).await
            }
            StoredRow::Firmware(row) => {
                catalog::put_firmware(conn, &row.value).await?;
                let id = row.value.id.as_bytes();
                revise(conn, revise!("firmware"), vec![(id.into(), row.revision)]).await
            }
            StoredRow::Region(row) => {
                catalog::put_region(conn, &row.value).await?;
                let id = row.value.id.as_bytes();
                revise(conn, revise!("region"), vec![(id.into(), row.revision)]).await
            }
            StoredRow::Template(row) => {
                template::put(conn, &row.value).await?;
                let id = row.value.id.as_bytes();
                revise(conn, revise!("template"), vec![(id.into(), row.revision)]).await
            }
            StoredRow::Placeholder(row) => {
                catalog::set_placeholder(conn, CatalogRevision(0), &row.scope, &row.name, &row.value).await?;
                catalog::revise_placeholder(conn, &row.scope, &row.name, row.revision).await
            }
            StoredRow::SharedFile(row) => file::restore_shared(conn, row).await,
            StoredRow::Operator(row) => {
                operator::put(conn, &row.value).await?;
                let id = row.value.id.as_bytes();
                revise(conn, revise!("operator"), vec![(id.into(), row.revision)]).await
            }
            StoredRow::Alarm(alarm) => alarm::put(conn, alarm).await,
            StoredRow::Generation(row) => pin::restore_generation(conn, row).await,
            StoredRow::StandIn(row) => file::restore_stand_in(conn, row).await,
            StoredRow::Run(row) => run::restore(conn, row).await,
            StoredRow::Uptime(NodeUptime { node, uptime }) => status::heartbeat(conn, *node, *uptime).await,
            StoredRow::Request(request) => request::restore(conn, request).await,
            StoredRow::Sample(row) => sample::put(conn, row).await,
            StoredRow::Job(row) => job::add(conn, row).await.map(drop),
            StoredRow::Told(row) => alarm_event::tell(conn, &row.target, row.number).await.map(drop),
            StoredRow::User(_)
            | StoredRow::Device(_)
            | StoredRow::Status(_)
            | StoredRow::Part(_)
            | StoredRow::Pin(_)
            | StoredRow::DeviceChange(_)
            | StoredRow::Audit(_)
            | StoredRow::Activity(_)
            | StoredRow::Event(_)
            | StoredRow::AlarmEvent(_)
            | StoredRow::JobItem(_) => Box::pin(self.alike(std::slice::from_ref(row))).await,
        }
    }
}

async fn revise(conn: &Conn, sql: &str, rows: Vec<(Value<'_>, RowRevision)>) -> Outcome<()> {
    // What was just put has revision 1.
    let others = rows.into_iter().filter(|(_, revision)| *revision != RowRevision(1));
    let rows = others
        .map(|(id, revision)| Ok([id, Value::from(number(revision.0)?)]))
        .collect::<Outcome<Vec<_>>>()?;
    if let Some(columns) = columns(rows) {
        conn.execute(sql, &columns).await?;
    }
    Ok(())
}
