//! The file that a device gets, with secrets masked unless somebody reveals them, which is noted.

use askama::Template;
use ipp_core::{app::admin::device_files::DeviceFile, id::DeviceId, store::DeviceRecord};

use crate::{
    console::{
        Reply, Visit,
        frame::{Frame, Link},
        messages::fill,
        visit::page,
    },
    problem::Problem,
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/device_file.html")]
struct FilePage {
    f: Frame,
    views: Vec<View>,
    lines: Vec<String>,
    by_hand: bool,
    revealed: bool,
    reveals: bool,
}

/// One of the ways to look at the file.
#[derive(Debug)]
pub(super) struct View {
    pub(super) link: Link,
    pub(super) current: bool,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let id: DeviceId = visit.id_before(1)?;
    let admin = visit.admin()?;
    let record = admin.device(id).await?;
    // A device without a file has a page that says so.
    let published = record.pin.is_some() || record.stand_in.is_some();
    let text = if published { admin.device_file(id).await?.text } else { String::new() };
    Ok(page(&made(&visit, &record, &text, false)))
}

/// The same with its secrets.
pub(crate) async fn reveal(visit: Visit) -> Reply {
    let id: DeviceId = visit.id_before(1)?;
    let DeviceFile { record, text } = visit.admin()?.reveal_device_file(id).await.map_err(Problem::from)?;
    Ok(page(&made(&visit, &record, &text, true)))
}

fn made(visit: &Visit, record: &DeviceRecord, text: &str, revealed: bool) -> FilePage {
    let f = frame(visit, record);
    FilePage {
        views: views(&f, record, "file"),
        lines: text.lines().map(str::to_owned).collect(),
        by_hand: record.stand_in.is_some(),
        revealed,
        reveals: visit.may(ConsoleOperation::RevealFileByForm),
        f,
    }
}

/// What surrounds the pages about the file of a device.
pub(super) fn frame(visit: &Visit, record: &DeviceRecord) -> Frame {
    let (t, mac) = (visit.frame("").t, record.device.value.mac.to_string());
    let list = visit.surface.mount.below("/ipp/devices");
    let device = format!("{list}/{}", record.device.value.id);
    visit.frame(fill(t.files.title, &[&mac])).below(t.devices_status, list).below(&mac, device)
}

/// The ways to look at it.
pub(super) fn views(f: &Frame, record: &DeviceRecord, current: &str) -> Vec<View> {
    let t = &f.t.files;
    [("file", t.published), ("explain", t.explained), ("history", t.history)]
        .into_iter()
        .map(|(path, title)| {
            let href = format!("{}/devices/{}/{path}", f.base, record.device.value.id);
            View { link: Link { title: title.to_owned(), href }, current: path == current }
        })
        .collect()
}
