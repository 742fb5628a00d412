//! One backfill: a channel's own messages from the newest to the oldest, then thread by thread. Each page is published
//! before its checkpoint is stored; reading a page twice changes nothing, and what was deleted meanwhile stays deleted.

use super::report::ProgressReport;
use crate::{
    catch_up::HistoryReader,
    discord::{
        channels::{ChannelInfo, has_messages, public_thread_of},
        ids::{EventId, ToEventId, first_of_second, instant},
        message::{asks, chat_message_in, is_human, says_something},
        model::{Cache, Channel, ChannelId, GuildChannel, GuildId, Message, MessageId},
        rest::{PageFrom, RestError},
        retry::is_passing,
    },
    publish::SOURCE,
};
use backon::Retryable;
use jiff::Timestamp;
use rtfm_shared::{
    bus::{Bus, BusError, OutRecord},
    event::{Backfill, BackfillState, Envelope, MessageEvent, SettingsEvent},
    resilience::{Backoff, Class, Classify},
    settings::{Settings, SettingsError},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Between two tries while Discord or the bus is in trouble.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A running backfill of one channel.
pub(super) struct BackfillJob {
    pub(super) reader: HistoryReader,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) settings: Settings,
    pub(super) cache: Arc<Cache>,
    pub(super) guild: GuildId,
    /// How far it has come, as it is noted.
    pub(super) backfill: Backfill,
    pub(super) report: ProgressReport,
    pub(super) cancelled: CancellationToken,
}

/// Why a reading ends before the beginning of the channel.
#[derive(Debug, thiserror::Error)]
enum BackfillError {
    #[error("the backfill was stopped")]
    Cancelled,
    #[error("{0}")]
    Discord(#[from] RestError),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error("failed to encode a message: {0}")]
    Encode(#[from] serde_json::Error),
    #[error("the channel is no longer part of this server")]
    Gone,
}

impl Classify for BackfillError {
    fn class(&self) -> Class {
        match self {
            Self::Discord(error) => error.class(),
            Self::Bus(error) => error.class(),
            Self::Settings(error) => error.class(),
            Self::Cancelled | Self::Encode(_) | Self::Gone => Class::Permanent,
        }
    }
}

impl BackfillJob {
    /// Reads to the end, however often Discord or the bus is away in between, and notes how it ended.
    pub(super) async fn run(&mut self, channel: ChannelId) {
        tracing::info!(%channel, read = self.backfill.read, "backfill started");
        let mut delays = Backoff::new(FIRST_DELAY, LONGEST_DELAY);
        let (state, reason) = loop {
            let before = self.backfill.read;
            match self.channel(channel).await {
                Ok(()) => break (BackfillState::Done, None),
                Err(BackfillError::Cancelled) => break (BackfillState::Cancelled, None),
                Err(error) if error.class() == Class::Permanent => {
                    break (BackfillState::Failed, Some(for_people(&error)));
                }
                Err(error) => tracing::warn!(%channel, %error, "backfill failed, retrying"),
            }
            if self.backfill.read > before {
                delays.reset();
            }
            self.cancelled.run_until_cancelled(tokio::time::sleep(delays.next_delay())).await;
        };
        (self.backfill.state, self.backfill.reason) = (state, reason);
        tracing::info!(%channel, ?state, read = self.backfill.read, "backfill ended");
        let stored =
            (|| self.store(self.backfill.clone())).retry(Backoff::new(FIRST_DELAY, LONGEST_DELAY)).when(is_passing);
        if let Err(error) = stored.await {
            tracing::warn!(%channel, %error, "failed to store the end of a backfill");
        }
    }

    /// Shows how far it has come.
    pub(super) async fn show(&mut self) {
        self.report.show(self.reader.rest(), &self.backfill).await;
    }

    /// The response of Discord, unless the backfill is cancelled first.
    async fn request<T>(&self, request: impl Future<Output = Result<T, RestError>>) -> Result<T, BackfillError> {
        Ok(self.cancelled.run_until_cancelled(request).await.ok_or(BackfillError::Cancelled)??)
    }

    async fn channel(&mut self, channel: ChannelId) -> Result<(), BackfillError> {
        let Channel::Guild(channel) = self.request(self.reader.rest().channel(channel)).await? else {
            return Err(BackfillError::Gone);
        };
        if channel.guild_id != self.guild {
            return Err(BackfillError::Gone);
        }
        self.backfill.public_thread_of = public_thread_of(&channel).map(|parent| parent.event_id());
        self.show().await;
        if has_messages(&channel) {
            let mut read = self.backfill.clone();
            self.read_history(&channel, &mut read).await?;
        }
        for thread in self.request(self.reader.threads(&self.cache, &channel)).await? {
            self.thread(&channel, &thread).await?;
        }
        Ok(())
    }

    /// Reads a thread, unless this reading did so already.
    async fn thread(&mut self, channel: &GuildChannel, thread: &GuildChannel) -> Result<(), BackfillError> {
        let id = rtfm_shared::event::ChannelId::from(thread.id.get());
        let known = self.settings.backfill(&id).filter(|known| known.began_at >= self.backfill.began_at);
        if known.as_ref().is_some_and(|known| known.state == BackfillState::Done) {
            return Ok(());
        }
        let mut read = known.unwrap_or_else(|| Backfill {
            channel_id: id,
            guild_id: self.backfill.guild_id.clone(),
            part_of: Some(channel.id.event_id()),
            requested_by: self.backfill.requested_by.clone(),
            began_at: self.backfill.began_at,
            ..Backfill::default()
        });
        read.public_thread_of = public_thread_of(thread).map(|parent| parent.event_id());
        match self.read_history(thread, &mut read).await {
            Ok(()) => read.state = BackfillState::Done,
            // A thread that is closed to the bot is no reason to leave out the others.
            Err(error @ BackfillError::Discord(_)) if error.class() == Class::Permanent => {
                (read.state, read.reason) = (BackfillState::Failed, Some(for_people(&error)));
            }
            Err(error) => return Err(error),
        }
        self.store(read).await
    }

    /// Reads the messages of one channel or thread, from where the last reading stopped.
    async fn read_history(&mut self, channel: &GuildChannel, read: &mut Backfill) -> Result<(), BackfillError> {
        loop {
            let before = read.read_down_to.as_ref().and_then(EventId::number).unwrap_or_else(after_now);
            let page = self.request(self.reader.page(channel.id, PageFrom::Before(MessageId::new(before)))).await?;
            let Some((first, _)) = page.ends else { return Ok(()) };
            let too_old = self.settings.oldest(&self.backfill.guild_id);
            let (young, old): (Vec<_>, Vec<_>) = page
                .messages
                .into_iter()
                .partition(|message| too_old.is_none_or(|oldest| instant(message.timestamp) > oldest));
            let count = young.len() as u64;
            self.publish(channel, &young).await?;
            read.read_down_to = Some(first.event_id());
            read.read += count;
            self.count(read, count);
            self.store(read.clone()).await?;
            if read.part_of.is_some() {
                self.store(self.backfill.clone()).await?;
            }
            self.show().await;
            if !old.is_empty() {
                return Ok(());
            }
        }
    }

    /// Adds the progress in a channel or thread to that of the whole backfill.
    fn count(&mut self, part: &Backfill, messages: u64) {
        if part.part_of.is_some() {
            self.backfill.read += messages;
        } else {
            self.backfill = part.clone();
        }
        metrics::counter!("rtfm_discord_backfilled_messages_total").increment(messages);
    }

    async fn store(&self, mut read: Backfill) -> Result<(), BackfillError> {
        read.changed_at = Timestamp::now();
        Ok(self.settings.publish_all(vec![SettingsEvent::Backfill(read)], SOURCE).await?)
    }

    async fn publish(&self, channel: &GuildChannel, messages: &[Message]) -> Result<(), BackfillError> {
        let (info, me) = (ChannelInfo::of(channel), self.reader.rest().me().await?);
        // In the bot's own threads people ask without calling it.
        if channel.thread_metadata.is_some() && channel.owner_id == Some(me) {
            return Ok(());
        }
        let mut records: Vec<OutRecord> = Vec::new();
        for message in messages.iter().filter(|message| is_human(message) && says_something(message)) {
            // Questions to the bot are not remembered.
            if asks(&self.cache, message, Some(self.guild), me).is_some() {
                continue;
            }
            let said = chat_message_in(Some(&info), message, Some(self.guild), false);
            if self.settings.may_remember(&said) {
                records.push(Envelope::new(MessageEvent::Created(said), SOURCE).encode()?);
            }
        }
        self.bus.publish_all(records).await?;
        Ok(())
    }
}

/// A snowflake of a minute from now: every message so far is older.
fn after_now() -> u64 {
    first_of_second(Timestamp::now().as_second() + 60)
}

/// What to say about a channel that is closed to the bot; `channel` is how the sentence names it.
pub(crate) fn closed(channel: &str) -> String {
    format!(
        "I cannot view {channel} or read its history. Please give me the permissions *View Channel* and *Read Message History* there."
    )
}

/// A reason that helps people.
fn for_people(error: &BackfillError) -> String {
    match error {
        BackfillError::Discord(RestError::Refused { status: 403, .. }) => closed("this channel"),
        _ => format!("{error}."),
    }
}
