//! The backfills of channels, as the bots record them in bot-settings.

use crate::error::CliError;
use rtfm_shared::{
    bus::Bus,
    event::{Backfill, BackfillState},
    settings::Settings,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// The latest backfill of each channel: running ones first, then the newest.
pub(super) async fn collect(bus: &Arc<dyn Bus>) -> Result<Vec<Backfill>, CliError> {
    let settings = Settings::new(bus.clone());
    tokio::select! {
        () = settings.ready() => {}
        error = settings.follow() => return Err(error.into()),
    }
    let mut histories = settings.backfills();
    histories.retain(|history| history.part_of.is_none());
    let is_over = |history: &Backfill| history.state != BackfillState::Running;
    histories.sort_by_key(|history| (is_over(history), std::cmp::Reverse(history.changed_at)));
    Ok(histories)
}

/// A backfill as an object.
pub(super) fn object(history: &Backfill) -> Value {
    json!({
        "guild_id": history.guild_id,
        "channel_id": history.channel_id,
        "state": word(history.state),
        "messages": history.read,
        "reason": history.reason,
        "began_at": history.began_at.map(|at| at.to_string()),
        "changed_at": history.changed_at.to_string(),
    })
}

/// A backfill as a row: server, channel, state, messages, and the time of the last change.
pub(super) fn row(history: &Backfill) -> [String; 5] {
    let state = match &history.reason {
        Some(reason) => format!("{}: {reason}", word(history.state)),
        None => word(history.state).to_owned(),
    };
    let changed = history.changed_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    [history.guild_id.to_string(), history.channel_id.to_string(), state, history.read.to_string(), changed]
}

fn word(state: BackfillState) -> &'static str {
    match state {
        BackfillState::Running => "being read",
        BackfillState::Done => "read",
        BackfillState::Failed => "not read to its beginning",
        BackfillState::Cancelled => "stopped",
        BackfillState::Other => "unknown",
    }
}
