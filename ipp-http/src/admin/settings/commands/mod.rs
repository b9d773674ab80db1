//! How phones take commands (API-07 to API-13).

pub(crate) mod get;
pub(crate) mod put;

use std::collections::BTreeMap;

use http::StatusCode;
use ipp_core::{
    app::{AppError, admin::Admin},
    outbound::{
        BodyMember, Certificates, CommandEntry, CommandFamily, CommandMethod, CommandName, CommandPath,
        CommandTable, Delivered, ElementForm, EntrySource, MemberText, PasswordForm, Pattern, ProxyTarget,
    },
    settings::{CommandSettings, Scheme},
    store::AnyStore,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{parse, parse_owned, required},
    problem::Problem,
};

/// How phones, and the SBC HTTP proxy in front of some, take commands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandsDocument {
    /// The version of the settings; an edit names it as If-Match.
    revision: u64,
    /// Whether the families are those that the product is delivered with; then they follow its updates.
    builtin: bool,
    /// The families of phones; the first that fits a phone counts, and the last is for all others.
    families: Vec<FamilyDocument>,
    /// How the proxy is told which phone a command is for.
    proxy_target: TargetDocument,
    /// Which certificates of the proxy are taken: `any`, or certificates in PEM form; nothing is sent to it
    /// while it is `null`.
    proxy_certificates: Option<String>,
}

/// How phones, and the SBC HTTP proxy in front of some, are to take commands: the whole of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandsEdit {
    /// The families of phones, the last of which is for all others; `null` for those that the product is
    /// delivered with.
    families: Option<Vec<FamilyDocument>>,
    /// How the proxy is told which phone a command is for.
    proxy_target: TargetDocument,
    /// Which certificates of the proxy are taken: `any`, or certificates in PEM form.
    proxy_certificates: Option<String>,
}

/// A family of phones that take commands alike.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FamilyDocument {
    /// Their hardware models; `*` stands for anything.
    #[schema(value_type = String)]
    models: Pattern,
    /// Their firmware versions; `*` stands for anything.
    #[schema(value_type = String)]
    firmware: Pattern,
    /// `call`, or `keep_alive` for phones that take commands only in the answers to their reports.
    #[schema(value_type = String)]
    delivered: Delivered,
    /// Over which scheme they are called: `http` or `https`.
    #[schema(value_type = String)]
    scheme: Scheme,
    /// On which port.
    port: u16,
    /// Which of their certificates are taken: `any`, or certificates in PEM form.
    certificates: String,
    /// How their password stands in a body: `digest` or `clear`.
    #[schema(value_type = String)]
    password: PasswordForm,
    /// How a command stands in the answer to a report: `object`, `text` or `body_text`.
    #[schema(value_type = String)]
    element: ElementForm,
    /// How they take each command: `check_status`, `restart_graceful`, `restart_force`, `restart_scheduled`,
    /// `update_configuration`, `update_firmware` and `send_message`; they do not take one that is not named.
    commands: BTreeMap<String, EntryDocument>,
}

/// How a family takes one command.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EntryDocument {
    /// `PUT` or `POST`.
    #[schema(value_type = String)]
    method: CommandMethod,
    /// The path, without query.
    #[schema(value_type = String)]
    path: CommandPath,
    /// The members of the JSON body, in their order.
    body: Vec<MemberDocument>,
    /// The statuses that mean that the phone has accepted it.
    expected: Vec<u16>,
    /// From where it is known: `documented`, `analogy` (try it on one phone first) or `site`.
    #[schema(value_type = String)]
    source: EntrySource,
}

/// A member of a body.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberDocument {
    /// Its name.
    name: String,
    /// Its text, in which `{session}`, `{user}`, `{password}` and `{mac}` are filled in, and what the command
    /// has: `{minutes}`, `{image}`, `{text}`, `{seconds}`. `{#minutes}` and `{#seconds}` alone are numbers.
    #[schema(value_type = String)]
    value: MemberText,
}

/// How the proxy is told which phone a command is for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TargetDocument {
    /// `absolute_form` (the whole address in the request line), `path_prefix` or `header`.
    by: String,
    /// The name of the header.
    #[serde(default)]
    header: Option<String>,
    /// The prefix of the path, or the value of the header; `{ip}` and `{mac}` are filled in.
    #[serde(default)]
    text: Option<String>,
}

impl CommandsDocument {
    fn of(admin: &Admin<'_, AnyStore>) -> Result<Self, AppError> {
        let row = admin.settings()?;
        let CommandSettings { table, proxy_target, proxy_certificates } = row.value.commands;
        Ok(Self {
            revision: row.revision.0,
            builtin: table.is_builtin(),
            families: table.families().iter().map(FamilyDocument::of).collect(),
            proxy_target: TargetDocument::of(&proxy_target),
            proxy_certificates: proxy_certificates.as_ref().map(shown),
        })
    }
}

impl CommandsEdit {
    fn parsed(&self) -> Result<CommandSettings, Problem> {
        let Self { families, proxy_target, proxy_certificates } = self;
        let table = match families {
            None => CommandTable::default(),
            Some(families) => {
                let families = families.iter().enumerate().map(|(at, family)| family.parsed(at));
                CommandTable::new(families.collect::<Result<_, _>>()?).map_err(|error| {
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.reason)
                        .at(format!("/families{}", error.place))
                })?
            }
        };
        let proxy_certificates = proxy_certificates.as_ref();
        let proxy_certificates =
            proxy_certificates.map(|text| certificates(text, "/proxy_certificates")).transpose()?;
        Ok(CommandSettings { table, proxy_target: proxy_target.parsed()?, proxy_certificates })
    }
}

impl FamilyDocument {
    fn of(family: &CommandFamily) -> Self {
        let CommandFamily {
            models,
            firmware,
            delivered,
            scheme,
            port,
            certificates,
            password,
            element,
            commands,
        } = family.clone();
        let certificates = shown(&certificates);
        let commands =
            commands.into_iter().map(|(name, entry)| (name.to_string(), EntryDocument::of(entry))).collect();
        Self { models, firmware, delivered, scheme, port, certificates, password, element, commands }
    }

    fn parsed(&self, at: usize) -> Result<CommandFamily, Problem> {
        let place = format!("/families/{at}/commands");
        let command = |(name, entry): (&String, &EntryDocument)| -> Result<(CommandName, _), Problem> {
            Ok((parse(name, &place)?, entry.parsed()))
        };
        Ok(CommandFamily {
            models: self.models.clone(),
            firmware: self.firmware.clone(),
            delivered: self.delivered,
            scheme: self.scheme,
            port: self.port,
            certificates: certificates(&self.certificates, &format!("/families/{at}/certificates"))?,
            password: self.password,
            element: self.element,
            commands: self.commands.iter().map(command).collect::<Result<_, _>>()?,
        })
    }
}

impl EntryDocument {
    fn of(entry: CommandEntry) -> Self {
        let CommandEntry { method, path, body, expected, source } = entry;
        let member = |BodyMember { name, value }| MemberDocument { name, value };
        Self { method, path, body: body.into_iter().map(member).collect(), expected, source }
    }

    fn parsed(&self) -> CommandEntry {
        let Self { method, path, body, expected, source } = self;
        let member =
            |member: &MemberDocument| BodyMember { name: member.name.clone(), value: member.value.clone() };
        CommandEntry {
            method: *method,
            path: path.clone(),
            body: body.iter().map(member).collect(),
            expected: expected.clone(),
            source: *source,
        }
    }
}

impl TargetDocument {
    fn of(target: &ProxyTarget) -> Self {
        let (by, header, text) = match target {
            ProxyTarget::AbsoluteForm => ("absolute_form", None, None),
            ProxyTarget::PathPrefix(prefix) => ("path_prefix", None, Some(prefix)),
            ProxyTarget::Header { name, value } => ("header", Some(name), Some(value)),
        };
        Self {
            by: by.to_owned(),
            header: header.map(|name| name.as_str().to_owned()),
            text: text.map(|text| text.as_str().to_owned()),
        }
    }

    fn parsed(&self) -> Result<ProxyTarget, Problem> {
        const TEXT: &str = "/proxy_target/text";
        const HEADER: &str = "/proxy_target/header";
        let text = || required(self.text.clone(), TEXT).and_then(|text| parse_owned(text, TEXT));
        let name = || required(self.header.clone(), HEADER).and_then(|name| parse_owned(name, HEADER));
        match self.by.as_str() {
            "absolute_form" => Ok(ProxyTarget::AbsoluteForm),
            "path_prefix" => Ok(ProxyTarget::PathPrefix(text()?)),
            "header" => Ok(ProxyTarget::Header { name: name()?, value: text()? }),
            by => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("`{by}` is none of absolute_form, path_prefix and header."),
            )
            .at("/proxy_target/by")),
        }
    }
}

/// What stands for taking any certificate.
const ANY: &str = "any";

fn shown(certificates: &Certificates) -> String {
    match certificates {
        Certificates::Any => ANY.to_owned(),
        Certificates::Trusted(roots) => roots.as_pem().to_owned(),
    }
}

fn certificates(text: &str, pointer: &str) -> Result<Certificates, Problem> {
    if text == ANY {
        return Ok(Certificates::Any);
    }
    parse_owned(text.to_owned(), pointer).map(Certificates::Trusted)
}
