//! What differs between two files, as administrators read them: line by line, each known by its key.
//!
//! Secrets are compared behind their masks. That one differs is said; neither of both is in a
//! difference.

use std::{collections::HashMap, ops::Range};

use super::shown::{ShownFile, ShownLine};
use crate::digest::ContentHash;

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineChange {
    /// The second file has this line.
    Added(String),
    /// The first file has this line.
    Removed(String),
    /// Both have a line with this key, and another value.
    Changed {
        /// The line in the first file.
        before: String,
        /// The line in the second file.
        after: String,
        /// Whether a secret in it differs, which both lines show as a mask.
        secret: bool,
    },
}

/// What differs between two files, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Each behind so many lines of the first file.
    changes: Vec<(usize, LineChange)>,
}

impl LineChange {
    /// What the line is about: what stands before `=`, or the whole line.
    pub fn key(&self) -> &str {
        let (Self::Added(line) | Self::Removed(line) | Self::Changed { before: line, .. }) = self;
        line.split_once('=').map_or(line.as_str(), |(key, _)| key).trim()
    }
}

impl Diff {
    /// What makes `after` of `before`; empty exactly where they are the same file.
    pub fn of(before: &ShownFile<'_>, after: &ShownFile<'_>) -> Self {
        if before == after {
            return Self::default();
        }
        let (before, after) = (before.lines(), after.lines());
        let mut diff = Self::default();
        let (mut i, mut j) = (0, 0);
        let end = (before.len(), after.len());
        for (next_i, next_j) in aligned(&before, &after).into_iter().chain([end]) {
            diff.changes
                .extend((i..next_i).map(|at| (at, LineChange::Removed(before[at].text().to_owned()))));
            let added = after[j..next_j].iter().map(|line| LineChange::Added(line.text().to_owned()));
            diff.changes.extend(added.map(|added| (next_i, added)));
            if let (Some(one), Some(other)) = (before.get(next_i), after.get(next_j))
                && !one.is(*other)
            {
                let change = LineChange::Changed {
                    before: one.text().to_owned(),
                    after: other.text().to_owned(),
                    secret: !one.hides_the_same(*other),
                };
                diff.changes.push((next_i, change));
            }
            (i, j) = (next_i + 1, next_j + 1);
        }
        diff
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What differs, in the order of the files.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = &LineChange> {
        self.changes.iter().map(|(_, change)| change)
    }

    /// The same, to be kept.
    pub fn into_changes(self) -> impl ExactSizeIterator<Item = LineChange> {
        self.changes.into_iter().map(|(_, change)| change)
    }

    /// The hash of what differs, wherever in the files it stands: phones whose files have other lines
    /// around it differ in the same way.
    pub fn hash(&self) -> ContentHash {
        let mut bytes = Vec::new();
        let mut field = |text: &str| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        for change in self.changes() {
            match change {
                LineChange::Added(line) => ["+", line].into_iter().for_each(&mut field),
                LineChange::Removed(line) => ["-", line].into_iter().for_each(&mut field),
                LineChange::Changed { before, after, secret } => {
                    let kind = if *secret { "*" } else { "=" };
                    [kind, before, after].into_iter().for_each(&mut field);
                }
            }
        }
        ContentHash::of(&bytes)
    }

    /// The second file as it is shown, made of the first one. `None` where this is the difference of
    /// another file.
    pub fn apply(&self, before: &str) -> Option<String> {
        let mut lines = before.lines();
        let (mut out, mut at) = (String::with_capacity(before.len()), 0);
        let mut push = |line: &str| {
            out.push_str(line);
            out.push('\n');
        };
        for (behind, change) in &self.changes {
            while at < *behind {
                push(lines.next()?);
                at += 1;
            }
            match change {
                LineChange::Added(line) => push(line),
                LineChange::Removed(line) => {
                    lines.next().filter(|there| there == line)?;
                    at += 1;
                }
                LineChange::Changed { before, after, secret: _ } => {
                    lines.next().filter(|there| there == before)?;
                    at += 1;
                    push(after);
                }
            }
        }
        lines.for_each(push);
        Some(out)
    }
}

type Pairs = Vec<(usize, usize)>;
type Ranges = (Range<usize>, Range<usize>);

/// The lines of both files that are the same line: pairs of positions, growing in both. Lines whose key
/// stands once in each file are paired first, and hold those around them in their places.
fn aligned(before: &[ShownLine<'_>], after: &[ShownLine<'_>]) -> Pairs {
    let (head, tail, rest) = same_ends(before, after, (0..before.len(), 0..after.len()));
    let mut pairs: Pairs = (0..head).map(|at| (at, at)).collect();
    let (mut i, mut j) = (rest.0.start, rest.1.start);
    for (next_i, next_j) in growing(&unique(before, after, &rest)) {
        gap(before, after, (i..next_i, j..next_j), &mut pairs);
        pairs.push((next_i, next_j));
        (i, j) = (next_i + 1, next_j + 1);
    }
    gap(before, after, (i..rest.0.end, j..rest.1.end), &mut pairs);
    pairs.extend((0..tail).map(|at| (rest.0.end + at, rest.1.end + at)));
    pairs
}

/// Pairs the lines between two anchors: equal ones at both ends, then the first of a key with the first,
/// the second with the second.
fn gap(before: &[ShownLine<'_>], after: &[ShownLine<'_>], within: Ranges, pairs: &mut Pairs) {
    if within.0.is_empty() || within.1.is_empty() {
        return;
    }
    let (starts, (head, tail, rest)) = ((within.0.start, within.1.start), same_ends(before, after, within));
    pairs.extend((0..head).map(|at| (starts.0 + at, starts.1 + at)));
    let there: HashMap<(&str, usize), usize> = numbered(after, rest.1.clone()).collect();
    let found = numbered(before, rest.0.clone()).filter_map(|(key, at)| Some((at, *there.get(&key)?)));
    pairs.extend(growing(&found.collect::<Pairs>()));
    pairs.extend((0..tail).map(|at| (rest.0.end + at, rest.1.end + at)));
}

/// Each line by its key and how often that came before, with its position.
fn numbered<'f>(
    lines: &[ShownLine<'f>],
    range: Range<usize>,
) -> impl Iterator<Item = ((&'f str, usize), usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    range.map(move |at| {
        let key = lines[at].key();
        let count = counts.entry(key).or_default();
        *count += 1;
        ((key, *count), at)
    })
}

/// How many lines are the same at the beginning and at the end, and what is between.
fn same_ends(before: &[ShownLine<'_>], after: &[ShownLine<'_>], (a, b): Ranges) -> (usize, usize, Ranges) {
    let most = a.len().min(b.len());
    let head = (0..most).take_while(|at| before[a.start + at].is(after[b.start + at])).count();
    let tail = (1..=most - head).take_while(|at| before[a.end - at].is(after[b.end - at])).count();
    (head, tail, (a.start + head..a.end - tail, b.start + head..b.end - tail))
}

/// The lines whose key stands once in each of both ranges.
fn unique(before: &[ShownLine<'_>], after: &[ShownLine<'_>], (a, b): &Ranges) -> Pairs {
    let (in_before, in_after) = (once(before, a.clone()), once(after, b.clone()));
    let pair = |at: usize| {
        let key = before[at].key();
        in_before.get(key).copied().flatten()?;
        Some((at, in_after.get(key).copied().flatten()?))
    };
    a.clone().filter_map(pair).collect()
}

/// Where each key stands; `None` where it stands several times.
fn once<'f>(lines: &[ShownLine<'f>], range: Range<usize>) -> HashMap<&'f str, Option<usize>> {
    let mut places = HashMap::new();
    for at in range {
        places.entry(lines[at].key()).and_modify(|place| *place = None).or_insert(Some(at));
    }
    places
}

/// The longest part of the pairs, which grow in their first numbers, that grows in the second too.
fn growing(pairs: &[(usize, usize)]) -> Pairs {
    // For each length, the pair that ends a part of that length with the smallest second number.
    let mut ends: Vec<usize> = Vec::new();
    let mut former: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, j)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *j);
        former.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut longest = Vec::with_capacity(ends.len());
    let mut last = ends.last().copied();
    while let Some(at) = last {
        longest.push(pairs[at]);
        last = former[at];
    }
    longest.reverse();
    longest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cfg::MASK;

    fn diff(before: &str, after: &str) -> Vec<String> {
        let (before, after) = (ShownFile::plain(before.to_owned()), ShownFile::plain(after.to_owned()));
        let told = |change: &LineChange| match change {
            LineChange::Added(line) => format!("+{line}"),
            LineChange::Removed(line) => format!("-{line}"),
            LineChange::Changed { before, after, secret: false } => format!("{before} > {after}"),
            LineChange::Changed { before, after, secret: true } => format!("{before} * {after}"),
        };
        Diff::of(&before, &after).changes().map(told).collect()
    }

    /// What administrators would say of two files.
    #[test]
    fn differences_read_by_key() {
        for (before, after, expected) in [
            ("a=1\nb=2\n", "a=1\nb=2\n", &[][..]),
            ("a=1\nb=2\nc=3\n", "a=1\nb=9\nc=3\n", &["b=2 > b=9"]),
            ("a=1\nb=2\n", "a=1\nx=0\nb=2\n", &["+x=0"]),
            ("a=1\nx=0\nb=2\n", "a=1\nb=2\n", &["-x=0"]),
            (
                "include g.cfg\na=1\n",
                "include h.cfg\na=2\n",
                &["-include g.cfg", "+include h.cfg", "a=1 > a=2"],
            ),
            // A line that moved stands elsewhere: the last one of a key wins on a phone.
            ("a=1\nb=2\nc=3\n", "b=2\nc=3\na=1\n", &["-a=1", "+a=1"]),
            ("a=1\na=2\n", "a=2\n", &["-a=1"]),
            ("a=1\n\nb=1\n\nc=1\n", "\na=1\n\nb=2\n\nc=1\n", &["+", "b=1 > b=2"]),
            ("", "a=1\n", &["+a=1"]),
            ("a=1\n", "", &["-a=1"]),
            ("a=1\n", "a =1\n", &["a=1 > a =1"]),
        ] {
            assert_eq!(diff(before, after), expected, "{before:?} > {after:?}");
        }
    }

    /// Phones whose files have other lines around it differ in the same way.
    #[test]
    fn the_hash_is_of_what_differs_alone() {
        let hash = |before: &str, after: &str| {
            let file = |text: &str| ShownFile::plain(text.to_owned());
            Diff::of(&file(before), &file(after)).hash()
        };
        assert_eq!(hash("a=1\nb=2", "a=1\nb=3"), hash("x=7\nb=2\ny=8", "x=7\nb=3\ny=8"));
        assert_ne!(hash("b=2", "b=3"), hash("b=3", "b=2"));
        assert_ne!(hash("b=2", ""), hash("", "b=2"));
    }

    /// A file with secrets behind its masks, and the secrets that are in it.
    fn file() -> impl Strategy<Value = Vec<(u8, u8, Option<u8>)>> {
        prop::collection::vec((0_u8..6, 0_u8..3, prop::option::weighted(0.3, 0_u8..3)), 0..24)
    }

    fn secrets() -> Vec<String> {
        (0..3).map(|number| if number == 0 { String::new() } else { format!("hush-{number}") }).collect()
    }

    fn shown<'a>(lines: &[(u8, u8, Option<u8>)], secrets: &'a [String]) -> ShownFile<'a> {
        let mut file = ShownFile::default();
        for (key, value, secret) in lines {
            match secret {
                None if *key == 5 => file.push(&format!("comment {value}\n")),
                None => file.push(&format!("key{key}=v{value}\n")),
                Some(secret) => {
                    file.push(&format!("key{key}=x"));
                    file.hide(&secrets[usize::from(*secret)], MASK);
                    file.push("\n");
                }
            }
        }
        file
    }

    /// What a phone gets.
    fn real(lines: &[(u8, u8, Option<u8>)], secrets: &[String]) -> String {
        let line = |(key, value, secret): &(u8, u8, Option<u8>)| match secret {
            None if *key == 5 => format!("comment {value}\n"),
            None => format!("key{key}=v{value}\n"),
            Some(secret) => format!("key{key}=x{}\n", secrets[usize::from(*secret)]),
        };
        lines.iter().map(line).collect()
    }

    proptest! {
        /// Laws: nothing differs exactly where the files are the same, behind the masks too; what differs
        /// makes the second file of the first; each change is of one key; no secret is in it.
        #[test]
        fn laws(before in file(), after in file(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4), 0..4)) {
            let secrets = secrets();
            // As different as it gets, and files of which one is an edit of the other.
            let mut edited = before.clone();
            for (at, kind) in edits {
                if edited.is_empty() { break }
                let at = at.index(edited.len());
                match kind {
                    0 => drop(edited.remove(at)),
                    1 => edited.insert(at, (4, 1, None)),
                    2 => edited[at].1 = (edited[at].1 + 1) % 3,
                    _ => edited[at].2 = Some(edited[at].2.map_or(1, |secret| (secret + 1) % 3)),
                }
            }
            for after in [&after, &edited] {
                let (one, other) = (shown(&before, &secrets), shown(after, &secrets));
                let diff = Diff::of(&one, &other);
                prop_assert_eq!(diff.is_empty(), real(&before, &secrets) == real(after, &secrets));
                prop_assert_eq!(diff.apply(one.text()), Some(other.text().to_owned()));
                let told = format!("{diff:?}");
                prop_assert!(!told.contains("hush"), "{}", told);
                for change in diff.changes() {
                    if let LineChange::Changed { before, after, secret } = change {
                        let other = LineChange::Added(after.clone());
                        prop_assert_eq!(change.key(), other.key());
                        prop_assert!(before != after || *secret);
                    }
                }
                prop_assert!(Diff::of(&one, &one.clone()).is_empty());
                prop_assert!(diff.changes().len() <= before.len() + after.len());
            }
        }
    }
}
