//! Logs of the server.

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    digest::ContentHash,
    store::{AuditFilter, AuditRecord, Order, Page, Store},
};

/// What became of the chain of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry follows from the one before; so many there are, and this is the last hash. Kept
    /// elsewhere, the hash proves later that nothing up to there was rewritten.
    Unbroken(u64, Option<ContentHash>),
    /// The entry with this number is not what was written, or those before it are gone.
    Broken(u64),
}

impl<S: Store> Admin<'_, S> {
    /// Goes through the whole audit log and checks that each entry follows from the one before.
    pub async fn verify_audit_log(&self) -> Result<Verdict, AppError> {
        self.need(Capability::ViewLogs)?;
        let mut last: Option<(u64, ContentHash)> = None;
        loop {
            let page = Page { after: last.map(|(number, _)| number), limit: 1_000 };
            let records = self.app.store().audit(&AuditFilter::all(), Order::Ascending, page).await?;
            if records.is_empty() {
                return Ok(Verdict::Unbroken(
                    last.map_or(0, |(number, _)| number),
                    last.map(|(_, hash)| hash),
                ));
            }
            for record in records {
                let expected = AuditRecord::following(last, record.entry.clone());
                if expected != record {
                    return Ok(Verdict::Broken(record.number));
                }
                last = Some((record.number, record.hash));
            }
        }
    }

    /// Entries of the audit log.
    pub async fn audit_log(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: Page<u64>,
    ) -> Result<Vec<AuditRecord>, AppError> {
        self.need(Capability::ViewLogs)?;
        Ok(self.app.store().audit(filter, order, page).await?)
    }
}
