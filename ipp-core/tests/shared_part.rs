//! What phones get of a template without being known to it: the global file and the first contact,
//! published apart from the private files; and that no secret is in them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::sync::Arc;

use common::{
    Handset, World, block_on, mac,
    scene::{MODEL, Scene, enrol},
    template_xml, value,
};
use ipp_core::{
    app::shared::SharedPart,
    catalog::SharedScope,
    store::{Batch, CatalogChange, DeviceFilter, Store},
    template::{Template, TemplateDocument},
};

/// AMB-05, TPL-32: a change of the global part reaches phones when the templates are published, and
/// without touching any private file; C9.
#[test]
fn amb_05_a_global_change_reaches_phones_by_publishing_the_template_alone() {
    let scene = Scene::new();
    let private = scene.phone.file(&scene.world).unwrap().etag;
    scene.world.set(SharedScope::Region(scene.region.id), "Shared", Some("2"));
    assert_eq!(scene.global(), "global=1\n");
    scene.generate();
    assert_eq!(scene.global(), "global=1\n", "publishing phones leaves the global file alone");
    let pins = block_on(scene.world.store.pins(scene.id)).unwrap().len();

    scene.world.publish_templates(&[scene.template.id]);

    assert_eq!(scene.global(), "global=2\n");
    assert_eq!(block_on(scene.world.store.pins(scene.id)).unwrap().len(), pins);
    assert_eq!(scene.phone.file(&scene.world).unwrap().etag, private);
}

/// A phone always gets the global file that its own file includes: by the name that was published,
/// also while an edit that renames it waits, and after its template is gone.
#[test]
fn tpl_34_the_file_that_is_included_is_served() {
    let scene = Scene::new();
    let named = |name: &str| {
        block_on(scene.world.app.named_file(name, scene.phone.request()))
            .unwrap()
            .map(|file| scene.world.text(&file))
    };
    let renamed = template_xml(MODEL, "T", "global=renamed\n", "a=1").replace("T_global", "U_global");
    let document = TemplateDocument::parse(renamed.as_bytes()).unwrap();
    scene.world.put_template(Template {
        document: Arc::new(document),
        ..scene.world.app.snapshot().catalog.template(scene.template.id).unwrap().clone()
    });
    assert_eq!(named("T_global.cfg").as_deref(), Some("global=1\n"));
    assert_eq!(named("U_global.cfg"), None);

    scene.world.publish_templates(&[scene.template.id]);
    assert_eq!(named("U_global.cfg").as_deref(), Some("global=renamed\n"));
    assert_eq!(
        named("T_global.cfg").as_deref(),
        Some("global=renamed\n"),
        "the phone's own file still includes it by the old name"
    );

    block_on(scene.world.store.commit(Batch::of(CatalogChange::DeleteTemplate(scene.template.id)))).unwrap();
    scene.world.refresh();
    assert_eq!(named("T_global.cfg").as_deref(), Some("global=1\n"), "published files keep their copy");
    assert_eq!(named("other.cfg"), None);
}

/// TPL-41, SBC-20: a region made after the templates were published gets what was published, on the
/// way that it takes to this server; its own values, and every edit of them, wait for the next
/// *Generate*.
#[test]
fn tpl_41_a_younger_region_gets_what_was_published_by_its_own_way() {
    let world = World::new();
    world.edit_settings(|settings| settings.phones.proxy = Some(proxy()));
    let cloud = world.region("Cloud", |region| {
        region.through_proxy = true;
        region.lines = vec!["cloud/free=1".parse().unwrap()];
    });
    let first_contact = || Handset::new(1).in_region("Cloud").text(&world).unwrap();
    let content = |text: &str| text.lines().filter(|line| !line.contains("/t/")).collect::<String>();
    let text = first_contact();
    for key in ["provisioning/configuration/url", "provisioning/firmware/url", "ems_server/provisioning/url"]
    {
        assert!(value(&text, key).unwrap().starts_with("https://sbc.example.com:8443/t/"), "{key}");
    }
    assert!(!text.contains("cloud/free=1\n") && text.contains("voip/signalling/sip/port=5060\n"), "{text}");

    world.set(SharedScope::Region(cloud.id), "VLANID", Some("77"));
    assert_eq!(content(&first_contact()), content(&text), "not generated yet");
    world.publish_templates(&[world.builtin(MODEL).id]);
    let text = first_contact();
    assert!(text.contains("cloud/free=1\n") && text.contains("=77\n"), "{text}");
}

/// A phone of a region that is younger than the global part gets the global file with the values
/// that its own file was published with, and keeps it until something is generated (TPL-41).
#[test]
fn tpl_41_a_phone_of_a_younger_region_has_a_global_file() {
    let world = World::new();
    world.set(SharedScope::System, "Local", Some("everywhere"));
    let private = "url=http://%ITCS_ServerIP%/configfiles/";
    let xml = template_xml(MODEL, "T", "global=%ITCS_Local%\n", private);
    let document = Arc::new(TemplateDocument::parse(xml.as_bytes()).unwrap());
    let everywhere = Template { document, ..world.builtin(MODEL) };
    world.put_template(everywhere.clone());
    world.publish_templates(&[everywhere.id]);
    let young = world.region("R", |_| {});
    world.set(SharedScope::Region(young.id), "Local", Some("young"));
    let (phone, _) = enrol(&world, 1);
    let global = || {
        let file = block_on(world.app.named_file("T_global.cfg", phone.request())).unwrap();
        world.text(&file.unwrap())
    };
    assert_eq!(global(), "global=young\n");
    world.set(SharedScope::Region(young.id), "Local", Some("later"));
    assert_eq!(global(), "global=young\n", "not generated yet");
    block_on(world.admin().generate(DeviceFilter::all())).unwrap();
    assert_eq!(global(), "global=later\n");
}

/// The address of this server in first contacts is always the current one, without publishing
/// anything; files of known phones keep theirs until they are generated.
#[test]
fn a_first_contact_leads_to_the_current_address() {
    let scene = Scene::new();
    let private = scene.file();
    let stranger = || Handset::new(2).in_region("R").text(&scene.world).unwrap();
    assert!(!stranger().contains("moved.example.com"));
    scene.world.edit_settings(|settings| {
        settings.phones.server.fqdn = Some("moved.example.com".parse().unwrap());
    });
    let text = stranger();
    let url = text.lines().find(|line| line.starts_with("url=")).unwrap();
    assert!(url.starts_with("url=http://moved.example.com/t/"), "{text}");
    assert_eq!(text.matches("moved.example.com").count(), text.matches("://").count(), "{text}");
    assert_eq!(scene.file(), private);
}

/// TPL-43: whether publishing the shared part of a template would change something is known.
#[test]
fn tpl_43_a_template_tells_whether_its_shared_part_is_out_of_date() {
    let scene = Scene::new();
    let state = || block_on(scene.world.app.shared_part(scene.template.id)).unwrap();
    let publish = || scene.world.publish_templates(&[scene.template.id]);
    assert_eq!(state(), SharedPart::Current);
    let edits: [&dyn Fn(); 3] = [
        &|| scene.world.set(SharedScope::Region(scene.region.id), "Shared", Some("2")),
        &|| scene.rewrite("global=1\n", "url=http://%ITCS_ServerIP%/configfiles/\nb=2"),
        &|| {
            scene.world.edit_settings(|settings| {
                settings.phones.server.fqdn = Some("m.example.com".parse().unwrap());
            });
        },
    ];
    for (at, edit) in edits.iter().enumerate() {
        edit();
        assert_eq!(state(), SharedPart::OutOfDate, "edit {at}");
        publish();
        assert_eq!(state(), SharedPart::Current, "edit {at}");
    }
    let mut template = scene.world.app.snapshot().catalog.template(scene.template.id).unwrap().clone();
    template.defaults.insert("Shared".parse().unwrap(), "shadowed".parse().unwrap());
    scene.world.put_template(template);
    assert_eq!(state(), SharedPart::Current, "a default that is shadowed changes nothing");
    let xml = template_xml(MODEL, "Other", "x=1\n", "a=1");
    let other = scene.world.import(&xml, Some(&scene.region), false);
    assert_eq!(block_on(scene.world.app.shared_part(other.id)).unwrap(), SharedPart::Unpublished);
}

/// TPL-28, C9: a template whose global part belongs to one phone, or whose shared part cannot be
/// made, is refused as a whole, and the former default stays.
#[test]
fn c9_an_import_that_cannot_be_published_changes_nothing() {
    let scene = Scene::new();
    let before = scene.world.app.snapshot().catalog.revision;
    for (global, private, default) in [
        ("x=%ITCS_mac%", "a=1", false),
        ("x=%ITCS_LDAPPassword%", "a=1", true),
        ("x=%ITCS_NoSuch%", "a=1", true),
        ("x=1", "a=%ITCS_NoSuch%", true),
    ] {
        let new = ipp_core::app::admin::templates::NewTemplate {
            name: None,
            region: Some(scene.region.id),
            default,
            content: template_xml(MODEL, "Bad", global, private).into_bytes(),
        };
        let error = block_on(scene.world.admin().import_template(new)).unwrap_err().to_string();
        assert!(error.contains("line "), "{global} {private}: {error}");
        assert_eq!(scene.world.app.snapshot().catalog.revision, before, "{global} {private}");
    }
}

/// No secret in the global part, in a first contact, or in any option 160 file; in the private file
/// of the right phone alone.
#[test]
fn canary_secrets_stand_in_the_private_file_alone() {
    let world = World::new();
    let region = world.region("R", |_| {});
    world.system_user(&region);
    let user = world.user("2001", &region, Some("canary-sip"));
    world.set(SharedScope::System, "IPPhonePassword", Some("canary-web-system"));
    world.set(SharedScope::Region(region.id), "IPPhonePassword", Some("canary-web-region"));
    world.set(SharedScope::Model(MODEL.parse().unwrap()), "LDAPPassword", Some("canary-ldap"));
    world.device(mac(1), MODEL, &user);
    world.publish_templates(&[world.builtin(MODEL).id]);
    let mut phone = Handset::new(1).in_region("R");
    let first = phone.boot(&world);
    phone.started(&world);
    let private = phone.boot(&world);
    let own_rest = value(&private, "ems_server/user_password").unwrap().to_owned();
    let secrets = [
        "canary-sip",
        "canary-web-region",
        "canary-ldap",
        &own_rest,
        &phone.token.as_ref().unwrap().to_text(),
    ];

    for secret in &secrets {
        assert!(private.contains(secret), "{secret}");
    }
    assert!(!private.contains("canary-web-system"), "hidden by the region's");
    let name = "Audiocodes_430HD_global_GENERIC.cfg";
    let global = block_on(world.app.named_file(name, phone.request())).unwrap().unwrap();
    let stranger = Handset::new(2).in_region("R").text(&world).unwrap();
    block_on(world.app.initialise_provisioning()).unwrap();
    let option160 = block_on(
        world.app.option160_file(ipp_core::render::option160::Route::Direct, Handset::new(3).request()),
    );
    for (what, text) in [
        ("global", world.text(&global)),
        ("first contact", first.replace(&phone.token.as_ref().unwrap().to_text(), "")),
        ("stranger", stranger),
        ("option 160", world.text(&option160.unwrap().unwrap())),
    ] {
        for secret in secrets.iter().chain(&["canary-web-system"]) {
            assert!(!text.contains(secret), "{secret} in {what}");
        }
    }
    // Nor in the pinned parts, which are stored in the clear.
    let pin = world.record(world.by_mac(mac(1)).unwrap().device.value.id).pin.unwrap().pin;
    let parts = block_on(world.store.generation(pin.generation)).unwrap().unwrap();
    let stored: String =
        parts.iter().map(|part| String::from_utf8_lossy(&part.content).into_owned()).collect();
    assert!(!stored.contains("canary") && !format!("{pin:?}").contains("canary"));
}

fn proxy() -> ipp_core::settings::SbcProxy {
    ipp_core::settings::SbcProxy {
        host: "sbc.example.com".parse().unwrap(),
        port: 8443,
        scheme: ipp_core::settings::Scheme::Https,
        command_port: 8444,
    }
}

/// A secret that a template itself gives a value is as little for strangers as any other.
#[test]
fn a_templates_own_default_of_a_secret_is_not_in_a_first_contact() {
    let scene = Scene::of("", "web=%ITCS_IPPhonePassword%\nb=1");
    let mut template = scene.world.app.snapshot().catalog.template(scene.template.id).unwrap().clone();
    template.defaults.insert("IPPhonePassword".parse().unwrap(), "canary-default".parse().unwrap());
    scene.world.put_template(template);
    scene.world.publish_templates(&[scene.template.id]);
    let text = Handset::new(2).in_region("R").text(&scene.world).unwrap();
    assert!(text.contains("b=1\n") && !text.contains("web=") && !text.contains("canary"), "{text}");
}

/// In an open region a phone asks for a global file by name alone: two templates in use there may
/// not mean different files by one name.
#[test]
fn an_open_region_refuses_one_name_for_two_global_files() {
    let world = World::new();
    let region = world.region("Lab", |region| {
        region.identity = ipp_core::region::Identity::Open;
        region.networks = vec!["10.0.0.0/8".parse().unwrap()];
    });
    let import = |model: &str, name: &str, global: &str| {
        let xml = template_xml(model, "T", global, "a=1");
        let new = ipp_core::app::admin::templates::NewTemplate {
            name: Some(name.parse().unwrap()),
            region: Some(region.id),
            default: true,
            content: xml.into_bytes(),
        };
        block_on(world.admin().import_template(new)).map(|(template, _)| template.name.to_string())
    };
    import("430HD", "first", "global=1\n").unwrap();
    let refused = import("440HD", "second", "global=2\n").unwrap_err().to_string();
    assert!(
        refused.contains("`first`") && refused.contains("`second`") && refused.contains("Lab"),
        "{refused}"
    );
    import("440HD", "the same", "global=1\n").unwrap();
}
