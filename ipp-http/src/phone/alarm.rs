//! `POST …/ipphoneMgrAlert/alert`: a phone raises or clears alarms.

use axum::{body::Body, response::Response};
use ipp_core::{
    alarm::{AlarmDetails, Severity},
    app::alarms::{AlarmAnswer, Alert as Raised},
    log::activity::Message,
    mac::Mac,
};

use super::{
    body,
    context::Context,
    status::no_requests,
    wire::{
        alarm_body::{AlarmBody, Alert},
        json::BODY_LIMIT,
    },
};
use crate::problem::Problem;

pub(super) async fn alarm(context: &Context<'_>, request: Body) -> Result<Response, Problem> {
    let bytes = body::read(request, BODY_LIMIT).await?;
    let said = AlarmBody::parse(&bytes).map_err(|error| {
        context.note_unreadable(Message::Alarm);
        body::refused(&error)
    })?;
    let stated = said.mac.and_then(|mac| Mac::new(mac).ok());
    let alerts = said.alerts.into_iter().map(raised).collect();
    match context.app().alarms(context.token.as_ref(), stated, context.peer, alerts).await? {
        // A phone is always answered alike.
        AlarmAnswer::Stored | AlarmAnswer::Dropped => {}
    }
    Ok(no_requests())
}

fn raised(alert: Alert) -> Raised {
    Raised {
        source: alert.source_mac.and_then(|mac| Mac::new(mac).ok()),
        name: alert.name,
        description: alert.description,
        severity: Severity::from_number(alert.severity),
        details: AlarmDetails {
            unique_id: alert.unique_id.unwrap_or_default(),
            alarm_type: alert.alarm_type,
            probable_cause: alert.probable_cause,
            additional_info1: alert.additional_info1.unwrap_or_default(),
            additional_info2: alert.additional_info2.unwrap_or_default(),
            phone_time: alert.date.unwrap_or_default(),
        },
    }
}
