//! Sends commands to phones over HTTP and HTTPS, directly or through the SBC HTTP proxy.
//!
//! One connection carries one command. No redirect is followed, no proxy is taken from the environment, and
//! the name of no phone is looked up: phones have addresses, which are checked right before the connection
//! is made (A7). What went wrong is told by what is certain of it, see [`SendErrorKind`].

mod connect;
mod exchange;
mod options;
mod rate;
mod trust;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use ipp_core::{
    blob::BoxFuture,
    clock::Clock,
    outbound::{Delivered, Delivery, PhoneClient, PhoneSaid, SendError, SendErrorKind},
};
use rustls::ClientConfig;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

pub use self::options::PhoneClientOptions;
use self::rate::Rates;

/// The [`PhoneClient`] over HTTP. One is enough for a process; it keeps no connection.
#[derive(Debug)]
pub struct HttpPhoneClient {
    options: PhoneClientOptions,
    clock: Arc<dyn Clock>,
    /// For phones whose certificates are not checked.
    any: Arc<ClientConfig>,
    places: Semaphore,
    rates: Rates,
    connections: AtomicU64,
}

impl HttpPhoneClient {
    /// A client with these limits. Fails only where the cryptography of TLS is not there.
    pub fn new(options: PhoneClientOptions, clock: Arc<dyn Clock>) -> Result<Self, rustls::Error> {
        Ok(Self {
            any: trust::any()?,
            places: Semaphore::new(options.in_flight),
            rates: Rates::new(options.burst, options.every),
            connections: AtomicU64::new(0),
            clock,
            options,
        })
    }

    /// How many connections were begun so far, whatever became of them.
    pub fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    async fn send_once(&self, delivery: &Delivery) -> Result<PhoneSaid, SendError> {
        let not_sent = |what: String| SendError::new(SendErrorKind::NotSent, what);
        let peer = delivery.to.peer;
        if delivery.request.delivered == Delivered::KeepAlive {
            return Err(not_sent(format!("{peer} takes commands only in the answers to its reports")));
        }
        // Before anything is waited for, so that a refusal costs nothing; and again with the connection.
        connect::check_phone(delivery, &self.options)?;
        let place = timeout(self.options.total, self.places.acquire()).await;
        let _place = place
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| not_sent("too many commands are on their way".to_owned()))?;
        if !self.rates.take(delivery.to.mac, self.clock.now().mono) {
            return Err(not_sent(format!("{peer} has been given too many commands in a short time")));
        }
        let deadline = Instant::now() + self.options.total;
        let link = self.connect(delivery).await?;
        exchange::exchange(link, delivery, &self.options, deadline).await
    }
}

impl PhoneClient for HttpPhoneClient {
    fn send<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<PhoneSaid, SendError>> {
        Box::pin(async move {
            let outcome = self.send_once(delivery).await;
            let (mac, command, session) = (delivery.to.mac, delivery.request.command, delivery.session);
            match &outcome {
                Ok(said) => {
                    tracing::debug!(%mac, %command, %session, status = said.status, "a phone accepted a command");
                }
                Err(error) => {
                    tracing::info!(%mac, %command, %session, kind = ?error.kind(), %error, "a command was not accepted");
                }
            }
            outcome
        })
    }
}
