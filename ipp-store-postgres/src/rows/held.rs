//! The generations of the files that are kept for a phone, as the narrow row of its published files has them.

use ipp_core::generation::GenerationId;

use super::Fields;
use crate::error::Outcome;

/// The beginning of a generation's id, under which its use is counted.
pub(crate) type Prefix = [u8; 8];

/// How many published files of a device are kept: as many as there are slots.
pub(crate) const KEPT: usize = 5;

/// The generations of the files of a device, by slot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held([Option<Prefix>; KEPT]);

impl Held {
    /// Reads the slots that are in use.
    fn new(last: u64, bytes: &[u8]) -> Self {
        let mut held = Self::default();
        for (slot, (place, prefix)) in held.0.iter_mut().zip(bytes.as_chunks().0).enumerate() {
            // Numbers begin at 1, so up to the fifth file slots stay empty, 0 for longest.
            let used = last >= KEPT as u64 || (slot > 0 && slot as u64 <= last);
            *place = used.then_some(*prefix);
        }
        held
    }

    /// Reads them from a row that also tells the number that was given last.
    pub(crate) fn read(fields: Fields<'_>) -> Outcome<Self> {
        Ok(Self::new(fields.unsigned("last")?, fields.get("generations")?))
    }

    /// Puts a generation into the slot of a file's number; answers what was there, and what is.
    pub(crate) fn replace(
        &mut self,
        number: u64,
        generation: GenerationId,
    ) -> (Option<Prefix>, Option<Prefix>) {
        let prefix = generation.as_bytes().first_chunk().copied();
        let slot = usize::try_from(number % KEPT as u64).ok();
        let place = slot.and_then(|slot| self.0.get_mut(slot));
        (place.and_then(|place| std::mem::replace(place, prefix)), prefix)
    }

    /// As the column holds them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|prefix| prefix.unwrap_or_default()).collect()
    }

    /// Each of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Prefix> {
        self.0.into_iter().flatten()
    }
}
