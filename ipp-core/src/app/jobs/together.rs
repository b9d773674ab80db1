//! Waits for several futures at once, on no runtime in particular.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Drives all of them until each has answered; the answers in their order. Meant for a hundred, because each
/// that wakes has all of them looked at.
pub(super) async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Waiting(Pin<Box<F>>),
        Done(Option<F::Output>),
    }
    let mut slots: Vec<Slot<F>> = futures.into_iter().map(|future| Slot::Waiting(Box::pin(future))).collect();
    poll_fn(|context| {
        let mut all = true;
        for slot in &mut slots {
            if let Slot::Waiting(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(answer) => *slot = Slot::Done(Some(answer)),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let answers = slots.into_iter().filter_map(|slot| match slot {
        Slot::Done(answer) => answer,
        Slot::Waiting(_) => None,
    });
    answers.collect()
}
