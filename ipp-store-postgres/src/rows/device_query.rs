//! One statement that lists devices: conditions, and the order that an index gives it or that it makes.

use ipp_core::{
    id::{DeviceId, RegionId},
    phone_model::ModelId,
    status::StatusClass,
    store::{DeviceFilter, DeviceSort, FileState, ListKey, Order, SearchField, SearchWord},
};

use super::{Fields, numbered, word};
use crate::{connection::Conn, error::Outcome, value::Value};

/// What one statement demands of a column that the list is divided by.
#[derive(Debug)]
pub(super) enum Choice<'a, T> {
    Any,
    Missing,
    Is(&'a T),
}

// Derived, these would want the same of what is referred to.
impl<T> Clone for Choice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Choice<'_, T> {}

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
}

/// A statement that is ready.
pub(super) struct Query {
    sql: String,
    values: Vec<Value<'static>>,
}

/// The statement that is being made.
struct Statement {
    from: String,
    conditions: Vec<String>,
    values: Vec<Value<'static>>,
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
            None if seen && unseen && by != DeviceSort::LastSeen => vec![Self::Devices],
            None => pick(&[(seen, Self::Seen), (unseen, Self::Unseen)]),
            Some(StatusClass::Registered) => pick(&[(seen, Self::Registered)]),
            Some(StatusClass::NonRegistered) => pick(&[(seen, Self::NotRegistered), (unseen, Self::Unseen)]),
            Some(StatusClass::Disconnected) => pick(&[(seen, Self::Disconnected)]),
        }
    }

    /// From where, on which condition, and the column of the id that the list is in the order of.
    const fn parts(self) -> (&'static str, Option<&'static str>, &'static str) {
        const BY_STATUS: &str = "status s JOIN device d ON d.id = s.device";
        match self {
            Self::Devices => ("device d", None, "d.id"),
            Self::Seen => ("device d JOIN status s ON s.device = d.id", None, "d.id"),
            Self::Registered => (
                "device d JOIN status s ON s.device = d.id",
                Some("NOT s.disconnected AND s.registration = 'registered'"),
                "d.id",
            ),
            Self::NotRegistered => (
                "status s JOIN device d ON d.id = s.device",
                Some("NOT s.disconnected AND s.registration <> 'registered'"),
                "s.device",
            ),
            Self::Unseen => ("unseen n JOIN device d ON d.id = n.device", None, "n.device"),
            Self::Disconnected => (BY_STATUS, Some("s.disconnected"), "s.device"),
        }
    }
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
    let mut statement = Statement::new(from, condition);
    let key = match by {
        DeviceSort::Made | DeviceSort::Region | DeviceSort::Model | DeviceSort::Status => None,
        DeviceSort::Mac => Some("l.mac"),
        DeviceSort::User => Some("l.user_key"),
        DeviceSort::DisplayName => Some("l.name_key"),
        DeviceSort::LastSeen if source == Source::Unseen => Some("''::text"),
        DeviceSort::LastSeen => Some("(lpad(greatest(0, s.last_seen)::text, 16, '0') COLLATE \"C\")"),
    };
    if !filter.words.is_empty() || key.is_some_and(|key| key.starts_with("l.")) {
        statement.from.push_str(" JOIN device_list l ON l.device = d.id");
    }
    statement.region("d.region", part.region);
    statement.model("d.model", part.model);
    statement.admission("d.admission", filter)?;
    statement.rest(filter, part.model);
    let listed = statement.behind(key, id, order, after);
    Ok(statement.finish(key.unwrap_or("''::text"), &listed, limit))
}

/// The same by following the index of the order: for filters that let many pass.
pub(super) fn walk(
    part: Part<'_>,
    filter: &DeviceFilter,
    (by, order): (DeviceSort, Order),
    (after, limit): (Option<&ListKey<DeviceId>>, u32),
) -> Outcome<Query> {
    let (from, key, id) = match by {
        DeviceSort::User => ("device_list l JOIN device d ON d.id = l.device", "l.user_key", "l.device"),
        DeviceSort::DisplayName => {
            ("device_list l JOIN device d ON d.id = l.device", "l.name_key", "l.device")
        }
        DeviceSort::Mac
        | DeviceSort::Made
        | DeviceSort::Region
        | DeviceSort::Model
        | DeviceSort::LastSeen
        | DeviceSort::Status => ("device d", "d.mac", "d.id"),
    };
    let mut statement = Statement::new(from, None);
    let by_mac = key == "d.mac";
    let reported = filter.registration.is_some() || filter.version.is_some();
    if filter.classes.is_some() || filter.seen.is_some() || reported {
        statement.from.push_str(" LEFT JOIN status s ON s.device = d.id");
    }
    if by_mac && !filter.words.is_empty() {
        statement.from.push_str(" LEFT JOIN device_list l ON l.device = d.id");
    }
    statement.region(if by_mac { "d.region" } else { "l.region" }, part.region);
    statement.model("d.model", part.model);
    statement.admission("d.admission", filter)?;
    statement.classes(filter);
    statement.rest(filter, part.model);
    // A MAC address is stored as its bytes.
    let place = after.map(|after| ListKey {
        key: if by_mac { format!("x{}", after.key) } else { after.key.clone() },
        id: after.id,
    });
    let listed = statement.behind(Some(key), id, order, place.as_ref());
    let shown = if by_mac { "encode(d.mac, 'hex')" } else { key };
    Ok(statement.finish(shown, &listed, limit))
}

impl Statement {
    fn new(from: &str, condition: Option<&str>) -> Self {
        let conditions = condition.map(str::to_owned).into_iter().collect();
        Self { from: from.to_owned(), conditions, values: Vec::new() }
    }

    fn when(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value<'static>>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn region(&mut self, column: &str, region: Choice<'_, RegionId>) {
        match region {
            Choice::Any => {}
            Choice::Missing => self.when(format!("{column} IS NULL"), []),
            Choice::Is(id) => self.when(format!("{column} = ?"), [blob(id.as_bytes())]),
        }
    }

    fn model(&mut self, column: &str, model: Choice<'_, ModelId>) {
        match model {
            Choice::Any => {}
            Choice::Missing => self.when(format!("{column} IS NULL"), []),
            Choice::Is(id) => self.when(format!("{column} = ?"), [Value::from(id.as_str().to_owned())]),
        }
    }

    fn admission(&mut self, column: &str, filter: &DeviceFilter) -> Outcome<()> {
        let Some(admissions) = &filter.admissions else { return Ok(()) };
        let words = admissions.iter().map(|one| word(*one).map(Value::from));
        let words = words.collect::<Outcome<Vec<_>>>()?;
        self.among(column, words);
        Ok(())
    }

    fn among(&mut self, column: &str, values: Vec<Value<'static>>) {
        // One value is no list, so that an index in the order of ids can be used.
        let condition = if values.len() == 1 {
            format!("{column} = ?")
        } else {
            format!("{column} IN ({})", vec!["?"; values.len()].join(", "))
        };
        self.when(condition, values);
    }

    fn classes(&mut self, filter: &DeviceFilter) {
        let class = |class: &StatusClass| match class {
            StatusClass::Registered => "NOT s.disconnected AND s.registration = 'registered'",
            StatusClass::NonRegistered => {
                "s.device IS NULL OR NOT s.disconnected AND s.registration <> 'registered'"
            }
            StatusClass::Disconnected => "s.disconnected",
        };
        if let Some(classes) = &filter.classes {
            let any: Vec<&str> = classes.iter().map(class).collect();
            self.when(format!("({})", any.join(" OR ")), []);
        }
        if let Some(seen) = filter.seen {
            self.when(if seen { "s.device IS NOT NULL" } else { "s.device IS NULL" }, []);
        }
    }

    /// What no index in the order of a list helps with.
    fn rest(&mut self, filter: &DeviceFilter, model: Choice<'_, ModelId>) {
        if let (Some(models), Choice::Any) = (&filter.models, model) {
            self.among("d.model", models.iter().map(|id| Value::from(id.as_str().to_owned())).collect());
        }
        if let Some(user) = &filter.user {
            self.when("d.owner = ?", [blob(user.as_bytes())]);
        }
        if let Some(template) = &filter.template {
            self.when("d.template = ?", [blob(template.as_bytes())]);
        }
        if let Some(firmware) = &filter.firmware {
            self.when("d.firmware = ?", [blob(firmware.as_bytes())]);
        }
        if let Some(registration) = &filter.registration {
            self.when("s.registration = ?", [Value::from(registration.to_string())]);
        }
        if let Some(version) = &filter.version {
            self.when("s.version = ?", [Value::from(version.clone())]);
        }
        if let Some(owned) = filter.owned {
            self.when(if owned { "d.owner IS NOT NULL" } else { "d.owner IS NULL" }, []);
        }
        match filter.file {
            None => {}
            Some(FileState::Any) => self.when(
                "(EXISTS (SELECT 1 FROM pin_head h WHERE h.device = d.id) \
                  OR EXISTS (SELECT 1 FROM stand_in f WHERE f.device = d.id))",
                [],
            ),
            Some(FileState::StandIn) => {
                self.when("EXISTS (SELECT 1 FROM stand_in f WHERE f.device = d.id)", []);
            }
        }
        if filter.shared {
            self.when("EXISTS (SELECT 1 FROM device o WHERE o.owner = d.owner AND o.id <> d.id)", []);
        }
        filter.words.iter().for_each(|word| self.word(word));
    }

    fn word(&mut self, word: &SearchWord) {
        let columns: &[&str] = match word.field() {
            SearchField::Any => &["names", "phone", "ip", "model", "version"],
            SearchField::User => &["names"],
            SearchField::Phone => &["phone"],
            SearchField::Mac => &[],
            SearchField::Ip => &["ip"],
            SearchField::Model => &["model"],
            SearchField::Version => &["version"],
        };
        let mac = word.digits().map(|digits| ("mac", digits));
        let texts = columns.iter().map(|column| (*column, word.text()));
        let (found, values): (Vec<String>, Vec<Value<'static>>) = texts
            .chain(mac)
            .map(|(column, text)| (format!("strpos(l.{column}, ?) > 0"), Value::from(text.to_owned())))
            .unzip();
        let any = if found.is_empty() { "FALSE".to_owned() } else { found.join(" OR ") };
        self.when(format!("({any})"), values);
    }

    /// Begins behind a place; answers the order.
    fn behind(
        &mut self,
        key: Option<&str>,
        id: &str,
        order: Order,
        after: Option<&ListKey<DeviceId>>,
    ) -> String {
        let (than, way) = match order {
            Order::Ascending => (">", "ASC"),
            Order::Descending => ("<", "DESC"),
        };
        if let Some(after) = after {
            let place = blob(after.id.as_bytes());
            match key {
                None => self.when(format!("{id} {than} ?"), [place]),
                Some(key) => {
                    self.when(format!("({key}, {id}) {than} (?, ?)"), [place_of(key, &after.key), place]);
                }
            }
        }
        key.map_or_else(|| format!("{id} {way}"), |key| format!("{key} {way}, {id} {way}"))
    }

    fn finish(mut self, key: &str, order: &str, limit: u32) -> Query {
        let conditions =
            if self.conditions.is_empty() { "TRUE".to_owned() } else { self.conditions.join(" AND ") };
        let sql = format!(
            "SELECT d.id, {key} AS list_key FROM {} WHERE {conditions} ORDER BY {order} LIMIT ?",
            self.from
        );
        self.values.push(Value::from(i64::from(limit)));
        Query { sql, values: self.values }
    }
}

impl Query {
    /// The places of the devices that are found.
    pub(super) async fn run(self, conn: &Conn) -> Outcome<Vec<ListKey<DeviceId>>> {
        let rows = conn.rows_once(&numbered(&self.sql), &self.values).await?;
        rows.iter()
            .map(|row| {
                let fields = Fields::new("device", row);
                Ok(ListKey { id: fields.bytes("id", DeviceId::from_bytes)?, key: fields.text("list_key")? })
            })
            .collect()
    }
}

fn blob(bytes: &[u8]) -> Value<'static> {
    Value::from(bytes.to_vec())
}

/// A place as the column holds it: a MAC address as bytes, anything else as text.
fn place_of(column: &str, key: &str) -> Value<'static> {
    let hex = key.strip_prefix('x').filter(|_| column == "d.mac");
    hex.map_or_else(
        || Value::from(key.to_owned()),
        |hex| {
            let digits: Vec<u8> = hex
                .chars()
                .map_while(|c| c.to_digit(16))
                .filter_map(|digit| u8::try_from(digit).ok())
                .collect();
            blob(
                &digits
                    .chunks(2)
                    .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
                    .collect::<Vec<_>>(),
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use ipp_core::device::Admission;

    use super::*;
    use crate::{
        cluster::Cluster,
        connection::{self, Begin},
        migrate,
    };

    /// A schema whose planner does not know that its tables are empty.
    async fn schema() -> Conn {
        let options = Cluster::shared().unwrap_or_else(|error| panic!("{error}")).options();
        let source = connection::Source::new(&options).unwrap();
        let conn = source.own().await.unwrap();
        migrate::run(&conn, source.schema()).await.unwrap();
        conn.begin(Begin::Write);
        conn.script("SET LOCAL enable_bitmapscan = off").await.unwrap();
        conn
    }

    async fn plan(conn: &Conn, query: Outcome<Query>) -> String {
        let Query { sql, values } = query.unwrap_or_else(|_| panic!("a statement"));
        let rows = conn.rows(&numbered(&format!("EXPLAIN {sql}")), &values).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("; ")
    }

    /// A large fleet is listed by the index of the order, whatever the filter: nothing is sorted.
    #[tokio::test]
    async fn a_large_fleet_is_listed_by_an_index() {
        let conn = schema().await;
        let region = RegionId::from_bytes([1; 16]);
        let after = ListKey { key: "00908f000001".to_owned(), id: DeviceId::from_bytes([2; 16]) };
        let filters = [
            DeviceFilter::all(),
            DeviceFilter::all().admitted(Admission::Enrolled).of_class(StatusClass::NonRegistered),
        ];
        for filter in &filters {
            for (by, index) in
                [(DeviceSort::Mac, "mac"), (DeviceSort::User, "user"), (DeviceSort::DisplayName, "name")]
            {
                for order in [Order::Ascending, Order::Descending] {
                    for region in [Choice::Any, Choice::Is(&region)] {
                        let part = Part { region, model: Choice::Any };
                        let plan = plan(&conn, walk(part, filter, (by, order), (Some(&after), 50))).await;
                        assert!(
                            plan.contains(index) && !plan.contains("Seq Scan"),
                            "{by:?} {filter:?}: {plan}"
                        );
                    }
                }
            }
        }
    }

    /// Groups are read from the indexes that are theirs.
    #[tokio::test]
    async fn groups_are_read_from_their_indexes() {
        let conn = schema().await;
        let region = RegionId::from_bytes([1; 16]);
        let after = ListKey { key: String::new(), id: DeviceId::from_bytes([2; 16]) };
        let filter = DeviceFilter::all();
        for (source, index) in [
            (Source::NotRegistered, "status_not_registered"),
            (Source::Disconnected, "status_disconnected"),
            (Source::Unseen, "unseen_pkey"),
        ] {
            let part = Part { region: Choice::Any, model: Choice::Any };
            let query =
                gather((source, part), &filter, (DeviceSort::Made, Order::Ascending), (Some(&after), 50));
            let plan = plan(&conn, query).await;
            assert!(plan.contains(index) && !plan.contains("Sort"), "{plan}");
        }
        let part = Part { region: Choice::Is(&region), model: Choice::Any };
        let query = gather(
            (Source::Devices, part),
            &filter,
            (DeviceSort::Made, Order::Descending),
            (Some(&after), 50),
        );
        let plan = plan(&conn, query).await;
        assert!(plan.contains("device_of_region") && !plan.contains("Sort"), "{plan}");
    }
}
