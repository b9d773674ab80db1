//! Which devices were chosen: some by their ids, or all that pass the filter of a list.

use std::collections::BTreeSet;

use http::StatusCode;
use ipp_core::{
    app::admin::{device_bulk::Selection, user_bulk::UserSelection},
    id::{DeviceId, UserId},
};

use crate::{
    admin::endpoint::parse,
    console::{Visit, fields::Fields, messages::ENGLISH, pages::devices::Asked},
    problem::Problem,
    route::ConsoleOperation::{
        self, AskApprove, AskCheckStatus, AskConfiguration, AskDelete, AskFirmware, AskGenerate, AskMessage,
        AskMove, AskRestart,
    },
};

/// The devices, and how a form names them again.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) selection: Selection,
    pub(super) hidden: Vec<(&'static str, String)>,
    /// Where they were chosen, below the console.
    back: String,
}

/// Something that can be done, as a link or a button.
#[derive(Debug)]
pub(in crate::console::pages) struct Offer {
    pub(in crate::console::pages) title: &'static str,
    pub(in crate::console::pages) href: String,
    pub(in crate::console::pages) destroys: bool,
}

/// What whoever asks may do to devices.
pub(in crate::console::pages) fn offers(visit: &Visit) -> Vec<Offer> {
    let t = &ENGLISH.actions;
    let offer = |operation: ConsoleOperation, title| Offer {
        title,
        href: visit.surface.mount.below(operation.route().paths[0]),
        destroys: operation == AskDelete,
    };
    [
        (AskCheckStatus, t.check),
        (AskRestart, t.restart),
        (AskConfiguration, t.configuration),
        (AskFirmware, t.firmware),
        (AskMessage, t.message),
        (AskGenerate, t.generate),
        (AskApprove, t.approve),
        (AskMove, t.relocate),
        (AskDelete, t.delete),
    ]
    .into_iter()
    .filter(|(operation, _)| visit.may(*operation))
    .map(|(operation, title)| offer(operation, title))
    .collect()
}

/// What whoever asks may have the devices of users do.
pub(in crate::console::pages) fn offers_of_users(visit: &Visit) -> Vec<Offer> {
    let t = &ENGLISH.actions;
    let of_devices = [t.restart, t.configuration, t.message, t.generate];
    offers(visit).into_iter().filter(|offer| of_devices.contains(&offer.title)).collect()
}

impl Choice {
    /// Reads it from a form or an address. A filter counts before what was ticked. Users stand for their
    /// devices.
    pub(super) async fn read(visit: &Visit, asked: &Fields) -> Result<Self, Problem> {
        if asked.has("filter") {
            let text = asked.text("filter").to_owned();
            let visible = visit.person()?.caller.visible();
            let filter = Asked::of(&text)?.filter(visit, &visible)?;
            let back = if text.is_empty() { "devices".to_owned() } else { format!("devices?{text}") };
            let (selection, hidden) = (Selection::Filter(Box::new(filter)), vec![("filter", text)]);
            return Ok(Self { selection, hidden, back });
        }
        if let Some(UserChoice { selection, hidden, back }) = UserChoice::read(asked)? {
            let devices = visit.admin()?.devices_of_users(&selection).await?;
            return Ok(Self { selection: Selection::Ids(devices), hidden, back });
        }
        let ids = asked.all("id").map(|id| parse(id, "/id")).collect::<Result<BTreeSet<DeviceId>, _>>()?;
        if ids.is_empty() {
            let text = "No device was chosen. Go back and tick at least one.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text));
        }
        let hidden = ids.iter().map(|id| ("id", id.to_string())).collect();
        let selection = Selection::Ids(ids.into_iter().collect());
        let mut choice = Self { selection, hidden, back: "devices".to_owned() };
        if let Some(id) = choice.only() {
            choice.back = format!("devices/{id}");
        }
        Ok(choice)
    }

    /// The device, where it is one alone.
    pub(super) fn only(&self) -> Option<DeviceId> {
        match &self.selection {
            Selection::Ids(ids) => <[DeviceId; 1]>::try_from(&ids[..]).ok().map(|[id]| id),
            Selection::Filter(_) => None,
        }
    }

    /// Where the devices were chosen.
    pub(super) fn back(&self, base: &str) -> String {
        format!("{base}/{}", self.back)
    }
}

/// Which users were chosen, and how a form names them again.
#[derive(Debug)]
pub(in crate::console::pages) struct UserChoice {
    pub(in crate::console::pages) selection: UserSelection,
    pub(in crate::console::pages) hidden: Vec<(&'static str, String)>,
    pub(in crate::console::pages) back: String,
}

impl UserChoice {
    /// Reads it from a form or an address; none where neither names users.
    pub(in crate::console::pages) fn read(asked: &Fields) -> Result<Option<Self>, Problem> {
        if asked.has("user_filter") {
            let text = asked.text("user_filter").to_owned();
            let filter = crate::console::pages::users::Asked::of(&text)?.filter()?;
            let back = if text.is_empty() { "users".to_owned() } else { format!("users?{text}") };
            let (selection, hidden) = (UserSelection::Filter(filter), vec![("user_filter", text)]);
            return Ok(Some(Self { selection, hidden, back }));
        }
        let ids = asked.all("user").map(|id| parse(id, "/user")).collect::<Result<BTreeSet<UserId>, _>>()?;
        if ids.is_empty() {
            return Ok(None);
        }
        let hidden = ids.iter().map(|id| ("user", id.to_string())).collect();
        let selection = UserSelection::Ids(ids.into_iter().collect());
        Ok(Some(Self { selection, hidden, back: "users".to_owned() }))
    }
}
