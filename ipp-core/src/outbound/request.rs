//! A command as it is written for one phone.

use std::fmt;

use super::{
    Certificates, CommandMethod, CommandName, CommandPath, Delivered, ElementForm, template::push_text,
};
use crate::settings::Scheme;

/// A command as it is written for one phone and one attempt: over HTTP, or in the answer to a report. Its
/// body holds credentials, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedRequest {
    /// What it does.
    pub command: CommandName,
    /// The method.
    pub method: CommandMethod,
    /// The path.
    pub path: CommandPath,
    /// The body: one JSON object.
    pub body: String,
    /// The statuses that mean that the phone has accepted it.
    pub expected: Vec<u16>,
    /// How it gets there.
    pub delivered: Delivered,
    /// Over which scheme the phone is called.
    pub scheme: Scheme,
    /// On which port.
    pub port: u16,
    /// Which certificates of the phone are taken.
    pub certificates: Certificates,
    /// How it stands in the answer to a report.
    pub element: ElementForm,
}

impl EncodedRequest {
    /// The element of the list `requests` in the answer to a report: one JSON value.
    pub fn keep_alive_element(&self) -> String {
        let object = || {
            let mut out = String::from("{\"method\":");
            push_text(&mut out, self.method.as_str());
            out.push_str(",\"path\":");
            push_text(&mut out, self.path.as_str());
            out.push_str(",\"body\":");
            out.push_str(&self.body);
            out.push('}');
            out
        };
        let as_text = |text: &str| {
            let mut out = String::new();
            push_text(&mut out, text);
            out
        };
        match self.element {
            ElementForm::Object => object(),
            ElementForm::Text => as_text(&object()),
            ElementForm::BodyText => as_text(&self.body),
        }
    }
}

impl fmt::Debug for EncodedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedRequest")
            .field("command", &self.command)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("scheme", &self.scheme)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The answer to a report that has commands for the phone, oldest first; without any it is
/// `{"requests":[]}`.
pub fn keep_alive_answer<'a>(requests: impl IntoIterator<Item = &'a EncodedRequest>) -> String {
    let elements: Vec<_> = requests.into_iter().map(EncodedRequest::keep_alive_element).collect();
    format!("{{\"requests\":[{}]}}", elements.join(","))
}
