//! The port that sends commands, and its version in memory.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use super::{Delivery, SendError};
use crate::{blob::BoxFuture, log::LogText};

/// What a phone said when it accepted a command. Accepted is not done: a restart is done when the phone
/// reports that it has started (C26).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhoneSaid {
    /// The status of its answer.
    pub status: u16,
    /// The beginning of its answer, neutralised.
    pub text: LogText,
}

/// Sends commands to phones.
pub trait PhoneClient: fmt::Debug + Send + Sync {
    /// Sends a command once, and answers when the phone has accepted it. It never tries again, and checks
    /// the address right before it connects. Whoever drops the future does not know what became of it.
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<PhoneSaid, SendError>>;
}

/// Remembers what was sent, for tests; answers as told, else accepts.
#[derive(Debug, Default)]
pub struct MemoryPhoneClient {
    sent: Mutex<Vec<Delivery>>,
    answers: Mutex<VecDeque<Result<PhoneSaid, SendError>>>,
}

impl MemoryPhoneClient {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<Delivery> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the next command without an answer yet is answered with.
    pub fn answer_next(&self, answer: Result<PhoneSaid, SendError>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }
}

impl PhoneClient for MemoryPhoneClient {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<PhoneSaid, SendError>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(delivery.clone());
        let next = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let answer = next.unwrap_or_else(|| Ok(PhoneSaid { status: 200, text: LogText::default() }));
        Box::pin(async move { answer })
    }
}
