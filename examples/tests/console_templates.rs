//! Templates in the console.

mod common;

use common::{World, browser::Browser};
use ipp_core::template::Template;
use serde_json::json;

fn hidden(page: &str, name: &str) -> String {
    let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    value.split('"').next().unwrap_or_default().to_owned()
}

/// The built-in template of a model.
fn built_in(world: &World, model: &str) -> Template {
    let snapshot = world.app().snapshot();
    let found =
        snapshot.catalog.templates().find(|template| template.builtin && template.model.as_str() == model);
    found.cloned().unwrap_or_else(|| unreachable!("a fresh installation has one for {model}"))
}

/// TPL-12, TPL-17, TPL-19 to TPL-26, TPL-36 to TPL-41: templates are listed with their marks, edited with what is
/// wrong in its line, uploaded byte for byte, and restored; nothing takes effect before it is generated.
#[tokio::test]
async fn tpl_24_a_template_is_edited_and_restored() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let list = browser.read("/ipp/templates").await;
    assert!(list.contains("<h1>IP Phones Configuration Templates</h1>"), "TPL-19");
    assert_eq!(list.matches("<tr data-row>").count(), 7, "TPL-17");
    assert!(!list.contains("mark edited"));
    assert_eq!(browser.read("/ipp/templates?model=405").await.matches("<tr data-row>").count(), 1, "TPL-16");

    let template = built_in(&world, "430HD");
    let page = format!("/ipp/templates/{}", template.id);
    let shown = browser.read(&page).await;
    assert!(
        shown.contains("&#60;ipphonetamplate")
            && shown.contains(&format!("/api/v1/templates/{}/document", template.id))
    );
    assert!(!shown.contains("/restore\""), "TPL-37");
    let revision = hidden(&shown, "revision");
    let text = String::from_utf8_lossy(template.document.bytes()).into_owned();
    let broken = text.replace("</ipphonetamplate>", "");
    let fields = [("revision", &*revision), ("document", &*broken.replace('\n', "\r\n"))];
    let refused = browser.upload(&page, &fields, "").await;
    assert!(refused.status == 422 && refused.text().contains("line "), "TPL-28: {}", refused.text());
    let edited = text.replace("random_provisioning_time=120", "random_provisioning_time=121");
    let fields = [("revision", &*revision), ("document", &*edited.replace('\n', "\r\n"))];
    let saved = browser.upload(&page, &fields, "").await;
    assert_eq!(saved.header("location"), Some(&*format!("{page}?done=saved")), "{}", saved.text());
    let document = root.get(&format!("/templates/{}/document", template.id)).await;
    assert_eq!(document.text(), edited, "line ends are as they were");
    let late = browser.upload(&page, &fields, "").await;
    assert!(
        late.status == 412 && late.text().contains("What somebody else has saved meanwhile"),
        "{}",
        late.text()
    );

    let shown = browser.read(&page).await;
    assert!(shown.contains("Out of date"), "TPL-41: {shown}");
    assert!(browser.read("/ipp/templates").await.contains("mark edited"), "TPL-26");
    let asked = browser.read(&format!("/ipp/templates/generate?template={}", template.id)).await;
    assert!(asked.contains("Do you want to generate the global files of"), "TPL-42");
    let generated =
        browser.submit("/ipp/templates/generate", &[("template", &*template.id.to_string())]).await;
    assert_eq!(generated.header("location"), Some("/ipp/templates"), "{}", generated.text());
    assert!(!browser.read(&page).await.contains("Out of date"), "TPL-43");

    let uploaded = edited.replace("random_provisioning_time=121", "random_provisioning_time=122");
    let fields = [("revision", &*hidden(&browser.read(&page).await, "revision")), ("document", "ignored")];
    assert_eq!(browser.upload(&page, &fields, &uploaded).await.status, 303, "TPL-40");
    let restore = format!("{page}/restore");
    let asked = browser.read(&restore).await;
    let restored = browser.submit(&restore, &[("revision", &*hidden(&asked, "revision"))]).await;
    assert_eq!(restored.header("location"), Some(&*format!("{page}?done=restored")), "{}", restored.text());
    assert_eq!(root.get(&format!("/templates/{}/document", template.id)).await.text(), text, "TPL-36");
    world.stop().await;
}

/// TPL-03 to TPL-08, TPL-14, TPL-45: a template is made of a file, cloned for a region as its default, renamed
/// and deleted; built-in ones stay, and monitoring only looks.
#[tokio::test]
async fn tpl_03_templates_are_added_cloned_and_deleted() {
    let world = World::administered().await;
    let root = world.root().await;
    let mut browser = Browser::of(&world, &root);
    let region = world.region("Berlin", |_| {}).await.id.to_string();
    let source = built_in(&world, "430HD");
    let text = String::from_utf8_lossy(source.document.bytes()).into_owned();
    let none = browser.upload("/ipp/templates/new", &[("name", "Mine")], "").await;
    assert!(
        none.status == 422
            && none.text().contains("Choose a file first.")
            && none.text().contains("value=\"Mine\"")
    );
    let taken = browser.upload("/ipp/templates/new", &[("name", source.name.as_str())], &text).await;
    assert!(taken.status == 409 && taken.text().contains("id=\"wrong\""), "TPL-04: {}", taken.text());
    let fields = [("name", "Lobby 430HD"), ("description", "Quiet phones"), ("region", &*region)];
    let added = browser.upload("/ipp/templates/new", &fields, &text).await;
    let page = added.header("location").unwrap_or_default().to_owned();
    assert!(browser.read(&page).await.contains("Quiet phones"), "{}", added.text());

    let copy = [("name", "Berlin 430HD"), ("region", &*region), ("model", "430HD"), ("default", "yes")];
    let cloned = browser.submit(&format!("{page}/clone"), &copy).await;
    let copy = cloned.header("location").unwrap_or_default().to_owned();
    assert!(
        browser.read(&copy).await.contains("The default of its region and type"),
        "TPL-08: {}",
        cloned.text()
    );
    let details = browser.read(&format!("{copy}/details")).await;
    let renamed =
        [("revision", &*hidden(&details, "revision")), ("name", "Berlin desks"), ("description", "")];
    assert_eq!(browser.submit(&format!("{copy}/details"), &renamed).await.status, 303);
    assert!(browser.read("/ipp/templates").await.contains("Berlin desks"));

    assert_eq!(
        browser.submit(&format!("{page}/delete"), &[]).await.header("location"),
        Some("/ipp/templates")
    );
    let kept = browser.submit(&format!("/ipp/templates/{}/delete", source.id), &[]).await;
    assert!(kept.status == 409 && kept.text().contains("built-in"), "TPL-45: {}", kept.text());

    let monitor = root.account("mona", "monitoring", json!("all")).await;
    let mut monitor = Browser::of(&world, &monitor);
    let page = format!("/ipp/templates/{}", source.id);
    let looked = monitor.open(&page).await;
    if looked.status == 200 {
        assert!(looked.text().contains("readonly") && !looked.text().contains("/clone"), "{}", looked.text());
    }
    assert_eq!(monitor.open(&format!("{page}/clone")).await.status, 403);
    world.stop().await;
}
