//! A phone reports.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{
    App, AppError, AppErrorKind, activity::About, files::model_of, phones::Phone, snapshot::Snapshot,
};
use crate::{
    alarm::AlarmMessage,
    catalog::ANNOUNCER_PASSWORD,
    device::{Admission, Device, sign_in::SignedIn},
    id::DeviceId,
    log::{Activity, activity::Announced},
    mac::Mac,
    outbound::EncodedRequest,
    phone_model::{ModelId, PhoneKind},
    region::Region,
    status::{Registration, ReportDetails, StatusReport},
    store::{Batch, Change, StatusChange, Store},
    token::Token,
    vault::SealFor,
};

/// A report as the edge has read it.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The token in the URL.
    pub token: Option<&'a Token>,
    /// The region in the URL.
    pub region: Option<&'a str>,
    /// The region in the body.
    pub stated_region: &'a str,
    /// The address that the phone states.
    pub mac: Mac,
    /// The registration.
    pub registration: Registration,
    /// The account in the body.
    pub account: &'a str,
    /// The password, or its digest, in the body.
    pub password: &'a str,
    /// From where it came, or the address that a configured proxy forwarded.
    pub peer: IpAddr,
    /// Whether it came through a configured proxy.
    pub proxied: bool,
    /// The rest.
    pub details: ReportDetails,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportAnswer {
    /// 200 with no requests, whatever the report did.
    Accepted,
    /// 200 with these commands: the phone takes them nowhere else.
    Commands(Vec<EncodedRequest>),
    /// 401: the report carries no token, and its account cannot announce.
    Unauthorised,
}

/// How often a decision is made again when somebody else changed the row meanwhile.
pub(super) const ATTEMPTS: u32 = 4;

impl<S: Store> App<S> {
    /// Takes a report. It is durable when this returns.
    pub async fn report(&self, report: &Report<'_>) -> Result<ReportAnswer, AppError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_report(report).await {
                // Another node was quicker: it changed the row, or made the phone or user that was
                // about to be made here.
                Err(error) if error.kind() == AppErrorKind::Conflict && attempt < ATTEMPTS => {
                    self.refresh_catalog().await?;
                }
                answer => return answer,
            }
        }
    }

    async fn try_report(&self, report: &Report<'_>) -> Result<ReportAnswer, AppError> {
        if let Some(phone) = self.reporting_phone(report).await? {
            self.known_phone_reports(&phone, report).await?;
            let commands = self.hand_over(phone.device.id, report).await?;
            let nothing = commands.is_empty();
            return Ok(if nothing { ReportAnswer::Accepted } else { ReportAnswer::Commands(commands) });
        }
        if report.token.is_none() && !self.may_announce(report)? {
            self.note_announced(report, Announced::Unauthorised);
            return Ok(ReportAnswer::Unauthorised);
        }
        if let Some(phone) = self.announce(report).await? {
            self.known_phone_reports(&phone, report).await?;
        }
        Ok(ReportAnswer::Accepted)
    }

    /// The phone that a report speaks for: known by its token, or by its address in an open region.
    async fn reporting_phone(&self, report: &Report<'_>) -> Result<Option<Arc<Phone>>, AppError> {
        let phone = match report.token {
            Some(token) => self.phone_by_token(token).await?,
            None => self.open_phone(report.mac, report.peer).await?,
        };
        Ok(phone
            .filter(|phone| phone.device.mac == report.mac && phone.device.admission == Admission::Enrolled))
    }

    async fn known_phone_reports(&self, phone: &Phone, report: &Report<'_>) -> Result<(), AppError> {
        let mut batch = Batch::of(self.status_change(phone.device.id, phone, report));
        let mut given = false;
        if report.registration == Registration::Registered {
            if phone.has_alarms {
                batch = batch.and(Change::Alarm(registration_cleared(phone.device.id, self.now().wall)));
            }
            let signed_in = SignedIn::from_report(&report.details.user_id, &report.details.user_name);
            if let Some(signed_in) = signed_in
                && let Some(changes) = self.sign_in(phone, signed_in).await?
            {
                batch.expect.extend(changes.expect);
                // The device comes first: the status change counts it where it then stands.
                batch.changes = changes.changes.into_iter().chain(batch.changes).collect();
                batch.audit.extend(changes.audit);
                given = true;
            }
        }
        self.commit(batch).await?;
        if report.registration == Registration::Started {
            self.has_started(phone.device.id, self.now().wall);
        }
        let about = About::phone(phone, report.peer);
        if given {
            self.note(about, Activity::SignedIn);
        }
        self.note(about, Activity::Reported(report.registration.clone()));
        Ok(())
    }

    /// Notes what became of the report of a phone that is not known by its token.
    pub(super) fn note_announced(&self, report: &Report<'_>, became: Announced) {
        self.note(About::stranger(Some(report.mac), report.peer), Activity::Announced(became));
    }

    pub(super) fn status_change(&self, device: DeviceId, phone: &Phone, report: &Report<'_>) -> Change {
        self.status_change_with(device, phone.timeout(self.snapshot().catalog.settings()), report)
    }

    pub(super) fn status_change_with(
        &self,
        device: DeviceId,
        timeout: Duration,
        report: &Report<'_>,
    ) -> Change {
        Change::Status(StatusChange::Report(Box::new(StatusReport {
            device,
            received_at: self.now().wall,
            registration: report.registration.clone(),
            timeout,
            peer: report.peer,
            proxied: report.proxied,
            details: report.details.clone(),
        })))
    }

    /// Whether a report without a token may announce a phone: the account is the one that an
    /// administrator made for this, and its password is not one that can be seen to be wrong. The
    /// digest that most phones send cannot be checked: its formula is not public.
    fn may_announce(&self, report: &Report<'_>) -> Result<bool, AppError> {
        let snapshot = self.snapshot();
        let Some(announcer) = &snapshot.catalog.settings().announcer else { return Ok(false) };
        if announcer.name.folded() != report.account.trim().to_ascii_lowercase() {
            return Ok(false);
        }
        let digest =
            report.password.len() == 32 && report.password.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digest {
            return Ok(true);
        }
        let known =
            self.ports.vault.open_text(SealFor::Named(ANNOUNCER_PASSWORD), &announcer.password.sealed)?;
        let stated = if report.password == crate::render::option160::SYSTEM_PASSWORD {
            "system"
        } else {
            report.password
        };
        Ok(*known == stated)
    }

    /// The model of a report as far as the catalogue knows it: by the User-Agent, which tells the
    /// kind of software, else by the model and the version's form.
    pub(super) fn reported_model(&self, report: &Report<'_>) -> Option<ModelId> {
        let snapshot = self.snapshot();
        let known = |model: ModelId| snapshot.catalog.model(&model).is_some().then_some(model);
        model_of(&report.details.user_agent).and_then(known).or_else(|| {
            let lync = report.details.firmware_version.starts_with("UC_");
            let kind = if lync { PhoneKind::Lync } else { PhoneKind::Generic };
            ModelId::new(report.details.model.trim(), kind).ok().and_then(known)
        })
    }

    /// The region of a report: its URL's, else the one it states.
    pub(super) fn reported_region<'a>(snapshot: &'a Snapshot, report: &Report<'_>) -> Option<&'a Region> {
        let stated = Some(report.stated_region).filter(|name| !name.is_empty());
        report.region.or(stated).and_then(|name| snapshot.catalog.region_called(name))
    }
}

/// A phone that is registered has no registration failure (C12, AMB-65).
fn registration_cleared(device: DeviceId, at: crate::time::Timestamp) -> AlarmMessage {
    AlarmMessage::Clear {
        device,
        name: crate::alarm::REGISTRATION_FAILURE.to_owned(),
        qualifier: None,
        received_at: at,
    }
}

/// A device as people read it in the audit log.
pub(super) fn subject(device: &Device) -> String {
    format!("device {}", device.mac)
}
