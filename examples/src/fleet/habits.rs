//! The small oddities of real phones, and the faults of broken ones.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::random::SplitMix64;

/// One harmless oddity that a server has to live with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// A comma before the closing brace of every JSON body.
    TrailingComma,
    /// The MAC in upper case in file names.
    UpperCaseMac,
    /// POST instead of GET for configuration files.
    PostsForFiles,
    /// Two slashes between a base address and what follows.
    DoubleSlash,
    /// No `Content-Type` on reports.
    NoContentType,
}

impl Quirk {
    /// Every quirk with the share of phones, in percent, that have it in a drawn fleet.
    const SHARES: [(Self, u8); 5] = [
        (Self::TrailingComma, 30),
        (Self::UpperCaseMac, 15),
        (Self::PostsForFiles, 10),
        (Self::DoubleSlash, 15),
        (Self::NoContentType, 25),
    ];
}

/// How a phone fills `emsUserPassword`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PasswordForm {
    /// 32 hexadecimal digits that change with the session id.
    #[default]
    Digest,
    /// The configured value as it is.
    Clear,
}

/// The quirks of one phone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habits {
    quirks: BTreeSet<Quirk>,
    password: PasswordForm,
}

impl Habits {
    /// A phone without quirks.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Quirks drawn with the shares seen in the field.
    pub fn drawn(random: &mut SplitMix64) -> Self {
        // Every quirk is drawn, so that one more at the end changes none before it.
        let quirks = Quirk::SHARES.into_iter().filter(|(_, share)| random.percent(*share));
        Self { quirks: quirks.map(|(quirk, _)| quirk).collect(), password: PasswordForm::default() }
    }

    /// The same habits and one quirk more.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        self.quirks.insert(quirk);
        self
    }

    /// The same habits with another form of password.
    #[must_use]
    pub const fn password(mut self, form: PasswordForm) -> Self {
        self.password = form;
        self
    }

    /// Whether the phone has a quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// The form of password.
    pub const fn password_form(&self) -> PasswordForm {
        self.password
    }
}

/// What is wrong with a phone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Drops the connection in the middle of one answer in four, then asks again.
    Cut,
    /// Breaks the JSON of one report in four, then sends it whole.
    Broken,
    /// Sends one byte per 100 ms.
    Slow,
    /// Stops reporting after a few keep-alives.
    Vanish,
    /// Sends reports under a content type that is not JSON.
    WrongType,
}

/// How many phones of 100 have which fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultMix {
    /// Percentage of [`Fault::Cut`].
    pub cut: u8,
    /// Percentage of [`Fault::Broken`].
    pub broken: u8,
    /// Percentage of [`Fault::Slow`].
    pub slow: u8,
    /// Percentage of [`Fault::Vanish`].
    pub vanish: u8,
    /// Percentage of [`Fault::WrongType`].
    pub wrong_type: u8,
}

impl FaultMix {
    /// Draws the fault of one phone; at most one each.
    pub fn draw(self, random: &mut SplitMix64) -> Fault {
        let mut draw = random.below(100);
        for (fault, share) in self.shares() {
            match draw.checked_sub(u64::from(share)) {
                None => return fault,
                Some(rest) => draw = rest,
            }
        }
        Fault::None
    }

    /// Sum of all shares; above 100 no fleet can be built.
    pub fn total(self) -> u16 {
        self.shares().into_iter().map(|(_, share)| u16::from(share)).sum()
    }

    const fn shares(self) -> [(Fault, u8); 5] {
        [
            (Fault::Cut, self.cut),
            (Fault::Broken, self.broken),
            (Fault::Slow, self.slow),
            (Fault::Vanish, self.vanish),
            (Fault::WrongType, self.wrong_type),
        ]
    }
}

/// Why a mix such as `cut=1,slow=2` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultMixError {
    /// A part without `=` or with a number outside 0 to 100.
    #[error("{0:?} is not a share; write name=percent, for example cut=1")]
    BadShare(String),
    /// A name no fault has.
    #[error("{0:?} is no fault; use cut, broken, slow, vanish or type")]
    UnknownFault(String),
    /// More phones than there are.
    #[error("the shares add up to {0} %; lower them to 100 % or less")]
    TooMany(u16),
}

impl FromStr for FaultMix {
    type Err = FaultMixError;

    fn from_str(text: &str) -> Result<Self, FaultMixError> {
        let mut mix = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let bad = || FaultMixError::BadShare(part.to_owned());
            let (name, share) = part.split_once('=').ok_or_else(bad)?;
            let share: u8 =
                share.trim().trim_end_matches('%').parse().ok().filter(|p| *p <= 100).ok_or_else(bad)?;
            let place = match name.trim() {
                "cut" => &mut mix.cut,
                "broken" => &mut mix.broken,
                "slow" => &mut mix.slow,
                "vanish" => &mut mix.vanish,
                "type" => &mut mix.wrong_type,
                other => return Err(FaultMixError::UnknownFault(other.to_owned())),
            };
            *place = share;
        }
        match mix.total() {
            0..=100 => Ok(mix),
            total => Err(FaultMixError::TooMany(total)),
        }
    }
}

impl fmt::Display for FaultMix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cut, broken, slow, vanish, wrong_type } = self;
        write!(f, "cut={cut},broken={broken},slow={slow},vanish={vanish},type={wrong_type}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_is_read_and_explained() {
        let mix: FaultMix = "cut=1, broken=2,slow=3%,vanish=4,type=5".parse().unwrap();
        assert_eq!(mix.to_string(), "cut=1,broken=2,slow=3,vanish=4,type=5");
        assert_eq!("".parse(), Ok(FaultMix::default()));
        assert_eq!("cut".parse::<FaultMix>(), Err(FaultMixError::BadShare("cut".into())));
        assert_eq!("cut=101".parse::<FaultMix>(), Err(FaultMixError::BadShare("cut=101".into())));
        assert_eq!("fire=1".parse::<FaultMix>(), Err(FaultMixError::UnknownFault("fire".into())));
        assert_eq!("cut=60,slow=60".parse::<FaultMix>(), Err(FaultMixError::TooMany(120)));
    }

    #[test]
    fn shares_are_met_and_repeat_by_seed() {
        let mix = FaultMix { cut: 10, vanish: 20, ..FaultMix::default() };
        let draw =
            |seed| (0..2_000).map(|i| mix.draw(&mut SplitMix64::for_phone(seed, i))).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        let count = |fault| draw(1).into_iter().filter(|drawn| *drawn == fault).count();
        assert!((150..250).contains(&count(Fault::Cut)), "{}", count(Fault::Cut));
        assert!((320..480).contains(&count(Fault::Vanish)), "{}", count(Fault::Vanish));
        assert_eq!(count(Fault::Slow), 0);
    }

    #[test]
    fn every_quirk_appears_in_a_drawn_fleet() {
        let fleet: Vec<_> = (0..200).map(|i| Habits::drawn(&mut SplitMix64::for_phone(3, i))).collect();
        for (quirk, _) in Quirk::SHARES {
            assert!(fleet.iter().any(|habits| habits.has(quirk)), "{quirk:?}");
        }
        assert!(fleet.contains(&Habits::plain()));
    }
}
