//! Phones by what differs in their files, in bounded memory.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    MOST_GROUPS, MOST_REASONS,
    report::{FailingGroup, GroupId, PhoneGroup, PhoneRef, SharedGroup, SharedKind, SharedPlace},
};
use crate::{
    app::AppError,
    digest::ContentHash,
    placeholder::PlaceholderName,
    render::{Diff, LineChange, RenderError},
};

/// How many groups are told apart. Phones that differ in further ways are only counted.
const KEPT: usize = 1_000;
/// How much of the differences of all groups is kept, in bytes.
const KEPT_BYTES: usize = 8 * 1024 * 1024;
/// How much of the difference of one group is kept, in bytes, and in lines.
const OF_ONE: (usize, usize) = (32 * 1024, 500);
/// How many phones, or places, a group names.
const FIRST: usize = 10;

/// How a file differs from the one before it.
#[derive(Debug)]
pub(super) enum Difference {
    /// There was none.
    FirstFile,
    /// In these lines.
    Lines(Diff),
}

/// The groups so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    kept: BTreeMap<GroupId, PhoneGroup>,
    budget: Budget,
    elsewhere: u64,
}

/// The reasons so far.
#[derive(Debug, Default)]
pub(super) struct Failures {
    kept: BTreeMap<String, FailingGroup>,
    elsewhere: u64,
}

/// The shared parts so far.
#[derive(Debug, Default)]
pub(super) struct SharedGroups {
    kept: BTreeMap<(SharedKind, GroupId), SharedGroup>,
    budget: Budget,
    elsewhere: u64,
}

/// How much of differences is kept still.
#[derive(Debug)]
struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(KEPT_BYTES)
    }
}

impl Groups {
    pub(super) fn add(&mut self, difference: Difference, phone: PhoneRef) {
        let (id, room) = (difference.id(), self.kept.len() < KEPT);
        let group = match self.kept.entry(id) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) if room => {
                let first_file = difference.is_first();
                let (changes, more_changes) = self.budget.keep(difference);
                let first = Vec::new();
                place.insert(PhoneGroup { id, first_file, changes, more_changes, phones: 0, first })
            }
            Entry::Vacant(_) => {
                self.elsewhere += 1;
                return;
            }
        };
        count(&mut group.phones, &mut group.first, phone);
    }

    /// The largest groups, and how many phones are in none of them.
    pub(super) fn largest(self, most: usize) -> (Vec<PhoneGroup>, u64) {
        let mut groups: Vec<PhoneGroup> = self.kept.into_values().collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.phones), group.first.first().copied()));
        let rest = groups.split_off(most.min(groups.len()));
        (groups, self.elsewhere + rest.iter().map(|group| group.phones).sum::<u64>())
    }
}

impl Failures {
    pub(super) fn add(&mut self, error: &AppError, phone: PhoneRef) {
        let (reason, room) = (error.to_string(), self.kept.len() < KEPT);
        let group = match self.kept.entry(reason) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) if room => {
                let (line, placeholder) = error.render_error().map_or((None, None), about);
                let (reason, first) = (place.key().clone(), Vec::new());
                place.insert(FailingGroup { reason, line, placeholder, phones: 0, first })
            }
            Entry::Vacant(_) => {
                self.elsewhere += 1;
                return;
            }
        };
        count(&mut group.phones, &mut group.first, phone);
    }

    pub(super) fn largest(self) -> (Vec<FailingGroup>, u64) {
        let mut groups: Vec<FailingGroup> = self.kept.into_values().collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.phones), group.first.first().copied()));
        let rest = groups.split_off(MOST_REASONS.min(groups.len()));
        (groups, self.elsewhere + rest.iter().map(|group| group.phones).sum::<u64>())
    }
}

impl SharedGroups {
    /// Adds a part that differs, or cannot be made.
    pub(super) fn add(
        &mut self,
        kind: SharedKind,
        difference: Result<Difference, AppError>,
        at: SharedPlace,
    ) {
        let id = match &difference {
            Ok(difference) => difference.id(),
            Err(error) => GroupId(ContentHash::of(format!("failing {error}").as_bytes())),
        };
        let room = self.kept.len() < MOST_GROUPS;
        let group = match self.kept.entry((kind, id)) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) if room => {
                let first_file = difference.as_ref().is_ok_and(Difference::is_first);
                let failure = difference.as_ref().err().map(ToString::to_string);
                let (changes, more_changes) =
                    difference.map_or_else(|_| (Vec::new(), 0), |one| self.budget.keep(one));
                let (places, first) = (0, Vec::new());
                place.insert(SharedGroup { kind, first_file, failure, changes, more_changes, places, first })
            }
            Entry::Vacant(_) => {
                self.elsewhere += 1;
                return;
            }
        };
        count(&mut group.places, &mut group.first, at);
    }

    pub(super) fn largest(self) -> (Vec<SharedGroup>, u64) {
        let mut groups: Vec<SharedGroup> = self.kept.into_values().collect();
        groups.sort_by_key(|group| (group.kind, std::cmp::Reverse(group.places)));
        (groups, self.elsewhere)
    }
}

impl Difference {
    pub(super) fn id(&self) -> GroupId {
        GroupId(match self {
            Self::FirstFile => ContentHash::of(b"first file"),
            Self::Lines(diff) => diff.hash(),
        })
    }

    const fn is_first(&self) -> bool {
        match self {
            Self::FirstFile => true,
            Self::Lines(_) => false,
        }
    }
}

impl Budget {
    /// What is kept of a difference, and how many lines are not.
    fn keep(&mut self, difference: Difference) -> (Vec<LineChange>, u64) {
        let Difference::Lines(diff) = difference else { return (Vec::new(), 0) };
        let (mut kept, mut more, mut own) = (Vec::new(), 0, OF_ONE.0);
        for change in diff.into_changes() {
            let size = size_of(&change);
            // What comes behind a line that is left out is left out too: no gap looks like a line.
            if more == 0 && size <= own.min(self.0) && kept.len() < OF_ONE.1 {
                own -= size;
                self.0 -= size;
                kept.push(change);
            } else {
                more += 1;
            }
        }
        (kept, more)
    }
}

fn size_of(change: &LineChange) -> usize {
    size_of_val(change)
        + match change {
            LineChange::Added(line) | LineChange::Removed(line) => line.len(),
            LineChange::Changed { before, after, secret: _ } => before.len() + after.len(),
        }
}

fn count<T>(counter: &mut u64, first: &mut Vec<T>, one: T) {
    *counter += 1;
    if first.len() < FIRST {
        first.push(one);
    }
}

/// The line and the placeholder that an error is about.
fn about(error: &RenderError) -> (Option<u32>, Option<PlaceholderName>) {
    match error {
        RenderError::Unresolved { name, line }
        | RenderError::LineBreak { name, line }
        | RenderError::NotShared { name, line } => (Some(*line), Some(name.clone())),
        RenderError::Inconsistent => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::DeviceId, render::ShownFile};

    fn phone(number: u16) -> PhoneRef {
        let [high, low] = number.to_be_bytes();
        let id = DeviceId::from_bytes([high, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        PhoneRef { id, mac: "00908f000001".parse().unwrap() }
    }

    fn lines(before: &str, after: &str) -> Difference {
        let file = |text: &str| ShownFile::plain(text.to_owned());
        Difference::Lines(Diff::of(&file(before), &file(after)))
    }

    /// A32: what is kept is bounded, whatever phones differ in; the rest is counted.
    #[test]
    fn a32_groups_are_bounded_and_everything_is_counted() {
        let mut groups = Groups::default();
        let text = |number: usize| format!("a={number}\n{}", "b=0123456789\n".repeat(2_000));
        let phones = KEPT + 200;
        for number in 0..phones {
            groups.add(lines("", &text(number)), phone(u16::try_from(number).unwrap()));
        }
        // The last group grows beyond the others.
        for number in 0..3 {
            groups.add(lines("", &text(7)), phone(60_000 + number));
        }
        let kept: usize = groups.kept.values().flat_map(|group| &group.changes).map(size_of).sum();
        assert!(kept <= KEPT_BYTES && groups.kept.len() == KEPT);
        let of_one = |group: &PhoneGroup| group.changes.iter().map(size_of).sum::<usize>();
        assert!(groups.kept.values().all(|group| of_one(group) <= OF_ONE.0));
        let (largest, elsewhere) = groups.largest(10);
        assert_eq!((largest.len(), largest[0].phones), (10, 4));
        assert_eq!(elsewhere + largest.iter().map(|group| group.phones).sum::<u64>(), phones as u64 + 3);
        for group in &largest {
            assert_eq!(group.changes.len() as u64 + group.more_changes, 2_001);
        }
    }

    /// The largest comes first, and phones without a file are a group of their own.
    #[test]
    fn the_largest_group_comes_first() {
        let mut groups = Groups::default();
        groups.add(Difference::FirstFile, phone(1));
        for number in 2..20 {
            groups.add(lines("a=1", "a=2"), phone(number));
        }
        let (found, elsewhere) = groups.largest(10);
        let told: Vec<_> =
            found.iter().map(|group| (group.phones, group.first_file, group.first.len())).collect();
        assert_eq!((told.as_slice(), elsewhere), (&[(18, false, FIRST), (1, true, 1)][..], 0));
    }
}
