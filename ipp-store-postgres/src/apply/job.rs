//! Changes of jobs and their items. What becomes of a job is computed from its row.

use super::Effect;
use crate::{connection::Conn, error::Outcome, rows::job};
use ipp_core::{
    job::{ItemState, Job, JobItem, JobState},
    log::LogText,
    store::JobChange,
};

pub(super) async fn apply(conn: &Conn, change: &JobChange) -> Outcome<Effect> {
    if let JobChange::Begin(new, phones) = change {
        if !job::add(conn, new).await? {
            return Ok(Effect::Skipped);
        }
        let queued = |(number, (device, mac)): (u32, &(_, _))| JobItem {
            job: new.id,
            number,
            device: *device,
            mac: *mac,
            state: ItemState::Queued,
            session: None,
            at: None,
            text: LogText::default(),
        };
        job::add_items(conn, (0..).zip(phones).map(queued)).await?;
        return Ok(Effect::Done);
    }
    let Some(mut row) = job::locked(conn, change.job()).await? else { return Ok(Effect::Skipped) };
    let done = of_job(conn, &mut row, change).await?;
    if done {
        job::put(conn, &row).await?;
    }
    Ok(Effect::done_if(done))
}

/// Whether a change takes effect on a job that is there.
async fn of_job(conn: &Conn, row: &mut Job, change: &JobChange) -> Outcome<bool> {
    match change {
        JobChange::Begin(..) => return Ok(false),
        JobChange::Take { job, node, at, lease } => {
            let Some(lost) = row.take(*node, *at, *lease) else { return Ok(false) };
            job::move_items(conn, *job, lost, *at).await?;
        }
        JobChange::Sending { job, epoch, item, session, at } => {
            if !row.may_send(*epoch) || !job::begin_item(conn, (*job, *item), *session, *at).await? {
                return Ok(false);
            }
            row.shift(ItemState::Queued, ItemState::Sending, 1, *at);
        }
        JobChange::Settle { job, epoch, item, state, text, at } => {
            if !row.is_held(*epoch) {
                return Ok(false);
            }
            let settled =
                job::settle_item(conn, (*job, *item), (*state, text), *at, ItemState::is_open).await?;
            let Some(former) = settled else { return Ok(false) };
            row.shift(former, *state, 1, *at);
        }
        JobChange::GoOn { job: _, epoch, next_at, until } => {
            if !row.is_held(*epoch) {
                return Ok(false);
            }
            row.go_on(*next_at, *until);
        }
        JobChange::Confirm { job, item, text, at } => {
            let state = ItemState::Confirmed;
            let settled =
                job::settle_item(conn, (*job, *item), (state, text), *at, ItemState::awaits_evidence).await?;
            let Some(former) = settled else { return Ok(false) };
            row.shift(former, state, 1, *at);
        }
        JobChange::Hand { job, item, session, state, text, at } => {
            let goes_on = row.state == JobState::Active;
            if !goes_on || !job::hand(conn, (*job, *item), *session, (*state, text), *at).await? {
                return Ok(false);
            }
            row.shift(ItemState::Waiting, *state, 1, *at);
        }
        JobChange::Steer { job, steer, at } => {
            let Some(moves) = row.steer(*steer, *at) else { return Ok(false) };
            for one in moves {
                job::move_items(conn, *job, one, *at).await?;
            }
        }
    }
    Ok(true)
}
