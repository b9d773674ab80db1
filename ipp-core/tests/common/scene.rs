//! One phone whose file is published and current.

use std::sync::Arc;

use ipp_core::{
    app::publish::{GenerateReport, Stale},
    catalog::SharedScope,
    id::DeviceId,
    region::Region,
    store::DeviceFilter,
    template::{Template, TemplateDocument},
};

use super::{Handset, World, block_on, handset::agent, template_xml};

/// The model of these phones.
pub(crate) const MODEL: &str = "430HD";

/// An enrolled phone in a region with a template of its own, whose file is current.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) region: Region,
    pub(crate) template: Template,
    pub(crate) phone: Handset,
    pub(crate) id: DeviceId,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(
            "global=%ITCS_Shared%\n",
            "own=%ITCS_Foo%\nvlan=%ITCS_VLANID%\nzzz1_tenant_cfg=ENABLE\nzzz3_user_cfg=ENABLE",
        )
    }

    pub(crate) fn of(global: &str, private: &str) -> Self {
        let world = World::new();
        let region = world.region("R", |_| {});
        for name in ["Foo", "Shared"] {
            world.set(SharedScope::System, name, Some("1"));
        }
        let private = format!("url=http://%ITCS_ServerIP%/configfiles/\n{private}");
        let template = world.import(&template_xml(MODEL, "T", global, &private), Some(&region), true);
        let (phone, id) = enrol(&world, 1);
        Self { world, region, template, phone, id }
    }

    pub(crate) fn file(&self) -> String {
        self.phone.text(&self.world).unwrap()
    }

    pub(crate) fn global(&self) -> String {
        let file =
            block_on(self.world.app.named_file("T_global.cfg", self.phone.request())).unwrap().unwrap();
        self.world.text(&file)
    }

    pub(crate) fn generate(&self) -> GenerateReport {
        block_on(self.world.admin().generate(DeviceFilter::all())).unwrap()
    }

    pub(crate) fn stale(&self) -> Stale {
        block_on(self.world.app.stale()).unwrap()
    }

    /// Saves the template with other content, as its editor does.
    pub(crate) fn rewrite(&self, global: &str, private: &str) {
        let document = TemplateDocument::parse(template_xml(MODEL, "T", global, private).as_bytes()).unwrap();
        let template = self.world.app.snapshot().catalog.template(self.template.id).unwrap().clone();
        self.world.put_template(Template { document: Arc::new(document), ..template });
    }
}

pub(crate) fn enrol(world: &World, number: u32) -> (Handset, DeviceId) {
    enrol_as(world, number, MODEL, "R")
}

/// A phone of that model comes in by zero touch. A model of Lync ends in `_LYNC`.
pub(crate) fn enrol_as(world: &World, number: u32, model: &str, region: &str) -> (Handset, DeviceId) {
    let phone = Handset::new(number).in_region(region);
    let mut phone = match model.strip_suffix("_LYNC") {
        Some(hardware) => phone.lync(hardware),
        None => Handset { agent: agent(model, phone.mac), ..phone },
    };
    let id = world.let_in(&mut phone);
    // The template of these tests names its URL otherwise; the token is what counts.
    phone.region = None;
    (phone, id)
}
