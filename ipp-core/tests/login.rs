//! Logging in, sessions, tokens and accounts, at the engine itself.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{net::IpAddr, sync::Arc, time::Duration};

use common::{World, block_on};
use ipp_core::{
    access::{Caller, Capability, Level, RegionalLevel, Regions, Role},
    app::{
        App, AppErrorKind, AppOptions,
        admin::{operators::NewOperator, tokens::NewToken},
        login::{NewSession, SignedIn},
    },
    catalog::Stored,
    host::{Asking, HostOperator, Operators},
    id::OperatorId,
    operator::Operator,
    store::{OperatorKey, Store},
    text::Label,
};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const GOOD: &str = "a good long password";

fn log_in(world: &World, name: &str, password: &str) -> Result<NewSession, AppErrorKind> {
    block_on(world.app.log_in(name, password, HERE)).map_err(|error| error.kind())
}

fn who(world: &World, session: &NewSession) -> Option<SignedIn> {
    block_on(world.app.signed_in(session.id.as_str())).unwrap()
}

/// The first administrator with a password of its own choice.
fn first(world: &World) -> (OperatorId, NewSession) {
    let given = block_on(world.app.ensure_administrator()).unwrap().unwrap();
    let session = log_in(world, "acladmin", given.as_str()).unwrap();
    let session = block_on(world.app.change_own_password(&session.who, given.as_str(), GOOD, HERE)).unwrap();
    (session.who.caller.account().unwrap(), session)
}

fn operator(world: &World, name: &str, role: Role) -> (Operator, String) {
    let new = NewOperator {
        name: name.parse().unwrap(),
        description: Label::EMPTY,
        role,
        reveal_secrets: false,
        password: None,
    };
    let (operator, password) = block_on(world.admin().create_operator(new)).unwrap();
    (operator, password.as_str().to_owned())
}

fn edit(world: &World, id: OperatorId, with: impl FnOnce(&mut Operator)) {
    let mut stored = block_on(world.store.operator(OperatorKey::Id(id))).unwrap().unwrap();
    with(&mut stored.value);
    block_on(world.admin().update_operator(stored)).unwrap();
}

/// LGN-02, AMB-98, A2: one administrator with a random password that is told once and has to be
/// changed; the printed default opens nothing.
#[test]
fn lgn_02_the_first_password_is_random_and_has_to_be_changed() {
    let world = World::new();
    assert_eq!(log_in(&world, "acladmin", "pass_1234").unwrap_err(), AppErrorKind::Unauthenticated);
    let given = block_on(world.app.ensure_administrator()).unwrap().unwrap();
    assert_eq!(given.as_str().len(), 22);
    assert!(block_on(world.app.ensure_administrator()).unwrap().is_none(), "told once");
    assert_eq!(log_in(&world, "acladmin", "pass_1234").unwrap_err(), AppErrorKind::Unauthenticated);

    let session = log_in(&world, "AclAdmin", given.as_str()).unwrap();
    assert!(session.who.must_change_password);
    for (new, why) in [("short", "10 to 128"), ("my-acladmin-word", "user name"), (given.as_str(), "another")]
    {
        let refused =
            block_on(world.app.change_own_password(&session.who, given.as_str(), new, HERE)).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
    }
    let wrong = block_on(world.app.change_own_password(&session.who, "wrong", GOOD, HERE)).unwrap_err();
    assert_eq!(wrong.to_string(), "the current password is wrong");
    let changed = block_on(world.app.change_own_password(&session.who, given.as_str(), GOOD, HERE)).unwrap();
    assert!(!changed.who.must_change_password);
    assert!(who(&world, &session).is_none(), "the session has a new id");
    assert_eq!(who(&world, &changed).unwrap().caller.level(), Level::SuperAdministrator);
    assert_eq!(log_in(&world, "acladmin", given.as_str()).unwrap_err(), AppErrorKind::Unauthenticated);
    assert!(log_in(&world, "acladmin", GOOD).is_ok());
}

/// LGN-05, SEC-23: what is wrong is not told, and failures slow down until time has passed.
#[test]
fn lgn_05_a_failed_login_tells_nothing_and_slows_down() {
    let world = World::new();
    first(&world);
    let told = |name: &str, password: &str| {
        block_on(world.app.log_in(name, password, HERE)).unwrap_err().to_string()
    };
    let message = told("acladmin", "wrong");
    for (name, password) in [("nobody", GOOD), ("", ""), ("name/with:signs\u{7}", "x")] {
        assert_eq!(told(name, password), message, "{name}");
    }
    for _ in 0..5 {
        assert!(log_in(&world, "acladmin", "wrong").is_err());
    }
    let error = block_on(world.app.log_in("acladmin", GOOD, HERE)).unwrap_err();
    assert_eq!(error.kind(), AppErrorKind::Busy, "not even with the right password");
    let wait = error.retry_after().unwrap();
    let elsewhere = block_on(world.app.log_in("acladmin", GOOD, "198.51.100.7".parse().unwrap()));
    assert!(elsewhere.is_ok(), "another source is not slowed");
    world.clock.advance(wait);
    assert!(log_in(&world, "acladmin", GOOD).is_ok());
}

/// LGN-15, A18: a session ends by logging out, by idleness, and by age; one end is no other's.
#[test]
fn lgn_15_sessions_end() {
    let world = World::new();
    let (_, one) = first(&world);
    let two = log_in(&world, "acladmin", GOOD).unwrap();
    let three = log_in(&world, "acladmin", GOOD).unwrap();
    assert_eq!(block_on(world.app.sessions_of(&two.who)).unwrap().len(), 3);
    block_on(world.app.log_out(&one.who)).unwrap();
    assert!(who(&world, &one).is_none() && who(&world, &two).is_some());
    block_on(world.app.log_out_everywhere(&two.who)).unwrap();
    assert!(who(&world, &two).is_none() && who(&world, &three).is_none());

    let idle = log_in(&world, "acladmin", GOOD).unwrap();
    world.clock.advance(Duration::from_mins(29));
    assert!(who(&world, &idle).is_some(), "its use is noted");
    world.clock.advance(Duration::from_mins(29));
    assert!(who(&world, &idle).is_some());
    world.clock.advance(Duration::from_mins(30));
    assert!(who(&world, &idle).is_none());

    // A page that follows what changes keeps nobody logged in.
    let open = log_in(&world, "acladmin", GOOD).unwrap();
    for _ in 0..2 {
        world.clock.advance(Duration::from_mins(14));
        assert!(block_on(world.app.watched(open.id.as_str())).unwrap().is_some());
    }
    world.clock.advance(Duration::from_mins(2));
    assert!(block_on(world.app.watched(open.id.as_str())).unwrap().is_none() && who(&world, &open).is_none());

    let old = log_in(&world, "acladmin", GOOD).unwrap();
    for _ in 0..47 {
        world.clock.advance(Duration::from_mins(15));
        assert!(who(&world, &old).is_some());
    }
    world.clock.advance(Duration::from_mins(15));
    assert!(who(&world, &old).is_none(), "after twelve hours, however much it was used");
    assert!(block_on(world.app.signed_in("invented by a client")).unwrap().is_none());
}

/// SEC-21: a change of level, or a shut account, holds for sessions that are open.
#[test]
fn sec_21_a_change_of_rights_holds_at_once() {
    let world = World::new();
    first(&world);
    let north = world.region("North", |_| {});
    let (nora, password) = operator(&world, "nora", Role::Administrator);
    let session = log_in(&world, "nora", &password).unwrap();
    let can = |capability| who(&world, &session).unwrap().caller.need_in(capability, Some(north.id)).is_ok();
    assert!(can(Capability::EditSettings));
    let regions = Regions::Only([north.id].into());
    let role = |level| Role::Regional { level, regions: regions.clone() };
    edit(&world, nora.id, |nora| nora.role = role(RegionalLevel::Operator));
    assert!(!can(Capability::EditSettings) && can(Capability::EditDevices));
    edit(&world, nora.id, |nora| nora.role = role(RegionalLevel::Monitoring));
    assert!(!can(Capability::EditDevices) && can(Capability::View));
    edit(&world, nora.id, |nora| nora.enabled = false);
    assert!(who(&world, &session).is_none());
    assert_eq!(log_in(&world, "nora", &password).unwrap_err(), AppErrorKind::Unauthenticated);
    edit(&world, nora.id, |nora| nora.enabled = true);
    assert!(who(&world, &session).is_none(), "its sessions ended");
    let session = log_in(&world, "nora", &password).unwrap();
    block_on(world.admin().delete_operator(nora.id)).unwrap();
    assert!(who(&world, &session).is_none());
}

/// AMB-93, AMB-94, SEC-16: accounts are managed by Super Administrators alone, and the last of them
/// stays, reachable from the server itself (C37).
#[test]
fn amb_93_accounts_are_for_super_administrators() {
    let world = World::new();
    let (acladmin, session) = first(&world);
    let (bert, _) = operator(&world, "bert", Role::Administrator);
    let as_bert = world.app.admin(bert.caller());
    assert_eq!(block_on(as_bert.operators()).unwrap().len(), 2);
    assert_eq!(
        block_on(as_bert.delete_operator(bert.id)).unwrap_err().to_string(),
        "this needs the level Super Administrator or above"
    );
    let promoted = Stored {
        revision: ipp_core::catalog::RowRevision(1),
        value: Operator { role: Role::SuperAdministrator, ..bert.clone() },
    };
    assert_eq!(block_on(as_bert.update_operator(promoted)).unwrap_err().kind(), AppErrorKind::Forbidden);
    let last = block_on(world.admin().delete_operator(acladmin)).unwrap_err();
    assert_eq!(last.kind(), AppErrorKind::Conflict);
    assert!(last.to_string().contains("last Super Administrator"), "{last}");

    let recovered = block_on(world.app.recover_administrator("acladmin")).unwrap();
    assert!(who(&world, &session).is_none());
    assert!(log_in(&world, "acladmin", recovered.as_str()).unwrap().who.must_change_password);
    let reset = block_on(world.admin().reset_operator_password(bert.id)).unwrap();
    assert!(log_in(&world, "bert", reset.as_str()).unwrap().who.must_change_password);
}

/// A token acts with the present rights of its account, as far as it goes, until it ends.
#[test]
fn a_token_never_has_more_than_its_account() {
    let world = World::new();
    let (acladmin, session) = first(&world);
    let (north, south) = (world.region("North", |_| {}), world.region("South", |_| {}));
    let admin = world.app.admin(session.who.caller);
    let new =
        |level, regions: Regions, days| NewToken { name: "script".parse().unwrap(), level, regions, days };
    let (reader, reads) = block_on(admin.create_token(new(Level::Monitoring, Regions::All, 30))).unwrap();
    let northern = Regions::Only([north.id].into());
    let (_, writes) = block_on(admin.create_token(new(Level::SuperAdministrator, northern, 1))).unwrap();
    for days in [0, 367] {
        assert!(block_on(admin.create_token(new(Level::Monitoring, Regions::All, days))).is_err());
    }
    let caller = |text: &str| block_on(world.app.token_caller(text)).unwrap();
    let reading = caller(reads.as_str()).unwrap();
    assert_eq!((reading.name(), reading.level()), ("acladmin/script", Level::Monitoring));
    assert!(reading.need(Capability::EditUsers).is_err());
    let writing = caller(writes.as_str()).unwrap();
    assert!(writing.need_in(Capability::EditUsers, Some(north.id)).is_ok());
    assert!(writing.need_in(Capability::EditUsers, Some(south.id)).is_err());
    assert!(writing.need(Capability::EditSettings).is_err(), "regions limit the level");
    let through = world.app.admin(writing);
    assert!(block_on(through.create_token(new(Level::Monitoring, Regions::All, 1))).is_err());

    world.clock.advance(Duration::from_hours(24));
    assert_eq!(caller(writes.as_str()), None, "over");
    assert!(caller(reads.as_str()).is_some());
    let used = block_on(admin.tokens()).unwrap();
    assert!(used.iter().all(|token| token.last_used.is_some()));
    edit(&world, acladmin, |operator| operator.description = "x".parse().unwrap());
    block_on(admin.delete_token(reader.id)).unwrap();
    assert_eq!(caller(reads.as_str()), None);
    assert_eq!(caller("ipp_invented"), None);
}

/// SEC-22: neither passwords nor session ids nor tokens stand in the audit log or in debug output.
#[test]
fn sec_22_no_secret_is_written_down() {
    let world = World::new();
    let (_, session) = first(&world);
    let (nora, password) = operator(&world, "nora", Role::Administrator);
    let page = ipp_core::store::Page { after: None, limit: 99 };
    let order = ipp_core::store::Order::Ascending;
    let log = block_on(world.store.audit(&ipp_core::store::AuditFilter::all(), order, page)).unwrap();
    let shown = format!("{log:?} {nora:?} {session:?}");
    for secret in [password.as_str(), GOOD, session.id.as_str()] {
        assert!(!shown.contains(secret));
    }
    assert!(shown.contains("session.begin") && shown.contains("operator.create"));
}

#[derive(Debug)]
struct Host;

impl Operators for Host {
    fn log_in<'a>(&'a self, name: &'a str, password: &'a str) -> Asking<'a, Option<HostOperator>> {
        let found = (name == "ems" && password == "word").then(ems);
        Box::pin(std::future::ready(Ok(found)))
    }

    fn find<'a>(&'a self, subject: &'a str) -> Asking<'a, Option<HostOperator>> {
        Box::pin(std::future::ready(Ok((subject == "42").then(ems))))
    }
}

fn ems() -> HostOperator {
    HostOperator {
        subject: "42".into(),
        name: "ems".into(),
        role: Role::Administrator,
        reveal_secrets: false,
    }
}

/// LGN-03: a host's own accounts log in, and nothing else does.
#[test]
fn lgn_03_the_host_may_bring_its_operators() {
    let world = World::new();
    first(&world);
    let ports = ipp_core::app::Ports {
        host: ipp_core::host::Host { operators: Some(Arc::new(Host)), ..Default::default() },
        ..world.ports.clone()
    };
    let app = block_on(App::open(world.store, ports, AppOptions::default())).unwrap();
    assert!(block_on(app.ensure_administrator()).unwrap().is_none());
    let session = block_on(app.log_in("ems", "word", HERE)).unwrap();
    assert_eq!(
        block_on(app.signed_in(session.id.as_str())).unwrap().unwrap().caller.level(),
        Level::Administrator
    );
    assert!(block_on(app.log_in("acladmin", GOOD, HERE)).is_err());
    let refused = block_on(app.change_own_password(&session.who, "word", GOOD, HERE)).unwrap_err();
    assert_eq!(refused.kind(), AppErrorKind::Conflict);
    let tokens = block_on(app.admin(session.who.caller).tokens()).unwrap_err();
    assert_eq!(tokens.kind(), AppErrorKind::Conflict);
    assert!(block_on(app.admin(Caller::host("x")).operators()).is_ok());
}

/// LGN-13, AMB-109: the first login lets phones have the option 160 files.
#[test]
fn lgn_13_the_first_login_initialises_provisioning() {
    let world = World::new();
    assert!(!world.app.snapshot().catalog.settings().provisioning_initialised);
    first(&world);
    assert!(world.app.snapshot().catalog.settings().provisioning_initialised);
}
