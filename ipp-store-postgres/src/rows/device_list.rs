//! Lists of devices: by which statements a page is found.
//!
//! Each region, and each way to belong to a class, is an ordered list of its own in some index; a page
//! is the beginning of all these lists merged. One statement with `IN` and `OR` would sort everything
//! that passes before it could cut the page off.

use ipp_core::{
    id::{DeviceId, FirmwareId, RegionId, TemplateId, UserId},
    phone_model::ModelId,
    status::StatusClass,
    store::{
        CountKey, DeviceFilter, DeviceRecord, DeviceSort, ListKey, Listed, Order, Page, Sorted, StoreError,
        StoreErrorKind, list,
    },
};

use super::{
    Fields, all, count, device,
    device_query::{Choice, Part, Source, gather, walk},
    one,
};
use crate::{connection::Conn, error::Outcome, value::params};

/// How many devices are sorted by what no index is for: every report would have to move the row in it.
const MANY: u64 = 20_000;
/// Regions times models: above that, models are no lists of their own.
const LISTS: usize = 64;

type Key = ListKey<DeviceId>;

/// A page in an order that people choose. Where no more than `few` devices can pass, they are read and
/// sorted.
pub(crate) async fn page(
    conn: &Conn,
    filter: &DeviceFilter,
    sorted: Sorted<DeviceSort>,
    page: &Page<Key>,
    few: u64,
) -> Outcome<Vec<Listed<DeviceId, DeviceRecord>>> {
    let (after, limit) = (page.after.as_ref(), page.limit);
    let keys = match sorted.by {
        DeviceSort::Made => in_parts(conn, filter, sorted, after, limit).await?,
        DeviceSort::Region => by_region(conn, filter, sorted.order, after, limit).await?,
        DeviceSort::Model => by_model(conn, filter, sorted.order, after, limit).await?,
        DeviceSort::Status => by_class(conn, filter, sorted.order, after, limit).await?,
        DeviceSort::Mac | DeviceSort::User | DeviceSort::DisplayName => {
            if at_most(conn, filter, few).await? {
                in_parts(conn, filter, sorted, after, limit).await?
            } else {
                in_order(conn, filter, sorted, after, limit).await?
            }
        }
        DeviceSort::LastSeen if at_most(conn, filter, MANY).await? => {
            in_parts(conn, filter, sorted, after, limit).await?
        }
        DeviceSort::LastSeen => {
            let message = format!(
                "more than {MANY} devices pass; filter them before sorting them by their last report"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, message).into());
        }
    };
    let ids: Vec<DeviceId> = keys.iter().map(|key| key.id).collect();
    let rows = device::records(conn, &ids).await?;
    Ok(keys.into_iter().zip(rows).map(|(at, row)| Listed { at, row }).collect())
}

/// The ids of a page in the order of ids.
pub(super) async fn ids(conn: &Conn, filter: &DeviceFilter, page: Page<DeviceId>) -> Outcome<Vec<DeviceId>> {
    let sorted = Sorted { by: DeviceSort::Made, order: Order::Ascending };
    let after = page.after.map(|id| ListKey { key: String::new(), id });
    let keys = in_parts(conn, filter, sorted, after.as_ref(), page.limit).await?;
    Ok(keys.into_iter().map(|key| key.id).collect())
}

/// The merged beginnings of all lists that the filter is made of.
async fn in_parts(
    conn: &Conn,
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
            keys.extend(in_part(conn, filter, part, sorted, after, limit).await?);
        }
    }
    Ok(merged(keys, sorted.order, limit))
}

async fn in_part(
    conn: &Conn,
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
            keys.extend(gather((source, part), filter, (by, order), (after, limit))?.run(conn).await?);
        }
    }
    Ok(keys)
}

/// By the index of the order, in each region.
async fn in_order(
    conn: &Conn,
    filter: &DeviceFilter,
    sorted: Sorted<DeviceSort>,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let mut keys = Vec::new();
    for region in choices(filter.regions.as_deref()) {
        let part = Part { region, model: Choice::Any };
        keys.extend(walk(part, filter, (sorted.by, sorted.order), (after, limit))?.run(conn).await?);
    }
    Ok(merged(keys, sorted.order, limit))
}

/// What a list is in groups of.
#[derive(Clone, Copy)]
enum Group<'a> {
    Region(Choice<'a, RegionId>),
    Model(Choice<'a, ModelId>),
    Class(StatusClass),
}

/// One region after the other, by name.
async fn by_region(
    conn: &Conn,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let named: Vec<(String, RegionId)> =
        all(conn, "SELECT id, folded FROM region ORDER BY folded", &[], |row| {
            let fields = Fields::new("region", row);
            Ok((fields.text("folded")?, fields.bytes("id", RegionId::from_bytes)?))
        })
        .await?;
    let wanted = |id: &RegionId| filter.regions.as_ref().is_none_or(|regions| regions.contains(id));
    let missing = filter.regions.is_none().then(|| (String::new(), Group::Region(Choice::Missing)));
    let named = named
        .iter()
        .filter(|(_, id)| wanted(id))
        .map(|(name, id)| (name.clone(), Group::Region(Choice::Is(id))));
    in_groups(conn, filter, missing.into_iter().chain(named).collect(), order, after, limit).await
}

/// One model after the other.
async fn by_model(
    conn: &Conn,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let models: Vec<ModelId> = all(conn, "SELECT id FROM phone_model ORDER BY id", &[], |row| {
        Fields::new("phone_model", row).parse("id")
    })
    .await?;
    let wanted = |id: &&ModelId| filter.models.as_ref().is_none_or(|models| models.contains(id));
    let missing = filter.models.is_none().then(|| (String::new(), Group::Model(Choice::Missing)));
    let named = models.iter().filter(wanted).map(|id| (id.to_string(), Group::Model(Choice::Is(id))));
    in_groups(conn, filter, missing.into_iter().chain(named).collect(), order, after, limit).await
}

/// One class after the other.
async fn by_class(
    conn: &Conn,
    filter: &DeviceFilter,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    const CLASSES: [StatusClass; 3] =
        [StatusClass::Registered, StatusClass::NonRegistered, StatusClass::Disconnected];
    let wanted = |class: &StatusClass| filter.classes.as_ref().is_none_or(|classes| classes.contains(class));
    let named = CLASSES.into_iter().filter(wanted);
    let groups = named.map(|class| (list::class(class).to_owned(), Group::Class(class))).collect();
    in_groups(conn, filter, groups, order, after, limit).await
}

/// Reads group after group, each in the order of ids, until the page is full.
async fn in_groups(
    conn: &Conn,
    filter: &DeviceFilter,
    mut groups: Vec<(String, Group<'_>)>,
    order: Order,
    after: Option<&Key>,
    limit: u32,
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
        let found = merged(in_group(conn, filter, group, order, here, left).await?, order, left);
        keys.extend(found.into_iter().map(|key| ListKey { key: name.clone(), id: key.id }));
    }
    Ok(keys)
}

async fn in_group(
    conn: &Conn,
    filter: &DeviceFilter,
    group: Group<'_>,
    order: Order,
    after: Option<&Key>,
    limit: u32,
) -> Outcome<Vec<Key>> {
    let mut keys = Vec::new();
    match group {
        Group::Region(region) => {
            let lists = filter.models.as_ref().map_or(1, Vec::len);
            let models = if lists <= LISTS { choices(filter.models.as_deref()) } else { vec![Choice::Any] };
            for model in models {
                let part = Part { region, model };
                keys.extend(in_part(conn, filter, part, by_id(order), after, limit).await?);
            }
        }
        Group::Model(model) => {
            for region in choices(filter.regions.as_deref()) {
                let part = Part { region, model };
                keys.extend(in_part(conn, filter, part, by_id(order), after, limit).await?);
            }
        }
        Group::Class(class) => {
            let filter = DeviceFilter { classes: Some(vec![class]), ..filter.clone() };
            keys = in_parts(conn, &filter, by_id(order), after, limit).await?;
        }
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

/// Whether no more devices than that can pass, as the counters tell without a look at any.
async fn at_most(conn: &Conn, filter: &DeviceFilter, few: u64) -> Outcome<bool> {
    if in_a_short_list(conn, filter, few).await? {
        return Ok(true);
    }
    let passes = |key: &CountKey| {
        filter.regions.as_ref().is_none_or(|all| key.region.is_some_and(|id| all.contains(&id)))
            && filter.models.as_ref().is_none_or(|all| key.model.as_ref().is_some_and(|id| all.contains(id)))
            && filter.admissions.as_ref().is_none_or(|all| all.contains(&key.admission))
            && filter.classes.as_ref().is_none_or(|all| all.contains(&key.class))
            && filter.version.as_ref().is_none_or(|version| key.version == *version)
    };
    let counts = count::devices(conn).await?;
    Ok(counts.iter().filter(|(key, _)| passes(key)).map(|(_, devices)| devices).sum::<u64>() <= few)
}

const OF_USER: &str = "SELECT count(*) AS found FROM (SELECT 1 FROM device WHERE owner = $1 LIMIT $2) AS few";
const OF_TEMPLATE: &str =
    "SELECT count(*) AS found FROM (SELECT 1 FROM device WHERE template = $1 LIMIT $2) AS few";
const OF_FIRMWARE: &str =
    "SELECT count(*) AS found FROM (SELECT 1 FROM device WHERE firmware = $1 LIMIT $2) AS few";

/// Whether all that can pass stand in a list of no more than `few`, of which no more are counted.
async fn in_a_short_list(conn: &Conn, filter: &DeviceFilter, few: u64) -> Outcome<bool> {
    let lists = [
        (filter.user.as_ref().map(UserId::as_bytes), OF_USER),
        (filter.template.as_ref().map(TemplateId::as_bytes), OF_TEMPLATE),
        (filter.firmware.as_ref().map(FirmwareId::as_bytes), OF_FIRMWARE),
    ];
    let more = i64::try_from(few).unwrap_or(i64::MAX).saturating_add(1);
    for (id, sql) in lists {
        let Some(id) = id else { continue };
        let found = one(conn, sql, &params![id, more], |row| Fields::new("device", row).get("found")).await?;
        if found.is_none_or(|found: i64| found < more) {
            return Ok(true);
        }
    }
    Ok(false)
}
