//! Edits that are not saved, as a request names them.

use ipp_core::{
    app::{
        App,
        admin::{
            Admin,
            preview::{Choice, DeviceChanges, Proposal, ProposedEdit},
        },
    },
    id::{RegionId, TemplateId},
    region::Region,
    store::AnyStore,
    text::CfgValue,
    vault::SecretText,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    admin::{
        devices::{
            bulk::{SelectionDocument, selection},
            vlan::VlanDocument,
        },
        endpoint::{Member, parse, required},
        placeholders::Scope,
        regions::RegionEdit,
        settings::{SettingsEdit, ldap::LdapEdit},
        templates::update::TemplateUpdate,
    },
    problem::Problem,
};

/// An edit; its members are those of the request that would save it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PreviewEdit {
    /// The system settings.
    Settings(Box<SettingsEdit>),
    /// The company directory.
    Ldap(Box<LdapEdit>),
    /// A region.
    Region(Box<RegionProposal>),
    /// A template.
    Template(TemplateProposal),
    /// A placeholder of the system, a model or a region.
    Placeholder(PlaceholderProposal),
    /// A placeholder of devices.
    DevicePlaceholder(DevicePlaceholderProposal),
    /// Choices for devices.
    Devices(Box<DevicesProposal>),
}

/// An edit of a region.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionProposal {
    /// Its id.
    id: String,
    /// What is to be changed.
    changes: RegionEdit,
}

/// An edit of a template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateProposal {
    /// Its id.
    id: String,
    /// Another XML file.
    document: Option<String>,
    /// What else is to be changed.
    changes: Option<TemplateUpdate>,
}

/// An edit of a placeholder above the device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholderProposal {
    /// `system`, `model:<id>` or `region:<id>`.
    #[schema(value_type = String)]
    scope: Scope,
    /// Its name, without `%ITCS_` and `%`.
    name: String,
    /// The value; `null` lets the scope inherit again.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    value: Member<SecretText>,
}

/// An edit of a placeholder of devices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DevicePlaceholderProposal {
    /// Which devices.
    devices: SelectionDocument,
    /// Its name, without `%ITCS_` and `%`.
    name: String,
    /// The value; `null` lets the devices inherit again.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    value: Member<SecretText>,
}

/// An edit of devices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DevicesProposal {
    /// Which devices.
    devices: SelectionDocument,
    /// What is to be changed.
    changes: DeviceChangesProposal,
}

/// What is to be changed of devices; what is not named stays, and `null` takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceChangesProposal {
    /// The id of the region. The users of the devices, and all of their devices, move along.
    region: Option<String>,
    /// The model.
    model: Option<String>,
    /// The name that people see.
    display_name: Option<String>,
    /// The id of a template for these devices alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    template: Member<String>,
    /// The id of firmware for these devices alone.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    firmware: Member<String>,
    /// The language of the screen.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Member<String>,
    /// VLAN discovery.
    vlan: Option<VlanDocument>,
    /// Lines appended to the private file; for administrators.
    lines: Option<Vec<String>>,
}

impl PreviewEdit {
    /// Adds the edit to a proposal. The members of the edit are named by its kind.
    pub(super) async fn propose(
        &self,
        app: &App<AnyStore>,
        admin: &Admin<'_, AnyStore>,
        proposal: &mut Proposal,
    ) -> Result<(), Problem> {
        let kind = match self {
            Self::Settings(_) => "/settings",
            Self::Ldap(_) => "/ldap",
            Self::Region(_) => "/region",
            Self::Template(_) => "/template",
            Self::Placeholder(_) => "/placeholder",
            Self::DevicePlaceholder(_) => "/device_placeholder",
            Self::Devices(_) => "/devices",
        };
        let within = |problem: Problem| problem.below(kind);
        for edit in self.parsed(app, admin, proposal).map_err(within)? {
            admin.propose(proposal, edit).await.map_err(|error| Problem::from(error).below(kind))?;
        }
        Ok(())
    }

    /// What is proposed. A template may be edited in two ways at once.
    fn parsed(
        &self,
        app: &App<AnyStore>,
        admin: &Admin<'_, AnyStore>,
        proposal: &Proposal,
    ) -> Result<Vec<ProposedEdit>, Problem> {
        Ok(vec![match self {
            Self::Settings(edit) => {
                admin.settings()?;
                let mut settings = proposal.catalog().settings().clone();
                edit.apply(admin, &mut settings)?;
                ProposedEdit::Settings(Box::new(settings))
            }
            Self::Ldap(edit) => {
                admin.settings()?;
                let mut settings = proposal.catalog().settings().clone();
                edit.apply(admin, &mut settings.phones.ldap)?;
                ProposedEdit::Settings(Box::new(settings))
            }
            Self::Region(edit) => {
                let id: RegionId = parse(&edit.id, "/id")?;
                let saved = admin.region(id)?.value;
                let mut region =
                    proposal.catalog().region(id).map_or_else(|| Region::clone(&saved), Clone::clone);
                edit.changes.apply(&mut region).map_err(|problem| problem.below("/changes"))?;
                ProposedEdit::Region(Box::new(region))
            }
            Self::Template(edit) => {
                let id: TemplateId = parse(&edit.id, "/id")?;
                let document = edit.document.as_ref().map(|text| text.clone().into_bytes());
                let document = document.map(|content| ProposedEdit::TemplateDocument(id, content));
                let changes = edit.changes.as_ref().map(TemplateUpdate::parsed).transpose();
                let changes = changes.map_err(|problem| problem.below("/changes"))?;
                let changes = changes.map(|changes| ProposedEdit::Template(id, changes));
                return Ok(document.into_iter().chain(changes).collect());
            }
            Self::Placeholder(edit) => {
                let name = parse(&edit.name, "/name")?;
                ProposedEdit::Placeholder(edit.scope.get().clone(), name, value(&edit.value)?)
            }
            Self::DevicePlaceholder(edit) => {
                let devices = selected(app, admin, &edit.devices)?;
                ProposedEdit::DevicePlaceholder(devices, parse(&edit.name, "/name")?, value(&edit.value)?)
            }
            Self::Devices(edit) => {
                let changes = edit.changes.parsed().map_err(|problem| problem.below("/changes"))?;
                ProposedEdit::Devices(selected(app, admin, &edit.devices)?, changes)
            }
        }])
    }
}

impl DeviceChangesProposal {
    fn parsed(&self) -> Result<DeviceChanges, Problem> {
        let text = |member: &Option<String>| member.as_deref().map(str::to_owned);
        let lines = |lines: &Vec<String>| {
            let line = |(at, line): (usize, &String)| parse(line, &format!("/lines/{at}"));
            lines.iter().enumerate().map(line).collect::<Result<Vec<_>, _>>()
        };
        Ok(DeviceChanges {
            region: text(&self.region).map(|id| parse(&id, "/region")).transpose()?,
            model: text(&self.model).map(|id| parse(&id, "/model")).transpose()?,
            display_name: text(&self.display_name).map(|name| parse(&name, "/display_name")).transpose()?,
            template: choice(&self.template, "/template")?,
            firmware: choice(&self.firmware, "/firmware")?,
            language: choice(&self.language, "/language")?,
            vlan: self.vlan.as_ref().map(VlanDocument::parse).transpose()?,
            lines: self.lines.as_ref().map(lines).transpose()?,
        })
    }
}

fn choice<T: std::str::FromStr<Err: std::fmt::Display>>(
    member: &Member<String>,
    pointer: &str,
) -> Result<Choice<T>, Problem> {
    Ok(match member {
        Member::Kept => Choice::Keep,
        Member::Null => Choice::Clear,
        Member::Set(text) => Choice::Set(parse(text, pointer)?),
    })
}

/// A value, which may be a secret; it has to be said where it is to be none.
fn value(member: &Member<SecretText>) -> Result<Option<CfgValue>, Problem> {
    match member {
        Member::Kept => required(None, "/value"),
        Member::Null => Ok(None),
        Member::Set(text) => parse(text.as_str(), "/value").map(Some),
    }
}

fn selected(
    app: &App<AnyStore>,
    admin: &Admin<'_, AnyStore>,
    devices: &SelectionDocument,
) -> Result<ipp_core::app::admin::device_bulk::Selection, Problem> {
    let found = selection(app, admin, devices.ids.as_deref(), devices.filter.as_ref());
    found.map_err(|problem| problem.below("/devices"))
}
