//! One action for many users: each by itself, and a word about each (MUL-02).

use super::{Admin, bulk::Each};
use crate::{
    access::Capability,
    app::{
        AppError,
        admin::{
            device_bulk::{BulkResult, GeneratedDevices, MOST, Selection},
            users::{PasswordEdit, is_system},
        },
    },
    catalog::Stored,
    id::{DeviceId, RegionId, UserId},
    store::{Page, Store, UserFilter, UserKey},
    text::UserName,
    user::User,
    vault::SecretText,
};

/// Which users.
#[derive(Debug, Clone)]
pub enum UserSelection {
    /// Those that were picked.
    Ids(Vec<UserId>),
    /// All that pass.
    Filter(UserFilter),
}

/// What became of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserItem {
    /// The user.
    pub user: UserId,
    /// Its name, where it may be seen.
    pub name: Option<UserName>,
    /// What became of it.
    pub result: BulkResult,
}

/// Passwords for many users.
#[derive(Debug, Clone)]
pub enum NewPasswords {
    /// One of its own for each, made up (MUL-09).
    Random,
    /// The same for all (MUL-10).
    Same(SecretText),
}

const WINDOW: u32 = 500;

/// What random passwords are made of: 32 characters that nobody takes for one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What is to be done to each.
#[derive(Debug, Clone, Copy)]
enum Action<'a> {
    Move(RegionId),
    Passwords(&'a NewPasswords),
    Delete,
}

impl<S: Store> Admin<'_, S> {
    /// Moves users with their devices to a region (MUL-08, AMB-103).
    pub async fn move_users(
        &self,
        selection: &UserSelection,
        region: RegionId,
    ) -> Result<Vec<UserItem>, AppError> {
        self.need(Capability::EditUsers)?;
        self.need_in(Capability::EditUsers, Some(region), "region")?;
        self.each_selected(selection, Action::Move(region)).await
    }

    /// Gives users new SIP passwords. Their phones have them when their files are generated and they have
    /// fetched those (MUL-11).
    pub async fn reset_user_passwords(
        &self,
        selection: &UserSelection,
        passwords: &NewPasswords,
    ) -> Result<Vec<UserItem>, AppError> {
        self.need(Capability::EditUsers)?;
        self.each_selected(selection, Action::Passwords(passwords)).await
    }

    /// Deletes users with their devices (MUL-12, AMB-19).
    pub async fn delete_users(&self, selection: &UserSelection) -> Result<Vec<UserItem>, AppError> {
        self.need(Capability::EditUsers)?;
        self.each_selected(selection, Action::Delete).await
    }

    /// Publishes the files of all devices of users, as one run (MUL-16, MUL-18).
    pub async fn generate_users(&self, selection: &UserSelection) -> Result<GeneratedDevices, AppError> {
        self.need(Capability::Generate)?;
        let devices = self.devices_of_users(selection).await?;
        self.generate_devices(&Selection::Ids(devices)).await
    }

    /// How many users are selected.
    pub async fn count_users(&self, selection: &UserSelection) -> Result<u64, AppError> {
        self.need(Capability::View)?;
        Ok(self.selected_users(selection).await?.len() as u64)
    }

    /// The devices of users, as far as they may be seen.
    pub async fn devices_of_users(&self, selection: &UserSelection) -> Result<Vec<DeviceId>, AppError> {
        self.need(Capability::View)?;
        let visible = self.caller.visible();
        let mut devices: Vec<DeviceId> = Vec::new();
        for id in self.selected_users(selection).await? {
            let of_user = self.devices_of(id).await?.into_iter().map(|record| record.device.value);
            devices.extend(of_user.filter(|device| visible.contains(device.region)).map(|device| device.id));
        }
        Ok(devices)
    }

    async fn act_on(&self, action: Action<'_>, user: Stored<User>) -> Result<BulkResult, AppError> {
        let id = user.value.id;
        match action {
            Action::Move(region) if user.value.region == region => {
                return Ok(BulkResult::Skipped("it is in that region".to_owned()));
            }
            Action::Passwords(_) if is_system(&user.value) => {
                let why = "phones announce themselves with its password; change it by itself";
                return Ok(BulkResult::Skipped(why.to_owned()));
            }
            Action::Move(region) => {
                let value = User { region, ..user.value };
                self.update_user(Stored { value, ..user }, PasswordEdit::Keep).await?;
            }
            Action::Passwords(passwords) => {
                let password = match passwords {
                    NewPasswords::Random => self.random_password(),
                    NewPasswords::Same(text) => text.clone(),
                };
                self.update_user(user, PasswordEdit::Set(password)).await?;
            }
            Action::Delete => self.delete_user(id, true).await?,
        }
        Ok(BulkResult::Done)
    }

    /// 80 random bits in sixteen characters.
    fn random_password(&self) -> SecretText {
        let bytes: [u8; 16] = self.app.random();
        let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('a', char::from);
        SecretText::from(bytes.iter().map(letter).collect::<String>())
    }

    async fn each_selected(
        &self,
        selection: &UserSelection,
        action: Action<'_>,
    ) -> Result<Vec<UserItem>, AppError> {
        let ids = self.selected_users(selection).await?;
        let mut each = Each::of(&ids, |user, name, result| UserItem { user, name, result });
        while let Some(id) = each.next() {
            let (name, done) = self.one_user(id, action).await;
            each.note(name, done)?;
        }
        Ok(each.items())
    }

    /// Does it to one user, if it may be seen; answers its name with what became of it.
    async fn one_user(
        &self,
        id: UserId,
        action: Action<'_>,
    ) -> (Option<UserName>, Result<BulkResult, AppError>) {
        let user = match self.app.store().user(UserKey::Id(id)).await {
            Ok(user) => user,
            Err(error) => return (None, Err(error.into())),
        };
        let visible = self.caller.visible();
        match user.filter(|user| visible.contains(Some(user.value.region))) {
            Some(user) => (Some(user.value.name.clone()), self.act_on(action, user).await),
            None => (None, Err(AppError::not_found("such user"))),
        }
    }

    async fn selected_users(&self, selection: &UserSelection) -> Result<Vec<UserId>, AppError> {
        let too_many =
            || AppError::invalid(format!("more than {MOST} users are selected; narrow the selection"));
        match selection {
            UserSelection::Ids(ids) if ids.len() > MOST => Err(too_many()),
            UserSelection::Ids(ids) => {
                let mut seen = std::collections::BTreeSet::new();
                Ok(ids.iter().copied().filter(|id| seen.insert(*id)).collect())
            }
            UserSelection::Filter(filter) => {
                let regions = self.caller.visible().among(filter.regions.as_deref());
                let filter = UserFilter { regions, ..filter.clone() };
                let (mut ids, mut after) = (Vec::new(), None);
                loop {
                    let page = self.app.store().users(&filter, Page { after, limit: WINDOW }).await?;
                    let more = page.len() == WINDOW as usize;
                    ids.extend(page.iter().map(|user| user.value.id));
                    after = ids.last().copied();
                    if ids.len() > MOST {
                        return Err(too_many());
                    }
                    if !more {
                        return Ok(ids);
                    }
                }
            }
        }
    }
}
