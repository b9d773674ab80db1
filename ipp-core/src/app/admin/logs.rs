//! Logs of the server.

use crate::{
    access::Capability,
    app::{AppError, admin::Admin},
    store::{AuditFilter, AuditRecord, Order, Page, Store},
};

impl<S: Store> Admin<'_, S> {
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
