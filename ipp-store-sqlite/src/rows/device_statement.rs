//! The parts of a statement that lists devices.

use ipp_core::{
    id::{DeviceId, RegionId},
    phone_model::ModelId,
    status::StatusClass,
    store::{DeviceFilter, FileState, ListKey, Order, SearchField, SearchWord},
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{Fields, all, word};
use crate::{connection::by_value, error::Outcome};

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

/// A statement that is ready.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// The statement that is being made.
pub(super) struct Statement {
    pub(super) from: String,
    conditions: Vec<String>,
    values: Vec<Value>,
    /// Whether the order of the tables is settled, and conditions must not make SQLite turn it round: it would
    /// read all that pass and sort them.
    pub(super) settled: bool,
}

/// When a device was last seen. The numbers sort as the texts do, and need not be written for each row.
pub(super) const SEEN: &str = "max(0, s.last_seen)";
pub(super) const SEEN_TEXT: &str = "printf('%016d', max(0, s.last_seen))";

impl Statement {
    pub(super) fn new(from: &str, condition: Option<&str>) -> Self {
        let conditions = condition.map(str::to_owned).into_iter().collect();
        Self { from: from.to_owned(), conditions, values: Vec::new(), settled: false }
    }

    /// Joins the status, where it is asked for.
    pub(super) fn outer_status(&mut self, filter: &DeviceFilter) {
        let reported = filter.registration.is_some() || filter.version.is_some();
        if filter.classes.is_some() || filter.seen.is_some() || reported {
            self.from.push_str(" LEFT JOIN status s ON s.device = d.id");
        }
    }

    /// A condition on the status. An outer join whose condition rules out that there is none becomes an inner
    /// one, which may be turned round; one that `IS TRUE` rules out nothing.
    fn when_status(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        if self.settled {
            self.when(format!("({condition}) IS TRUE"), values);
        } else {
            self.when(condition, values);
        }
    }

    pub(super) fn when(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    pub(super) fn region(&mut self, column: &str, region: Choice<'_, RegionId>) {
        match region {
            Choice::Any => {}
            Choice::Missing => self.when(format!("{column} IS NULL"), []),
            Choice::Is(id) => self.when(format!("{column} = ?"), [blob(id.as_bytes())]),
        }
    }

    pub(super) fn model(&mut self, column: &str, model: Choice<'_, ModelId>) {
        match model {
            Choice::Any => {}
            Choice::Missing => self.when(format!("{column} IS NULL"), []),
            Choice::Is(id) => self.when(format!("{column} = ?"), [Value::from(id.as_str().to_owned())]),
        }
    }

    pub(super) fn admission(&mut self, column: &str, filter: &DeviceFilter) -> Outcome<()> {
        let Some(admissions) = &filter.admissions else { return Ok(()) };
        let words = admissions.iter().map(|one| word(*one).map(Value::from));
        let words = words.collect::<Outcome<Vec<_>>>()?;
        self.among(column, words);
        Ok(())
    }

    pub(super) fn among(&mut self, column: &str, values: Vec<Value>) {
        // One value is no list, so that an index in the order of ids can be used.
        let condition = if values.len() == 1 {
            format!("{column} = ?")
        } else {
            format!("{column} IN ({})", vec!["?"; values.len()].join(", "))
        };
        self.when(condition, values);
    }

    pub(super) fn classes(&mut self, filter: &DeviceFilter) {
        let class = |class: &StatusClass| match class {
            StatusClass::Registered => "s.disconnected = 0 AND s.registration = 'registered'",
            StatusClass::NonRegistered => {
                "s.device IS NULL OR s.disconnected = 0 AND s.registration <> 'registered'"
            }
            StatusClass::Disconnected => "s.disconnected = 1",
        };
        if let Some(classes) = &filter.classes {
            let any: Vec<&str> = classes.iter().map(class).collect();
            self.when_status(&format!("({})", any.join(" OR ")), []);
        }
        if let Some(seen) = filter.seen {
            self.when(if seen { "s.device IS NOT NULL" } else { "s.device IS NULL" }, []);
        }
    }

    /// What no index in the order of a list helps with.
    pub(super) fn rest(&mut self, filter: &DeviceFilter, model: Choice<'_, ModelId>) {
        if let (Some(models), Choice::Any) = (&filter.models, model) {
            self.among("+d.model", models.iter().map(|id| Value::from(id.as_str().to_owned())).collect());
        }
        let chosen = [
            ("d.owner", filter.user.as_ref().map(|id| blob(id.as_bytes()))),
            ("d.template", filter.template.as_ref().map(|id| blob(id.as_bytes()))),
            ("d.firmware", filter.firmware.as_ref().map(|id| blob(id.as_bytes()))),
        ];
        for (column, id) in chosen {
            let plus = if self.settled { "+" } else { "" };
            if let Some(id) = id {
                self.when(format!("{plus}{column} = ?"), [id]);
            }
        }
        if let Some(registration) = &filter.registration {
            self.when_status("s.registration = ?", [Value::from(registration.to_string())]);
        }
        if let Some(version) = &filter.version {
            self.when_status("s.version = ?", [Value::from(version.clone())]);
        }
        if let Some(owned) = filter.owned {
            self.when(if owned { "+d.owner IS NOT NULL" } else { "+d.owner IS NULL" }, []);
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

    pub(super) fn word(&mut self, word: &SearchWord) {
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
        let (found, values): (Vec<String>, Vec<Value>) = texts
            .chain(mac)
            .map(|(column, text)| (format!("instr(l.{column}, ?) > 0"), Value::from(text.to_owned())))
            .unzip();
        let any = if found.is_empty() { "0".to_owned() } else { found.join(" OR ") };
        self.when(format!("({any})"), values);
    }

    /// Begins behind a place; answers the order.
    pub(super) fn behind(
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
                Some(SEEN) => {
                    let number = after.key.parse::<i64>().ok().filter(|_| after.key.len() == 16);
                    // What is no time is before or behind all times, as a text is.
                    let key = if number.is_some() { SEEN } else { SEEN_TEXT };
                    let seen = number.map_or_else(|| Value::from(after.key.clone()), Value::from);
                    self.when(format!("({key}, {id}) {than} (?, ?)"), [seen, place]);
                }
                Some(key) => {
                    self.when(format!("({key}, {id}) {than} (?, ?)"), [place_of(key, &after.key), place]);
                }
            }
        }
        key.map_or_else(|| format!("{id} {way}"), |key| format!("{key} {way}, {id} {way}"))
    }

    pub(super) fn finish(mut self, id: &str, key: &str, order: &str, limit: u32) -> Query {
        let conditions =
            if self.conditions.is_empty() { "1".to_owned() } else { self.conditions.join(" AND ") };
        let sql = format!(
            "SELECT {id} AS id, {key} AS list_key FROM {} WHERE {conditions} ORDER BY {order} LIMIT ?",
            self.from
        );
        self.values.push(Value::from(i64::from(limit)));
        Query { sql, values: self.values }
    }
}

impl Query {
    /// The places of the devices that are found.
    pub(super) fn run(self, conn: &Connection) -> Outcome<Vec<ListKey<DeviceId>>> {
        by_value(conn, true)?;
        let found = all(conn, &self.sql, params_from_iter(self.values), |row| {
            let fields = Fields::new("device", row);
            Ok(ListKey { key: fields.get("list_key")?, id: fields.bytes("id", DeviceId::from_bytes)? })
        });
        by_value(conn, false)?;
        found
    }
}

pub(super) fn blob(bytes: &[u8]) -> Value {
    Value::from(bytes.to_vec())
}

/// A place as the column holds it: a MAC address as bytes, anything else as text.
pub(super) fn place_of(column: &str, key: &str) -> Value {
    if column != "d.mac" {
        return Value::from(key.to_owned());
    }
    let digits: Vec<u8> =
        key.chars().map_while(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    blob(
        &digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect::<Vec<_>>(),
    )
}
