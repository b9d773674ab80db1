//! Phones come in: announcement, sign-in, approval.

use std::sync::Arc;

use super::{
    App, AppError,
    activity::About,
    phones::Phone,
    report::{Report, subject},
};
use crate::{
    alarm::{AlarmDetails, AlarmKey, AlarmMessage, Severity},
    device::{
        Admission, BoundToken, Device,
        announce::{self, Announcement, Known},
        sign_in::{self, SignedIn},
    },
    id::{DeviceId, UserId},
    log::{Activity, activity::Announced},
    render::Facts,
    status::effective_timeout,
    store::{Batch, Change, DeviceChange, DeviceKey, DeviceRecord, Expected, Row, Store, UserKey},
    user::{User, UserOrigin},
    vault::SealFor,
};

/// The alarm of this server that two phones claim one address.
pub const TOKEN_CONFLICT: &str = "IPP TOKEN CONFLICT";

impl<S: Store> App<S> {
    /// Takes the report of a phone that is not known by its token. Answers the phone where it is
    /// known from now on.
    pub(super) async fn announce(&self, report: &Report<'_>) -> Result<Option<Arc<Phone>>, AppError> {
        let now = self.now();
        let record = self.store.device(DeviceKey::Mac(report.mac)).await?;
        let id = record
            .as_ref()
            .map_or_else(|| DeviceId::new(now.wall, self.random()), |record| record.device.value.id);
        let snapshot = self.snapshot();
        let token = match report.token {
            // A token that is bound to another phone is no claim to this one.
            Some(token) if self.phone_by_token(token).await?.is_some() => {
                self.note_announced(report, Announced::Ignored);
                return Ok(None);
            }
            Some(token) => Some(BoundToken {
                print: token.fingerprint(self.ports.vault.fingerprints()),
                sealed: self
                    .ports
                    .vault
                    .seal(SealFor::DeviceToken(id.as_bytes()), token.to_text().as_bytes())?,
            }),
            None => None,
        };
        let said = Announcement {
            mac: report.mac,
            token,
            model: self.reported_model(report),
            region: Self::reported_region(&snapshot, report),
            peer: report.peer,
            loopback: self.loopback(),
            at: now.wall,
        };
        let known = record.as_ref().map(|record| Known {
            device: &record.device.value,
            region: record.device.value.region.and_then(|id| snapshot.catalog.region(id)),
            last_peer: record.status.as_ref().map(|status| status.peer),
        });
        let decision = announce::decide(known, &said, id);
        if record.is_none()
            && !matches!(decision, announce::Decision::Ignore)
            && !self.admits_one_more(report, now.mono)
        {
            self.note_announced(report, Announced::TooMany);
            return Ok(None);
        }
        let (became, phone) = match decision {
            announce::Decision::Ignore => (Announced::Ignored, None),
            announce::Decision::Pending(device) => {
                self.wait(record.as_ref(), *device, report).await?;
                (Announced::Waits, None)
            }
            announce::Decision::Request(device) => {
                self.request(record.as_ref(), *device, None).await?;
                (Announced::Requests, None)
            }
            announce::Decision::Conflict(device) => {
                let alarm = conflict(&device, now.wall);
                self.request(record.as_ref(), *device, Some(alarm)).await?;
                (Announced::Conflicts, None)
            }
            announce::Decision::Bind(device) => {
                (Announced::Enrolled, self.bind(record.as_ref(), *device, report).await?)
            }
        };
        match &phone {
            Some(phone) => self.note(About::phone(phone, report.peer), Activity::Announced(became)),
            None => self.note_announced(report, became),
        }
        Ok(phone)
    }

    fn admits_one_more(&self, report: &Report<'_>, mono: std::time::Duration) -> bool {
        let limits = self.snapshot().catalog.settings().announcements;
        let limit = if report.proxied { limits.per_proxy_and_hour } else { limits.per_source_and_hour };
        self.announcements.admit(report.peer, limit, mono)
    }

    async fn wait(
        &self,
        record: Option<&DeviceRecord>,
        device: Device,
        report: &Report<'_>,
    ) -> Result<(), AppError> {
        let snapshot = self.snapshot();
        let settings = snapshot.catalog.settings();
        let limits = settings.announcements;
        let timeout =
            effective_timeout(settings.disconnected_timeout(), settings.phones.keep_alive_minutes.into());
        let id = device.id;
        let mut batch = expecting(record, id)
            .and(Change::Device(DeviceChange::Put(Box::new(device))))
            .and(self.status_change_with(id, timeout, report));
        if record.is_none() {
            batch = batch.and(Change::Device(DeviceChange::EvictPending(limits.pending)));
        }
        self.commit(batch).await?;
        Ok(())
    }

    async fn request(
        &self,
        record: Option<&DeviceRecord>,
        device: Device,
        alarm: Option<AlarmMessage>,
    ) -> Result<(), AppError> {
        let mut batch = expecting(record, device.id).and(Change::Device(DeviceChange::Put(Box::new(device))));
        batch.changes.extend(alarm.map(Change::Alarm));
        self.commit(batch).await?;
        Ok(())
    }

    async fn bind(
        &self,
        record: Option<&DeviceRecord>,
        mut device: Device,
        report: &Report<'_>,
    ) -> Result<Option<Arc<Phone>>, AppError> {
        let id = device.id;
        let owner = self.owner_of(&device).await?;
        self.complete(&mut device, owner.as_ref())?;
        let entry = self
            .audit(format!("phone {}", device.mac), "device.enrol", subject(&device))
            .in_region(device.region)
            .changing(None, Some(serde_json::json!({ "peer": report.peer }).to_string()));
        let mut batch =
            expecting(record, id).and(Change::Device(DeviceChange::Put(Box::new(device.clone()))));
        // A file that cannot be made is no reason to turn the phone away: it is enrolled without
        // one, which the console shows, and gets it with the next *Generate*.
        if let Ok(changes) = self.publication(&device, owner.as_ref(), None) {
            batch.changes.extend(changes);
        }
        batch.audit.push(entry);
        self.commit(batch).await?;
        match report.token {
            Some(token) => self.phone_by_token(token).await,
            None => self.open_phone(report.mac, report.peer).await,
        }
    }

    /// Gives a device what every enrolled one has: its own REST password, and the fingerprint of
    /// its own inputs.
    pub(super) fn complete(&self, device: &mut Device, owner: Option<&User>) -> Result<(), AppError> {
        if device.rest_password.is_none() && device.admission != Admission::Pending {
            let password = crate::token::Token::new(self.random()).to_text();
            let whose = SealFor::DevicePassword(device.id.as_bytes());
            device.rest_password = Some(self.ports.vault.seal_value(whose, &password)?);
        }
        let snapshot = self.snapshot();
        device.own = Facts::new(device, owner, &snapshot.catalog).print(self.ports.vault.fingerprints());
        Ok(())
    }

    /// What follows when somebody signed in on a phone; `None` is nothing.
    pub(super) async fn sign_in(
        &self,
        phone: &Phone,
        signed_in: SignedIn,
    ) -> Result<Option<Batch>, AppError> {
        let quick = sign_in::decide(&phone.device, phone.owner.as_ref(), signed_in.clone(), None);
        if quick == sign_in::Decision::Keep {
            return Ok(None);
        }
        let Some(region) = phone.device.region else { return Ok(None) };
        let existing = self.store.user(UserKey::Name(signed_in.name.clone())).await?.map(|user| user.value);
        let mut device = phone.device.clone();
        let mut batch =
            Batch::default().expecting(Row::Device(device.id), Expected::Revision(phone.revision));
        let user = match sign_in::decide(&device, phone.owner.as_ref(), signed_in, existing.as_ref()) {
            sign_in::Decision::Keep => return Ok(None),
            sign_in::Decision::Assign(owner) => {
                device.owner = Some(owner);
                let Some(user) = existing else { return Ok(None) };
                user
            }
            sign_in::Decision::Create(person) => {
                let user = User {
                    id: UserId::new(self.now().wall, self.random()),
                    name: person.name,
                    display_name: person.display_name,
                    region,
                    password: None,
                    origin: UserOrigin::SignIn,
                };
                device.owner =
                    Some(crate::device::Owner { user: user.id, bound_by: crate::device::BoundBy::SignIn });
                batch = batch
                    .expecting(Row::User(user.id), Expected::Absent)
                    .and(Change::PutUser(Box::new(user.clone())));
                user
            }
        };
        // The region belongs to the user (AMB-103).
        device.region = Some(user.region);
        self.complete(&mut device, Some(&user))?;
        let mut batch = batch.and(Change::Device(DeviceChange::Put(Box::new(device.clone()))));
        if let Ok(changes) = self.publication(&device, Some(&user), None) {
            batch.changes.extend(changes);
        }
        let entry = self
            .audit(format!("phone {}", device.mac), "device.sign_in", subject(&device))
            .in_region(device.region)
            .changing(None, Some(serde_json::json!({ "user": user.name.as_str() }).to_string()));
        batch.audit.push(entry);
        Ok(Some(batch))
    }
}

fn expecting(record: Option<&DeviceRecord>, id: DeviceId) -> Batch {
    let state = record.map_or(Expected::Absent, |record| Expected::Revision(record.device.revision));
    Batch::default().expecting(Row::Device(id), state)
}

fn conflict(device: &Device, at: crate::time::Timestamp) -> AlarmMessage {
    AlarmMessage::Raise {
        key: AlarmKey {
            device: device.id,
            name: TOKEN_CONFLICT.to_owned(),
            qualifier: "A token that was replaced is used again: two phones claim this MAC address"
                .to_owned(),
        },
        severity: Severity::Major,
        received_at: at,
        details: AlarmDetails::default(),
    }
}
