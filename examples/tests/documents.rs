//! What the sources cite stands in the documents: ids of docs/requirements.md and of docs/rules.md.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What looks like the id of a requirement and is none.
const OTHER_NAMES: [&str; 2] = ["SHA", "UTF"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The ids in the first column of a document's tables.
fn ids_of(document: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let first = |row: &str| Some(row.strip_prefix("| ")?.split_once(" |")?.0.to_owned());
    let mut ids = BTreeSet::new();
    for id in text.lines().filter_map(first).filter(|id| is_rule(id) || requirement(id).is_some()) {
        assert!(ids.insert(id.clone()), "{document} has {id} twice");
    }
    ids
}

/// All Rust files of the repository.
fn sources() -> Vec<(PathBuf, String)> {
    let (mut folders, mut files) = (vec![root()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files
}

/// Whether a word is the id of a rule: the letter of its group and a number.
fn is_rule(word: &str) -> bool {
    let number = word.strip_prefix(['A', 'C', 'H', 'L', 'T']).unwrap_or_default();
    (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The area of a word that has the form of a requirement's id, such as `DEV-20`.
fn requirement(word: &str) -> Option<&str> {
    let (area, number) = word.split_once('-')?;
    let named = (2..=4).contains(&area.len()) && area.bytes().all(|byte| byte.is_ascii_uppercase());
    let numbered = (2..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (named && numbered && !OTHER_NAMES.contains(&area)).then_some(area)
}

/// The ids that a line cites. A requirement's id is one anywhere; a rule's is short enough to occur in
/// code by chance, so it counts in comments and at the beginning of a message.
fn cited(line: &str) -> Vec<&str> {
    let code = !line.trim_start().starts_with("//");
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let mut ids: Vec<&str> =
        words.filter(|word| requirement(word).is_some() || (!code && is_rule(word))).collect();
    if code {
        let messages = line.split('"').skip(1).step_by(2).filter_map(|text| text.split_once([':', ',']));
        ids.extend(messages.map(|(first, _)| first).filter(|first| is_rule(first)));
    }
    ids
}

/// The id in the name of a test, such as `dev_20_…` or `c17_…`, as the documents write it.
fn in_name(line: &str, areas: &BTreeSet<&str>) -> Option<String> {
    let name = line.trim_start().trim_start_matches("async ").strip_prefix("fn ")?.split('(').next()?;
    let mut words = name.split('_').map(str::to_ascii_uppercase);
    let (first, second) = (words.next()?, words.next()?);
    if is_rule(&first) {
        return Some(first);
    }
    let id = format!("{first}-{second}");
    requirement(&id).is_some_and(|area| areas.contains(area)).then_some(id)
}

#[test]
fn every_id_that_is_cited_exists() {
    let (requirements, rules) = (ids_of("requirements.md"), ids_of("rules.md"));
    let areas: BTreeSet<&str> = requirements.iter().filter_map(|id| requirement(id)).collect();
    assert!(requirements.len() > 600 && rules.len() > 100, "the documents were read");
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        for (number, line) in (1..).zip(text.lines()) {
            let of_name = in_name(line, &areas);
            for id in cited(line).into_iter().chain(of_name.as_deref()) {
                let known = requirements.contains(id) || rules.contains(id);
                assert!(known, "{}:{number} cites {id}, which no document has", path.display());
                found.insert(id.to_owned());
            }
        }
    }
    let of_rules = found.intersection(&rules).count();
    assert!(of_rules > 30 && found.len() - of_rules > 150, "citations were found: {found:?}");
}

#[test]
fn ids_are_told_from_other_words() {
    assert_eq!(cited("/// DEV-20, C17 and T10: as SHA-256 says"), ["DEV-20", "C17", "T10"]);
    assert_eq!(cited(r#"url("http://s/v%C3%BDchod/tenant/T1/x"); // APR-03"#), ["APR-03"]);
    assert_eq!(cited(r#"assert!(x, "C12: no error");"#), ["C12"]);
    let areas = BTreeSet::from(["SYS"]);
    assert_eq!(in_name("    async fn sys_10_two_hours() {", &areas).as_deref(), Some("SYS-10"));
    assert_eq!(in_name("fn a12_no_value(a: u8) {", &areas).as_deref(), Some("A12"));
    assert_eq!(in_name("fn utf_16_is_read() {", &areas), None);
    assert_eq!(in_name("fn sys_tables() {", &areas), None);
}

/// LOG-07: the actions that the web-admin log calls severe are actions that something notes.
#[test]
fn log_07_severe_actions_are_noted_somewhere() {
    let sources = sources();
    for action in ipp_core::log::web_admin::WARNINGS {
        let word = format!("\"{action}\"");
        let noted =
            |path: &Path| !path.ends_with("web_admin.rs") && !path.to_string_lossy().contains("tests");
        let somewhere = sources.iter().any(|(path, text)| noted(path) && text.contains(&word));
        let here = action == ipp_core::log::web_admin::LOGIN_REFUSED;
        assert!(somewhere || here, "nothing notes {action}");
    }
}

/// The published contract of the REST API is the one that is served. `ipp-server openapi` prints it.
#[test]
fn the_openapi_document_is_as_published() {
    let published = include_str!("../../docs/openapi.json");
    let served = ipp_http::admin::openapi::text();
    let differs = published.lines().zip(served.lines()).position(|(one, other)| one != other);
    assert_eq!(published.trim_end(), served, "first difference in line {:?}", differs.map(|line| line + 1));
}
