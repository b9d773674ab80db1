//! Administrators' passwords: Argon2id, off the executor, a few at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash as Phc,
};
use ipp_core::{
    operator::PasswordHash,
    passwords::{Hashing, Passwords, PasswordsError},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// How many are hashed at the same time; each takes 19 MiB.
const AT_ONCE: usize = 4;
/// How many may wait for that; more are told to come back.
const WAITING: usize = 32;

/// Hashes with Argon2id at 19 MiB, two passes, one lane. The number of hashes at a time is bounded,
/// so that a flood of logins takes neither the memory nor the executor.
#[derive(Debug)]
pub struct Argon2Passwords {
    argon2: Argon2<'static>,
    at_once: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Argon2Passwords {
    fn default() -> Self {
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

impl Argon2Passwords {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, PasswordsError> + Send + 'static,
    ) -> Result<T, PasswordsError> {
        let _queued = self.queue.try_acquire().map_err(|_| PasswordsError::Busy)?;
        let place = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordsError::Busy)?;
        let argon2 = self.argon2.clone();
        // The place goes with the work: a request that is dropped does not free it early.
        let hashing = tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop(place);
            result
        });
        hashing.await.map_err(|_| PasswordsError::Busy)?
    }
}

impl Passwords for Argon2Passwords {
    fn hash<'a>(&'a self, password: &'a str) -> Hashing<'a, PasswordHash> {
        let password = Zeroizing::new(password.to_owned());
        Box::pin(self.run(move |argon2| {
            let hash = argon2.hash_password(password.as_bytes()).map_err(damaged)?;
            Ok(PasswordHash::from_text(hash.to_string()))
        }))
    }

    fn verify<'a>(&'a self, hash: Option<&'a PasswordHash>, password: &'a str) -> Hashing<'a, bool> {
        let (hash, password) = (hash.cloned(), Zeroizing::new(password.to_owned()));
        Box::pin(self.run(move |argon2| {
            let Some(hash) = hash else {
                // As much work as for an account that exists.
                argon2.hash_password(password.as_bytes()).map_err(damaged)?;
                return Ok(false);
            };
            let hash = Phc::new(hash.as_str()).map_err(damaged)?;
            match argon2.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(damaged(error)),
            }
        }))
    }
}

fn damaged(error: impl std::fmt::Display) -> PasswordsError {
    PasswordsError::Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEC-22: equal passwords have different hashes, each fits its own password alone, and a stored
    /// hash that is none is a fault and no *no*.
    #[tokio::test]
    async fn sec_22_a_hash_fits_its_password() {
        let passwords = Argon2Passwords::default();
        let (one, two) =
            (passwords.hash("correct horse").await.unwrap(), passwords.hash("correct horse").await.unwrap());
        assert_ne!(one, two);
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!format!("{one:?}").contains("argon"));
        assert_eq!(passwords.verify(Some(&one), "correct horse").await, Ok(true));
        assert_eq!(passwords.verify(Some(&one), "wrong horse").await, Ok(false));
        assert_eq!(passwords.verify(None, "correct horse").await, Ok(false));
        let broken = PasswordHash::from_text("pass_1234".into());
        assert!(matches!(
            passwords.verify(Some(&broken), "pass_1234").await,
            Err(PasswordsError::Damaged(_))
        ));
    }

    /// A21, T28: a flood of logins waits in a bounded queue or is turned away.
    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = Argon2Passwords::default();
        let all: Vec<_> = (0..AT_ONCE + WAITING).map(|_| passwords.queue.try_acquire().unwrap()).collect();
        assert_eq!(passwords.verify(None, "x").await, Err(PasswordsError::Busy));
        drop(all);
        assert_eq!(passwords.verify(None, "x").await, Ok(false));
    }
}
