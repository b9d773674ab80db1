//! What a phone does from power on to its first report as registered.

use super::command::Command;
use super::config_file::key;
use super::error::{PhoneError, Step};
use super::fetch::Fetched;
use super::option160::{Option160, Option160Error};
use super::phone::Phone;
use super::phone_options::SignIn;
use super::report::{Status, configured_user};
use super::update::FirmwareOutcome;

/// What a boot came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootOutcome {
    /// The first look for firmware.
    pub firmware: FirmwareOutcome,
    /// The first file applied: the one option 160 names, or on a phone set up before its own.
    pub first: Fetched,
    /// Whether the phone ended signed in and reported `registered`.
    pub registered: bool,
    /// Commands in the answers to its reports.
    pub commands: Vec<Command>,
}

impl Phone {
    /// Powers the phone on: firmware header, configuration, report `started`, its own
    /// configuration, sign-in. A phone whose settings say `provisioning/method=STATIC` follows the
    /// addresses in them, any other the given option 160 value.
    pub async fn boot(&mut self, option160: &str) -> Result<BootOutcome, PhoneError> {
        self.client.disconnect();
        self.user = None;
        self.firmware_seen = None;
        self.complete(Step::PoweredOn);
        let (firmware, first, fresh) = if self.is_set_up() {
            (self.check_configured_firmware().await?, self.fetch_config().await?, false)
        } else {
            let given = self.read_option160(option160)?;
            self.region = given.region;
            let firmware = self.check_firmware_at(given.firmware).await?;
            (firmware, self.fetch(given.config, Step::FirstConfiguration).await?, true)
        };
        let mut commands = self.report(Status::Started).await?.commands;
        if fresh && !self.setting(key::CONFIG_URL).is_empty() {
            self.fetch_config().await?;
        }
        // The configuration may name another image than option 160 did.
        self.check_configured_firmware().await?;
        commands.extend(self.sign_in().await?);
        Ok(BootOutcome { firmware, first, registered: self.user.is_some(), commands })
    }

    /// Fetches the configuration and acts on what changed: other firmware, another user.
    pub async fn refresh(&mut self) -> Result<(Fetched, Vec<Command>), PhoneError> {
        let fetched = self.fetch_config().await?;
        let commands = match fetched {
            Fetched::Applied { changed: 1.. } => {
                self.check_configured_firmware().await?;
                self.sign_in().await?
            }
            Fetched::Applied { changed: 0 } | Fetched::NotModified | Fetched::Missing => Vec::new(),
        };
        Ok((fetched, commands))
    }

    /// Signs in where there is somebody to sign in and reports `registered`, signs out where nobody
    /// is left; does nothing when that user is signed in already.
    async fn sign_in(&mut self) -> Result<Vec<Command>, PhoneError> {
        let (user, at_phone) = match &self.options.sign_in {
            SignIn::Nobody => (None, false),
            SignIn::WhenConfigured => (configured_user(&self.settings), false),
            SignIn::AtPhone(user) => (Some(user.clone()), true),
        };
        if user == self.user {
            return Ok(Vec::new());
        }
        if user.is_none() {
            // The line is gone from the configuration.
            let answer = self.report(Status::Unregistered).await?;
            self.user = None;
            return Ok(answer.commands);
        }
        let before = std::mem::replace(&mut self.user, user);
        let mut commands = match self.report(Status::Registered).await {
            Ok(answer) => answer.commands,
            Err(error) => {
                // Nobody is signed in until the server has heard of it.
                self.user = before;
                return Err(error);
            }
        };
        // Signing in at the phone makes the server write the phone's own file.
        if at_phone && !self.setting(key::CONFIG_URL).is_empty() {
            match self.fetch_config().await? {
                Fetched::Applied { changed: 1.. } => {
                    self.check_configured_firmware().await?;
                    commands.extend(self.report(Status::Registered).await?.commands);
                }
                Fetched::Applied { changed: 0 } | Fetched::NotModified | Fetched::Missing => {}
            }
        }
        Ok(commands)
    }

    fn is_set_up(&self) -> bool {
        self.setting(key::METHOD).eq_ignore_ascii_case("static") && !self.setting(key::CONFIG_URL).is_empty()
    }

    fn read_option160(&self, value: &str) -> Result<Option160, PhoneError> {
        let model = self.identity.model().as_str();
        Option160::parse(value, model, &self.spelled_mac())
            .map_err(|error: Option160Error| self.failed(Step::FirstConfiguration, error))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::super::testing::{MAC, TestServer, generic, image, phone};
    use super::super::{ErrorKind, Habits, Kind, Model, PhoneOptions, Problem, Quirk, Restart, User};
    use super::*;

    const STATUS: &str = "POST /rest/v1/ipphoneMgrStatus/keep-alive";

    /// FLW-01, ZT-01, ZT-07: a factory-new phone ends registered by following what it is given.
    #[tokio::test]
    async fn flw_01_order_of_a_boot_with_a_configured_line() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = phone();
        let outcome = phone.boot(&server.region()).await.unwrap();
        assert_eq!(outcome.firmware, FirmwareOutcome::Missing);
        assert!(outcome.registered);
        let expected = [
            "GET /firmwarefiles/430HD.img",
            "GET /ipp/region/R1/00908f000001.cfg",
            STATUS,
            "GET /configfiles/00908f000001.cfg",
            STATUS,
        ];
        let seen = server.seen();
        assert_eq!(server.take_lines(), expected);
        assert_eq!(seen[0].header(http::header::RANGE), Some("bytes=0-111"));
        assert_eq!(seen[2].json()["status"], "started");
        assert_eq!(seen[2].json()["userName"], "");
        assert_eq!(seen[4].json()["status"], "registered");
        assert_eq!(seen[4].json()["phoneNumber"], "1001");
        let agent = "AUDC-IPPhone/2.2.8.61 (430HDG-Rev0; 00908F000001)";
        assert!(seen.iter().all(|seen| seen.header(http::header::USER_AGENT) == Some(agent)));
        assert!(seen.iter().all(|one| one.peer.ip().to_string() == "127.10.0.2" && one.peer == seen[0].peer));
        assert_eq!(
            phone.requests().map(|record| record.status).collect::<Vec<_>>()[..2],
            [Some(404), Some(200)]
        );
    }

    /// FLW-02, INF-03, ZT-08: a user signs in at the phone, then its private file is fetched.
    #[tokio::test]
    async fn flw_02_order_of_a_zero_touch_sign_in() {
        let server = TestServer::start().await.with_phone_files();
        server.remove(&format!("/configfiles/{MAC}.cfg"));
        let options =
            PhoneOptions::new(1, Model::P430Hd, Kind::Lync).sign_in(SignIn::AtPhone(User::numbered(7)));
        let mut phone = Phone::new(options);
        assert!(phone.boot(&server.region()).await.unwrap().registered);
        let seen = server.seen();
        let lines: Vec<_> = server.take_lines();
        let own = "GET /configfiles/00908f000001.cfg";
        assert_eq!(lines[2..], [STATUS, own, STATUS, own]);
        assert_eq!(seen[2].json()["region"], "R1");
        assert_eq!(seen[2].json()["emsUserName"], "system");
        assert_eq!(seen[4].json()["userId"], "7@example.com");
        assert_eq!(seen[4].json()["emsUserName"], "7@example.com");
        // The server writes the file meanwhile: the next look finds it.
        server.put(&format!("/configfiles/{MAC}.cfg"), format!("{}a/b=1\n", server.option160_file()));
        assert_eq!(phone.refresh().await.unwrap().0, Fetched::Applied { changed: 1 });
    }

    /// FLW-04: without a line in its file the phone stays started; after approval and a restart
    /// it goes straight to its own file.
    #[tokio::test]
    async fn flw_04_pending_until_the_file_names_a_line() {
        let server = TestServer::start().await.with_phone_files();
        server.remove(&format!("/configfiles/{MAC}.cfg"));
        let mut phone = phone();
        assert!(!phone.boot(&server.region()).await.unwrap().registered);
        assert_eq!(phone.last_step(), Step::Configuration);
        let server = server.with_phone_files();
        server.take_lines();
        assert!(phone.boot(&server.region()).await.unwrap().registered);
        let expected = ["GET /firmwarefiles/430HD.img", "GET /configfiles/00908f000001.cfg", STATUS, STATUS];
        assert_eq!(server.take_lines(), expected);
    }

    /// FLW-06: the system URL's file leads to the addresses in it.
    #[tokio::test]
    async fn flw_06_system_url() {
        let server = TestServer::start().await.with_phone_files();
        let option_file = server.option160_file().replace("/firmwarefiles/", "/other/fw.img");
        server.put("/ipp/dhcpoption160.cfg", option_file.clone());
        server.put(&format!("/configfiles/{MAC}.cfg"), format!("{option_file}voip/line/0/id=1\n"));
        server.put("/other/fw.img", image("430HD", "9.9", 200));
        let mut phone = phone();
        phone.boot(&server.url("/firmwarefiles;ipp/dhcpoption160.cfg")).await.unwrap();
        let expected = [
            "GET /firmwarefiles/430HD.img",
            "GET /ipp/dhcpoption160.cfg",
            STATUS,
            "GET /configfiles/00908f000001.cfg",
            "GET /other/fw.img",
            "GET /other/fw.img",
            STATUS,
        ];
        assert_eq!(server.take_lines(), expected);
        assert_eq!(phone.identity().version(), "9.9");
    }

    /// A token in an address is followed like any other path, with each quirk of real phones.
    #[tokio::test]
    async fn quirks_change_the_spelling_and_nothing_else() {
        let server = TestServer::start().await.with_phone_files();
        server.put(
            "/ipp/region/R1/00908F000001.cfg",
            server.option160_file().replace("/configfiles/", "/t/x/"),
        );
        server.put("/t/x/00908F000001.cfg", "voip/line/0/id=1001\n");
        let quirks = [
            Quirk::UpperCaseMac,
            Quirk::PostsForFiles,
            Quirk::DoubleSlash,
            Quirk::TrailingComma,
            Quirk::NoContentType,
        ];
        let habits = quirks.into_iter().fold(Habits::plain(), Habits::with);
        let mut phone = Phone::new(generic().habits(habits));
        assert!(phone.boot(&server.region()).await.unwrap().registered);
        let seen = server.seen();
        let lines = server.take_lines();
        assert_eq!(lines[1], "POST /ipp/region/R1/00908F000001.cfg");
        assert_eq!(lines[2], "POST //rest/v1/ipphoneMgrStatus/keep-alive");
        assert_eq!(lines[3], "POST /t/x//00908F000001.cfg");
        assert!(seen[2].body.ends_with(",\n}") && seen[2].body.contains("\"mac\": \"00908f000001\""));
        assert_eq!(seen[2].header(http::header::CONTENT_TYPE), None);
    }

    #[tokio::test]
    async fn a_refused_report_leaves_nobody_signed_in() {
        let server = TestServer::start().await.with_phone_files();
        server.answer_next(
            StatusCode::OK,
            "{\"requests\":[{\"path\":\"/rest/v1/command/ResetGracefulHandler\"}]}",
        );
        server.answer_next(StatusCode::SERVICE_UNAVAILABLE, "");
        let mut phone = phone();
        let error = phone.boot(&server.region()).await.unwrap_err();
        assert_eq!((error.step(), error.kind()), (Step::Registered, ErrorKind::Status));
        assert!(matches!(error.problem(), Problem::Status { status: 503, .. }), "{error}");
        assert_eq!(phone.user(), None);
        let counters = phone.meter().counters();
        assert_eq!((counters.server_error, counters.errors[&ErrorKind::Status]), (1, 1));
        server.answer_next(StatusCode::OK, "{\"requests\":[\"{\\\"cmd\\\":\\\"reset\\\"}\"]}");
        assert_eq!(
            phone.boot(&server.region()).await.unwrap().commands,
            [Command::Restart(Restart::Graceful)]
        );
    }

    #[tokio::test]
    async fn a_line_taken_away_signs_the_phone_out() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = phone();
        phone.boot(&server.region()).await.unwrap();
        server.put(&format!("/configfiles/{MAC}.cfg"), "voip/line/0/id=\n");
        phone.refresh().await.unwrap();
        assert_eq!(phone.user(), None);
        let last = server.seen().pop().unwrap().json();
        assert_eq!((&last["status"], &last["phoneNumber"]), (&"unregistered".into(), &"1001".into()));
    }

    #[tokio::test]
    async fn a_server_without_the_first_file_fails_the_boot() {
        let server = TestServer::start().await;
        let error = phone().boot(&server.region()).await.unwrap_err();
        assert_eq!(error.step(), Step::FirstConfiguration);
        assert!(error.to_string().ends_with("/ipp/region/R1/00908f000001.cfg answered 404"), "{error}");
        assert_eq!(phone().boot("tftp://s").await.unwrap_err().kind(), ErrorKind::Content);
    }
}
