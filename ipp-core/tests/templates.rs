//! Templates of regions and models beside each other.

mod common;

use common::{
    Handset, World, block_on, mac,
    scene::{Scene, enrol_as},
    template_xml, value,
};
use ipp_core::template::{BUILTIN, TemplateDocument};

/// TPL-15, AMB-01: every combination of region and type has its default template, and its phones
/// alone follow that.
#[test]
fn tpl_15_every_region_and_type_has_its_own_template() {
    let world = World::new();
    let pairs: Vec<_> = ["North", "South"]
        .map(|name| world.region(name, |_| {}))
        .into_iter()
        .flat_map(|region| BUILTIN.map(|builtin| (region.clone(), builtin.key)))
        .collect();
    assert_eq!(pairs.len(), 14);
    let templates: Vec<_> = pairs
        .iter()
        .map(|(region, model)| {
            let name = format!("{}_{model}", region.name);
            let private = format!("url=http://%ITCS_ServerIP%/\nown={name}");
            world.import(&template_xml(model, &name, "", &private), Some(region), true)
        })
        .collect();

    for template in templates {
        let kept = world.app.snapshot().catalog.template(template.id).unwrap().clone();
        assert_eq!(kept, template, "no later one took anything from it");
    }
    for (number, (region, model)) in (1..).zip(&pairs) {
        let (phone, _) = enrol_as(&world, number, model, region.name.as_str());
        let expected = format!("{}_{model}", region.name);
        assert_eq!(value(&phone.text(&world).unwrap(), "own"), Some(&*expected));
    }
}

/// TPL-29, TPL-35: the upper section of a template is the global file and nothing else is; the lower one
/// is a file for each device, by its MAC address.
#[test]
fn tpl_29_each_section_is_a_file_of_its_own() {
    let scene = Scene::of("; upper\na/global=1\na/shared=%ITCS_Shared%\n", "; lower\na/mac=%ITCS_mac%");
    let (second, _) = enrol_as(&scene.world, 2, "430HD", "R");
    assert_eq!(scene.generate().failed, []);
    assert_eq!(scene.global(), "; upper\na/global=1\na/shared=1\n");
    for phone in [&scene.phone, &second] {
        let url = format!("url=http://10.0.0.30{}/configfiles/", phone.token.as_ref().unwrap().prefix());
        let expected = format!("include T_global.cfg\n{url}\n; lower\na/mac={}\n", phone.mac);
        assert_eq!(phone.text(&scene.world).unwrap(), expected);
        let other = Handset { mac: mac(3), ..phone.clone() };
        assert!(!other.text(&scene.world).unwrap().contains("include"), "and by no other address");
    }
}

/// TPL-31, AMB-04: a global parameter is in the global file of its template, one for all phones, and
/// the same in each template; the product's own have no address there, because an address carries
/// the token of one phone.
#[test]
fn tpl_31_global_parameters_are_the_same_for_all_phones() {
    let url = "ems_server/provisioning/url=%ITCS_HTTP_OR_S%://%ITCS_HTTP_PROXY_IP%:%ITCS_HTTP_PROXY_PORT%/\n";
    let scene = Scene::of(url, "a=1");
    let (other, _) = {
        let xml = template_xml("440HD", "Other", url, "url=http://%ITCS_ServerIP%/");
        scene.world.import(&xml, Some(&scene.region), true);
        enrol_as(&scene.world, 2, "440HD", "R")
    };
    let expected = "ems_server/provisioning/url=http://10.0.0.30:8080/\n";
    assert_eq!(scene.global(), expected);
    let file = block_on(scene.world.app.named_file("Other_global.cfg", other.request())).unwrap().unwrap();
    assert_eq!(scene.world.text(&file), expected);

    for builtin in BUILTIN {
        let document = TemplateDocument::parse(builtin.xml.as_bytes()).unwrap();
        assert!(!document.global().unwrap().data.contains("://"), "{}", builtin.key);
        assert!(document.private().data.contains("\nems_server/provisioning/url="), "{}", builtin.key);
    }
}
