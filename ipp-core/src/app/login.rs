//! Logging in: sessions of people, tokens of programs, and the first administrator.

use std::net::IpAddr;

use super::{App, AppError};
use crate::{
    access::{Caller, Role},
    digest::{Fingerprint, FingerprintOf},
    id::OperatorId,
    operator::{API_TOKEN_MARK, Operator, SESSION_ABSOLUTE, Session, SessionLimits, Subject},
    store::{AccountChange, Batch, Change, Expected, OperatorKey, Row, Store},
    text::Label,
    time::Timestamp,
    vault::SecretText,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The name of the first administrator (LGN-02).
pub const FIRST_ADMINISTRATOR: &str = "acladmin";

/// How finely the last use of a token is noted.
const TOKEN_USE: std::time::Duration = std::time::Duration::from_hours(1);

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// On whose behalf the session acts.
    pub caller: Caller,
    /// The session.
    pub session: Session,
    /// Whether nothing may be done before the password was changed.
    pub must_change_password: bool,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// What the browser shows from now on; never stored.
    pub id: SecretText,
    /// Who it is.
    pub who: SignedIn,
}

impl<S: Store> App<S> {
    /// Makes the first administrator, where there is none yet, with a random password that has to be
    /// changed at the first login (LGN-02, AMB-98). Answers the password, once: it is not stored.
    pub async fn ensure_administrator(&self) -> Result<Option<SecretText>, AppError> {
        if self.ports.host.operators.is_some() || !self.store.operators().await?.is_empty() {
            return Ok(None);
        }
        let password = self.secret_text::<16>();
        let operator = Operator {
            id: OperatorId::new(self.now().wall, self.random()),
            name: FIRST_ADMINISTRATOR.parse()?,
            description: Label::EMPTY,
            role: Role::SuperAdministrator,
            reveal_secrets: true,
            password: self.ports.passwords.hash(password.as_str()).await?,
            must_change_password: true,
            enabled: true,
            created_at: self.now().wall,
        };
        let row = Row::Operator(operator.id);
        let entry = self.audit("server", "operator.create", format!("administrator {}", operator.name));
        let change = Change::Account(AccountChange::PutOperator(Box::new(operator)));
        let batch = Batch::of(change).expecting(row, Expected::Absent).noting(entry);
        match self.commit(batch).await {
            Ok(_) => Ok(Some(password)),
            // Another node was quicker: its password is the one.
            Err(_) if !self.store.operators().await?.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Logs in (LGN-04). A wrong name and a wrong password cannot be told apart (LGN-05); failures
    /// slow down (SEC-23). The first login lets phones have the option 160 files (LGN-13).
    pub async fn log_in(&self, name: &str, password: &str, source: IpAddr) -> Result<NewSession, AppError> {
        let account = name.to_ascii_lowercase();
        let mono = self.now().mono;
        self.attempts(|attempts| attempts.admit(&account, source, mono))?;
        let (subject, who) = match self.check_password(name, password).await? {
            Ok(known) => known,
            Err(refused) => {
                self.attempts(|attempts| attempts.failed(&account, source, mono));
                self.note_refused_login(refused.as_deref(), source);
                return Err(AppError::unauthenticated("the user name or the password is wrong"));
            }
        };
        self.attempts(|attempts| attempts.succeeded(&account, source));
        let now = self.now().wall;
        let id = self.secret_text::<32>();
        let session =
            Session { print: self.session_print(id.as_str()), subject, created_at: now, last_seen: now };
        let (used, begun) = self.session_limits().bounds(now);
        let batch = Batch::of(Change::Account(AccountChange::PruneSessions(used, begun)))
            .and(Change::Account(AccountChange::PutSession(session.clone())))
            .noting(self.audit(who.0.name(), "session.begin", format!("from {source}")));
        self.commit(batch).await?;
        self.initialise_provisioning().await?;
        Ok(NewSession { id, who: SignedIn { caller: who.0, session, must_change_password: who.1 } })
    }

    /// Who a session is of; `None` where it is over, unknown, or its account is shut.
    pub async fn signed_in(&self, id: &str) -> Result<Option<SignedIn>, AppError> {
        let who = self.watched(id).await?;
        let now = self.now().wall;
        if let Some(SignedIn { session, .. }) = who.as_ref().filter(|who| who.session.is_to_be_touched(now)) {
            let touch = AccountChange::TouchSession(session.print, now);
            self.store.commit(Batch::of(Change::Account(touch))).await?;
        }
        Ok(who)
    }

    /// The same without using the session: a page that follows what changes keeps nobody logged in.
    pub async fn watched(&self, id: &str) -> Result<Option<SignedIn>, AppError> {
        let Some((session, operator)) = self.store.session(self.session_print(id)).await? else {
            return Ok(None);
        };
        let now = self.now().wall;
        if self.session_limits().is_over(&session, now) {
            return Ok(None);
        }
        let (caller, must_change_password) = match (&session.subject, operator) {
            (Subject::Operator(_), Some(operator)) if operator.enabled => {
                (operator.caller(), operator.must_change_password)
            }
            (Subject::Operator(_), _) => return Ok(None),
            (Subject::Host(subject), _) => match &self.ports.host.operators {
                Some(operators) => match operators.find(subject).await? {
                    Some(operator) => (operator.caller(), false),
                    None => return Ok(None),
                },
                None => return Ok(None),
            },
        };
        Ok(Some(SignedIn { caller, session, must_change_password }))
    }

    /// On whose behalf a program with this API token acts; `None` where the token is worth nothing.
    pub async fn token_caller(&self, text: &str) -> Result<Option<Caller>, AppError> {
        if !text.starts_with(API_TOKEN_MARK) {
            return Ok(None);
        }
        let Some((token, operator)) = self.store.api_token(self.api_token_print(text)).await? else {
            return Ok(None);
        };
        let now = self.now().wall;
        let caller = token.caller(&operator, now);
        if caller.is_some() && token.last_used.is_none_or(|used| now.since(used) >= TOKEN_USE) {
            let used = AccountChange::UseToken(token.id, now);
            self.store.commit(Batch::of(Change::Account(used))).await?;
        }
        Ok(caller)
    }

    /// Ends a session (LGN-15).
    pub async fn log_out(&self, who: &SignedIn) -> Result<(), AppError> {
        let batch = Batch::of(Change::Account(AccountChange::EndSession(who.session.print)))
            .noting(self.audit(who.caller.name(), "session.end", "own session"));
        self.commit(batch).await?;
        Ok(())
    }

    /// Ends all sessions of somebody, this one too.
    pub async fn log_out_everywhere(&self, who: &SignedIn) -> Result<(), AppError> {
        let end = AccountChange::EndSessions(who.session.subject.clone(), None);
        let batch = Batch::of(Change::Account(end)).noting(self.audit(
            who.caller.name(),
            "session.end",
            "all own sessions",
        ));
        self.commit(batch).await?;
        Ok(())
    }

    /// The sessions of somebody, the one used last first.
    pub async fn sessions_of(&self, who: &SignedIn) -> Result<Vec<Session>, AppError> {
        let limits = self.session_limits();
        let now = self.now().wall;
        let mut sessions = self.store.sessions(&who.session.subject).await?;
        sessions.retain(|session| !limits.is_over(session, now));
        Ok(sessions)
    }

    /// Changes the own password. All other sessions end, and this one gets a new id (A18).
    pub async fn change_own_password(
        &self,
        who: &SignedIn,
        current: &str,
        new: &str,
        source: IpAddr,
    ) -> Result<NewSession, AppError> {
        let Subject::Operator(id) = who.session.subject else {
            return Err(AppError::conflict("the host application keeps the passwords; change it there"));
        };
        let account = who.caller.name().to_ascii_lowercase();
        let mono = self.now().mono;
        self.attempts(|attempts| attempts.admit(&account, source, mono))?;
        let stored = self.store.operator(OperatorKey::Id(id)).await?;
        let stored = stored.ok_or_else(|| AppError::not_found("such account"))?;
        if !self.ports.passwords.verify(Some(&stored.value.password), current).await? {
            self.attempts(|attempts| attempts.failed(&account, source, mono));
            self.note_refused_login(Some(stored.value.name.as_str()), source);
            return Err(AppError::invalid("the current password is wrong"));
        }
        if new == current {
            return Err(AppError::invalid("the new password is the current one; choose another"));
        }
        check_password(new, stored.value.name.as_str())?;
        let operator = Operator {
            password: self.ports.passwords.hash(new).await?,
            must_change_password: false,
            ..stored.value
        };
        let now = self.now().wall;
        let fresh = self.secret_text::<32>();
        let session =
            Session { print: self.session_print(fresh.as_str()), last_seen: now, ..who.session.clone() };
        let caller = operator.caller();
        let batch = Batch::of(Change::Account(AccountChange::PutOperator(Box::new(operator))))
            .expecting(Row::Operator(id), Expected::Revision(stored.revision))
            .and(Change::Account(AccountChange::EndSessions(who.session.subject.clone(), None)))
            .and(Change::Account(AccountChange::PutSession(session.clone())))
            .noting(self.audit(caller.name(), "operator.password", "own password"));
        self.commit(batch).await?;
        Ok(NewSession { id: fresh, who: SignedIn { caller, session, must_change_password: false } })
    }

    /// Gives an administrator a new random password, which has to be changed at the next login, and
    /// opens a shut account: the way back for whoever has the server's files (C37). For a command on
    /// the server itself.
    pub async fn recover_administrator(&self, name: &str) -> Result<SecretText, AppError> {
        let stored = self.store.operator(OperatorKey::Name(name.parse()?)).await?;
        let stored = stored.ok_or_else(|| AppError::not_found("such administrator"))?;
        let password = self.secret_text::<16>();
        let operator = Operator {
            password: self.ports.passwords.hash(password.as_str()).await?,
            must_change_password: true,
            enabled: true,
            ..stored.value
        };
        let subject = format!("administrator {}", operator.name);
        let batch =
            Batch::of(Change::Account(AccountChange::EndSessions(Subject::Operator(operator.id), None)))
                .expecting(Row::Operator(operator.id), Expected::Revision(stored.revision))
                .and(Change::Account(AccountChange::PutOperator(Box::new(operator))))
                .noting(self.audit("command line", "operator.recover", subject));
        self.commit(batch).await?;
        Ok(password)
    }

    /// Who it is; else the name of the account, where there is one of that name.
    async fn check_password(
        &self,
        name: &str,
        password: &str,
    ) -> Result<Result<(Subject, (Caller, bool)), Option<String>>, AppError> {
        if let Some(operators) = &self.ports.host.operators {
            let found = operators.log_in(name, password).await?;
            return Ok(found.ok_or(None).map(|operator| {
                let caller = operator.caller();
                (Subject::Host(operator.subject), (caller, false))
            }));
        }
        let operator = match name.parse() {
            Ok(name) => self.store.operator(OperatorKey::Name(name)).await?.map(|stored| stored.value),
            Err(_) => None,
        };
        let account = operator.as_ref().map(|operator| operator.name.to_string());
        let operator = operator.filter(|operator| operator.enabled);
        let hash = operator.as_ref().map(|operator| &operator.password);
        let right = self.ports.passwords.verify(hash, password).await?;
        Ok(operator.filter(|_| right).ok_or(account).map(|operator| {
            (Subject::Operator(operator.id), (operator.caller(), operator.must_change_password))
        }))
    }

    pub(super) fn session_limits(&self) -> SessionLimits {
        let minutes = self.snapshot().catalog.settings().console_idle_minutes;
        SessionLimits {
            idle: std::time::Duration::from_secs(u64::from(minutes) * 60),
            absolute: SESSION_ABSOLUTE,
        }
    }

    /// Random bytes as URL-safe text.
    pub(super) fn secret_text<const N: usize>(&self) -> SecretText {
        let bytes = zeroize::Zeroizing::new(self.random::<N>());
        URL_SAFE_NO_PAD.encode(bytes.as_slice()).into()
    }

    pub(super) fn api_token_print(&self, text: &str) -> Fingerprint {
        self.ports.vault.fingerprints().of(FingerprintOf::ApiToken, text.as_bytes())
    }

    fn session_print(&self, id: &str) -> Fingerprint {
        self.ports.vault.fingerprints().of(FingerprintOf::Session, id.as_bytes())
    }
}

/// What a password for an administrator has to be: 10 to 128 characters, and not the name.
pub(super) fn check_password(password: &str, name: &str) -> Result<(), AppError> {
    let length = password.chars().count();
    if !(10..=128).contains(&length) {
        return Err(AppError::invalid(format!(
            "the password has {length} characters; 10 to 128 are allowed"
        )));
    }
    if password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(AppError::invalid("the password contains the user name; choose another"));
    }
    Ok(())
}

/// When something that lives for `days` ends.
pub(super) fn in_days(now: Timestamp, days: u16) -> Timestamp {
    now.plus(std::time::Duration::from_hours(24) * u32::from(days))
}
