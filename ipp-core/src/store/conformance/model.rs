//! Random batches, applied to a store and to [`MemoryStore`]: after each, every answer and every
//! read must be the same. The same seed makes the same run on every store, so that a run that found
//! a fault is repeated by its seed and number of steps.

mod random;

use self::random::Random;
use super::{dumps, samples::*, together};
use crate::{
    cfg::FileKey,
    device::Admission,
    log::{Hour, LogLevel},
    operator::Subject,
    status::{Registration, StatusClass},
    store::{
        ActivityFilter, AlarmFilter, AuditFilter, Batch, Committed, DeviceFilter, DeviceKey, DeviceSequence,
        DeviceSort, FileState, JobFilter, JobItems, ListKey, Listed, MemoryStore, OperatorKey, Order, Page,
        RunFilter, SampleFilter, SearchField, Sorted, Store, StoreError, StoredRow, UserFilter, UserKey,
        UserSort,
    },
};

/// How many of each kind of thing a run plays with.
const FEW: u8 = 4;

/// Plays `steps` steps of the run with this seed on an empty store. At each step up to `at_once`
/// batches are committed at the same time, in an order that the store must keep.
pub async fn compare(store: &impl Store, seed: u64, steps: u32, at_once: u8) {
    let oracle = MemoryStore::default();
    play(store, &oracle, &mut Random::new(seed), steps, at_once).await;
    same_dump(store, &oracle, seed).await;
}

/// Plays the same run, and then moves everything into `empty`, a second store, as a backup does: it has
/// the same rows, and from there on the run goes on as if nothing had been moved (T30).
pub async fn compare_restored(store: &impl Store, empty: &impl Store, seed: u64, steps: u32) {
    let (former, oracle) = (MemoryStore::default(), MemoryStore::default());
    let mut random = Random::new(seed);
    play(store, &former, &mut random, steps, 1).await;
    let rows = same_dump(store, &former, seed).await;
    dumps::restored(empty, &rows).await.unwrap();
    dumps::restored(&oracle, &rows).await.unwrap();
    assert_eq!(same_dump(empty, &oracle, seed).await, rows, "seed {seed}, {steps} steps");
    play(empty, &oracle, &mut random, steps, 1).await;
    same_dump(empty, &oracle, seed).await;
}

async fn same_dump(store: &impl Store, oracle: &MemoryStore, seed: u64) -> Vec<StoredRow> {
    let rows = dumps::dumped(store).await;
    assert_eq!(rows, dumps::dumped(oracle).await, "seed {seed}: the dump");
    rows
}

async fn play(store: &impl Store, oracle: &MemoryStore, random: &mut Random, steps: u32, at_once: u8) {
    let seed = random.seed();
    for step in 0..steps {
        let place = format!("seed {seed}, step {step}");
        let batches: Vec<Batch> = (0..random.between(1, at_once)).map(|_| random.batch()).collect();
        let answers = together(batches.iter().map(|batch| store.commit(batch.clone()))).await;
        for (batch, answer) in batches.into_iter().zip(answers) {
            let shown = format!("{place}: {batch:#?}");
            assert_eq!(told(answer), told(oracle.commit(batch).await), "{shown}");
        }
        same_reads(store, oracle, random, &place).await;
    }
}

/// An answer in a form that can be compared.
fn told(answer: Result<Committed, StoreError>) -> Result<Committed, String> {
    answer.map_err(|error| format!("{:?}: {error}", error.kind()))
}

/// Asserts that a read is answered alike by both stores.
macro_rules! same {
    ($both:ident: $($read:tt)*) => {
        assert_eq!(
            $both.store.$($read)*.await.unwrap(),
            $both.oracle.$($read)*.await.unwrap(),
            "{}: {}",
            $both.place,
            stringify!($($read)*)
        )
    };
}

struct Both<'a, S> {
    store: &'a S,
    oracle: &'a MemoryStore,
    place: &'a str,
}

async fn same_reads(store: &impl Store, oracle: &MemoryStore, random: &mut Random, place: &str) {
    let both = Both { store, oracle, place };
    same_of_all(&both, random).await;
    for number in 0..FEW {
        same_of_each(&both, number).await;
    }
    for _ in 0..4 {
        same_of_some(&both, random).await;
    }
}

async fn same_of_all(both: &Both<'_, impl Store>, random: &mut Random) {
    same!(both: catalog(None));
    let known = both.oracle.catalog(None).await.unwrap().map(|catalog| catalog.revision);
    same!(both: catalog(known));
    same!(both: devices(&DeviceFilter::all(), Page::first(100)));
    same!(both: changed_devices(DeviceSequence(0), 100));
    let after = DeviceSequence(random.between(0, 50).into());
    same!(both: changed_devices(after, 3));
    same!(both: users(&UserFilter::default(), Page::first(100)));
    same!(both: device_counts());
    same!(both: pin_counts());
    same!(both: alarms(&AlarmFilter::default(), Page::first(100)));
    same!(both: uptimes(at(0)));
    same!(both: audit(&AuditFilter::all(), Order::Ascending, Page::first(1_000)));
    same!(both: operators());
    same!(both: runs(&RunFilter::default(), Page::first(100)));
    same!(both: jobs(&JobFilter::default(), Page::first(100)));
    let now = random.moment();
    same!(both: due_jobs(now, 100));
    for level in LogLevel::ALL {
        same!(both: activity(ActivityFilter::of(level), Order::Ascending, Page::first(1_000)));
    }
    same!(both: samples(&SampleFilter { since: Hour::from_number(0), regions: None }));
    same!(both: alarm_events(0, 10_000));
    same!(both: stand_ins());
    for name in random::FILES {
        same!(both: file(&FileKey::Shared(name.parse().unwrap())));
    }
    for name in random::NAMES {
        same!(both: user(UserKey::Name(name.parse().unwrap())));
        same!(both: operator(OperatorKey::Name(name.parse().unwrap())));
    }
}

async fn same_of_each(both: &Both<'_, impl Store>, number: u8) {
    same!(both: device(DeviceKey::Id(device_id(number))));
    same!(both: device(DeviceKey::Mac(mac(number))));
    same!(both: device(DeviceKey::Token(print(number))));
    same!(both: pins(device_id(number)));
    same!(both: file(&FileKey::Device(device_id(number))));
    same!(both: device_events(device_id(number)));
    same!(both: told(&number.to_string()));
    same!(both: job(job_id(number)));
    same!(both: job_items(JobItems { job: job_id(number), state: None }, Page::first(100)));
    same!(both: waiting(device_id(number), 3));
    same!(both: commanded(vec![device_id(number)], at(0)));
    same!(both: generation(generation(number).0));
    same!(both: user(UserKey::Id(user_id(number))));
    same!(both: operator(OperatorKey::Id(operator_id(number))));
    same!(both: session(print(number)));
    same!(both: sessions(&Subject::Operator(operator_id(number))));
    same!(both: api_token(print(number)));
    same!(both: api_tokens(operator_id(number)));
    same!(both: request(print(number)));
}

async fn same_of_some(both: &Both<'_, impl Store>, random: &mut Random) {
    let (filter, moment, number) = (filter(random), random.moment(), random.between(0, 9).into());
    let page =
        Page { after: random.maybe().then(|| device_id(random.few())), limit: random.between(0, 5).into() };
    same!(both: devices(&filter, page));
    same!(both: silent_since(moment, page));
    let alarms = AlarmFilter { regions: filter.regions.clone(), ..AlarmFilter::default() };
    same!(both: alarms(&alarms, Page::first(page.limit)));
    let alarms =
        AlarmFilter { device: page.after, regions: filter.regions.clone(), ..AlarmFilter::default() };
    same!(both: alarms(&alarms, Page::first(page.limit)));
    let page = Page { after: random.maybe().then(|| user_id(random.few())), limit: page.limit };
    let people = UserFilter { regions: filter.regions.clone(), words: words(random) };
    same!(both: users(&people, page));
    let order = if random.maybe() { Order::Ascending } else { Order::Descending };
    let by = random.one_of(&[UserSort::Name, UserSort::DisplayName, UserSort::Region]);
    let sorted = Sorted { by, order };
    let everybody = both.oracle.user_list(&UserFilter::default(), sorted, Page::first(100)).await.unwrap();
    let places = Page { after: behind(random, &everybody), limit: page.limit };
    same!(both: user_list(&people, sorted, places.clone()));
    let sorted = Sorted { by: random.one_of(&SORTS), order };
    let all = both.oracle.device_list(&DeviceFilter::all(), sorted, Page::first(100)).await.unwrap();
    let places = Page { after: behind(random, &all), limit: page.limit };
    same!(both: device_list(&filter, sorted, places.clone()));
    same!(both: device_list(&filter, sorted, Page::first(100)));
    same!(both: uptimes(moment));
    let order = if random.maybe() { Order::Ascending } else { Order::Descending };
    let page = Page { after: random.maybe().then_some(number), limit: page.limit };
    same!(both: audit(&AuditFilter::all(), order, page));
    let lines = ActivityFilter::of(random.one_of(&LogLevel::ALL));
    same!(both: activity(lines, order, page));
    let regions = Some((0..random.between(0, 3)).map(|_| region_id(random.few())).collect());
    let hours = SampleFilter { since: Hour::from_number(moment.as_millis() / 8 - 3), regions };
    same!(both: samples(&hours));
}

const SORTS: [DeviceSort; 8] = [
    DeviceSort::Made,
    DeviceSort::Mac,
    DeviceSort::User,
    DeviceSort::DisplayName,
    DeviceSort::Region,
    DeviceSort::Model,
    DeviceSort::LastSeen,
    DeviceSort::Status,
];

/// Where a page begins: behind something that is there, or at the first.
fn behind<I: Clone, T>(random: &mut Random, rows: &[Listed<I, T>]) -> Option<ListKey<I>> {
    if rows.is_empty() || random.maybe() {
        return None;
    }
    let last = u8::try_from(rows.len() - 1).unwrap_or(u8::MAX);
    rows.get(usize::from(random.between(0, last))).map(|row| row.at.clone())
}

fn words(random: &mut Random) -> Vec<String> {
    const WORDS: [&str; 5] = ["a", "ÄR", "är", "ÖRG@", "%_"];
    (0..u8::from(random.seldom())).map(|_| random.one_of(&WORDS).to_owned()).collect()
}

fn filter(random: &mut Random) -> DeviceFilter {
    const ADMISSIONS: [Admission; 4] =
        [Admission::Pending, Admission::Expected, Admission::Enrolled, Admission::Disabled];
    const CLASSES: [StatusClass; 3] =
        [StatusClass::Registered, StatusClass::NonRegistered, StatusClass::Disconnected];
    const WORDS: [Registration; 2] = [Registration::Registered, Registration::Offline];
    let mut filter = DeviceFilter::all();
    if random.maybe() {
        filter = filter.in_regions((0..random.between(0, 3)).map(|_| region_id(random.few())).collect());
    }
    if random.seldom() {
        filter = filter.admitted(random.one_of(&ADMISSIONS));
    }
    if random.maybe() {
        filter = filter.of_class(random.one_of(&CLASSES));
    }
    if random.seldom() {
        filter = filter.of_model(model_id(random.few()));
    }
    if random.seldom() {
        filter = filter.of_user(user_id(random.few()));
    }
    if random.seldom() {
        filter.models = Some((0..random.between(0, 3)).map(|_| model_id(random.few())).collect());
        filter.admissions = Some(vec![random.one_of(&ADMISSIONS), random.one_of(&ADMISSIONS)]);
        filter.classes = Some(vec![random.one_of(&CLASSES), random.one_of(&CLASSES)]);
    }
    if random.seldom() {
        filter.seen = Some(random.maybe());
        filter.owned = random.maybe().then(|| random.maybe());
        filter.shared = random.seldom();
        filter.file = random.seldom().then(|| random.one_of(&[FileState::Any, FileState::StandIn]));
    }
    if random.seldom() {
        filter.registration = random.maybe().then(|| random.one_of(&WORDS));
        filter.version = random.maybe().then(|| "2.2.8".to_owned());
        filter.template = random.seldom().then(|| template_id(random.few()));
        filter.firmware = random.seldom().then(|| firmware_id(random.few()));
    }
    if random.seldom() {
        const FIELDS: [SearchField; 7] = [
            SearchField::Any,
            SearchField::User,
            SearchField::Phone,
            SearchField::Mac,
            SearchField::Ip,
            SearchField::Model,
            SearchField::Version,
        ];
        let texts = ["a", "ÄR", "är", "8f:00", "00-00-02", "2.2", "IP", "3", "\"'\\", ""];
        filter = filter.with(random.one_of(&FIELDS), random.one_of(&texts));
    }
    filter
}
