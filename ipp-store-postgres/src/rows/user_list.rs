//! Lists of users, searched and in an order that people choose.

use ipp_core::{
    id::{RegionId, UserId},
    store::{ListKey, Listed, ListedUser, Order, Page, Sorted, UserFilter, UserSort},
};

use super::{Fields, all, numbered, user};
use crate::{connection::Conn, error::Outcome, value::Value};

type Key = ListKey<UserId>;

/// A page in the order of ids.
pub(super) async fn ids(conn: &Conn, filter: &UserFilter, page: Page<UserId>) -> Outcome<Vec<UserId>> {
    let after = page.after.map(|id| ListKey { key: String::new(), id });
    let mut keys = Vec::new();
    for region in regions(filter) {
        let ask =
            Ask { region, column: None, order: Order::Ascending, after: after.as_ref(), limit: page.limit };
        keys.extend(ask.keys(conn, filter).await?);
    }
    Ok(merged(keys, Order::Ascending, page.limit).into_iter().map(|key| key.id).collect())
}

/// A page in an order that people choose: the beginnings of all regions' lists merged.
pub(crate) async fn page(
    conn: &Conn,
    filter: &UserFilter,
    sorted: Sorted<UserSort>,
    page: &Page<Key>,
) -> Outcome<Vec<Listed<UserId, ListedUser>>> {
    let (order, after, limit) = (sorted.order, page.after.as_ref(), page.limit);
    let column = match sorted.by {
        UserSort::Name => "folded",
        UserSort::DisplayName => "lower(display_name)",
        UserSort::Region => return listed(conn, by_region(conn, filter, order, after, limit).await?).await,
    };
    let mut keys = Vec::new();
    for region in regions(filter) {
        let ask = Ask { region, column: Some(column), order, after, limit };
        keys.extend(ask.keys(conn, filter).await?);
    }
    listed(conn, merged(keys, order, limit)).await
}

async fn by_region(
    conn: &Conn,
    filter: &UserFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let mut named: Vec<(String, RegionId)> =
        all(conn, "SELECT id, folded FROM region ORDER BY folded", &[], |row| {
            let fields = Fields::new("region", row);
            Ok((fields.text("folded")?, fields.bytes("id", RegionId::from_bytes)?))
        })
        .await?;
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
        let ask = Ask { region: Some(region), column: None, order, after: here, limit: left };
        let found = ask.keys(conn, filter).await?;
        keys.extend(found.into_iter().map(|key| ListKey { key: name.clone(), id: key.id }));
    }
    Ok(keys)
}

/// One list that a page is made of.
struct Ask<'a> {
    region: Option<&'a RegionId>,
    column: Option<&'static str>,
    order: Order,
    after: Option<&'a Key>,
    limit: u32,
}

impl Ask<'_> {
    async fn keys(&self, conn: &Conn, filter: &UserFilter) -> Outcome<Vec<Key>> {
        let (than, way) = match self.order {
            Order::Ascending => (">", "ASC"),
            Order::Descending => ("<", "DESC"),
        };
        let (mut conditions, mut values): (_, Vec<Value<'_>>) = (vec!["TRUE".to_owned()], Vec::new());
        if let Some(region) = self.region {
            conditions.push("region = ?".to_owned());
            values.push(region.as_bytes().into());
        }
        if let Some(after) = self.after {
            match self.column {
                None => conditions.push(format!("id {than} ?")),
                Some(column) => {
                    conditions.push(format!("({column}, id) {than} (?, ?)"));
                    values.push(Value::from(&after.key));
                }
            }
            values.push(after.id.as_bytes().into());
        }
        for word in &filter.words {
            conditions.push("strpos(lower(name || chr(10) || display_name), ?) > 0".to_owned());
            values.push(Value::from(word.to_ascii_lowercase()));
        }
        let order =
            self.column.map_or_else(|| format!("id {way}"), |column| format!("{column} {way}, id {way}"));
        let sql = format!(
            "SELECT id, {} AS list_key FROM phone_user WHERE {} ORDER BY {order} LIMIT ?",
            self.column.unwrap_or("''::text"),
            conditions.join(" AND ")
        );
        values.push(self.limit.into());
        let rows = conn.rows_once(&numbered(&sql), &values).await?;
        rows.iter()
            .map(|row| {
                let fields = Fields::new("phone_user", row);
                Ok(ListKey { id: fields.bytes("id", UserId::from_bytes)?, key: fields.text("list_key")? })
            })
            .collect()
    }
}

async fn listed(conn: &Conn, keys: Vec<Key>) -> Outcome<Vec<Listed<UserId, ListedUser>>> {
    let ids: Vec<UserId> = keys.iter().map(|key| key.id).collect();
    let rows = user::with_devices(conn, &ids).await?;
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
