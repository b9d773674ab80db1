//! Small pieces of pages that are made in many places: icons, marks, times. Whatever is not ours is escaped.

use std::fmt::{self, Write as _};

use ipp_core::{
    alarm::Severity,
    device::Admission,
    phone_model::PhoneKind,
    status::{Connectivity, Registration, StatusClass},
    store::DeviceRecord,
    time::Timestamp,
};

use super::messages::{Messages, fill};

/// Text that is HTML already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Html(pub(super) String);

impl Html {
    /// Text that is none yet.
    pub(super) fn of_text(text: &str) -> Self {
        Self(escaped(text))
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// Text that is not.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// An icon that says nothing: what it means stands beside it.
pub(super) fn icon(icons: &str, name: &str) -> Html {
    Html(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{icons}#{name}\"/></svg>"))
}

/// A mark: shape, colour and word (UI-21).
pub(super) fn mark(icons: &str, name: &str, text: &str, hint: &str) -> Html {
    let mut out = format!("<span class=\"mark {name}\"");
    if !hint.is_empty() {
        let _ = write!(out, " title=\"{}\"", escaped(hint));
    }
    let _ = write!(out, ">{}{}</span>", icon(icons, name), escaped(text));
    Html(out)
}

/// A mark whose word is read aloud and shown on hover only.
pub(super) fn sign(icons: &str, name: &str, text: &str) -> Html {
    let text = escaped(text);
    Html(format!(
        "<span class=\"mark {name}\" title=\"{text}\">{}<span class=\"unseen\">{text}</span></span>",
        icon(icons, name)
    ))
}

/// A time: how long ago, and exactly on hover.
pub(super) fn ago(t: &Messages, now: Timestamp, at: Timestamp) -> Html {
    let seconds = now.since(at).as_secs();
    let text = match seconds {
        0..10 => t.ago_now.to_owned(),
        10..90 => fill(t.ago_seconds, &[&seconds]),
        90..5_400 => fill(t.ago_minutes, &[&((seconds + 30) / 60)]),
        5_400..172_800 => fill(t.ago_hours, &[&((seconds + 1_800) / 3_600)]),
        _ => fill(t.ago_days, &[&((seconds + 43_200) / 86_400)]),
    };
    let exact = at.to_utc().format("%Y-%m-%d %H:%M:%S UTC");
    Html(format!("<time datetime=\"{at}\" title=\"{exact}\">{text}</time>"))
}

/// A time itself, in UTC until a script puts it into the zone of whoever looks.
pub(super) fn exact(at: Timestamp) -> Html {
    let text = at.to_utc().format("%Y-%m-%d %H:%M UTC");
    Html(format!("<time datetime=\"{at}\" data-exact>{text}</time>"))
}

/// How bad an alarm is: colour, letter and word (UI-09).
pub(super) fn severity(t: &Messages, severity: Severity) -> Html {
    let (class, text) = match severity {
        Severity::Critical => ("critical", t.critical),
        Severity::Major => ("major", t.major),
        Severity::Minor => ("minor", t.minor),
        Severity::Warning => ("warning", t.warning),
        Severity::Indeterminate => ("indeterminate", t.indeterminate),
    };
    let letter = text.chars().next().unwrap_or_default();
    Html(format!(
        "<span class=\"severity {class}\"><span class=\"letter\" aria-hidden=\"true\">{letter}</span>{text}</span>"
    ))
}

/// The state of a device: how it is registered, or that it is silent, waits or is shut out (DEV-21, UI-10,
/// UI-11).
pub(super) fn state(icons: &str, t: &Messages, record: &DeviceRecord) -> Html {
    let (name, text, hint) = reported(t, record);
    let Html(mut out) = match record.device.value.admission {
        // What a phone says counts once somebody has let it in.
        Admission::Pending => return mark(icons, "pending", t.pending, text),
        Admission::Disabled => mark(icons, "disabled", t.disabled, text),
        Admission::Expected | Admission::Enrolled => mark(icons, name, text, hint),
    };
    if record.status.as_ref().is_some_and(|status| status.proxied) {
        let _ = write!(out, " {}", sign(icons, "proxy", t.behind_proxy));
    }
    if record.device.value.model.is_none() && record.status.is_some() {
        let _ = write!(out, " {}", sign(icons, "generic", t.unknown_model));
    } else if is_generic_and_out(record) {
        let _ = write!(out, " {}", sign(icons, "generic", t.generic_out));
    }
    Html(out)
}

/// The mark, word and hint of what a device reported last, or of its silence.
fn reported<'a>(t: &Messages, record: &'a DeviceRecord) -> (&'static str, &'a str, &'static str) {
    let Some(status) = &record.status else { return ("never", t.never_seen, "") };
    match (status.connectivity, &status.registration) {
        (Connectivity::Disconnected, _) => ("disconnected", t.disconnected, ""),
        (Connectivity::Connected, Registration::Registered) => ("registered", t.registered, ""),
        (Connectivity::Connected, Registration::Started) => ("started", t.started, ""),
        (Connectivity::Connected, Registration::Unregistered) => ("offline", t.unregistered, t.offline_hint),
        (Connectivity::Connected, Registration::Offline) => ("offline", t.offline, t.offline_hint),
        (Connectivity::Connected, Registration::Other(text)) => ("offline", text, t.offline_hint),
    }
}

/// Whether a phone that is not for Lync is not registered: the counterpart of the grey circle (AMB-51).
fn is_generic_and_out(record: &DeviceRecord) -> bool {
    let generic = record.device.value.model.as_ref().is_some_and(|model| model.kind() == PhoneKind::Generic);
    let out = record.status.as_ref().is_some_and(|status| status.class() == StatusClass::NonRegistered);
    generic && out
}
