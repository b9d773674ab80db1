//! One action for many: what became of each.

use super::device_bulk::BulkResult;
use crate::app::{AppError, AppErrorKind};

/// One after the other, and what became of each. A fault of one is told and the next is tried; a fault of the
/// server's own ends it, because going on would only repeat it.
pub(super) struct Each<'a, I, N, T> {
    /// Those that are not done yet; the one under way is the first.
    left: &'a [I],
    items: Vec<T>,
    /// A result with whose it is: by id and, where it may be seen, by name.
    item: fn(I, Option<N>, BulkResult) -> T,
}

impl<'a, I: Copy, N, T> Each<'a, I, N, T> {
    pub(super) fn of(ids: &'a [I], item: fn(I, Option<N>, BulkResult) -> T) -> Self {
        Self { left: ids, items: Vec::with_capacity(ids.len()), item }
    }

    /// The one whose turn it is.
    pub(super) fn next(&self) -> Option<I> {
        self.left.first().copied()
    }

    /// Notes what became of it. An error where nothing was done before.
    pub(super) fn note(
        &mut self,
        name: Option<N>,
        done: Result<BulkResult, AppError>,
    ) -> Result<(), AppError> {
        let Some((id, left)) = self.left.split_first() else { return Ok(()) };
        self.left = left;
        let result = match done {
            Ok(result) => result,
            Err(error) if is_of_server(&error) => {
                // Whoever asked has to know of those before it, which are done.
                if self.items.is_empty() {
                    return Err(error);
                }
                let not_done = || BulkResult::NotDone(error.to_string());
                self.items.push((self.item)(*id, name, not_done()));
                self.items.extend(left.iter().map(|id| (self.item)(*id, None, not_done())));
                self.left = &[];
                return Ok(());
            }
            Err(error) => BulkResult::Failed(error.to_string()),
        };
        self.items.push((self.item)(*id, name, result));
        Ok(())
    }

    pub(super) fn items(self) -> Vec<T> {
        self.items
    }
}

/// Whether the fault is the server's own, so that going on would only repeat it.
pub(super) const fn is_of_server(error: &AppError) -> bool {
    match error.kind() {
        AppErrorKind::Internal | AppErrorKind::Busy => true,
        AppErrorKind::NotFound
        | AppErrorKind::Unauthenticated
        | AppErrorKind::Forbidden
        | AppErrorKind::Invalid
        | AppErrorKind::Conflict => false,
    }
}
