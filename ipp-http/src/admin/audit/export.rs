//! The whole audit log, one entry a line, with the hashes that prove it. `ipp-server audit verify --file`
//! checks what was saved.

use ipp_core::{
    app::AppError,
    store::{AuditFilter, Order, Page},
};

use crate::{
    admin::{
        endpoint::{Call, Endpoint, NoBody, Nothing},
        stream::{Reader, Streamed},
    },
    problem::Problem,
};

/// How many entries are read at a time.
const PAGE: u32 = 1_000;

pub(crate) struct Export;

impl Endpoint for Export {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Streamed;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let reader = Reader::new(call.shared_app(), call.admin()?.caller().clone());
        let page = move |after| {
            let reader = reader.clone();
            Box::pin(async move {
                let page = Page { after, limit: PAGE };
                let records = reader.admin().audit_log(&AuditFilter::all(), Order::Ascending, page).await?;
                let mut text = String::new();
                for record in &records {
                    let line = serde_json::to_string(record)
                        .map_err(|error| AppError::internal(format!("entry {}: {error}", record.number)))?;
                    text.push_str(&line);
                    text.push('\n');
                }
                let full = records.len() == PAGE as usize;
                Ok((text, records.last().map(|record| record.number).filter(|_| full)))
            }) as _
        };
        Streamed::new("IPP_audit_log.jsonl", "application/x-ndjson", page).await
    }
}
