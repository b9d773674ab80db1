//! The command table: how each family of phones takes each command, as data, because little of it is public.

use serde::{Deserialize, Serialize};

use super::{
    CommandFamily, CommandName, Credentials, DigestFormula, EncodedRequest, Pattern, PhoneCommand, SessionId,
    builtin,
};
use crate::mac::Mac;

/// The families of phones, the first that fits counting. The last one is for all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<CommandFamily>", into = "Vec<CommandFamily>")]
pub struct CommandTable(Vec<CommandFamily>);

/// What decides the family of a phone: what it said of itself.
#[derive(Debug, Clone, Copy)]
pub struct PhoneFacts<'a> {
    /// Its hardware model, such as `430HD`.
    pub model: &'a str,
    /// Its firmware version, such as `UC_3.1.0`.
    pub firmware: &'a str,
}

/// What one attempt fills in.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The id of the attempt.
    pub session: SessionId,
    /// The phone.
    pub mac: Mac,
    /// Its REST account.
    pub credentials: &'a Credentials,
    /// How the digest of the password is made.
    pub formula: &'a dyn DigestFormula,
}

/// Why a command cannot be written for a phone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The family does not take it.
    #[error(
        "phones of model `{models}` with firmware `{firmware}` do not take {command}; the command table has no entry for it"
    )]
    NoEntry {
        /// The models of the family.
        models: Pattern,
        /// Its firmware.
        firmware: Pattern,
        /// The command.
        command: CommandName,
    },
    /// The phone has no REST password yet.
    #[error("the phone has no REST password of its own yet; it gets one when it is approved")]
    NoPassword,
}

/// Why a table was refused: which entry, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct TableError {
    /// A JSON pointer into the list of families.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

/// How many families a table may have.
const FAMILIES: usize = 32;

impl CommandTable {
    /// A table of these families, the last of which is for all phones.
    pub fn new(families: Vec<CommandFamily>) -> Result<Self, TableError> {
        let bad = |place: String, reason: &str| Err(TableError { place, reason: reason.to_owned() });
        if !(1..=FAMILIES).contains(&families.len()) {
            return bad(String::new(), "a table has 1 to 32 families");
        }
        let last = families.len() - 1;
        for (at, family) in families.iter().enumerate() {
            let place = format!("/{at}");
            match family.is_for_all() {
                true if at != last => {
                    return bad(place, "it is for all phones, so those behind it never count; put it last");
                }
                false if at == last => {
                    return bad(place, "the last family is for all other phones: both its patterns are `*`");
                }
                true | false => {}
            }
            family.check(&place)?;
        }
        Ok(Self(families))
    }

    /// Whether it is the table as it is delivered.
    pub fn is_builtin(&self) -> bool {
        *self == Self::default()
    }

    /// The families, in the order in which they are tried.
    pub fn families(&self) -> &[CommandFamily] {
        &self.0
    }

    /// The family of a phone.
    pub fn family(&self, phone: PhoneFacts<'_>) -> Option<&CommandFamily> {
        self.0.iter().find(|family| family.models.fits(phone.model) && family.firmware.fits(phone.firmware))
    }

    /// Writes a command for a phone and one attempt.
    pub fn encode(
        &self,
        phone: PhoneFacts<'_>,
        command: &PhoneCommand,
        call: Call<'_>,
    ) -> Result<EncodedRequest, EncodeError> {
        let name = command.name();
        let none = |models, firmware| EncodeError::NoEntry { models, firmware, command: name };
        let family = self.family(phone).ok_or_else(|| none(Pattern::any(), Pattern::any()))?;
        let entry =
            family.commands.get(&name).ok_or_else(|| none(family.models.clone(), family.firmware.clone()))?;
        Ok(EncodedRequest {
            command: name,
            method: entry.method,
            path: entry.path.clone(),
            body: family.body(entry, command, call)?,
            expected: entry.expected.clone(),
            delivered: family.delivered,
            scheme: family.scheme,
            port: family.port,
            certificates: family.certificates.clone(),
            element: family.element,
        })
    }
}

impl Default for CommandTable {
    fn default() -> Self {
        Self(vec![builtin::family()])
    }
}

impl TryFrom<Vec<CommandFamily>> for CommandTable {
    type Error = TableError;

    fn try_from(families: Vec<CommandFamily>) -> Result<Self, TableError> {
        Self::new(families)
    }
}

impl From<CommandTable> for Vec<CommandFamily> {
    fn from(table: CommandTable) -> Self {
        table.0
    }
}
