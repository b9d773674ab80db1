//! Attributes: a template needs none, so they are checked and dropped.

use quick_xml::events::BytesStart;
use quick_xml::events::attributes::{AttrError, Attribute};

use super::characters::is_name;
use super::{MAX_ATTRIBUTES, XmlReader};
use crate::template::error::{TemplateError, TemplateErrorKind, shown};

impl XmlReader<'_> {
    /// Checks the attributes of a tag, whose name stands at `first`.
    pub(super) fn attributes(&self, tag: &BytesStart<'_>, first: usize) -> Result<(), TemplateError> {
        for (count, attribute) in tag.attributes().enumerate() {
            // Before the attribute is looked at: the check for duplicates costs the square of their number.
            if count >= MAX_ATTRIBUTES {
                return Err(self.error(
                    TemplateErrorKind::Limit,
                    first.saturating_sub(1),
                    format!("an element has more than {MAX_ATTRIBUTES} attributes"),
                ));
            }
            match attribute {
                Ok(attribute) => self.attribute(&attribute, first)?,
                Err(error) => {
                    let at = match error {
                        AttrError::ExpectedEq(at)
                        | AttrError::ExpectedValue(at)
                        | AttrError::UnquotedValue(at)
                        | AttrError::ExpectedQuote(at, _)
                        | AttrError::Duplicated(at, _) => at,
                    };
                    return Err(self.error(
                        TemplateErrorKind::Syntax,
                        first.saturating_add(at),
                        "a malformed or repeated attribute; write each once, as name=\"value\"",
                    ));
                }
            }
        }
        Ok(())
    }

    fn attribute(&self, attribute: &Attribute<'_>, first: usize) -> Result<(), TemplateError> {
        let value: &str = attribute.value.as_ref();
        let name = attribute.key.as_ref();
        if value.contains('<') || !is_name(name) {
            let message = format!("the attribute {} is malformed", shown(name));
            return Err(self.error(TemplateErrorKind::Syntax, first.saturating_sub(1), message));
        }
        let mut rest = value;
        while let Some((_, after)) = rest.split_once('&') {
            let Some((reference, tail)) = after.split_once(';') else {
                let message = format!("a lone `&` in the attribute {}; write `&amp;`", shown(name));
                return Err(self.error(TemplateErrorKind::Syntax, first.saturating_sub(1), message));
            };
            self.resolve(reference, first.saturating_sub(1))?;
            rest = tail;
        }
        Ok(())
    }
}
