//! Files that people upload for phones to share: instead of a template's global file, as a phone book,
//! or for others to include.

use super::list::Origin;
use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{Admin, shown},
    },
    catalog::RowRevision,
    cfg::{CfgText, FileInfo, FileKey, FileKind, LineKind, OwnText, SharedFile, key, mask::is_encoded},
    digest::FingerprintOf,
    generation::own_hosts,
    id::{RegionId, TemplateId},
    mac::Mac,
    store::{Batch, CatalogChange, Expected, Row, Store},
    text::CfgName,
    vault::SealFor,
};

/// A file that phones share, with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedText {
    /// What made it.
    pub origin: Origin,
    /// The revision that an edit has to name; none where it was rendered.
    pub revision: Option<RowRevision>,
    /// The text.
    pub text: String,
}

impl<S: Store> Admin<'_, S> {
    /// A file that phones share, as they get it. A template's global file differs by region where it
    /// takes values of regions (CFG-08, CFG-10).
    pub async fn shared_file(
        &self,
        name: &CfgName,
        template: Option<TemplateId>,
        region: Option<RegionId>,
    ) -> Result<SharedText, AppError> {
        self.need(Capability::ViewShared)?;
        if region.is_some() {
            self.need_in(Capability::View, region, "region")?;
        }
        if template.is_none()
            && let Some((info, text)) = self.app.shared_text(name).await?
        {
            return Ok(SharedText { origin: Origin::Written, revision: Some(info.revision), text });
        }
        let found = self.rendered_files().await?.into_iter().find(|file| {
            file.name.eq_ignore_ascii_case(name.as_str()) && (template.is_none() || template == file.template)
        });
        let found = found.ok_or_else(|| AppError::not_found("such file"))?;
        Ok(SharedText {
            origin: Origin::Rendered,
            revision: None,
            text: self.rendered_text(&found, region).await?,
        })
    }

    /// Uploads a file, or saves one that was edited (CFG-06, CFG-09). It must hold no secret, because
    /// every phone may read it, and no address of this server, because phones would come back without
    /// their tokens.
    pub async fn put_shared_file(
        &self,
        name: CfgName,
        revision: Option<RowRevision>,
        bytes: &[u8],
    ) -> Result<RowRevision, AppError> {
        self.need(Capability::EditSharedFiles)?;
        check_name(&name)?;
        let text = self.checked_shared(&name, bytes)?;
        self.check_room(bytes.len()).await?;
        let vault = &*self.app.ports().vault;
        let info = self.info(&text);
        let sealed = vault.seal(SealFor::Named(&name.sealed_for()), text.as_str().as_bytes())?;
        let snapshot = self.app.snapshot();
        let former = snapshot.catalog.file_called(name.as_str());
        let entry = self
            .audit("file.put", format!("file {name}"))
            .changing(former.and_then(|former| described(&former.value.info)), described(&info));
        let expected = revision.map_or(Expected::Absent, Expected::Revision);
        let batch =
            Batch::of(CatalogChange::PutFile(Box::new(SharedFile { name: name.clone(), info }), sealed))
                .expecting(Row::File(FileKey::Shared(name.clone())), expected)
                .noting(entry);
        self.app.commit(batch).await?;
        let saved = self.app.snapshot().catalog.file_called(name.as_str()).map(|row| row.revision);
        saved.ok_or_else(|| AppError::conflict(format!("file {name} was deleted meanwhile")))
    }

    /// Deletes a file that was uploaded; a template's own of that name takes its place again (CFG-07).
    pub async fn delete_shared_file(&self, name: &CfgName) -> Result<(), AppError> {
        self.need(Capability::EditSharedFiles)?;
        let snapshot = self.app.snapshot();
        let Some(former) = snapshot.catalog.file_called(name.as_str()) else {
            let rendered = self.rendered_files().await?;
            return Err(match rendered.iter().find(|file| file.name.eq_ignore_ascii_case(name.as_str())) {
                Some(file) => AppError::conflict(format!(
                    "{name} is made from {}; it goes with that",
                    file.template_name.as_ref().map_or_else(
                        || "the settings of the company directory".to_owned(),
                        |template| format!("template `{template}`")
                    )
                )),
                None => AppError::not_found("such file"),
            });
        };
        let entry =
            self.audit("file.delete", format!("file {name}")).changing(described(&former.value.info), None);
        let batch = Batch::of(CatalogChange::DeleteFile(name.clone()))
            .expecting(Row::File(FileKey::Shared(name.clone())), Expected::Revision(former.revision))
            .noting(entry);
        self.app.commit(batch).await?;
        Ok(())
    }

    /// What is known of a text that is about to be saved.
    pub(super) fn info(&self, text: &CfgText) -> FileInfo {
        let prints = self.app.ports().vault.fingerprints();
        FileInfo {
            digest: prints.of(FingerprintOf::File, text.as_str().as_bytes()),
            length: u32::try_from(text.as_str().len()).unwrap_or(u32::MAX),
            keep_alive_minutes: text
                .value("ems_server/keep_alive_period")
                .and_then(|value| value.parse().ok()),
            changed_at: self.app.now().wall,
            author: self.caller.name().to_owned(),
        }
    }

    fn checked_shared(&self, name: &CfgName, bytes: &[u8]) -> Result<CfgText, AppError> {
        let text = match FileKind::of(name) {
            FileKind::CompanyDirectory => CfgText::any(bytes, CfgText::MAX_SHARED),
            FileKind::Global | FileKind::Phone => CfgText::parameters(bytes, CfgText::MAX_SHARED),
        };
        let text = text.map_err(|error| AppError::invalid(error.to_string()))?;
        let secret = text.lines().find_map(|line| match line.kind {
            LineKind::Parameter(key, value) => ((key::is_secret(key) && !value.is_empty())
                || is_encoded(value))
            .then(|| (line.number, key.to_owned())),
            LineKind::Include(_) | LineKind::Comment | LineKind::Other => None,
        });
        if let Some((line, key)) = secret {
            return Err(AppError::invalid(format!(
                "line {line} sets {key}, and all phones may read this file; set secrets as placeholders"
            )));
        }
        let hosts = own_hosts(&self.app.snapshot().catalog.settings().phones);
        if let Some(line) = OwnText::first_place(&text, &hosts) {
            return Err(AppError::invalid(format!(
                "line {line} leads phones back to this server without their tokens; such a line belongs into the private part of a template"
            )));
        }
        Ok(text)
    }
}

/// Refuses the names that mean something else.
fn check_name(name: &CfgName) -> Result<(), AppError> {
    let folded = name.folded();
    if folded == "dhcpoption160.cfg" {
        return Err(AppError::invalid("dhcpoption160.cfg is made from the settings; edit it there"));
    }
    let of_phone = folded.strip_suffix(".cfg").is_some_and(|name| name.parse::<Mac>().is_ok());
    if of_phone {
        return Err(AppError::invalid(format!(
            "{name} is the private file of a phone; upload it for the device"
        )));
    }
    Ok(())
}

pub(super) fn described(info: &FileInfo) -> Option<String> {
    shown(&serde_json::json!({ "length": info.length, "digest": info.digest.to_string() }))
}
