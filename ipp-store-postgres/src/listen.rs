//! Hears of what other nodes changed. It is a hint: whoever hears nothing, as behind a pooler, finds out
//! at the next look.

use std::{future::poll_fn, pin::pin, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::told;

/// How long to wait before connecting again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Listens for good, and tells of what is not of this writer's own doing.
pub(crate) async fn run(
    (config, tls): (Config, MakeRustlsConnect),
    channel: String,
    own: String,
    heard: Arc<Notify>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = listen(&config, &tls, &channel, &own, &heard, &mut pause).await;
        tracing::debug!(error, "changes of other nodes are found by looking alone for a while");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens until the connection is lost; why.
async fn listen(
    config: &Config,
    tls: &MakeRustlsConnect,
    channel: &str,
    own: &str,
    heard: &Notify,
    pause: &mut Duration,
) -> String {
    let (client, mut connection) = match config.connect(tls.clone()).await {
        Ok(connected) => connected,
        Err(error) => return told(&error),
    };
    let command = format!("LISTEN \"{channel}\"");
    let mut asked = pin!(client.batch_execute(&command));
    let mut is_asked = false;
    loop {
        tokio::select! {
            biased;
            answer = &mut asked, if !is_asked => match answer {
                Ok(()) => {
                    (is_asked, *pause) = (true, FIRST_PAUSE);
                    // Something may have changed while nobody listened.
                    heard.notify_one();
                }
                Err(error) => return told(&error),
            },
            message = poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    if told.payload().split(' ').next() != Some(own) {
                        heard.notify_one();
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return told(&error),
                None => return "the connection was closed".to_owned(),
            },
        }
    }
}
