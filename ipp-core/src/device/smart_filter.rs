//! Typed filters: words such as `user:maria status:offline "3rd floor"` (DEV-24, AMB-53).
//!
//! A word with a known key filters by it, any other is looked for everywhere. Quotes keep spaces
//! together; two quotes in a row inside quotes are one.

use crate::{
    device::Admission,
    id::RegionId,
    status::StatusClass,
    store::{DeviceFilter, SearchField},
};

/// Why a typed filter is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmartFilterError {
    /// The key is none.
    #[error(
        "`{0}`: there is no such key; use user, phone, mac, ip, model, version, status, region or approved, or put the word in quotes"
    )]
    Key(String),
    /// The value is none of those that the key takes.
    #[error("`{word}`: {key} is one of {values}")]
    Value {
        /// The word.
        word: String,
        /// Its key.
        key: &'static str,
        /// What it takes.
        values: &'static str,
    },
    /// There is no region of that name.
    #[error("`{0}`: there is no such region")]
    Region(String),
    /// A quote has no end.
    #[error("`{0}`: the quotes are not closed")]
    Quotes(String),
}

/// Adds what is typed to a filter. Several words must all fit; several regions, statuses or approvals
/// are alternatives.
pub fn parse(
    text: &str,
    mut filter: DeviceFilter,
    region: impl Fn(&str) -> Option<RegionId>,
) -> Result<DeviceFilter, SmartFilterError> {
    let (mut regions, mut classes, mut admissions) = (Vec::new(), Vec::new(), Vec::new());
    for Word { whole, key, value } in words(text)? {
        let field = match key.as_deref() {
            None => SearchField::Any,
            Some("user") => SearchField::User,
            Some("phone") => SearchField::Phone,
            Some("mac") => SearchField::Mac,
            Some("ip") => SearchField::Ip,
            Some("model") => SearchField::Model,
            Some("version") => SearchField::Version,
            Some("status") => {
                classes.push(status(&value).ok_or(SmartFilterError::Value {
                    word: whole,
                    key: "status",
                    values: "registered, offline, disconnected",
                })?);
                continue;
            }
            Some("approved") => {
                admissions.extend(approved(&value).ok_or(SmartFilterError::Value {
                    word: whole,
                    key: "approved",
                    values: "yes, no",
                })?);
                continue;
            }
            Some("region") => {
                regions.push(region(&value).ok_or(SmartFilterError::Region(whole))?);
                continue;
            }
            Some(_) => return Err(SmartFilterError::Key(whole)),
        };
        filter = filter.with(field, &value);
    }
    if !classes.is_empty() {
        // Offline is connected and not registered: a phone that was never seen is neither.
        filter.seen = Some(true);
    }
    filter.regions = narrowed(filter.regions, regions);
    filter.classes = narrowed(filter.classes, classes);
    filter.admissions = narrowed(filter.admissions, admissions);
    Ok(filter)
}

/// The class that people call so (DEV-09, AMB-48).
pub fn status(word: &str) -> Option<StatusClass> {
    match word.to_ascii_lowercase().as_str() {
        "registered" => Some(StatusClass::Registered),
        "offline" => Some(StatusClass::NonRegistered),
        "disconnected" => Some(StatusClass::Disconnected),
        _ => None,
    }
}

/// Approved, or waiting for approval (DEV-10).
pub fn approved(word: &str) -> Option<Vec<Admission>> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(vec![Admission::Expected, Admission::Enrolled]),
        "no" | "false" | "pending" => Some(vec![Admission::Pending]),
        _ => None,
    }
}

/// What both want; a filter that says nothing wants all.
fn narrowed<T: PartialEq>(former: Option<Vec<T>>, typed: Vec<T>) -> Option<Vec<T>> {
    match former {
        former if typed.is_empty() => former,
        None => Some(typed),
        Some(former) => Some(typed.into_iter().filter(|one| former.contains(one)).collect()),
    }
}

struct Word {
    whole: String,
    key: Option<String>,
    value: String,
}

fn words(text: &str) -> Result<Vec<Word>, SmartFilterError> {
    let mut words = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(words);
        }
        let (mut whole, mut value, mut key) = (String::new(), String::new(), None);
        let mut plain = true;
        while let Some(c) = rest.next_if(|c| !c.is_whitespace()) {
            whole.push(c);
            match c {
                '"' => {
                    plain = false;
                    loop {
                        match rest.next() {
                            Some('"') if rest.next_if_eq(&'"').is_some() => {
                                whole.push_str("\"\"");
                                value.push('"');
                            }
                            Some('"') => {
                                whole.push('"');
                                break;
                            }
                            Some(c) => {
                                whole.push(c);
                                value.push(c);
                            }
                            None => return Err(SmartFilterError::Quotes(shortened(&whole))),
                        }
                    }
                }
                // `aa:bb` begins a MAC address, not a word with a key.
                ':' if key.is_none() && plain && is_key(&value) => {
                    key = Some(std::mem::take(&mut value).to_ascii_lowercase());
                }
                c => value.push(c),
            }
        }
        words.push(Word { whole: shortened(&whole), key, value });
    }
}

fn is_key(text: &str) -> bool {
    let letters = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && (text.len() > 2 || text.eq_ignore_ascii_case("ip"))
}

fn shortened(word: &str) -> String {
    word.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::SearchWord;

    fn read(text: &str) -> Result<DeviceFilter, SmartFilterError> {
        let berlin = |name: &str| (name == "Berlin Mitte").then(|| RegionId::from_bytes([1; 16]));
        parse(text, DeviceFilter::all(), berlin)
    }

    /// DEV-24, AMB-53: every key, free words and quotes.
    #[test]
    fn amb_53_typed_words_are_a_filter() {
        let word = SearchWord::new;
        let texts = "user:maria phone:49 MAC:00:90 ip:10.1 model:430HD version:2.2 \"3rd \"\"floor\" aa:bb";
        let filter = read(texts).unwrap();
        assert_eq!(
            filter.words,
            [
                word(SearchField::User, "maria"),
                word(SearchField::Phone, "49"),
                word(SearchField::Mac, "00:90"),
                word(SearchField::Ip, "10.1"),
                word(SearchField::Model, "430HD"),
                word(SearchField::Version, "2.2"),
                word(SearchField::Any, "3rd \"floor"),
                word(SearchField::Any, "aa:bb"),
            ]
        );
        let filter = read("region:\"Berlin Mitte\" status:Offline status:disconnected approved:no").unwrap();
        assert_eq!(filter.regions, Some(vec![RegionId::from_bytes([1; 16])]));
        assert_eq!(filter.classes, Some(vec![StatusClass::NonRegistered, StatusClass::Disconnected]));
        assert_eq!((filter.admissions, filter.seen), (Some(vec![Admission::Pending]), Some(true)));
        assert_eq!(read(" \t ").unwrap(), DeviceFilter::all());
    }

    /// What is typed narrows what was chosen, and never widens it.
    #[test]
    fn typed_words_never_widen() {
        let chosen = DeviceFilter::all().of_class(StatusClass::Registered).in_regions(Vec::new());
        let filter =
            parse("status:offline region:x", chosen, |_| Some(RegionId::from_bytes([1; 16]))).unwrap();
        assert_eq!((filter.classes, filter.regions), (Some(vec![]), Some(vec![])));
    }

    #[test]
    fn errors_name_the_word() {
        for (text, told) in [
            ("mac:00 usr:maria", "`usr:maria`"),
            ("status:asleep", "`status:asleep`: status is one of registered, offline, disconnected"),
            ("approved:maybe", "`approved:maybe`"),
            ("region:Rome", "`region:Rome`"),
            ("a \"b c", "`\"b c`"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    proptest! {
        /// Law: whatever is quoted is looked for as it is.
        #[test]
        fn quoted_words_are_found_as_they_are(text in "\\PC{0,20}") {
            let quoted = format!("\"{}\"", text.replace('"', "\"\""));
            let filter = read(&quoted).unwrap();
            prop_assert_eq!(filter.words, vec![SearchWord::new(SearchField::Any, &text)]);
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = read(&text);
        }
    }
}
