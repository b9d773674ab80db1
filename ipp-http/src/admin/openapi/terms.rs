//! What the members of all documents mean in one place: an example of each, the words that it may be,
//! and its form.

mod table;

use serde_json::{Value, json};

use self::table::{
    Form::{Id, Number, Range, Text, Time, Words},
    OF_DOCUMENT, TERMS,
};

/// Writes into the document what is known of its members and parameters.
pub(super) fn explain(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let members = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (member, schema) in members.into_iter().flatten() {
            refine(name, member, schema);
        }
    }
    let paths = document.pointer_mut("/paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flatten().filter_map(|(_, item)| item.as_object_mut()).flatten();
    for (_, operation) in operations {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            refine(&id, &name, &mut parameter["schema"]);
        }
    }
}

fn refine(document: &str, member: &str, schema: &mut Value) {
    // What the members of a list are.
    let schema = if schema.get("items").is_some() { &mut schema["items"] } else { schema };
    if schema.get("example").is_some() || schema.get("oneOf").is_some() || schema.get("$ref").is_some() {
        return;
    }
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
    };
    let (text, number, nothing) = (is("string"), is("integer"), is("null"));
    // Numbers that are never below nothing have one bit more than the signed forms say.
    let form = schema["format"].as_str().and_then(|form| form.strip_prefix("int"));
    if let Some(form) = form.filter(|_| number && schema["minimum"] == 0) {
        schema["format"] = json!(format!("uint{form}"));
    }
    let own =
        OF_DOCUMENT.iter().find(|(of, name, _)| *of == document && *name == member).map(|(.., form)| form);
    let Some(form) = own.or_else(|| TERMS.iter().find(|(name, _)| *name == member).map(|(_, form)| form))
    else {
        return;
    };
    match form {
        Text(example) if text => schema["example"] = json!(example),
        Words(words) if text => {
            let nothing = nothing.then_some(Value::Null);
            schema["enum"] = words.iter().map(|word| json!(word)).chain(nothing).collect();
            schema["example"] = json!(words.first());
        }
        Id if text => {
            schema["format"] = json!("uuid");
            schema["example"] = json!("01890a5d-ac96-774b-bcce-b302099a8057");
        }
        Time if text => {
            schema["format"] = json!("date-time");
            schema["example"] = json!("2026-03-02T08:15:00.000Z");
        }
        Number(example) if number => schema["example"] = json!(example),
        Range(least, most, example) if number => {
            schema["minimum"] = json!(least);
            schema["maximum"] = json!(most);
            schema["example"] = json!(example);
        }
        Text(_) | Words(_) | Id | Time | Number(_) | Range(..) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each member that is a text or a number has an example; a table that names what is nowhere is
    /// out of date.
    #[test]
    fn every_member_has_an_example() {
        let document = super::super::value();
        let mut lacking = Vec::new();
        let mut members = std::collections::BTreeSet::new();
        for (name, schema) in document.pointer("/components/schemas").unwrap().as_object().unwrap() {
            for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
                members.insert(member.clone());
                let schema = schema.get("items").unwrap_or(schema);
                let kind = schema["type"].to_string();
                let told = schema.get("example").is_some() || schema.get("enum").is_some();
                if (kind.contains("string") || kind.contains("integer")) && !told {
                    lacking.push(format!("{name}.{member}"));
                }
            }
        }
        assert!(lacking.is_empty(), "{lacking:#?}");
        let paths = document["paths"].to_string();
        for (name, _) in TERMS {
            let parameter = format!("\"name\":\"{name}\"");
            assert!(members.contains(*name) || paths.contains(&parameter), "{name} is in no document");
        }
    }
}
