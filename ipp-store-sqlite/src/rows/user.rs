//! Users.

use ipp_core::{
    catalog::{RowRevision, Stored},
    id::{RegionId, UserId},
    store::{ListedUser, Page, UserFilter, UserKey},
    user::User,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, each, execute, one, sealed_parts, user_list, word};
use crate::error::{Blame, Outcome};

const PUT: &str = "
    INSERT INTO phone_user (id, revision, name, folded, display_name, region, password_sealed, password_print, origin)
    VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (id) DO UPDATE SET
        revision = revision + 1, name = excluded.name, folded = excluded.folded,
        display_name = excluded.display_name, region = excluded.region,
        password_sealed = excluded.password_sealed, password_print = excluded.password_print,
        origin = excluded.origin";

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
    let (sealed, print) = sealed_parts(user.password.as_ref());
    let (id, folded, region) = (user.id.as_bytes(), user.name.folded(), user.region.as_bytes());
    let (name, display_name, origin) = (user.name.as_str(), user.display_name.as_str(), word(user.origin)?);
    let put = params![id, name, folded, display_name, region, sealed, print, origin];
    execute(conn, PUT, put).map(drop).map_err(|error| {
        Blame::of(conn, error)
            .taken("user name", &user.name, NAME_TAKEN, params![folded, id])
            .missing("region", REGION_THERE, params![region])
            .fault()
    })
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
