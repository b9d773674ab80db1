//! Users.

use ipp_core::{
    catalog::{RowRevision, Stored},
    id::{RegionId, UserId},
    store::{ListedUser, Page, StoredRow, UserFilter, UserKey},
    user::User,
};
use tokio_postgres::Row;

use super::{Fields, all, one, sealed_parts, user_list, visit as visit_rows, word};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{columns, ids, params},
};

const PUT: &str = "
    INSERT INTO phone_user (id, revision, name, folded, display_name, region, password_sealed, password_print, origin)
    SELECT id, 1, name, folded, display_name, region, sealed, print, origin
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        AS put (id, name, folded, display_name, region, sealed, print, origin)
    ON CONFLICT (id) DO UPDATE SET
        revision = phone_user.revision + 1, name = excluded.name, folded = excluded.folded,
        display_name = excluded.display_name, region = excluded.region,
        password_sealed = excluded.password_sealed, password_print = excluded.password_print,
        origin = excluded.origin";
const DELETE: &str = "DELETE FROM phone_user WHERE id = $1";

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
    FROM phone_user WHERE id = ANY($1)";
const BY_ID: &str = select!("WHERE id = $1");
const BY_IDS: &str = select!("WHERE id = ANY($1)");
const BY_NAME: &str = select!("WHERE folded = $1");
const EVERY: &str = select!("ORDER BY id");

/// Puts users, no two of which have one id.
pub(crate) async fn put_all(conn: &Conn, users: &[&User]) -> Outcome<()> {
    let row = |user: &'_ &User| {
        let (sealed, print) = sealed_parts(user.password.as_ref());
        Ok(params![
            user.id.as_bytes().to_vec(),
            user.name.as_str().to_owned(),
            user.name.folded(),
            user.display_name.as_str().to_owned(),
            user.region.as_bytes().to_vec(),
            sealed.map(<[u8]>::to_vec),
            print.map(|print| print.to_vec()),
            word(user.origin)?,
        ])
    };
    let Some(columns) = columns(users.iter().map(row).collect::<Outcome<Vec<_>>>()?) else { return Ok(()) };
    conn.execute(PUT, &columns).await.map(drop).map_err(|fault| match users {
        [user] => fault
            .taken("phone_user_folded_key", "user name", &user.name)
            .missing("phone_user_region_fkey", "region"),
        _ => fault,
    })
}

pub(crate) async fn delete(conn: &Conn, id: UserId) -> Outcome<()> {
    conn.execute(DELETE, &params![id.as_bytes()]).await.map(drop).map_err(|fault| fault.in_use("user"))
}

pub(crate) async fn get(conn: &Conn, key: &UserKey) -> Outcome<Option<Stored<User>>> {
    match key {
        UserKey::Id(id) => one(conn, BY_ID, &params![id.as_bytes()], read).await,
        UserKey::Name(name) => one(conn, BY_NAME, &params![name.folded()], read).await,
    }
}

/// Gives out all users by id.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::User(Box::new(read(row)?)))).await
}

/// A page in the order of ids.
pub(crate) async fn page(conn: &Conn, filter: &UserFilter, page: Page<UserId>) -> Outcome<Vec<Stored<User>>> {
    let wanted = user_list::ids(conn, filter, page).await?;
    let mut users = all(conn, BY_IDS, &[ids(wanted.iter().map(UserId::as_bytes))], read).await?;
    users.sort_unstable_by_key(|user| user.value.id);
    Ok(users)
}

/// The users with these ids, in their order, with how many devices each has.
pub(super) async fn with_devices(conn: &Conn, wanted: &[UserId]) -> Outcome<Vec<ListedUser>> {
    let found = all(conn, WITH_DEVICES, &[ids(wanted.iter().map(UserId::as_bytes))], |row| {
        let user = read(row)?;
        Ok((user.value.id, ListedUser { user, devices: Fields::new("phone_user", row).unsigned("devices")? }))
    })
    .await?;
    Ok(super::in_order(wanted, found))
}

fn read(row: &Row) -> Outcome<Stored<User>> {
    let fields = Fields::new("phone_user", row);
    let value = read_user(fields)?;
    Ok(Stored { revision: RowRevision(fields.unsigned("revision")?), value })
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
