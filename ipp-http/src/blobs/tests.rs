use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

fn empty() -> (DirectoryBlobs, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (DirectoryBlobs::open(directory.path().join("blobs")).unwrap(), directory)
}

async fn put(blobs: &DirectoryBlobs, content: &[u8]) -> ContentHash {
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    for piece in content.chunks(100_000) {
        upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    let (hash, length) = upload.finish().await.unwrap();
    assert_eq!((hash, length), (ContentHash::of(content), content.len() as u64));
    hash
}

/// Every file below the root, `incoming` included.
fn files(blobs: &DirectoryBlobs) -> Vec<PathBuf> {
    let directories = fs::read_dir(&*blobs.root).unwrap().map(|entry| entry.unwrap().path());
    let files = directories.flat_map(|directory| fs::read_dir(directory).unwrap());
    files.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn a_blob_is_read_back_by_offset() {
    let (blobs, _guard) = empty();
    let content: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
    let hash = put(&blobs, &content).await;
    assert_eq!(blobs.length(hash).await.unwrap(), Some(2_800_000));
    assert_eq!(blobs.read(hash, 1_000_001, 5).await.unwrap().unwrap(), content[1_000_001..1_000_006]);
    assert_eq!(blobs.read(hash, 2_799_998, 5).await.unwrap().unwrap(), content[2_799_998..]);
    assert_eq!(blobs.read(hash, 9_000_000, 5).await.unwrap().unwrap(), b""[..]);

    let empty = put(&blobs, b"").await;
    assert_eq!(blobs.length(empty).await.unwrap(), Some(0));
    assert_eq!(blobs.read(empty, 0, 5).await.unwrap().unwrap(), b""[..]);

    blobs.delete(hash).await.unwrap();
    blobs.delete(hash).await.unwrap();
    assert_eq!(blobs.length(hash).await.unwrap(), None);
    assert_eq!(blobs.read(hash, 0, 5).await.unwrap(), None);
}

/// A11, FW-23: a broken upload leaves no file, and neither does one that was dropped between writes.
#[tokio::test]
async fn a_dropped_upload_leaves_nothing() {
    let (blobs, _guard) = empty();
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    upload.write(vec![1; 2 * 1024 * 1024].into()).await.unwrap();
    assert_eq!(files(&blobs).len(), 1);
    drop(upload);
    assert_eq!(files(&blobs), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_upload_abandoned_in_the_middle_of_a_write_cannot_be_finished() {
    let (blobs, _guard) = empty();
    let mut upload = blobs.begin(u64::MAX).await.unwrap();
    tokio::select! {
        biased;
        _ = upload.write(vec![1; 4 * 1024 * 1024].into()) => panic!("a write takes a blocking thread"),
        () = std::future::ready(()) => {}
    }
    assert!(matches!(upload.finish().await, Err(BlobError::Storage(_))));
    assert_eq!(files(&blobs), Vec::<PathBuf>::new());
}

/// FW-23: the limit holds while streaming.
#[tokio::test]
async fn an_upload_over_the_limit_is_refused_at_the_byte_that_is_too_many() {
    let (blobs, _guard) = empty();
    let mut upload = blobs.begin(4).await.unwrap();
    upload.write("1234".into()).await.unwrap();
    assert!(matches!(upload.write("5".into()).await, Err(BlobError::TooLarge { limit: 4 })));
    assert_eq!(files(&blobs), Vec::<PathBuf>::new());
    assert!(matches!(upload.finish().await, Err(BlobError::Storage(_))));

    let mut upload = blobs.begin(4).await.unwrap();
    upload.write("1234".into()).await.unwrap();
    assert_eq!(upload.finish().await.unwrap().1, 4);
}

#[tokio::test]
async fn the_same_content_at_once_is_one_blob() {
    let (blobs, _guard) = empty();
    let content = vec![7; 600_000];
    let (one, two) = tokio::join!(put(&blobs, &content), put(&blobs, &content));
    assert_eq!(one, two);
    assert_eq!(files(&blobs), [place(&blobs.root, ContentHash::of(&content))]);
}

#[tokio::test]
async fn leftovers_are_removed_at_open_and_running_uploads_stay() {
    let (blobs, _guard) = empty();
    let mut running = blobs.begin(u64::MAX).await.unwrap();
    running.write("still coming".into()).await.unwrap();
    fs::write(blobs.root.join(INCOMING).join("leftover"), "half").unwrap();

    let again = DirectoryBlobs::open(&*blobs.root).unwrap();
    assert_eq!(files(&again).len(), 1);
    let (hash, _) = running.finish().await.unwrap();
    assert_eq!(again.read(hash, 0, 100).await.unwrap().unwrap(), b"still coming"[..]);
}

/// A6: what a blob holds is checked before it is served for the first time.
#[tokio::test]
async fn a_truncated_or_altered_file_is_an_error_and_never_a_short_answer() {
    let (blobs, _guard) = empty();
    let hash = put(&blobs, b"a firmware image").await;
    let path = place(&blobs.root, hash);
    assert!(blobs.read(hash, 0, 4).await.unwrap().is_some());

    let write = |content: &str| fs::write(&path, content).unwrap();
    write("a firm");
    for _ in 0..2 {
        let error = blobs.read(hash, 0, 100).await.unwrap_err().to_string();
        assert!(error.contains("upload it again"), "{error}");
        assert!(blobs.length(hash).await.is_err());
    }

    for content in ["a firm", "a firmware imagf"] {
        write(content);
        let fresh = DirectoryBlobs::open(&*blobs.root).unwrap();
        for _ in 0..2 {
            assert!(fresh.read(hash, 0, 4).await.is_err());
        }
        assert!(fresh.length(hash).await.is_err());
    }
    assert_eq!(put(&blobs, b"a firmware image").await, hash);
    assert_eq!(blobs.read(hash, 0, 100).await.unwrap().unwrap(), b"a firmware image"[..]);
}

/// A damaged image is read through once, not once for each phone that asks; when it is replaced, it is
/// checked again.
#[tokio::test]
async fn what_was_checked_is_remembered_until_the_file_changes() {
    let (blobs, _guard) = empty();
    let hash = put(&blobs, b"a firmware image").await;
    let path = place(&blobs.root, hash);
    let then = fs::metadata(&path).unwrap().modified().unwrap();
    // The time is set, because two writes may fall into one tick of the file system.
    let write = |content: &str, second: u64| {
        fs::write(&path, content).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(then + std::time::Duration::from_secs(second)).unwrap();
    };
    assert!(blobs.read(hash, 0, 4).await.unwrap().is_some());
    write("a firmware imagf", 1);
    assert!(blobs.read(hash, 0, 4).await.is_err());
    write("a firmware image", 1);
    assert!(blobs.read(hash, 0, 4).await.is_err());
    write("a firmware image", 2);
    assert!(blobs.read(hash, 0, 4).await.unwrap().is_some());
}

#[tokio::test]
async fn a_blob_deleted_by_another_process_is_gone_here_too() {
    let (blobs, _guard) = empty();
    let hash = put(&blobs, b"a firmware image").await;
    assert!(blobs.read(hash, 0, 4).await.unwrap().is_some());
    DirectoryBlobs::open(&*blobs.root).unwrap().delete(hash).await.unwrap();
    assert_eq!(blobs.read(hash, 0, 4).await.unwrap(), None);
    assert_eq!(blobs.length(hash).await.unwrap(), None);
}

#[tokio::test]
async fn only_as_many_files_stay_open_as_allowed() {
    let (blobs, _guard) = empty();
    let mut hashes = Vec::new();
    for number in 0..70_u8 {
        hashes.push(put(&blobs, &[number; 3]).await);
    }
    for _ in 0..2 {
        for (number, hash) in (0..).zip(&hashes) {
            assert_eq!(blobs.read(*hash, 0, 3).await.unwrap().unwrap(), [number; 3][..]);
        }
    }
    assert!(format!("{:?}", blobs.files).matches("File {").count() <= 64);
}

#[tokio::test]
async fn errors_say_what_to_do() {
    for (kind, advice) in [
        (io::ErrorKind::StorageFull, "free some disk space"),
        (io::ErrorKind::PermissionDenied, "read and write access"),
        (io::ErrorKind::QuotaExceeded, "quota"),
        (io::ErrorKind::ReadOnlyFilesystem, "read-write"),
    ] {
        let error = storage("write", Path::new("blobs/incoming/0"), &kind.into()).to_string();
        assert!(error.contains("cannot write blobs/incoming/0") && error.contains(advice), "{error}");
    }
    let (blobs, guard) = empty();
    fs::remove_dir_all(guard.path()).unwrap();
    assert!(blobs.begin(1).await.is_err());
    fs::write(guard.path(), "a file where the folder should be").unwrap();
    assert!(DirectoryBlobs::open(guard.path()).is_err());
}

#[tokio::test]
async fn blobs_are_readable_for_the_server_only() {
    let (blobs, _guard) = empty();
    let hash = put(&blobs, b"sealed").await;
    let mode = fs::metadata(place(&blobs.root, hash)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// What is there is told, other files of the directory are not, and what was uploaded again has another stamp.
#[tokio::test]
async fn what_was_uploaded_again_is_not_removed() {
    let (blobs, _guard) = empty();
    assert!(blobs.all().await.unwrap().is_empty());
    let (first, second) = (put(&blobs, b"first").await, put(&blobs, b"second").await);
    fs::write(blobs.root.join("notes.txt"), "mine").unwrap();
    fs::write(blobs.root.join("ab"), "mine").unwrap();
    let upload = blobs.begin(u64::MAX).await.unwrap();
    let before: std::collections::BTreeMap<_, _> = blobs.all().await.unwrap().into_iter().collect();
    assert_eq!(before.keys().copied().collect::<Vec<_>>(), {
        let mut both = vec![first, second];
        both.sort_unstable();
        both
    });
    drop(upload);

    put(&blobs, b"first").await;
    assert!(!blobs.delete_unchanged(first, before[&first]).await.unwrap(), "it was uploaded again");
    assert_eq!(blobs.length(first).await.unwrap(), Some(5));
    assert!(blobs.delete_unchanged(second, before[&second]).await.unwrap());
    assert!(!blobs.delete_unchanged(second, before[&second]).await.unwrap(), "it is gone");
    assert_eq!(blobs.length(second).await.unwrap(), None);
    assert_eq!(blobs.read(second, 0, 5).await.unwrap(), None);
}

/// A blob that arrives while another process removes its equal is there afterwards, whoever was first.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_at_the_moment_of_the_removal_stays() {
    let (blobs, _guard) = empty();
    let other = DirectoryBlobs::open(&*blobs.root).unwrap();
    for _ in 0..200 {
        let hash = put(&blobs, b"content").await;
        let stamp = other.all().await.unwrap().into_iter().find(|(found, _)| *found == hash).unwrap().1;
        let (removed, _) = tokio::join!(other.delete_unchanged(hash, stamp), put(&blobs, b"content"));
        removed.unwrap();
        assert_eq!(blobs.length(hash).await.unwrap(), Some(7));
    }
}
