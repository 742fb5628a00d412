//! What a record on `bot-settings` must be to count. A broker with ACLs decides who may write there; this keeps out what
//! none of our services would have written.

use crate::{
    bus::Record,
    event::{AuthorLeft, Event, SettingsEvent},
};
use jiff::{SignedDuration, Timestamp};

/// How far the clocks of two machines may differ.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

/// Why a record does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingRefusal {
    /// Compaction and reading would disagree about what applies.
    #[error("its key is not {0}")]
    Key(String),
    #[error("its {0} is not an id of Discord")]
    Id(&'static str),
    /// People's messages would not be kept until then.
    #[error("its {0} is after the time at which it was written")]
    Future(&'static str),
}

pub(super) fn check(record: &Record, event: &SettingsEvent) -> Result<(), SettingRefusal> {
    let key = event.key();
    if record.key.as_deref() != Some(key.as_bytes()) {
        return Err(SettingRefusal::Key(key));
    }
    for (name, is_id) in ids(event) {
        if !is_id {
            return Err(SettingRefusal::Id(name));
        }
    }
    // The record's own time, so that every service decides alike, whenever it reads.
    let latest = record.timestamp.saturating_add(CLOCK_SLACK).unwrap_or(Timestamp::MAX);
    match times(event).into_iter().flatten().find(|(_, time)| *time > latest) {
        Some((name, _)) => Err(SettingRefusal::Future(name)),
        None => Ok(()),
    }
}

/// The ids, and whether each is one. Other producers may name people as they like.
fn ids(event: &SettingsEvent) -> Vec<(&'static str, bool)> {
    let (mut guild, mut channel, mut user) = (None, None, None);
    match event {
        SettingsEvent::Guild(event) => guild = Some(&event.guild_id),
        SettingsEvent::Privacy(event) => user = Some(&event.user_id),
        SettingsEvent::Backfill(event) => (guild, channel) = (Some(&event.guild_id), Some(&event.channel_id)),
        SettingsEvent::Seen(event) => (guild, channel) = (event.guild_id.as_ref(), Some(&event.channel_id)),
        SettingsEvent::Recent(event) => (guild, channel) = (event.guild_id.as_ref(), Some(&event.channel_id)),
        SettingsEvent::Membership(event) => guild = Some(&event.guild_id),
        SettingsEvent::Left(AuthorLeft { guild_id, user_id, .. }) => (guild, user) = (Some(guild_id), Some(user_id)),
    }
    let guild = guild.map(|id| ("guild_id", id.snowflake().is_some()));
    let channel = channel.map(|id| ("channel_id", id.snowflake().is_some()));
    let user = user.map(|id| ("user_id", !id.as_str().is_empty()));
    [guild, channel, user].into_iter().flatten().collect()
}

/// The times by which messages are kept or not, and that of the event.
fn times(event: &SettingsEvent) -> [Option<(&'static str, Timestamp)>; 2] {
    let changed = |at| Some(("changed_at", at));
    match event {
        SettingsEvent::Guild(event) => [changed(event.changed_at), None],
        SettingsEvent::Privacy(event) => {
            [changed(event.changed_at), event.forgotten_until.map(|until| ("forgotten_until", until))]
        }
        SettingsEvent::Backfill(event) => [changed(event.changed_at), None],
        SettingsEvent::Seen(event) => [changed(event.changed_at), None],
        SettingsEvent::Recent(event) => [changed(event.changed_at), None],
        SettingsEvent::Membership(event) => [changed(event.changed_at), None],
        SettingsEvent::Left(event) => [Some(("left_at", event.left_at)), None],
    }
}
