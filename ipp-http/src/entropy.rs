//! Random bytes of the operating system.

use ipp_core::entropy::Entropy;
use rand::{TryRng as _, rngs::SysRng};

/// The secure random source of the operating system, asked anew for every value: no state that a
/// fork or a snapshot could repeat.
///
/// # When the source fails
///
/// Then nothing can be minted safely: keys, tokens, nonces. The port has no error for it, because no
/// caller could do anything but stop. Call [`OsEntropy::check`] once at start, where the failure is an
/// ordinary error. Should a source that worked fail later, which current systems rule out,
/// [`fill`](Entropy::fill) panics: the request under way fails, no weak value ever leaves, and no
/// input can bring it about.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

/// The operating system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no secure random bytes; nothing secret can be made without them")]
pub struct NoEntropy(#[source] rand::rngs::SysError);

impl OsEntropy {
    /// Asks for a few bytes, to find out at start whether the source works.
    pub fn check() -> Result<Self, NoEntropy> {
        SysRng.try_fill_bytes(&mut [0; 16]).map_err(NoEntropy)?;
        Ok(Self)
    }
}

impl Entropy for OsEntropy {
    #[expect(clippy::expect_used, reason = "see the type: without randomness nothing may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system gives secure random bytes");
    }
}

#[cfg(test)]
mod tests {
    use ipp_core::entropy::random;

    use super::*;

    #[test]
    fn two_draws_differ_and_every_byte_is_filled() {
        let source = OsEntropy::check().unwrap();
        let (one, two) = (random::<32>(&source), random::<32>(&source));
        assert_ne!(one, two);
        // A byte that stays zero in 64 draws of fair bytes is a byte that is never written.
        let mut seen = [0; 32];
        for _ in 0..64 {
            let drawn = random::<32>(&source);
            seen.iter_mut().zip(drawn).for_each(|(seen, drawn)| *seen |= drawn);
        }
        assert!(seen.iter().all(|byte| *byte != 0));
    }
}
