//! What is asked after a device was added: whether its file is to be generated, and then whether the phone is to
//! take it (USR-15 to USR-17).

use askama::Template;
use ipp_core::{
    app::admin::device_bulk::{BulkResult, Selection},
    id::DeviceId,
};

use crate::{
    console::{Reply, Visit, frame::Frame, messages::fill, visit::page},
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/prompt.html")]
struct PromptPage {
    f: Frame,
    question: &'static str,
    about: String,
    /// Where *Yes* goes, with what it sends.
    yes: String,
    hidden: Vec<(&'static str, String)>,
    no: String,
    wrong: Option<String>,
}

/// Asks for the file.
pub(crate) async fn show(visit: Visit) -> Reply {
    let id: DeviceId = visit.id_before(1)?;
    let record = visit.admin()?.device(id).await?;
    let f = frame(&visit);
    let about = fill(f.t.people.prompt_generate_about, &[&record.device.value.mac]);
    let (question, yes) = (f.t.people.prompt_generate, f.path.clone());
    Ok(page(&PromptPage { question, about, yes, hidden: Vec::new(), no: no(&f), wrong: None, f }))
}

/// Generates it, and asks whether the phone is to take it.
pub(crate) async fn generate(visit: Visit) -> Reply {
    let id: DeviceId = visit.id_before(1)?;
    let made = visit.admin()?.generate_devices(&Selection::Ids(vec![id])).await?;
    let result = made.items.into_iter().next().map(|item| item.result).ok_or_else(Problem::not_found)?;
    let wrong = match result {
        // A region may publish by itself, and a phone that never reported has its file made when it does.
        BulkResult::Done | BulkResult::Skipped(_) => None,
        BulkResult::Failed(reason) => Some(reason),
        BulkResult::NotDone(cause) => {
            tracing::error!(cause, "a file could not be generated");
            Some(visit.frame("").t.actions.not_done.to_owned())
        }
    };
    let f = frame(&visit);
    let (question, about) = (f.t.people.prompt_update, f.t.people.prompt_update_about.to_owned());
    let yes = visit.surface.mount.below(ConsoleOperation::UpdateConfigurationByForm.route().paths[0]);
    let hidden = vec![("id", id.to_string()), ("confirmed", "yes".to_owned())];
    Ok(page(&PromptPage { question, about, yes, hidden, no: no(&f), wrong, f }))
}

fn frame(visit: &Visit) -> Frame {
    let t = visit.frame("").t;
    visit.frame(t.people.prompt_title).below(t.manage_users, visit.surface.mount.below("/ipp/users"))
}

fn no(f: &Frame) -> String {
    format!("{}/users", f.base)
}
