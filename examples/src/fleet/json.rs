//! JSON as this phone family writes it by hand, and the little it reads.

/// An object under construction: one member per line, a space after each colon, LF line ends.
#[derive(Debug)]
pub(super) struct Object {
    text: String,
    trailing_comma: bool,
}

impl Object {
    pub(super) fn new(trailing_comma: bool) -> Self {
        Self { text: "{\n".to_owned(), trailing_comma }
    }

    /// A member whose value is text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &quoted(value));
    }

    /// A member whose value is JSON already.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.text.extend(["\"", name, "\": ", value, ",\n"]);
    }

    pub(super) fn finish(mut self) -> String {
        if !self.trailing_comma && self.text.ends_with(",\n") {
            self.text.truncate(self.text.len() - 2);
            self.text.push('\n');
        }
        self.text.push('}');
        self.text
    }
}

fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_of_the_phone() {
        let write = |comma| {
            let mut object = Object::new(comma);
            object.text("name", "a \"b\"\n");
            object.raw("number", "5");
            object.finish()
        };
        assert_eq!(write(false), "{\n\"name\": \"a \\\"b\\\"\\n\",\n\"number\": 5\n}");
        assert_eq!(write(true), "{\n\"name\": \"a \\\"b\\\"\\n\",\n\"number\": 5,\n}");
        assert_eq!(Object::new(false).finish(), "{\n}");
    }
}
