//! The first start, also one that is interrupted.

mod common;

use common::{Handset, World, block_on, reachable};
use ipp_core::{app::AppErrorKind, store::Store, template::BUILTIN};

/// Models and templates by name, and whether a template is published.
fn catalogue(world: &World) -> (Vec<String>, Vec<(String, bool)>) {
    world.refresh();
    let catalog = &world.app.snapshot().catalog;
    let models = catalog.models.keys().map(ToString::to_string).collect();
    let mut templates: Vec<_> = catalog
        .templates()
        .map(|template| (template.name.to_string(), template.published.is_some()))
        .collect();
    templates.sort();
    (models, templates)
}

/// TPL-17, TPL-18: a fresh installation has exactly seven templates, one for each model and kind of
/// software, and none for the 405 with Lync.
#[test]
fn tpl_17_a_fresh_installation_has_seven_templates() {
    let world = World::new();
    let catalog = &world.app.snapshot().catalog;
    let mut templates: Vec<_> = catalog
        .templates()
        .map(|template| (template.name.to_string(), template.model.to_string(), template.builtin))
        .collect();
    templates.sort();
    let expected = [
        ("AudioCodes 405", "405"),
        ("AudioCodes 420HD", "420HD"),
        ("AudioCodes 420HD Lync", "420HD_LYNC"),
        ("AudioCodes 430HD", "430HD"),
        ("AudioCodes 430HD Lync", "430HD_LYNC"),
        ("AudioCodes 440HD", "440HD"),
        ("AudioCodes 440HD Lync", "440HD_LYNC"),
    ];
    assert_eq!(templates, expected.map(|(name, model)| (name.to_owned(), model.to_owned(), true)));
}

/// Whichever write of a first start fails, the next start completes it: every template of the product
/// is there once and is published. A start after that changes nothing.
#[test]
fn a_start_completes_a_first_start_that_was_interrupted() {
    let complete = catalogue(&World::new());
    assert_eq!(complete.1.len(), BUILTIN.len());
    assert!(complete.1.iter().all(|(_, published)| *published));
    let mut interrupted = 0;
    loop {
        let world = World::bare();
        world.store.fail_after(interrupted);
        let first = block_on(world.app.set_up(&reachable()));
        if world.store.is_to_fail() {
            first.unwrap();
            break;
        }
        interrupted += 1;
        assert_eq!(first.unwrap_err().kind(), AppErrorKind::Busy);
        assert_ne!(catalogue(&world), complete, "write {interrupted} is needed");

        let next = world.open();
        block_on(next.set_up(&reachable())).unwrap();

        assert_eq!(catalogue(&world), complete, "write {interrupted}");
        world.region("R", |_| {});
        let first_contact = Handset::new(1).in_region("R").text(&world).unwrap();
        assert!(first_contact.contains("voip/signalling/sip/port=5060\n"), "{first_contact}");
        let revision = block_on(world.store.catalog(None)).unwrap().unwrap().revision;
        block_on(world.open().set_up(&reachable())).unwrap();
        assert_eq!(block_on(world.store.catalog(None)).unwrap().unwrap().revision, revision);
    }
    assert_eq!(interrupted, 2, "the catalogue, then its publication");
}
