//! What is taken in later than it happened: fetched by REST because no session delivered it, because a channel was
//! hidden from the bot, or because a queue to the bus was full.

use super::{Intake, recorder::deleted};
use crate::{
    catch_up::{Difference, MissedChange, MissedPage, late},
    discord::{
        channels::View,
        model::{Cache, GuildId},
    },
    publish::AfterOverflow,
};
use jiff::Timestamp;
use rtfm_shared::telemetry::trace;
use std::sync::Arc;
use tracing::{error_span, field::Empty};

impl Intake {
    /// Records a page of missed messages. Questions in it are asked while an answer is still of use.
    pub(super) fn missed_page(&mut self, page: MissedPage) {
        let MissedPage { cache, guild, channel, messages, done } = page;
        // The bot may have been removed from the guild since they were fetched, and must not remember them then. After
        // an outage they are fetched again, since the checkpoint stays.
        if cache.guild(guild).is_none() {
            return;
        }
        let span = error_span!(parent: None, "discord_event", kind = "missed", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        // The guild may have decided since they were fetched that they are not to be read.
        let skipped = self.recorder.checkpoints.skipped(channel.get());
        for message in messages.into_iter().filter(|message| message.id.get() > skipped) {
            let question = self.record(&cache, &message, Some(guild), &traceparent, true);
            if let Some(question) = question.filter(|_| late::is_useful(message.timestamp)) {
                let (questions, rest, cache) = (self.services.questions.clone(), self.rest.clone(), cache.clone());
                let pending = self.recorder.checkpoints.hold(message.channel_id.get(), message.id.get());
                self.work(&traceparent, async move {
                    if let Some(message) = late::unanswered(&rest, guild, message).await {
                        questions.by_message(&cache, &message, &question).await;
                    }
                    pending.done();
                });
            }
        }
        self.recorder.publisher.notify_when_published(&channel.to_string(), done);
    }

    /// Publishes edits and deletions that no session delivered.
    pub(super) fn missed_change(&mut self, change: MissedChange) {
        let MissedChange { cache, guild, channel, difference } = change;
        // As with pages: to a processor, an edit would bring back what was removed.
        let Some(me) = self.me.filter(|_| cache.guild(guild).is_some()) else { return };
        let span = error_span!(parent: None, "discord_event", kind = "changed", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        let count = match difference {
            Difference::Edited(messages) => self.recorder.edited(&cache, &messages, guild, me, &traceparent),
            Difference::Deleted(messages) => {
                let event = deleted(Some(guild), channel, &messages, Timestamp::now());
                self.recorder.publisher.publish(event, &traceparent);
                messages.len()
            }
            Difference::ChannelDeleted => {
                self.recorder.channels_deleted(guild, vec![channel], &traceparent);
                1
            }
        };
        metrics::counter!("rtfm_discord_missed_changes_total").increment(count as u64);
        tracing::info!(%channel, count, "published edits and deletions missed while away");
    }

    /// Permissions may have changed in a guild.
    pub(super) fn update_hidden(&self, cache: &Arc<Cache>, guild: GuildId, views: &[View]) {
        let again = self.services.catch_up.update_hidden(guild, views);
        let (catch_up, checkpoints) = (self.services.catch_up.clone(), self.recorder.checkpoints.clone());
        let (cache, settings) = (cache.clone(), self.services.questions.settings.clone());
        self.tasks.spawn_until_stop(async move {
            checkpoints.store_hidden(&settings).await;
            catch_up.compare_again(&cache, guild, again).await;
        });
    }

    /// Fetches what a full queue left out.
    pub(super) fn after_overflow(&mut self, overflow: AfterOverflow) {
        let (Some(cache), Some(me)) = (self.cache.clone(), self.me) else { return };
        let span = error_span!(parent: None, "discord_event", kind = "behind", trace_id = Empty);
        let traceparent = trace::join(&span, None);
        match overflow {
            AfterOverflow::CaughtUp => {
                let guilds = self.recorder.checkpoints.with_losses().into_iter();
                let guilds = guilds.filter(|id| *id != 0).map(GuildId::new);
                guilds.for_each(|guild| self.fill_gap(&cache, guild, None, false));
            }
            AfterOverflow::Edited(edited) => self.recorder.reread(&self.rest, &cache, edited, me, &traceparent),
        }
    }
}
