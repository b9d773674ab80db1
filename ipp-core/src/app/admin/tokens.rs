//! API tokens: everybody's own.

use crate::{
    access::{Capability, Level, Regions},
    app::{
        AppError,
        admin::{Admin, shown},
        login::in_days,
    },
    id::{ApiTokenId, OperatorId},
    operator::{API_TOKEN_MARK, ApiToken},
    store::{AccountChange, Batch, Change, Store},
    text::Label,
    vault::SecretText,
};

/// A token that is to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: Label,
    /// It may do no more than this.
    pub level: Level,
    /// In no more than these regions.
    pub regions: Regions,
    /// After how many days it ends: 1 to 366.
    pub days: u16,
}

impl<S: Store> Admin<'_, S> {
    /// The caller's tokens.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, AppError> {
        Ok(self.app.store().api_tokens(self.token_owner()?).await?)
    }

    /// Makes a token for the caller. Answers it with its text, which is shown once.
    pub async fn create_token(&self, new: NewToken) -> Result<(ApiToken, SecretText), AppError> {
        let operator = self.token_owner()?;
        if !(1..=366).contains(&new.days) {
            return Err(AppError::invalid(format!("a token for {} days; 1 to 366 are allowed", new.days)));
        }
        if new.name.as_str().is_empty() {
            return Err(AppError::invalid("a token needs a name that says what it is for"));
        }
        let secret = self.app.secret_text::<32>();
        let text = SecretText::from(format!("{API_TOKEN_MARK}{}", secret.as_str()));
        let now = self.app.now().wall;
        let token = ApiToken {
            id: ApiTokenId::new(now, self.app.random()),
            print: self.app.api_token_print(text.as_str()),
            operator,
            name: new.name,
            level: new.level.min(self.caller.level()),
            regions: new.regions,
            created_at: now,
            expires_at: in_days(now, new.days),
            last_used: None,
        };
        let detail = serde_json::json!({
            "level": token.level,
            "regions": token.regions,
            "expires_at": token.expires_at.to_string(),
        });
        let entry =
            self.audit("token.create", format!("token {}", token.name)).changing(None, shown(&detail));
        let change = Change::Account(AccountChange::PutToken(Box::new(token.clone())));
        self.app.commit(Batch::of(change).noting(entry)).await?;
        Ok((token, text))
    }

    /// Deletes one of the caller's tokens.
    pub async fn delete_token(&self, id: ApiTokenId) -> Result<(), AppError> {
        let tokens = self.tokens().await?;
        let token = tokens.iter().find(|token| token.id == id);
        let token = token.ok_or_else(|| AppError::not_found("such token"))?;
        let entry = self.audit("token.delete", format!("token {}", token.name));
        let change = Change::Account(AccountChange::DeleteToken(id));
        self.app.commit(Batch::of(change).noting(entry)).await?;
        Ok(())
    }

    fn token_owner(&self) -> Result<OperatorId, AppError> {
        self.need(Capability::OwnAccount)?;
        let own = self.caller.account();
        own.ok_or_else(|| AppError::conflict("tokens belong to accounts of this installation"))
    }
}
