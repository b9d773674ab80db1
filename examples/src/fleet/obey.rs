//! What a phone does when it is commanded.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;

use super::command::Command;
use super::config_file::key;
use super::error::PhoneError;
use super::phone::Phone;
use super::rest::{Ledger, Manner, RestServer};
use super::update::FirmwareOutcome;
use super::url::Url;

/// How a phone listens for commands.
#[derive(Debug, Clone, Default)]
pub struct RestOptions {
    /// The port; 0 lets the system choose. The address is the phone's own.
    pub port: u16,
    /// HTTPS with this certificate instead of HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// How the phone behaves.
    pub manner: Manner,
}

impl Phone {
    /// Opens the phone's REST server; answers where it listens. Commands that come wait for
    /// [`next_command`](Self::next_command).
    pub async fn listen(&mut self, options: &RestOptions) -> io::Result<SocketAddr> {
        // The former one lets go of its port first.
        self.rest = None;
        let address = SocketAddr::from((self.client.address(), options.port));
        let (manner, ledger) = (options.manner.clone(), Arc::clone(&self.options.ledger));
        let (rest, bound) = RestServer::open(address, options.tls.clone(), manner, ledger).await?;
        self.rest = Some(rest);
        self.tell_account();
        Ok(bound)
    }

    /// Closes the REST server: the phone is away.
    pub fn deafen(&mut self) {
        self.rest = None;
    }

    /// Changes how the phone behaves when it is commanded.
    pub fn set_manner(&self, manner: Manner) {
        if let Some(rest) = &self.rest {
            rest.set_manner(manner);
        }
    }

    /// The next command over the REST server; never, where there is none.
    pub async fn next_command(&mut self) -> Command {
        if let Some(command) = match &mut self.rest {
            Some(rest) => rest.next().await,
            None => None,
        } {
            return command;
        }
        std::future::pending().await
    }

    /// Everything that the phone was told to do.
    pub fn ledger(&self) -> &Ledger {
        &self.options.ledger
    }

    /// The texts that were shown, oldest first.
    pub fn messages(&self) -> &[super::command::Message] {
        &self.messages
    }

    /// Carries commands out; true when the phone has to restart, which a [`boot`](Self::boot) does.
    pub async fn obey(&mut self, commands: Vec<Command>) -> Result<bool, PhoneError> {
        let mut restart = false;
        for command in commands {
            match command {
                Command::Restart(_) => restart = true,
                Command::UpdateConfiguration => drop(self.refresh().await?),
                Command::UpdateFirmware { image } => {
                    let outcome = match image.and_then(|image| image.parse::<Url>().ok()) {
                        Some(image) => {
                            self.firmware_seen = None;
                            self.check_firmware_at(image).await?
                        }
                        None => self.check_firmware().await?,
                    };
                    restart |= matches!(outcome, FirmwareOutcome::Updated { .. });
                }
                Command::CheckStatus => drop(self.keep_alive().await?),
                Command::Message(message) => self.messages.push(message),
                Command::Other(_) => {}
            }
        }
        Ok(restart)
    }

    /// Tells the REST server whom to believe: the account of the configuration, once it is the phone's own.
    pub(super) fn tell_account(&self) {
        let (user, password) = (self.setting(key::EMS_USER), self.setting(key::EMS_PASSWORD));
        let own = !user.is_empty() && user != "system" && !password.starts_with("{\"");
        if let Some(rest) = &self.rest {
            rest.set_account(own.then(|| (user.to_owned(), password.to_owned())));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::super::testing::{TestServer, generic};
    use super::super::{Came, Restart};
    use super::*;

    /// API-08, API-09, API-11: a phone without a REST server finds its commands in the answer to its report, in
    /// each form of the server, and does them once.
    #[tokio::test]
    async fn api_08_commands_in_answers_are_carried_out() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = Phone::new(generic());
        phone.boot(&server.region()).await.unwrap();
        server.take_lines();
        server.answer_next(
            StatusCode::OK,
            r#"{"requests":[
                {"method":"PUT","path":"/rest/v1/command/SendMessageHandler",
                 "body":{"sessionId":"00000001","text":"Hi","duration":"5","beep":"1"}},
                "{\"method\":\"PUT\",\"path\":\"/rest/v1/command/UpdateConfigurationHandler\",\"body\":{\"sessionId\":\"00000002\"}}",
                "{\"cmd\":\"reset\",\"sessionId\":\"00000003\"}"]}"#,
        );
        let answer = phone.keep_alive().await.unwrap();
        assert!(phone.obey(answer.commands).await.unwrap(), "the last one restarts it");
        assert_eq!(phone.messages()[0].text, "Hi");
        assert_eq!(server.take_lines().last().unwrap(), "GET /configfiles/00908f000001.cfg");
        let received = phone.ledger().received();
        assert!(received.iter().all(|one| one.came == Came::KeepAlive));
        let sessions: Vec<_> = received.iter().map(|one| one.order.session.as_str()).collect();
        assert_eq!(sessions, ["00000001", "00000002", "00000003"]);
        assert_eq!(received[2].order.command, Command::Restart(Restart::Graceful));
        assert_eq!(phone.keep_alive().await.unwrap().commands, []);
    }

    /// What came twice is noticed.
    #[tokio::test]
    async fn a_repeated_session_is_found_in_the_ledger() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = Phone::new(generic());
        phone.boot(&server.region()).await.unwrap();
        for _ in 0..2 {
            server
                .answer_next(StatusCode::OK, r#"{"requests":["{\"cmd\":\"reset\",\"sessionId\":\"aa\"}"]}"#);
            phone.keep_alive().await.unwrap();
        }
        assert_eq!(phone.ledger().repeated(), ["aa"]);
        assert_eq!(phone.ledger().count(|command| matches!(command, Command::Restart(_))), 2);
    }

    #[tokio::test]
    async fn a_phone_that_is_away_is_not_there() {
        let mut phone = Phone::new(generic());
        let address = phone.listen(&RestOptions::default()).await.unwrap();
        assert_eq!(address.ip().to_string(), "127.10.0.2");
        assert!(tokio::net::TcpStream::connect(address).await.is_ok());
        phone.deafen();
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
        let again = RestOptions { port: address.port(), ..RestOptions::default() };
        assert_eq!(phone.listen(&again).await.unwrap(), address);
    }
}
