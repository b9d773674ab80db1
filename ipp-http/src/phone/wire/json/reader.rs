//! The cursor and the grammar; see the parent for what is accepted.

use std::str::Chars;

use super::{JsonError, MAX_DEPTH, Value, last_of_each};

/// Reads the text of one body. The place is that of the next character.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: Chars<'a>,
    line: usize,
    column: usize,
}

/// A container whose end has not been reached.
enum Frame {
    /// The finished members and the name of the member being read.
    Object(Vec<(String, Value)>, String),
    Array(Vec<Value>),
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.chars(), line: 1, column: 1 }
    }

    /// A loop over a stack of open containers, so that no input can use up the thread's own stack.
    pub(super) fn document(mut self) -> Result<Value, JsonError> {
        let mut open = Vec::new();
        loop {
            let Some(mut value) = self.start(&mut open)? else { continue };
            // A finished value goes to its container; a container that ends here is itself a finished value.
            loop {
                value = match open.pop() {
                    None => return self.end(value),
                    Some(Frame::Object(mut members, name)) => {
                        members.push((name, value));
                        let next = if self.another('}', "',' or '}'")? { self.name()? } else { None };
                        if let Some(name) = next {
                            open.push(Frame::Object(members, name));
                            break;
                        }
                        Value::Object(last_of_each(members))
                    }
                    Some(Frame::Array(mut items)) => {
                        items.push(value);
                        if self.another(']', "',' or ']'")? {
                            open.push(Frame::Array(items));
                            break;
                        }
                        Value::Array(items)
                    }
                };
            }
        }
    }

    /// Reads a scalar or an empty container, or opens a container and gives `None`.
    fn start(&mut self, open: &mut Vec<Frame>) -> Result<Option<Value>, JsonError> {
        self.skip_space();
        match self.peek() {
            Some('{' | '[') if open.len() >= MAX_DEPTH => {
                Err(JsonError::TooDeep { line: self.line, column: self.column })
            }
            Some('{') => {
                self.bump();
                let Some(name) = self.name()? else { return Ok(Some(Value::Object(Vec::new()))) };
                open.push(Frame::Object(Vec::new(), name));
                Ok(None)
            }
            Some('[') => {
                self.bump();
                self.skip_space();
                if self.eat(']') {
                    return Ok(Some(Value::Array(Vec::new())));
                }
                open.push(Frame::Array(Vec::new()));
                Ok(None)
            }
            Some('"') => self.string().map(|text| Some(Value::Text(text))),
            Some(c) if is_word(c) => {
                let word = self.word();
                Ok(Some(if word.eq_ignore_ascii_case("null") { Value::Null } else { Value::Text(word) }))
            }
            _ => Err(self.expected("a value")),
        }
    }

    fn end(mut self, value: Value) -> Result<Value, JsonError> {
        self.skip_space();
        if self.peek().is_some() { Err(self.expected("the end of the body")) } else { Ok(value) }
    }

    /// A member name and its colon, or `None` where the object closes.
    fn name(&mut self) -> Result<Option<String>, JsonError> {
        self.skip_space();
        let name = match self.peek() {
            Some('}') => {
                self.bump();
                return Ok(None);
            }
            Some('"') => self.string()?,
            Some(c) if is_word(c) => self.word(),
            _ => return Err(self.expected("a member name or '}'")),
        };
        self.skip_space();
        if self.eat(':') { Ok(Some(name)) } else { Err(self.expected("':'")) }
    }

    /// Whether the container goes on after a value; reads its end if not.
    fn another(&mut self, close: char, expected: &'static str) -> Result<bool, JsonError> {
        self.skip_space();
        if self.eat(close) {
            return Ok(false);
        }
        if !self.eat(',') {
            return Err(self.expected(expected));
        }
        self.skip_space();
        Ok(!self.eat(close))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.bump();
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(c) if c >= ' ' || c == '\t' => {
                    self.bump();
                    text.push(c);
                }
                Some(_) => return Err(self.expected("an escape in place of a control character")),
                None => return Err(self.expected("'\"'")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.bump();
        let escaped = match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.bump();
                return self.code_point();
            }
            _ => return Err(self.expected("one of \" \\ / b f n r t u")),
        };
        self.bump();
        Ok(escaped)
    }

    /// The digits after `\u`, with those of a second escape if they are a surrogate pair. Half a pair becomes
    /// U+FFFD.
    fn code_point(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        let mut ahead = self.clone();
        if (0xd800..0xdc00).contains(&first)
            && ahead.eat('\\')
            && ahead.eat('u')
            && let Ok(second @ 0xdc00..0xe000) = ahead.four_digits()
        {
            *self = ahead;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.expected("a hexadecimal digit"));
            };
            self.bump();
            code = code << 4 | digit;
        }
        Ok(code)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| is_word(*c)) {
            self.bump();
            word.push(c);
        }
        word
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn bump(&mut self) {
        match self.rest.next() {
            Some('\n') => (self.line, self.column) = (self.line + 1, 1),
            Some(_) => self.column += 1,
            None => {}
        }
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError::Syntax { line: self.line, column: self.column, expected }
    }
}

/// What may stand without quotes: nothing that could also be punctuation of JSON.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '.' | '$')
}
