//! What guilds and people decided, as every service knows it: a view of `bot-settings` that follows the topic.
//!
//! A service that must not act on what it does not know yet waits for [`Settings::ready`]: everything that stood on
//! the topic when the service began is known then.

mod view;

use crate::{
    bus::{Bus, BusError, Record, Tail, topics},
    event::{
        AuthorLeft, AuthorPrivacy, Backfill, ChannelId, ChannelRecent, ChannelSeen, ChatMessage, Envelope, GuildId,
        GuildMembership, GuildSettings, SettingsEvent, UserId,
    },
    resilience::{Class, Classify},
};
use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::watch;
use view::SettingsView;

const TOPICS: [&str; 1] = [topics::SETTINGS];
/// How long somebody who decides waits until this service knows it itself.
const OWN_VIEW: Duration = Duration::from_secs(10);

/// The view. Clones are the same one.
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

/// How much of the topic is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TopicProgress {
    /// Whether everything is that stood there when following began.
    ready: bool,
    /// The next offset to receive. The topic has one partition.
    next: i64,
}

/// Why a decision could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be written as JSON.
    #[error("a setting cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// The bus did not take it.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// It is durable, and this service does not know it yet.
    #[error("the setting is stored, but bot-settings cannot be read right now")]
    NotHeard,
}

impl Classify for SettingsError {
    fn class(&self) -> Class {
        match self {
            Self::Encode(_) => Class::Permanent,
            Self::Bus(error) => error.class(),
            Self::NotHeard => Class::Transient,
        }
    }
}

impl Settings {
    /// A view in which nobody has decided anything; [`Settings::follow`] fills it.
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { state: Arc::new(SettingsState { bus, view: RwLock::default(), known: watch::Sender::default() }) }
    }

    /// Follows the topic for ever; returns only when somebody must mend the bus.
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
            Ok(envelope) => self.state.view.write().apply(envelope.event),
            Err(error) => tracing::warn!(%error, at = %record.at, offset = record.offset, "a setting cannot be read"),
        }
        self.state.known.send_modify(|known| known.next = record.offset + 1);
    }

    /// Waits until everything is known that stood on the topic when following began.
    pub async fn ready(&self) {
        // The sender lives as long as this value.
        let _ = self.state.known.subscribe().wait_for(|known| known.ready).await;
    }

    /// Whether everything is known that stood on the topic when following began.
    pub fn is_ready(&self) -> bool {
        self.state.known.borrow().ready
    }

    /// Tells whenever something may have changed.
    pub fn changes(&self) -> Changes {
        Changes(self.state.known.subscribe())
    }

    /// Decides something: durable, and known to this service, when it returns. Others know it moments later.
    pub async fn decide(&self, event: SettingsEvent, source: &str) -> Result<(), SettingsError> {
        let record = Envelope::new(event, source).encode()?;
        let written = self.state.bus.publish(record).await?;
        let mut known = self.state.known.subscribe();
        let heard = known.wait_for(|known| known.next > written.offset);
        match tokio::time::timeout(OWN_VIEW, heard).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(SettingsError::NotHeard),
        }
    }

    /// Notes many things at once, durably; this service and others know them moments later.
    pub async fn note(&self, events: Vec<SettingsEvent>, source: &str) -> Result<(), SettingsError> {
        let records = events.into_iter().map(|event| Envelope::new(event, source).encode());
        let records = records.collect::<Result<Vec<_>, _>>()?;
        self.state.bus.publish_all(records).await?;
        Ok(())
    }

    /// What a guild decided; every default where it never did.
    pub fn guild(&self, guild: &GuildId) -> Arc<GuildSettings> {
        self.read(|view| view.guild(guild))
    }

    /// Every guild that decided something.
    pub fn guilds(&self) -> Vec<Arc<GuildSettings>> {
        self.read(SettingsView::guilds)
    }

    /// What a person decided.
    pub fn privacy(&self, user: &UserId) -> AuthorPrivacy {
        self.read(|view| view.privacy(user))
    }

    /// Everybody who decided something.
    pub fn authors(&self) -> Vec<AuthorPrivacy> {
        self.read(SettingsView::authors)
    }

    /// Those who left guilds that forget who leaves, in the order in which this service heard of it, without the first
    /// so many.
    pub fn leavers(&self, after: usize) -> Vec<Arc<AuthorLeft>> {
        self.read(|view| view.leavers(after))
    }

    /// Whether a message may be remembered, by what its author and its guild decided. Not its age: that changes by
    /// itself.
    pub fn may_remember(&self, message: &ChatMessage) -> bool {
        self.read(|view| view.may_remember(message))
    }

    /// How far the history of a channel has been read, where somebody began to.
    pub fn backfill(&self, channel: &ChannelId) -> Option<Backfill> {
        self.read(|view| view.backfill(channel))
    }

    /// Every backfill that ever began, the latest of each channel.
    pub fn backfills(&self) -> Vec<Backfill> {
        self.read(SettingsView::backfills)
    }

    /// The newest message of any channel of a guild that is known to be published: about when the bot last listened
    /// there.
    pub fn last_heard(&self, guild: &GuildId) -> Option<u64> {
        self.read(|view| view.last_heard(guild))
    }

    /// The newest message of a channel that is known to be published.
    pub fn seen(&self, channel: &ChannelId) -> Option<ChannelSeen> {
        self.read(|view| view.seen(channel))
    }

    /// The newest messages of a channel that are known to be published, and to have stood when that was noted.
    pub fn recent(&self, channel: &ChannelId) -> Option<ChannelRecent> {
        self.read(|view| view.recent(channel))
    }

    /// The channels of a guild of which such messages are known.
    pub fn recents_in(&self, guild: &GuildId) -> Vec<ChannelId> {
        self.read(|view| view.recents_in(guild))
    }

    /// What is noted of the bot's being in a guild.
    pub fn membership(&self, guild: &GuildId) -> Option<GuildMembership> {
        self.read(|view| view.membership(guild))
    }

    /// The guilds that the bot is in as far as is known here: those noted so, and those of which anything else is
    /// noted, but nothing about whether it is in them.
    pub fn joined(&self) -> Vec<GuildMembership> {
        self.read(SettingsView::joined)
    }

    /// The public threads of a guild that were ever heard or read, archived ones too, each with the channel on which
    /// it hangs.
    pub fn public_threads(&self, guild: &GuildId) -> HashMap<ChannelId, ChannelId> {
        self.read(|view| view.public_threads(guild))
    }

    /// The channel on which a thread hangs, if it is known as a public one.
    pub fn public_thread_of(&self, guild: &GuildId, thread: &ChannelId) -> Option<ChannelId> {
        self.read(|view| view.public_thread_of(guild, thread))
    }

    fn read<T>(&self, read: impl FnOnce(&SettingsView) -> T) -> T {
        read(&self.state.view.read())
    }
}

/// Tells of changes.
#[derive(Debug)]
pub struct Changes(watch::Receiver<TopicProgress>);

impl Changes {
    /// Waits for the next change since it was last asked.
    pub async fn next(&mut self) {
        // It ends with the view only, and then nothing changes any more.
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
