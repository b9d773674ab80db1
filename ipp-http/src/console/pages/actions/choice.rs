//! Which devices were chosen: some by their ids, or all that pass the filter of a list.

use std::collections::BTreeSet;

use http::StatusCode;
use ipp_core::{app::admin::device_bulk::Selection, id::DeviceId};

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
    filter: Option<String>,
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

impl Choice {
    /// Reads it from a form or an address. A filter counts before what was ticked.
    pub(super) fn read(visit: &Visit, asked: &Fields) -> Result<Self, Problem> {
        if asked.has("filter") {
            let text = asked.text("filter").to_owned();
            let visible = visit.person()?.caller.visible();
            let filter = Asked::of(&text)?.filter(visit, &visible)?;
            return Ok(Self {
                selection: Selection::Filter(Box::new(filter)),
                hidden: vec![("filter", text.clone())],
                filter: Some(text),
            });
        }
        let ids = asked.all("id").map(|id| parse(id, "/id")).collect::<Result<BTreeSet<DeviceId>, _>>()?;
        if ids.is_empty() {
            let text = "No device was chosen. Go back and tick at least one.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text));
        }
        let hidden = ids.iter().map(|id| ("id", id.to_string())).collect();
        Ok(Self { selection: Selection::Ids(ids.into_iter().collect()), hidden, filter: None })
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
        match (&self.filter, self.only()) {
            (Some(filter), _) if !filter.is_empty() => format!("{base}/devices?{filter}"),
            (None, Some(id)) => format!("{base}/devices/{id}"),
            (Some(_), _) | (None, None) => format!("{base}/devices"),
        }
    }
}
