//! Tells the host application of alarms, at least once and in their order.

use std::time::Duration;

use super::{App, AppError};
use crate::store::{Batch, Change, Store};

/// How often the driver calls [`App::deliver_alarms`].
pub const DELIVERY: Duration = Duration::from_secs(1);

/// Under which name it is kept how far the host was told.
const HOST: &str = "host";

/// How many events are read at once.
const PIECE: u32 = 200;

impl<S: Store> App<S> {
    /// Tells the host of what happened to alarms since it was told last. Costs one read where nothing did.
    ///
    /// # Errors
    ///
    /// The host does not take an event: the same comes first with the next call. What was taken before it
    /// does not come again.
    pub async fn deliver_alarms(&self) -> Result<(), AppError> {
        let Some(sink) = &self.ports.host.alarms else { return Ok(()) };
        let mut told = self.store.told(HOST).await?;
        loop {
            let events = self.store.alarm_events(told, PIECE).await?;
            let (mut taken, mut outcome) = (None, Ok(()));
            for event in &events {
                outcome = sink.alarm(event).await;
                if outcome.is_err() {
                    break;
                }
                taken = Some(event.number);
            }
            if let Some(number) = taken {
                self.store.commit(Batch::of(Change::Told(HOST.to_owned(), number))).await?;
                told = number;
            }
            outcome?;
            if events.len() < PIECE as usize {
                return Ok(());
            }
        }
    }
}
