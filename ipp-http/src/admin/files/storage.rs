//! How much is kept, and how much it takes (CFG-03).

use ipp_core::cfg::FileUsage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    admin::endpoint::{Call, Endpoint, Json, NoBody, Nothing},
    problem::Problem,
};

/// What is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StorageDocument {
    /// Devices with a published file. It is rendered when it is asked for and takes no place of its own.
    rendered: u64,
    /// Files that people wrote for one phone.
    phone: UsageDocument,
    /// Files that people uploaded for phones to share.
    shared: UsageDocument,
    /// Firmware images.
    firmware: UsageDocument,
    /// How much the files that people wrote may take together, in bytes.
    quota: u64,
}

/// How many files of a kind there are, and how large they are together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageDocument {
    files: u64,
    /// Bytes.
    bytes: u64,
}

pub(crate) struct Storage;

impl Endpoint for Storage {
    type Path = Nothing;
    type Query = Nothing;
    type Body = NoBody;
    type Answer = Json<StorageDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        let storage = call.admin()?.storage().await?;
        let usage = |FileUsage { files, bytes }| UsageDocument { files, bytes };
        Ok(Json(StorageDocument {
            rendered: storage.rendered,
            phone: usage(storage.stand_ins),
            shared: usage(storage.shared),
            firmware: usage(storage.firmware),
            quota: storage.quota,
        }))
    }
}
