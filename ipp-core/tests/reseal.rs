//! Rotating the sealing key: everything is sealed anew, whatever interrupts it (A4).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use common::{Handset, Shared, World, block_on, scene::enrol};
use ipp_core::{
    app::{AppErrorKind, repeat::Repeat, reseal::Resealed},
    catalog::{SharedScope, Stored},
    digest::Fingerprint,
    id::{DeviceId, UserId},
    region::Region,
    store::{AuditFilter, Batch, Change, DeviceFilter, Order, Page, Store as _, StoredRow, UserKey},
    user::User,
    vault::{MemoryVault, SealFor, Sealed, Vault as _},
};

/// An installation that has a secret wherever one can be, sealed under a key that was replaced.
struct Rotated {
    world: World,
    vault: Arc<MemoryVault>,
    region: Region,
    phones: Vec<(Handset, DeviceId)>,
    answer: Fingerprint,
}

impl Rotated {
    fn new() -> Self {
        let vault = Arc::new(MemoryVault::default());
        let world = World::sealed_by(Arc::clone(&vault));
        block_on(world.app.set_up(&common::reachable())).unwrap();
        let region = world.region("R", |_| {});
        world.system_user(&region);
        let admin = world.admin();
        let password = admin.seal_ldap_password(&"ldap".parse().unwrap()).unwrap();
        world.edit_settings(|settings| settings.phones.ldap.password = Some(password));
        for scope in [
            SharedScope::System,
            SharedScope::Region(region.id),
            SharedScope::Model("430HD".parse().unwrap()),
        ] {
            world.set(scope, "IPPhonePassword", Some("shared"));
        }
        let mut phones: Vec<_> = (1..=3).map(|number| enrol(&world, number)).collect();
        for (number, (phone, id)) in (1..).zip(&mut phones) {
            let user = world.user(&format!("user{number}"), &region, Some("sip"));
            world.edit_device(*id, |device| device.owner = None);
            world.approve(*id, &region, Some(&user));
            let name = "IPPhonePassword".parse().unwrap();
            let own = Some("own".parse().unwrap());
            block_on(admin.set_device_placeholder(*id, None, name, own)).unwrap();
            block_on(admin.generate(DeviceFilter::all())).unwrap();
            phone.boot(&world);
        }
        // Somebody else with the address of a phone: a request that waits.
        let mut other = Handset::new(1).in_region("R").at("10.9.9.9");
        other.boot(&world);
        other.started(&world);
        assert!(world.record(phones[0].1).device.value.request.is_some());
        let answer = world.app.request_key("root", "k1");
        assert_eq!(block_on(world.app.claim_request(answer, &[b"x"])).unwrap(), Repeat::First);
        block_on(world.app.settle_request(answer, 200, b"\"password\"")).unwrap();
        let (id, none) = (phones[2].1, ipp_core::catalog::RowRevision::default());
        block_on(admin.put_device_file(id, none, b"voip/audio/tone=1\n")).unwrap();
        block_on(admin.put_shared_file("a.cfg".parse().unwrap(), None, b"voip/audio/tone=1\n")).unwrap();
        vault.rotate();
        Self { world, vault, region, phones, answer }
    }

    /// More users than are sealed anew at once.
    fn many_users(&self, count: u16) {
        let former = self.user("user1").value;
        let changes = (0..count).map(|number| {
            let [a, b] = number.to_be_bytes();
            let id = UserId::from_bytes([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, a, b]);
            let password = self.vault.seal_value(SealFor::UserPassword(id.as_bytes()), "sip").unwrap();
            let name = format!("many{number}").parse().unwrap();
            Change::PutUser(Box::new(User { id, name, password: Some(password), ..former.clone() }))
        });
        let batch = Batch { changes: changes.collect(), ..Batch::default() };
        block_on(self.world.store.commit(batch)).unwrap();
        self.vault.rotate();
    }

    fn rows(&self) -> Vec<StoredRow> {
        block_on(async {
            let mut dump = self.world.store.dump().await.unwrap();
            let mut rows = Vec::new();
            loop {
                let piece = dump.next().await.unwrap();
                if piece.is_empty() {
                    return rows;
                }
                rows.extend(piece);
            }
        })
    }

    /// Every sealed value: the kind of its row, whether it is current, and what opens in it.
    fn sealed(&self) -> Vec<(&'static str, bool, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        for mut row in self.rows() {
            let kind = row.kind();
            row.each_sealed(|whose, sealed| -> Result<(), Infallible> {
                let opened = self.vault.open(whose, sealed).ok().map(|plain| plain.to_vec());
                found.push((kind, self.vault.is_current(sealed), opened));
                Ok(())
            })
            .unwrap();
        }
        found
    }

    fn files(&self) -> Vec<String> {
        self.phones.iter().map(|(phone, _)| phone.text(&self.world).unwrap()).collect()
    }

    fn reseal(&self) -> Result<Resealed, ipp_core::app::AppError> {
        block_on(self.world.app.reseal("command line", "0123456789abcdef"))
    }

    fn user(&self, name: &str) -> Stored<User> {
        block_on(self.world.store.user(UserKey::Name(name.parse().unwrap()))).unwrap().unwrap()
    }
}

/// Everything is sealed under the new key, opens as before, and phones get the same files.
#[test]
fn a4_everything_is_sealed_anew_and_opens_as_before() {
    let rotated = Rotated::new();
    let (before, files) = (rotated.sealed(), rotated.files());
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for (kind, current, opened) in &before {
        assert!(!current && opened.is_some(), "{kind}");
        *kinds.entry(kind).or_default() += 1;
    }
    // Settings: directory and announcer. Devices: token, REST password and override, and one request.
    let pins = kinds["pin"];
    assert!(pins >= 6, "{pins}");
    let expected = [
        ("device", 10),
        ("pin", pins),
        ("placeholder", 3),
        ("request", 1),
        ("settings", 2),
        ("shared_file", 1),
        ("stand_in", 1),
        ("user", 4),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));

    let resealed = rotated.reseal().unwrap();
    let rows = u64::from(3 + pins + 3 + 1 + 1 + 2 + 4);
    assert_eq!(resealed, Resealed { rows, unopened: Vec::new() });
    let plain = |sealed: Vec<(&'static str, bool, Option<Vec<u8>>)>| -> Vec<_> {
        sealed.into_iter().map(|(kind, _, opened)| (kind, opened)).collect()
    };
    assert!(rotated.sealed().iter().all(|(_, current, _)| *current), "nothing is left");
    assert_eq!(plain(rotated.sealed()), plain(before));
    assert_eq!(rotated.files(), files);
    let again = block_on(rotated.world.app.claim_request(rotated.answer, &[b"x"])).unwrap();
    assert_eq!(again, Repeat::Again(200, b"\"password\"".to_vec()));
    let fresh = rotated.world.open();
    for (phone, _) in &rotated.phones {
        let file = block_on(fresh.configuration_file(phone.mac, phone.request())).unwrap().unwrap();
        assert_eq!(rotated.world.text(&file), phone.text(&rotated.world).unwrap());
    }
    let latest = Page { after: None, limit: 1 };
    let audit = block_on(rotated.world.store.audit(&AuditFilter::all(), Order::Descending, latest)).unwrap();
    let entry = &audit[0].entry;
    assert_eq!((&*entry.actor, &*entry.action), ("command line", "key.rotate"));
    assert_eq!(entry.subject, "sealing key 0123456789abcdef");
    assert_eq!(rotated.reseal().unwrap().rows, 0, "and there is nothing more to do");
}

/// Wherever it is interrupted, the next call does what is left.
#[test]
fn a4_an_interrupted_rotation_goes_on() {
    let mut interrupted = 0;
    for commits in 0.. {
        let rotated = Rotated::new();
        rotated.many_users(1_200);
        let plain = rotated.sealed();
        rotated.world.store.fail_after(commits);
        let first = rotated.reseal();
        match &first {
            Ok(_) => assert!(rotated.world.store.is_to_fail(), "nothing failed"),
            Err(error) => {
                assert_eq!(error.kind(), AppErrorKind::Busy);
                interrupted += 1;
                rotated.reseal().unwrap();
            }
        }
        let (kinds, opened): (Vec<_>, Vec<_>) =
            plain.into_iter().map(|(kind, _, opened)| (kind, opened)).unzip();
        let after = rotated.sealed();
        assert!(after.iter().all(|(_, current, _)| *current), "interrupted after {commits} commits");
        assert_eq!(after.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>(), kinds);
        assert_eq!(after.into_iter().map(|(.., opened)| opened).collect::<Vec<_>>(), opened);
        if first.is_ok() {
            break;
        }
    }
    assert!(interrupted >= 4, "{interrupted}");
}

/// C38: what somebody changed meanwhile is sealed anew as it is now; and an edit that was begun before
/// brings back nothing that is sealed under a former key.
#[test]
fn c38_a_row_that_changed_meanwhile_is_done_again() {
    let rotated = Rotated::new();
    let edited = rotated.user("user2");
    let moved = User { display_name: "moved meanwhile".parse().unwrap(), ..edited.value.clone() };
    rotated.world.store.intrude(Batch::of(Change::PutUser(Box::new(moved))));
    rotated.reseal().unwrap();
    assert!(rotated.sealed().iter().all(|(_, current, _)| *current));
    assert_eq!(rotated.user("user2").value.display_name.as_str(), "moved meanwhile");
    let late =
        block_on(rotated.world.admin().update_user(edited, ipp_core::app::admin::users::PasswordEdit::Keep));
    assert!(late.unwrap_err().is_stale());
    assert!(rotated.sealed().iter().all(|(_, current, _)| *current));
    assert_eq!(rotated.region.name.as_str(), "R");
}

/// A secret that does not open any more is named, and stops nothing else.
#[test]
fn a_secret_that_does_not_open_is_named() {
    let rotated = Rotated::new();
    let mut broken = rotated.user("user3").value;
    broken.password = broken.password.map(|mut password| {
        password.sealed = Sealed::from_bytes(vec![1, 2, 3]);
        password
    });
    let store: &Shared = &rotated.world.store;
    block_on(store.commit(Batch::of(Change::PutUser(Box::new(broken))))).unwrap();
    assert_eq!(rotated.reseal().unwrap().unopened, ["user user3"]);
    let left: Vec<_> = rotated.sealed().into_iter().filter(|(_, current, _)| !current).collect();
    assert_eq!(left, [("user", false, None)]);
}
