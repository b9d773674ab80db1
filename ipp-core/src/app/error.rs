//! What a use case answers when it cannot be done.

use std::{error::Error, fmt, time::Duration};

use crate::{
    access::Capability,
    blob::BlobError,
    generation::GenerationError,
    host::HostError,
    operator::Refused,
    passwords::PasswordsError,
    render::{RenderError, option160::Option160Error},
    store::{StoreError, StoreErrorKind},
    template::TemplateError,
    text::TextError,
    vault::VaultError,
};

/// An error of a use case. Match on [`AppError::kind`]; the text is for people.
#[derive(Debug)]
pub struct AppError {
    kind: AppErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a caller does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppErrorKind {
    /// There is no such thing, or it may not be seen.
    NotFound,
    /// Nobody is logged in, or name and password do not fit.
    Unauthenticated,
    /// The caller may see it and not do it.
    Forbidden,
    /// The input is wrong; the message names the place and the fix.
    Invalid,
    /// Somebody else changed it meanwhile, or a name is taken, or it is still in use.
    Conflict,
    /// Try again after a while.
    Busy,
    /// A fault of this program or of stored data.
    Internal,
}

impl AppError {
    /// There is no such thing.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self { kind: AppErrorKind::NotFound, message: format!("there is no {what}"), source: None }
    }

    /// Nobody is logged in.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self { kind: AppErrorKind::Unauthenticated, message: message.into(), source: None }
    }

    /// The caller may not do it.
    pub fn forbidden(capability: Capability) -> Self {
        let message = if capability == Capability::RevealSecrets {
            "this needs the right to reveal secrets".to_owned()
        } else {
            format!("this needs the level {} or above", capability.rule().0)
        };
        Self { kind: AppErrorKind::Forbidden, message, source: None }
    }

    /// The input is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { kind: AppErrorKind::Invalid, message: message.into(), source: None }
    }

    /// It cannot be done beside what is there.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { kind: AppErrorKind::Conflict, message: message.into(), source: None }
    }

    /// There is no room for it now.
    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self { kind: AppErrorKind::Busy, message: message.into(), source: None }
    }

    /// A fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { kind: AppErrorKind::Internal, message: message.into(), source: None }
    }

    /// A file cannot be made of a template.
    pub(crate) fn of_template(name: &str, error: RenderError) -> Self {
        let message = format!("template `{name}`, {error}");
        Self { kind: AppErrorKind::Invalid, message, source: Some(Box::new(error)) }
    }

    /// Why a file cannot be made, where that is what went wrong.
    pub fn render_error(&self) -> Option<&RenderError> {
        self.source.as_ref()?.downcast_ref()
    }

    /// What kind of error this is.
    pub const fn kind(&self) -> AppErrorKind {
        self.kind
    }

    /// How long to wait before trying again, where that makes sense.
    pub fn retry_after(&self) -> Option<Duration> {
        let source = self.source.as_ref()?;
        let store = || source.downcast_ref::<StoreError>()?.retry_after();
        source.downcast_ref::<Refused>().map(|refused| refused.0).or_else(store)
    }

    /// Whether deciding again on fresh data may succeed.
    pub fn is_stale(&self) -> bool {
        self.source
            .as_ref()
            .and_then(|source| source.downcast_ref::<StoreError>())
            .is_some_and(StoreError::is_stale)
    }

    /// The same error, which says what it is about.
    pub(super) fn about(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    fn because(kind: AppErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { kind, message: source.to_string(), source: Some(Box::new(source)) }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message already is the cause's own text: hand on what lies behind it.
        self.source.as_ref().and_then(|source| source.source())
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Stale
            | StoreErrorKind::Taken
            | StoreErrorKind::Referenced
            | StoreErrorKind::Protected => AppErrorKind::Conflict,
            StoreErrorKind::Busy | StoreErrorKind::Unavailable => AppErrorKind::Busy,
            StoreErrorKind::Corrupt => AppErrorKind::Internal,
            StoreErrorKind::Invalid => AppErrorKind::Invalid,
        };
        Self::because(kind, error)
    }
}

impl From<PasswordsError> for AppError {
    fn from(error: PasswordsError) -> Self {
        let kind = match error {
            PasswordsError::Busy => AppErrorKind::Busy,
            PasswordsError::Damaged(_) => AppErrorKind::Internal,
        };
        Self::because(kind, error)
    }
}

macro_rules! from {
    ($($error:ty => $kind:ident;)*) => {$(
        impl From<$error> for AppError {
            fn from(error: $error) -> Self {
                Self::because(AppErrorKind::$kind, error)
            }
        }
    )*};
}

from! {
    VaultError => Internal;
    GenerationError => Internal;
    BlobError => Busy;
    RenderError => Invalid;
    Option160Error => Invalid;
    TemplateError => Invalid;
    TextError => Invalid;
    Refused => Busy;
    HostError => Busy;
}
