//! What is noticed in a template that works, but perhaps not as meant.

use super::compiled::{CompiledTemplate, LineSource, Op};

/// Something noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line of the template's XML, counted from 1.
    pub line: u32,
    /// What it is, and what to do.
    pub message: String,
}

/// Keys whose value should lead back to this server.
const WAY_BACK: [&str; 3] =
    ["ems_server/provisioning/url", "provisioning/configuration/url", "provisioning/firmware/url"];

/// Looks through a template.
pub fn findings(template: &CompiledTemplate) -> Vec<Finding> {
    let mut found = Vec::new();
    for line in template.global.lines().iter().chain(template.private.lines()) {
        let LineSource::Template(number) = line.source else { continue };
        if WAY_BACK.contains(&line.key.as_str()) && !line.ops.contains(&Op::Mark) {
            found.push(Finding {
                line: number,
                message: format!(
                    "{} does not lead back to this server, so the phone's token is not put into it; use %ITCS_ServerIP% or %ITCS_HTTP_PROXY_IP%",
                    line.key
                ),
            });
        }
    }
    for line in template.global.lines() {
        if let (LineSource::Template(number), true) = (line.source, line.ops.contains(&Op::Mark)) {
            found.push(Finding {
                line: number,
                message: format!("{} stands in the global part, where no phone's token can be put into it; move it to the private part", line.key),
            });
        }
    }
    found
}
