//! Who plays in the demonstration: regions, users, phones and firmware.

use bytes::Bytes;
use ipp_core::{
    access::Caller,
    app::admin::{devices::NewDevice, users::NewUser},
    phone_model::{ModelId, PhoneKind},
    text::RegionName,
};
use ipp_http::Ipp;

use super::{DemoError, DemoOptions};
use crate::{
    fleet::{FleetOptions, ImageHeader, Model, Phone},
    server::import::{Import, import},
};

/// A region and its phones.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) region: RegionName,
    /// Index of the first phone.
    pub(super) first: u32,
    pub(super) phones: u32,
    pub(super) models: Vec<Model>,
    pub(super) lync: bool,
    /// Whether people sign in on phones that nobody has entered.
    pub(super) zero_touch: bool,
    pub(super) users_from: u64,
}

/// The version of the firmware that phones find.
const FIRMWARE: &str = "2.2.16.704";

/// Makes regions, users, devices and firmware; answers who is to boot.
pub(super) async fn prepare(ipp: &Ipp, options: &DemoOptions) -> Result<Vec<Scene>, DemoError> {
    let app = ipp.app();
    app.initialise_provisioning().await?;
    let third = (options.phones / 3).max(1);
    let entered = options.phones.saturating_sub(2 * third).max(1);
    let generic = Model::ALL.to_vec();
    let lync = vec![Model::P420Hd, Model::P430Hd, Model::P440Hd];
    let scene = |name: &str, first, phones, models: &Vec<Model>| -> Result<Scene, DemoError> {
        let region = name.parse().map_err(ipp_core::app::AppError::from)?;
        let users_from = 160_000 + u64::from(first);
        Ok(Scene { region, first, phones, models: models.clone(), lync: false, zero_touch: true, users_from })
    };
    let mut scenes = vec![
        Scene { zero_touch: false, ..scene("Berlin", 0, entered, &generic)? },
        scene("Hong Kong", entered, third, &generic)?,
        Scene { lync: true, ..scene("Zürich", entered + third, third, &lync)? },
    ];
    let admin = ipp.app().admin(Caller::host("demo"));
    for scene in &scenes {
        admin.create_region(scene.region.clone(), |_| {}).await?;
    }
    if let (Some(file), Some(berlin)) = (&options.template, scenes.first_mut()) {
        let (template, _) =
            import(ipp, &Import { file, region: berlin.region.as_str(), create_region: false, name: None })
                .await?;
        let model = Model::ALL.into_iter().find(|model| model.as_str() == template.model.hardware());
        berlin.models = model.into_iter().collect();
    }
    if let Some(berlin) = scenes.first() {
        enter(ipp, berlin).await?;
    }
    for model in Model::ALL {
        firmware(ipp, model).await?;
    }
    Ok(scenes)
}

/// Enters a user with a device for every phone of a scene, as a form or an import does.
async fn enter(ipp: &Ipp, scene: &Scene) -> Result<(), DemoError> {
    let (app, admin) = (ipp.app(), ipp.app().admin(Caller::host("demo")));
    let snapshot = app.snapshot();
    let region = snapshot.catalog.region_called(scene.region.as_str()).map(|region| region.id);
    let Some(region) = region else { return Ok(()) };
    // The same options as those of the fleet give the same addresses and models.
    let options =
        FleetOptions::new("http://localhost/", scene.phones).first(scene.first).models(&scene.models);
    for index in scene.first..scene.first + scene.phones {
        let phone = Phone::new(options.phone(index));
        let number = scene.users_from + u64::from(index);
        let user = NewUser {
            name: number.to_string().parse().map_err(ipp_core::app::AppError::from)?,
            display_name: format!("User {number}").parse().map_err(ipp_core::app::AppError::from)?,
            region,
            password: Some(format!("sip-{number}").into()),
        };
        let user = admin.create_user(user).await?;
        let unknown = |error: &dyn std::fmt::Display| ipp_core::app::AppError::invalid(error.to_string());
        let model =
            ModelId::new(phone.identity().model().as_str(), PhoneKind::Generic).map_err(|e| unknown(&e))?;
        let mac = phone.identity().mac().parse().map_err(|e| unknown(&e))?;
        admin
            .create_device(NewDevice { mac, model, user: user.id, display_name: user.display_name.clone() })
            .await?;
    }
    Ok(())
}

/// A firmware image for a model: a true header, and a body that only looks like one.
async fn firmware(ipp: &Ipp, model: Model) -> Result<(), DemoError> {
    let header = ImageHeader { model: model.as_str().to_owned(), version: FIRMWARE.to_owned() };
    let mut chunks = vec![Bytes::from(vec![0x5a; 64 * 1024]), Bytes::copy_from_slice(&header.to_bytes())];
    let name = format!("{}.img", model.as_str()).parse().map_err(ipp_core::app::AppError::from)?;
    let of = ModelId::new(model.as_str(), PhoneKind::Generic).ok();
    ipp.app().admin(Caller::host("demo")).put_firmware(name, of, async || chunks.pop()).await?;
    Ok(())
}
