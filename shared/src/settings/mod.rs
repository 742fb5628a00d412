//! The settings of guilds and people: a view that follows `bot-settings`.
//!
//! A service that needs complete settings waits for [`Settings::ready`], when every record that was on the topic at its
//! start has been read.

mod check;
mod view;

use crate::{
    bus::{Bus, BusError, Record, Tail, topics},
    event::{
        AuthorLeft, AuthorPrivacy, Backfill, ChannelId, ChannelRecent, ChannelSeen, ChatMessage, Envelope, Event as _,
        GuildId, GuildMembership, GuildSettings, SettingsEvent, UserId,
    },
    resilience::{Class, Classify},
};
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::watch;
use view::SettingsView;

const TOPICS: [&str; 1] = [topics::SETTINGS];
/// How long a decision waits until this service's own view contains it.
const OWN_VIEW: Duration = Duration::from_secs(10);

/// The view. Clones share it.
#[derive(Clone, Debug)]
pub struct Settings {
    state: Arc<SettingsState>,
}

#[derive(Debug)]
struct SettingsState {
    bus: Arc<dyn Bus>,
    view: RwLock<SettingsView>,
    known: watch::Sender<TopicProgress>,
}

/// How much of the topic has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TopicProgress {
    /// Whether every record that was there when following began has been read.
    ready: bool,
    /// The next offset to read. The topic has one partition.
    next: i64,
}

/// Why a decision failed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("failed to encode a setting: {0}")]
    Encode(#[from] serde_json::Error),
    #[error(transparent)]
    Bus(#[from] BusError),
    /// It is durable, but this service's view does not contain it yet.
    #[error("the setting is stored, but bot-settings cannot be read yet")]
    NotYetVisible,
}

impl Classify for SettingsError {
    fn class(&self) -> Class {
        match self {
            Self::Encode(_) => Class::Permanent,
            Self::Bus(error) => error.class(),
            Self::NotYetVisible => Class::Transient,
        }
    }
}

impl Settings {
    /// An empty view; [`Settings::follow`] fills it.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { state: Arc::new(SettingsState { bus, view: RwLock::default(), known: watch::Sender::default() }) }
    }

    /// Follows the topic; returns only an error that needs a person.
    pub async fn follow(&self) -> BusError {
        let receive = &mut |record: &Record| self.receive(record);
        let tail = match Tail::from_beginning(&self.state.bus, &TOPICS, receive).await {
            Ok(tail) => tail,
            Err(error) => return error,
        };
        self.state.known.send_modify(|known| known.ready = true);
        tail.listen(|record| self.receive(record)).await
    }

    fn receive(&self, record: &Record) {
        match Envelope::<SettingsEvent>::decode(record) {
            Ok(envelope) => self.accept(record, envelope.event),
            Err(error) => tracing::warn!(%error, at = %record.at, offset = record.offset, "failed to decode a setting"),
        }
        self.state.known.send_modify(|known| known.next = record.offset + 1);
    }

    fn accept(&self, record: &Record, mut event: SettingsEvent) {
        if let Err(refusal) = check::check(record, &event) {
            let (kind, offset) = (event.kind(), record.offset);
            tracing::warn!(%refusal, kind, at = %record.at, offset, "ignored a setting; check who may write bot-settings");
            return;
        }
        if let SettingsEvent::Guild(guild) = &mut event {
            let dropped = guild.drop_invalid_texts();
            if !dropped.is_empty() {
                let (guild, offset) = (&guild.guild_id, record.offset);
                tracing::warn!(%guild, ?dropped, offset, "ignored invalid texts of a setting");
            }
        }
        self.state.view.write().apply(event);
    }

    /// Waits until every record that was on the topic when following began has been read.
    pub async fn ready(&self) {
        // The sender lives as long as this value.
        let _ = self.state.known.subscribe().wait_for(|known| known.ready).await;
    }

    /// Whether every record that was on the topic when following began has been read.
    pub fn is_ready(&self) -> bool {
        self.state.known.borrow().ready
    }

    /// Notifies of possible changes.
    pub fn changes(&self) -> Changes {
        Changes(self.state.known.subscribe())
    }

    /// Publishes a decision. When this returns it is durable and in this service's view; other services follow within
    /// moments.
    pub async fn decide(&self, event: SettingsEvent, source: &str) -> Result<(), SettingsError> {
        let record = Envelope::new(event, source).encode()?;
        let written = self.state.bus.publish(record).await?;
        let mut known = self.state.known.subscribe();
        let heard = known.wait_for(|known| known.next > written.offset);
        match tokio::time::timeout(OWN_VIEW, heard).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(SettingsError::NotYetVisible),
        }
    }

    /// Publishes many events durably; this service's view and others follow within moments.
    pub async fn publish_all(&self, events: Vec<SettingsEvent>, source: &str) -> Result<(), SettingsError> {
        let records = events.into_iter().map(|event| Envelope::new(event, source).encode());
        let records = records.collect::<Result<Vec<_>, _>>()?;
        self.state.bus.publish_all(records).await?;
        Ok(())
    }

    /// A guild's settings, or the defaults.
    pub fn guild(&self, guild: &GuildId) -> Arc<GuildSettings> {
        self.read(|view| view.guild(guild))
    }

    /// The settings of all guilds that have some.
    pub fn guilds(&self) -> Vec<Arc<GuildSettings>> {
        self.read(SettingsView::guilds)
    }

    /// The start of a guild's retention period; older messages may not be kept.
    pub fn oldest(&self, guild: &GuildId) -> Option<Timestamp> {
        let days = self.guild(guild).retention_days?;
        let age = SignedDuration::from_hours(i64::from(days).saturating_mul(24));
        // A period too long to subtract keeps everything.
        Some(Timestamp::now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// A person's decisions, or the defaults.
    pub fn privacy(&self, user: &UserId) -> AuthorPrivacy {
        self.read(|view| view.privacy(user))
    }

    /// The decisions of all people who made some.
    pub fn authors(&self) -> Vec<AuthorPrivacy> {
        self.read(SettingsView::authors)
    }

    /// People who left guilds that forget leavers, in the order of the topic, without the first `after`.
    pub fn leavers(&self, after: usize) -> Vec<Arc<AuthorLeft>> {
        self.read(|view| view.leavers(after))
    }

    /// Whether a message's author and guild allow keeping it. Its age is not considered, because that changes without
    /// an event.
    pub fn may_remember(&self, message: &ChatMessage) -> bool {
        self.read(|view| view.may_remember(message))
    }

    /// Whether a message's author and guild allow keeping, finding and showing it now.
    pub fn admits(&self, message: &ChatMessage) -> bool {
        let oldest = message.guild_id.as_ref().and_then(|guild| self.oldest(guild));
        self.may_remember(message) && oldest.is_none_or(|oldest| message.timestamp >= oldest)
    }

    /// A channel's backfill, if one ever began.
    pub fn backfill(&self, channel: &ChannelId) -> Option<Backfill> {
        self.read(|view| view.backfill(channel))
    }

    /// The latest backfill of every channel.
    pub fn backfills(&self) -> Vec<Backfill> {
        self.read(SettingsView::backfills)
    }

    /// The newest published message of any channel of a guild: about when the bot last received events there.
    pub fn newest_published(&self, guild: &GuildId) -> Option<u64> {
        self.read(|view| view.newest_published(guild))
    }

    /// The newest published message of a channel.
    pub fn seen(&self, channel: &ChannelId) -> Option<ChannelSeen> {
        self.read(|view| view.seen(channel))
    }

    /// The newest published messages of a channel, as last recorded.
    pub fn recent(&self, channel: &ChannelId) -> Option<ChannelRecent> {
        self.read(|view| view.recent(channel))
    }

    /// The channels of a guild with recorded recent messages.
    pub fn channels_with_recent(&self, guild: &GuildId) -> Vec<ChannelId> {
        self.read(|view| view.channels_with_recent(guild))
    }

    /// The recorded membership of the bot in a guild.
    pub fn membership(&self, guild: &GuildId) -> Option<GuildMembership> {
        self.read(|view| view.membership(guild))
    }

    /// The guilds that the bot is in: those recorded as joined, and those with other records but none of a membership.
    pub fn joined(&self) -> Vec<GuildMembership> {
        self.read(SettingsView::joined)
    }

    /// The known public threads of a guild, archived ones included, with their channels.
    pub fn public_threads(&self, guild: &GuildId) -> HashMap<ChannelId, ChannelId> {
        self.read(|view| view.public_threads(guild))
    }

    /// The channel of a public thread, if known.
    pub fn public_thread_of(&self, guild: &GuildId, thread: &ChannelId) -> Option<ChannelId> {
        self.read(|view| view.public_thread_of(guild, thread))
    }

    fn read<T>(&self, read: impl FnOnce(&SettingsView) -> T) -> T {
        read(&self.state.view.read())
    }
}

#[derive(Debug)]
pub struct Changes(watch::Receiver<TopicProgress>);

impl Changes {
    /// Waits for a change since the last call.
    pub async fn next(&mut self) {
        // The sender ends with the view, after which nothing changes.
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
