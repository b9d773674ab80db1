//! Keys and locks of a data folder.

use std::os::unix::fs::PermissionsExt as _;

use ipp_core::{entropy::SeededEntropy, vault::SealFor};

use super::*;

fn entropy(seed: u64) -> Arc<dyn Entropy> {
    Arc::new(SeededEntropy::new(seed))
}

#[test]
fn keys_are_made_once_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let open = || DataFolder::open(&data, entropy(1));
    let first = open().unwrap();
    let keys = fs::read_to_string(data.join(KEYS)).unwrap();
    let second = open().unwrap();
    assert_eq!(fs::read_to_string(data.join(KEYS)).unwrap(), keys);
    assert_eq!(fs::metadata(data.join(KEYS)).unwrap().permissions().mode() & 0o777, 0o600);
    let whose = SealFor::Named("x");
    let sealed = first.vault().seal(whose, b"secret").unwrap();
    assert_eq!(*second.vault().open(whose, &sealed).unwrap(), b"secret");
}

#[test]
fn a_lost_key_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ipp.sqlite"), b"").unwrap();
    for error in [
        DataFolder::open(folder.path(), entropy(1)).unwrap_err(),
        DataFolder::existing(folder.path(), entropy(1), Hold::Alone).unwrap_err(),
    ] {
        assert!(matches!(error, DataError::KeysLost(_)), "{error}");
    }
}

/// What has to be alone waits for nobody and lets nobody in.
#[tokio::test]
async fn a_folder_is_held_alone_or_by_many() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (
        DataFolder::open(folder.path(), entropy(1)).unwrap(),
        DataFolder::open(folder.path(), entropy(1)).unwrap(),
    );
    drop(one.store().await.unwrap());
    let alone = || DataFolder::existing(folder.path(), entropy(1), Hold::Alone);
    drop(one);
    assert!(matches!(alone().unwrap_err(), DataError::InUse(_)));
    drop(other);
    let held = alone().unwrap();
    assert!(matches!(DataFolder::open(folder.path(), entropy(1)).unwrap_err(), DataError::Held(_)));
    drop(held);
    DataFolder::open(folder.path(), entropy(1)).unwrap();
}

/// A30: a backup is opened with the keys of its installation, and with no others.
#[test]
fn a_folder_for_a_backup_takes_the_keys_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (data, given) = (folder.path().join("data"), folder.path().join("given"));
    let open = |given: Option<&Path>| DataFolder::for_backup(&data, given, entropy(1));
    assert!(matches!(open(None).unwrap_err(), DataError::NoKeys(_)));
    assert!(matches!(open(Some(&given)).unwrap_err(), DataError::Access { .. }));
    fs::write(&given, &**KeyFile::generate(&SeededEntropy::new(7)).to_text()).unwrap();
    let opened = open(Some(&given)).unwrap();
    assert!(!data.join(KEYS).exists(), "nothing is written before everything was checked");
    opened.keep_keys().unwrap();
    drop(opened);
    assert_eq!(fs::read(data.join(KEYS)).unwrap(), fs::read(&given).unwrap());
    open(None).unwrap();
    open(Some(&given)).unwrap();
    fs::write(&given, &**KeyFile::generate(&SeededEntropy::new(8)).to_text()).unwrap();
    assert!(matches!(open(Some(&given)).unwrap_err(), DataError::OtherKeys(_)));
}
