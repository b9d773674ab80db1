//! Things to store. What is numbered with the same number has the same id; what is *full* has a
//! value in every field, written without `..`, so that a new field is a new sample.

mod accounts;
mod catalog;
mod changes;
mod devices;
mod files;
mod jobs;
mod logs;
mod settings;

use crate::{
    digest::Fingerprint,
    id::{ApiTokenId, DeviceId, FirmwareId, JobId, NodeId, OperatorId, RegionId, RunId, TemplateId, UserId},
    phone_model::ModelId,
    placeholder::{PlaceholderName, ScopedValue, StoredValue},
    store::{Change, Reseal, RunNote, SealedPlace},
    text::Label,
    time::Timestamp,
    vault::{Sealed, SealedValue},
};

pub use accounts::{api_token, claim, entry, full_operator, operator, put_operator, session};
pub use catalog::{
    firmware, full_firmware, full_region, full_template, model, put_firmware, put_model, put_region,
    put_template, region, template,
};
pub use changes::every_change;
pub use devices::{
    clear, device, full_device, full_pin, full_report, full_user, generation, ip, mac, pin, publish,
    put_device, put_user, raise, referred_to, registered, report, token, user,
};
pub use files::{file_info, put_file, shared_file, stand_in};
pub use jobs::{
    LEASE, begin, confirm, go_on, hand, job, job_of, loading, phones, sending, settle, steer, take,
};
pub use logs::{full_events, full_line, line};
pub use settings::full_settings;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident -> $id:ident;)*) => {$(
        $(#[$doc])*
        pub const fn $name(number: u8) -> $id {
            let mut bytes = [0; 16];
            bytes[15] = number;
            $id::from_bytes(bytes)
        }
    )*};
}

ids! {
    /// The id of a region.
    region_id -> RegionId;
    /// The id of a user.
    user_id -> UserId;
    /// The id of a device.
    device_id -> DeviceId;
    /// The id of a template.
    template_id -> TemplateId;
    /// The id of a firmware entry.
    firmware_id -> FirmwareId;
    /// The id of a job.
    job_id -> JobId;
    /// The id of a run.
    run_id -> RunId;
    /// The id of a node.
    node_id -> NodeId;
    /// The id of an administrator's account.
    operator_id -> OperatorId;
    /// The id of an API token.
    api_token_id -> ApiTokenId;
    /// A fingerprint.
    print -> Fingerprint;
}

/// The id of a model.
pub fn model_id(number: u8) -> ModelId {
    format!("MODEL{number}").parse().unwrap()
}

/// A moment.
pub const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The name of a placeholder.
pub fn placeholder(name: &str) -> PlaceholderName {
    name.parse().unwrap()
}

/// A value of a placeholder that anybody may see.
pub fn plain(text: &str) -> ScopedValue {
    ScopedValue { value: StoredValue::Plain(text.parse().unwrap()), description: Label::EMPTY }
}

/// A value of a placeholder that is secret.
pub fn secret(number: u8) -> ScopedValue {
    ScopedValue { value: StoredValue::Secret(sealed(number)), description: "a secret".parse().unwrap() }
}

/// A sealed value; its bytes are no text in any encoding.
pub fn sealed(number: u8) -> SealedValue {
    SealedValue { sealed: Sealed::from_bytes(vec![0, 0xff, 0xfe, number]), print: print(number) }
}

/// The change that seals secrets of the samples anew in their place.
pub fn reseal(place: SealedPlace) -> Change {
    Change::Reseal(Reseal { place, formerly: sealed(1).sealed, sealed: sealed(2).sealed })
}

/// What a batch says of its run.
pub fn note(run: u8, millis: i64) -> RunNote {
    let actor = ["Ärger \"'\\", "server"][usize::from(run + 1) % 2].to_owned();
    RunNote { id: run_id(run), actor, at: at(millis), failed: 1 }
}
