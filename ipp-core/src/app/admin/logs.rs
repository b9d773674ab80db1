//! Logs of the server.

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    digest::ContentHash,
    log::{LogLevel, activity::ActivityRecord, web_admin},
    store::{ActivityFilter, AuditChain, AuditFilter, AuditRecord, Order, Page, Store},
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
        let mut chain = AuditChain::default();
        loop {
            let page = Page::after(chain.entries(), 1_000);
            let records = self.app.store().audit(&AuditFilter::all(), Order::Ascending, page).await?;
            if records.is_empty() {
                return Ok(Verdict::Unbroken(chain.entries(), chain.hash()));
            }
            for record in records {
                if !chain.follows(&record) {
                    return Ok(Verdict::Broken(record.number));
                }
            }
        }
    }

    /// Entries of the web-admin log: those of the audit log that have this level or a more severe one
    /// (LOG-03, LOG-07).
    pub async fn web_admin_log(
        &self,
        level: LogLevel,
        order: Order,
        page: Page<u64>,
    ) -> Result<Vec<AuditRecord>, AppError> {
        let actions = web_admin::actions_of(level);
        let actions = actions.map(|actions| actions.iter().map(|action| (*action).to_owned()).collect());
        self.audit_log(&AuditFilter { actions, ..AuditFilter::all() }, order, page).await
    }

    /// Lines of the activity log (LOG-04).
    pub async fn activity_log(
        &self,
        filter: ActivityFilter,
        order: Order,
        page: Page<u64>,
    ) -> Result<Vec<ActivityRecord>, AppError> {
        self.need(Capability::ViewLogs)?;
        Ok(self.app.store().activity(filter, order, page).await?)
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
