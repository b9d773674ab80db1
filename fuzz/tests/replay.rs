//! Replays the corpora: every entry, then inputs near the entries, the same in every run.

#![expect(clippy::unwrap_used, reason = "a test that panics has found a fault")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use ipp_fuzz::{
    TARGETS, Target,
    mutation::{SplitMix64, mutated},
};

/// Inputs near the corpus for each target.
const MUTATIONS: u32 = 2_000;

/// The fewest entries of a corpus, and the largest entry, in bytes.
const MIN_ENTRIES: usize = 5;
const MAX_ENTRY_BYTES: usize = 4 * 1024;

macro_rules! replay {
    ($($target:ident),* $(,)?) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replay! {
    alarm_body, archive, cfg, csv, firmware_header, key_file, mac, option160, placeholder, range, server_config, smart_filter, status_body,
    template_xml, url_path, user_agent,
}

/// A target has a row in the table, a binary, a test and a folder of meaningful entries; and none of
/// these is there without a target.
#[test]
fn every_target_is_whole() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(targets.len(), TARGETS.len(), "names are unique");
    assert_eq!(REPLAYED.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), targets, "tests");
    assert_eq!(names_in("corpus"), targets, "folders of corpora");
    assert_eq!(names_in("fuzz_targets"), targets, "sources of binaries");
    for target in &targets {
        let entries = corpus(target);
        assert!(entries.len() >= MIN_ENTRIES, "the corpus of {target} has {} entries", entries.len());
        for (path, bytes) in entries {
            assert!(bytes.len() <= MAX_ENTRY_BYTES, "{} has {} bytes", path.display(), bytes.len());
        }
        let source = fs::read_to_string(folder("fuzz_targets").join(format!("{target}.rs"))).unwrap();
        assert!(source.contains(&format!("ipp_fuzz::binary!({target});")), "{target}.rs runs another target");
    }
}

/// The manifest has one binary for each target, which is left alone by everything but `cargo fuzz`
/// and a build with all features.
#[test]
fn the_manifest_names_every_target() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(folder("Cargo.toml")).unwrap()).unwrap();
    let binaries = manifest["bin"].as_array().unwrap();
    let expected: Vec<toml::Table> = binaries
        .iter()
        .map(|binary| {
            let name = binary["name"].as_str().unwrap();
            let text = format!(
                "name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\nrequired-features = [\"libfuzzer\"]\n\
                 test = false\nbench = false\ndoc = false\n"
            );
            toml::from_str(&text).unwrap()
        })
        .collect();
    let binaries: Vec<toml::Table> =
        binaries.iter().map(|binary| binary.as_table().unwrap().clone()).collect();
    assert_eq!(binaries, expected);
    let names: BTreeSet<&str> = binaries.iter().map(|binary| binary["name"].as_str().unwrap()).collect();
    assert_eq!(names, TARGETS.iter().map(|target| target.name).collect());
    assert_eq!(names.len(), binaries.len());
}

#[test]
fn mutations_repeat_and_differ() {
    let corpus = vec![b"abcdef".to_vec(), Vec::new()];
    let inputs = |seed| -> Vec<_> {
        let mut random = SplitMix64::new(seed);
        (0..200).map(|_| mutated(&corpus, &mut random)).collect()
    };
    assert_eq!(inputs(1), inputs(1));
    assert_ne!(inputs(1), inputs(2));
    assert!(inputs(1).iter().collect::<BTreeSet<_>>().len() > 100);
    let mut random = SplitMix64::new(1);
    assert!(mutated(&[], &mut random).len() < 1_000, "an empty corpus gives inputs too");
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let entries = corpus(name);
    for (path, bytes) in &entries {
        run(target, bytes, &path.display().to_string());
    }
    let seeds: Vec<Vec<u8>> = entries.into_iter().map(|(_, bytes)| bytes).collect();
    // Another row of inputs for each target, so that they do not all change the same places.
    let mut random =
        SplitMix64::new(name.bytes().fold(0_u64, |seed, byte| seed.rotate_left(8) ^ u64::from(byte)));
    for number in 0..MUTATIONS {
        run(target, &mutated(&seeds, &mut random), &format!("mutation {number}"));
    }
}

fn run(target: &Target, input: &[u8], what: &str) {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    assert!(outcome.is_ok(), "{}: {what} breaks a law: b\"{}\"", target.name, input.escape_ascii());
}

/// The entries of a corpus, sorted by path.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder("corpus").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// The names in a folder, without extension.
fn names_in(name: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(name)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
