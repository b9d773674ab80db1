//! Lists: their address says everything that they show.

use super::{
    frame::Choice,
    markup::Html,
    messages::{Messages, fill},
};

/// The parameters of a list as they stand in its address.
#[derive(Debug, Clone, Default)]
pub(super) struct Address {
    path: String,
    pairs: Vec<(&'static str, String)>,
}

/// A filter that is set: what it is, and the address without it.
#[derive(Debug)]
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) without: String,
    pub(super) remove: String,
}

/// A column by which the list can be sorted.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// The address of the list sorted by it; empty where it cannot be.
    pub(super) href: String,
    /// `ascending` or `descending` where it is.
    pub(super) sorted: &'static str,
}

impl Address {
    pub(super) fn at(path: &str) -> Self {
        Self { path: path.to_owned(), pairs: Vec::new() }
    }

    /// The same with a parameter; nothing is none.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.pairs.push((name, value.to_owned()));
        }
        self
    }

    pub(super) fn with_all(self, name: &'static str, values: &[String]) -> Self {
        values.iter().fold(self, |address, value| address.with(name, value))
    }

    /// The same with another value of a parameter.
    pub(super) fn set(&self, name: &'static str, value: &str) -> Self {
        let mut address = self.clone();
        address.pairs.retain(|(other, _)| *other != name);
        address.with(name, value)
    }

    /// The same without one value of a parameter.
    pub(super) fn without(&self, name: &str, value: &str) -> Self {
        let mut address = self.clone();
        address.pairs.retain(|(other, given)| *other != name || given != value);
        address
    }

    pub(super) fn text(&self) -> String {
        if self.pairs.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.query())
    }

    /// What stands behind the question mark.
    pub(super) fn query(&self) -> String {
        serde_html_form::to_string(&self.pairs).unwrap_or_default()
    }

    /// A chip that takes a value away.
    pub(super) fn chip(&self, t: &Messages, name: &str, value: &str, label: &str, shown: &str) -> Chip {
        let text = if label.is_empty() { shown.to_owned() } else { format!("{label}: {shown}") };
        Chip { without: self.without(name, value).text(), remove: fill(t.remove_filter, &[&text]), text }
    }

    /// A column of the list; a sorted one turns around.
    pub(super) fn column(&self, title: &'static str, by: &str, sorted: &str) -> Column {
        if by.is_empty() {
            return Column { title, href: String::new(), sorted: "" };
        }
        let (now, next) = match sorted.strip_prefix('-') {
            Some(name) if name == by => ("descending", by.to_owned()),
            None if sorted == by => ("ascending", format!("-{by}")),
            Some(_) | None => ("", by.to_owned()),
        };
        Column { title, href: self.set("sort", &next).text(), sorted: now }
    }
}

/// Choices of a field, one of them chosen.
pub(super) fn choices(values: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, title): (String, String)| Choice { chosen: value == chosen, value, title };
    values.into_iter().map(choice).collect()
}

/// Text of an icon for a sorted column.
pub(super) fn arrow(icons: &str, sorted: &str) -> Html {
    match sorted {
        "ascending" => super::markup::icon(icons, "up"),
        "descending" => super::markup::icon(icons, "down"),
        _ => Html::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::messages::ENGLISH;

    #[test]
    fn an_address_says_what_a_list_shows() {
        let address = Address::at("/ipp/devices").with("q", "a b&c").with("model", "").with("sort", "-user");
        assert_eq!(address.text(), "/ipp/devices?q=a+b%26c&sort=-user");
        assert_eq!(address.column("User", "user", "-user").href, "/ipp/devices?q=a+b%26c&sort=user");
        assert_eq!(address.column("User", "user", "user").sorted, "ascending");
        assert_eq!(address.column("IP", "", "-user").href, "");
        let chip = address.chip(ENGLISH, "q", "a b&c", "", "a b&c");
        assert_eq!((chip.without.as_str(), chip.text.as_str()), ("/ipp/devices?sort=-user", "a b&c"));
        assert_eq!(Address::at("/x").text(), "/x");
    }
}
