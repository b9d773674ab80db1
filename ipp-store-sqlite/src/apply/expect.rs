//! What a batch expects: questions, asked before anything is changed.

use std::{collections::HashMap, sync::LazyLock};

use ipp_core::{
    catalog::RowRevision,
    cfg::FileKey,
    store::{Expect, Expected, Row, StoreError, StoreErrorKind},
};
use rusqlite::{Connection, params, params_from_iter};

use super::catalog::scope_columns;
use crate::{
    error::Outcome,
    rows::{Fields, TOGETHER, all, among, one},
};

const SETTINGS: &str = "SELECT only, revision FROM settings";
const REGION: &str = "SELECT id, revision FROM region WHERE id = ?1";
const MODEL: &str = "SELECT id, revision FROM phone_model WHERE id = ?1";
const TEMPLATE: &str = "SELECT id, revision FROM template WHERE id = ?1";
const FIRMWARE: &str = "SELECT id, revision FROM firmware WHERE id = ?1";
const USER: &str = "SELECT id, revision FROM phone_user WHERE id = ?1";
const OPERATOR: &str = "SELECT id, revision FROM operator WHERE id = ?1";
const DEVICE: &str = "SELECT id, revision FROM device WHERE id = ?1";
static USERS: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, revision FROM phone_user WHERE id {}", among(TOGETHER)));
static DEVICES: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, revision FROM device WHERE id {}", among(TOGETHER)));
const STAND_IN: &str = "SELECT device, revision FROM stand_in WHERE device = ?1";
const SHARED_FILE: &str = "SELECT folded, revision FROM shared_file WHERE folded = ?1";
const PLACEHOLDER: &str = "
    SELECT name, revision FROM placeholder
    WHERE ifnull(region, x'') = ifnull(?2, x'') AND ifnull(model, '') = ifnull(?3, '') AND name = ?1";

/// Fails with *stale* at the first expectation that does not hold.
pub(super) fn check(conn: &Connection, expectations: &[Expect]) -> Outcome<()> {
    // Where users and devices are expected in turn, each part has as many of both as are asked for at once.
    for part in expectations.chunks(2 * TOGETHER) {
        let known = if part.len() > TOGETHER { Known::of(conn, part)? } else { Known::default() };
        for expect in part {
            let found = match known.state(&expect.row) {
                Some(found) => found,
                None => revision(conn, &expect.row)?.map_or(Expected::Absent, Expected::Revision),
            };
            if found != expect.state {
                let message = format!("{} changed meanwhile", expect.row);
                return Err(StoreError::new(StoreErrorKind::Stale, message).into());
            }
        }
    }
    Ok(())
}

/// Users and devices that were asked for together, as they are.
#[derive(Default)]
struct Known {
    users: HashMap<[u8; 16], Expected>,
    devices: HashMap<[u8; 16], Expected>,
}

impl Known {
    fn of(conn: &Connection, expectations: &[Expect]) -> Outcome<Self> {
        let mut known = Self::default();
        for expect in expectations {
            if let Row::User(id) = &expect.row {
                known.users.insert(*id.as_bytes(), Expected::Absent);
            } else if let Row::Device(id) = &expect.row {
                known.devices.insert(*id.as_bytes(), Expected::Absent);
            }
        }
        ask(conn, "phone_user", &USERS, &mut known.users)?;
        ask(conn, "device", &DEVICES, &mut known.devices)?;
        Ok(known)
    }

    /// `None` where it was not asked for.
    fn state(&self, row: &Row) -> Option<Expected> {
        if let Row::User(id) = row {
            self.users.get(id.as_bytes()).copied()
        } else if let Row::Device(id) = row {
            self.devices.get(id.as_bytes()).copied()
        } else {
            None
        }
    }
}

fn ask(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    known: &mut HashMap<[u8; 16], Expected>,
) -> Outcome<()> {
    let ids: Vec<[u8; 16]> = known.keys().copied().collect();
    for part in ids.chunks(TOGETHER) {
        // What is missing of a whole part is asked for twice.
        let padded = part.iter().cycle().take(TOGETHER);
        let found = all(conn, sql, params_from_iter(padded), |row| {
            let fields = Fields::new(table, row);
            Ok((fields.bytes("id", |id: [u8; 16]| id)?, RowRevision(fields.unsigned("revision")?)))
        })?;
        known.extend(found.into_iter().map(|(id, revision)| (id, Expected::Revision(revision))));
    }
    Ok(())
}

fn revision(conn: &Connection, row: &Row) -> Outcome<Option<RowRevision>> {
    let by_id = |table, sql: &str, id: &[u8; 16]| {
        one(conn, sql, params![id], |row| Fields::new(table, row).unsigned("revision").map(RowRevision))
    };
    match row {
        Row::Settings => {
            let read =
                |row: &rusqlite::Row<'_>| Fields::new("settings", row).unsigned("revision").map(RowRevision);
            // Settings that nobody has changed are there too, at revision 0.
            one(conn, SETTINGS, [], read).map(|revision| Some(revision.unwrap_or_default()))
        }
        Row::Region(id) => by_id("region", REGION, id.as_bytes()),
        Row::Template(id) => by_id("template", TEMPLATE, id.as_bytes()),
        Row::Firmware(id) => by_id("firmware", FIRMWARE, id.as_bytes()),
        Row::User(id) => by_id("phone_user", USER, id.as_bytes()),
        Row::Device(id) => by_id("device", DEVICE, id.as_bytes()),
        Row::Operator(id) => by_id("operator", OPERATOR, id.as_bytes()),
        Row::File(FileKey::Device(id)) => by_id("stand_in", STAND_IN, id.as_bytes()),
        Row::File(FileKey::Shared(name)) => one(conn, SHARED_FILE, params![name.folded()], |row| {
            Fields::new("shared_file", row).unsigned("revision").map(RowRevision)
        }),
        Row::Model(id) => one(conn, MODEL, params![id.as_str()], |row| {
            Fields::new("phone_model", row).unsigned("revision").map(RowRevision)
        }),
        Row::Placeholder(scope, name) => {
            let (region, model) = scope_columns(scope);
            one(conn, PLACEHOLDER, params![name.as_str(), region, model], |row| {
                Fields::new("placeholder", row).unsigned("revision").map(RowRevision)
            })
        }
    }
}
