//! Logins that were refused, for the web-admin log. They are counted by account and source and noted every
//! few seconds, because whoever guesses must not fill the audit log.

use std::{collections::BTreeMap, net::IpAddr, sync::PoisonError, time::Duration};

use super::{App, AppError};
use crate::{
    log::web_admin::LOGIN_REFUSED,
    store::{AuditEntry, Batch, Store},
    time::Now,
};

/// How many accounts and sources are told apart at once.
const APART: usize = 16;

/// How many entries an hour may have. What is beyond is one entry each time.
const AN_HOUR: usize = 300;

const HOUR: Duration = Duration::from_hours(1);

/// The logins that were refused and are not noted yet.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// By account, where there is one of that name, and source.
    counted: BTreeMap<(Option<String>, IpAddr), u64>,
    /// Those beyond the bounds.
    more: u64,
    /// When the present hour began, on the steady clock.
    began: Duration,
    /// How many entries it has.
    noted: usize,
}

impl Refusals {
    /// Counts a refusal. The name is known to be that of an account: what else people type there may be
    /// a password.
    fn count(&mut self, account: Option<String>, source: IpAddr) {
        let key = (account, source.to_canonical());
        if self.counted.len() < APART || self.counted.contains_key(&key) {
            *self.counted.entry(key).or_default() += 1;
        } else {
            self.more += 1;
        }
    }

    fn take(&mut self, now: Now) -> Vec<AuditEntry> {
        if now.mono.saturating_sub(self.began) >= HOUR {
            (self.began, self.noted) = (now.mono, 0);
        }
        let mut entries = Vec::new();
        for ((account, source), times) in std::mem::take(&mut self.counted) {
            if self.noted >= AN_HOUR {
                self.more += times;
                continue;
            }
            self.noted += 1;
            let who = account.unwrap_or_else(|| "nobody".to_owned());
            entries.push(entry(now, who, format!("login from {source}"), times));
        }
        let more = std::mem::take(&mut self.more);
        entries
            .extend((more > 0).then(|| entry(now, "nobody".to_owned(), "logins from many".to_owned(), more)));
        entries
    }
}

fn entry(now: Now, who: String, subject: String, times: u64) -> AuditEntry {
    let after = serde_json::json!({ "times": times }).to_string();
    AuditEntry::new(now.wall, who, LOGIN_REFUSED, subject).changing(None, Some(after))
}

impl<S: Store> App<S> {
    pub(super) fn note_refused_login(&self, account: Option<&str>, source: IpAddr) {
        self.refusals(|refusals| refusals.count(account.map(str::to_owned), source));
    }

    pub(super) async fn flush_refusals(&self) -> Result<(), AppError> {
        let now = self.now();
        let audit = self.refusals(|refusals| refusals.take(now));
        if !audit.is_empty() {
            self.commit(Batch { audit, ..Batch::default() }).await?;
        }
        Ok(())
    }

    fn refusals<T>(&self, with: impl FnOnce(&mut Refusals) -> T) -> T {
        with(&mut self.refusals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn at(seconds: u64) -> Now {
        Now { wall: Timestamp::from_millis(0), mono: Duration::from_secs(seconds) }
    }

    fn source(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    /// A25, LOG-17: whoever guesses from everywhere all the time adds so many entries an hour and no more.
    #[test]
    fn guessing_does_not_fill_the_log() {
        let mut refusals = Refusals::default();
        let (mut entries, mut times) = (0, 0);
        for flush in 0..720 {
            for number in 0..100 {
                refusals.count(None, source(flush * 100 + number));
            }
            let taken = refusals.take(at(u64::from(flush) * 5));
            entries += taken.len();
            times += taken.iter().filter_map(|entry| entry.after.as_deref()).map(count).sum::<u64>();
        }
        assert_eq!(times, 72_000, "each is counted");
        assert!(entries <= AN_HOUR + 720, "{entries}");
        refusals.count(Some("anna".to_owned()), source(1));
        let later = refusals.take(at(3_600));
        assert_eq!((later[0].actor.as_str(), later[0].subject.as_str()), ("anna", "login from 0.0.0.1"));
    }

    fn count(after: &str) -> u64 {
        serde_json::from_str::<serde_json::Value>(after).unwrap()["times"].as_u64().unwrap()
    }
}
