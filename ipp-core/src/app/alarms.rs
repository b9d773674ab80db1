//! Phones raise and clear alarms.

use std::net::IpAddr;

use super::{App, AppError, activity::About};
use crate::{
    alarm::{AlarmDetails, AlarmKey, AlarmMessage, Severity},
    device::Admission,
    log::Activity,
    mac::Mac,
    store::{Batch, Change, Store},
    token::Token,
};

/// One alert of a phone's message, as the edge has read it.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The phone that the alert names as its source.
    pub source: Option<Mac>,
    /// The name.
    pub name: String,
    /// The description, which tells alarms of one name apart.
    pub description: String,
    /// The severity; `None` clears.
    pub severity: Option<Severity>,
    /// The rest.
    pub details: AlarmDetails,
}

/// What became of the alerts of a message. A phone is always answered alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmAnswer {
    /// They are stored.
    Stored,
    /// They were dropped: the sender is not known by its token, and not in an open region (ALM-50).
    Dropped,
}

impl<S: Store> App<S> {
    /// Takes the alerts of a phone. A phone speaks for itself alone.
    pub async fn alarms(
        &self,
        token: Option<&Token>,
        stated: Option<Mac>,
        peer: IpAddr,
        alerts: Vec<Alert>,
    ) -> Result<AlarmAnswer, AppError> {
        let stated = stated.or_else(|| alerts.iter().find_map(|alert| alert.source));
        let phone = match (token, stated) {
            (Some(token), _) => self.phone_by_token(token).await?,
            (None, Some(mac)) => self.open_phone(mac, peer).await?,
            (None, None) => None,
        };
        let count = alerts.len();
        let Some(phone) = phone.filter(|phone| phone.device.admission == Admission::Enrolled) else {
            self.note(About::stranger(stated, peer), Activity::AlarmsDropped(count));
            return Ok(AlarmAnswer::Dropped);
        };
        let own = |alert: &Alert| alert.source.is_none_or(|source| source == phone.device.mac);
        let alerts: Vec<Alert> = alerts.into_iter().filter(own).collect();
        let about = About::phone(&phone, peer);
        if alerts.len() < count {
            self.note(about, Activity::AlarmsDropped(count - alerts.len()));
        }
        if alerts.is_empty() {
            return Ok(AlarmAnswer::Dropped);
        }
        let notes: Vec<Activity> = alerts.iter().map(activity).collect();
        let message = |alert| Change::Alarm(self.message(phone.device.id, alert));
        let changes = alerts.into_iter().map(message).collect();
        self.commit(Batch { changes, ..Batch::default() }).await?;
        for note in notes {
            self.note(about, note);
        }
        Ok(AlarmAnswer::Stored)
    }

    fn message(&self, device: crate::id::DeviceId, alert: Alert) -> AlarmMessage {
        let received_at = self.now().wall;
        match alert.severity {
            Some(severity) => AlarmMessage::Raise {
                key: AlarmKey { device, name: alert.name, qualifier: alert.description },
                severity,
                received_at,
                details: alert.details,
            },
            None => AlarmMessage::Clear {
                device,
                name: alert.name,
                qualifier: Some(alert.description).filter(|text| !text.is_empty()),
                received_at,
            },
        }
    }
}

/// What an alert is in the activity log.
fn activity(alert: &Alert) -> Activity {
    let (name, description) = (alert.name.clone(), alert.description.clone());
    match alert.severity {
        Some(severity) => Activity::AlarmRaised { severity, name, description },
        None => {
            Activity::AlarmCleared { name, description: Some(description).filter(|text| !text.is_empty()) }
        }
    }
}
