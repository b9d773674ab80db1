//! Lists of devices: by which statements a page is found.
//!
//! Each region, and each way to belong to a class, is an ordered list of its own in some index; a page
//! is the beginning of all these lists merged. One statement with `IN` and `OR` would sort everything
//! that passes before it could cut the page off.

use ipp_core::{
    id::{DeviceId, RegionId},
    phone_model::ModelId,
    status::StatusClass,
    store::{
        CountKey, DeviceFilter, DeviceRecord, DeviceSort, FileState, ListKey, Listed, Order, Page, Sorted,
        StoreError, StoreErrorKind, list,
    },
};
use rusqlite::{Connection, params};

use super::{
    Fields, all, count, device,
    device_query::{Choice, Part, Source, amiss, gather, row_at, search, walk},
    one,
};
use crate::error::Outcome;

/// How many devices are sorted by what no index is for: every report would have to move the row in it. The
/// narrow table is read through, and the first of the order are kept. A million take 0.15 s, and up to 0.9 s
/// where a filter asks for each device too (`benches/benches/list.rs`).
const MANY: u64 = 1_000_000;
/// Regions times models: above that, models are no lists of their own.
const LISTS: usize = 64;

type Key = ListKey<DeviceId>;

/// A page in an order that people choose. Where no more than `few` devices can pass, they are read and
/// sorted.
pub(crate) fn page(
    conn: &Connection,
    filter: &DeviceFilter,
    sorted: Sorted<DeviceSort>,
    page: &Page<Key>,
    few: u64,
) -> Outcome<Vec<Listed<DeviceId, DeviceRecord>>> {
    let (after, limit) = (page.after.as_ref(), page.limit);
    let most = most(conn, filter)?;
    if most == 0 {
        return Ok(Vec::new());
    }
    let keys = match sorted.by {
        DeviceSort::Made => in_parts(conn, filter, sorted, after, limit)?,
        DeviceSort::Region => by_region(conn, filter, sorted.order, after, limit)?,
        DeviceSort::Model => by_model(conn, filter, sorted.order, after, limit)?,
        DeviceSort::Status => by_class(conn, filter, sorted.order, after, limit)?,
        DeviceSort::Mac | DeviceSort::User | DeviceSort::DisplayName => {
            if most <= few || in_a_short_list(conn, filter, few)? {
                in_parts(conn, filter, sorted, after, limit)?
            } else {
                in_order(conn, filter, sorted, (after, few), limit)?
            }
        }
        DeviceSort::LastSeen if most <= MANY => in_parts(conn, filter, sorted, after, limit)?,
        DeviceSort::LastSeen => {
            let message = format!(
                "more than {MANY} devices pass; filter them before sorting them by their last report"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, message).into());
        }
    };
    let ids: Vec<DeviceId> = keys.iter().map(|key| key.id).collect();
    let rows = device::records(conn, &ids)?;
    Ok(keys.into_iter().zip(rows).map(|(at, row)| Listed { at, row }).collect())
}

/// The ids of a page in the order of ids.
pub(super) fn ids(conn: &Connection, filter: &DeviceFilter, page: Page<DeviceId>) -> Outcome<Vec<DeviceId>> {
    let sorted = Sorted { by: DeviceSort::Made, order: Order::Ascending };
    let after = page.after.map(|id| ListKey { key: String::new(), id });
    let keys = in_parts(conn, filter, sorted, after.as_ref(), page.limit)?;
    Ok(keys.into_iter().map(|key| key.id).collect())
}

/// The merged beginnings of all lists that the filter is made of.
fn in_parts(
    conn: &Connection,
    filter: &DeviceFilter,
    sorted: Sorted<DeviceSort>,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let regions = choices(filter.regions.as_deref());
    let lists = regions.len().saturating_mul(filter.models.as_ref().map_or(1, Vec::len));
    let models = if lists <= LISTS { choices(filter.models.as_deref()) } else { vec![Choice::Any] };
    let mut keys = Vec::new();
    for region in &regions {
        for model in &models {
            let part = Part { region: *region, model: *model };
            keys.extend(in_part(conn, filter, part, sorted, after, limit)?);
        }
    }
    Ok(merged(keys, sorted.order, limit))
}

fn in_part(
    conn: &Connection,
    filter: &DeviceFilter,
    part: Part<'_>,
    sorted: Sorted<DeviceSort>,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let Sorted { by, order } = sorted;
    let classes: Vec<Option<StatusClass>> = filter
        .classes
        .as_ref()
        .map_or_else(|| vec![None], |classes| classes.iter().copied().map(Some).collect());
    let mut keys = Vec::new();
    for class in classes {
        for source in Source::of(class, filter, by) {
            keys.extend(gather((source, part), filter, (by, order), (after, limit))?.run(conn)?);
        }
    }
    Ok(keys)
}

/// By the index of the order, in each region. Words that few have would be looked for to its end, row after
/// row all over the tables; so for `few` rows, and then all texts are read through in the order in which they
/// lie.
fn in_order(
    conn: &Connection,
    filter: &DeviceFilter,
    sorted: Sorted<DeviceSort>,
    (after, few): (Option<&Key>, u64),
    limit: u32,
) -> Outcome<Vec<Key>> {
    let by = (sorted.by, sorted.order);
    let far = u32::try_from(few).unwrap_or(u32::MAX);
    let mut keys = Vec::new();
    for region in choices(filter.regions.as_deref()) {
        let until =
            if filter.words.is_empty() { None } else { row_at(far, region, by, after).run(conn)?.pop() };
        let part = Part { region, model: Choice::Any };
        let found = walk(part, filter, by, (after, until.as_ref()), limit)?.run(conn)?;
        if until.is_some() && found.len() < limit as usize {
            return search(filter, by, after, limit)?.run(conn);
        }
        keys.extend(found);
    }
    Ok(merged(keys, sorted.order, limit))
}

/// One region after the other, by name.
fn by_region(
    conn: &Connection,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let named: Vec<(String, RegionId)> =
        all(conn, "SELECT id, folded FROM region ORDER BY folded", [], |row| {
            let fields = Fields::new("region", row);
            Ok((fields.get("folded")?, fields.bytes("id", RegionId::from_bytes)?))
        })?;
    let wanted = |id: &RegionId| filter.regions.as_ref().is_none_or(|regions| regions.contains(id));
    let missing = filter.regions.is_none().then(|| (String::new(), Choice::Missing));
    let named = named.iter().filter(|(_, id)| wanted(id)).map(|(name, id)| (name.clone(), Choice::Is(id)));
    let groups = missing.into_iter().chain(named).collect();
    in_groups(groups, order, after, limit, |region, after, limit| {
        let lists = filter.models.as_ref().map_or(1, Vec::len);
        let models = if lists <= LISTS { choices(filter.models.as_deref()) } else { vec![Choice::Any] };
        let mut keys = Vec::new();
        for model in models {
            keys.extend(in_part(conn, filter, Part { region, model }, by_id(order), after, limit)?);
        }
        Ok(keys)
    })
}

/// One model after the other.
fn by_model(
    conn: &Connection,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let models: Vec<ModelId> = all(conn, "SELECT id FROM phone_model ORDER BY id", [], |row| {
        Fields::new("phone_model", row).parse("id")
    })?;
    let wanted = |id: &&ModelId| filter.models.as_ref().is_none_or(|models| models.contains(id));
    let missing = filter.models.is_none().then(|| (String::new(), Choice::Missing));
    let named = models.iter().filter(wanted).map(|id| (id.to_string(), Choice::Is(id)));
    let groups = missing.into_iter().chain(named).collect();
    in_groups(groups, order, after, limit, |model, after, limit| {
        let mut keys = Vec::new();
        for region in choices(filter.regions.as_deref()) {
            keys.extend(in_part(conn, filter, Part { region, model }, by_id(order), after, limit)?);
        }
        Ok(keys)
    })
}

/// One class after the other.
fn by_class(
    conn: &Connection,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    const CLASSES: [StatusClass; 3] =
        [StatusClass::Registered, StatusClass::NonRegistered, StatusClass::Disconnected];
    let wanted = |class: &StatusClass| filter.classes.as_ref().is_none_or(|classes| classes.contains(class));
    let groups =
        CLASSES.into_iter().filter(wanted).map(|class| (list::class(class).to_owned(), class)).collect();
    in_groups(groups, order, after, limit, |class, after, limit| {
        let filter = DeviceFilter { classes: Some(vec![class]), ..filter.clone() };
        in_parts(conn, &filter, by_id(order), after, limit)
    })
}

/// Reads group after group, each in the order of ids, until the page is full.
fn in_groups<G>(
    mut groups: Vec<(String, G)>,
    order: Order,
    after: Option<&Key>,
    limit: u32,
    read: impl Fn(G, Option<&Key>, u32) -> Outcome<Vec<Key>>,
) -> Outcome<Vec<Key>> {
    if order == Order::Descending {
        groups.reverse();
    }
    let mut keys: Vec<Key> = Vec::new();
    for (name, group) in groups {
        let here = after.filter(|after| after.key == name);
        let before = after.is_some_and(|after| match order {
            Order::Ascending => name < after.key,
            Order::Descending => name > after.key,
        });
        let left = limit.saturating_sub(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        if before || left == 0 {
            continue;
        }
        let found = merged(read(group, here, left)?, order, left);
        keys.extend(found.into_iter().map(|key| ListKey { key: name.clone(), id: key.id }));
    }
    Ok(keys)
}

const fn by_id(order: Order) -> Sorted<DeviceSort> {
    Sorted { by: DeviceSort::Made, order }
}

fn choices<T>(wanted: Option<&[T]>) -> Vec<Choice<'_, T>> {
    wanted.map_or_else(|| vec![Choice::Any], |wanted| wanted.iter().map(Choice::Is).collect())
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

/// How many devices can pass at most, as the counters tell without a look at any.
fn most(conn: &Connection, filter: &DeviceFilter) -> Outcome<u64> {
    let amiss = amiss(filter);
    let passes = |key: &CountKey| {
        filter.regions.as_ref().is_none_or(|all| key.region.is_some_and(|id| all.contains(&id)))
            && filter.models.as_ref().is_none_or(|all| key.model.as_ref().is_some_and(|id| all.contains(id)))
            && filter.admissions.as_ref().is_none_or(|all| all.contains(&key.admission))
            && filter.classes.as_ref().is_none_or(|all| all.contains(&key.class))
            && filter.version.as_ref().is_none_or(|version| key.version == *version)
            && !(amiss && key.class == StatusClass::Registered)
    };
    let counts = count::devices(conn)?;
    Ok(counts.iter().filter(|(key, _)| passes(key)).map(|(_, devices)| devices).sum())
}

/// Whether all that can pass stand in a list of no more than `few`, of which no more are counted.
fn in_a_short_list(conn: &Connection, filter: &DeviceFilter, few: u64) -> Outcome<bool> {
    let id = |id: &[u8; 16]| Some(*id);
    let lists = [
        (filter.user.as_ref().and_then(|user| id(user.as_bytes())), "device WHERE owner = ?1"),
        (filter.template.as_ref().and_then(|template| id(template.as_bytes())), "device WHERE template = ?1"),
        (filter.firmware.as_ref().and_then(|firmware| id(firmware.as_bytes())), "device WHERE firmware = ?1"),
        ((filter.seen == Some(false)).then_some([0; 16]), "unseen WHERE device >= ?1"),
        ((filter.file == Some(FileState::StandIn)).then_some([0; 16]), "stand_in WHERE device >= ?1"),
    ];
    for (value, list) in lists {
        let Some(value) = value else { continue };
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {list} LIMIT ?2)");
        let more = i64::try_from(few).unwrap_or(i64::MAX).saturating_add(1);
        let found = one(conn, &sql, params![value, more], |row| Ok(row.get::<_, i64>(0)?))?;
        if found.is_none_or(|found| found < more) {
            return Ok(true);
        }
    }
    Ok(false)
}
