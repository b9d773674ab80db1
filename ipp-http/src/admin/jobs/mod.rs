//! Bulk jobs: commands to many phones over time.

pub(crate) mod begin;
pub(crate) mod cancel;
pub(crate) mod get;
pub(crate) mod items;
pub(crate) mod list;
pub(crate) mod pause;
pub(crate) mod resume;
pub(crate) mod retry;

use http::StatusCode;
use ipp_core::{
    app::admin::jobs::SeenItem,
    id::JobId,
    job::{Job, JobAction, JobCounts, JobItem, JobState, Pace, Steer},
    outbound::{DisplaySeconds, RestartKind},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoint::{ById, Call, Endpoint, Json, NoBody, Nothing, parse};
use crate::problem::Problem;

/// What a job does to each of its phones.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ActionDocument {
    /// Asks the phone how it is.
    CheckStatus {},
    /// Restarts the phone. Depending on its model it waits for the end of a call, or restarts at once.
    Restart {
        /// `graceful`, once no call is active, which is the default; `force`, at once; `scheduled`, after a while
        /// that the phone itself measures.
        #[serde(default)]
        mode: RestartMode,
        /// For `scheduled`: after how many minutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        minutes: Option<u16>,
    },
    /// Has the phone look for a new configuration file.
    UpdateConfiguration {},
    /// Has the phone load a firmware image.
    UpdateFirmware {
        /// The id of the firmware.
        firmware: String,
        /// Whether phones of other models than the image's are commanded too; `false` by default.
        #[serde(default)]
        any_model: bool,
    },
    /// Shows a text on the phone, with a beep.
    SendMessage {
        /// The text: 1 to 200 characters.
        text: String,
        /// For how many seconds: 1 to 3,600, else 10.
        seconds: Option<u16>,
    },
}

/// When a phone restarts.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestartMode {
    /// Once no call is active.
    #[default]
    Graceful,
    /// At once.
    Force,
    /// After a while that the phone itself measures.
    Scheduled,
}

/// How fast a job goes.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaceDocument {
    /// How many phones are commanded at once: 1 to 100.
    batch: u16,
    /// How many seconds it is from one batch to the next: 0 to 3,600.
    pause_seconds: u16,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobDocument {
    /// Its id.
    id: String,
    action: ActionDocument,
    /// Who began it.
    author: String,
    pace: PaceDocument,
    /// When it was made.
    created_at: String,
    /// `active`, `paused`, `finished` or `cancelled`.
    state: &'static str,
    /// When its next batch may go; absent where it does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// When it will be over at the latest, if nobody interferes; absent where it does not go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_end: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// How many phones it has.
    total: u64,
    /// How many of them are how far.
    counts: CountsDocument,
}

/// How many phones of a job are how far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsDocument {
    /// Their turn has not come.
    queued: u64,
    /// The command may have left.
    sending: u64,
    /// They took the command.
    accepted: u64,
    /// They did not take it, or certainly never got it.
    failed: u64,
    /// They were not to be commanded any more when their turn came.
    skipped: u64,
    /// It may have arrived or not.
    unknown: u64,
    /// The job was cancelled before their turn.
    cancelled: u64,
    /// They took the command, and have reported since that they have started.
    confirmed: u64,
    /// Their turn has come, and the command leaves with the answer to their next report.
    waiting: u64,
}

/// One phone of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobItemDocument {
    /// Its place in the job, from 0 on.
    number: u32,
    /// The id of the device, which may be gone; absent where it has moved to a region that may not be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// Its MAC address when the job began.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    /// `queued`, `sending`, `accepted`, `failed`, `skipped`, `unknown`, `cancelled`,
    /// `confirmed` or `waiting`.
    state: &'static str,
    /// When it got so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The id of the attempt, which stands in the phone's log too.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// What the phone said, or why not.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
}

impl ActionDocument {
    fn parse(&self) -> Result<JobAction, Problem> {
        Ok(match self {
            Self::CheckStatus {} => JobAction::CheckStatus,
            Self::UpdateConfiguration {} => JobAction::UpdateConfiguration,
            Self::Restart { mode: RestartMode::Graceful, minutes: None } => {
                JobAction::Restart(RestartKind::Graceful)
            }
            Self::Restart { mode: RestartMode::Force, minutes: None } => {
                JobAction::Restart(RestartKind::Force)
            }
            Self::Restart { mode: RestartMode::Scheduled, minutes: Some(minutes) } => {
                JobAction::Restart(RestartKind::Scheduled(within(*minutes, "/action/minutes")?))
            }
            Self::Restart { .. } => {
                let message = "Name minutes with the mode scheduled, and with no other.";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, message).at("/action/minutes"));
            }
            Self::UpdateFirmware { firmware, any_model } => JobAction::UpdateFirmware {
                firmware: parse(firmware, "/action/firmware")?,
                any_model: *any_model,
            },
            Self::SendMessage { text, seconds } => JobAction::SendMessage {
                text: parse(text, "/action/text")?,
                seconds: match seconds {
                    Some(seconds) => within(*seconds, "/action/seconds")?,
                    None => DisplaySeconds::default(),
                },
            },
        })
    }

    fn of(action: &JobAction) -> Self {
        match action {
            JobAction::CheckStatus => Self::CheckStatus {},
            JobAction::UpdateConfiguration => Self::UpdateConfiguration {},
            JobAction::Restart(RestartKind::Graceful) => {
                Self::Restart { mode: RestartMode::Graceful, minutes: None }
            }
            JobAction::Restart(RestartKind::Force) => {
                Self::Restart { mode: RestartMode::Force, minutes: None }
            }
            JobAction::Restart(RestartKind::Scheduled(delay)) => {
                Self::Restart { mode: RestartMode::Scheduled, minutes: Some(delay.get()) }
            }
            JobAction::UpdateFirmware { firmware, any_model } => {
                Self::UpdateFirmware { firmware: firmware.to_string(), any_model: *any_model }
            }
            JobAction::SendMessage { text, seconds } => {
                Self::SendMessage { text: text.as_str().to_owned(), seconds: Some(seconds.get()) }
            }
        }
    }
}

impl PaceDocument {
    fn parse(&self) -> Result<Pace, Problem> {
        Ok(Pace {
            batch: within(self.batch, "/pace/batch")?,
            pause: within(self.pause_seconds, "/pace/pause_seconds")?,
        })
    }
}

impl JobDocument {
    fn of(job: &Job, now: Timestamp) -> Self {
        let Job { id, action, author, pace, created_at, state, next_at, ended_at, counts, lease: _ } = job;
        let goes_on = *state == JobState::Active;
        let JobCounts { queued, sending, accepted, failed, skipped, unknown, cancelled, confirmed, waiting } =
            *counts;
        Self {
            id: id.to_string(),
            action: ActionDocument::of(action),
            author: author.name.clone(),
            pace: PaceDocument { batch: pace.batch.get(), pause_seconds: pace.pause.get() },
            created_at: created_at.to_string(),
            state: state.word(),
            next_at: goes_on.then(|| next_at.to_string()),
            expected_end: job.expected_end(now).map(|at| at.to_string()),
            ended_at: ended_at.map(|at| at.to_string()),
            total: counts.total(),
            counts: CountsDocument {
                queued,
                sending,
                accepted,
                failed,
                skipped,
                unknown,
                cancelled,
                confirmed,
                waiting,
            },
        }
    }
}

impl JobItemDocument {
    fn of(item: &SeenItem) -> Self {
        let item = match item {
            SeenItem::Here(item) => item,
            SeenItem::MovedAway(number, state) => {
                let (device, mac, at, session) = (None, None, None, None);
                return Self {
                    number: *number,
                    device,
                    mac,
                    state: state.word(),
                    at,
                    session,
                    text: String::new(),
                };
            }
        };
        let JobItem { job: _, number, device, mac, state, session, at, text } = item;
        Self {
            number: *number,
            device: Some(device.to_string()),
            mac: Some(mac.to_string()),
            state: state.word(),
            at: at.map(|at| at.to_string()),
            session: session.map(|session| session.to_string()),
            text: text.as_str().to_owned(),
        }
    }
}

/// A number that has bounds.
fn within<T: TryFrom<u16, Error: std::fmt::Display>>(number: u16, place: &str) -> Result<T, Problem> {
    let wrong = |error: T::Error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).at(place);
    T::try_from(number).map_err(wrong)
}

/// What all endpoints that steer a job do.
async fn steered<E>(call: Call<E>, steer: Steer) -> Result<Json<JobDocument>, Problem>
where
    E: Endpoint<Path = ById<JobId>, Query = Nothing, Body = NoBody, Answer = Json<JobDocument>>,
{
    let job = call.admin()?.steer_job(call.path.id, steer).await?;
    Ok(Json(JobDocument::of(&job, call.app().ports().clock.now().wall)))
}
