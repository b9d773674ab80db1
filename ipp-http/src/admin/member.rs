//! A member of an edit that may be kept, set, or taken away.

use serde::{Deserialize, Deserializer};

use crate::problem::Problem;

/// A member that may be `null`. Its field needs `#[serde(default)]`.
#[derive(Debug, Default)]
pub(crate) enum Member<T> {
    /// It is not named: it stays.
    #[default]
    Kept,
    /// It is `null`: there is to be none.
    Null,
    /// It has a value.
    Set(T),
}

impl<T> Member<T> {
    /// Does to `place` what the member says.
    pub(crate) fn edit<U>(
        &self,
        place: &mut Option<U>,
        parse: impl FnOnce(&T) -> Result<U, Problem>,
    ) -> Result<(), Problem> {
        match self {
            Self::Kept => {}
            Self::Null => *place = None,
            Self::Set(value) => *place = Some(parse(value)?),
        }
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Set))
    }
}
