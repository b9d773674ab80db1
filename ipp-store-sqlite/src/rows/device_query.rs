//! One statement that lists devices: conditions, and the order that an index gives it or that it makes.

use ipp_core::{
    id::{DeviceId, RegionId},
    phone_model::ModelId,
    status::{Registration, StatusClass},
    store::{DeviceFilter, DeviceSort, FileState, ListKey, Order},
};
use rusqlite::types::Value;

pub(super) use super::device_statement::Choice;
use super::device_statement::{Query, SEEN, SEEN_TEXT, Statement, blob, place_of};
use crate::error::Outcome;

/// What one statement lists: devices of a region and a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) region: Choice<'a, RegionId>,
    pub(super) model: Choice<'a, ModelId>,
}

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Devices,
    Seen,
    Registered,
    NotRegistered,
    Unseen,
    Disconnected,
    StandIns,
    SeenStandIns,
}

impl Source {
    /// The lists that devices of a class are in. The conditions are those of the partial indexes.
    pub(super) fn of(class: Option<StatusClass>, filter: &DeviceFilter, by: DeviceSort) -> Vec<Self> {
        let reported = filter.registration.is_some() || filter.version.is_some();
        let seen = filter.seen != Some(false);
        let unseen = filter.seen != Some(true) && !reported;
        let pick = |those: &[(bool, Self)]| {
            those.iter().filter(|(there, _)| *there).map(|(_, source)| *source).collect()
        };
        match class {
            None if seen && filter.file == Some(FileState::StandIn) => {
                let alike = unseen && by != DeviceSort::LastSeen;
                let apart = [(!alike, Self::SeenStandIns), (!alike && unseen, Self::Unseen)];
                pick(&[(alike, Self::StandIns), apart[0], apart[1]])
            }
            None if amiss(filter) => pick(&[(seen, Self::NotRegistered), (seen, Self::Disconnected)]),
            None if seen && unseen && by != DeviceSort::LastSeen => vec![Self::Devices],
            None => pick(&[(seen, Self::Seen), (unseen, Self::Unseen)]),
            Some(StatusClass::Registered) => pick(&[(seen, Self::Registered)]),
            Some(StatusClass::NonRegistered) => pick(&[(seen, Self::NotRegistered), (unseen, Self::Unseen)]),
            Some(StatusClass::Disconnected) => pick(&[(seen, Self::Disconnected)]),
        }
    }

    /// From where, on which condition, and the column of the id that the list is in the order of.
    const fn parts(self) -> (&'static str, Option<&'static str>, &'static str) {
        const BY_STATUS: &str = "status s CROSS JOIN device d ON d.id = s.device";
        match self {
            Self::Devices => ("device d", None, "d.id"),
            Self::Seen => ("device d JOIN status s ON s.device = d.id", None, "d.id"),
            // Nearly all are: the devices are followed in their order until the page is full.
            Self::Registered => (
                "device d CROSS JOIN status s ON s.device = d.id",
                Some("s.disconnected = 0 AND s.registration = 'registered'"),
                "d.id",
            ),
            Self::NotRegistered => (
                "status s JOIN device d ON d.id = s.device",
                Some("s.disconnected = 0 AND s.registration <> 'registered'"),
                "s.device",
            ),
            Self::Unseen => ("unseen n JOIN device d ON d.id = n.device", None, "n.device"),
            Self::Disconnected => (BY_STATUS, Some("s.disconnected = 1"), "s.device"),
            Self::StandIns => ("stand_in w CROSS JOIN device d ON d.id = w.device", None, "w.device"),
            Self::SeenStandIns => (
                "stand_in w CROSS JOIN device d ON d.id = w.device CROSS JOIN status s ON s.device = w.device",
                None,
                "w.device",
            ),
        }
    }
}

/// Whether only devices pass that reported something else than that they are registered: there are lists of
/// those.
pub(super) fn amiss(filter: &DeviceFilter) -> bool {
    filter.registration.as_ref().is_some_and(|said| *said != Registration::Registered)
}

/// The first rows of a list behind a place, by following the filter's own indexes. Where the order is
/// not that of ids, all that pass are read and sorted: for few.
pub(super) fn gather(
    (source, part): (Source, Part<'_>),
    filter: &DeviceFilter,
    (by, order): (DeviceSort, Order),
    (after, limit): (Option<&ListKey<DeviceId>>, u32),
) -> Outcome<Query> {
    let (from, condition, id) = source.parts();
    let alone = by == DeviceSort::LastSeen && matches!(source, Source::Seen | Source::Registered);
    let alone = alone && asks_status_alone(filter, part);
    let mut statement = Statement::new(if alone { "status s" } else { from }, condition);
    let id = if alone { "s.device" } else { id };
    let key = match by {
        DeviceSort::Made | DeviceSort::Region | DeviceSort::Model | DeviceSort::Status => None,
        DeviceSort::Mac => Some("l.mac"),
        DeviceSort::User => Some("l.user_key"),
        DeviceSort::DisplayName => Some("l.name_key"),
        DeviceSort::LastSeen if source == Source::Unseen => Some("''"),
        DeviceSort::LastSeen => Some(SEEN),
    };
    if !filter.words.is_empty() || key.is_some_and(|key| key.starts_with("l.")) {
        statement.from.push_str(" JOIN device_list l ON l.device = d.id");
    }
    statement.region("d.region", part.region);
    statement.model("d.model", part.model);
    statement.admission("d.admission", filter)?;
    statement.rest(filter, part.model);
    let listed = statement.behind(key, id, order, after);
    let shown = if key == Some(SEEN) { SEEN_TEXT } else { key.unwrap_or("''") };
    Ok(statement.finish(id, shown, &listed, limit))
}

/// The devices in whose texts words are found, by reading those once: for words that few have. The texts lie
/// together, and of the rest only the rows in which all is found are looked at.
pub(super) fn search(
    filter: &DeviceFilter,
    (by, order): (DeviceSort, Order),
    after: Option<&ListKey<DeviceId>>,
    limit: u32,
) -> Outcome<Query> {
    let mut statement = Statement::new("device_list l CROSS JOIN device d ON d.id = l.device", None);
    let key = match by {
        DeviceSort::User => "l.user_key",
        DeviceSort::DisplayName => "l.name_key",
        DeviceSort::Mac
        | DeviceSort::Made
        | DeviceSort::Region
        | DeviceSort::Model
        | DeviceSort::LastSeen
        | DeviceSort::Status => "l.mac",
    };
    statement.settled = true;
    statement.outer_status(filter);
    // The plus signs keep indexes out: each of their rows lies elsewhere.
    if let Some(regions) = &filter.regions {
        statement.among("+l.region", regions.iter().map(|id| blob(id.as_bytes())).collect());
    }
    filter.words.iter().for_each(|word| statement.word(word));
    statement.admission("+d.admission", filter)?;
    statement.classes(filter);
    statement.rest(&DeviceFilter { words: Vec::new(), ..filter.clone() }, Choice::Any);
    let listed = statement.behind(Some(&format!("+{key}")), "l.device", order, after);
    Ok(statement.finish("l.device", key, &listed, limit))
}

/// Whether the narrow table of the status answers by itself.
fn asks_status_alone(filter: &DeviceFilter, part: Part<'_>) -> bool {
    let DeviceFilter {
        regions: _,
        admissions: None,
        classes: _,
        models: None,
        user: None,
        template: None,
        firmware: None,
        registration: _,
        version: _,
        seen: _,
        owned: None,
        shared: false,
        file: None,
        words,
    } = filter
    else {
        return false;
    };
    words.is_empty() && matches!((part.region, part.model), (Choice::Any, Choice::Any))
}

/// The same by following the index of the order: for filters that let many pass. The plus signs keep
/// other indexes out.
pub(super) fn walk(
    part: Part<'_>,
    filter: &DeviceFilter,
    (by, order): (DeviceSort, Order),
    (after, until): (Option<&ListKey<DeviceId>>, Option<&ListKey<DeviceId>>),
    limit: u32,
) -> Outcome<Query> {
    let (table, key, id) = ordered(by, part.region);
    let by_mac = key == "d.mac";
    let mut statement = Statement::new(table, None);
    statement.settled = true;
    if !by_mac {
        statement.from.push_str(" CROSS JOIN device d ON d.id = l.device");
    }
    statement.outer_status(filter);
    if by_mac && !filter.words.is_empty() {
        statement.from.push_str(" LEFT JOIN device_list l ON l.device = d.id");
    }
    statement.region(if by_mac { "d.region" } else { "l.region" }, part.region);
    statement.model("+d.model", part.model);
    statement.admission("+d.admission", filter)?;
    statement.classes(filter);
    statement.rest(filter, part.model);
    if let Some(until) = until {
        let than = match order {
            Order::Ascending => "<",
            Order::Descending => ">",
        };
        let place = [place_of(key, &until.key), blob(until.id.as_bytes())];
        statement.when(format!("({key}, {id}) {than} (?, ?)"), place);
    }
    let listed = statement.behind(Some(key), id, order, after);
    let shown = if by_mac { "lower(hex(d.mac))" } else { key };
    Ok(statement.finish("d.id", shown, &listed, limit))
}

/// The row that stands so many rows behind a place in an order, where there are so many, whatever the filter.
pub(super) fn row_at(
    distance: u32,
    region: Choice<'_, RegionId>,
    (by, order): (DeviceSort, Order),
    after: Option<&ListKey<DeviceId>>,
) -> Query {
    let (table, key, id) = ordered(by, region);
    let by_mac = key == "d.mac";
    let mut statement = Statement::new(table, None);
    statement.region(if by_mac { "d.region" } else { "l.region" }, region);
    let listed = statement.behind(Some(key), id, order, after);
    let shown = if by_mac { "lower(hex(d.mac))" } else { key };
    let mut query = statement.finish(id, shown, &listed, 1);
    query.sql.push_str(" OFFSET ?");
    query.values.push(Value::from(i64::from(distance)));
    query
}

/// The table and index that give an order, its column, and the id. The index is named, because statistics
/// mislead: one in ten chose that firmware, so SQLite would read and sort those.
const fn ordered(by: DeviceSort, region: Choice<'_, RegionId>) -> (&'static str, &'static str, &'static str) {
    let everywhere = matches!(region, Choice::Any);
    match by {
        DeviceSort::User if everywhere => {
            ("device_list l INDEXED BY device_list_by_user", "l.user_key", "l.device")
        }
        DeviceSort::User => {
            ("device_list l INDEXED BY device_list_by_region_and_user", "l.user_key", "l.device")
        }
        DeviceSort::DisplayName if everywhere => {
            ("device_list l INDEXED BY device_list_by_name", "l.name_key", "l.device")
        }
        DeviceSort::DisplayName => {
            ("device_list l INDEXED BY device_list_by_region_and_name", "l.name_key", "l.device")
        }
        DeviceSort::Mac
        | DeviceSort::Made
        | DeviceSort::Region
        | DeviceSort::Model
        | DeviceSort::LastSeen
        | DeviceSort::Status
            if everywhere =>
        {
            // The one that the column's constraint made.
            ("device d INDEXED BY sqlite_autoindex_device_2", "d.mac", "d.id")
        }
        DeviceSort::Mac
        | DeviceSort::Made
        | DeviceSort::Region
        | DeviceSort::Model
        | DeviceSort::LastSeen
        | DeviceSort::Status => ("device d INDEXED BY device_of_region_by_mac", "d.mac", "d.id"),
    }
}

#[cfg(test)]
mod tests {
    use ipp_core::{device::Admission, id::FirmwareId, store::SearchField};
    use rusqlite::{Connection, params_from_iter};

    use super::*;

    fn plan(conn: &Connection, query: Outcome<Query>) -> String {
        let Query { sql, values } = query.unwrap_or_else(|_| panic!("a statement"));
        let mut steps = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = steps.query_map(params_from_iter(values), |row| row.get::<_, String>("detail")).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    /// A large fleet is listed by the index of the order, whatever the filter: nothing is sorted.
    #[test]
    fn a_large_fleet_is_listed_by_an_index() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::run(&mut conn).unwrap();
        let region = RegionId::from_bytes([1; 16]);
        let after = ListKey { key: "00908f000001".to_owned(), id: DeviceId::from_bytes([2; 16]) };
        let filters = [
            DeviceFilter::all(),
            DeviceFilter::all().admitted(Admission::Enrolled).of_class(StatusClass::NonRegistered),
            DeviceFilter::all().of_model("430HD".parse().unwrap()).with(SearchField::Any, "x"),
        ];
        for filter in &filters {
            for by in [DeviceSort::Mac, DeviceSort::User, DeviceSort::DisplayName] {
                for order in [Order::Ascending, Order::Descending] {
                    for region in [Choice::Any, Choice::Is(&region)] {
                        let part = Part { region, model: Choice::Any };
                        for until in [None, Some(&after)] {
                            let walk = walk(part, filter, (by, order), (Some(&after), until), 50);
                            let plan = plan(&conn, walk);
                            let by_index = !plan.contains("TEMP B-TREE") && !plan.contains("SCAN");
                            assert!(by_index, "{by:?} {filter:?}: {plan}");
                        }
                        let plan = plan(&conn, Ok(row_at(4_000, region, (by, order), Some(&after))));
                        let narrow =
                            plan.starts_with("SEARCH ") && !plan.contains(';') && !plan.contains("TEMP");
                        assert!(narrow, "{by:?}: {plan}");
                    }
                }
            }
        }
    }

    /// What is read for a rare word is the table of the texts, once; the rest is looked up for what is found.
    #[test]
    fn words_are_searched_in_one_pass_over_their_texts() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::run(&mut conn).unwrap();
        let region = RegionId::from_bytes([1; 16]);
        for filter in [
            DeviceFilter::all(),
            DeviceFilter::all().in_regions(vec![region]).of_class(StatusClass::Registered),
            DeviceFilter::all().of_firmware(FirmwareId::from_bytes([3; 16])).admitted(Admission::Pending),
        ] {
            for by in [DeviceSort::Mac, DeviceSort::User, DeviceSort::DisplayName] {
                let filter = filter.clone().with(SearchField::Any, "zebra");
                let plan = plan(&conn, search(&filter, (by, Order::Ascending), None, 50));
                assert!(plan.starts_with("SCAN l; SEARCH d "), "{by:?} {filter:?}: {plan}");
            }
        }
    }

    /// The order of the last report reads the narrow table of the status alone, where a filter asks no more.
    #[test]
    fn the_last_report_is_found_in_the_narrow_table() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::run(&mut conn).unwrap();
        let part = Part { region: Choice::Any, model: Choice::Any };
        let filter = DeviceFilter { version: Some("2".to_owned()), ..DeviceFilter::all() };
        let query =
            gather((Source::Seen, part), &filter, (DeviceSort::LastSeen, Order::Descending), (None, 50));
        let plan = plan(&conn, query);
        assert!(plan.starts_with("SCAN s;") && !plan.contains(" d "), "{plan}");
    }

    /// The order of ids needs no sorting; groups are read in it. Where a region and a class meet, the
    /// statistics of the database decide which of both is followed.
    #[test]
    fn pages_by_id_are_read_from_an_index() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::run(&mut conn).unwrap();
        let (region, model) = (RegionId::from_bytes([1; 16]), "430HD".parse().unwrap());
        let after = ListKey { key: String::new(), id: DeviceId::from_bytes([2; 16]) };
        let filter = DeviceFilter::all();
        for class in [
            None,
            Some(StatusClass::Registered),
            Some(StatusClass::NonRegistered),
            Some(StatusClass::Disconnected),
        ] {
            for source in Source::of(class, &filter, DeviceSort::Made) {
                for order in [Order::Ascending, Order::Descending] {
                    for part in [
                        Part { region: Choice::Any, model: Choice::Any },
                        Part { region: Choice::Is(&region), model: Choice::Any },
                        Part { region: Choice::Missing, model: Choice::Is(&model) },
                    ] {
                        let in_region = !matches!(part.region, Choice::Any);
                        if in_region && class.is_some() {
                            continue;
                        }
                        let page = (Some(&after), 50);
                        let query = gather((source, part), &filter, (DeviceSort::Made, order), page);
                        let plan = plan(&conn, query);
                        assert!(!plan.contains("TEMP B-TREE"), "{source:?} {part:?}: {plan}");
                    }
                }
            }
        }
    }
}
