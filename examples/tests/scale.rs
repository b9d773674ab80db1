//! Many phones at once (ZT-10, T6 in short).

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::World;
use ipp_core::{device::Admission, status::StatusClass};
use ipp_examples::fleet::{FaultMix, Fleet, FleetOptions, Model, RequestKind};

/// How long a phone's own hour and longer pauses are, where nothing but failures shall repeat.
const NEVER: Duration = Duration::from_hours(1_000_000);

/// A deadline that only a hang can reach.
const LATE: Duration = Duration::from_mins(5);

/// ZT-10: 500 phones are switched on at the same moment. Each becomes one user with one device, all
/// are registered, and nothing fails on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zt_10_five_hundred_phones_boot_at_once() {
    const PHONES: u32 = 500;
    let world = World::start().await;
    let region = world.region("Hong Kong", |_| {}).await;
    for model in Model::ALL {
        world.firmware(model, "2.2.16.704", 20_000).await;
    }
    // The 405 has no Lync firmware.
    let models = [Model::P420Hd, Model::P430Hd, Model::P440Hd];
    let options = FleetOptions::new(&world.region_url(&region), PHONES).models(&models).lync_share(50);
    let fleet = Fleet::new(options.users_from(70_000).patience(LATE)).unwrap();

    let summary = fleet.run_until_registered(LATE).await;

    assert!(summary.all_registered(), "{summary}");
    let counters = &summary.counters;
    assert_eq!((counters.client_error, counters.server_error), (0, 0), "{summary}");
    assert!(counters.errors.values().all(|count| *count == 0), "{summary}");
    assert!(summary.latency[&RequestKind::Status].count >= u64::from(2 * PHONES), "{summary}");

    let (users, devices) = (world.users().await, world.devices().await);
    assert_eq!((users.len(), devices.len()), (500, 500));
    let numbers: BTreeSet<_> =
        users.iter().map(|user| user.name.as_str().replace("@example.com", "")).collect();
    assert_eq!(numbers, (70_000..70_500).map(|number| number.to_string()).collect());
    let owners: BTreeSet<_> = devices.iter().map(|record| record.device.value.owner.unwrap().user).collect();
    assert_eq!(owners.len(), 500, "each user has one device");
    for record in &devices {
        assert_eq!(record.device.value.admission, Admission::Enrolled);
        assert_eq!(record.status.as_ref().unwrap().class(), StatusClass::Registered);
        assert!(record.pin.is_some());
    }
    assert_eq!(world.app().stale().await.unwrap().stale, 0);
    world.stop().await;
}

/// ZT-10: phones that cut connections, break bodies or mislabel them get there all the same, and
/// none of them counts twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zt_10_phones_with_faults_register_too() {
    let world = World::start().await;
    let region = world.region("Hong Kong", |_| {}).await;
    let mix = FaultMix { cut: 30, broken: 30, wrong_type: 30, ..FaultMix::default() };
    let options = FleetOptions::new(&world.region_url(&region), 60).users_from(80_000).mix(mix).seed(3);
    // A phone's pause after a failed boot is short; it has nothing else to wait for.
    let options = options.time_scale(0.001).keep_alive(NEVER).refetch(NEVER).patience(LATE);

    let summary = Fleet::new(options).unwrap().run_until_registered(LATE).await;

    assert!(summary.all_registered(), "{summary}");
    assert!(summary.counters.faults > 20, "{summary}");
    assert_eq!(summary.counters.server_error, 0, "{summary}");
    assert_eq!((world.users().await.len(), world.devices().await.len()), (60, 60));
    world.stop().await;
}
