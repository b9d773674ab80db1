//! `POST …/ipphoneMgrStatus/keep-alive`: a phone reports its status.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use ipp_core::{
    app::report::{Report, ReportAnswer},
    log::activity::Message,
    mac::Mac,
    outbound::{EncodedRequest, keep_alive_answer},
    status::{Registration, ReportDetails},
};

use super::{
    body,
    context::Context,
    wire::{json::BODY_LIMIT, status_body::StatusBody},
};
use crate::problem::Problem;

pub(super) async fn status(context: &Context<'_>, request: Body) -> Result<Response, Problem> {
    let bytes = body::read(request, BODY_LIMIT).await?;
    let said = StatusBody::parse(&bytes).map_err(|error| {
        context.note_unreadable(Message::Report);
        body::refused(&error)
    })?;
    let mac = Mac::new(said.mac).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    let report = Report {
        token: context.token.as_ref(),
        region: context.region,
        stated_region: said.region.as_deref().unwrap_or_default(),
        mac,
        registration: Registration::from(said.status.clone().unwrap_or_default()),
        account: said.ems_user_name.as_deref().unwrap_or_default(),
        password: said.ems_user_password.as_ref().map(super::wire::Hidden::expose).unwrap_or_default(),
        peer: context.peer,
        proxied: context.proxied,
        details: details(&said, context.user_agent()),
    };
    match context.app().report(&report).await? {
        ReportAnswer::Accepted => Ok(no_requests()),
        ReportAnswer::Commands(commands) => Ok(requests(&commands)),
        ReportAnswer::Unauthorised => Ok(unauthorised()),
    }
}

/// The answer that asks nothing of the phone, with the body that phones expect.
pub(super) fn no_requests() -> Response {
    requests(&[])
}

/// The answer that has commands for the phone.
fn requests(commands: &[EncodedRequest]) -> Response {
    let mut response = Response::new(Body::from(keep_alive_answer(commands)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn unauthorised() -> Response {
    let detail =
        "A phone without a token announces itself with the account `system`, which an administrator makes.";
    Problem::new(StatusCode::UNAUTHORIZED, detail).into_response()
}

fn details(said: &StatusBody, header: Option<&str>) -> ReportDetails {
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    // Older phones do not name their User-Agent in the body.
    let user_agent = match text(&said.user_agent) {
        stated if stated.is_empty() => header.unwrap_or_default().chars().take(256).collect(),
        stated => stated,
    };
    let mut extra = said.extra.clone();
    let known = [
        ("BToEpairingstatus", &said.btoe_pairing_status),
        ("BToEversion", &said.btoe_version),
        ("USBHeadsetType", &said.usb_headset_type),
        ("HRSSpeakerModel", &said.hrs_speaker_model),
        ("HRSSpeakerFW", &said.hrs_speaker_fw),
    ];
    extra.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
    ReportDetails {
        ip: text(&said.ip),
        subnet: text(&said.subnet),
        vlan_id: text(&said.vlan_id),
        model: text(&said.model),
        firmware_version: text(&said.fw_version),
        user_agent,
        user_name: text(&said.user_name),
        user_id: text(&said.user_id),
        phone_number: text(&said.phone_number),
        location: text(&said.location),
        sip_proxy: text(&said.sip_proxy),
        extra,
    }
}
