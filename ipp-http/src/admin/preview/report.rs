//! What a preview answers.

use ipp_core::{
    app::admin::preview::{FailingGroup, PhoneGroup, Preview, SharedGroup, SharedKind, SharedPlace},
    render::LineChange,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::PreviewPhone;

/// What the edits would do. Secrets are masked; that one differs is said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewReport {
    /// The phones that were looked at: those that are approved.
    considered: u64,
    /// Those whose file would be another one.
    changed: u64,
    /// Those whose file would be the same.
    unchanged: u64,
    /// Those that were never seen: their file is made when they report.
    waiting: u64,
    /// Those whose file could not be made, and which would keep what they have.
    failing: u64,
    /// The changed phones by what differs in their files, the largest group first; at most 100.
    groups: Vec<PreviewGroup>,
    /// Changed phones that are in none of these groups.
    changed_elsewhere: u64,
    /// The failing phones by the reason; at most 100.
    failures: Vec<PreviewFailure>,
    /// Failing phones for further reasons.
    failing_elsewhere: u64,
    /// What differs in the parts that phones share.
    shared: Vec<PreviewShared>,
    /// Shared parts that differ in further ways.
    shared_elsewhere: u64,
}

/// Phones whose files would change in the same way.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewGroup {
    /// The id, for the list of its phones.
    id: String,
    /// How many phones there are.
    phones: u64,
    /// Whether these have no file yet.
    first_file: bool,
    /// The lines that differ, in the order of the file.
    changes: Vec<PreviewChange>,
    /// How many further lines differ.
    more_changes: u64,
    /// The first phones, by id.
    first: Vec<PreviewPhone>,
}

/// A line that differs.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewChange {
    /// `added`, `removed` or `changed`.
    change: &'static str,
    /// The key before `=`, or the whole line where there is none.
    key: String,
    /// The line as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The line as it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Whether a secret in it changes, which is shown as a mask.
    secret: bool,
}

/// Phones whose file could not be made for the same reason.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewFailure {
    /// Why, naming the template's line and the placeholder.
    reason: String,
    /// The line of the template's XML, counted from 1.
    line: Option<u32>,
    /// The placeholder.
    placeholder: Option<String>,
    /// How many phones there are.
    phones: u64,
    /// The first of them, by id.
    first: Vec<PreviewPhone>,
}

/// Shared parts that would change in the same way.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewShared {
    /// `global` for global files of templates, `first_contact` for what unknown phones get.
    part: &'static str,
    /// In how many places.
    places: u64,
    /// Whether phones do not get it yet.
    first_file: bool,
    /// Why it could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The lines that differ.
    changes: Vec<PreviewChange>,
    /// How many further lines differ.
    more_changes: u64,
    /// The first places.
    first: Vec<PreviewPlace>,
}

/// Where a shared part is.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewPlace {
    /// The id of the template.
    template: Option<String>,
    /// The id of the region; `null` for phones without one.
    region: Option<String>,
    /// The model.
    model: Option<String>,
}

impl PreviewReport {
    pub(super) fn of(preview: Preview) -> Self {
        let Preview {
            considered,
            changed,
            unchanged,
            waiting,
            failing,
            groups,
            elsewhere,
            failures,
            failing_elsewhere,
            shared,
            shared_elsewhere,
        } = preview;
        Self {
            considered,
            changed,
            unchanged,
            waiting,
            failing,
            groups: groups.into_iter().map(group).collect(),
            changed_elsewhere: elsewhere,
            failures: failures.into_iter().map(failure).collect(),
            failing_elsewhere,
            shared: shared.into_iter().map(part).collect(),
            shared_elsewhere,
        }
    }
}

fn group(group: PhoneGroup) -> PreviewGroup {
    PreviewGroup {
        id: group.id.to_string(),
        phones: group.phones,
        first_file: group.first_file,
        changes: group.changes.into_iter().map(change).collect(),
        more_changes: group.more_changes,
        first: PreviewPhone::all(&group.first),
    }
}

fn change(change: LineChange) -> PreviewChange {
    let key = change.key().to_owned();
    let (change, before, after, secret) = match change {
        LineChange::Added(line) => ("added", None, Some(line), false),
        LineChange::Removed(line) => ("removed", Some(line), None, false),
        LineChange::Changed { before, after, secret } => ("changed", Some(before), Some(after), secret),
    };
    PreviewChange { change, key, before, after, secret }
}

fn failure(group: FailingGroup) -> PreviewFailure {
    PreviewFailure {
        reason: group.reason,
        line: group.line,
        placeholder: group.placeholder.map(|name| name.to_string()),
        phones: group.phones,
        first: PreviewPhone::all(&group.first),
    }
}

fn part(group: SharedGroup) -> PreviewShared {
    PreviewShared {
        part: match group.kind {
            SharedKind::Global => "global",
            SharedKind::FirstContact => "first_contact",
        },
        places: group.places,
        first_file: group.first_file,
        failure: group.failure,
        changes: group.changes.into_iter().map(change).collect(),
        more_changes: group.more_changes,
        first: group.first.iter().map(place).collect(),
    }
}

fn place(place: &SharedPlace) -> PreviewPlace {
    let SharedPlace { template, region, model } = place;
    PreviewPlace {
        template: template.map(|id| id.to_string()),
        region: region.map(|id| id.to_string()),
        model: model.as_ref().map(ToString::to_string),
    }
}
