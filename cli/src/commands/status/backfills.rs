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
    let mut backfills = settings.backfills();
    backfills.retain(|backfill| backfill.part_of.is_none());
    let is_over = |backfill: &Backfill| backfill.state != BackfillState::Running;
    backfills.sort_by_key(|backfill| (is_over(backfill), std::cmp::Reverse(backfill.changed_at)));
    Ok(backfills)
}

/// A backfill as `--json` prints it.
pub(super) fn to_json(backfill: &Backfill) -> Value {
    json!({
        "guild_id": backfill.guild_id,
        "channel_id": backfill.channel_id,
        "state": word(backfill.state),
        "messages": backfill.read,
        "reason": backfill.reason,
        "began_at": backfill.began_at.map(|at| at.to_string()),
        "changed_at": backfill.changed_at.to_string(),
    })
}

/// A backfill as a row: server, channel, state, messages, and the time of the last change.
pub(super) fn row(backfill: &Backfill) -> [String; 5] {
    let state = match &backfill.reason {
        Some(reason) => format!("{}: {reason}", word(backfill.state)),
        None => word(backfill.state).to_owned(),
    };
    let changed = backfill.changed_at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    [backfill.guild_id.to_string(), backfill.channel_id.to_string(), state, backfill.read.to_string(), changed]
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
