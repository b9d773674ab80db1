//! Forms: what was sent, and how fields are shown.

use std::{fmt::Display, str::FromStr};

use http::StatusCode;

use super::frame::Choice;
use crate::problem::Problem;

/// What a form or an address says, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

/// A field of a form as it is shown.
#[derive(Debug)]
pub(crate) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: String,
    pub(super) input: Input,
    /// Why what was typed does not do; empty where it does.
    pub(super) wrong: String,
}

/// How a value is entered.
#[derive(Debug)]
pub(crate) enum Input {
    /// One of several.
    Choice { choices: Vec<Choice>, needed: bool },
    /// A number between two.
    Number { value: String, least: u64, most: u64 },
    /// A line of text.
    Text { value: String, needed: bool },
    /// Several lines of text.
    Lines { value: String },
    /// Any number of several.
    Several { choices: Vec<Choice> },
    /// A line that is not shown, and never sent back.
    Secret,
    /// Yes or no.
    Tick { on: bool },
}

impl Fields {
    pub(super) const fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a field without the spaces around it; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field with every space; passwords may begin with one.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The value of a field, or another where nothing was sent.
    pub(super) fn text_or<'a>(&'a self, name: &str, usual: &'a str) -> &'a str {
        if self.has(name) { self.text(name) } else { usual }
    }

    /// All values of a field.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field was sent; a box that is not ticked is not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// The value of a field as what it has to be.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Problem> {
        crate::admin::endpoint::parse(self.text(name), &format!("/{name}"))
    }

    /// One thing in each line that is not empty; what is wrong names its line.
    pub(super) fn lines<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Vec<T>, Problem> {
        let lines = self.raw(name).lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let parsed = lines.map(|(at, line)| {
            line.parse().map_err(|error: T::Err| {
                let detail = format!("line {}: {error}", at + 1);
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).at(format!("/{name}"))
            })
        });
        parsed.collect()
    }

    /// The same for a field that may be left empty.
    pub(super) fn maybe<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        if self.text(name).is_empty() { Ok(None) } else { self.parse(name).map(Some) }
    }

    /// A number that has bounds.
    pub(super) fn number<T: TryFrom<u16, Error: Display>>(&self, name: &str) -> Result<T, Problem> {
        let wrong =
            |text: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, text).at(format!("/{name}"));
        let text = self.text(name);
        let number: u16 =
            text.parse().map_err(|_| wrong(format!("`{text}` is no number that is allowed here")))?;
        T::try_from(number).map_err(|error| wrong(error.to_string()))
    }
}

impl Input {
    pub(super) fn text(value: impl Into<String>) -> Self {
        Self::Text { value: value.into(), needed: false }
    }

    pub(super) fn needed(value: impl Into<String>) -> Self {
        Self::Text { value: value.into(), needed: true }
    }

    /// The value as people see it; nothing of a secret.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Choice { choices, .. } => choices
                .iter()
                .find(|choice| choice.chosen)
                .map_or_else(String::new, |choice| choice.title.clone()),
            Self::Several { choices } => {
                let chosen =
                    choices.iter().filter(|choice| choice.chosen).map(|choice| choice.title.as_str());
                chosen.collect::<Vec<_>>().join(", ")
            }
            Self::Number { value, .. } | Self::Text { value, .. } | Self::Lines { value } => value.clone(),
            Self::Secret => String::new(),
            Self::Tick { on } => if *on { "✓" } else { "–" }.to_owned(),
        }
    }
}

impl Field {
    pub(super) fn new(name: &'static str, label: &'static str, input: Input) -> Self {
        Self { name, label, help: String::new(), input, wrong: String::new() }
    }

    #[must_use]
    pub(super) fn help(self, text: impl Into<String>) -> Self {
        Self { help: text.into(), ..self }
    }
}

/// Puts what is wrong at the field that it is about, and gives back what is about none of them.
pub(super) fn blame(fields: &mut [Field], problem: &Problem) -> Option<String> {
    let name = problem.pointer().map(|pointer| pointer.trim_start_matches('/'));
    let field = name.and_then(|name| fields.iter_mut().find(|field| field.name == name));
    match field {
        Some(field) => {
            problem.detail().clone_into(&mut field.wrong);
            None
        }
        None => Some(problem.detail().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Fields {
        let pairs = [("id", "1"), ("id", "2"), ("pause", " 3601 "), ("empty", "")];
        Fields::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn fields_are_found_by_their_names() {
        let fields = sent();
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((fields.text("pause"), fields.text("absent"), fields.has("empty")), ("3601", "", true));
        assert_eq!((fields.text_or("absent", "2"), fields.text_or("empty", "2")), ("2", ""));
        assert_eq!(fields.maybe::<u8>("empty").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_stands_at_its_field() {
        let problem = sent().number::<ipp_core::job::PauseSeconds>("pause").unwrap_err();
        let tick = || Input::Tick { on: false };
        let mut fields = [Field::new("batch", "Batch", tick()), Field::new("pause", "Pause", tick())];
        assert_eq!(blame(&mut fields, &problem), None);
        assert!(fields[0].wrong.is_empty() && fields[1].wrong.contains("0 to 3600"), "{fields:?}");
        let elsewhere = Problem::new(StatusCode::CONFLICT, "it is over");
        assert_eq!(blame(&mut fields, &elsewhere).as_deref(), Some("it is over"));
    }
}
