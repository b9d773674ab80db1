//! Makes the published form of one phone's file, and proves that the file can be made.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use zeroize::Zeroizing;

use super::{AppError, snapshot::Snapshot};
use crate::{
    catalog::SharedSecret,
    device::Device,
    digest::{Fingerprint, FingerprintOf},
    id::RunId,
    region::Identity,
    render::{Cohort, DeviceInputs, Facts, Inputs, RenderError, SecretInputs, inputs::OwnValue},
    store::Pin,
    time::Timestamp,
    user::User,
    vault::{SealFor, Vault},
};

/// Secrets above the device that were opened already: in a run, most phones share them.
pub(super) type Opened = HashMap<Fingerprint, Zeroizing<String>>;

/// A file that can be made, and what it is made of.
pub(super) struct Made {
    pub(super) inputs: DeviceInputs,
    pub(super) secrets: SecretInputs,
    /// The file, with its secrets.
    pub(super) text: Zeroizing<String>,
}

/// Makes pins from one snapshot.
pub(super) struct PinMaker<'a> {
    snapshot: &'a Snapshot,
    vault: &'a dyn Vault,
    shared: BTreeMap<Fingerprint, SharedSecret<'a>>,
    opened: &'a mut Opened,
    at: Timestamp,
    run: Option<RunId>,
}

impl<'a> PinMaker<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        vault: &'a dyn Vault,
        opened: &'a mut Opened,
        at: Timestamp,
        run: Option<RunId>,
    ) -> Self {
        Self { snapshot, vault, shared: snapshot.catalog.secrets(), opened, at, run }
    }

    /// The pin of a phone; `None` where the phone is to have a token and has none yet. Renders the
    /// file once, so that whatever is published can be served.
    pub(super) fn make(
        &mut self,
        cohort: &Arc<Cohort>,
        device: &Device,
        owner: Option<&User>,
    ) -> Result<Option<Pin>, AppError> {
        let Some(model) = device.model.clone() else { return Ok(None) };
        let Some(Made { inputs, secrets, text }) = self.file(cohort, device, owner)? else { return Ok(None) };
        let prints = self.vault.fingerprints();
        Ok(Some(Pin {
            device: device.id,
            generation: self.snapshot.live.generation().id(),
            template: cohort.template().id,
            region: device.region,
            model,
            cohort: cohort.print(),
            own: device.own,
            inputs,
            secrets: self.vault.seal(SealFor::PinSecrets(device.id.as_bytes()), &secrets.to_bytes())?,
            digest: prints.of(FingerprintOf::File, text.as_bytes()),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            published_at: self.at,
            run: self.run,
        }))
    }

    /// The file of a phone; `None` where the phone is to have a token and has none yet.
    pub(super) fn file(
        &mut self,
        cohort: &Arc<Cohort>,
        device: &Device,
        owner: Option<&User>,
    ) -> Result<Option<Made>, AppError> {
        let token = match (cohort.region().map(|region| region.identity), &device.token) {
            (Some(Identity::Open), _) => None,
            (Some(Identity::UrlToken) | None, Some(token)) => {
                let text = self.vault.open_text(SealFor::DeviceToken(device.id.as_bytes()), &token.sealed)?;
                Some(text.as_str().to_owned())
            }
            (Some(Identity::UrlToken) | None, None) => return Ok(None),
        };
        let mut secrets = SecretInputs { token, values: Vec::new() };
        if device.releases_secrets() {
            self.shared_secrets(cohort, &mut secrets)?;
        }
        let facts = Facts::new(device, owner, &self.snapshot.catalog);
        let inputs = self.own_values(cohort, facts, &mut secrets)?;
        let text = render(cohort, &inputs, &secrets)
            .map_err(|error| AppError::of_template(cohort.template().name.as_str(), error))?;
        Ok(Some(Made { inputs, secrets, text: Zeroizing::new(text) }))
    }

    /// The secrets of system, model and region that the template uses.
    fn shared_secrets(&mut self, cohort: &Cohort, secrets: &mut SecretInputs) -> Result<(), AppError> {
        for (name, secret) in cohort.secrets() {
            let text = if let Some(text) = self.opened.get(&secret.print) {
                text.clone()
            } else {
                let changed =
                    || AppError::conflict(format!("{} was changed meanwhile; generate again", name.token()));
                let known = self.shared.get(&secret.print).ok_or_else(changed)?;
                let text = self.vault.open_text(SealFor::Named(&known.sealed_for), &known.value.sealed)?;
                self.opened.insert(secret.print, text.clone());
                text
            };
            secrets.values.push((name.to_string(), text.as_str().to_owned()));
        }
        Ok(())
    }

    /// The values of the phone itself; one of its own replaces a shared secret.
    fn own_values(
        &self,
        cohort: &Cohort,
        facts: Facts<'_>,
        secrets: &mut SecretInputs,
    ) -> Result<DeviceInputs, AppError> {
        let mut inputs = DeviceInputs { lines: facts.device.lines.clone(), ..DeviceInputs::default() };
        for slot in cohort.template().compiled.slots() {
            let Some(own) = facts.value_of(&slot.name, slot.builtin) else { continue };
            secrets.values.retain(|(name, _)| name != slot.name.as_str());
            match own {
                OwnValue::Plain(text) => drop(inputs.values.insert(slot.name.clone(), text)),
                OwnValue::Secret(whose, sealed) => {
                    let text = self.vault.open_text(whose, &sealed.sealed)?;
                    secrets.values.push((slot.name.to_string(), text.as_str().to_owned()));
                }
            }
        }
        Ok(inputs)
    }
}

fn render(cohort: &Cohort, inputs: &DeviceInputs, secrets: &SecretInputs) -> Result<String, RenderError> {
    let ready = Inputs::new(&cohort.template().compiled, inputs, secrets)?;
    let mut text = String::new();
    cohort.render_private(&ready, &mut text)?;
    Ok(text)
}
