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
    id::DeviceId,
    render::{ExplainedLine, Facts, Inputs, OpenedSecrets, SecretInputs, explain::explain},
    store::{Batch, Change, Pin, PinChange, PinRecord, Store},
    vault::SealFor,
};

/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// A published file of a device.
#[derive(Debug, Clone)]
pub struct DeviceFile {
    /// What is published.
    pub pin: PinRecord,
    /// The text.
    pub text: String,
}

impl<S: Store> Admin<'_, S> {
    /// The published files that are kept, latest first.
    pub async fn device_pins(&self, id: DeviceId) -> Result<Vec<PinRecord>, AppError> {
        self.device_to(Capability::View, id).await?;
        Ok(self.app.store().pins(id).await?)
    }

    /// Goes back to a file that was published before.
    pub async fn revert_device(&self, id: DeviceId, number: u64) -> Result<(), AppError> {
        let record = self.device_to(Capability::Generate, id).await?;
        let device = &record.device.value;
        let entry = self
            .audit("device.revert", format!("{} to file {number}", subject(device)))
            .in_region(device.region);
        let batch = Batch::of(Change::Pin(PinChange::Revert { device: id, number })).noting(entry);
        if !self.app.store().pins(id).await?.iter().any(|pin| pin.number == number) {
            return Err(AppError::not_found("such file"));
        }
        let committed = self.app.commit(batch).await?;
        if committed.skipped.is_empty() {
            Ok(())
        } else {
            Err(AppError::conflict(format!("file {number} is not kept any more")))
        }
    }

    /// The private file that the device gets, with secrets masked.
    pub async fn device_file(&self, id: DeviceId) -> Result<DeviceFile, AppError> {
        let record = self.device_to(Capability::View, id).await?;
        let pin = record.pin.ok_or_else(|| AppError::not_found("published file of the device"))?;
        let secrets = self.masked_secrets(&pin.pin)?;
        let text = self.text_of(&pin.pin, &secrets).await?;
        Ok(DeviceFile { pin, text })
    }

    /// The same with its secrets. Needs the right to reveal them, and is noted.
    pub async fn reveal_device_file(&self, id: DeviceId) -> Result<DeviceFile, AppError> {
        let record = self.device_to(Capability::RevealSecrets, id).await?;
        let pin = record.pin.ok_or_else(|| AppError::not_found("published file of the device"))?;
        let secrets = self.opened(&pin.pin, ToOwned::to_owned)?;
        let text = self.text_of(&pin.pin, &secrets).await?;
        // Noted before it is shown.
        let device = &record.device.value;
        let entry = self.audit("device.reveal", subject(device)).in_region(device.region);
        self.app.commit(Batch::default().noting(entry)).await?;
        Ok(DeviceFile { pin, text })
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
