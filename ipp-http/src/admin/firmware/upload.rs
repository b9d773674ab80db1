//! Upload the image of an entry (FW-03, FW-18).

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use ipp_core::{
    app::{
        AppError,
        admin::firmware::{ImageUpload, MAX_IMAGE, Pieces},
    },
    id::FirmwareId,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::FirmwareDocument;
use crate::{
    admin::endpoint::{ById, Call, Endpoint, Json, StreamBody, parse},
    problem::Problem,
};

/// How long the next piece may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// How it is uploaded.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct How {
    /// That the phones which take the image by its name, or by their region, shall get it.
    confirm: bool,
    /// The name that the file had; the version may be read from it.
    file_name: Option<String>,
}

pub(crate) struct Upload;

impl Endpoint for Upload {
    type Path = ById<FirmwareId>;
    type Query = How;
    type Body = StreamBody;
    type Answer = Json<FirmwareDocument>;

    async fn run(call: Call<Self>) -> Result<Self::Answer, Problem> {
        if call.content_length().is_some_and(|length| length > MAX_IMAGE) {
            let detail = format!("The image is larger than {MAX_IMAGE} bytes.");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        let file_name = call.query.file_name.as_deref().map(|name| parse(name, "file_name")).transpose()?;
        let upload = ImageUpload { file_name, confirmed: call.query.confirm, ..ImageUpload::default() };
        let mut pieces = Arriving(call.body.take());
        let admin = call.admin()?;
        admin.upload_firmware(call.path.id, &upload, &mut pieces).await?;
        Ok(Json(FirmwareDocument::of(&admin, &admin.firmware_entry(call.path.id)?).await?))
    }
}

/// The body of the request, which may break off.
struct Arriving(Body);

impl Pieces for Arriving {
    async fn next(&mut self) -> Result<Option<Bytes>, AppError> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.0.frame()).await;
            let frame = frame.map_err(|_| AppError::invalid("the image did not arrive in time"))?;
            let frame =
                frame.transpose().map_err(|_| AppError::invalid("the image ended before its length"))?;
            // Anything but data is no part of the image.
            match frame.map(http_body::Frame::into_data) {
                None => return Ok(None),
                Some(Ok(data)) => return Ok(Some(data)),
                Some(Err(_)) => {}
            }
        }
    }
}
