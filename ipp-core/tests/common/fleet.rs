//! Registered phones, and time that passes for them.

use std::time::Duration;

use ipp_core::{
    app::App,
    device::{Admission, BoundToken, Device},
    id::DeviceId,
    region::Region,
    render::Facts,
    status::{Connectivity, Status},
    store::{Batch, Change, DeviceChange, Store as _},
    token::Token,
    vault::SealFor,
};

use super::{Handset, START, Shared, World, block_on, mac};

/// Phones of region `R` that are registered, at a node that beats and sweeps as its driver lets it.
pub(crate) struct Fleet {
    pub(crate) world: World,
    pub(crate) phones: Vec<(Handset, DeviceId)>,
}

impl Fleet {
    pub(crate) fn new(phones: u32) -> Self {
        let world = World::new();
        world.region("R", |_| {});
        block_on(world.app.heartbeat()).unwrap();
        let phones = (1..=phones).map(|number| world.enrol(number, "R")).collect();
        let fleet = Self { world, phones };
        for (phone, _) in &fleet.phones {
            phone.registered(&fleet.world);
        }
        fleet
    }

    /// Lets time pass in steps of half a minute, with heartbeats and sweeps.
    pub(crate) fn pass(&self, time: Duration) -> u64 {
        let half = Duration::from_secs(30);
        let steps = u32::try_from(time.as_secs() / 30).unwrap();
        let mut disconnected = 0;
        for _ in 0..steps {
            self.world.clock.advance(half);
            disconnected += tick(&self.world.app);
        }
        self.world.clock.advance(time.saturating_sub(half * steps));
        disconnected
    }

    pub(crate) fn status(&self, at: usize) -> Status {
        self.world.record(self.phones[at].1).status.unwrap()
    }

    pub(crate) fn connectivity(&self, at: usize) -> Connectivity {
        self.status(at).connectivity
    }
}

/// What the driver of a node does each half minute. Answers how many phones are called disconnected.
pub(crate) fn tick(app: &App<Shared>) -> u64 {
    block_on(app.heartbeat()).unwrap();
    block_on(app.sweep()).unwrap().disconnected
}

/// Puts enrolled devices as a store has them, without going through their enrolment.
pub(crate) fn put_bound(world: &World, region: &Region, model: &str, count: u64) {
    let bound = |number| Change::Device(DeviceChange::Put(Box::new(bound(world, region, model, number))));
    let changes = (0..count).map(bound).collect();
    block_on(world.store.commit(Batch { changes, ..Batch::default() })).unwrap();
}

fn bound(world: &World, region: &Region, model: &str, number: u64) -> Device {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let id = DeviceId::from_bytes(id);
    let token = Token::new([number.to_be_bytes(), [9; 8]].concat().try_into().unwrap());
    let vault = &world.ports.vault;
    let number = u32::try_from(number).unwrap();
    let mut device = Device::new(id, mac(1_000 + number), Admission::Enrolled, START);
    device.model = Some(model.parse().unwrap());
    device.region = Some(region.id);
    device.token = Some(BoundToken {
        print: token.fingerprint(vault.fingerprints()),
        sealed: vault.seal(SealFor::DeviceToken(id.as_bytes()), token.to_text().as_bytes()).unwrap(),
    });
    let catalog = &world.app.snapshot().catalog;
    device.own = Facts::new(&device, None, catalog).print(vault.fingerprints());
    device
}
