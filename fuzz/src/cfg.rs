//! Configuration files as a phone reads them.

use std::fmt::Write as _;

use ipp_core::template::{FilePart, TemplateDocument, TemplateParts};
use ipp_examples::fleet::{Line, lines};

use crate::rendering_laws;

/// Reads a `key=value` file as the simulated phone does.
///
/// Laws: no key or value leaves its line; what was read, written down again, reads the same; and a
/// file that goes through a template reaches the phone with the same lines.
pub fn cfg(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let read: Vec<Line<'_>> = lines(&text).collect();
    assert!(read.len() <= text.lines().count());
    // The first line keeps a byte order mark in a key from becoming that of the file.
    let mut written = String::from("; written again\n");
    for line in &read {
        match line {
            Line::Set { key, value } => {
                assert!(
                    !key.is_empty() && !key.contains(['=', '\n']) && !key.starts_with([';', '#']),
                    "{key:?}"
                );
                assert!(!value.contains('\n') && value.trim() == *value, "{value:?}");
                let _ = writeln!(written, "{key}={value}");
            }
            Line::Include(reference) => {
                assert!(!reference.is_empty() && !reference.contains('\n'), "{reference:?}");
                let _ = writeln!(written, "include {reference}");
            }
        }
    }
    assert_eq!(lines(&written).collect::<Vec<_>>(), read);
    through_a_template(&text);
}

fn through_a_template(text: &str) {
    let parts = TemplateParts {
        model_type: "audiocodes_430HD".to_owned(),
        description: String::new(),
        global: None,
        private: FilePart::private(text),
    };
    if let Ok(document) = TemplateDocument::from_parts(&parts) {
        let arrived: Vec<Line<'_>> = lines(&document.private().data).collect();
        let lf = text.replace("\r\n", "\n").replace('\r', "\n");
        assert_eq!(arrived, lines(&lf).collect::<Vec<_>>());
        rendering_laws::hold(&document, "v");
    }
}
