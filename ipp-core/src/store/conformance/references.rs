//! What is referred to stays, and nothing refers to what is not there.

use super::{put, put_all, refused, samples::*};
use crate::{
    catalog::SharedScope,
    device::Device,
    store::{Batch, CatalogChange, Change, DeviceChange, Store, StoreErrorKind::Referenced},
    template::Template,
};

/// Puts a referrer, sees the deletion refused, and takes the referrer away again.
async fn holds(
    store: &impl Store,
    referrer: impl Into<Change>,
    deletion: &(impl Clone + Into<Change>),
    what: &str,
    removal: impl Into<Change>,
) {
    put(store, referrer).await;
    refused(store, Batch::of(deletion.clone().into()), Referenced, &format!("{what} is still in use")).await;
    put(store, removal).await;
}

fn delete_device(number: u8) -> Change {
    Change::Device(DeviceChange::Delete(device_id(number)))
}

/// REG-10: users, devices, templates and placeholders hold a region.
pub async fn a_region_in_use_stays(store: &impl Store) {
    put_all(store, [put_model(1), put_region(1)]).await;
    let deletion = CatalogChange::DeleteRegion(region_id(1));
    let region = Some(region_id(1));
    let at = |value| CatalogChange::Placeholder(SharedScope::Region(region_id(1)), placeholder("A"), value);
    holds(store, put_user(1), &deletion, "region", Change::DeleteUser(user_id(1))).await;
    holds(store, put_device(Device { region, ..device(1) }), &deletion, "region", delete_device(1)).await;
    let template = CatalogChange::PutTemplate(Box::new(Template { region, ..template(1) }));
    holds(store, template, &deletion, "region", CatalogChange::DeleteTemplate(template_id(1))).await;
    holds(store, at(Some(plain("1"))), &deletion, "region", at(None)).await;
    put(store, deletion).await;
}

/// Devices, templates, firmware and placeholders hold a model.
pub async fn a_model_in_use_stays(store: &impl Store) {
    put(store, put_model(1)).await;
    let deletion = CatalogChange::DeleteModel(model_id(1));
    let what = "phone model";
    let at = |value| CatalogChange::Placeholder(SharedScope::Model(model_id(1)), placeholder("A"), value);
    let device = put_device(Device { model: Some(model_id(1)), ..device(1) });
    holds(store, device, &deletion, what, delete_device(1)).await;
    holds(store, put_template(1), &deletion, what, CatalogChange::DeleteTemplate(template_id(1))).await;
    let firmware = CatalogChange::PutFirmware(Box::new(full_firmware(1)));
    holds(store, firmware, &deletion, what, CatalogChange::DeleteFirmware(firmware_id(1))).await;
    holds(store, at(Some(secret(1))), &deletion, what, at(None)).await;
    put(store, deletion).await;
}

/// A device that was given its own template holds it; a published file does not.
pub async fn a_template_in_use_stays(store: &impl Store) {
    put_all(store, [put_model(1), put_template(1)]).await;
    let deletion = CatalogChange::DeleteTemplate(template_id(1));
    let chosen = put_device(Device { template: Some(template_id(1)), ..device(1) });
    holds(store, chosen, &deletion, "template", put_device(device(1))).await;
    put(store, publish(pin(1, 1))).await;
    put(store, deletion).await;
}

/// A region's and a device's choice hold a firmware entry.
pub async fn a_firmware_entry_in_use_stays(store: &impl Store) {
    put(store, put_firmware(1)).await;
    let deletion = CatalogChange::DeleteFirmware(firmware_id(1));
    let region = CatalogChange::PutRegion(Box::new(full_region(1)));
    holds(store, region, &deletion, "firmware", put_region(1)).await;
    let chosen = put_device(Device { firmware: Some(firmware_id(1)), ..device(1) });
    holds(store, chosen, &deletion, "firmware", delete_device(1)).await;
    put(store, deletion).await;
}

/// A device holds its user.
pub async fn a_user_in_use_stays(store: &impl Store) {
    put_all(store, referred_to()).await;
    let deletion = Change::DeleteUser(user_id(1));
    holds(store, put_device(full_device(1)), &deletion, "user", put_device(device(1))).await;
    put(store, deletion).await;
}

/// Every reference of a device, named in the refusal.
pub async fn a_device_refers_only_to_what_exists(store: &impl Store) {
    put_all(store, referred_to()).await;
    let full = full_device(1);
    let cases = [
        (Device { region: Some(region_id(9)), ..full.clone() }, "region"),
        (Device { model: Some(model_id(9)), ..full.clone() }, "phone model"),
        (Device { template: Some(template_id(9)), ..full.clone() }, "template"),
        (Device { firmware: Some(firmware_id(9)), ..full.clone() }, "firmware"),
        (
            Device {
                owner: full.owner.map(|owner| crate::device::Owner { user: user_id(9), ..owner }),
                ..full
            },
            "user",
        ),
    ];
    for (device, what) in cases {
        refused(store, Batch::of(put_device(device)), Referenced, &format!("{what} does not exist")).await;
    }
}

/// Model and region of a template.
pub async fn a_template_refers_only_to_what_exists(store: &impl Store) {
    put(store, put_model(1)).await;
    let cases = [
        (Template { model: model_id(9), ..template(1) }, "phone model"),
        (Template { region: Some(region_id(9)), ..template(1) }, "region"),
    ];
    for (template, what) in cases {
        let batch = Batch::of(CatalogChange::PutTemplate(Box::new(template)));
        refused(store, batch, Referenced, &format!("{what} does not exist")).await;
    }
}

/// Firmware that a region prefers. The models of that choice are only keys.
pub async fn a_region_refers_only_to_firmware_that_exists(store: &impl Store) {
    let batch = Batch::of(CatalogChange::PutRegion(Box::new(full_region(1))));
    refused(store, batch.clone(), Referenced, "firmware does not exist").await;
    put(store, put_firmware(1)).await;
    store.commit(batch).await.unwrap();
}

/// The model of a firmware entry.
pub async fn a_firmware_entry_refers_only_to_a_model_that_exists(store: &impl Store) {
    let batch = Batch::of(CatalogChange::PutFirmware(Box::new(full_firmware(1))));
    refused(store, batch, Referenced, "phone model does not exist").await;
}

/// The region of a user (AMB-103).
pub async fn a_user_refers_only_to_a_region_that_exists(store: &impl Store) {
    refused(store, Batch::of(put_user(1)), Referenced, "region does not exist").await;
}

/// Neither set nor taken out in a scope that does not exist.
pub async fn a_placeholder_needs_its_scope(store: &impl Store) {
    for scope in [SharedScope::Region(region_id(9)), SharedScope::Model(model_id(9))] {
        for value in [Some(plain("1")), None] {
            let batch = Batch::of(CatalogChange::Placeholder(scope.clone(), placeholder("A"), value));
            refused(store, batch, Referenced, "scope does not exist").await;
        }
    }
}

/// Everything can be taken down in the right order, in one batch.
pub async fn what_nothing_refers_to_any_more_can_go(store: &impl Store) {
    put_all(store, referred_to()).await;
    put_all(store, [put_device(full_device(1)), report(1, 1), raise(1, "A", "Q", 1), publish(pin(1, 1))])
        .await;
    put_all(
        store,
        [
            delete_device(1),
            Change::DeleteUser(user_id(1)),
            CatalogChange::DeleteTemplate(template_id(1)).into(),
            CatalogChange::DeleteFirmware(firmware_id(1)).into(),
            CatalogChange::DeleteRegion(region_id(1)).into(),
            CatalogChange::DeleteModel(model_id(1)).into(),
        ],
    )
    .await;
}
