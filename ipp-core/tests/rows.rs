//! The serialised form of what a store keeps: that of backups.
#![cfg(feature = "conformance")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{collections::BTreeSet, convert::Infallible, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ipp_core::{
    store::{
        MemoryStore, StoredRow,
        conformance::{block_on, dumps},
    },
    vault::Sealed,
};
use serde_json::Value;

/// One row a line, each as some version of this software wrote it. Lines are added, never changed.
const WRITTEN: &str = include_str!("golden/rows.jsonl");

fn line(row: &StoredRow) -> String {
    serde_json::to_string(row).unwrap()
}

/// T30: what is written is read back as it was.
#[test]
fn every_row_survives_its_serialised_form() {
    for row in block_on(dumps::everything()) {
        let back: StoredRow = serde_json::from_str(&line(&row)).unwrap();
        assert_eq!(back, row);
        assert!(line(&row).starts_with(&format!("{{\"{}\":", row.kind())), "{}", line(&row));
    }
}

/// T29, T30: what any version wrote is understood, no field of it is lost, and a store takes it.
#[test]
fn rows_that_were_written_once_are_read_for_good() {
    let mut rows = Vec::new();
    for (number, text) in (1..).zip(WRITTEN.lines()) {
        let row: StoredRow =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("rows.jsonl, line {number}: {error}"));
        let (written, now) = (serde_json::from_str(text).unwrap(), serde_json::to_value(&row).unwrap());
        assert!(holds(&now, &written), "rows.jsonl, line {number}: something is lost in {now}");
        rows.push(row);
    }
    let kinds: BTreeSet<&str> = rows.iter().map(StoredRow::kind).collect();
    let missing: Vec<_> = StoredRow::KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    if !missing.is_empty() {
        let aside = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rows.jsonl");
        let lines = block_on(dumps::everything()).iter().map(|row| line(row) + "\n").collect::<String>();
        std::fs::write(&aside, lines).unwrap();
        panic!("rows.jsonl has no line of {missing:?}; add those of {}", aside.display());
    }
    block_on(dumps::restored(&MemoryStore::default(), &rows)).unwrap();
}

/// Whether everything in `old` is in `new` too.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| holds(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        (new, old) => new == old,
    }
}

/// A4: no sealed value hides from a rotation of keys. The samples have one in every field that can
/// hold one, so a field that is added and not visited shows here.
#[test]
fn a4_every_sealed_value_of_a_row_is_visited() {
    let sample = STANDARD_NO_PAD.encode([0, 0xff, 0xfe]);
    let mut kinds = BTreeSet::new();
    for mut row in block_on(dumps::everything()) {
        let before = line(&row);
        let mut visited = 0;
        row.each_sealed(|_, sealed| -> Result<(), Infallible> {
            *sealed = Sealed::from_bytes(b"opened".to_vec());
            visited += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(before.matches(&sample).count(), visited, "{before}");
        assert!(!line(&row).contains(&sample), "{}", line(&row));
        if visited > 0 {
            kinds.insert(row.kind());
        }
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["device", "pin", "placeholder", "request", "settings", "shared_file", "stand_in", "user"]
    );
}
