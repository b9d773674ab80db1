//! A backup.

use ipp_core::{
    blob::MemoryBlobs,
    digest::ContentHash,
    store::{MemoryStore, Store as _, StoredRow, conformance::block_on},
};
use ipp_http::archive::{self, Content};
use serde_json::Value;

use crate::is_printable;

/// Reads a backup: the input as it is, and the input with the end that fits it.
///
/// Laws: what is refused is told in printable words of bounded length; a restored store is empty where it
/// was refused; what a restored store gives, archived again, restores to the same.
pub fn archive(data: &[u8]) {
    let foreign = |content: &[u8]| match archive::check(content, |_| {}) {
        Ok(content) => Some(content),
        Err(error) => {
            let text = error.to_string();
            assert!(is_printable(&text) && text.chars().count() < 600, "{text:?}");
            None
        }
    };
    drop(foreign(data));
    let whole = [data, end(data).as_bytes()].concat();
    let Some(content) = foreign(&whole) else { return };
    let (store, blobs) = (MemoryStore::default(), MemoryBlobs::default());
    match block_on(archive::restore(&*whole, &store, &blobs)) {
        Ok(restored) => assert_eq!(restored, content),
        Err(_) => return assert!(rows(&store).is_empty(), "a part was restored"),
    }
    again(&store, &blobs, &content);
}

fn again(store: &MemoryStore, blobs: &MemoryBlobs, content: &Content) {
    let mut bytes = Vec::new();
    let written = block_on(async {
        let dump = store.dump().await.map_err(archive::ArchiveError::from)?;
        archive::write(dump, blobs, &content.head, &mut bytes).await
    });
    assert!(written.is_ok(), "{written:?}");
    let (other, kept) = (MemoryStore::default(), MemoryBlobs::default());
    let restored = block_on(archive::restore(&*bytes, &other, &kept));
    assert!(restored.is_ok(), "{restored:?}");
    assert_eq!(rows(&other), rows(store));
}

fn rows(store: &MemoryStore) -> Vec<StoredRow> {
    block_on(async {
        let mut all = Vec::new();
        let Ok(mut dump) = store.dump().await else { return all };
        while let Ok(rows) = dump.next().await
            && !rows.is_empty()
        {
            all.extend(rows);
        }
        all
    })
}

/// The last line of a backup whose other lines are these.
fn end(data: &[u8]) -> String {
    let (mut rows, mut blobs, mut rest) = (0, 0, data);
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, behind) = rest.split_at(at + 1);
        rest = behind;
        let line: Value = serde_json::from_slice(line).unwrap_or_default();
        rows += u64::from(line.get("row").is_some());
        if let Some(length) = line["blob"]["length"].as_u64() {
            blobs += 1;
            let skipped = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
            rest = rest.get(skipped..).unwrap_or_default();
        }
    }
    let sha256 = ContentHash::of(data);
    format!("{{\"end\":{{\"rows\":{rows},\"blobs\":{blobs},\"sha256\":\"{sha256}\"}}}}\n")
}
