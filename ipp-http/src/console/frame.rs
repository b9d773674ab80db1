//! What surrounds a page: navigation, search, scope, account.

use ipp_core::{access::Level, id::RegionId, time::Timestamp};

use super::{
    markup::{self, Html},
    messages::{ENGLISH, Messages, fill},
    preferences::Preferences,
    visit::Visit,
};
use crate::route::ConsoleOperation;

/// A text of the catalogue.
type Text = fn(&Messages) -> &'static str;

/// A group of the navigation tree, with the manual's name (UI-01).
struct Group {
    title: Text,
    /// Operation, name and icon.
    entries: &'static [(ConsoleOperation, Text, &'static str)],
}

/// The navigation tree. Each entry is an operation of the table of routes, so it leads somewhere.
const TREE: &[Group] = &[
    Group {
        title: |t| t.group_dashboard,
        entries: &[
            (ConsoleOperation::Dashboard, |t| t.dashboard, "dashboard"),
            (ConsoleOperation::DevicesStatus, |t| t.devices_status, "devices"),
            (ConsoleOperation::AlarmsPage, |t| t.alarms, "alarms"),
            (ConsoleOperation::JobsPage, |t| t.jobs.title, "jobs"),
        ],
    },
    Group {
        title: |t| t.group_users,
        entries: &[
            (ConsoleOperation::UsersPage, |t| t.manage_users, "users"),
            (ConsoleOperation::CsvPage, |t| t.csv.title, "upload"),
        ],
    },
    Group {
        title: |t| t.group_configuration,
        entries: &[(ConsoleOperation::TemplatesPage, |t| t.templates.nav, "templates")],
    },
    Group {
        title: |t| t.group_regions,
        entries: &[
            (ConsoleOperation::RegionsPage, |t| t.access.regions, "regions"),
            (ConsoleOperation::AdministratorsPage, |t| t.access.administrators, "account"),
        ],
    },
    Group {
        title: |t| t.group_diagnostics,
        entries: &[(ConsoleOperation::WebAdminLogPage, |t| t.logs.title, "logs")],
    },
];

const DESIGN: Group =
    Group { title: |t| t.group_design, entries: &[(ConsoleOperation::Design, |t| t.design, "design")] };

/// What every page needs.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(super) t: &'static Messages,
    /// Where the console is, without a slash at the end.
    pub(super) base: String,
    pub(super) title: String,
    pub(super) css: String,
    pub(super) js: String,
    icons: String,
    favicon: String,
    pub(super) view: Preferences,
    pub(super) person: Option<Person>,
    pub(super) tree: Vec<Branch>,
    pub(super) crumbs: Vec<Link>,
    pub(super) regions: Vec<Choice>,
    /// Where forms come back to.
    pub(super) here: String,
    /// Where this page is, without what stands behind the question mark.
    pub(super) path: String,
    /// What stands in the search field at the top.
    pub(super) sought: String,
    now: Timestamp,
}

/// Who is logged in.
#[derive(Debug)]
pub(crate) struct Person {
    pub(super) name: String,
    pub(super) level: &'static str,
}

/// A group as it is shown.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(super) title: &'static str,
    pub(super) leaves: Vec<Leaf>,
}

/// An entry as it is shown.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(super) title: &'static str,
    pub(super) icon: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

/// A link with its text.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) title: String,
    pub(super) href: String,
}

/// One of several values of a field.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) value: String,
    pub(super) title: String,
    pub(super) chosen: bool,
}

impl Frame {
    pub(super) fn of(visit: &Visit, title: String) -> Self {
        let t = ENGLISH;
        let assets = &visit.console.assets;
        let mount = &visit.surface.mount;
        let path = mount.below(visit.parts.uri.path());
        let mut frame = Self {
            t,
            base: mount.below("/ipp"),
            title,
            css: assets.css().to_owned(),
            js: assets.js().to_owned(),
            icons: assets.icons().to_owned(),
            favicon: assets.favicon().to_owned(),
            view: visit.preferences,
            person: None,
            tree: Vec::new(),
            crumbs: Vec::new(),
            regions: Vec::new(),
            here: visit.here(),
            path,
            sought: String::new(),
            now: visit.now(),
        };
        let Some(who) = visit.who.person() else { return frame };
        let level = match who.caller.level() {
            Level::SuperAdministrator => t.super_administrator,
            Level::Administrator => t.administrator,
            Level::Operator => t.operator,
            Level::Monitoring => t.monitoring,
        };
        frame.person = Some(Person { name: who.caller.name().to_owned(), level });
        if who.must_change_password {
            return frame;
        }
        let groups = TREE.iter().chain(visit.console.design_page.then_some(&DESIGN));
        frame.tree = groups
            .map(|group| Branch {
                title: (group.title)(t),
                leaves: group
                    .entries
                    .iter()
                    .filter(|(operation, ..)| visit.may(*operation))
                    .map(|(operation, title, icon)| Leaf {
                        title: title(t),
                        icon,
                        href: mount.below(operation.route().paths[0]),
                        current: visit.operation == Some(*operation),
                    })
                    .collect(),
            })
            .filter(|branch| !branch.leaves.is_empty())
            .collect();
        if let Some((branch, leaf)) = frame
            .tree
            .iter()
            .find_map(|branch| branch.leaves.iter().find(|leaf| leaf.current).map(|leaf| (branch, leaf)))
            && branch.title != leaf.title
        {
            frame.crumbs.push(Link { title: branch.title.to_owned(), href: String::new() });
        }
        frame
    }

    /// Offers the regions that may be seen, to look at one of them alone.
    pub(super) fn scoped(mut self, visit: &Visit, chosen: Option<RegionId>) -> Self {
        self.regions = regions(visit, chosen.as_slice());
        self
    }

    /// The page above this one.
    pub(super) fn below(mut self, title: &str, href: String) -> Self {
        self.crumbs.push(Link { title: title.to_owned(), href });
        self
    }

    pub(super) fn icon(&self, name: &str) -> Html {
        markup::icon(&self.icons, name)
    }

    pub(super) fn icons(&self) -> &str {
        &self.icons
    }

    pub(super) fn mark(&self, name: &str, text: &str) -> Html {
        markup::mark(&self.icons, name, text, "")
    }

    pub(super) fn sign(&self, name: &str, text: &str) -> Html {
        markup::sign(&self.icons, name, text)
    }

    pub(super) fn ago(&self, at: Timestamp) -> Html {
        markup::ago(self.t, self.now, at)
    }

    /// The picture in the tab of a browser.
    pub(super) fn icon_file(&self) -> &str {
        &self.favicon
    }

    /// Users and devices as CSV, by the API (DEV-25).
    pub(super) fn export(&self) -> String {
        let mount = self.base.strip_suffix("/ipp").unwrap_or_default();
        format!("{mount}/api/v1/csv/export")
    }

    pub(super) fn copy(&self, text: &str) -> String {
        fill(self.t.copy, &[&text])
    }

    pub(super) fn choose(&self, text: &str) -> String {
        fill(self.t.actions.choose_one, &[&text])
    }

    /// The server's time, by which scripts count.
    pub(super) fn now(&self) -> String {
        self.now.to_string()
    }

    /// How long ago something was, with `{n}` for the script to fill: seconds, minutes, hours, days.
    pub(super) fn ago_for_scripts(&self) -> [String; 4] {
        let t = self.t;
        [t.ago_seconds, t.ago_minutes, t.ago_hours, t.ago_days].map(|text| text.replace("{}", "{n}"))
    }
}

/// The regions that may be seen, as choices.
pub(super) fn regions(visit: &Visit, chosen: &[RegionId]) -> Vec<Choice> {
    let Some(who) = visit.who.person() else { return Vec::new() };
    let (visible, snapshot) = (who.caller.visible(), visit.app().snapshot());
    let mut regions: Vec<Choice> = snapshot
        .catalog
        .regions()
        .filter(|region| visible.contains(Some(region.id)))
        .map(|region| Choice {
            value: region.id.to_string(),
            title: region.name.to_string(),
            chosen: chosen.contains(&region.id),
        })
        .collect();
    regions.sort_by(|a, b| a.title.cmp(&b.title));
    regions
}
