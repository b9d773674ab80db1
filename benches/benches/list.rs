//! Pages of the device list, against the first hundred rows of the device table by primary key.
//!
//! 100,000 devices, or as many as `IPP_DEVICES` says: a million is the size that the store is made for.
//! The peer reads a hundred whole rows of one table and makes nothing of them; a page is a hundred devices
//! with status, user, published file and what stands in for it.

use std::{path::Path, time::Duration};

use ipp_benches::{Subject, compare, print};
use ipp_core::{
    device::Admission,
    id::{DeviceId, FirmwareId, RegionId, TemplateId, UserId},
    status::{Registration, StatusClass},
    store::{DeviceFilter, DeviceSort, FileState, ListKey, Order, Page, SearchField, Sorted, Store as _},
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::{Connection, config::DbConfig};
use tokio::{runtime::Runtime, time::Instant};

const PAGE: u32 = 100;

type Failure = Box<dyn std::error::Error>;
type Case = (String, DeviceFilter, Sorted<DeviceSort>, Place);
type Place = Option<ListKey<DeviceId>>;

struct Bench {
    runtime: Runtime,
    store: SqliteStore,
    bare: Connection,
}

fn main() -> Result<(), Failure> {
    let devices = devices()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ipp.sqlite");
    let began = Instant::now();
    let bench = Bench::new(&file, devices)?;
    print(&format!("{devices} devices were made in {:.1?}", began.elapsed()));
    sorts(&bench)?;
    filters(&bench)?;
    searches(&bench);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the long form of this bench is asked for by hand")]
fn devices() -> Result<u32, Failure> {
    Ok(std::env::var("IPP_DEVICES").ok().map_or(Ok(100_000), |number| number.parse())?)
}

/// Every order, first page and a late one, up and down.
fn sorts(bench: &Bench) -> Result<(), Failure> {
    const SORTS: [(&str, DeviceSort); 8] = [
        ("made", DeviceSort::Made),
        ("MAC address", DeviceSort::Mac),
        ("user", DeviceSort::User),
        ("display name", DeviceSort::DisplayName),
        ("region", DeviceSort::Region),
        ("model", DeviceSort::Model),
        ("last report", DeviceSort::LastSeen),
        ("status", DeviceSort::Status),
    ];
    let mut cases = Vec::new();
    let few = DeviceFilter::all().in_regions(vec![region(2), region(3), region(4)]);
    for (name, by) in SORTS {
        let up = Sorted { by, order: Order::Ascending };
        let down = Sorted { by, order: Order::Descending };
        cases.push((format!("by {name}, first page"), DeviceFilter::all(), up, None));
        // Behind the first page from the other end there is most of the list.
        let late = bench.page(&DeviceFilter::all(), down, None)?.1;
        cases.push((format!("by {name}, late page"), DeviceFilter::all(), up, late));
        cases.push((format!("by {name}, backwards"), DeviceFilter::all(), down, None));
        cases.push((format!("by {name}, an operator of three regions"), few.clone(), up, None));
    }
    bench.compare("pages in each order", &cases);
    Ok(())
}

/// Every kind of filter, in the order that lists have by themselves, and by the last report.
fn filters(bench: &Bench) -> Result<(), Failure> {
    let all = DeviceFilter::all;
    let with = |set: fn(&mut DeviceFilter)| {
        let mut filter = all();
        set(&mut filter);
        filter
    };
    let filters = [
        ("one large region", all().in_regions(vec![region(0)])),
        ("one small region", all().in_regions(vec![region(19)])),
        ("disconnected", all().of_class(StatusClass::Disconnected)),
        ("registered", all().of_class(StatusClass::Registered)),
        ("not registered", all().of_class(StatusClass::NonRegistered)),
        ("pending", all().admitted(Admission::Pending)),
        ("one model", all().of_model("440HD".parse()?)),
        ("one user", all().of_user(UserId::from_bytes(bytes(77)))),
        (
            "a template of one in a thousand",
            with(|filter| filter.template = Some(TemplateId::from_bytes(bytes(1)))),
        ),
        ("a firmware of one in ten", all().of_firmware(FirmwareId::from_bytes(bytes(1)))),
        ("a rare version", with(|filter| filter.version = Some("2.2.9".to_owned()))),
        ("a version that nobody has", with(|filter| filter.version = Some("9".to_owned()))),
        ("started", with(|filter| filter.registration = Some(Registration::Started))),
        ("never seen", with(|filter| filter.seen = Some(false))),
        ("without a user", with(|filter| filter.owned = Some(false))),
        ("several of one user", with(|filter| filter.shared = true)),
        ("a file that people wrote", with(|filter| filter.file = Some(FileState::StandIn))),
        (
            "disconnected in a small region",
            all().in_regions(vec![region(19)]).of_class(StatusClass::Disconnected),
        ),
    ];
    for (name, by) in [("MAC address", DeviceSort::Mac), ("last report", DeviceSort::LastSeen)] {
        let sorted = Sorted { by, order: Order::Ascending };
        let cases: Vec<_> =
            filters.iter().map(|(filter, what)| ((*filter).to_owned(), what.clone(), sorted, None)).collect();
        bench.compare(&format!("filtered pages by {name}"), &cases);
    }
    Ok(())
}

/// Words that many, few and no devices have. By user, the devices without one stand first, in which the word of
/// most is not found: that page is the dearest, of nearly all devices sorted.
fn searches(bench: &Bench) {
    let mut cases = Vec::new();
    let words = [
        ("a word of most", SearchField::Any, "user"),
        ("a MAC address", SearchField::Any, "00:90:8f:00:30:39"),
        ("a name", SearchField::User, "user 54321"),
        ("a word of none", SearchField::Any, "zebra"),
        ("a word of none, in one field", SearchField::Ip, "zebra"),
    ];
    for (what, field, text) in words {
        let filter = DeviceFilter::all().with(field, text);
        let by = |by| Sorted { by, order: Order::Ascending };
        cases.push((format!("{what}, by MAC address"), filter.clone(), by(DeviceSort::Mac), None));
        cases.push((format!("{what}, by user"), filter.clone(), by(DeviceSort::User), None));
        let here = filter.in_regions(vec![region(2), region(3), region(4)]);
        cases.push((format!("{what}, in three regions"), here, by(DeviceSort::Mac), None));
    }
    bench.compare("searches", &cases);
}

impl Bench {
    fn new(file: &Path, devices: u32) -> Result<Self, Failure> {
        drop(SqliteStore::open(&SqliteOptions::at(file))?);
        fill(file, devices)?;
        let store = SqliteStore::open(&SqliteOptions::at(file))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, store, bare: Connection::open(file)? })
    }

    fn compare(&self, title: &str, cases: &[Case]) {
        let bare = || {
            let began = Instant::now();
            let rows = self.first_rows();
            assert!(matches!(rows, Ok(100)), "{rows:?}");
            began.elapsed()
        };
        let mut subjects = vec![Subject::new("100 rows by primary key", bare)];
        for (name, filter, sorted, after) in cases {
            subjects.push(Subject::new(name, move || {
                let page = self.page(filter, *sorted, after.clone());
                assert!(page.is_ok(), "{page:?}");
                page.map(|(taken, _)| taken).unwrap_or_default()
            }));
        }
        let counts = || {
            let began = Instant::now();
            let counts = self.runtime.block_on(self.store.device_counts());
            assert!(counts.is_ok());
            began.elapsed()
        };
        subjects.push(Subject::new("all counts", counts));
        compare(title, 9, &mut subjects);
    }

    fn first_rows(&self) -> rusqlite::Result<usize> {
        let mut statement = self.bare.prepare_cached("SELECT * FROM device ORDER BY id LIMIT 100")?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// How long a page took, and the place behind it.
    fn page(
        &self,
        filter: &DeviceFilter,
        sorted: Sorted<DeviceSort>,
        after: Place,
    ) -> Result<(Duration, Place), Failure> {
        let began = Instant::now();
        let page =
            self.runtime.block_on(self.store.device_list(filter, sorted, Page { after, limit: PAGE }))?;
        Ok((began.elapsed(), page.into_iter().last().map(|row| row.at)))
    }
}

fn bytes(number: u128) -> [u8; 16] {
    number.to_be_bytes()
}

/// One of twenty, each of them half as large as the one before, down to one in a thousand.
fn region(number: u128) -> RegionId {
    RegionId::from_bytes(bytes(number))
}

/// Writes the rows without the triggers, and what those would have written from all rows at once.
fn fill(file: &Path, devices: u32) -> Result<(), Failure> {
    let mut conn = Connection::open(file)?;
    conn.execute_batch("PRAGMA synchronous = off; PRAGMA cache_size = -262144; PRAGMA foreign_keys = off")?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    let transaction = conn.transaction()?;
    transaction.execute_batch(SHARED)?;
    transaction.execute("INSERT INTO fleet SELECT value FROM numbers WHERE value < ?1", [devices])?;
    transaction.execute_batch(ROWS)?;
    transaction.commit()?;
    conn.execute_batch("PRAGMA wal_checkpoint(truncate); ANALYZE")?;
    Ok(())
}

const SHARED: &str = "
    CREATE TEMP VIEW numbers AS
    WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n LIMIT 2000000) SELECT value FROM n;
    CREATE TEMP TABLE fleet (n INTEGER PRIMARY KEY);
    INSERT INTO phone_model VALUES ('420HD', 1, ''), ('430HD', 1, ''), ('440HD', 1, '');
    INSERT INTO region SELECT unhex(printf('%032x', value)), 1, 'R' || value, printf('r%02d', value), '', '[]', 'url-token',
        '[]', 0, 0, 0, '[]' FROM numbers WHERE value < 20;
    INSERT INTO firmware VALUES (unhex(printf('%032x', 1)), 1, 'a.img', 'a.img', NULL, '', '', NULL, NULL, NULL);";

// Region by a hash of the number: the share of each is half of that before, at least one in a thousand.
const ROWS: &str = "
    CREATE TEMP TABLE made AS SELECT n, unhex(printf('%032x', n)) AS id, (n * 2654435761) % 1000003 AS mixed FROM fleet;
    INSERT INTO phone_user
    SELECT id, 1, 'user' || mixed || '-' || n, 'user' || mixed || '-' || n, 'User ' || n,
        unhex(printf('%032x', CASE WHEN mixed % 1024 < 20 THEN mixed % 1024 ELSE mixed % 5 END)),
        NULL, NULL, 'administrator'
    FROM made;
    INSERT INTO device
    SELECT m.id, 1, unhex(printf('00908f%06x', m.n)), 'Phone ' || mixed,
        CASE WHEN mixed % 4 = 0 THEN '440HD' WHEN mixed % 4 = 1 THEN '420HD' ELSE '430HD' END,
        iif(mixed % 50 = 0, NULL, iif(mixed % 100 = 1 AND m.n > 0, unhex(printf('%032x', m.n - 1)), m.id)),
        iif(mixed % 50 = 0, NULL, 'administrator'), u.region, 'administrator',
        iif(mixed % 200 = 0, 'pending', 'enrolled'), NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        iif(mixed % 1000 = 7, unhex(printf('%032x', 1)), NULL), iif(mixed % 10 = 3, unhex(printf('%032x', 1)), NULL),
        NULL, NULL, NULL, NULL, NULL, NULL, '{}', '[]', zeroblob(16), 1700000000000
    FROM made m JOIN phone_user u ON u.id = m.id ORDER BY m.n;
    INSERT INTO status
    SELECT id, 1700000000000 - iif(mixed % 100 = 3, 900000000, 0) - (n * 7919) % 3600000, mixed % 100 = 3, 7200000,
        CASE WHEN mixed % 200 = 5 THEN 'offline' WHEN mixed % 500 = 6 THEN 'started' ELSE 'registered' END,
        1690000000000, x'0a000001', 0, iif(mixed % 2000 = 9, '2.2.9', '2.2.' || (mixed % 3)), mixed
    FROM made WHERE mixed % 100 <> 4;
    INSERT INTO unseen SELECT id FROM made WHERE mixed % 100 = 4;
    INSERT INTO status_details
    SELECT device, json_object('mac', lower(hex(unhex('00908f000000'))), 'ip', '10.' || (rowid_n / 65536) || '.' || (rowid_n / 256 % 256)
        || '.' || (rowid_n % 256), 'model', '430HD', 'firmware_version', version, 'phone_number', '' || (rowid_n + 100000))
    FROM (SELECT s.device, s.version, m.n AS rowid_n FROM status s JOIN made m ON m.id = s.device);
    INSERT INTO device_list SELECT * FROM device_listed;
    INSERT INTO device_change (device) SELECT id FROM made ORDER BY n;
    INSERT INTO device_count
    SELECT d.region, ifnull(d.model, ''), ifnull(s.version, ''), d.admission,
        CASE WHEN s.disconnected = 1 THEN 'disconnected' WHEN s.registration = 'registered' THEN 'registered'
            ELSE 'non_registered' END AS class, count(*)
    FROM device d LEFT JOIN status s ON s.device = d.id GROUP BY 1, 2, 3, 4, 5;";
