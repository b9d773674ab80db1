//! The regions (REG-03, REG-13).

use askama::Template;
use ipp_core::region::{Identity, Region};

use crate::{
    console::{Reply, Visit, frame::Frame, messages::Messages, visit::page},
    route::ConsoleOperation,
};

#[derive(Template)]
#[template(path = "console/regions.html")]
struct RegionsPage {
    f: Frame,
    rows: Vec<Row>,
    edits: bool,
    from_host: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    description: String,
    identity: &'static str,
    networks: String,
    zero_touch: &'static str,
    through_proxy: &'static str,
}

pub(crate) async fn show(visit: Visit) -> Reply {
    let regions = visit.admin()?.regions()?;
    let f = visit.frame(visit.frame("").t.access.regions);
    let rows = regions.iter().map(|region| row(f.t, &region.value)).collect();
    let from_host = visit.app().ports().host.regions.is_some();
    Ok(page(&RegionsPage { rows, edits: visit.may(ConsoleOperation::EditRegion), from_host, f }))
}

fn row(t: &Messages, region: &Region) -> Row {
    let networks: Vec<String> = region.networks.iter().map(ToString::to_string).collect();
    let word = |yes| if yes { t.access.yes } else { t.access.no };
    Row {
        id: region.id.to_string(),
        name: region.name.to_string(),
        description: region.description.to_string(),
        identity: match region.identity {
            Identity::UrlToken => t.access.url_token,
            Identity::Open => t.access.open,
        },
        networks: if networks.is_empty() { t.access.private.to_owned() } else { networks.join(", ") },
        zero_touch: word(region.zero_touch),
        through_proxy: word(region.through_proxy),
    }
}
