//! What phones fetch, on its way into the logs.

use super::{
    App, AppError,
    activity::About,
    files::{FileRequest, ServedFile},
};
use crate::{
    device::user_agent::UserAgent,
    log::{Activity, EventKind, activity::FetchedFile},
    mac::Mac,
    store::Store,
};

impl<S: Store> App<S> {
    /// Notes that a file was asked for, and what was answered: in memory, as everything about files.
    pub fn note_fetch(
        &self,
        file: FetchedFile,
        mac: Option<Mac>,
        request: FileRequest<'_>,
        served: Option<&ServedFile>,
        status: u16,
    ) {
        if let Some((device, event)) = served.and_then(|served| served.event(status)) {
            self.note_event(device, event);
        }
        let known = served.and_then(|served| served.phone);
        let about = known.unwrap_or_else(|| About::stranger(mac, request.peer));
        self.note(about, Activity::Fetched(file, status));
    }

    /// The same for firmware. The phone is known by its token, which nobody looks at who asks for what is
    /// not there.
    pub async fn note_firmware(
        &self,
        name: &str,
        request: FileRequest<'_>,
        there: bool,
        status: u16,
    ) -> Result<(), AppError> {
        let phone = match request.token.filter(|_| there) {
            Some(token) => self.phone_by_token(token).await?,
            None => None,
        };
        let said =
            || request.user_agent.and_then(UserAgent::parse).and_then(|agent| Mac::new(agent.mac?).ok());
        let about = match &phone {
            Some(phone) => About::phone(phone, request.peer),
            None => About::stranger(said(), request.peer),
        };
        if let Some(phone) = &phone {
            self.note_event(phone.device.id, EventKind::Firmware { name: name.to_owned(), status });
        }
        self.note(about, Activity::Fetched(FetchedFile::Firmware(name.to_owned()), status));
        Ok(())
    }
}
