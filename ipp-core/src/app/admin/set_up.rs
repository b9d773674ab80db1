//! The first start, and what every start checks.

use std::sync::Arc;

use crate::{
    app::{App, AppError},
    catalog::RowRevision,
    id::TemplateId,
    phone_model,
    settings::{Scheme, Settings},
    store::{Batch, CatalogChange, Change, Expected, Row, Store},
    template::{BUILTIN, Template, TemplateDocument},
    text::{Host, Label},
};

/// Where this server is found, as the process that serves it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// The address of the listeners.
    pub address: Host,
    /// The port of files over HTTP.
    pub http_port: u16,
    /// The port of files over HTTPS.
    pub https_port: u16,
    /// The port of reports over HTTP.
    pub rest_http_port: u16,
    /// The port of reports over HTTPS.
    pub rest_https_port: u16,
    /// The scheme that phones are to use, on first start.
    pub scheme: Scheme,
}

impl<S: Store> App<S> {
    /// Makes sure that the models and templates of the product are there, and that the settings
    /// know where this server is found (DHCP-17). What is there already stays; a second call
    /// changes nothing.
    pub async fn set_up(&self, reachable: &Reachable) -> Result<(), AppError> {
        let snapshot = self.snapshot();
        let catalog = &snapshot.catalog;
        let mut batch = Batch::default();
        if catalog.settings.revision == RowRevision(0) {
            let missing =
                phone_model::built_in().into_iter().filter(|model| catalog.model(&model.id).is_none());
            batch.changes.extend(missing.map(|model| Change::from(CatalogChange::PutModel(model))));
            for builtin in &BUILTIN {
                let template = self.builtin_template(builtin.key, builtin.title, builtin.xml)?;
                batch.changes.push(CatalogChange::PutTemplate(Box::new(template)).into());
            }
        }
        let settings = following(catalog.settings(), reachable, catalog.settings.revision);
        if settings != *catalog.settings() {
            batch = batch
                .expecting(Row::Settings, Expected::Revision(catalog.settings.revision))
                .and(CatalogChange::Settings(Box::new(settings)));
        }
        if !batch.changes.is_empty() {
            self.commit(batch).await?;
        }
        // Also those that a start which was interrupted left behind.
        let snapshot = self.snapshot();
        let unpublished = |template: &&Template| template.builtin && template.published.is_none();
        let unpublished: Vec<TemplateId> =
            snapshot.catalog.templates().filter(unpublished).map(|template| template.id).collect();
        if unpublished.is_empty() { Ok(()) } else { self.publish_templates(&unpublished, Vec::new()).await }
    }

    /// Lets phones have the option 160 files: the first login to the console does this (LGN-13).
    pub async fn initialise_provisioning(&self) -> Result<(), AppError> {
        let snapshot = self.snapshot();
        if snapshot.catalog.settings().provisioning_initialised {
            return Ok(());
        }
        let settings = Settings { provisioning_initialised: true, ..snapshot.catalog.settings().clone() };
        let batch = Batch::of(CatalogChange::Settings(Box::new(settings)))
            .expecting(Row::Settings, Expected::Revision(snapshot.catalog.settings.revision));
        self.commit(batch).await?;
        Ok(())
    }

    fn builtin_template(&self, key: &str, title: &str, xml: &str) -> Result<Template, AppError> {
        let document = TemplateDocument::parse(xml.as_bytes())?;
        let model =
            key.parse().map_err(|error| AppError::internal(format!("built-in template {key}: {error}")))?;
        Ok(Template {
            id: TemplateId::new(self.now().wall, self.random()),
            name: title.parse()?,
            description: Label::EMPTY,
            model,
            region: None,
            builtin: true,
            default: false,
            original: document.bytes().into(),
            document: Arc::new(document),
            defaults: std::collections::BTreeMap::new(),
            published: None,
        })
    }
}

/// The settings following the server: the scheme is taken over at first start only, because it is
/// the administrator's choice from then on.
fn following(settings: &Settings, reachable: &Reachable, revision: RowRevision) -> Settings {
    let mut settings = settings.clone();
    let server = &mut settings.phones.server;
    if revision == RowRevision(0) {
        server.scheme = reachable.scheme;
    }
    server.address = Some(reachable.address.clone());
    server.http_port = reachable.http_port;
    server.https_port = reachable.https_port;
    server.rest_http_port = reachable.rest_http_port;
    server.rest_https_port = reachable.rest_https_port;
    settings
}
