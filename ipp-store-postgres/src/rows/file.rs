//! Configuration files that people wrote.

use ipp_core::{
    catalog::{RowRevision, Stored},
    cfg::{FileInfo, FileKey, FileUsage, SharedFile},
    digest::Fingerprint,
    id::DeviceId,
    store::{
        StoreError, StoreErrorKind, StoredRow,
        dump::{SharedFileRow, StandInRow},
    },
    text::CfgName,
    vault::Sealed,
};
use tokio_postgres::Row;

use super::{Fields, all, number, one, visit as visit_rows};
use crate::{connection::Conn, dump::Out, error::Outcome, value::params};

const SHARED: &str = "
    SELECT folded, revision, name, digest, length, keep_alive_minutes, changed_at, author FROM shared_file";
const SHARED_TEXT: &str = "SELECT * FROM shared_file WHERE folded = $1";
const STAND_IN_TEXT: &str = "SELECT * FROM stand_in WHERE device = $1";
const STAND_INS: &str = "SELECT count(*) AS files, coalesce(sum(length), 0)::bigint AS bytes FROM stand_in";
const PUT_SHARED: &str = "
    INSERT INTO shared_file (folded, revision, name, digest, length, keep_alive_minutes, changed_at, author, text)
    VALUES ($1, greatest(1, $6), $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (folded) DO UPDATE SET
        revision = greatest(shared_file.revision + 1, excluded.changed_at), name = excluded.name,
        digest = excluded.digest, length = excluded.length,
        keep_alive_minutes = excluded.keep_alive_minutes, changed_at = excluded.changed_at,
        author = excluded.author, text = excluded.text";
const DELETE_SHARED: &str = "DELETE FROM shared_file WHERE folded = $1";
const PUT_STAND_IN: &str = "
    INSERT INTO stand_in (device, revision, digest, length, keep_alive_minutes, changed_at, author, text)
    SELECT id, greatest(1, $5), $2, $3, $4, $5, $6, $7 FROM device WHERE id = $1
    ON CONFLICT (device) DO UPDATE SET
        revision = greatest(stand_in.revision + 1, excluded.changed_at), digest = excluded.digest,
        length = excluded.length, keep_alive_minutes = excluded.keep_alive_minutes,
        changed_at = excluded.changed_at, author = excluded.author, text = excluded.text";
const ALL_SHARED: &str = "SELECT * FROM shared_file ORDER BY folded";
const ALL_STAND_INS: &str = "SELECT * FROM stand_in ORDER BY device";
const REVISE_SHARED: &str = "UPDATE shared_file SET revision = $2 WHERE folded = $1";
const REVISE_STAND_IN: &str = "UPDATE stand_in SET revision = $2 WHERE device = $1";
const DELETE_STAND_IN: &str = "DELETE FROM stand_in WHERE device = $1";

/// The shared files by folded name, without their texts.
pub(crate) async fn shared(conn: &Conn) -> Outcome<Vec<(String, RowRevision, SharedFile)>> {
    all(conn, SHARED, &[], |row| {
        let fields = Fields::new("shared_file", row);
        let file = SharedFile { name: fields.parse("name")?, info: info(fields)? };
        Ok((fields.text("folded")?, RowRevision(fields.unsigned("revision")?), file))
    })
    .await
}

/// One file with its text.
pub(crate) async fn get(conn: &Conn, key: &FileKey) -> Outcome<Option<(Stored<FileInfo>, Sealed)>> {
    match key {
        FileKey::Device(id) => {
            let read = |row: &Row| with_text(Fields::new("stand_in", row));
            one(conn, STAND_IN_TEXT, &params![id.as_bytes()], read).await
        }
        FileKey::Shared(name) => {
            let read = |row: &Row| with_text(Fields::new("shared_file", row));
            one(conn, SHARED_TEXT, &params![name.folded()], read).await
        }
    }
}

pub(crate) async fn stand_ins(conn: &Conn) -> Outcome<FileUsage> {
    let read = |row: &Row| {
        let fields = Fields::new("stand_in", row);
        Ok(FileUsage { files: fields.unsigned("files")?, bytes: fields.unsigned("bytes")? })
    };
    Ok(one(conn, STAND_INS, &[], read).await?.unwrap_or_default())
}

pub(crate) async fn put_shared(conn: &Conn, file: &SharedFile, text: &Sealed) -> Outcome<()> {
    let SharedFile { name, info } = file;
    let put = params![
        name.folded(),
        name.as_str(),
        info.digest.as_bytes(),
        info.length,
        info.keep_alive_minutes.map(number).transpose()?,
        info.changed_at.as_millis(),
        &info.author,
        text.as_bytes(),
    ];
    conn.execute(PUT_SHARED, &put).await?;
    Ok(())
}

pub(crate) async fn delete_shared(conn: &Conn, name: &CfgName) -> Outcome<()> {
    conn.execute(DELETE_SHARED, &params![name.folded()]).await?;
    Ok(())
}

/// Answers whether there is such a device.
pub(crate) async fn put_stand_in(
    conn: &Conn,
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
        &info.author,
        text.as_bytes(),
    ];
    Ok(conn.execute(PUT_STAND_IN, &put).await? > 0)
}

/// Answers whether there was one.
pub(crate) async fn delete_stand_in(conn: &Conn, device: DeviceId) -> Outcome<bool> {
    Ok(conn.execute(DELETE_STAND_IN, &params![device.as_bytes()]).await? > 0)
}

/// Gives out every shared file with its text, by folded name.
pub(crate) async fn visit_shared(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, ALL_SHARED, out, |row| {
        let fields = Fields::new("shared_file", row);
        let (Stored { revision, value: info }, text) = with_text(fields)?;
        let file = SharedFile { name: fields.parse("name")?, info };
        Ok(StoredRow::SharedFile(Box::new(SharedFileRow { revision, file, text })))
    })
    .await
}

/// Gives out every file that stands in, with its text, by device.
pub(crate) async fn visit_stand_ins(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, ALL_STAND_INS, out, |row| {
        let fields = Fields::new("stand_in", row);
        let (info, text) = with_text(fields)?;
        let device = fields.bytes("device", DeviceId::from_bytes)?;
        Ok(StoredRow::StandIn(Box::new(StandInRow { device, info, text })))
    })
    .await
}

pub(crate) async fn restore_shared(conn: &Conn, row: &SharedFileRow) -> Outcome<()> {
    put_shared(conn, &row.file, &row.text).await?;
    conn.execute(REVISE_SHARED, &params![row.file.name.folded(), number(row.revision.0)?]).await?;
    Ok(())
}

pub(crate) async fn restore_stand_in(conn: &Conn, row: &StandInRow) -> Outcome<()> {
    let device = row.device;
    if !put_stand_in(conn, device, &row.info.value, &row.text).await? {
        return Err(StoreError::new(StoreErrorKind::Referenced, "the device does not exist").into());
    }
    conn.execute(REVISE_STAND_IN, &params![device.as_bytes(), number(row.info.revision.0)?]).await?;
    Ok(())
}

/// The file that stands in, in a row that is joined with the device.
pub(super) fn read_stand_in(row: Fields<'_>) -> Outcome<Option<Stored<FileInfo>>> {
    let fields = row.of("stand_in");
    let Some(revision) = fields.opt_unsigned("file_revision")? else { return Ok(None) };
    let value = FileInfo {
        digest: fields.bytes("file_digest", Fingerprint::from_bytes)?,
        length: fields.number("file_length")?,
        keep_alive_minutes: fields.opt_unsigned("file_keep_alive")?,
        changed_at: fields.time("file_changed_at")?,
        author: fields.text("file_author")?,
    };
    Ok(Some(Stored { revision: RowRevision(revision), value }))
}

fn with_text(fields: Fields<'_>) -> Outcome<(Stored<FileInfo>, Sealed)> {
    let revision = RowRevision(fields.unsigned("revision")?);
    Ok((Stored { revision, value: info(fields)? }, fields.sealed("text")?))
}

fn info(fields: Fields<'_>) -> Outcome<FileInfo> {
    Ok(FileInfo {
        digest: fields.bytes("digest", Fingerprint::from_bytes)?,
        length: fields.number("length")?,
        keep_alive_minutes: fields.opt_unsigned("keep_alive_minutes")?,
        changed_at: fields.time("changed_at")?,
        author: fields.text("author")?,
    })
}
