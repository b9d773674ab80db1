//! One phone: the file that the proposal would give it, and the one that it is compared with.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Against, groups::Difference, proposal::Proposal};
use crate::{
    app::{
        AppError,
        admin::{Admin, bulk::is_of_server},
        pin::{Made, PinMaker},
        publish::is_current,
    },
    device::Device,
    render::{Cohort, DeviceInputs, Diff, Inputs, OpenedSecrets, SecretInputs},
    store::{DeviceRecord, Pin, Store},
    vault::SealFor,
};

/// What a proposal would do to one phone.
pub(super) enum Outcome {
    /// It would get the same file.
    Unchanged,
    /// Its file is made when it reports.
    Waiting,
    /// It would get another file.
    Changed(Difference),
    /// Its file could not be made.
    Failing(AppError),
}

/// Makers of files as they are saved, and as they are proposed.
pub(super) struct Makers<'a> {
    pub(super) saved: PinMaker<'a>,
    pub(super) proposed: PinMaker<'a>,
}

/// A file with what it is made of.
struct File {
    cohort: Arc<Cohort>,
    inputs: DeviceInputs,
    secrets: Zeroizing<Vec<u8>>,
    /// What the phone gets, with its secrets.
    text: Zeroizing<String>,
}

impl<S: Store> Admin<'_, S> {
    /// What the proposal would do to a phone. Errors that are not the phone's own end the preview.
    pub(super) async fn outcome(
        &self,
        proposal: &Proposal,
        against: Against,
        makers: &mut Makers<'_>,
        record: &DeviceRecord,
    ) -> Result<Outcome, AppError> {
        let edited = match self.proposed_device(proposal, record) {
            Ok(edited) => edited,
            Err(error) => return failing(error),
        };
        let (device, owner) = match &edited {
            Some((device, owner)) => (device, owner.as_ref()),
            None => (&record.device.value, record.owner.as_ref()),
        };
        let cohort = match self.app.cohort_for(proposal.proposed(), device) {
            Ok(cohort) => cohort,
            Err(error) => return failing(error),
        };
        let current = record.pin.as_ref().is_some_and(|pin| is_current(&pin.pin, &cohort, device));
        let same_inputs = match against {
            Against::Published => current,
            Against::Saved => {
                let saved = self.app.cohort_for(proposal.saved(), &record.device.value);
                edited.is_none() && saved.is_ok_and(|saved| is_made_of(&cohort, &saved))
            }
        };
        // What is published was proven to render; everything else is proven here.
        if same_inputs && current {
            return Ok(Outcome::Unchanged);
        }
        let made = match makers.proposed.file(&cohort, device, owner) {
            Ok(Some(made)) => made,
            Ok(None) => return Ok(Outcome::Waiting),
            Err(error) => return failing(error),
        };
        // A file that people wrote stands in for whatever is published.
        if same_inputs || record.stand_in.is_some() {
            return Ok(Outcome::Unchanged);
        }
        let former = match against {
            Against::Published => match &record.pin {
                Some(pin) => Some(self.published(&pin.pin).await?),
                None => None,
            },
            Against::Saved => self.saved(proposal, &mut makers.saved, record)?,
        };
        let proposed = File::new(cohort, made);
        difference(former.as_ref(), &proposed)
    }

    /// The file that a phone gets now.
    async fn published(&self, pin: &Pin) -> Result<File, AppError> {
        let generation = self.app.generation(pin.generation).await?;
        let vault = &self.app.ports().vault;
        let cohort = generation.cohort(pin.template, pin.region, &pin.model, vault.fingerprints());
        let cohort = cohort.ok_or_else(|| AppError::internal("a generation lacks a pinned template"))??;
        let secrets = vault.open(SealFor::PinSecrets(pin.device.as_bytes()), &pin.secrets)?;
        let shown = Inputs::new(&cohort.template().compiled, &pin.inputs, &SecretInputs::default())?;
        let mut text = Zeroizing::new(String::with_capacity(pin.length as usize));
        cohort.render_published(&shown, parsed(&secrets)?, &mut text)?;
        Ok(File { cohort, inputs: pin.inputs.clone(), secrets, text })
    }

    /// The file that *Generate* would give a phone now; `None` where it would give it none.
    fn saved(
        &self,
        proposal: &Proposal,
        maker: &mut PinMaker<'_>,
        record: &DeviceRecord,
    ) -> Result<Option<File>, AppError> {
        let device: &Device = &record.device.value;
        let made = self.app.cohort_for(proposal.saved(), device).and_then(|cohort| {
            let made = maker.file(&cohort, device, record.owner.as_ref())?;
            Ok(made.map(|made| File::new(cohort, made)))
        });
        match made {
            Ok(file) => Ok(file),
            Err(error) if is_of_server(&error) => Err(error),
            // An edit may be what makes the file possible.
            Err(_) => Ok(None),
        }
    }
}

impl File {
    fn new(cohort: Arc<Cohort>, made: Made) -> Self {
        let Made { inputs, secrets, text } = made;
        Self { cohort, inputs, secrets: secrets.to_bytes(), text }
    }
}

fn difference(former: Option<&File>, proposed: &File) -> Result<Outcome, AppError> {
    let Some(former) = former else { return Ok(Outcome::Changed(Difference::FirstFile)) };
    if former.text == proposed.text {
        return Ok(Outcome::Unchanged);
    }
    let before = former.cohort.show_private(&former.inputs, parsed(&former.secrets)?)?;
    let after = proposed.cohort.show_private(&proposed.inputs, parsed(&proposed.secrets)?)?;
    Ok(Outcome::Changed(Difference::Lines(Diff::of(&before, &after))))
}

/// Whether phones get the same from both, whatever their own inputs are.
fn is_made_of(one: &Cohort, other: &Cohort) -> bool {
    one.print() == other.print() && one.template().id == other.template().id
}

fn parsed(secrets: &[u8]) -> Result<OpenedSecrets<'_>, AppError> {
    OpenedSecrets::parse(secrets)
        .ok_or_else(|| AppError::internal("the secrets of a published file are damaged"))
}

/// An error of one phone, unless it is the server's own.
fn failing(error: AppError) -> Result<Outcome, AppError> {
    if is_of_server(&error) { Err(error) } else { Ok(Outcome::Failing(error)) }
}
