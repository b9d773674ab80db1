//! Accounts of administrators (appendix F), for Super Administrators.

use crate::{
    access::{Capability, Role},
    app::{
        AppError,
        admin::{Admin, shown},
        login::check_password,
    },
    catalog::Stored,
    id::OperatorId,
    operator::{Operator, Subject},
    store::{AccountChange, Batch, Change, Expected, OperatorKey, Row, Store},
    text::{Label, UserName},
    vault::SecretText,
};

/// An account that is to be made.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// The name to log in with.
    pub name: UserName,
    /// Who that is.
    pub description: Label,
    /// What the account may do, and where.
    pub role: Role,
    /// Whether it may see secrets in files.
    pub reveal_secrets: bool,
    /// The first password, which has to be changed at the first login; a random one where none is
    /// given.
    pub password: Option<SecretText>,
}

impl<S: Store> Admin<'_, S> {
    /// All accounts, by name (SEC-01).
    pub async fn operators(&self) -> Result<Vec<Stored<Operator>>, AppError> {
        self.need(Capability::ViewOperators)?;
        let mut operators = self.app.store().operators().await?;
        operators.sort_by_key(|row| row.value.name.folded());
        Ok(operators)
    }

    /// One account.
    pub async fn operator(&self, id: OperatorId) -> Result<Stored<Operator>, AppError> {
        self.need(Capability::ViewOperators)?;
        let found = self.app.store().operator(OperatorKey::Id(id)).await?;
        found.ok_or_else(|| AppError::not_found("such administrator"))
    }

    /// Makes an account. Answers it with its password, which is shown once.
    pub async fn create_operator(&self, new: NewOperator) -> Result<(Operator, SecretText), AppError> {
        self.need(Capability::ManageOperators)?;
        self.own_accounts()?;
        let password = match new.password {
            Some(password) => {
                check_password(password.as_str(), new.name.as_str())?;
                password
            }
            None => self.app.secret_text::<16>(),
        };
        let operator = Operator {
            id: OperatorId::new(self.app.now().wall, self.app.random()),
            name: new.name,
            description: new.description,
            role: new.role,
            reveal_secrets: new.reveal_secrets,
            password: self.app.ports().passwords.hash(password.as_str()).await?,
            must_change_password: true,
            enabled: true,
            created_at: self.app.now().wall,
        };
        let entry = self.audit("operator.create", subject(&operator)).changing(None, described(&operator));
        let batch = Batch::of(put(operator.clone()))
            .expecting(Row::Operator(operator.id), Expected::Absent)
            .noting(entry);
        self.app.commit(batch).await?;
        Ok((operator, password))
    }

    /// Saves an account that was edited: all but its password. A change of rights holds for open
    /// sessions at once (SEC-21); sessions of an account that was shut end.
    pub async fn update_operator(&self, edited: Stored<Operator>) -> Result<Operator, AppError> {
        self.need(Capability::ManageOperators)?;
        let Stored { revision, value } = edited;
        let former = self.operator(value.id).await?.value;
        let operator = Operator {
            password: former.password.clone(),
            must_change_password: former.must_change_password,
            created_at: former.created_at,
            ..value
        };
        let entry = self
            .audit("operator.update", subject(&operator))
            .changing(described(&former), described(&operator));
        let mut batch = Batch::of(put(operator.clone()))
            .expecting(Row::Operator(operator.id), Expected::Revision(revision))
            .noting(entry);
        if !operator.enabled {
            batch = batch.and(end_sessions(operator.id));
        }
        self.app.commit(batch).await?;
        Ok(operator)
    }

    /// Gives an account a new random password, which has to be changed at the next login; its
    /// sessions end. Answers the password, once.
    pub async fn reset_operator_password(&self, id: OperatorId) -> Result<SecretText, AppError> {
        self.need(Capability::ManageOperators)?;
        let stored = self.operator(id).await?;
        let password = self.app.secret_text::<16>();
        let operator = Operator {
            password: self.app.ports().passwords.hash(password.as_str()).await?,
            must_change_password: true,
            ..stored.value
        };
        let entry = self.audit("operator.password", subject(&operator));
        let batch = Batch::of(put(operator))
            .expecting(Row::Operator(id), Expected::Revision(stored.revision))
            .and(end_sessions(id))
            .noting(entry);
        self.app.commit(batch).await?;
        Ok(password)
    }

    /// Deletes an account with its sessions and tokens. The last Super Administrator stays (C37).
    pub async fn delete_operator(&self, id: OperatorId) -> Result<(), AppError> {
        self.need(Capability::ManageOperators)?;
        let former = self.operator(id).await?.value;
        let entry = self.audit("operator.delete", subject(&former)).changing(described(&former), None);
        let batch = Batch::of(Change::Account(AccountChange::DeleteOperator(id))).noting(entry);
        self.app.commit(batch).await?;
        Ok(())
    }

    fn own_accounts(&self) -> Result<(), AppError> {
        if self.app.ports().host.operators.is_some() {
            return Err(AppError::conflict("the host application keeps the accounts; make it there"));
        }
        Ok(())
    }
}

fn put(operator: Operator) -> Change {
    Change::Account(AccountChange::PutOperator(Box::new(operator)))
}

fn end_sessions(id: OperatorId) -> Change {
    Change::Account(AccountChange::EndSessions(Subject::Operator(id), None))
}

fn subject(operator: &Operator) -> String {
    format!("administrator {}", operator.name)
}

/// An account as the audit log shows it.
fn described(operator: &Operator) -> Option<String> {
    shown(&serde_json::json!({
        "name": operator.name.as_str(),
        "description": operator.description.as_str(),
        "role": operator.role,
        "reveal_secrets": operator.reveal_secrets,
        "enabled": operator.enabled,
    }))
}
