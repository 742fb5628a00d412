//! What is heard later than it was said or done: fetched by REST, because nobody listened, because the bot was shut
//! out, or because the way to the bus was full.

use super::{super::edits, Intake, deleted, is_wanted};
use crate::{
    history::{Changed, Difference, Missed, View, late},
    publish::Behind,
};
use jiff::Timestamp;
use rtfm_shared::{
    event::{ChannelDeleted, MessageEvent},
    telemetry::trace,
};
use serenity::{
    cache::Cache,
    model::id::{ChannelId, GuildId, MessageId},
};
use std::sync::Arc;
use tracing::{error_span, field::Empty};

impl Intake {
    /// A page of what was said while nobody listened. Questions in it are asked while they are still of use.
    pub(super) fn missed(&mut self, missed: Missed) {
        let Missed { cache, guild, channel, messages, done } = missed;
        // The bot may have been taken from it since they were asked for: then they are not to be remembered. After an
        // outage they are asked for again, since they do not count as heard.
        if cache.guild(guild).is_none() {
            return;
        }
        let span = error_span!(parent: None, "discord_event", kind = "missed", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        // Somebody may have decided since the page was asked for that it is not to be read.
        let skipped = self.seen.skipped(channel.get());
        for message in messages.into_iter().filter(|message| message.id.get() > skipped) {
            let question = self.remember(&cache, &message, Some(guild), &traceparent, true);
            if let Some(question) = question.filter(|_| late::is_of_use(message.timestamp)) {
                let (desk, rest, cache) = (self.desk.clone(), self.rest.clone(), cache.clone());
                let held = self.seen.hold(message.channel_id.get(), message.id.get());
                self.work(&traceparent, async move {
                    if let Some(message) = late::unanswered(&rest, guild, message).await {
                        desk.by_message(&cache, &message, &question).await;
                    }
                    held.done();
                });
            }
        }
        self.publisher.tell_when_published(&channel.to_string(), done);
    }

    /// What was edited or deleted while nobody listened.
    pub(super) fn changed(&mut self, changed: Changed) {
        let Changed { cache, guild, channel, difference } = changed;
        // The same holds for these: to a processor, an edit brings what was forgotten.
        let Some(me) = self.me.filter(|_| cache.guild(guild).is_some()) else { return };
        let span = error_span!(parent: None, "discord_event", kind = "changed", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        let count = match difference {
            Difference::Edited(messages) => {
                let all = self.content.is_readable();
                let edit = |message| edits::as_event(&cache, message, Some(guild), me, all);
                let edits: Vec<MessageEvent> = messages.iter().filter_map(edit).collect();
                let wanted = edits.into_iter().filter(|edit| is_wanted(&self.settings, edit)).collect::<Vec<_>>();
                let count = wanted.len();
                for edit in wanted {
                    self.publisher.say(edit, &traceparent);
                }
                count
            }
            Difference::Gone(messages) => {
                self.publisher.say(deleted(Some(guild), channel, &messages, Timestamp::now()), &traceparent);
                messages.len()
            }
            Difference::ChannelGone => {
                self.channels_gone(guild, vec![channel], &traceparent);
                1
            }
        };
        metrics::counter!("rtfm_discord_missed_changes_total").increment(count as u64);
        tracing::info!(%channel, count, "what was edited or deleted while the bot was away is taken over");
    }

    /// Channels or threads are gone.
    pub(super) fn channels_gone(&mut self, guild: GuildId, channels: Vec<ChannelId>, traceparent: &str) {
        let now = Timestamp::now();
        for channel in channels {
            let (channel_id, guild_id) = (channel.get().into(), Some(guild.get().into()));
            let gone = ChannelDeleted { channel_id, guild_id, timestamp: now };
            self.publisher.say(MessageEvent::ChannelDeleted(gone), traceparent);
        }
    }

    /// Who may view what may have changed in a guild.
    pub(super) fn look_around(&self, cache: &Arc<Cache>, guild: GuildId, views: &[View]) {
        let again = self.gaps.look(guild, views);
        let (gaps, seen, settings) = (self.gaps.clone(), self.seen.clone(), self.settings.clone());
        let (cache, stop) = (cache.clone(), self.stop.clone());
        self.at_work.spawn(stop.run_until_cancelled_owned(async move {
            seen.note_shut(&settings).await;
            gaps.compare_again(&cache, guild, again).await;
        }));
    }

    /// What is done after a queue to the bus was full.
    pub(super) fn behind(&mut self, behind: Behind) {
        let (Some(cache), Some(me)) = (self.cache.clone(), self.me) else { return };
        let span = error_span!(parent: None, "discord_event", kind = "behind", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        match behind {
            Behind::CaughtUp => {
                let guilds = self.seen.with_losses().into_iter().filter(|id| *id != 0).map(GuildId::new);
                guilds.for_each(|guild| self.fill_gap(&cache, guild, None));
            }
            Behind::Edited(edited) if edited.channel != 0 => {
                let guild = edited.guild.filter(|id| *id != 0).map(GuildId::new);
                for id in edited.messages.into_iter().filter(|id| *id != 0) {
                    let which = (guild, ChannelId::new(edited.channel), MessageId::new(id));
                    let edit = edits::reread(&self.rest, &cache, which, me, self.content.is_readable());
                    let edit = self.heeding(edit);
                    self.publisher.say_after((edited.guild, edited.channel, id), edit, &traceparent);
                }
            }
            Behind::Edited(_) => {}
        }
    }
}
