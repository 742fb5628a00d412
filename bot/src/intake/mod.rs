//! What the bot does with Discord's events, in their order: messages go to the memory ([`recorder`]), questions,
//! commands and clicks to their rooms, each in a task of its own. Nothing here waits, so no event delays another.

mod dedup;
mod edits;
mod later;
mod leavers;
mod memberships;
mod recorder;

use crate::{
    ask::QuestionService,
    buttons,
    catch_up::{CatchUp, CaughtUp, HistoryReader, backfill::Backfills, readable},
    commands::{self, CommandContext, Registration},
    discord::{
        ids::ToEventId,
        model::{Cache, ChannelId, GuildId, Message, MessageId, Ready, UserId, shard_id},
        rest::Rest,
    },
    gateway::{ContentAccess, EventWithCache, GatewayEvent},
    publish::{AfterOverflow, Checkpoints, PendingRemoval, Publisher, Removals},
    tasks::Tasks,
};
use dedup::DedupCache;
use jiff::Timestamp;
use memberships::{Membership, Memberships};
use recorder::{Recorder, deleted};
use rtfm_shared::{
    event::{AuthorForgotten, AuthorLeft, MessageEvent},
    telemetry::trace,
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error_span, field::Empty};

/// Takes in events one after the other.
pub(crate) struct Intake {
    rest: Arc<Rest>,
    recorder: Recorder,
    services: Services,
    inputs: Inputs,
    tasks: Tasks,
    me: Option<UserId>,
    /// Questions that were taken, once each, though they may come as events and in what was missed.
    asked: DedupCache,
    /// The cache that came with the last event.
    cache: Option<Arc<Cache>>,
}

/// What an intake is made of.
pub(crate) struct Dependencies {
    pub(crate) rest: Arc<Rest>,
    pub(crate) questions: QuestionService,
    pub(crate) publisher: Publisher,
    pub(crate) overflows: mpsc::Receiver<AfterOverflow>,
    pub(crate) content: ContentAccess,
    /// Whether Discord sends who leaves a server.
    pub(crate) has_members_intent: bool,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) tasks: Tasks,
}

struct Services {
    questions: QuestionService,
    commands: CommandContext,
    registration: Arc<Registration>,
    catch_up: CatchUp,
    memberships: mpsc::Sender<Membership>,
}

/// What comes besides the gateway's events.
struct Inputs {
    removals: mpsc::Receiver<PendingRemoval>,
    found: mpsc::Receiver<CaughtUp>,
    overflows: mpsc::Receiver<AfterOverflow>,
}

enum Input {
    Event(Option<EventWithCache>),
    PendingRemoval(PendingRemoval),
    Found(CaughtUp),
    Overflow(AfterOverflow),
}

impl Intake {
    pub(crate) fn new(parts: Dependencies) -> Self {
        let Dependencies { rest, questions, publisher, overflows, content, has_members_intent, checkpoints, tasks } =
            parts;
        let settings = questions.settings.clone();
        let reader = HistoryReader::new(rest.clone());
        let (catch_up, found) = CatchUp::new(reader.clone(), settings.clone(), checkpoints.clone());
        let (removals, removed) = Removals::new();
        let backfills = Backfills::new(reader, questions.bus.clone(), settings.clone(), tasks.clone(), content.clone());
        let memberships = Memberships {
            settings: settings.clone(),
            backfills: backfills.clone(),
            removals: removals.clone(),
            tasks: tasks.clone(),
        };
        let commands = CommandContext::new(
            questions.clone(),
            removals,
            content.clone(),
            has_members_intent,
            checkpoints.clone(),
            backfills,
        );
        let services =
            Services { questions, commands, registration: Arc::default(), catch_up, memberships: memberships.start() };
        let recorder = Recorder::new(publisher, checkpoints, settings, content);
        let inputs = Inputs { removals: removed, found, overflows };
        Self { rest, recorder, services, inputs, tasks, me: None, asked: DedupCache::default(), cache: None }
    }

    /// Runs until the gateway is closed; then returns the publisher with what is still to be published.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::Receiver<EventWithCache>,
        closed: CancellationToken,
    ) -> Publisher {
        loop {
            let input = tokio::select! {
                biased;
                event = events.recv() => Input::Event(event),
                Some(removal) = self.inputs.removals.recv() => Input::PendingRemoval(removal),
                () = closed.cancelled() => Input::Event(events.try_recv().ok()),
                Some(found) = self.inputs.found.recv() => Input::Found(found),
                Some(overflow) = self.inputs.overflows.recv() => Input::Overflow(overflow),
            };
            match input {
                Input::Event(Some((cache, event))) => self.receive(&cache, event),
                Input::Event(None) => return self.recorder.publisher,
                Input::Found(CaughtUp::Page(page)) => self.missed_page(page),
                Input::Found(CaughtUp::Change(change)) => self.missed_change(change),
                Input::Overflow(overflow) => self.after_overflow(overflow),
                Input::PendingRemoval(PendingRemoval { event, traceparent, done }) => {
                    self.recorder.publisher.publish_and_notify(*event, &traceparent, done);
                }
            }
        }
    }

    /// Every event begins a trace.
    fn receive(&mut self, cache: &Arc<Cache>, event: GatewayEvent) {
        self.cache = Some(cache.clone());
        // At the level error, so that no filter removes from a log line what it belongs to.
        let span = error_span!(parent: None, "discord_event", kind = event.kind(), trace_id = Empty);
        let traceparent = trace::join(&span, None);
        span.in_scope(|| self.handle(cache, event, &traceparent));
    }

    fn handle(&mut self, cache: &Arc<Cache>, event: GatewayEvent, traceparent: &str) {
        let now = Timestamp::now();
        match event {
            GatewayEvent::Ready { ready, shard, total } => {
                self.ready(&ready);
                let guilds = ready.guilds.iter().map(|guild| guild.id).collect();
                self.membership(cache, memberships::Change::Session { shard, total, guilds, at: now }, traceparent);
            }
            GatewayEvent::Resumed { shard, total } => {
                tracing::info!(shard, "gateway session resumed");
                let own = |guild: &GuildId| shard_id(*guild, total) == shard;
                cache.guilds().into_iter().filter(own).for_each(|guild| self.fill_gap(cache, guild, None, false));
            }
            GatewayEvent::GuildCreate { guild, last, joined } => {
                self.fill_gap(cache, guild, Some(&last), true);
                self.membership(cache, memberships::Change::Joined(guild, joined), traceparent);
            }
            // Messages in it come after this event.
            GatewayEvent::ChannelCreate { guild, channel } => {
                if let Some(me) = self.me {
                    self.services.catch_up.opened(cache, guild, channel, me);
                }
                // A thread's history is read with its channel's.
                if cache.guild(guild).is_some_and(|guild| guild.channels.contains_key(&channel)) {
                    self.membership(cache, memberships::Change::MoreReadable(guild), traceparent);
                }
            }
            GatewayEvent::PermissionsChange { guild, views } => {
                self.update_hidden(cache, guild, &views);
                self.membership(cache, memberships::Change::MoreReadable(guild), traceparent);
            }
            GatewayEvent::ThreadListSync { guild, threads } => {
                if let Some(me) = self.me {
                    threads.into_iter().for_each(|thread| self.services.catch_up.opened(cache, guild, thread, me));
                }
            }
            GatewayEvent::MessageCreate(message) => self.message(cache, *message, traceparent),
            GatewayEvent::MessageUpdate(update) => {
                if let Some(me) = self.me {
                    self.recorder.update(&self.rest, cache, &update, me, traceparent);
                }
            }
            GatewayEvent::MessagesDelete { guild, channel, messages } => {
                self.recorder.publisher.publish(deleted(guild, channel, &messages, now), traceparent);
            }
            GatewayEvent::ChannelsDelete { guild, channels } => {
                self.recorder.channels_deleted(guild, channels, traceparent);
            }
            GatewayEvent::GuildLeave(guild) => {
                self.membership(cache, memberships::Change::Left(guild, now), traceparent);
            }
            GatewayEvent::MemberLeave { guild, user } => self.member_left(guild, user, now, traceparent),
            GatewayEvent::Command(command) => {
                let (context, cache) = (self.services.commands.clone(), cache.clone());
                self.work(traceparent, async move { commands::run(&context, &cache, &command).await });
            }
            GatewayEvent::Component(click) => {
                let (questions, cache) = (self.services.questions.clone(), cache.clone());
                self.work(traceparent, async move { buttons::run(&questions, &cache, &click).await });
            }
            GatewayEvent::Dropped(guilds) => {
                guilds.into_iter().for_each(|guild| self.fill_gap(cache, guild, None, true));
            }
        }
    }

    /// Works in the background on what an event asks for. The span gets the id of the question once there is one.
    fn work(&self, traceparent: &str, work: impl Future<Output = ()> + Send + 'static) {
        let (span, cause) = (error_span!("ask", query_id = Empty, trace_id = Empty), traceparent.to_owned());
        self.tasks.spawn(async move { trace::follow(span, Some(&cause), work).await });
    }

    fn ready(&mut self, ready: &Ready) {
        self.me = Some(ready.user.id);
        self.rest.belongs_to(ready.application.id, ready.user.id);
        tracing::info!(
            user = %ready.user.name,
            guilds = ready.guilds.len(),
            shard = ready.shard.map(|shard| shard.id.0),
            invite = %commands::invite(ready.application.id),
            "connected to Discord"
        );
        let (rest, registration) = (self.rest.clone(), self.services.registration.clone());
        self.tasks.spawn(async move { registration.run(&rest).await });
    }

    fn message(&mut self, cache: &Arc<Cache>, message: Message, traceparent: &str) {
        let Some(question) = self.record(cache, &message, message.guild_id, traceparent, false) else { return };
        let (questions, cache) = (self.services.questions.clone(), cache.clone());
        // A question counts as received when its query is published, not before.
        let pending = self.recorder.checkpoints.hold(message.channel_id.get(), message.id.get());
        self.work(traceparent, async move {
            questions.by_message(&cache, &message, &question).await;
            pending.done();
        });
    }

    /// Records a message, and returns the question in it, if it asks and was not taken yet.
    fn record(
        &mut self,
        cache: &Cache,
        message: &Message,
        guild: Option<GuildId>,
        traceparent: &str,
        is_fetched: bool,
    ) -> Option<String> {
        let asked = self.recorder.record(cache, message, guild, self.me, traceparent, is_fetched);
        let (trigger, question) = asked.filter(|_| self.asked.insert(message.id))?;
        tracing::debug!(?trigger, message = %message.id, "asked");
        Some(question)
    }

    fn member_left(&mut self, guild: GuildId, user: UserId, now: Timestamp, traceparent: &str) {
        let settings = &self.services.questions.settings;
        let (guild_id, user_id) = (guild.event_id(), user.event_id());
        if !settings.guild(&guild_id).forget_leavers {
            return;
        }
        tracing::info!(%guild, "member left, removing their messages");
        let left = AuthorLeft { guild_id: guild_id.clone(), user_id: user_id.clone(), left_at: now };
        self.work(traceparent, leavers::store(settings.clone(), left));
        let removal = AuthorForgotten { user_id, guild_id: Some(guild_id), timestamp: now };
        self.recorder.publisher.publish(MessageEvent::AuthorForgotten(removal), traceparent);
    }

    /// Fetches what was written in a guild while no session delivered it; after a new session also what was edited and
    /// deleted.
    fn fill_gap(&self, cache: &Arc<Cache>, guild: GuildId, last: Option<&HashMap<ChannelId, MessageId>>, is_new: bool) {
        let Some(me) = self.me else { return };
        // The gaps are taken before any event of the session that begins.
        let gaps = self.services.catch_up.gaps(guild, readable(cache, guild, me, last));
        let (catch_up, cache) = (self.services.catch_up.clone(), cache.clone());
        self.tasks.spawn_until_stop(async move { catch_up.fill(&cache, guild, me, gaps, is_new).await });
    }

    /// The channel is bounded, and this must not wait. What does not fit is lost until the next session, which names
    /// the guilds again; the bound is far above the guilds of one process.
    fn membership(&self, cache: &Arc<Cache>, change: memberships::Change, traceparent: &str) {
        let event = (cache.clone(), change, traceparent.to_owned());
        if let Err(mpsc::error::TrySendError::Full(_)) = self.services.memberships.try_send(event) {
            tracing::error!("too many membership changes wait, dropping one until the next session");
        }
    }
}
