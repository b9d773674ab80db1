//! The list of all configuration files: those that phones share, then one for each phone.

use super::super::Admin;
use crate::{
    access::Capability,
    app::AppError,
    catalog::RowRevision,
    cfg::FileKind,
    id::{DeviceId, RegionId, TemplateId},
    render::directory,
    store::{
        DeviceFilter, DeviceRecord, DeviceSort, FileState, ListKey, Order, Page, SearchField, Sorted, Store,
    },
    text::TemplateName,
    time::Timestamp,
};

/// Which files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileQuery {
    /// Only files in whose name this stands, ASCII case aside (CFG-05).
    pub name: Option<String>,
    /// Only files of this kind.
    pub kind: Option<FileKind>,
    /// Only files that people wrote.
    pub written: bool,
}

/// What made a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A template, or settings.
    Rendered,
    /// People.
    Written,
}

/// A file in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: FileKind,
    /// What made it.
    pub origin: Origin,
    /// The template whose global file it is.
    pub template: Option<TemplateId>,
    /// The name of that template.
    pub template_name: Option<TemplateName>,
    /// The device whose private file it is.
    pub device: Option<DeviceId>,
    /// Its length in bytes, where it is the same for all who get it.
    pub length: Option<u64>,
    /// When it was saved or published.
    pub changed_at: Option<Timestamp>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The revision that an edit has to name, where people wrote it.
    pub revision: Option<RowRevision>,
    /// Whether *Generate* would make it anew.
    pub stale: Option<bool>,
}

/// The place of a file in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// So many of those that phones share stand before the next.
    Shared(u32),
    /// Behind the private file of a device.
    Phone(ListKey<DeviceId>),
}

impl<S: Store> Admin<'_, S> {
    /// The files that may be seen: those that phones share by name, then those of phones by address
    /// (CFG-02, CFG-11).
    pub async fn configuration_files(
        &self,
        query: &FileQuery,
        page: Page<FilePlace>,
    ) -> Result<Vec<(FilePlace, ListedFile)>, AppError> {
        self.need(Capability::View)?;
        let limit = page.limit as usize;
        let mut files = Vec::new();
        let behind = match page.after {
            Some(FilePlace::Phone(key)) => Some(key),
            Some(FilePlace::Shared(number)) => {
                files = self.shared_page(query, number, limit).await?;
                None
            }
            None => {
                files = self.shared_page(query, 0, limit).await?;
                None
            }
        };
        let left = u32::try_from(limit.saturating_sub(files.len())).unwrap_or(u32::MAX);
        if left > 0 && query.kind.is_none_or(|kind| kind == FileKind::Phone) {
            let Some(filter) = phones(query) else { return Ok(files) };
            let sorted = Sorted { by: DeviceSort::Mac, order: Order::Ascending };
            let rows = self.devices(filter, sorted, Page { after: behind, limit: left }).await?;
            files.extend(rows.into_iter().map(|row| (FilePlace::Phone(row.at), self.of_phone(&row.row))));
        }
        Ok(files)
    }

    async fn shared_page(
        &self,
        query: &FileQuery,
        from: u32,
        limit: usize,
    ) -> Result<Vec<(FilePlace, ListedFile)>, AppError> {
        let name = query.name.as_ref().map(|name| name.to_ascii_lowercase());
        let mut files = self.written_files();
        if !query.written {
            files.extend(self.rendered_files().await?);
        }
        files.retain(|file| {
            query.kind.is_none_or(|kind| file.kind == kind)
                && name.as_ref().is_none_or(|name| file.name.to_ascii_lowercase().contains(name.as_str()))
        });
        files.sort_by_key(|file| (file.name.to_ascii_lowercase(), file.template));
        let numbered = files.into_iter().zip(1..).skip(from as usize).take(limit);
        Ok(numbered.map(|(file, number)| (FilePlace::Shared(number), file)).collect())
    }

    fn written_files(&self) -> Vec<ListedFile> {
        let snapshot = self.app.snapshot();
        let listed = |row: &crate::catalog::Stored<std::sync::Arc<crate::cfg::SharedFile>>| ListedFile {
            name: row.value.name.to_string(),
            kind: FileKind::of(&row.value.name),
            origin: Origin::Written,
            template: None,
            template_name: None,
            device: None,
            length: Some(row.value.info.length.into()),
            changed_at: Some(row.value.info.changed_at),
            author: Some(row.value.info.author.clone()),
            revision: Some(row.revision),
            stale: None,
        };
        snapshot.catalog.files.values().map(listed).collect()
    }

    /// The files that templates and settings make for phones to share.
    pub(super) async fn rendered_files(&self) -> Result<Vec<ListedFile>, AppError> {
        let snapshot = self.app.snapshot();
        let visible = self.caller.visible();
        let mut files = Vec::new();
        let seen = snapshot
            .catalog
            .templates()
            .filter(|template| template.region.is_none() || visible.contains(template.region));
        for template in seen {
            let Some(published) = template.published else { continue };
            let generation = self.app.generation(published.generation).await?;
            let part = generation.generation().template(template.id);
            let Some(name) = part.and_then(|part| part.compiled.global_name.clone()) else { continue };
            files.push(ListedFile {
                name,
                kind: FileKind::Global,
                origin: Origin::Rendered,
                template: Some(template.id),
                template_name: Some(template.name.clone()),
                device: None,
                length: None,
                changed_at: Some(published.at),
                author: None,
                revision: None,
                stale: None,
            });
        }
        if let Some((text, at)) = self.app.directory(&snapshot).await? {
            files.push(ListedFile {
                name: directory::NAME.to_owned(),
                kind: FileKind::CompanyDirectory,
                origin: Origin::Rendered,
                template: None,
                template_name: None,
                device: None,
                length: Some(text.len() as u64),
                changed_at: Some(at),
                author: None,
                revision: None,
                stale: None,
            });
        }
        Ok(files)
    }

    /// The text of a rendered file that phones share.
    pub(super) async fn rendered_text(
        &self,
        file: &ListedFile,
        region: Option<RegionId>,
    ) -> Result<String, AppError> {
        let snapshot = self.app.snapshot();
        let Some(template) = file.template.and_then(|id| snapshot.catalog.template(id)) else {
            let directory = self.app.directory(&snapshot).await?;
            return directory.map(|(text, _)| text).ok_or_else(|| AppError::not_found("such file"));
        };
        let published = template.published.ok_or_else(|| AppError::not_found("such file"))?;
        let generation = self.app.generation(published.generation).await?;
        let key = self.app.ports().vault.fingerprints();
        let cohort = generation.cohort(template.id, region.or(template.region), &template.model, key);
        let cohort = cohort.ok_or_else(|| AppError::not_found("such file"))??;
        let mut text = String::new();
        cohort.render_global(&mut text)?;
        Ok(text)
    }

    fn of_phone(&self, record: &DeviceRecord) -> ListedFile {
        let device = &record.device.value;
        let pin = record.pin.as_ref().map(|pin| &pin.pin);
        let written = record.stand_in.as_ref();
        let (length, changed_at) = match (written, pin) {
            (Some(info), _) => (Some(info.value.length.into()), Some(info.value.changed_at)),
            (None, Some(pin)) => (Some(pin.length.into()), Some(pin.published_at)),
            (None, None) => (None, None),
        };
        ListedFile {
            name: format!("{}.cfg", device.mac),
            kind: FileKind::Phone,
            origin: if written.is_some() { Origin::Written } else { Origin::Rendered },
            template: pin.filter(|_| written.is_none()).map(|pin| pin.template),
            template_name: None,
            device: Some(device.id),
            length,
            changed_at,
            author: written.map(|info| info.value.author.clone()),
            revision: written.map(|info| info.revision),
            stale: self.app.is_stale(record),
        }
    }
}

/// The devices whose files are meant; none where no name of such a file can fit.
fn phones(query: &FileQuery) -> Option<DeviceFilter> {
    let file = if query.written { FileState::StandIn } else { FileState::Any };
    let filter = DeviceFilter { file: Some(file), ..DeviceFilter::all() };
    let Some(name) = query.name.as_ref().map(|name| name.to_ascii_lowercase()) else { return Some(filter) };
    if ".cfg".contains(&name) {
        return Some(filter);
    }
    // The end of the name may have been typed with it, in part.
    let part = ["", ".", ".c", ".cf", ".cfg"].iter().rev().find_map(|end| name.strip_suffix(end))?;
    let hex = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| filter.with(SearchField::Mac, part))
}
