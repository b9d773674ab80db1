//! Whether an item is still to be sent when its turn comes (C24).

use super::super::{App, AppError};
use crate::{
    access::{Caller, Role},
    catalog::Catalog,
    device::{Admission, Device},
    id::DeviceId,
    job::{ItemState, Job, JobAction},
    outbound::{
        Credentials, Delivery, KeyedDigest, Order, PhoneAddress, PhoneCommand, PhoneFacts, SessionId,
    },
    region::Region,
    render::option160::{Route, image_url},
    status::{Connectivity, Status},
    store::{DeviceKey, Store},
    vault::{SealFor, SecretText},
};

/// What becomes of an item whose turn has come.
pub(super) enum Checked {
    /// It is sent.
    Send(Box<Delivery>),
    /// It is not, and why.
    Settle(ItemState, String),
}

/// Why an item is left out.
type Skip = String;

impl<S: Store> App<S> {
    /// Looks at a phone as it is now: whether it is there, whether the author may still command it, and whether
    /// it can be.
    pub(super) async fn check(
        &self,
        job: &Job,
        role: Option<&Role>,
        device: DeviceId,
        session: SessionId,
    ) -> Result<Checked, AppError> {
        let Some(record) = self.store.device(DeviceKey::Id(device)).await? else {
            return Ok(skipped("the phone was deleted"));
        };
        let (device, status) = (&record.device.value, record.status.as_ref());
        let snapshot = self.snapshot();
        let catalog = &snapshot.catalog;
        let ready = eligible(job, role, device, status, catalog)
            .and_then(|(region, status)| Ok((region, status, command(job, device, status, catalog)?)));
        let (region, status, command) = match ready {
            Ok(ready) => ready,
            Err(why) => return Ok(Checked::Settle(ItemState::Skipped, why)),
        };
        let password = match &device.rest_password {
            None => None,
            Some(sealed) => {
                let whose = SealFor::DevicePassword(device.id.as_bytes());
                let opened = self.ports.vault.open_text(whose, &sealed.sealed)?;
                Some(SecretText::from(opened.as_str()))
            }
        };
        let order = Order {
            to: PhoneAddress {
                device: device.id,
                mac: device.mac,
                region: region.id,
                peer: status.peer,
                proxied: status.proxied,
            },
            phone: PhoneFacts { model: &status.details.model, firmware: &status.details.firmware_version },
            command: &command,
            session,
            credentials: &Credentials::of(device.mac, password),
            formula: &KeyedDigest,
        };
        Ok(match Delivery::prepare(order, catalog.settings(), region) {
            Ok(delivery) => Checked::Send(Box::new(delivery)),
            Err(error) => Checked::Settle(ItemState::Failed, error.to_string()),
        })
    }
}

fn skipped(why: &str) -> Checked {
    Checked::Settle(ItemState::Skipped, why.to_owned())
}

fn eligible<'a>(
    job: &Job,
    role: Option<&Role>,
    device: &Device,
    status: Option<&'a Status>,
    catalog: &'a Catalog,
) -> Result<(&'a Region, &'a Status), Skip> {
    let name = &job.author.name;
    let role = role.ok_or_else(|| format!("the account of {name} is gone or disabled"))?;
    let caller = Caller::new(name.clone(), None, role.clone(), false);
    if caller.need_in(job.action.capability(), device.region).is_err() {
        return Err(format!("{name} may not do this to phones of this region any more"));
    }
    match device.admission {
        Admission::Enrolled => {}
        Admission::Pending | Admission::Expected | Admission::Disabled => {
            return Err("the phone is not enrolled".to_owned());
        }
    }
    let region = device.region.and_then(|id| catalog.region(id)).ok_or("the phone has no region")?;
    let status = status.ok_or("the phone has never reported, so nobody knows where it is")?;
    if job.action.needs_connection() && status.connectivity == Connectivity::Disconnected {
        return Err("the phone is disconnected".to_owned());
    }
    Ok((region, status))
}

fn command(job: &Job, device: &Device, status: &Status, catalog: &Catalog) -> Result<PhoneCommand, Skip> {
    Ok(match &job.action {
        JobAction::CheckStatus => PhoneCommand::CheckStatus,
        JobAction::Restart(kind) => PhoneCommand::Restart(*kind),
        JobAction::UpdateConfiguration => PhoneCommand::UpdateConfiguration,
        JobAction::SendMessage { text, seconds } => {
            PhoneCommand::SendMessage { text: text.clone(), seconds: *seconds }
        }
        JobAction::UpdateFirmware { firmware, any_model } => {
            let entry = catalog.firmware(*firmware).ok_or("the firmware was deleted")?;
            if entry.image.is_none() {
                return Err(format!("no image was uploaded for {}", entry.name));
            }
            if let (Some(meant), Some(is)) = (&entry.model, &device.model)
                && meant != is
                && !any_model
            {
                return Err(format!("{} is for {meant}, and the phone is a {is}", entry.name));
            }
            let route = if status.proxied { Route::Proxy } else { Route::Direct };
            let url = image_url(&catalog.settings().phones, route, &entry.name)
                .map_err(|error| error.to_string())?;
            let image = url.parse().map_err(|error| format!("the image has no usable URL: {error}"))?;
            PhoneCommand::UpdateFirmware { image }
        }
    })
}
