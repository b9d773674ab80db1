//! The web-admin log, the newest lines first (LOG-03, LOG-06 to LOG-09).

use ipp_core::{
    log::{LogText, line, web_admin::level_of},
    store::{AuditRecord, Order, Page},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Newest, next};
use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// Lines of the web-admin log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebAdminLog {
    /// The name of the file that the log is saved as.
    file: &'static str,
    /// The newest first.
    items: Vec<WebAdminLine>,
    /// What to send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// What was done, as a line. Its texts hold no line break and no markup.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebAdminLine {
    /// The number of the entry in the audit log, which tells more.
    number: u64,
    /// When.
    at: String,
    /// How much it matters.
    level: &'static str,
    /// Who.
    actor: String,
    /// What was done.
    action: String,
    /// To what.
    subject: String,
    /// All of it as it stands in the file.
    line: String,
}

pub(crate) struct WebAdmin;

impl Endpoint for WebAdmin {
    type Path = Nothing;
    type Query = Newest;
    type Body = NoBody;
    type Answer = Json<WebAdminLog>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let (level, limit) = (call.query.level()?, call.query.count()?);
        let page = Page { after: call.query.after, limit };
        let records = call.admin()?.web_admin_log(level, Order::Descending, page).await?;
        let next = next(&records, limit, |record| record.number);
        Ok(Json(WebAdminLog { file: line::WEB_ADMIN_FILE, items: records.iter().map(item).collect(), next }))
    }
}

fn item(record: &AuditRecord) -> WebAdminLine {
    let AuditRecord { number, entry, hash: _ } = record;
    let [actor, action, subject] =
        [&entry.actor, &entry.action, &entry.subject].map(|text| LogText::of(text).to_string());
    WebAdminLine {
        number: *number,
        at: entry.at.to_string(),
        level: level_of(&entry.action).as_str(),
        actor,
        action,
        subject,
        line: line::of_audit(entry),
    }
}
