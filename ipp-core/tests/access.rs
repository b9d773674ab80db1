//! What administrators may do through the engine itself, whatever interface they come by (SEC-20).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, block_on, mac, scene::MODEL};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::{AppErrorKind, admin::Admin, admin::users::NewUser},
    catalog::SharedScope,
    region::Region,
    store::{AuditFilter, DeviceFilter, Order, Page, Store},
    text::Label,
};

fn regional<'a>(
    world: &'a World,
    level: RegionalLevel,
    regions: &[&Region],
) -> Admin<'a, common::shared::Shared> {
    let regions = Regions::Only(regions.iter().map(|region| region.id).collect());
    world.app.admin(Caller::new("nora", None, Role::Regional { level, regions }, false))
}

fn new_user(region: &Region) -> NewUser {
    NewUser { name: "2001".parse().unwrap(), display_name: Label::EMPTY, region: region.id, password: None }
}

/// SEC-11 to SEC-15: an operator works in its regions; in others it finds what does not exist, byte
/// for byte; what all regions share is not an operator's.
#[test]
fn sec_11_an_operator_works_in_its_regions_alone() {
    let world = World::new();
    let (north, south) = (world.region("North", |_| {}), world.region("South", |_| {}));
    let operator = regional(&world, RegionalLevel::Operator, &[&north]);
    let user = block_on(operator.create_user(new_user(&north))).unwrap();
    let elsewhere = block_on(operator.create_user(new_user(&south))).unwrap_err();
    let mut nowhere = new_user(&south);
    nowhere.region = ipp_core::id::RegionId::from_bytes([9; 16]);
    let absent = block_on(operator.create_user(nowhere)).unwrap_err();
    assert_eq!((elsewhere.kind(), elsewhere.to_string()), (AppErrorKind::NotFound, absent.to_string()));

    let device = world.device(mac(1), MODEL, &user);
    let far = world.user("3001", &south, None);
    let hidden = world.device(mac(2), MODEL, &far);
    assert!(block_on(operator.delete_device(device.id)).is_ok());
    assert_eq!(block_on(operator.delete_device(hidden.id)).unwrap_err().kind(), AppErrorKind::NotFound);

    let set = |scope, name: &str| {
        let value = Some("x".parse().unwrap());
        block_on(operator.set_placeholder(scope, name.parse().unwrap(), value)).map_err(|error| error.kind())
    };
    assert_eq!(set(SharedScope::Region(north.id), "Anything"), Ok(()));
    assert_eq!(set(SharedScope::Region(south.id), "Anything"), Err(AppErrorKind::NotFound));
    assert_eq!(set(SharedScope::System, "Anything"), Err(AppErrorKind::Forbidden), "PLH-31");
    assert_eq!(set(SharedScope::Region(north.id), "IPPhonePassword"), Err(AppErrorKind::Forbidden), "A12");
    let region = block_on(operator.create_region("East".parse().unwrap(), |_| {})).unwrap_err();
    assert_eq!(region.to_string(), "this needs the level Administrator or above");
    let settings = world.app.settings();
    assert_eq!(
        block_on(operator.update_settings(settings)).unwrap_err().kind(),
        AppErrorKind::Forbidden,
        "SYS-21"
    );
}

/// SEC-12, APR-29: monitoring changes nothing, not even where it sees.
#[test]
fn sec_12_monitoring_changes_nothing() {
    let world = World::new();
    let north = world.region("North", |_| {});
    let user = world.user("2001", &north, None);
    let device = world.device(mac(1), MODEL, &user);
    let before = world.app.snapshot().catalog.revision;
    let monitoring = regional(&world, RegionalLevel::Monitoring, &[&north]);
    let refused = [
        block_on(monitoring.create_user(new_user(&north))).map(drop),
        block_on(monitoring.delete_device(device.id)),
        block_on(monitoring.generate(DeviceFilter::all())).map(drop),
        block_on(monitoring.publish_templates(&[])),
        block_on(monitoring.delete_region(north.id)),
    ];
    for result in refused {
        assert_eq!(result.unwrap_err().kind(), AppErrorKind::Forbidden);
    }
    assert_eq!(world.app.snapshot().catalog.revision, before);
}

/// *Generate* of an operator publishes the phones that it sees, and no others.
#[test]
fn generate_reaches_no_further_than_the_caller() {
    let world = World::new();
    let (north, south) = (world.region("R", |_| {}), world.region("South", |_| {}));
    let (phone, id) = common::scene::enrol(&world, 1);
    world.set(SharedScope::System, "Fresh", Some("1"));
    world.edit_device(id, |device| device.display_name = "changed".parse().unwrap());
    let former = phone.file(&world).unwrap().etag;
    let elsewhere = regional(&world, RegionalLevel::Operator, &[&south]);
    assert_eq!(block_on(elsewhere.generate(DeviceFilter::all())).unwrap().published, 0);
    let asked = DeviceFilter::all().in_regions(vec![north.id]);
    assert_eq!(block_on(elsewhere.generate(asked)).unwrap().published, 0, "asking for a region shows none");
    assert_eq!(phone.file(&world).unwrap().etag, former);
    let here = regional(&world, RegionalLevel::Operator, &[&north, &south]);
    assert_eq!(block_on(here.generate(DeviceFilter::all())).unwrap().published, 1);
}

/// What administrators do is written down with who did it, before and after, and without secrets;
/// what was refused is not.
#[test]
fn what_is_done_is_written_down() {
    let world = World::new();
    let north = world.region("North", |_| {});
    let written = || {
        let page = Page { after: None, limit: 99 };
        block_on(world.store.audit(&AuditFilter::all(), Order::Descending, page)).unwrap()
    };
    let operator = regional(&world, RegionalLevel::Operator, &[&north]);
    let user = NewUser { password: Some("canary-sip".into()), ..new_user(&north) };
    block_on(operator.create_user(user)).unwrap();
    let entry = written().remove(0).entry;
    assert_eq!((entry.actor.as_str(), entry.action.as_str()), ("nora", "user.create"));
    assert_eq!((entry.subject.as_str(), entry.region), ("user 2001", Some(north.id)));
    assert_eq!(entry.before, None);
    assert!(entry.after.unwrap().contains(r#""name":"2001""#));

    world.set(SharedScope::Region(north.id), "IPPhonePassword", Some("canary-web"));
    world.set(SharedScope::Region(north.id), "Foo", Some("one"));
    world.set(SharedScope::Region(north.id), "Foo", Some("two"));
    let entry = written().remove(0).entry;
    assert_eq!((entry.before.as_deref(), entry.after.as_deref()), (Some(r#""one""#), Some(r#""two""#)));
    assert_eq!(entry.subject, "%ITCS_Foo% of region North");

    let count = written().len();
    block_on(operator.create_region("East".parse().unwrap(), |_| {})).unwrap_err();
    assert_eq!(written().len(), count);
    assert!(!format!("{:?}", written()).contains("canary"));
}
