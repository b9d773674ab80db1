//! Archives that are whole come back whole; all others are refused.

use ipp_core::{
    blob::{Blobs as _, MemoryBlobs},
    store::{
        MemoryStore, Store as _, StoredRow,
        conformance::{block_on, dumps},
    },
    vault::MemoryVault,
};

use super::*;

fn head() -> Head {
    Head::new(Timestamp::from_millis(1_700_000_000_123), &MemoryVault::default())
}

async fn put(blobs: &MemoryBlobs, bytes: Vec<u8>) -> ContentHash {
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    upload.write(bytes.into()).await.unwrap();
    upload.finish().await.unwrap().0
}

/// A store with a row of every kind, and firmware with these images.
async fn filled(images: &[Vec<u8>]) -> (MemoryStore, MemoryBlobs) {
    let (store, blobs) = (MemoryStore::default(), MemoryBlobs::default());
    put(&blobs, b"image".to_vec()).await;
    let mut rows = dumps::everything().await;
    let entry = rows.iter().find(|row| row.blob().is_some()).unwrap().clone();
    let at = rows.iter().position(|row| *row == entry).unwrap();
    for (number, image) in (1_u8..).zip(images) {
        let hash = put(&blobs, image.clone()).await;
        let StoredRow::Firmware(mut entry) = entry.clone() else { panic!("{entry:?}") };
        entry.value.id = ipp_core::id::FirmwareId::from_bytes([number; 16]);
        entry.value.name = format!("image{number}.img").parse().unwrap();
        entry.value.image =
            entry.value.image.map(|image| ipp_core::firmware::FirmwareImage { hash, ..image });
        rows.insert(at, StoredRow::Firmware(entry));
    }
    dumps::restored(&store, &rows).await.unwrap();
    (store, blobs)
}

async fn archive(store: &MemoryStore, blobs: &MemoryBlobs) -> Vec<u8> {
    let mut bytes = Vec::new();
    let size = write(store.dump().await.unwrap(), blobs, &head(), &mut bytes).await.unwrap();
    assert_eq!(size.bytes, bytes.len() as u64);
    bytes
}

/// A small archive that is whole.
fn small() -> Vec<u8> {
    let (store, blobs) = (MemoryStore::default(), MemoryBlobs::default());
    block_on(async {
        let rows = dumps::everything().await;
        let few = rows.into_iter().filter(|row| ["model", "firmware"].contains(&row.kind()));
        dumps::restored(&store, &few.collect::<Vec<_>>()).await.unwrap();
        put(&blobs, b"image".to_vec()).await;
        archive(&store, &blobs).await
    })
}

fn checked(bytes: &[u8]) -> Result<Content, ArchiveError> {
    check(bytes, |_| {})
}

/// T30: every row and every blob comes back as it was, whatever its length.
#[test]
fn t30_what_is_written_is_restored() {
    let images = [vec![], vec![b'\n'; 3], vec![7; 1_000_003], b"{\"end\":1}\n".to_vec()];
    block_on(async {
        let (store, blobs) = filled(&images).await;
        let bytes = archive(&store, &blobs).await;
        let content = checked(&bytes).unwrap();
        let rows = dumps::dumped(&store).await;
        let size = Size { rows: rows.len() as u64, blobs: 5, bytes: bytes.len() as u64 };
        assert_eq!(content, Content { head: head(), size });
        let (other, kept) = (MemoryStore::default(), MemoryBlobs::default());
        assert_eq!(restore(&*bytes, &other, &kept).await.unwrap(), content);
        assert_eq!(dumps::dumped(&other).await, rows);
        for hash in rows.iter().filter_map(StoredRow::blob) {
            let whole = async |blobs: &MemoryBlobs| blobs.read(hash, 0, u32::MAX).await.unwrap();
            assert_eq!(whole(&kept).await, whole(&blobs).await);
        }
        assert!(restore(&*bytes, &other, &kept).await.is_err(), "not into what is there");
    });
}

/// T30: cut off at any byte, an archive is refused, and nothing of it is restored.
#[test]
fn t30_an_archive_that_is_cut_off_is_refused() {
    let whole = small();
    let store = MemoryStore::default();
    let blobs = MemoryBlobs::default();
    for length in 0..whole.len() {
        let cut = &whole[..length];
        let error = checked(cut).unwrap_err();
        let (line, bytes) = (cut.split(|byte| *byte == b'\n').count() as u64, length as u64);
        if line == 1 && matches!(error, ArchiveError::Foreign) {
            continue;
        }
        let place = matches!(error, ArchiveError::CutOff { line: l, bytes: b } if (l, b) == (line, bytes));
        assert!(place, "line {line}, {length} bytes: {error}");
        assert!(block_on(restore(cut, &store, &blobs)).is_err());
    }
    assert_eq!(block_on(dumps::dumped(&store)), []);
    checked(&whole).unwrap();
}

/// T30: with any byte changed, an archive is refused, and nothing of it is restored.
#[test]
fn t30_an_archive_that_was_altered_is_refused() {
    let whole = small();
    let store = MemoryStore::default();
    let blobs = MemoryBlobs::default();
    for at in 0..whole.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut altered = whole.clone();
            altered[at] ^= flip;
            assert!(checked(&altered).is_err(), "byte {at}, bit {flip:x}");
            assert!(block_on(restore(&*altered, &store, &blobs)).is_err(), "byte {at}, bit {flip:x}");
        }
    }
    assert_eq!(block_on(dumps::dumped(&store)), []);
}

/// Errors name the place and what is there.
#[test]
fn errors_name_the_place() {
    let text = String::from_utf8(small()).unwrap();
    let told = |text: &str| checked(text.as_bytes()).unwrap_err().to_string();
    assert!(told("").contains("no backup") && told("{}\n").contains("no backup"));
    let newer = text.replace("\"version\":1,\"product\":\"0.1.0\"", "\"version\":2,\"product\":\"9.8.7\"");
    let said = told(&newer);
    assert!(said.contains("format 2, made by version 9.8.7") && said.contains("up to 1"), "{said}");
    let line = 1 + text.lines().position(|line| line.contains("{\"model\"")).unwrap();
    let byte: usize = text.lines().take(line - 1).map(|line| line.len() + 1).sum();
    let said = told(&text.replace("{\"model\"", "{\"modul\""));
    assert!(said.contains(&format!("line {line}, at byte {byte}: unknown variant `modul`")), "{said}");
    assert!(said.contains("made by version 0.1.0"), "{said}");
    let said = told(&text.replace("\nimage\n", "\nimagf\n"));
    assert!(said.contains("the image before this line is not what its hash says"), "{said}");
    let said = told(&text.replace("Model 1", "Model 2"));
    let last = text.lines().count();
    assert!(said.contains(&format!("in its last line, line {last}, is not that")), "{said}");
    let said = told(&(text.clone() + "\n"));
    assert!(said.contains(&format!("line {}, at byte {}: there is something behind", last + 1, text.len())));
    let without: String = text.split_inclusive('\n').filter(|line| !line.contains("blob")).collect();
    assert!(told(&without).contains("damaged"), "{}", told(&without));
}

/// A blob that rows refer to and that is not there is no backup.
#[test]
fn a_missing_image_is_named() {
    block_on(async {
        let (store, blobs) = filled(&[vec![1]]).await;
        let hash = put(&blobs, vec![1]).await;
        blobs.delete(hash).await.unwrap();
        let dump = store.dump().await.unwrap();
        let error = write(dump, &blobs, &head(), Vec::new()).await.unwrap_err();
        assert!(error.to_string().contains(&hash.to_string()), "{error}");
    });
}

/// A30: every sealed value is shown, and the key of fingerprints is recognised without being told.
#[test]
fn a30_the_keys_that_it_takes_are_known_beforehand() {
    let (store, blobs) = block_on(filled(&[]));
    let bytes = block_on(archive(&store, &blobs));
    let mut shown = 0;
    let content = check(&*bytes, |sealed| {
        assert_eq!(sealed.as_bytes()[..3], [0, 0xff, 0xfe]);
        shown += 1;
    })
    .unwrap();
    assert!(shown > 10, "{shown}");
    assert!(content.head.fits(&MemoryVault::default()));
    let other: crate::vault::KeyVault =
        crate::vault::KeyFile::generate(&ipp_core::entropy::SeededEntropy::new(1)).into();
    assert!(!content.head.fits(&other));
    assert!(Head::new(Timestamp::default(), &other).fits(&other));
}
