//! Files that people wrote, on their way to phones.

use std::sync::Arc;

use super::{App, AppError, files::ServedFile, snapshot::Snapshot};
use crate::{
    catalog::Stored,
    cfg::{FileInfo, FileKey, OwnText},
    device::Device,
    region::Identity,
    render::directory,
    store::Store,
    text::CfgName,
    time::Timestamp,
    vault::SealFor,
};

impl<S: Store> App<S> {
    /// The file that stands in for what is published for a phone, as the phone gets it; none where it
    /// was taken away meanwhile.
    pub(super) async fn stand_in_file(&self, device: &Device) -> Result<Option<ServedFile>, AppError> {
        let Some((info, text)) = self.stand_in(device).await? else { return Ok(None) };
        Ok(Some(self.text(text, info.value.changed_at, None)))
    }

    /// The same with what is known of it.
    pub(super) async fn stand_in(
        &self,
        device: &Device,
    ) -> Result<Option<(Stored<FileInfo>, String)>, AppError> {
        let Some((info, sealed)) = self.store.file(&FileKey::Device(device.id)).await? else {
            return Ok(None);
        };
        let kept = self.ports.vault.open_text(SealFor::DeviceFile(device.id.as_bytes()), &sealed)?;
        let token = self.token_in_urls(device)?;
        Ok(Some((info, OwnText::from_stored(kept.as_str().to_owned()).under(token.as_deref()))))
    }

    /// The token that stands in the URLs of a phone; none where its region lets it in without.
    pub(super) fn token_in_urls(&self, device: &Device) -> Result<Option<String>, AppError> {
        let snapshot = self.snapshot();
        let region = device.region.and_then(|id| snapshot.catalog.region(id));
        match (region.map(|region| region.identity), &device.token) {
            (Some(Identity::Open), _) | (_, None) => Ok(None),
            (Some(Identity::UrlToken) | None, Some(token)) => {
                let whose = SealFor::DeviceToken(device.id.as_bytes());
                Ok(Some(self.ports.vault.open_text(whose, &token.sealed)?.as_str().to_owned()))
            }
        }
    }

    /// A file that all phones may read, by the name that one asks for.
    pub(super) async fn written_file(
        &self,
        snapshot: &Snapshot,
        name: &str,
    ) -> Result<Option<ServedFile>, AppError> {
        if let Some(row) = snapshot.catalog.file_called(name)
            && let Some((info, text)) = self.shared_text(&row.value.name).await?
        {
            return Ok(Some(self.text(text, info.value.changed_at, None)));
        }
        if !name.eq_ignore_ascii_case(directory::NAME) {
            return Ok(None);
        }
        Ok(self.directory(snapshot).await?.map(|(text, at)| self.text(text, at, None)))
    }

    /// The text of a file that people uploaded for phones to share.
    pub(super) async fn shared_text(
        &self,
        name: &CfgName,
    ) -> Result<Option<(Stored<FileInfo>, String)>, AppError> {
        let Some((info, sealed)) = self.store.file(&FileKey::Shared(name.clone())).await? else {
            return Ok(None);
        };
        let text = self.ports.vault.open_text(SealFor::Named(&name.sealed_for()), &sealed)?;
        Ok(Some((info, text.as_str().to_owned())))
    }

    /// The company directory as it was published last, and when; none where it is off (AMB-81).
    pub(super) async fn directory(
        &self,
        snapshot: &Snapshot,
    ) -> Result<Option<(String, Timestamp)>, AppError> {
        let published = snapshot.catalog.templates().filter_map(|template| template.published);
        let Some(last) = published.max_by_key(|published| published.at) else { return Ok(None) };
        let generation = Arc::clone(&self.generation(last.generation).await?);
        Ok(directory::text(generation.generation().settings()).map(|text| (text, last.at)))
    }
}
