//! What the catalogue keeps.

use super::{at, firmware_id, generation, model_id, placeholder, region_id, template_id};
use crate::{
    digest::ContentHash,
    firmware::{Firmware, FirmwareImage},
    phone_model::PhoneModel,
    region::{Identity, Region},
    store::{CatalogChange, Change},
    template::{BUILTIN, Published, Template, TemplateDocument},
    text::Label,
};
use std::{collections::BTreeMap, sync::Arc};

/// The change that puts a region with defaults.
pub fn put_region(number: u8) -> Change {
    CatalogChange::PutRegion(Box::new(region(number))).into()
}

/// A region with defaults.
pub fn region(number: u8) -> Region {
    Region::new(region_id(number), format!("Region {number}").parse().unwrap())
}

/// A region with everything; it refers to firmware 1.
pub fn full_region(number: u8) -> Region {
    Region {
        id: region_id(number),
        name: "Zürich; 東京 %26".parse().unwrap(),
        description: "what people note — \"quoted\"".parse().unwrap(),
        aliases: vec!["Old Name".parse().unwrap(), "Älter".parse().unwrap()],
        identity: Identity::Open,
        networks: vec!["10.1.0.0/16".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        through_proxy: true,
        zero_touch: false,
        publish_on_save: true,
        firmware: BTreeMap::from([(model_id(7), firmware_id(1)), (model_id(8), firmware_id(1))]),
        lines: vec!["a/b=1".parse().unwrap(), "c= ü ".parse().unwrap()],
    }
}

/// The change that puts a model.
pub fn put_model(number: u8) -> Change {
    CatalogChange::PutModel(model(number)).into()
}

/// A model.
pub fn model(number: u8) -> PhoneModel {
    PhoneModel { id: model_id(number), title: format!("Model {number}").parse().unwrap() }
}

/// The change that puts a firmware entry without model or image.
pub fn put_firmware(number: u8) -> Change {
    CatalogChange::PutFirmware(Box::new(firmware(number))).into()
}

/// A firmware entry without model or image.
pub fn firmware(number: u8) -> Firmware {
    Firmware {
        id: firmware_id(number),
        name: format!("Firmware{number}.img").parse().unwrap(),
        model: None,
        description: Label::EMPTY,
        version: Label::EMPTY,
        image: None,
    }
}

/// A firmware entry with everything; it refers to model 1.
pub fn full_firmware(number: u8) -> Firmware {
    Firmware {
        id: firmware_id(number),
        name: "430HD_2.2.8 rc-1.img".parse().unwrap(),
        model: Some(model_id(1)),
        description: "für Zürich".parse().unwrap(),
        version: "2.2.8.61".parse().unwrap(),
        image: Some(FirmwareImage {
            hash: ContentHash::of(b"image"),
            length: 20_000_000_000,
            uploaded_at: at(1_700_000_000_123),
        }),
    }
}

/// The change that puts a template of model 1.
pub fn put_template(number: u8) -> Change {
    CatalogChange::PutTemplate(Box::new(template(number))).into()
}

/// A template of model 1 for all regions, no default.
pub fn template(number: u8) -> Template {
    let document = document(number);
    Template {
        id: template_id(number),
        name: format!("Template {number}").parse().unwrap(),
        description: Label::EMPTY,
        model: model_id(1),
        region: None,
        builtin: false,
        default: false,
        original: document.bytes().into(),
        document: Arc::new(document),
        defaults: BTreeMap::new(),
        published: None,
    }
}

/// A template with everything; it refers to model 1 and region 1.
pub fn full_template(number: u8) -> Template {
    Template {
        id: template_id(number),
        name: "Schablone ☎".parse().unwrap(),
        description: "noted".parse().unwrap(),
        model: model_id(1),
        region: Some(region_id(1)),
        builtin: true,
        default: true,
        document: Arc::new(document(1)),
        original: document(2).bytes().into(),
        defaults: BTreeMap::from([
            (placeholder("Empty"), "".parse().unwrap()),
            (placeholder("Full"), "(sn=%) ü".parse().unwrap()),
        ]),
        published: Some(Published { generation: generation(1).0, at: at(55) }),
    }
}

fn document(number: u8) -> TemplateDocument {
    TemplateDocument::parse(BUILTIN[usize::from(number) % BUILTIN.len()].xml.as_bytes()).unwrap()
}
