//! The files that were published for a device and are kept, and the way back to one of them.

use askama::Template;
use ipp_core::{
    id::DeviceId,
    store::{DeviceRecord, PinRecord},
};

use super::device_file::{View, frame, views};
use crate::{
    console::{
        Reply, Visit, form::is_of_the_form, frame::Frame, markup::Html, messages::fill, redirect,
        visit::render,
    },
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/device_history.html")]
struct HistoryPage {
    f: Frame,
    views: Vec<View>,
    rows: Vec<Row>,
    reverts: bool,
    wrong: Option<String>,
}

#[derive(Debug)]
struct Row {
    number: u64,
    current: bool,
    at: Html,
    size: String,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let record = visit.admin()?.device(visit.id_before(1)?).await?;
    let page = made(&visit, &record).await?;
    Ok(render(&page, http::StatusCode::OK))
}

/// Goes back to a file, and shows what is published now.
pub(crate) async fn revert(mut visit: Visit) -> Reply {
    let asked = visit.fields().await?;
    let id: DeviceId = visit.id_before(1)?;
    let reverted = async { Ok(visit.admin()?.revert_device(id, asked.parse("number")?).await?) };
    match reverted.await {
        Ok(()) => Ok(redirect(&visit.surface.mount.below(&format!("/ipp/devices/{id}/history")))),
        Err(problem) if is_of_the_form(&problem) => {
            let record = visit.admin()?.device(id).await?;
            let wrong = Some(problem.detail().to_owned());
            Ok(render(&HistoryPage { wrong, ..made(&visit, &record).await? }, problem.status()))
        }
        Err(problem) => Err(problem),
    }
}

async fn made(visit: &Visit, record: &DeviceRecord) -> Result<HistoryPage, Problem> {
    let pins = visit.admin()?.device_pins(record.device.value.id).await?;
    let f = frame(visit, record);
    let row = |PinRecord { number, current, pin }: &PinRecord| Row {
        number: *number,
        current: *current,
        at: f.ago(pin.published_at),
        size: fill(f.t.bytes, &[&pin.length]),
    };
    let rows = pins.iter().map(row).collect();
    let reverts = visit.may(ConsoleOperation::RevertByForm);
    Ok(HistoryPage { views: views(&f, record, "history"), rows, reverts, wrong: None, f })
}
