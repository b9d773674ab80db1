//! Previewing an edit over 10,000 phones, against what *Generate* does for them before it writes.
//!
//! The peer reads each phone, renders its file, seals its secrets and takes the fingerprint of the file, in
//! windows of 1,000, and drops the batch. A preview renders both files and tells what differs, and keeps
//! nothing of either.

use ipp_benches::{
    Subject, compare,
    dry::Dry,
    office::{Failure, PHONES, fleet},
    print, resident_kib,
};
use ipp_core::{
    access::Caller,
    app::{
        App,
        admin::{
            device_bulk::Selection,
            preview::{Against, Preview, ProposedEdit},
        },
    },
    catalog::SharedScope,
    store::DeviceFilter,
};
use ipp_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

type Fleet = App<Dry<SqliteStore>>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(&SqliteOptions::at(folder.path().join("ipp.sqlite")))?;
    let app = runtime.block_on(fleet(Dry::new(store)))?;
    // A placeholder of the private part, and a file for each phone that is one behind.
    runtime.block_on(set(&app, "0"))?;
    runtime.block_on(app.admin(Caller::host("bench")).generate(DeviceFilter::all()))?;
    let (mut least, mut most) = (resident_kib(), 0);
    let preview = |edit: Option<&str>, against, changed: u32| {
        let began = Instant::now();
        let preview = runtime.block_on(preview(&app, edit, against));
        let found = preview.map(|preview| (preview.changed, preview.considered));
        assert_eq!(found.ok(), Some((u64::from(changed), u64::from(PHONES))));
        began.elapsed() / PHONES
    };
    compare(
        "preview over 10,000 phones (time of one phone)",
        9,
        &mut [
            Subject::new("generate without writing: read, render, seal", || {
                // Each file is behind what is saved; nothing is published, so it stays so.
                app.store().set_dry(true);
                let saved = runtime.block_on(set(&app, "1"));
                let began = Instant::now();
                let report = runtime.block_on(app.admin(Caller::host("bench")).generate(DeviceFilter::all()));
                let taken = began.elapsed() / PHONES;
                assert!(saved.is_ok() && report.is_ok_and(|report| report.published == u64::from(PHONES)));
                assert!(runtime.block_on(set(&app, "0")).is_ok());
                app.store().set_dry(false);
                taken
            }),
            Subject::new("preview of no edit: all files are current", || {
                least = least.min(resident_kib());
                preview(None, Against::Published, 0)
            }),
            Subject::new("preview of an edit that changes every file", || {
                let taken = preview(Some("2"), Against::Published, PHONES);
                most = most.max(resident_kib());
                taken
            }),
            Subject::new("the same against what is saved", || preview(Some("2"), Against::Saved, PHONES)),
        ],
    );
    print(&format!("memory grew by at most {} KiB", most.saturating_sub(least)));
    Ok(())
}

async fn set(app: &Fleet, value: &str) -> Result<(), Failure> {
    let admin = app.admin(Caller::host("bench"));
    admin.set_placeholder(SharedScope::System, "VLANPriority".parse()?, Some(value.parse()?)).await?;
    Ok(())
}

async fn preview(app: &Fleet, edit: Option<&str>, against: Against) -> Result<Preview, Failure> {
    let admin = app.admin(Caller::host("bench"));
    let mut proposal = admin.proposal()?;
    if let Some(value) = edit {
        let edit =
            ProposedEdit::Placeholder(SharedScope::System, "VLANPriority".parse()?, Some(value.parse()?));
        admin.propose(&mut proposal, edit).await?;
    }
    let over = Selection::Filter(Box::new(DeviceFilter::all()));
    Ok(admin.preview(&mut proposal, &over, against).await?)
}
