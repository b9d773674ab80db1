//! Files that people write for one phone, in the place of what is published for it.

use super::shared::described;
use crate::{
    access::Capability,
    app::{AppError, admin::Admin, report::subject},
    catalog::RowRevision,
    cfg::{CfgText, FileKey, LineKind, OwnText, key, text::lines},
    generation::own_hosts,
    id::DeviceId,
    store::{Batch, Change, DeviceRecord, Expected, PinChange, Row, Store},
    vault::SealFor,
};

impl<S: Store> Admin<'_, S> {
    /// Puts a file in the place of what is published for a device, uploaded or edited by hand, until it
    /// is taken away (CFG-06, CFG-09). Generating goes on behind it. Revision 0 is that of no such file.
    ///
    /// Lines that decide whom the phone trusts stay as they are unless an administrator changes them
    /// (A12).
    pub async fn put_device_file(
        &self,
        id: DeviceId,
        revision: RowRevision,
        bytes: &[u8],
    ) -> Result<DeviceRecord, AppError> {
        let record = self.device_to(Capability::RevealSecrets, id).await?;
        let device = &record.device.value;
        let invalid = |error: &dyn std::error::Error| AppError::invalid(error.to_string());
        let text = CfgText::parameters(bytes, CfgText::MAX_PRIVATE).map_err(|error| invalid(&error))?;
        if self.caller.need(Capability::EditTemplates).is_err() {
            self.check_trust(&record, &text).await?;
        }
        self.check_room(bytes.len()).await?;
        let token = self.app.token_in_urls(device)?;
        let hosts = own_hosts(&self.app.snapshot().catalog.settings().phones);
        let kept = OwnText::new(&text, token.as_deref(), &hosts).map_err(|error| invalid(&error))?;
        let vault = &*self.app.ports().vault;
        let sealed = vault.seal(SealFor::DeviceFile(id.as_bytes()), kept.as_stored().as_bytes())?;
        let info = self.info(&text);
        let former = record.stand_in.as_ref().and_then(|former| described(&former.value));
        let entry = self
            .audit("device.write", subject(device))
            .in_region(device.region)
            .changing(former, described(&info));
        let expected =
            if revision == RowRevision::default() { Expected::Absent } else { Expected::Revision(revision) };
        let change = PinChange::StandIn { device: id, info: Box::new(info), text: sealed };
        let batch = Batch::of(Change::Pin(change))
            .expecting(Row::Device(id), Expected::Revision(record.device.revision))
            .expecting(Row::File(FileKey::Device(id)), expected)
            .noting(entry);
        self.app.commit(batch).await?;
        self.device_to(Capability::View, id).await
    }

    /// Takes a file away: the one that stands in, so that what is published counts again; else what is
    /// published, so that the phone gets none until the next *Generate* (CFG-07).
    pub async fn delete_device_file(&self, id: DeviceId) -> Result<(), AppError> {
        let record = self.device_to(Capability::Generate, id).await?;
        let device = &record.device.value;
        let (action, change, former) = match (&record.stand_in, &record.pin) {
            (Some(info), _) => ("device.resume", PinChange::Resume(id), described(&info.value)),
            (None, Some(_)) => ("device.withdraw", PinChange::Withdraw(id), None),
            (None, None) => return Err(AppError::not_found("file of the device")),
        };
        let entry = self.audit(action, subject(device)).in_region(device.region).changing(former, None);
        let batch = Batch::of(Change::Pin(change))
            .expecting(Row::Device(id), Expected::Revision(record.device.revision))
            .noting(entry);
        let committed = self.app.commit(batch).await?;
        if committed.skipped.is_empty() { Ok(()) } else { Err(AppError::not_found("file of the device")) }
    }

    /// Refuses a text in which a line that decides whom the phone trusts is not as it was.
    async fn check_trust(&self, record: &DeviceRecord, text: &CfgText) -> Result<(), AppError> {
        let present = self.device_text(record).await?;
        let before: Vec<_> = lines(&present).filter_map(|line| trust(line.kind)).collect();
        let mut after = text.lines().filter_map(|line| Some((line.number, trust(line.kind)?)));
        for kept in before {
            match after.next() {
                Some((_, line)) if line == kept => {}
                Some((number, _)) => return Err(untouchable(&format!("line {number}"))),
                None => return Err(untouchable(&format!("{}={}", kept.0, kept.1))),
            }
        }
        match after.next() {
            Some((number, _)) => Err(untouchable(&format!("line {number}"))),
            None => Ok(()),
        }
    }
}

/// A line that decides whom the phone trusts, as key and value.
fn trust(line: LineKind<'_>) -> Option<(String, String)> {
    match line {
        LineKind::Parameter(key, value) if key::redirects_trust(key) => {
            Some((key.to_ascii_lowercase(), value.to_owned()))
        }
        LineKind::Include(name) => Some(("include".to_owned(), name.to_owned())),
        LineKind::Parameter(..) | LineKind::Comment | LineKind::Other => None,
    }
}

fn untouchable(place: &str) -> AppError {
    AppError::invalid(format!(
        "{place} decides whom the phone trusts (addresses, certificates, administration); only an administrator may change, add or leave out such a line"
    ))
}
