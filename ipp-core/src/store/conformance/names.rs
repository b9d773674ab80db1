//! Names, addresses and tokens are one thing's own.

use super::{commit, put, put_all, refused, samples::*};
use crate::{
    store::{Batch, CatalogChange, Change, DeviceChange, Store, StoreErrorKind::Taken},
    template::Template,
};

/// REG-11: names compare without ASCII case.
pub async fn a_region_name_is_taken_in_any_case(store: &impl Store) {
    put(store, put_region(1)).await;
    let mut other = region(2);
    other.name = "rEGION 1".parse().unwrap();
    refused(
        store,
        Batch::of(CatalogChange::PutRegion(Box::new(other.clone()))),
        Taken,
        "region name `rEGION 1`",
    )
    .await;
    // Renaming into the same name in another case is no conflict with oneself.
    other.id = region_id(1);
    put(store, CatalogChange::PutRegion(Box::new(other))).await;
}

/// FW-14.
pub async fn a_firmware_name_is_taken_in_any_case(store: &impl Store) {
    put(store, put_firmware(1)).await;
    let mut other = firmware(2);
    other.name = "FIRMWARE1.IMG".parse().unwrap();
    refused(
        store,
        Batch::of(CatalogChange::PutFirmware(Box::new(other))),
        Taken,
        "firmware name `FIRMWARE1.IMG`",
    )
    .await;
}

/// TPL-04.
pub async fn a_template_name_is_taken_as_it_is_written(store: &impl Store) {
    put_all(store, [put_model(1), put_template(1)]).await;
    let named = |name: &str| {
        CatalogChange::PutTemplate(Box::new(Template { name: name.parse().unwrap(), ..template(2) }))
    };
    refused(store, Batch::of(named("Template 1")), Taken, "template name `Template 1`").await;
    put(store, named("TEMPLATE 1")).await;
}

/// USR-28: user names are unique.
pub async fn a_user_name_is_taken_in_any_case(store: &impl Store) {
    put_all(store, [put_region(1), put_user(1)]).await;
    let mut other = user(2);
    other.name = "uSER1".parse().unwrap();
    refused(store, Batch::of(Change::PutUser(Box::new(other))), Taken, "user name `uSER1`").await;
}

/// USR-28: MAC addresses are unique over all devices.
pub async fn a_mac_address_is_taken(store: &impl Store) {
    put(store, put_device(device(1))).await;
    let mut other = device(2);
    other.mac = mac(1);
    refused(store, Batch::of(put_device(other)), Taken, "MAC address `00908f000001`").await;
}

/// A token leads to one phone. What was only presented is not bound, and may be the same.
pub async fn a_token_is_taken(store: &impl Store) {
    let (mut first, mut other) = (device(1), device(2));
    first.token = Some(token(1));
    first.former_token = Some(print(2));
    other.former_token = Some(print(1));
    put_all(store, [put_device(first), put_device(other.clone())]).await;
    other.token = Some(token(1));
    refused(store, Batch::of(put_device(other.clone())), Taken, "token").await;
    other.token = Some(token(2));
    put(store, put_device(other)).await;
}

/// C33: one default for each region and model, and the database is the judge.
pub async fn one_default_template_for_a_region_and_model(store: &impl Store) {
    put_all(store, [put_model(1), put_model(2), put_region(1), put_region(2)]).await;
    let default = |number: u8, region, model| {
        let (region, model) = (Some(region_id(region)), model_id(model));
        CatalogChange::PutTemplate(Box::new(Template { default: true, region, model, ..template(number) }))
    };
    put_all(store, [default(1, 1, 1), default(2, 2, 1), default(3, 1, 2)]).await;
    refused(store, Batch::of(default(4, 1, 1)), Taken, "default template").await;
    // The same batch may clear the former default and set the new one.
    let mut former = template(1);
    former.region = Some(region_id(1));
    commit(store, Batch::of(CatalogChange::PutTemplate(Box::new(former))).and(default(4, 1, 1))).await;
}

/// C33 for templates that serve all regions.
pub async fn one_default_template_for_a_model_without_region(store: &impl Store) {
    put(store, put_model(1)).await;
    let default =
        |number| CatalogChange::PutTemplate(Box::new(Template { default: true, ..template(number) }));
    put(store, default(1)).await;
    refused(store, Batch::of(default(2)), Taken, "default template").await;
    put(store, put_template(2)).await;
}

/// What was deleted or renamed frees its name, within one batch too.
pub async fn names_are_free_again_and_may_be_swapped(store: &impl Store) {
    let named = |number, name: &str| {
        let mut region = region(number);
        region.name = name.parse().unwrap();
        CatalogChange::PutRegion(Box::new(region))
    };
    put_all(store, [named(1, "A"), named(2, "B")]).await;
    put_all(store, [named(1, "C"), named(2, "A"), named(1, "B")]).await;
    put_all(store, [CatalogChange::DeleteRegion(region_id(1)), named(3, "b")]).await;
    let (mut first, mut second) = (device(1), device(2));
    put_all(store, [put_device(first.clone()), put_device(second.clone())]).await;
    (first.mac, second.mac) = (mac(9), mac(1));
    put_all(store, [put_device(first), put_device(second)]).await;
    put_all(store, [Change::Device(DeviceChange::Delete(device_id(2))), put_device(device(1))]).await;
}

/// Only ASCII letters have a case; a store's own idea of letters must not matter.
pub async fn names_that_differ_beyond_ascii_are_different(store: &impl Store) {
    let named = |number, name: &str| {
        let mut user = user(number);
        user.name = name.parse().unwrap();
        Change::PutUser(Box::new(user))
    };
    put_all(store, [put_region(1), named(1, "jörg"), named(2, "jÖrg"), named(3, "ſam"), named(4, "sam")])
        .await;
    refused(store, Batch::of(named(5, "JöRG")), Taken, "user name").await;
}
