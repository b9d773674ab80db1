//! A commit whose answer is lost on the way: whether it took effect is asked, and it is done once (T2).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that panics has found a fault")]

#[expect(dead_code, reason = "not every test needs all of it")]
mod common;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use ipp_core::store::{AuditFilter, Batch, Order, Page, Store as _, StoreErrorKind, conformance::samples::*};
use ipp_store_postgres::{PostgresOptions, PostgresStore, cluster::Cluster};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
};

/// Goes on.
const NOTHING: u8 = 0;
/// The next commit reaches the database, and its answer is lost.
const AFTER: u8 = 1;
/// The next commit is lost.
const BEFORE: u8 = 2;
/// The same, and nobody is let through any more.
const FOR_GOOD: u8 = 3;

/// Stands between store and database.
struct Between {
    port: u16,
    next: Arc<AtomicU8>,
    cuts: Arc<AtomicU32>,
}

impl Between {
    fn new() -> Self {
        let socket = Cluster::shared().unwrap_or_else(|error| panic!("{error}")).socket();
        let (next, cuts) = (Arc::new(AtomicU8::new(NOTHING)), Arc::new(AtomicU32::new(0)));
        let listener = common::wait(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (plan, count) = (Arc::clone(&next), Arc::clone(&cuts));
        common::runtime().spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if plan.load(SeqCst) != FOR_GOOD {
                    tokio::spawn(carry(client, socket.clone(), Arc::clone(&plan), Arc::clone(&count)));
                }
            }
        });
        Self { port, next, cuts }
    }

    fn store(&self) -> PostgresStore {
        let schema = format!("between_{}", self.port);
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port);
        let options = PostgresOptions::at(url).schema(schema).connections(2);
        common::open(&options.patience(Duration::from_millis(300)))
    }

    fn cut(&self, how: u8) {
        self.next.store(how, SeqCst);
    }
}

async fn carry(mut client: TcpStream, socket: PathBuf, next: Arc<AtomicU8>, cuts: Arc<AtomicU32>) {
    let mut server = UnixStream::connect(socket).await.unwrap();
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Some(sent) = read.ok().and_then(|length| up.get(..length)).filter(|sent| !sent.is_empty()) else {
                    return;
                };
                let commits = sent.windows(7).any(|piece| piece == b"COMMIT\0");
                let cut = if commits { next.load(SeqCst) } else { NOTHING };
                if cut == AFTER {
                    next.store(NOTHING, SeqCst);
                    server.write_all(sent).await.unwrap();
                    // The database answers when it is done; that goes no further.
                    assert_ne!(server.read(&mut down).await.unwrap(), 0);
                }
                if cut == BEFORE {
                    next.store(NOTHING, SeqCst);
                }
                if cut != NOTHING {
                    cuts.fetch_add(1, SeqCst);
                    return;
                }
                server.write_all(sent).await.unwrap();
            }
            read = server.read(&mut down) => {
                let Some(told) = read.ok().and_then(|length| down.get(..length)).filter(|told| !told.is_empty()) else {
                    return;
                };
                if client.write_all(told).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn noted(store: &PostgresStore) -> Vec<String> {
    let records = common::wait(store.audit(&AuditFilter::all(), Order::Ascending, Page::first(100))).unwrap();
    records.into_iter().map(|record| record.entry.subject).collect()
}

#[test]
fn a_commit_whose_answer_is_lost_is_acknowledged_and_not_done_again() {
    let between = Between::new();
    let store = between.store();
    let write = |subject| common::wait(store.commit(Batch::of(put_region(1)).noting(entry(subject))));
    write("a").unwrap();
    between.cut(AFTER);
    let committed = write("b").unwrap();
    assert_eq!((between.cuts.load(SeqCst), committed.catalog.0), (1, 2));
    assert_eq!(write("c").unwrap().catalog.0, 3);
    assert_eq!(noted(&store), ["a", "b", "c"]);
}

#[test]
fn a_commit_that_is_lost_is_done_again() {
    let between = Between::new();
    let store = between.store();
    let write = |subject| common::wait(store.commit(Batch::of(put_region(1)).noting(entry(subject))));
    write("a").unwrap();
    between.cut(BEFORE);
    assert_eq!(write("b").unwrap().catalog.0, 2);
    assert_eq!(between.cuts.load(SeqCst), 1);
    assert_eq!(noted(&store), ["a", "b"]);
}

#[test]
fn a_database_that_stays_away_is_unavailable_until_it_is_back() {
    let between = Between::new();
    let store = between.store();
    let write = |subject| common::wait(store.commit(Batch::of(put_region(1)).noting(entry(subject))));
    write("a").unwrap();
    between.cut(FOR_GOOD);
    for subject in ["b", "c"] {
        let error = write(subject).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(error.retry_after().is_some());
    }
    between.cut(NOTHING);
    let mut again = write("d");
    while again.is_err() {
        std::thread::yield_now();
        again = write("d");
    }
    assert_eq!(noted(&store), ["a", "d"]);
}
