//! Text that people write: lines with placeholders, and names and values of every kind.

use std::{fmt, str::FromStr};

use ipp_core::{
    placeholder::PlaceholderName,
    template::{FilePart, TemplateDocument, TemplateParts},
    text::{
        CfgLine, CfgValue, FileName, Host, Label, RegionName, TemplateName, UserName, breaks_line,
        url_segment,
    },
};
use ipp_examples::fleet;
use ipp_http::phone::wire::path::{PhonePath, PhoneTarget, decode_segment};

use crate::rendering_laws;

/// Reads a text as the data of a template and as every kind of checked text.
///
/// Laws: the tokens of a line join back to the line; a checked text is what was given and has no
/// line break; a region or firmware name can be asked for by the URL made of it, and a host stands
/// in one; a line that an administrator adds is read by the phone as that key and value.
pub fn placeholder(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let parts = TemplateParts {
        model_type: "t".to_owned(),
        description: String::new(),
        global: Some(FilePart::global("g.cfg", "")),
        private: FilePart::private(text),
    };
    if let Ok(document) = TemplateDocument::from_parts(&parts) {
        let value = text.parse::<CfgValue>().map_or_else(|_| "v".to_owned(), String::from);
        rendering_laws::hold(&document, &value);
    }

    assert_eq!(decode_segment(&url_segment(text)).as_deref(), Ok(text));
    placeholder_name(text);
    checked::<CfgValue>(text);
    checked::<UserName>(text);
    checked::<Label>(text);
    checked::<TemplateName>(text);
    if let Some(line) = checked::<CfgLine>(text) {
        line_of_a_file(&line);
    }
    if let Some(name) = checked::<RegionName>(text) {
        let path = PhonePath::parse(&format!("/r/{}/", name.in_url()));
        assert_eq!(
            path.map(|path| (path.region, path.target)),
            Ok((Some(text.to_owned()), PhoneTarget::RegionRoot))
        );
        let folded = name.folded().parse::<RegionName>().map(|folded| folded.folded());
        assert_eq!(folded, Ok(name.folded()));
    }
    if let Some(name) = checked::<FileName>(text) {
        let path = PhonePath::parse(&format!("/firmwarefiles/{}", url_segment(name.as_str())));
        assert_eq!(path.map(|path| path.target), Ok(PhoneTarget::Firmware { name: text.to_owned() }));
    }
    if let Some(host) = checked::<Host>(text) {
        let url = format!("http://{}:8080/", host.in_url()).parse::<fleet::Url>();
        assert_eq!(url.map(|url| (url.host().to_owned(), url.port())), Ok((text.to_owned(), 8080)));
    }
}

fn placeholder_name(text: &str) {
    if let Ok(name) = text.parse::<PlaceholderName>() {
        assert!(name.as_str().bytes().all(PlaceholderName::allows) && name.as_str().len() <= 64);
        assert_eq!(name.token().parse().as_ref(), Ok(&name));
    }
}

/// The text as a type; what was taken is what was given, also through storage.
fn checked<T>(text: &str) -> Option<T>
where
    T: FromStr + fmt::Display + fmt::Debug + Into<String> + TryFrom<String> + Clone + PartialEq,
    T::Err: fmt::Display,
{
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.to_string(), text);
            assert!(!text.chars().any(breaks_line), "{value:?}");
            let stored: String = value.clone().into();
            assert!(T::try_from(stored).ok().as_ref() == Some(&value));
            Some(value)
        }
        Err(error) => {
            assert!(!error.to_string().chars().any(breaks_line), "{error}");
            None
        }
    }
}

fn line_of_a_file(line: &CfgLine) {
    let file = format!("first=1\n{line}\n");
    let read: Vec<_> = fleet::lines(&file).skip(1).collect();
    match read.as_slice() {
        [fleet::Line::Set { key, .. }] => assert_eq!(*key, line.key()),
        // A comment, or an `include` of nothing.
        [] => assert!(line.key().starts_with([';', '#']) || line.key() == "include", "{line:?} is lost"),
        [..] => assert!(read.is_empty(), "{line:?} is read as {read:?}"),
    }
}
