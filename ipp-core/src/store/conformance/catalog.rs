//! The catalogue: what is put is read back, and its revision tells caches when to read.

use std::sync::Arc;

use super::{commit, put, put_all, refused, samples::*, skipped};
use crate::{
    catalog::{Catalog, CatalogRevision, RowRevision, SharedScope},
    settings::Settings,
    store::{Batch, CatalogChange, Change, Expected, Row, Store, StoreErrorKind},
    template::{Published, Template},
};

pub(super) async fn read(store: &impl Store) -> Catalog {
    store.catalog(None).await.unwrap().unwrap()
}

/// A new installation begins with what the product defaults to.
pub async fn a_new_store_has_the_empty_catalogue(store: &impl Store) {
    assert_eq!(read(store).await, Catalog::empty());
}

/// Every field of the settings comes back (SYS-01 to SYS-16), and replacing them counts.
pub async fn every_setting_round_trips(store: &impl Store) {
    let settings = full_settings();
    put(store, CatalogChange::Settings(Box::new(settings.clone()))).await;
    let catalog = read(store).await;
    assert_eq!((catalog.settings(), catalog.settings.revision), (&settings, RowRevision(1)));
    put(store, CatalogChange::Settings(Box::default())).await;
    let catalog = read(store).await;
    assert_eq!((catalog.settings(), catalog.settings.revision), (&Settings::default(), RowRevision(2)));
}

/// REG-03: a region with everything, and then with as little as there can be.
pub async fn every_field_of_a_region_round_trips(store: &impl Store) {
    put_all(store, [put_firmware(1), CatalogChange::PutRegion(Box::new(full_region(1))).into()]).await;
    assert_eq!(read(store).await.region(region_id(1)), Some(&full_region(1)));
    put(store, put_region(1)).await;
    assert_eq!(read(store).await.region(region_id(1)), Some(&region(1)));
}

/// GEN-12: models are data.
pub async fn every_field_of_a_model_round_trips(store: &impl Store) {
    put(store, put_model(1)).await;
    assert_eq!(read(store).await.model(&model_id(1)), Some(&model(1)));
}

/// FW-14, FW-15: an entry with an image, and then without.
pub async fn every_field_of_a_firmware_entry_round_trips(store: &impl Store) {
    put_all(store, [put_model(1), CatalogChange::PutFirmware(Box::new(full_firmware(1))).into()]).await;
    assert_eq!(read(store).await.firmware(firmware_id(1)), Some(&full_firmware(1)));
    put(store, put_firmware(1)).await;
    assert_eq!(read(store).await.firmware(firmware_id(1)), Some(&firmware(1)));
}

/// TPL-36: the document comes back byte for byte, and so does what *Restore* goes back to.
pub async fn every_field_of_a_template_round_trips(store: &impl Store) {
    put_all(
        store,
        [put_model(1), put_region(1), CatalogChange::PutTemplate(Box::new(full_template(1))).into()],
    )
    .await;
    assert_eq!(read(store).await.template(template_id(1)), Some(&full_template(1)));
    put(store, put_template(1)).await;
    let edited = Template { published: full_template(1).published, ..template(1) };
    assert_eq!(read(store).await.template(template_id(1)), Some(&edited));
}

/// One name, set differently at each scope (AMB-07).
pub async fn placeholders_of_every_scope_round_trip(store: &impl Store) {
    put_all(store, [put_model(1), put_region(1)]).await;
    let scopes = [SharedScope::System, SharedScope::Model(model_id(1)), SharedScope::Region(region_id(1))];
    let values = [plain("system"), secret(2), plain("(sn=%) ü")];
    for (scope, value) in scopes.iter().zip(&values) {
        put(store, CatalogChange::Placeholder(scope.clone(), placeholder("Name"), Some(value.clone()))).await;
    }
    let catalog = read(store).await;
    for (scope, value) in scopes.iter().zip(&values) {
        assert_eq!(catalog.set(scope).get("Name"), Some(value), "{scope:?}");
    }
    assert_eq!(catalog.placeholders.len(), 3);
}

/// Set to nothing is not the same as not set (C2); a scope that sets nothing is not listed.
pub async fn a_placeholder_may_be_set_to_nothing_and_taken_out(store: &impl Store) {
    let set = |value| CatalogChange::Placeholder(SharedScope::System, placeholder("Name"), value);
    put(store, set(Some(secret(1)))).await;
    put(store, set(Some(plain("")))).await;
    assert_eq!(read(store).await.system_placeholders().get("Name"), Some(&plain("")));
    put(store, set(None)).await;
    put(store, set(None)).await;
    assert!(read(store).await.placeholders.is_empty());
}

/// Each kind of thing can be deleted when nothing refers to it.
pub async fn what_is_deleted_is_gone(store: &impl Store) {
    let [model, region, firmware, template, _] = referred_to();
    put_all(store, [model, region, firmware, template, put_file("a.cfg", 1)]).await;
    put_all(
        store,
        [
            CatalogChange::DeleteTemplate(template_id(1)),
            CatalogChange::DeleteFirmware(firmware_id(1)),
            CatalogChange::DeleteRegion(region_id(1)),
            CatalogChange::DeleteModel(model_id(1)),
            CatalogChange::DeleteFile("a.cfg".parse().unwrap()),
        ],
    )
    .await;
    let Catalog {
        revision: _,
        settings: _,
        regions,
        models,
        templates,
        firmware,
        placeholders,
        placeholder_revisions,
        files,
    } = read(store).await;
    assert!(regions.is_empty() && models.is_empty() && templates.is_empty());
    assert!(firmware.is_empty() && placeholders.is_empty() && placeholder_revisions.is_empty());
    assert!(files.is_empty());
}

/// Deleting twice is as good as once.
pub async fn deleting_what_is_absent_is_no_error(store: &impl Store) {
    put_all(
        store,
        [
            CatalogChange::DeleteTemplate(template_id(1)).into(),
            CatalogChange::DeleteFirmware(firmware_id(1)).into(),
            CatalogChange::DeleteRegion(region_id(1)).into(),
            CatalogChange::DeleteModel(model_id(1)).into(),
            CatalogChange::DeleteFile("a.cfg".parse().unwrap()).into(),
            Change::DeleteUser(user_id(1)),
            Change::Device(crate::store::DeviceChange::Delete(device_id(1))),
        ],
    )
    .await;
}

/// Every row counts its own revisions.
pub async fn putting_again_replaces_and_counts_the_revision(store: &impl Store) {
    let changes = || [put_model(1), put_region(1), put_firmware(1), put_template(1)];
    put_all(store, changes()).await;
    put_all(store, [put_region(2)]).await;
    put_all(store, changes()).await;
    let catalog = read(store).await;
    assert_eq!(catalog.models[&model_id(1)].revision, RowRevision(2));
    assert_eq!(catalog.regions[&region_id(1)].revision, RowRevision(2));
    assert_eq!(catalog.regions[&region_id(2)].revision, RowRevision(1));
    assert_eq!(catalog.firmware[&firmware_id(1)].revision, RowRevision(2));
    assert_eq!(catalog.templates[&template_id(1)].revision, RowRevision(2));
}

/// C38: the revision of a placeholder is expected like that of any row, the catalogue tells it, and one
/// that is taken out and set again does not come back to a revision that somebody has seen.
pub async fn a_placeholder_set_again_has_a_later_revision(store: &impl Store) {
    let set = |value| CatalogChange::Placeholder(SharedScope::System, placeholder("Name"), value);
    let key = (SharedScope::System, placeholder("Name"));
    let (mut seen, mut last) = (Vec::new(), RowRevision(0));
    for value in [Some("1"), Some("2"), None, Some("1"), Some("1"), None, Some("3")] {
        put(store, set(value.map(plain))).await;
        let catalog = read(store).await;
        let now = catalog.placeholder(&key.0, &key.1);
        assert_eq!(now.as_ref().map(|row| row.value.clone()), value.map(plain));
        assert_eq!(now.as_ref().map(|row| row.revision), catalog.placeholder_revisions.get(&key).copied());
        let Some(now) = now else { continue };
        assert!(now.revision > last, "{:?} after {last:?}", now.revision);
        let expecting = |revision| {
            let row = Row::Placeholder(SharedScope::System, placeholder("Name"));
            Batch::default().expecting(row, Expected::Revision(revision))
        };
        commit(store, expecting(now.revision)).await;
        for former in &seen {
            refused(store, expecting(*former), StoreErrorKind::Stale, "changed meanwhile").await;
        }
        seen.push(now.revision);
        last = now.revision;
    }
    assert_eq!(seen.len(), 5);
}

/// A cache asks with the revision it has.
pub async fn a_catalogue_is_read_only_where_it_is_newer(store: &impl Store) {
    let revision = commit(store, Batch::of(put_region(1))).await.catalog;
    assert_eq!(read(store).await.revision, revision);
    assert_eq!(store.catalog(Some(revision)).await.unwrap(), None);
    let former = store.catalog(Some(CatalogRevision(0))).await.unwrap().unwrap();
    assert_eq!(former.revision, revision);
}

/// What changes with every phone does not make every cache read the catalogue again.
pub async fn only_changes_of_the_catalogue_raise_its_revision(store: &impl Store) {
    let before = commit(store, Batch::of(put_region(1))).await.catalog;
    let (id, parts) = generation(1);
    let batch = Batch::of(put_user(1))
        .and(put_device(device(1)))
        .and(report(1, 1))
        .and(raise(1, "A", "Q", 1))
        .and(Change::PutGeneration(id, parts))
        .and(publish(pin(1, 1)));
    assert_eq!(commit(store, batch).await.catalog, before);
    assert!(commit(store, Batch::of(put_model(1))).await.catalog > before);
}

/// C9: what phones get of a template is a pointer.
pub async fn publishing_points_a_template_at_a_generation(store: &impl Store) {
    put_all(store, [put_model(1), put_template(1)]).await;
    let before = read(store).await.revision;
    let published = Published { generation: generation(3).0, at: at(9) };
    let after =
        commit(store, Batch::of(CatalogChange::PublishTemplate(template_id(1), published))).await.catalog;
    let catalog = read(store).await;
    assert_eq!(catalog.template(template_id(1)).unwrap().published, Some(published));
    // An edit that began before knows nothing of it, and must not undo it.
    let edited = Template { published: None, ..template(1) };
    put(store, CatalogChange::PutTemplate(Box::new(edited))).await;
    assert_eq!(read(store).await.template(template_id(1)).unwrap().published, Some(published));
    assert!(after > before && catalog.revision == after);
    assert_eq!(Arc::clone(&catalog.templates[&template_id(1)].value).document, template(1).document);
}

/// A template that was deleted while it was being published is passed over.
pub async fn publishing_an_absent_template_is_skipped(store: &impl Store) {
    let published = Published { generation: generation(3).0, at: at(9) };
    skipped(store, CatalogChange::PublishTemplate(template_id(1), published)).await;
    assert_eq!(read(store).await, Catalog::empty());
}
