//! One phone: what it is, what it knows, and what it says.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use tokio::time::Instant;

use super::alarm::{ALARM_PATH, Alarm, alarm_body};
use super::command::{Message, orders};
use super::config_file::{Settings, key};
use super::error::{PhoneError, Problem, Step};
use super::fetch::Applied;
use super::habits::{Fault, Quirk};
use super::http::{Answer, Call, Client, HttpError, Take};
use super::identity::{Identity, User};
use super::meter::{Meter, RequestKind};
use super::phone_options::PhoneOptions;
use super::random::SplitMix64;
use super::report::{Facts, ReportAnswer, STATUS_PATH, Status};
use super::rest::{Came, Received, RestServer};
use super::url::Url;

/// Largest answer to a report that is read.
const MAX_ANSWER: usize = 64 * 1024;

/// One exchange, as kept in the phone's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: String,
    /// HTTP status, `None` when no answer came.
    pub status: Option<u16>,
    /// `ETag` of the answer.
    pub etag: Option<String>,
}

/// A simulated phone. It speaks only when told to; [`super::Fleet`] lets phones live by themselves.
#[derive(Debug)]
pub struct Phone {
    pub(super) options: PhoneOptions,
    pub(super) identity: Identity,
    pub(super) settings: Settings,
    pub(super) random: SplitMix64,
    pub(super) client: Client,
    pub(super) region: Option<String>,
    pub(super) user: Option<User>,
    pub(super) applied: Option<Applied>,
    pub(super) firmware_seen: Option<Url>,
    pub(super) rest: Option<RestServer>,
    pub(super) messages: Vec<Message>,
    powered_on: Instant,
    alarms: u32,
    last_step: Step,
    log: VecDeque<RequestRecord>,
}

impl Phone {
    /// A factory-new phone.
    pub fn new(options: PhoneOptions) -> Self {
        let mut client = Client::new(options.source, Arc::clone(&options.tls), Arc::clone(&options.meter));
        client.set_user_agent(&options.identity.user_agent());
        client.set_patience(options.patience);
        if options.fault == Fault::Slow {
            client.set_pace(options.slow_pace);
        }
        Self {
            identity: options.identity.clone(),
            settings: Settings::new(),
            random: SplitMix64::for_phone(options.seed, options.index),
            client,
            region: None,
            user: None,
            applied: None,
            firmware_seen: None,
            rest: None,
            messages: Vec::new(),
            powered_on: Instant::now(),
            alarms: 0,
            last_step: Step::PoweredOn,
            log: VecDeque::new(),
            options,
        }
    }

    /// MAC, model and firmware; the version changes with an update.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The configuration as merged so far.
    pub const fn config(&self) -> &Settings {
        &self.settings
    }

    /// The user signed in, if any.
    pub const fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The latest exchanges, oldest first.
    pub fn requests(&self) -> impl Iterator<Item = &RequestRecord> {
        self.log.iter()
    }

    /// Counters and latencies of this phone, or of its whole fleet.
    pub fn meter(&self) -> &Meter {
        &self.options.meter
    }

    /// The last step completed.
    pub const fn last_step(&self) -> Step {
        self.last_step
    }

    /// Sends a status report.
    pub async fn report(&mut self, status: Status) -> Result<ReportAnswer, PhoneError> {
        let step = match status {
            Status::Started => Step::Started,
            Status::Registered => Step::Registered,
            Status::Unregistered | Status::Offline => Step::KeepAlive,
        };
        self.report_as(step, status).await
    }

    /// Repeats the present status, as the phone does once per keep-alive period.
    pub async fn keep_alive(&mut self) -> Result<ReportAnswer, PhoneError> {
        let status = if self.user.is_some() { Status::Registered } else { Status::Started };
        self.report_as(Step::KeepAlive, status).await
    }

    /// Raises an alarm.
    pub async fn raise(&mut self, alarm: &Alarm) -> Result<(), PhoneError> {
        self.alarm(alarm, true).await
    }

    /// Clears an alarm raised before.
    pub async fn clear(&mut self, alarm: &Alarm) -> Result<(), PhoneError> {
        self.alarm(alarm, false).await
    }

    pub(super) fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", |value| value.trim())
    }

    pub(super) fn spelled_mac(&self) -> String {
        if self.options.habits.has(Quirk::UpperCaseMac) {
            self.identity.mac_upper()
        } else {
            self.identity.mac()
        }
    }

    pub(super) fn complete(&mut self, step: Step) {
        self.last_step = step;
        self.tell_account();
        if let Some(observer) = &self.options.observer {
            observer.completed(step);
        }
    }

    /// An error, counted unless the exchange has counted it already.
    pub(super) fn failed(&self, step: Step, problem: impl Into<Problem>) -> PhoneError {
        let error = PhoneError::new(step, problem);
        if !matches!(error.problem(), Problem::Http(_)) {
            self.options.meter.error(error.kind());
        }
        error
    }

    /// One exchange with the phone's fault and its log.
    pub(super) async fn exchange(&mut self, call: Call) -> Result<Answer, HttpError> {
        if self.options.fault == Fault::Cut && self.random.percent(25) {
            self.options.meter.fault();
            self.logged(&Call { take: Take::Cut, ..call.clone() }).await.ok();
        }
        self.logged(&call).await
    }

    async fn logged(&mut self, call: &Call) -> Result<Answer, HttpError> {
        let result = self.client.send(call).await;
        if self.options.log > 0 {
            if self.log.len() >= self.options.log {
                self.log.pop_front();
            }
            let answer = result.as_ref().ok();
            self.log.push_back(RequestRecord {
                method: call.method.clone(),
                url: call.url.to_string(),
                status: answer.map(|answer| answer.status.as_u16()),
                etag: answer.and_then(|answer| answer.header(&header::ETAG)).map(str::to_owned),
            });
        }
        result
    }

    async fn report_as(&mut self, step: Step, status: Status) -> Result<ReportAnswer, PhoneError> {
        let body = self.speak(|facts| facts.status_body(status));
        let answer = self.post(RequestKind::Status, STATUS_PATH, body, step).await?;
        self.complete(step);
        let orders = orders(&answer.body);
        for order in &orders {
            let (came, line, host) = (Came::KeepAlive, String::new(), String::new());
            self.options.ledger.note(Received { order: order.clone(), came, line, host });
        }
        let commands = orders.into_iter().map(|order| order.command).collect();
        Ok(ReportAnswer { status: answer.status.as_u16(), commands })
    }

    async fn alarm(&mut self, alarm: &Alarm, raised: bool) -> Result<(), PhoneError> {
        self.alarms += 1;
        let (number, uptime) = (self.alarms, self.powered_on.elapsed());
        let body = self.speak(|facts| alarm_body(facts, alarm, raised, number, uptime));
        self.post(RequestKind::Alarm, ALARM_PATH, body, Step::Alarm).await?;
        self.complete(Step::Alarm);
        Ok(())
    }

    fn speak(&mut self, write: impl FnOnce(&Facts<'_>) -> String) -> String {
        let (session, digest) = (self.random.hex(8), self.random.hex(32));
        let ip = self.options.stated_address.clone().unwrap_or_else(|| self.client.address().to_string());
        write(&Facts {
            identity: &self.identity,
            habits: &self.options.habits,
            settings: &self.settings,
            user: self.user.as_ref(),
            region: self.region.as_deref(),
            ip: &ip,
            session: &session,
            digest: &digest,
        })
    }

    async fn post(
        &mut self,
        kind: RequestKind,
        path: &str,
        body: String,
        step: Step,
    ) -> Result<Answer, PhoneError> {
        let url = self.server(path).map_err(|problem| self.failed(step, problem))?;
        let body = Bytes::from(body);
        let mut headers = Vec::new();
        if self.options.fault == Fault::WrongType {
            self.options.meter.fault();
            headers
                .push((header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")));
        } else if !self.options.habits.has(Quirk::NoContentType) {
            headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        let take = Take::All(MAX_ANSWER);
        let call = Call { kind, method: Method::POST, url, headers, body, take };
        if self.options.fault == Fault::Broken && self.random.percent(25) {
            self.options.meter.fault();
            let body = call.body.slice(..call.body.len() / 2);
            // What the server says to half a report changes nothing for the phone.
            self.exchange(Call { body, ..call.clone() }).await.ok();
        }
        let url = call.url.to_string();
        let answer = self.exchange(call).await.map_err(|error| self.failed(step, error))?;
        if !answer.status.is_success() {
            return Err(self.failed(step, Problem::Status { url, status: answer.status.as_u16() }));
        }
        Ok(answer)
    }

    fn server(&self, path: &str) -> Result<Url, Problem> {
        let base = self.setting(key::EMS_URL);
        if base.is_empty() {
            return Err(Problem::NoServer);
        }
        Ok(base.parse::<Url>()?.below(path, self.options.habits.has(Quirk::DoubleSlash))?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::ErrorKind;
    use super::super::testing::{TestServer, generic, phone};
    use super::*;

    async fn booted(options: PhoneOptions, server: &TestServer) -> Phone {
        let mut phone = Phone::new(options);
        phone.boot(&server.region()).await.unwrap();
        server.take_lines();
        phone
    }

    /// FLW-12, INF-02: an alarm is raised and cleared under one name and description.
    #[tokio::test]
    async fn flw_12_raise_and_clear() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = booted(generic(), &server).await;
        let alarm = Alarm::registration_failure();
        phone.raise(&alarm).await.unwrap();
        phone.clear(&alarm).await.unwrap();
        let seen = server.seen();
        assert_eq!(server.take_lines(), ["POST /rest/v1/ipphoneMgrAlert/alert"; 2]);
        let alerts: Vec<_> = seen.iter().map(|seen| seen.json()["alerts"][0].clone()).collect();
        assert_eq!((&alerts[0]["severity"], &alerts[1]["severity"]), (&"5".into(), &"0".into()));
        assert_eq!(alerts[0]["name"], alerts[1]["name"]);
        assert_eq!(seen[0].header(header::CONTENT_TYPE), Some("application/json"));
        assert_eq!(phone.last_step(), Step::Alarm);
    }

    #[tokio::test]
    async fn session_ids_change_with_each_report_and_repeat_by_seed() {
        let server = TestServer::start().await.with_phone_files();
        let bodies = async |seed| {
            let mut phone = booted(generic().seed(seed), &server).await;
            phone.keep_alive().await.unwrap();
            phone.report(Status::Offline).await.unwrap();
            server.seen().iter().map(|seen| seen.body.clone()).rev().take(2).collect::<Vec<_>>()
        };
        let first = bodies(1).await;
        assert_eq!(first, bodies(1).await);
        assert_ne!(first, bodies(2).await);
        assert_ne!(first[0][..24], first[1][..24]);
    }

    #[tokio::test]
    async fn broken_reports_are_followed_by_whole_ones() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = booted(generic().fault(Fault::Broken), &server).await;
        for _ in 0..20 {
            phone.keep_alive().await.unwrap();
        }
        let (whole, broken): (Vec<_>, Vec<_>) =
            server.seen().into_iter().partition(|seen| seen.json().is_object());
        assert_eq!(whole.len(), 20);
        assert!((1..15).contains(&broken.len()), "{}", broken.len());
        assert!(phone.meter().counters().faults >= u64::try_from(broken.len()).unwrap());
    }

    #[tokio::test]
    async fn cut_and_wrongly_typed_reports() {
        let server = TestServer::start().await.with_phone_files();
        let mut cut = booted(generic().fault(Fault::Cut), &server).await;
        for _ in 0..20 {
            cut.keep_alive().await.unwrap();
        }
        let peers: std::collections::BTreeSet<_> = server.seen().iter().map(|seen| seen.peer).collect();
        assert!(peers.len() > 1, "cut connections are replaced");
        server.take_lines();
        let mut typed = booted(generic().fault(Fault::WrongType), &server).await;
        typed.keep_alive().await.unwrap();
        let asked = server.seen();
        assert_eq!(asked[0].header(header::CONTENT_TYPE), Some("application/x-www-form-urlencoded"));
    }

    #[tokio::test]
    async fn slow_phones_arrive_all_the_same() {
        let server = TestServer::start().await.with_phone_files();
        let mut options = generic().fault(Fault::Slow);
        options.slow_pace = Duration::from_micros(10);
        let mut phone = Phone::new(options);
        assert!(phone.boot(&server.region()).await.unwrap().registered);
    }

    #[tokio::test]
    async fn without_a_server_address_nothing_is_sent() {
        let mut phone = phone();
        let error = phone.report(Status::Started).await.unwrap_err();
        assert_eq!(error.to_string(), "report started: the configuration has no ems_server/provisioning/url");
        assert_eq!((error.kind(), phone.requests().count()), (ErrorKind::Content, 0));
        let error = phone.fetch_config().await.unwrap_err();
        assert!(matches!(error.problem(), Problem::NoConfiguration));
    }
}
