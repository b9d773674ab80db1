//! Devices: the rows, and which of them a filter means.

use ipp_core::{
    catalog::{RowRevision, Stored},
    device::{BoundToken, Device, Owner, TokenRequest, Vlan},
    digest::Fingerprint,
    id::{DeviceId, FirmwareId, RegionId, TemplateId, UserId},
    store::{DeviceFilter, DeviceKey, DeviceRecord, DeviceSequence, Page, StoredRow, dump::DeviceChanged},
};
use tokio_postgres::Row;

use super::{Fields, all, file, one, pin, status, user, visit as visit_rows};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{ids, params},
};

// A page is found by ids first, so that only the rows of the page are read whole. The columns stand in
// the order in which they are read.
const RECORD: &str = "
    SELECT d.*, s.last_seen, s.registration, s.disconnected, s.changed_at, s.timeout_ms, s.peer, s.proxied,
        e.details, u.id AS user_id, u.name AS user_name, u.display_name AS user_display_name,
        u.region AS user_region, u.password_sealed AS user_password_sealed,
        u.password_print AS user_password_print, u.origin AS user_origin, p.device AS pin_device, p.number, p.generation, p.template AS pin_template, p.region AS pin_region,
        p.model AS pin_model, p.cohort, p.own AS pin_own, p.inputs, p.secrets, p.digest, p.length,
        p.published_at, p.run, p.number = h.current AS current, f.revision AS file_revision,
        f.digest AS file_digest, f.length AS file_length, f.keep_alive_minutes AS file_keep_alive,
        f.changed_at AS file_changed_at, f.author AS file_author
    FROM device d
    LEFT JOIN status s ON s.device = d.id
    LEFT JOIN status_details e ON e.device = d.id
    LEFT JOIN phone_user u ON u.id = d.owner
    LEFT JOIN pin_head h ON h.device = d.id
    LEFT JOIN pin p ON p.device = d.id AND p.slot = h.current % 5
    LEFT JOIN stand_in f ON f.device = d.id
    WHERE d.id = ANY($1)";
const ID_OF_MAC: &str = "SELECT id FROM device WHERE mac = $1";
const ID_OF_TOKEN: &str = "SELECT id FROM device WHERE token_print = $1";
const CHANGES: &str =
    "SELECT sequence, device FROM device_change WHERE sequence > $1 ORDER BY sequence LIMIT $2";

const EVERY: &str = "SELECT * FROM device ORDER BY id";
const EVERY_CHANGE: &str = "SELECT sequence, device FROM device_change ORDER BY sequence";

pub(crate) async fn record(conn: &Conn, key: DeviceKey) -> Outcome<Option<DeviceRecord>> {
    let id = match key {
        DeviceKey::Id(id) => Some(id),
        DeviceKey::Mac(mac) => one(conn, ID_OF_MAC, &params![&mac.bytes()], device_id).await?,
        DeviceKey::Token(print) => one(conn, ID_OF_TOKEN, &params![print.as_bytes()], device_id).await?,
    };
    match id {
        Some(id) => one(conn, RECORD, &[ids([id.as_bytes()])], read_record).await,
        None => Ok(None),
    }
}

pub(crate) async fn page(
    conn: &Conn,
    filter: &DeviceFilter,
    page: Page<DeviceId>,
) -> Outcome<Vec<DeviceRecord>> {
    let ids = super::device_list::ids(conn, filter, page).await?;
    records(conn, &ids).await
}

/// The devices with these ids, in their order.
pub(super) async fn records(conn: &Conn, wanted: &[DeviceId]) -> Outcome<Vec<DeviceRecord>> {
    let found = all(conn, RECORD, &[ids(wanted.iter().map(DeviceId::as_bytes))], |row| {
        let record = read_record(row)?;
        Ok((record.device.value.id, record))
    })
    .await?;
    Ok(super::in_order(wanted, found))
}

pub(crate) async fn changes(conn: &Conn, after: i64, limit: u32) -> Outcome<Vec<(DeviceSequence, DeviceId)>> {
    all(conn, CHANGES, &params![after, limit], read_change).await
}

/// Gives out all devices by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Device(Box::new(read(Fields::new("device", row))?))))
        .await
}

/// Gives out all changes in their order.
pub(crate) async fn visit_changes(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY_CHANGE, out, |row| {
        let (sequence, device) = read_change(row)?;
        Ok(StoredRow::DeviceChange(DeviceChanged { sequence, device }))
    })
    .await
}

fn read_change(row: &Row) -> Outcome<(DeviceSequence, DeviceId)> {
    let fields = Fields::new("device_change", row);
    Ok((DeviceSequence(fields.unsigned("sequence")?), fields.bytes("device", DeviceId::from_bytes)?))
}

pub(super) fn device_id(row: &Row) -> Outcome<DeviceId> {
    Fields::new("device", row).bytes("id", DeviceId::from_bytes)
}

fn read_record(row: &Row) -> Outcome<DeviceRecord> {
    let fields = Fields::new("device", row);
    Ok(DeviceRecord {
        device: read(fields)?,
        status: status::read(fields)?,
        owner: user::read_owner(fields)?,
        pin: pin::read_current(fields)?,
        stand_in: file::read_stand_in(fields)?,
    })
}

fn read(fields: Fields<'_>) -> Outcome<Stored<Device>> {
    let id = fields.bytes("id", DeviceId::from_bytes)?;
    let revision = RowRevision(fields.unsigned("revision")?);
    let value = Device {
        id,
        mac: fields.mac("mac")?,
        display_name: fields.parse("display_name")?,
        model: fields.opt_parse("model")?,
        owner: match fields.opt_bytes("owner", UserId::from_bytes)? {
            Some(user) => Some(Owner { user, bound_by: fields.word("owner_bound_by")? }),
            None => None,
        },
        region: fields.opt_bytes("region", RegionId::from_bytes)?,
        region_origin: fields.word("region_origin")?,
        admission: fields.word("admission")?,
        token: token(fields, "token_print", "token_sealed")?,
        request: match token(fields, "request_print", "request_sealed")? {
            Some(token) => Some(TokenRequest {
                token,
                peer: fields.address("request_peer")?,
                at: fields.time("request_at")?,
            }),
            None => None,
        },
        former_token: fields.opt_bytes("former_token", Fingerprint::from_bytes)?,
        template: fields.opt_bytes("template", TemplateId::from_bytes)?,
        firmware: fields.opt_bytes("firmware", FirmwareId::from_bytes)?,
        vlan: Vlan {
            mode: fields.opt_word("vlan_mode")?,
            id: fields.opt_number("vlan_id")?,
            priority: fields.opt_number("vlan_priority")?,
        },
        language: fields.opt_parse("language")?,
        rest_password: fields.sealed_value("rest_password_sealed", "rest_password_print")?,
        overrides: fields.json("overrides")?,
        lines: fields.json("lines")?,
        own: fields.bytes("own", Fingerprint::from_bytes)?,
        created_at: fields.time("created_at")?,
    };
    Ok(Stored { revision, value })
}

fn token(fields: Fields<'_>, print: &str, sealed: &str) -> Outcome<Option<BoundToken>> {
    let Some(print) = fields.opt_bytes(print, Fingerprint::from_bytes)? else { return Ok(None) };
    Ok(Some(BoundToken { print, sealed: fields.sealed(sealed)? }))
}
