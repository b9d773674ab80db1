//! Users.

use std::sync::LazyLock;

use ipp_core::{
    catalog::{RowRevision, Stored},
    id::{RegionId, UserId},
    store::{ListedUser, Page, UserFilter, UserKey},
    user::User,
};
use rusqlite::{Connection, Row, params, params_from_iter, types::ToSqlOutput};

use super::{Fields, TOGETHER, each, execute, maybe, one, rows_of, sealed_parts, user_list, word};
use crate::error::{Blame, Fault, Outcome};

const PUT: &str = "
    INSERT INTO phone_user (id, name, folded, display_name, region, password_sealed, password_print, origin,
        revision)
    VALUES";
const UPDATE: &str = "
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, folded = excluded.folded,
        display_name = excluded.display_name, region = excluded.region,
        password_sealed = excluded.password_sealed, password_print = excluded.password_print,
        origin = excluded.origin";
const COLUMNS: usize = 8;

static PUT_ONE: LazyLock<String> = LazyLock::new(|| rows_of(1, COLUMNS, PUT, UPDATE));
static PUT_MANY: LazyLock<String> = LazyLock::new(|| rows_of(TOGETHER, COLUMNS, PUT, UPDATE));

const NAME_TAKEN: &str = "SELECT 1 FROM phone_user WHERE folded = ?1 AND id <> ?2";
const REGION_THERE: &str = "SELECT 1 FROM region WHERE id = ?1";
const DELETE: &str = "DELETE FROM phone_user WHERE id = ?1";

/// Users under the names that their columns have where they are joined with a device.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT id AS user_id, revision, name AS user_name, display_name AS user_display_name,
                region AS user_region, password_sealed AS user_password_sealed,
                password_print AS user_password_print, origin AS user_origin
            FROM phone_user ",
            $which
        )
    };
}

const WITH_DEVICES: &str = "
    SELECT id AS user_id, revision, name AS user_name, display_name AS user_display_name, region AS user_region,
        password_sealed AS user_password_sealed, password_print AS user_password_print, origin AS user_origin,
        (SELECT count(*) FROM device d WHERE d.owner = phone_user.id) AS devices
    FROM phone_user WHERE id = ?1";
const BY_ID: &str = select!("WHERE id = ?1");
const BY_NAME: &str = select!("WHERE folded = ?1");
const EVERY: &str = select!("ORDER BY id");

pub(crate) fn put(conn: &Connection, user: &User) -> Outcome<()> {
    execute(conn, &PUT_ONE, params_from_iter(cells(user)?)).map(drop).map_err(|error| {
        Blame::of(conn, error)
            .taken("user name", &user.name, NAME_TAKEN, params![user.name.folded(), user.id.as_bytes()])
            .missing("region", REGION_THERE, params![user.region.as_bytes()])
            .fault()
    })
}

/// Puts users; `false`, and nothing is done, where one of them cannot be put.
pub(crate) fn put_together(conn: &Connection, users: &[&User; TOGETHER]) -> Outcome<bool> {
    let cells = users.iter().map(|user| cells(user)).collect::<Outcome<Vec<_>>>()?;
    match execute(conn, &PUT_MANY, params_from_iter(cells.iter().flatten())).map_err(Fault::from) {
        Ok(_) => Ok(true),
        Err(fault) if fault.concerns_all() => Err(fault),
        Err(_) => Ok(false),
    }
}

fn cells(user: &User) -> Outcome<[ToSqlOutput<'_>; COLUMNS]> {
    let (sealed, print) = sealed_parts(user.password.as_ref());
    Ok([
        user.id.as_bytes().as_slice().into(),
        user.name.as_str().into(),
        user.name.folded().into(),
        user.display_name.as_str().into(),
        user.region.as_bytes().as_slice().into(),
        maybe(sealed),
        maybe(print.map(<[u8; 16]>::as_slice)),
        word(user.origin)?.into(),
    ])
}

pub(crate) fn delete(conn: &Connection, id: UserId) -> Outcome<()> {
    execute(conn, DELETE, params![id.as_bytes()])
        .map(drop)
        .map_err(|error| Blame::of(conn, error).in_use("user").fault())
}

pub(crate) fn get(conn: &Connection, key: &UserKey) -> Outcome<Option<Stored<User>>> {
    match key {
        UserKey::Id(id) => one(conn, BY_ID, params![id.as_bytes()], read),
        UserKey::Name(name) => one(conn, BY_NAME, params![name.folded()], read),
    }
}

/// Shows all users by id.
pub(crate) fn visit(conn: &Connection, mut show: impl FnMut(Stored<User>) -> Outcome<()>) -> Outcome<()> {
    super::visit(conn, EVERY, |row| show(read(row)?))
}

/// A page in the order of ids.
pub(crate) fn page(conn: &Connection, filter: &UserFilter, page: Page<UserId>) -> Outcome<Vec<Stored<User>>> {
    let ids = user_list::ids(conn, filter, page)?;
    each(conn, BY_ID, ids.iter().map(|id| [id.as_bytes()]), read)
}

/// The users with these ids, in their order, with how many devices each has.
pub(super) fn with_devices(conn: &Connection, ids: impl Iterator<Item = UserId>) -> Outcome<Vec<ListedUser>> {
    let ids: Vec<[u8; 16]> = ids.map(|id| *id.as_bytes()).collect();
    each(conn, WITH_DEVICES, ids.iter().map(|id| [id]), |row| {
        let devices = Fields::new("phone_user", row).unsigned("devices")?;
        Ok(ListedUser { user: read(row)?, devices })
    })
}

fn read(row: &Row<'_>) -> Outcome<Stored<User>> {
    let fields = Fields::new("phone_user", row);
    Ok(Stored { revision: RowRevision(fields.unsigned("revision")?), value: read_user(fields)? })
}

/// The owner in a row that is joined with the device.
pub(super) fn read_owner(row: Fields<'_>) -> Outcome<Option<User>> {
    let fields = row.of("phone_user");
    fields.opt_bytes("user_id", UserId::from_bytes)?.map(|_| read_user(fields)).transpose()
}

fn read_user(fields: Fields<'_>) -> Outcome<User> {
    Ok(User {
        id: fields.bytes("user_id", UserId::from_bytes)?,
        name: fields.parse("user_name")?,
        display_name: fields.parse("user_display_name")?,
        region: fields.bytes("user_region", RegionId::from_bytes)?,
        password: fields.sealed_value("user_password_sealed", "user_password_print")?,
        origin: fields.word("user_origin")?,
    })
}
