//! Configuration files that people wrote.

use ipp_core::{
    catalog::{RowRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage, SharedFile},
    digest::Fingerprint,
    id::DeviceId,
    store::{
        StoreError, StoreErrorKind,
        dump::{SharedFileRow, StandInRow},
    },
    text::CfgName,
    vault::Sealed,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, all, execute, number, one, visit};
use crate::error::Outcome;

const SHARED: &str = "
    SELECT folded, revision, name, digest, length, keep_alive_minutes, changed_at, author FROM shared_file";
const SHARED_TEXT: &str = "SELECT * FROM shared_file WHERE folded = ?1";
const STAND_IN_TEXT: &str = "SELECT * FROM stand_in WHERE device = ?1";
const STAND_INS: &str = "SELECT count(*) AS files, coalesce(sum(length), 0) AS bytes FROM stand_in";
const PUT_SHARED: &str = "
    INSERT INTO shared_file (folded, revision, name, digest, length, keep_alive_minutes, changed_at, author, text)
    VALUES (?1, max(1, ?6), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (folded) DO UPDATE SET
        revision = max(revision + 1, excluded.changed_at), name = excluded.name, digest = excluded.digest, length = excluded.length,
        keep_alive_minutes = excluded.keep_alive_minutes, changed_at = excluded.changed_at,
        author = excluded.author, text = excluded.text";
const DELETE_SHARED: &str = "DELETE FROM shared_file WHERE folded = ?1";
const PUT_STAND_IN: &str = "
    INSERT INTO stand_in (device, revision, digest, length, keep_alive_minutes, changed_at, author, text)
    SELECT id, max(1, ?5), ?2, ?3, ?4, ?5, ?6, ?7 FROM device WHERE id = ?1
    ON CONFLICT (device) DO UPDATE SET
        revision = max(revision + 1, excluded.changed_at), digest = excluded.digest, length = excluded.length,
        keep_alive_minutes = excluded.keep_alive_minutes, changed_at = excluded.changed_at,
        author = excluded.author, text = excluded.text";
const ALL_SHARED: &str = "SELECT * FROM shared_file ORDER BY folded";
const ALL_STAND_INS: &str = "SELECT * FROM stand_in ORDER BY device";
const REVISE_SHARED: &str = "UPDATE shared_file SET revision = ?2 WHERE folded = ?1";
const REVISE_STAND_IN: &str = "UPDATE stand_in SET revision = ?2 WHERE device = ?1";
const DELETE_STAND_IN: &str = "DELETE FROM stand_in WHERE device = ?1";

/// The shared files by folded name, without their texts.
pub(crate) fn shared(conn: &Connection) -> Outcome<Vec<(String, RowRevision, SharedFile)>> {
    all(conn, SHARED, [], |row| {
        let fields = Fields::new("shared_file", row);
        let file = SharedFile { name: fields.parse("name")?, info: info(fields)? };
        Ok((fields.get("folded")?, RowRevision(fields.unsigned("revision")?), file))
    })
}

/// One file with its text.
pub(crate) fn get(conn: &Connection, key: &FileKey) -> Outcome<Option<(Stored<FileInfo>, Sealed)>> {
    match key {
        FileKey::Device(id) => {
            one(conn, STAND_IN_TEXT, params![id.as_bytes()], |row| with_text(Fields::new("stand_in", row)))
        }
        FileKey::Shared(name) => {
            one(conn, SHARED_TEXT, params![name.folded()], |row| with_text(Fields::new("shared_file", row)))
        }
    }
}

pub(crate) fn stand_ins(conn: &Connection) -> Outcome<FileUsage> {
    let read = |row: &Row<'_>| {
        let fields = Fields::new("stand_in", row);
        Ok(FileUsage { files: fields.unsigned("files")?, bytes: fields.unsigned("bytes")? })
    };
    Ok(one(conn, STAND_INS, [], read)?.unwrap_or_default())
}

pub(crate) fn put_shared(conn: &Connection, file: &SharedFile, text: &Sealed) -> Outcome<()> {
    let SharedFile { name, info } = file;
    let put = params![
        name.folded(),
        name.as_str(),
        info.digest.as_bytes(),
        info.length,
        info.keep_alive_minutes.map(number).transpose()?,
        info.changed_at.as_millis(),
        info.author,
        text.as_bytes(),
    ];
    execute(conn, PUT_SHARED, put)?;
    Ok(())
}

pub(crate) fn delete_shared(conn: &Connection, name: &CfgName) -> Outcome<()> {
    execute(conn, DELETE_SHARED, params![name.folded()])?;
    Ok(())
}

/// Answers whether there is such a device.
pub(crate) fn put_stand_in(
    conn: &Connection,
    device: DeviceId,
    info: &FileInfo,
    text: &Sealed,
) -> Outcome<bool> {
    let put = params![
        device.as_bytes(),
        info.digest.as_bytes(),
        info.length,
        info.keep_alive_minutes.map(number).transpose()?,
        info.changed_at.as_millis(),
        info.author,
        text.as_bytes(),
    ];
    Ok(execute(conn, PUT_STAND_IN, put)? > 0)
}

/// Answers whether there was one.
pub(crate) fn delete_stand_in(conn: &Connection, device: DeviceId) -> Outcome<bool> {
    Ok(execute(conn, DELETE_STAND_IN, params![device.as_bytes()])? > 0)
}

/// Every shared file with its text, by folded name.
pub(crate) fn visit_shared(
    conn: &Connection,
    mut each: impl FnMut(SharedFileRow) -> Outcome<()>,
) -> Outcome<()> {
    visit(conn, ALL_SHARED, |row| {
        let fields = Fields::new("shared_file", row);
        let (Stored { revision, value: info }, text) = with_text(fields)?;
        each(SharedFileRow { revision, file: SharedFile { name: fields.parse("name")?, info }, text })
    })
}

/// Every file that stands in, with its text, by device.
pub(crate) fn visit_stand_ins(
    conn: &Connection,
    mut each: impl FnMut(StandInRow) -> Outcome<()>,
) -> Outcome<()> {
    visit(conn, ALL_STAND_INS, |row| {
        let fields = Fields::new("stand_in", row);
        let (info, text) = with_text(fields)?;
        each(StandInRow { device: fields.bytes("device", DeviceId::from_bytes)?, info, text })
    })
}

pub(crate) fn restore_shared(conn: &Connection, row: &SharedFileRow) -> Outcome<()> {
    put_shared(conn, &row.file, &row.text)?;
    execute(conn, REVISE_SHARED, params![row.file.name.folded(), number(row.revision.0)?])?;
    Ok(())
}

pub(crate) fn restore_stand_in(conn: &Connection, row: &StandInRow) -> Outcome<()> {
    let device = row.device;
    if !put_stand_in(conn, device, &row.info.value, &row.text)? {
        return Err(StoreError::new(StoreErrorKind::Referenced, "the device does not exist").into());
    }
    execute(conn, REVISE_STAND_IN, params![device.as_bytes(), number(row.info.revision.0)?])?;
    Ok(())
}

/// The file that stands in, in a row that is joined with the device.
pub(super) fn read_stand_in(row: Fields<'_>) -> Outcome<Option<Stored<FileInfo>>> {
    let fields = row.of("stand_in");
    if fields.get::<Option<i64>>("file_revision")?.is_none() {
        return Ok(None);
    }
    let value = FileInfo {
        digest: fields.bytes("file_digest", Fingerprint::from_bytes)?,
        length: fields.get("file_length")?,
        keep_alive_minutes: fields.opt_unsigned("file_keep_alive")?,
        changed_at: fields.time("file_changed_at")?,
        author: fields.get("file_author")?,
    };
    Ok(Some(Stored { revision: RowRevision(fields.unsigned("file_revision")?), value }))
}

fn with_text(fields: Fields<'_>) -> Outcome<(Stored<FileInfo>, Sealed)> {
    let revision = RowRevision(fields.unsigned("revision")?);
    Ok((Stored { revision, value: info(fields)? }, fields.get("text").map(Sealed::from_bytes)?))
}

fn info(fields: Fields<'_>) -> Outcome<FileInfo> {
    Ok(FileInfo {
        digest: fields.bytes("digest", Fingerprint::from_bytes)?,
        length: fields.get("length")?,
        keep_alive_minutes: fields.opt_unsigned("keep_alive_minutes")?,
        changed_at: fields.time("changed_at")?,
        author: fields.get("author")?,
    })
}
