//! The files of a device: what it gets and got, with secrets masked unless they are revealed, and why
//! each line is what it is.

use super::Admin;
use crate::{
    access::Capability,
    app::{
        AppError,
        pin::{Opened, PinMaker},
        report::subject,
    },
    cfg::{MASK, masked},
    id::DeviceId,
    placeholder::{Builtin, PhoneFact, PlaceholderName},
    region::Identity,
    render::{ExplainedLine, Facts, Inputs, OpenedSecrets, SecretInputs, explain::explain, inputs::OwnValue},
    store::{Batch, Change, DeviceRecord, Expected, Pin, PinChange, PinRecord, Row, Store},
    vault::SealFor,
};

/// The private file of a device.
#[derive(Debug, Clone)]
pub struct DeviceFile {
    /// The device with what is published for it, and what stands in for that.
    pub record: DeviceRecord,
    /// The text that the phone gets.
    pub text: String,
}

impl<S: Store> Admin<'_, S> {
    /// The published files that are kept, latest first.
    pub async fn device_pins(&self, id: DeviceId) -> Result<Vec<PinRecord>, AppError> {
        self.device_to(Capability::View, id).await?;
        Ok(self.app.store().pins(id).await?)
    }

    /// Goes back to a file that was published before. Refused where the file was made for another user,
    /// whose password it would release, or for a token that the phone has no more.
    pub async fn revert_device(&self, id: DeviceId, number: u64) -> Result<(), AppError> {
        let record = self.device_to(Capability::Generate, id).await?;
        let pins = self.app.store().pins(id).await?;
        let former = pins.iter().find(|pin| pin.number == number);
        self.check_still_its_own(&record, &former.ok_or_else(|| AppError::not_found("such file"))?.pin)?;
        let device = &record.device.value;
        let entry = self
            .audit("device.revert", format!("{} to file {number}", subject(device)))
            .in_region(device.region);
        let batch = Batch::of(Change::Pin(PinChange::Revert { device: id, number }))
            .expecting(Row::Device(id), Expected::Revision(record.device.revision))
            .noting(entry);
        let committed = self.app.commit(batch).await?;
        if committed.skipped.is_empty() {
            Ok(())
        } else {
            Err(AppError::conflict(format!("file {number} is not kept any more")))
        }
    }

    /// Refuses a former file whose secrets are not this phone's any more.
    pub(super) fn check_still_its_own(&self, record: &DeviceRecord, pin: &Pin) -> Result<(), AppError> {
        let device = &record.device.value;
        let refused = |why: &str| {
            Err(AppError::conflict(format!("that file {why}; generate a new one for {}", subject(device))))
        };
        let secrets = self.opened(pin, ToOwned::to_owned)?;
        let snapshot = self.app.snapshot();
        let open = device
            .region
            .and_then(|id| snapshot.catalog.region(id))
            .is_some_and(|region| region.identity == Identity::Open);
        let known = match (&secrets.token, &device.token) {
            (None, _) => open,
            (Some(_), None) => false,
            (Some(former), Some(bound)) => {
                let whose = SealFor::DeviceToken(device.id.as_bytes());
                *former == *self.app.ports().vault.open_text(whose, &bound.sealed)?
            }
        };
        if !known {
            return refused("has a token that the phone has no more");
        }
        if !device.releases_secrets() && !secrets.values.is_empty() {
            return refused("has secrets that the phone may not have any more");
        }
        let fact = |name: &str| name.parse().ok().and_then(|name| Builtin::of(&name)?.phone);
        let has_password = secrets.values.iter().any(|(name, _)| fact(name) == Some(PhoneFact::UserPassword));
        let facts = Facts::new(device, record.owner.as_ref(), &snapshot.catalog);
        let present = |(name, value): (&PlaceholderName, &String)| {
            record.owner.as_ref().is_some_and(|owner| owner.name.as_str() == value)
                || facts.value(name) == Some(OwnValue::Plain(value.clone()))
        };
        let mut pinned = pin
            .inputs
            .values
            .iter()
            .filter(|(name, _)| fact(name.as_str()) == Some(PhoneFact::UserName))
            .peekable();
        if has_password && !(pinned.peek().is_some() && pinned.all(present)) {
            return refused("was made for another user");
        }
        Ok(())
    }

    /// The private file that the device gets, with secrets masked.
    pub async fn device_file(&self, id: DeviceId) -> Result<DeviceFile, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        let text = match (&record.stand_in, &record.pin) {
            (Some(_), pin) => {
                let secrets = pin.as_ref().map(|pin| self.opened(&pin.pin, ToOwned::to_owned)).transpose()?;
                let secrets = secrets.unwrap_or_default();
                let known: Vec<&str> = secrets.values.iter().map(|(_, value)| value.as_str()).collect();
                masked(&self.device_text(&record).await?, &known)
            }
            (None, Some(pin)) => self.text_of(&pin.pin, &self.masked_secrets(&pin.pin)?).await?,
            (None, None) => return Err(AppError::not_found("published file of the device")),
        };
        Ok(DeviceFile { record, text })
    }

    /// The same with its secrets. Needs the right to reveal them, and is noted.
    pub async fn reveal_device_file(&self, id: DeviceId) -> Result<DeviceFile, AppError> {
        let record = self.device_to(Capability::RevealSecrets, id).await?;
        let text = self.device_text(&record).await?;
        // Noted before it is shown.
        let device = &record.device.value;
        let entry = self.audit("device.reveal", subject(device)).in_region(device.region);
        self.app.commit(Batch::default().noting(entry)).await?;
        Ok(DeviceFile { record, text })
    }

    /// The text that the phone gets.
    pub(super) async fn device_text(&self, record: &DeviceRecord) -> Result<String, AppError> {
        if record.stand_in.is_some()
            && let Some((_, text)) = self.app.stand_in(&record.device.value).await?
        {
            return Ok(text);
        }
        let pin = record.pin.as_ref().ok_or_else(|| AppError::not_found("published file of the device"))?;
        self.text_of(&pin.pin, &self.opened(&pin.pin, ToOwned::to_owned)?).await
    }

    /// Why each line of the file, as it would be published now, is what it is.
    pub async fn explain_device(&self, id: DeviceId) -> Result<Vec<ExplainedLine>, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        let device = &record.device.value;
        let snapshot = self.app.snapshot();
        let cohort = self.app.cohort_for(&snapshot, device)?;
        let mut opened = Opened::new();
        let vault = &*self.app.ports().vault;
        let mut maker = PinMaker::new(&snapshot, vault, &mut opened, self.app.now().wall, None);
        let pin = maker.make(&cohort, device, record.owner.as_ref())?.ok_or_else(|| {
            AppError::conflict(format!(
                "{} was never seen; its file is made when it reports",
                subject(device)
            ))
        })?;
        let inputs = Inputs::new(&cohort.template().compiled, &pin.inputs, &self.masked_secrets(&pin)?)?;
        let facts = Facts::new(device, record.owner.as_ref(), &snapshot.catalog);
        Ok(explain(&cohort, snapshot.live.generation(), &pin.model, facts, &inputs)?)
    }

    async fn text_of(&self, pin: &Pin, secrets: &SecretInputs) -> Result<String, AppError> {
        let generation = self.app.generation(pin.generation).await?;
        let key = self.app.ports().vault.fingerprints();
        let cohort = generation
            .cohort(pin.template, pin.region, &pin.model, key)
            .ok_or_else(|| AppError::internal("a generation lacks a pinned template"))??;
        let inputs = Inputs::new(&cohort.template().compiled, &pin.inputs, secrets)?;
        let mut text = String::new();
        cohort.render_private(&inputs, &mut text)?;
        Ok(text)
    }

    /// The secret inputs with a mask for each. An empty one is shown as empty: there is nothing to hide.
    fn masked_secrets(&self, pin: &Pin) -> Result<SecretInputs, AppError> {
        self.opened(pin, |value| if value.is_empty() { String::new() } else { MASK.to_owned() })
    }

    fn opened(&self, pin: &Pin, shown: impl Fn(&str) -> String) -> Result<SecretInputs, AppError> {
        let whose = SealFor::PinSecrets(pin.device.as_bytes());
        let bytes = self.app.ports().vault.open(whose, &pin.secrets)?;
        let secrets = OpenedSecrets::parse(&bytes)
            .ok_or_else(|| AppError::internal("the secrets of a published file are damaged"))?;
        let token = secrets.mark().strip_prefix("/t/").map(&shown);
        let values = secrets.values().map(|(name, value)| (name.to_owned(), shown(value))).collect();
        Ok(SecretInputs { token, values })
    }
}
