//! How far the histories of channels have been read, as the bots note it.

use crate::fault::Fault;
use rtfm_shared::{
    bus::Bus,
    event::{Backfill, BackfillState},
    settings::Settings,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Every reading that was ever asked for, the latest of each channel; those under way first, then the newest.
pub(super) async fn look(bus: &Arc<dyn Bus>) -> Result<Vec<Backfill>, Fault> {
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

/// One as an object.
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

/// A row for people: server, channel, state, messages, when that was true.
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
