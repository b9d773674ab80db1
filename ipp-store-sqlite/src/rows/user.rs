//! Users.

use ipp_core::{
    catalog::{RowRevision, Stored},
    id::{RegionId, UserId},
    store::{Page, UserFilter, UserKey},
    user::User,
};
use rusqlite::{Connection, Row, params};

use super::{Fields, after, all, execute, one, sealed_parts, word};
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

const BY_ID: &str = "SELECT * FROM phone_user WHERE id = ?1";
const BY_NAME: &str = "SELECT * FROM phone_user WHERE folded = ?1";
const PAGE: &str = "SELECT * FROM phone_user WHERE id > ?1 ORDER BY id LIMIT ?2";
const PAGE_OF_REGION: &str = "SELECT * FROM phone_user WHERE region = ?3 AND id > ?1 ORDER BY id LIMIT ?2";

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

/// One page. The pages of several regions are merged, so that each is read in the order of its index.
pub(crate) fn page(conn: &Connection, filter: &UserFilter, page: Page<UserId>) -> Outcome<Vec<Stored<User>>> {
    let after = after(page.after.as_ref().map(UserId::as_bytes));
    let Some(regions) = &filter.regions else {
        return all(conn, PAGE, params![after, page.limit], read);
    };
    let mut users = Vec::new();
    for region in regions {
        users.extend(all(conn, PAGE_OF_REGION, params![after, page.limit, region.as_bytes()], read)?);
    }
    users.sort_by_key(|user| user.value.id);
    users.dedup_by_key(|user| user.value.id);
    users.truncate(page.limit as usize);
    Ok(users)
}

fn read(row: &Row<'_>) -> Outcome<Stored<User>> {
    let fields = Fields::new("phone_user", row);
    let value = User {
        id: fields.bytes("id", UserId::from_bytes)?,
        name: fields.parse("name")?,
        display_name: fields.parse("display_name")?,
        region: fields.bytes("region", RegionId::from_bytes)?,
        password: fields.sealed_value("password_sealed", "password_print")?,
        origin: fields.word("origin")?,
    };
    Ok(Stored { revision: RowRevision(fields.unsigned("revision")?), value })
}
