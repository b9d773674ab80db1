//! The phones that a preview is over, a window at a time.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    Against, PhoneRef,
    compare::{Makers, Outcome},
    proposal::Proposal,
};
use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{
            Admin,
            device_bulk::{MOST, Selection},
        },
        pin::{Opened, PinMaker},
        turns::{both, pause},
    },
    device::{Admission, Device},
    id::DeviceId,
    store::{DeviceFilter, DeviceKey, DeviceRecord, Page, Store},
};

/// How many devices are in memory at a time.
const WINDOW: u32 = 500;

/// How many files are compared before others have a turn: a few milliseconds of work at most.
const AT_ONCE: usize = 25;

/// How many previews are made at once: each holds a window of phones and what it found so far.
const AT_A_TIME: usize = 4;

/// A place among them, left when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(places: &'a AtomicUsize) -> Result<Self, AppError> {
        let more = |taken: usize| (taken < AT_A_TIME).then_some(taken + 1);
        let taken = places.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        let busy = |_| AppError::busy("several previews are being made; try again when they are done");
        taken.map(|_| Self(places)).map_err(busy)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Where a walk goes.
enum Way {
    Filter(Box<DeviceFilter>),
    Ids(BTreeSet<DeviceId>),
}

impl<S: Store> Admin<'_, S> {
    /// Tells `each` what the proposal would do to each phone behind `after` that may be seen, by id,
    /// until it has enough.
    pub(super) async fn walk(
        &self,
        proposal: &Proposal,
        over: &Selection,
        against: Against,
        after: Option<DeviceId>,
        mut each: impl FnMut(PhoneRef, Outcome) -> ControlFlow<()> + Send,
    ) -> Result<(), AppError> {
        let _place = Place::take(&self.app.previews)?;
        let way = self.way(over)?;
        let (mut of_saved, mut of_proposed) = (Opened::new(), Opened::new());
        let (vault, now) = (&*self.app.ports().vault, self.app.now().wall);
        let mut makers = Makers {
            saved: PinMaker::new(proposal.saved(), vault, &mut of_saved, now, None),
            proposed: PinMaker::new(proposal.proposed(), vault, &mut of_proposed, now, None),
        };
        let mut window = self.window(&way, after).await?;
        loop {
            let Window { records, next } = window;
            // The next window is read while this one is compared.
            let read = async {
                match next {
                    Some(next) => self.window(&way, Some(next)).await.map(Some),
                    None => Ok(None),
                }
            };
            let compared = async {
                for (at, record) in records.iter().enumerate() {
                    if at % AT_ONCE == AT_ONCE - 1 {
                        pause().await;
                    }
                    let outcome = self.outcome(proposal, against, &mut makers, record).await?;
                    if each(PhoneRef::of(&record.device.value), outcome).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok::<_, AppError>(ControlFlow::Continue(()))
            };
            let (read, compared) = both(read, compared).await;
            if compared?.is_break() {
                return Ok(());
            }
            match read? {
                Some(read) => window = read,
                None => return Ok(()),
            }
        }
    }

    /// Which devices are looked at: those that *Generate* looks at, as far as they may be seen.
    fn way(&self, over: &Selection) -> Result<Way, AppError> {
        match over {
            Selection::Ids(ids) if ids.len() > MOST => {
                Err(AppError::invalid(format!("more than {MOST} devices are picked; use a filter")))
            }
            Selection::Ids(ids) => {
                self.need(Capability::View)?;
                Ok(Way::Ids(ids.iter().copied().collect()))
            }
            Selection::Filter(filter) => {
                let mut filter = self.visible_only(DeviceFilter::clone(filter))?;
                let admitted = filter.admissions.take().unwrap_or_else(|| GENERATED.to_vec());
                filter.admissions =
                    Some(admitted.into_iter().filter(|one| GENERATED.contains(one)).collect());
                Ok(Way::Filter(Box::new(filter)))
            }
        }
    }

    async fn window(&self, way: &Way, after: Option<DeviceId>) -> Result<Window, AppError> {
        let store = self.app.store();
        match way {
            Way::Filter(filter) => {
                let records = store.devices(filter, Page { after, limit: WINDOW }).await?;
                let last = records.last().map(|record| record.device.value.id);
                Ok(Window { next: last.filter(|_| records.len() == WINDOW as usize), records })
            }
            Way::Ids(ids) => {
                use std::ops::Bound::{Excluded, Unbounded};
                let behind = ids.range((after.map_or(Unbounded, Excluded), Unbounded));
                let some: Vec<DeviceId> = behind.copied().take(WINDOW as usize).collect();
                let visible = self.caller.visible();
                let mut records = Vec::with_capacity(some.len());
                for id in &some {
                    let record = store.device(DeviceKey::Id(*id)).await?;
                    let meant = |device: &Device| {
                        GENERATED.contains(&device.admission) && visible.contains(device.region)
                    };
                    records.extend(record.filter(|record| meant(&record.device.value)));
                }
                let next = some.last().copied().filter(|_| some.len() == WINDOW as usize);
                Ok(Window { records, next })
            }
        }
    }
}

/// Some devices, and behind which the next ones begin.
struct Window {
    records: Vec<DeviceRecord>,
    next: Option<DeviceId>,
}

/// How far those are admitted that *Generate* makes files for.
const GENERATED: [Admission; 2] = [Admission::Enrolled, Admission::Expected];
