//! Where the next page of a sorted list begins, as a text that a client sends back.

use std::str::FromStr;

use http::StatusCode;
use ipp_core::store::{ListKey, Order, Sorted};

use crate::problem::Problem;

/// The text of a place.
pub(crate) fn written<I: ToString>(at: &ListKey<I>) -> String {
    format!("{}:{}", at.id.to_string(), at.key)
}

/// The place of a text.
pub(crate) fn read<I: FromStr>(text: &str) -> Result<ListKey<I>, Problem> {
    let place = text
        .split_once(':')
        .and_then(|(id, key)| Some(ListKey { key: key.to_owned(), id: id.parse().ok()? }));
    place.ok_or_else(|| wrong("after", "Send the `next` of the page before as it was."))
}

/// An order such as `name` or `-name`, of what the list can be sorted by.
pub(crate) fn order<S: Copy + Default>(
    text: Option<&str>,
    sorts: &[(&str, S)],
) -> Result<Sorted<S>, Problem> {
    let Some(text) = text else { return Ok(Sorted::default()) };
    let (order, name) =
        text.strip_prefix('-').map_or((Order::Ascending, text), |name| (Order::Descending, name));
    let found = sorts.iter().find(|(known, _)| *known == name);
    let (_, by) = found.ok_or_else(|| {
        let names: Vec<&str> = sorts.iter().map(|(name, _)| *name).collect();
        wrong(
            "sort",
            &format!("Sort by one of {}, with a minus in front for the other way.", names.join(", ")),
        )
    })?;
    Ok(Sorted { by: *by, order })
}

fn wrong(pointer: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail).at(pointer)
}
