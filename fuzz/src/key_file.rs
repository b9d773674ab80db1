//! The file of the vault's keys.

use std::sync::Arc;

use ipp_core::{
    entropy::SeededEntropy,
    vault::{SealFor, Vault as _},
};
use ipp_http::vault::{KeyFile, KeyVault};

/// The fewest characters of a word that could be a part of a key.
const SECRET_CHARS: usize = 16;

const MINE: SealFor<'static> = SealFor::UserPassword(&[1; 16]);

/// Reads a key file.
///
/// Laws: its text form reads back as the same keys; neither a refusal nor the debug form repeats a
/// key; a rotation keeps every key and the fingerprint, and opens what was sealed before it.
pub fn key_file(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let file = match KeyFile::parse(text) {
        Ok(file) => file,
        Err(error) => return hides(&error.to_string(), text),
    };
    hides(&format!("{file:?}"), text);
    let canonical = file.to_text();
    let again = KeyFile::parse(&canonical).map(|again| again.to_text());
    assert!(again.is_ok_and(|again| again == canonical), "the text form is another file");

    let entropy = SeededEntropy::new(1);
    let before = KeyVault::new(&file, Arc::new(SeededEntropy::new(2)));
    let rotated = file.rotated(&entropy);
    let rotated_text = rotated.to_text();
    let after = KeyVault::new(&rotated, Arc::new(SeededEntropy::new(3)));
    assert_eq!(lines(&rotated_text, "former "), 1 + lines(&canonical, "former "));
    for line in canonical.lines().filter(|line| !line.starts_with('#')) {
        let kept = line.replacen("seal ", "former ", 1);
        assert!(rotated_text.contains(&kept), "a key is lost");
    }
    let sealed = before.seal(MINE, b"secret");
    let opened = sealed.and_then(|sealed| after.open(MINE, &sealed));
    assert!(opened.is_ok_and(|plain| *plain == b"secret"), "a rotation loses what was sealed");
}

fn lines(text: &str, start: &str) -> usize {
    text.lines().filter(|line| line.starts_with(start)).count()
}

fn hides(shown: &str, text: &str) {
    let mut words = text.split_whitespace().filter(|word| word.chars().count() >= SECRET_CHARS);
    assert!(!words.any(|word| shown.contains(word)), "a key is shown");
    assert!(!shown.contains('\n') && shown.len() <= 256 + 24 * text.lines().count());
}
