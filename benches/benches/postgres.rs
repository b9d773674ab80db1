//! Status reports and publishing on PostgreSQL, against the raw limit of the same server in the same run.
//!
//! The peer of the reports writes narrow rows with one prepared `UNNEST` statement, 64 rows a transaction,
//! which is what 64 clients that wait for their commits make of a group; it reads nothing, counts nothing
//! and answers nobody. Below it stands what a server does that writes when a request comes in: a pool of 16
//! connections and one prepared upsert for each report, which is a transaction of its own.
//!
//! The peer of publishing writes what that has to leave on the disk: for each phone the row of its pin over
//! the oldest of five, which of them is current, and its place in the sequence of changes. The rows have the
//! same keys and as many bytes as those of the store, and transactions hold 1,000 phones.

use std::{cell::Cell, sync::Arc, time::Duration};

use ipp_benches::{
    Subject, compare,
    office::{Failure, PHONES, fleet},
};
use ipp_core::{
    access::Caller,
    app::App,
    catalog::SharedScope,
    device::{Admission, Device},
    id::DeviceId,
    status::{Registration, ReportDetails, StatusReport},
    store::{Batch, Change, DeviceChange, DeviceFilter, StatusChange, Store as _},
    time::Timestamp,
};
use ipp_store_postgres::{
    PostgresStore,
    cluster::{Cluster, Durable},
    deadpool_postgres::{
        Manager, Pool,
        tokio_postgres::{Client, Config, NoTls, Statement},
    },
};
use tokio::{runtime::Runtime, task::JoinSet, time::Instant};

const DEVICES: u32 = 10_000;
const CLIENTS: u32 = 64;
const GROUPED: u32 = 20_000;
const ALONE: u32 = 4_000;

/// How many published files of a phone are kept.
const KEPT: usize = 5;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let cluster = Cluster::start(Durable::Yes)?;
    reports(&runtime, &cluster)?;
    publishing(&runtime, &cluster)
}

fn reports(runtime: &Runtime, cluster: &Cluster) -> Result<(), Failure> {
    let store = Arc::new(runtime.block_on(PostgresStore::open(&cluster.options()))?);
    runtime.block_on(store.commit(devices()))?;
    let (client, upsert) = runtime.block_on(async {
        let client = connected(cluster).await?;
        client.batch_execute(NARROW).await?;
        let upsert = client.prepare(UPSERT).await?;
        Ok::<_, Failure>((client, upsert))
    })?;
    let config: Config = cluster.url().parse()?;
    let pool = Pool::builder(Manager::new(config, NoTls)).max_size(16).build()?;
    let moment = Cell::new(0);
    let next = || {
        moment.set(moment.get() + 1_000_000);
        moment.get()
    };
    compare(
        "a durable status report on PostgreSQL, 64 clients",
        9,
        &mut [
            Subject::new("bare: UNNEST of 64 rows a transaction, one connection", || {
                runtime.block_on(bare(&client, &upsert, next()))
            }),
            Subject::new("grouped by the store", || runtime.block_on(grouped(&store, next()))),
            Subject::new("a transaction each, 16 connections", || runtime.block_on(alone(&pool, next()))),
        ],
    );
    Ok(())
}

async fn connected(cluster: &Cluster) -> Result<Client, Failure> {
    let config: Config = cluster.url().parse()?;
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

const NARROW: &str = "
    CREATE TABLE narrow (
        device BYTEA NOT NULL PRIMARY KEY, last_seen BIGINT NOT NULL, disconnected BOOLEAN NOT NULL,
        timeout_ms BIGINT NOT NULL, registration TEXT NOT NULL, changed_at BIGINT NOT NULL, peer BYTEA NOT NULL,
        proxied BOOLEAN NOT NULL, version TEXT NOT NULL
    ) WITH (fillfactor = 50)";
const UPSERT: &str = "
    INSERT INTO narrow SELECT device, last_seen, FALSE, 7200000, 'started', 1, peer, FALSE, '2.2.16.142'
    FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS put (device, last_seen, peer)
    ON CONFLICT (device) DO UPDATE SET last_seen = excluded.last_seen, registration = excluded.registration,
        peer = excluded.peer, version = excluded.version
    WHERE excluded.last_seen >= narrow.last_seen";

async fn bare(client: &Client, upsert: &Statement, from: i64) -> Duration {
    let began = Instant::now();
    for first in (0..GROUPED).step_by(CLIENTS as usize) {
        let numbers = first..GROUPED.min(first + CLIENTS);
        let ids: Vec<Vec<u8>> =
            numbers.clone().map(|number| u128::from(number % DEVICES + 1).to_be_bytes().to_vec()).collect();
        let times: Vec<i64> = numbers.map(|number| from + i64::from(number)).collect();
        let peers = vec![vec![127, 0, 0, 1_u8]; ids.len()];
        let written = client.execute(upsert, &[&ids, &times, &peers]).await;
        assert!(written.is_ok(), "{written:?}");
    }
    began.elapsed() / GROUPED
}

async fn grouped(store: &Arc<PostgresStore>, from: i64) -> Duration {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for client in 0..CLIENTS {
        let store = Arc::clone(store);
        clients.spawn(async move {
            for number in (client..GROUPED).step_by(CLIENTS as usize) {
                let written =
                    store.commit(Batch::of(report(number % DEVICES, from + i64::from(number)))).await;
                assert!(written.is_ok(), "{written:?}");
            }
        });
    }
    clients.join_all().await;
    began.elapsed() / GROUPED
}

async fn alone(pool: &Pool, from: i64) -> Duration {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for client in 0..CLIENTS {
        let pool = pool.clone();
        clients.spawn(async move {
            for number in (client..ALONE).step_by(CLIENTS as usize) {
                let lent = pool.get().await;
                assert!(lent.is_ok(), "no connection");
                let Ok(lent) = lent else { return };
                let id = u128::from(number % DEVICES + 1).to_be_bytes().to_vec();
                let (time, peer) = (from + i64::from(number), vec![127, 0, 0, 1_u8]);
                let Ok(upsert) = lent.prepare_cached(UPSERT).await else { return };
                let written = lent.execute(&upsert, &[&vec![id], &vec![time], &vec![peer]]).await;
                assert!(written.is_ok(), "{written:?}");
            }
        });
    }
    clients.join_all().await;
    began.elapsed() / ALONE
}

fn devices() -> Batch {
    let device = |phone: u32| {
        let [_, a, b, c] = phone.to_be_bytes();
        let mac = ipp_core::mac::Mac::new([0, 0x90, 0x8f, a, b, c]).ok()?;
        let device = Device::new(id(phone), mac, Admission::Enrolled, Timestamp::default());
        Some(Change::Device(DeviceChange::Put(Box::new(device))))
    };
    Batch { changes: (0..DEVICES).filter_map(device).collect(), ..Batch::default() }
}

fn report(phone: u32, at: i64) -> Change {
    Change::Status(StatusChange::Report(Box::new(StatusReport {
        device: id(phone),
        received_at: Timestamp::from_millis(at),
        registration: Registration::Started,
        timeout: Duration::from_hours(2),
        peer: [127, 0, 0, 1].into(),
        proxied: false,
        details: ReportDetails { firmware_version: "2.2.16.142".to_owned(), ..ReportDetails::default() },
    })))
}

fn id(phone: u32) -> DeviceId {
    DeviceId::from_bytes((u128::from(phone) + 1).to_be_bytes())
}

fn publishing(runtime: &Runtime, cluster: &Cluster) -> Result<(), Failure> {
    let options = cluster.options().schema("published");
    let app = runtime.block_on(async { fleet(PostgresStore::open(&options).await?).await })?;
    let mut edit = 0;
    let mut publish = || {
        edit += 1;
        let began = Instant::now();
        let published = runtime.block_on(generate(&app, edit));
        assert_eq!(published.ok(), Some(u64::from(PHONES)));
        began.elapsed() / PHONES
    };
    for _ in 0..KEPT {
        publish();
    }
    let client = runtime.block_on(connected(cluster))?;
    let bytes: i64 = runtime.block_on(client.query_one(BYTES, &[]))?.get(0);
    let mut raw = runtime.block_on(Raw::new(client, usize::try_from(bytes)?))?;
    compare(
        &format!("publish 10,000 phones on PostgreSQL, {bytes} bytes each (time of one phone)"),
        9,
        &mut [
            Subject::new("the same rows written bare, 1,000 phones a transaction", || {
                let began = Instant::now();
                let written = runtime.block_on(raw.write());
                assert!(written.is_ok(), "{written:?}");
                began.elapsed() / PHONES
            }),
            Subject::new("generate: read, render, seal, pin, count", publish),
        ],
    );
    Ok(())
}

/// Edits a value that every file has, and publishes all of them.
async fn generate(app: &App<PostgresStore>, edit: u32) -> Result<u64, Failure> {
    app.admin(Caller::host("bench"))
        .set_placeholder(SharedScope::System, "SipDigitMap".parse()?, Some(format!("x{edit}").parse()?))
        .await?;
    Ok(app.admin(Caller::host("bench")).generate(DeviceFilter::all()).await?.published)
}

/// How many bytes a row of a pin has without its key.
const BYTES: &str = "
    SELECT avg(length(generation) + length(template) + length(region) + length(model) + length(cohort)
        + length(own) + length(inputs) + length(secrets) + length(digest) + length(run) + 24)::bigint
    FROM published.pin";
const TABLES: &str = "
    CREATE TABLE raw_pin (device BYTEA, slot BIGINT, body BYTEA, PRIMARY KEY (device, slot));
    CREATE TABLE raw_head (device BYTEA PRIMARY KEY, last BIGINT, current BIGINT) WITH (fillfactor = 50);
    CREATE TABLE raw_change (device BYTEA PRIMARY KEY, sequence BIGINT UNIQUE)";
const PIN: &str = "
    INSERT INTO raw_pin SELECT device, $2::bigint % 5, $3 FROM unnest($1::bytea[]) AS device
    ON CONFLICT (device, slot) DO UPDATE SET body = excluded.body";
const HEAD: &str = "
    INSERT INTO raw_head SELECT device, $2::bigint, $2::bigint FROM unnest($1::bytea[]) AS device
    ON CONFLICT (device) DO UPDATE SET last = excluded.last, current = excluded.current";
const CHANGE: &str = "
    INSERT INTO raw_change SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (device) DO UPDATE SET sequence = excluded.sequence";

/// Tables with nothing above them.
struct Raw {
    client: Client,
    statements: [Statement; 3],
    body: Vec<u8>,
    rounds: i64,
}

impl Raw {
    async fn new(client: Client, bytes: usize) -> Result<Self, Failure> {
        client.batch_execute(TABLES).await?;
        let statements =
            [client.prepare(PIN).await?, client.prepare(HEAD).await?, client.prepare(CHANGE).await?];
        let mut raw = Self { client, statements, body: vec![7; bytes], rounds: 0 };
        for _ in 0..KEPT {
            raw.write().await?;
        }
        Ok(raw)
    }

    async fn write(&mut self) -> Result<(), Failure> {
        self.rounds += 1;
        self.body[..8].copy_from_slice(&self.rounds.to_be_bytes());
        let [pin, head, change] = &self.statements;
        for window in 0..PHONES / 1_000 {
            let phones = window * 1_000..(window + 1) * 1_000;
            let ids: Vec<Vec<u8>> =
                phones.clone().map(|phone| u128::from(phone).to_be_bytes().to_vec()).collect();
            let sequence: Vec<i64> =
                phones.map(|phone| self.rounds * i64::from(PHONES) + i64::from(phone)).collect();
            let transaction = self.client.transaction().await?;
            transaction.execute(pin, &[&ids, &self.rounds, &self.body]).await?;
            transaction.execute(head, &[&ids, &self.rounds]).await?;
            transaction.execute(change, &[&ids, &sequence]).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}
