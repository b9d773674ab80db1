//! What a preview says, against what saving and *Generate* then do.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    task::{Context, Poll, Waker},
};

use common::{
    block_on,
    estate::{Edit, Estate, MODELS, Members, all, edits, proposals},
};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::{
        AppErrorKind,
        admin::{
            device_bulk::Selection,
            preview::{Against, DeviceChanges, MOST_EDITS, MOST_GROUPS, Proposal, ProposedEdit, SharedKind},
        },
    },
    id::{DeviceId, TemplateId},
    render::LineChange,
    store::DeviceFilter,
};
use proptest::prelude::*;

fn changed(
    before: &BTreeMap<DeviceId, Option<String>>,
    after: &BTreeMap<DeviceId, Option<String>>,
) -> BTreeSet<DeviceId> {
    before.iter().filter(|(id, text)| after[id] != **text).map(|(id, _)| *id).collect()
}

fn phones(members: &Members) -> BTreeSet<DeviceId> {
    members.iter().flat_map(|(_, _, phones)| phones.iter().copied()).collect()
}

/// What a group says is what became of the lines of each of its files.
fn check_lines(
    members: &Members,
    before: &BTreeMap<DeviceId, Option<String>>,
    after: &BTreeMap<DeviceId, Option<String>>,
) -> Result<(), TestCaseError> {
    for (changes, first_file, phones) in members {
        for id in phones {
            let Some(text) = &before[id] else {
                prop_assert!(*first_file && changes.is_empty());
                continue;
            };
            prop_assert!(!first_file && !changes.is_empty());
            let mut lines: Vec<&str> = text.lines().collect();
            for change in changes {
                let (out, into) = match change {
                    LineChange::Added(line) => (None, Some(line)),
                    LineChange::Removed(line) => (Some(line), None),
                    LineChange::Changed { before, after, secret: _ } => (Some(before), Some(after)),
                };
                if let Some(line) = out {
                    let at = lines.iter().position(|there| there == line);
                    prop_assert!(at.is_some(), "{line} is not in {text}");
                    lines.remove(at.unwrap());
                }
                lines.extend(into.map(String::as_str));
            }
            let mut there: Vec<&str> = after[id].as_ref().unwrap().lines().collect();
            lines.sort_unstable();
            there.sort_unstable();
            prop_assert_eq!(lines, there);
        }
    }
    Ok(())
}

/// No secret, and no token of any phone.
fn check_secrets(told: &str, files: &BTreeMap<DeviceId, Option<String>>) -> Result<(), TestCaseError> {
    prop_assert!(!told.contains("hush"), "{}", told);
    for text in files.values().flatten() {
        let token = text.split_once("/t/").map(|(_, rest)| rest.chars().take(22).collect::<String>());
        prop_assert!(token.is_none_or(|token| !told.contains(&token)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// TPL-41, TPL-47, PLH-30, PLH-32, A32, C7: whatever was edited before, a preview names exactly the
    /// phones whose file becomes another one when the edits are saved and everything is generated, with
    /// the lines that differ; those that fail, fail then. What could not be proposed cannot be saved, and
    /// a preview writes nothing.
    #[test]
    fn a_preview_names_exactly_the_phones_whose_file_would_change(history in edits(3), proposed in proposals()) {
        let fleet = Estate::new();
        for edit in &history {
            drop(fleet.save(edit));
        }
        let admin = fleet.world.admin();
        let (published, shown_published) = (fleet.files(), fleet.shown());
        let writes = fleet.world.store.writes();

        let mut nothing = admin.proposal().unwrap();
        let mut proposal = admin.proposal().unwrap();
        let mut refused = None;
        for (at, edit) in proposed.iter().enumerate() {
            if let Err(error) = fleet.propose(&mut proposal, edit) {
                refused = Some((at, error));
                break;
            }
        }
        if let Some((at, error)) = refused {
            for edit in &proposed[..at] {
                fleet.save(edit).unwrap();
            }
            let saved = fleet.save(&proposed[at]);
            prop_assert!(saved.as_ref().is_err_and(|saved| saved.kind() == error.kind()), "{error}: {saved:?}");
            return Ok(());
        }
        let stale = fleet.preview(&mut nothing, Against::Published);
        let stale_phones = fleet.members(&mut nothing, Against::Published, &stale);
        let none = fleet.preview(&mut nothing, Against::Saved);
        let whole = fleet.preview(&mut proposal, Against::Published);
        let whole_phones = fleet.members(&mut proposal, Against::Published, &whole);
        let alone = fleet.preview(&mut proposal, Against::Saved);
        let alone_phones = fleet.members(&mut proposal, Against::Saved, &alone);
        prop_assert_eq!(fleet.world.store.writes(), writes, "nothing is written");
        prop_assert_eq!((none.changed, none.failing), (0, stale.failing), "{:?}", none);

        let failing = fleet.generate();
        let (saved, shown_saved) = (fleet.files(), fleet.shown());
        prop_assert_eq!(stale.failing, failing.len() as u64);
        prop_assert_eq!(phones(&stale_phones), changed(&published, &saved), "exactly the stale list");
        check_lines(&stale_phones, &shown_published, &shown_saved)?;

        let mut refused = BTreeSet::new();
        for edit in &proposed {
            refused.extend(fleet.save(edit).unwrap());
        }
        let mut fail: BTreeSet<DeviceId> = fleet.generate();
        fail.extend(refused.iter().copied());
        let (after, shown_after) = (fleet.files(), fleet.shown());
        let except = |set: BTreeSet<DeviceId>, without: &BTreeSet<DeviceId>| -> BTreeSet<DeviceId> {
            set.difference(without).copied().collect()
        };
        prop_assert_eq!(whole.failing, fail.len() as u64, "{:?} {:?}", whole.failures, fail);
        // Those that fail keep what they had, which was published anew in between.
        prop_assert_eq!(phones(&whole_phones), except(changed(&published, &after), &fail), "{:?}", whole);
        check_lines(&whole_phones, &shown_published, &shown_after)?;
        // What could not be made before has nothing to be compared with.
        let (named, real) = (except(phones(&alone_phones), &failing), changed(&saved, &after));
        prop_assert_eq!(named, except(except(real, &refused), &failing), "{:?}", alone);
        if failing.is_empty() {
            check_lines(&alone_phones, &shown_saved, &shown_after)?;
        }
        for files in [&published, &saved, &after] {
            check_secrets(&format!("{stale:?} {whole:?} {alone:?} {:?}", whole.failures), files)?;
        }
        let again = fleet.preview(&mut admin.proposal().unwrap(), Against::Published);
        prop_assert_eq!(again.changed, 0, "C7");
    }
}

/// TPL-42, AMB-05: the parts that phones share are told apart from their own files: the global file where
/// its content changes, and what unknown phones get, with the announcing password behind its mask.
#[test]
fn tpl_42_the_shared_parts_are_compared_too() {
    let fleet = Estate::new();
    let world = &fleet.world;
    world.system_user(&fleet.regions[0]);
    let ids: Vec<TemplateId> = world.app.snapshot().catalog.templates().map(|template| template.id).collect();
    world.publish_templates(&ids);
    let admin = world.admin();
    let shared = |proposal: &mut Proposal| fleet.preview(proposal, Against::Published).shared;
    assert_eq!(shared(&mut admin.proposal().unwrap()), []);

    let mut proposal = admin.proposal().unwrap();
    fleet.propose(&mut proposal, &Edit::Placeholder(2, 0, Some(1))).unwrap();
    let north = shared(&mut proposal);
    let kinds: Vec<_> = north.iter().map(|group| (group.kind, group.places)).collect();
    assert_eq!(kinds[0], (SharedKind::Global, 2), "two templates of the region: {north:#?}");
    assert!(
        north.iter().all(|group| group.first.iter().all(|place| place.region == Some(fleet.regions[0].id)))
    );
    let line = LineChange::Changed {
        before: "global=system".to_owned(),
        after: "global=value 1".to_owned(),
        secret: false,
    };
    assert_eq!(north[0].changes, std::slice::from_ref(&line));
    assert!(kinds[1].0 == SharedKind::FirstContact && north[1].changes.contains(&line), "{north:#?}");

    // A password that is not the published word stands behind a mask, and is noticed all the same.
    let set = |password: &str| {
        let sealed = admin.seal_announcer_password(&password.parse().unwrap()).unwrap();
        world.edit_settings(|settings| settings.announcer.as_mut().unwrap().password = sealed.clone());
        sealed
    };
    set("hush-one");
    let mut settings = world.app.settings().value;
    settings.announcer.as_mut().unwrap().password =
        admin.seal_announcer_password(&"hush-two".parse().unwrap()).unwrap();
    let mut proposal = admin.proposal().unwrap();
    block_on(admin.propose(&mut proposal, ProposedEdit::Settings(Box::new(settings)))).unwrap();
    let contacts = shared(&mut proposal);
    let [group] = contacts.as_slice() else { panic!("{contacts:#?}") };
    let masked = "ems_server/user_password=********";
    assert_eq!(
        group.changes,
        [LineChange::Changed { before: masked.to_owned(), after: masked.to_owned(), secret: true }]
    );
    assert_eq!(group.places, 2 * 7 + 1, "each model of both regions, and no region");
    assert!(!format!("{contacts:?}").contains("hush"));
}

/// A32: memory is bounded: with a difference of its own for every phone the largest groups are answered
/// and the rest is counted; one edit of all of them is one group. C40: a choice of firmware for a region
/// names the phones that would get it.
#[test]
fn a32_ten_thousand_phones_are_one_group_or_too_many() {
    let fleet = Estate::new();
    let count = 10_000_u64;
    common::fleet::put_bound(&fleet.world, &fleet.regions[0], MODELS[0], count);
    block_on(fleet.world.admin().generate(DeviceFilter::all())).unwrap();
    let admin = fleet.world.admin();
    let preview = |edit: &Edit| {
        let mut proposal = admin.proposal().unwrap();
        fleet.propose(&mut proposal, edit).unwrap();
        block_on(admin.preview(&mut proposal, &all(), Against::Published)).unwrap()
    };
    let firmware = preview(&Edit::Firmware(0, Some(0)));
    let in_north = count + 3;
    assert_eq!((firmware.changed, firmware.groups.len(), firmware.elsewhere), (in_north, 1, 0), "C40");
    assert_eq!(firmware.groups[0].first.len(), 10);
    assert_eq!((firmware.considered, firmware.waiting), (count + 6, 1));

    // Another template for all of them, with a line of its own for each.
    let macs = preview(&Edit::Document(0, 2, 0));
    assert_eq!((macs.changed, macs.groups.len() as u64 + macs.elsewhere), (in_north, in_north));
    assert_eq!(macs.groups.len(), MOST_GROUPS);

    // One obstacle for all of them.
    let failing = preview(&Edit::Document(0, 3, 0));
    let [reason] = failing.failures.as_slice() else { panic!("{:?}", failing.failures) };
    assert_eq!((failing.failing, reason.phones, failing.changed), (in_north, in_north, 0));
    assert_eq!((reason.placeholder.as_ref().unwrap().as_str(), reason.line), ("Missing", Some(18)));
}

/// SEC-13, SEC-20, A32: a proposal needs the right to save each of its edits, and what may not be seen is
/// not there: neither to be edited nor among the phones.
#[test]
fn sec_20_each_edit_needs_its_right() {
    let fleet = Estate::new();
    let caller = |level| {
        let regions = Regions::Only([fleet.regions[0].id].into());
        Caller::new("somebody", None, Role::Regional { level, regions }, false)
    };
    let (forbidden, absent) = (Some(AppErrorKind::Forbidden), Some(AppErrorKind::NotFound));
    // The third phone is in the other region.
    let table = [
        (Edit::Placeholder(0, 0, Some(1)), forbidden),
        (Edit::Placeholder(1, 0, Some(1)), forbidden),
        (Edit::Placeholder(2, 0, Some(1)), None),
        (Edit::Placeholder(3, 0, Some(1)), absent),
        (Edit::Placeholder(2, 2, Some(1)), forbidden),
        (Edit::Override(0, 0, Some(1)), None),
        (Edit::Override(0, 2, Some(1)), forbidden),
        (Edit::Override(2, 0, Some(1)), absent),
        (Edit::Settings(0, 1), forbidden),
        (Edit::Lines(0, 1), forbidden),
        (Edit::Document(0, 0, 1), forbidden),
        (Edit::Default(2, true), forbidden),
        (Edit::Devices(vec![0], 5, 1), None),
        (Edit::Devices(vec![0, 2], 5, 1), absent),
        // Into the other region; by its template; and with lines.
        (Edit::Devices(vec![0], 0, 1), absent),
        (Edit::Devices(vec![0], 2, 1), absent),
        (Edit::Devices(vec![0], 6, 1), forbidden),
    ];
    for (edit, expected) in table {
        let refused = |level| {
            let admin = fleet.world.app.admin(caller(level));
            let mut proposal = admin.proposal().unwrap();
            let proposed = fleet.edit(&proposal, &edit);
            block_on(admin.propose(&mut proposal, proposed)).err().map(|error| error.kind())
        };
        assert_eq!(refused(RegionalLevel::Operator), expected, "{edit:?}");
        let monitoring = refused(RegionalLevel::Monitoring);
        assert!(monitoring == forbidden || monitoring == absent, "{edit:?}: {monitoring:?}");
    }

    fleet.save(&Edit::Placeholder(0, 0, Some(1))).unwrap();
    let admin = fleet.world.app.admin(caller(RegionalLevel::Monitoring));
    let over = |ids: &[usize]| Selection::Ids(ids.iter().map(|at| fleet.devices[*at]).collect());
    for (over, considered) in [(all(), 4), (over(&[0, 2, 5, 0]), 1), (over(&[2]), 0)] {
        let mut proposal = admin.proposal().unwrap();
        let seen = block_on(admin.preview(&mut proposal, &over, Against::Published)).unwrap();
        assert_eq!(seen.considered, considered);
        assert!(!format!("{seen:?}").contains(&fleet.regions[1].id.to_string()));
    }
}

/// A proposal is bounded, and says what is wrong with an edit as saving it would.
#[test]
fn a_proposal_is_bounded_and_names_what_is_wrong() {
    let fleet = Estate::new();
    let admin = fleet.world.admin();
    let mut proposal = admin.proposal().unwrap();
    let absent = DeviceId::from_bytes([9; 16]);
    let refused = |proposal: &mut Proposal, edit: ProposedEdit| {
        let error = block_on(admin.propose(proposal, edit)).unwrap_err();
        (error.kind(), error.to_string())
    };
    let (kind, _) =
        refused(&mut proposal, ProposedEdit::Devices(Selection::Ids(vec![absent]), DeviceChanges::default()));
    assert_eq!(kind, AppErrorKind::NotFound);
    let unknown = DeviceChanges { model: Some("999HD".parse().unwrap()), ..DeviceChanges::default() };
    let (kind, told) = refused(&mut proposal, ProposedEdit::Devices(all(), unknown));
    assert!(kind == AppErrorKind::Invalid && told.contains("999HD"), "{told}");
    let broken = ProposedEdit::TemplateDocument(fleet.templates[0], b"<ipphonetamplate>".to_vec());
    assert_eq!(refused(&mut proposal, broken).0, AppErrorKind::Invalid);
    let mut twin = fleet.regions[0].clone();
    twin.name = fleet.regions[1].name.clone();
    let (kind, told) = refused(&mut proposal, ProposedEdit::Region(Box::new(twin)));
    assert_eq!((kind, told.as_str()), (AppErrorKind::Conflict, "the region name `South` is taken"));

    let mut proposal = admin.proposal().unwrap();
    for _ in 0..MOST_EDITS {
        fleet.propose(&mut proposal, &Edit::Settings(0, 1)).unwrap();
    }
    assert_eq!(
        fleet.propose(&mut proposal, &Edit::Settings(0, 1)).unwrap_err().kind(),
        AppErrorKind::Invalid
    );
}

/// A32: only so many previews are made at once; the next one is told to wait, and a dropped one leaves its
/// place.
#[test]
fn only_some_previews_are_made_at_once() {
    let fleet = Estate::new();
    // Enough phones for a preview to pause in the middle.
    common::fleet::put_bound(&fleet.world, &fleet.regions[0], MODELS[0], 60);
    let admin = fleet.world.admin();
    let over = all();
    let mut proposals: Vec<Proposal> = (0..6).map(|_| admin.proposal().unwrap()).collect();
    let mut running: Vec<_> = proposals
        .iter_mut()
        .map(|proposal| Box::pin(admin.preview(proposal, &over, Against::Published)))
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut waits = 0;
    for preview in &mut running {
        match preview.as_mut().poll(&mut context) {
            Poll::Pending => waits += 1,
            Poll::Ready(refused) => assert_eq!(refused.unwrap_err().kind(), AppErrorKind::Busy),
        }
    }
    assert_eq!(waits, 4);
    drop(running);
    let again = block_on(admin.preview(&mut admin.proposal().unwrap(), &over, Against::Published));
    assert_eq!(again.unwrap().considered, 66);
}
