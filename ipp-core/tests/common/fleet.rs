//! Registered phones, and time that passes for them.

use std::time::Duration;

use ipp_core::{
    app::App,
    id::DeviceId,
    status::{Connectivity, Status},
};

use super::{Handset, Shared, World, block_on};

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
