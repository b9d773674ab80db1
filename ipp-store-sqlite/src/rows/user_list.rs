//! Lists of users, searched and in an order that people choose.

use ipp_core::{
    id::{RegionId, UserId},
    store::{ListKey, Listed, ListedUser, Order, Page, Sorted, UserFilter, UserSort},
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{Fields, all, user};
use crate::error::Outcome;

type Key = ListKey<UserId>;

/// A page in the order of ids.
pub(super) fn ids(conn: &Connection, filter: &UserFilter, page: Page<UserId>) -> Outcome<Vec<UserId>> {
    let after = page.after.map(|id| ListKey { key: String::new(), id });
    let mut keys = Vec::new();
    for region in regions(filter) {
        keys.extend(keys_of(conn, filter, region, None, Order::Ascending, after.as_ref(), page.limit)?);
    }
    Ok(merged(keys, Order::Ascending, page.limit).into_iter().map(|key| key.id).collect())
}

/// A page in an order that people choose: the beginnings of all regions' lists merged.
pub(crate) fn page(
    conn: &Connection,
    filter: &UserFilter,
    sorted: Sorted<UserSort>,
    page: &Page<Key>,
) -> Outcome<Vec<Listed<UserId, ListedUser>>> {
    let (order, after, limit) = (sorted.order, page.after.as_ref(), page.limit);
    let column = match sorted.by {
        UserSort::Name => "folded",
        UserSort::DisplayName => "lower(display_name)",
        UserSort::Region => return listed(conn, by_region(conn, filter, order, after, limit)?),
    };
    let mut keys = Vec::new();
    for region in regions(filter) {
        keys.extend(keys_of(conn, filter, region, Some(column), order, after, limit)?);
    }
    listed(conn, merged(keys, order, limit))
}

fn by_region(
    conn: &Connection,
    filter: &UserFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let mut named: Vec<(String, RegionId)> =
        all(conn, "SELECT id, folded FROM region ORDER BY folded", [], |row| {
            let fields = Fields::new("region", row);
            Ok((fields.get("folded")?, fields.bytes("id", RegionId::from_bytes)?))
        })?;
    named.retain(|(_, id)| filter.regions.as_ref().is_none_or(|regions| regions.contains(id)));
    if order == Order::Descending {
        named.reverse();
    }
    let mut keys: Vec<Key> = Vec::new();
    for (name, region) in &named {
        let before = after.is_some_and(|after| match order {
            Order::Ascending => *name < after.key,
            Order::Descending => *name > after.key,
        });
        let left = limit.saturating_sub(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        if before || left == 0 {
            continue;
        }
        let here = after.filter(|after| after.key == *name);
        let found = keys_of(conn, filter, Some(region), None, order, here, left)?;
        keys.extend(found.into_iter().map(|key| ListKey { key: name.clone(), id: key.id }));
    }
    Ok(keys)
}

fn keys_of(
    conn: &Connection,
    filter: &UserFilter,
    region: Option<&RegionId>,
    column: Option<&str>,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let (than, way) = match order {
        Order::Ascending => (">", "ASC"),
        Order::Descending => ("<", "DESC"),
    };
    let (mut conditions, mut values) = (vec!["1".to_owned()], Vec::new());
    if let Some(region) = region {
        conditions.push("region = ?".to_owned());
        values.push(Value::from(region.as_bytes().to_vec()));
    }
    if let Some(after) = after {
        let id = Value::from(after.id.as_bytes().to_vec());
        match column {
            None => conditions.push(format!("id {than} ?")),
            Some(column) => {
                conditions.push(format!("({column}, id) {than} (?, ?)"));
                values.push(Value::from(after.key.clone()));
            }
        }
        values.push(id);
    }
    for word in &filter.words {
        conditions.push("instr(lower(name || char(10) || display_name), ?) > 0".to_owned());
        values.push(Value::from(word.to_ascii_lowercase()));
    }
    let order = column.map_or_else(|| format!("id {way}"), |column| format!("{column} {way}, id {way}"));
    let sql = format!(
        "SELECT id, {} AS list_key FROM phone_user WHERE {} ORDER BY {order} LIMIT ?",
        column.unwrap_or("''"),
        conditions.join(" AND ")
    );
    values.push(Value::from(i64::from(limit)));
    all(conn, &sql, params_from_iter(values), |row| {
        let fields = Fields::new("phone_user", row);
        Ok(ListKey { key: fields.get("list_key")?, id: fields.bytes("id", UserId::from_bytes)? })
    })
}

fn listed(conn: &Connection, keys: Vec<Key>) -> Outcome<Vec<Listed<UserId, ListedUser>>> {
    let rows = user::with_devices(conn, keys.iter().map(|key| key.id))?;
    Ok(keys.into_iter().zip(rows).map(|(at, row)| Listed { at, row }).collect())
}

fn regions(filter: &UserFilter) -> Vec<Option<&RegionId>> {
    filter.regions.as_ref().map_or_else(|| vec![None], |regions| regions.iter().map(Some).collect())
}

fn merged(mut keys: Vec<Key>, order: Order, limit: u32) -> Vec<Key> {
    keys.sort_unstable();
    keys.dedup();
    if order == Order::Descending {
        keys.reverse();
    }
    keys.truncate(limit as usize);
    keys
}
