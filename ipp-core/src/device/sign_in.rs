//! Somebody signs in on a phone (appendix G, ZT-08).

use super::{BoundBy, Device, Owner};
use crate::{
    text::{Label, UserName},
    user::User,
};

/// Who a report says is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The name that identifies the person: the user id where the phone gives one, else the user
    /// name.
    pub name: UserName,
    /// The name to show.
    pub display_name: Label,
}

impl SignedIn {
    /// What a report says. `None` where nobody is signed in, or the name cannot be one.
    pub fn from_report(user_id: &str, user_name: &str) -> Option<Self> {
        let name = if user_id.trim().is_empty() { user_name } else { user_id };
        Some(Self {
            name: name.trim().parse().ok()?,
            display_name: user_name.trim().parse().unwrap_or_default(),
        })
    }
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the same person, or an assignment that only an administrator changes.
    Keep,
    /// The phone goes to a user who exists.
    Assign(Owner),
    /// The phone goes to a user who is to be made, without a password.
    Create(SignedIn),
}

/// Decides, given the phone's present user and the user of the reported name, if there is one.
///
/// A phone that an administrator gave to a user keeps that user (SGN-05); otherwise the phone goes
/// to whoever signed in last (SGN-01, AMB-47).
pub fn decide(
    device: &Device,
    owner: Option<&User>,
    reported: SignedIn,
    existing: Option<&User>,
) -> Decision {
    if device.releases_secrets() {
        return Decision::Keep;
    }
    if owner.is_some_and(|owner| owner.name.folded() == reported.name.folded()) {
        return Decision::Keep;
    }
    match existing {
        Some(user) => Decision::Assign(Owner { user: user.id, bound_by: BoundBy::SignIn }),
        None => Decision::Create(reported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        device::Admission,
        id::{DeviceId, RegionId, UserId},
        time::Timestamp,
        user::UserOrigin,
    };

    fn user(number: u8, name: &str) -> User {
        User {
            id: UserId::from_bytes([number; 16]),
            name: name.parse().unwrap(),
            display_name: Label::EMPTY,
            region: RegionId::from_bytes([9; 16]),
            password: None,
            origin: UserOrigin::SignIn,
        }
    }

    fn phone(owner: Option<(&User, BoundBy)>) -> Device {
        let mac = "00908f000001".parse().unwrap();
        let mut device =
            Device::new(DeviceId::from_bytes([1; 16]), mac, Admission::Enrolled, Timestamp::default());
        device.owner = owner.map(|(user, bound_by)| Owner { user: user.id, bound_by });
        device
    }

    fn said(name: &str) -> SignedIn {
        SignedIn::from_report("", name).unwrap()
    }

    #[test]
    fn sgn_01_the_phone_goes_to_whoever_signed_in_last() {
        let (a, b) = (user(1, "a"), user(2, "b"));
        let device = phone(Some((&a, BoundBy::SignIn)));
        let to_b = Decision::Assign(Owner { user: b.id, bound_by: BoundBy::SignIn });
        assert_eq!(decide(&device, Some(&a), said("b"), Some(&b)), to_b);
        assert_eq!(decide(&device, Some(&a), said("c"), None), Decision::Create(said("c")));
    }

    #[test]
    fn sgn_05_an_assignment_by_an_administrator_stays() {
        let (a, b) = (user(1, "a"), user(2, "b"));
        let device = phone(Some((&a, BoundBy::Administrator)));
        assert_eq!(decide(&device, Some(&a), said("b"), Some(&b)), Decision::Keep);
    }

    #[test]
    fn zt_08_the_first_sign_in_makes_the_user() {
        assert_eq!(decide(&phone(None), None, said("160000"), None), Decision::Create(said("160000")));
        let a = user(1, "John@example.com");
        let device = phone(Some((&a, BoundBy::SignIn)));
        assert_eq!(
            decide(&device, Some(&a), said("john@EXAMPLE.com"), Some(&a)),
            Decision::Keep,
            "same person"
        );
    }

    #[test]
    fn a_lync_phone_names_the_person_by_user_id() {
        let said = SignedIn::from_report("john@example.com", "John Smith").unwrap();
        assert_eq!((said.name.as_str(), said.display_name.as_str()), ("john@example.com", "John Smith"));
        assert_eq!(SignedIn::from_report(" ", ""), None);
    }
}
