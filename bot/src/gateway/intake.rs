//! What the bot makes of what it hears, event by event and in their order: what was said goes to the
//! memory, what asks goes to the desk. Nothing in here waits, so no event holds up another.

mod later;

use super::{
    content::Content,
    edits,
    happening::{Happening, Heard},
    message::{asks, chat_message, is_human, says_something},
    places::public_parent_of,
    recent::Recent,
};
use crate::{
    ask::Desk,
    backfill::Backfills,
    buttons,
    commands::{self, Means},
    forgetting::{Forget, Forgetting},
    guilds::{Guilds, Presence, Told},
    history::{Changed, Gaps, Missed, Seen, readable},
    leavers,
    publish::{Behind, Lookup, Publisher},
    rest::Rest,
};
use jiff::Timestamp;
use rtfm_shared::{
    event::{self, AuthorForgotten, AuthorLeft, MessageEvent, MessagesDeleted},
    settings::Settings,
    telemetry::trace,
};
use serenity::{
    cache::Cache,
    model::{
        channel::Message,
        gateway::Ready,
        id::{ChannelId, GuildId, MessageId, UserId},
    },
    utils::shard_id,
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error_span, field::Empty};

/// Pages of what was missed that wait to be heard; each is published before its channel's next one is fetched.
const PAGES: usize = 4;

/// The one that listens.
pub(crate) struct Intake {
    rest: Arc<Rest>,
    desk: Desk,
    publisher: Publisher,
    content: Content,
    /// Questions and commands that are being taken.
    at_work: TaskTracker,
    me: Option<UserId>,
    /// Messages that were passed on to the memory, and questions that were taken: once each, though they are heard
    /// twice, as events and in what was missed.
    published: Recent,
    asked: Recent,
    commands: Arc<commands::Registration>,
    settings: Settings,
    means: Means,
    forgets: mpsc::UnboundedReceiver<Forget>,
    seen: Seen,
    gaps: Gaps,
    backfills: Backfills,
    /// Where it is told what happens to the bot in its guilds.
    presences: mpsc::UnboundedSender<Told>,
    /// What was missed while the bot was away.
    missed: mpsc::Receiver<Missed>,
    changed: mpsc::Receiver<Changed>,
    /// What is to be done after the way to the bus was full.
    behind: mpsc::UnboundedReceiver<Behind>,
    /// Discord as it was known when something was heard last.
    cache: Option<Arc<Cache>>,
    stop: CancellationToken,
}

/// What an intake works with.
pub(crate) struct Tools {
    pub(crate) rest: Arc<Rest>,
    pub(crate) desk: Desk,
    pub(crate) publisher: Publisher,
    pub(crate) behind: mpsc::UnboundedReceiver<Behind>,
    pub(crate) content: Content,
    pub(crate) at_work: TaskTracker,
    pub(crate) settings: Settings,
    /// Whether Discord tells who leaves a server.
    pub(crate) hears_leaving: bool,
    pub(crate) seen: Seen,
    /// What takes long ends with it.
    pub(crate) stop: CancellationToken,
}

/// What the intake acts on next.
enum Next {
    Heard(Option<Heard>),
    Forget(Forget),
    Missed(Missed),
    Changed(Changed),
    Behind(Behind),
}

impl Intake {
    /// Hands what is said to the publisher and what asks to the desk.
    pub(crate) fn new(tools: Tools) -> Self {
        let Tools { rest, desk, publisher, behind, content, at_work, settings, hears_leaving, seen, stop } = tools;
        let (pages, missed) = mpsc::channel(PAGES);
        let (changes, changed) = mpsc::channel(PAGES);
        let gaps = Gaps::new(rest.clone(), settings.clone(), seen.clone(), pages, changes);
        let (forgetting, forgets) = Forgetting::new();
        let means = Means::new(
            desk.clone(),
            settings.clone(),
            forgetting.clone(),
            content.clone(),
            hears_leaving,
            seen.clone(),
        );
        let (bus, reading) = (desk.bus.clone(), content.clone());
        let backfills = Backfills::new(rest.clone(), bus, settings.clone(), at_work.clone(), stop.clone(), reading);
        let (presences, told) = mpsc::unbounded_channel();
        let guilds = Guilds {
            settings: settings.clone(),
            backfills: backfills.clone(),
            forgetting,
            at_work: at_work.clone(),
            stop: stop.clone(),
        };
        guilds.keep(told);
        let commands = Arc::default();
        Self {
            rest,
            desk,
            publisher,
            content,
            at_work,
            me: None,
            published: Recent::default(),
            asked: Recent::default(),
            commands,
            settings,
            means,
            forgets,
            seen,
            gaps,
            backfills,
            presences,
            missed,
            changed,
            behind,
            cache: None,
            stop,
        }
    }

    /// Listens until the gateway is closed; then gives back the publisher with what is still to be
    /// published.
    pub(crate) async fn run(
        mut self,
        mut events: mpsc::UnboundedReceiver<Heard>,
        closed: CancellationToken,
    ) -> Publisher {
        loop {
            let next = tokio::select! {
                biased;
                heard = events.recv() => Next::Heard(heard),
                Some(forget) = self.forgets.recv() => Next::Forget(forget),
                () = closed.cancelled() => Next::Heard(events.try_recv().ok()),
                Some(missed) = self.missed.recv() => Next::Missed(missed),
                Some(changed) = self.changed.recv() => Next::Changed(changed),
                Some(behind) = self.behind.recv() => Next::Behind(behind),
            };
            match next {
                Next::Heard(Some((cache, happening))) => self.hear(&cache, happening),
                Next::Heard(None) => return self.publisher,
                Next::Missed(missed) => self.missed(missed),
                Next::Changed(changed) => self.changed(changed),
                Next::Behind(behind) => self.behind(behind),
                Next::Forget(Forget { event, traceparent, told }) => {
                    self.publisher.say_and_tell(*event, &traceparent, told);
                }
            }
        }
    }

    /// Every event begins a trace.
    fn hear(&mut self, cache: &Arc<Cache>, happening: Happening) {
        self.cache = Some(cache.clone());
        // At this level so that no filter takes from a line what it is about.
        let span = error_span!(parent: None, "discord_event", kind = happening.kind(), trace_id = Empty);
        let traceparent = trace::join(&span, None);
        span.in_scope(|| self.act(cache, happening, &traceparent));
    }

    fn act(&mut self, cache: &Arc<Cache>, happening: Happening, traceparent: &str) {
        let now = Timestamp::now();
        match happening {
            Happening::Ready { ready, shard, total } => {
                self.ready(&ready);
                let guilds = ready.guilds.iter().map(|guild| guild.id).collect();
                self.tell(cache, Presence::Session { shard, total, guilds, at: now }, traceparent);
            }
            Happening::Resumed { shard, total } => {
                tracing::info!(shard, "the gateway session is resumed");
                let own = |guild: &GuildId| shard_id(*guild, total) == shard;
                cache.guilds().into_iter().filter(own).for_each(|guild| self.fill_gap(cache, guild, None));
            }
            Happening::GuildKnown { guild, last, joined } => {
                self.fill_gap(cache, guild, Some(&last));
                self.tell(cache, Presence::In(guild, joined), traceparent);
            }
            // Whatever is said in it comes after this.
            Happening::Opened { guild, channel } => {
                if let Some(me) = self.me {
                    self.gaps.opened(cache, guild, channel, me);
                }
                // A thread is read with its channel.
                if cache.guild(guild).is_some_and(|guild| guild.channels.contains_key(&channel)) {
                    self.tell(cache, Presence::Opened(guild), traceparent);
                }
            }
            Happening::Rearranged { guild, views } => {
                self.look_around(cache, guild, &views);
                self.tell(cache, Presence::Opened(guild), traceparent);
            }
            Happening::Shown { guild, threads } => {
                if let Some(me) = self.me {
                    threads.into_iter().for_each(|thread| self.gaps.opened(cache, guild, thread, me));
                }
            }
            Happening::Said(message) => self.said(cache, *message, traceparent),
            Happening::Changed(update) => {
                let all = self.content.is_readable();
                let edit = self.me.and_then(|me| edits::edit(&self.rest, cache, &update, me, all));
                if let Some(edit) = edit {
                    let edit = self.heeding(edit);
                    let guild = update.guild_id.map(GuildId::get);
                    let which = (guild, update.channel_id.get(), update.id.get());
                    self.publisher.say_after(which, edit, traceparent);
                }
            }
            Happening::Deleted { guild, channel, messages } => {
                self.publisher.say(deleted(guild, channel, &messages, now), traceparent);
            }
            Happening::ChannelsDeleted { guild, channels } => {
                self.channels_gone(guild, channels, traceparent);
            }
            Happening::Left(guild) => self.tell(cache, Presence::Out(guild, now), traceparent),
            Happening::MemberLeft { guild, user } => {
                let guild_id: event::GuildId = guild.get().into();
                if self.settings.guild(&guild_id).forget_leavers {
                    tracing::info!(%guild, "somebody left: what they wrote there is to be forgotten");
                    let user_id: event::UserId = user.get().into();
                    let left = AuthorLeft { guild_id: guild_id.clone(), user_id: user_id.clone(), left_at: now };
                    self.work(traceparent, leavers::note(self.settings.clone(), left));
                    let gone = AuthorForgotten { user_id, guild_id: Some(guild_id), timestamp: now };
                    self.publisher.say(MessageEvent::AuthorForgotten(gone), traceparent);
                }
            }
            Happening::Command(command) if command.data.name == commands::backfill::NAME => {
                let (backfills, rest, cache) = (self.backfills.clone(), self.rest.clone(), cache.clone());
                self.work(traceparent, async move {
                    commands::backfill::run(&backfills, &rest, &cache, &command).await;
                });
            }
            Happening::Command(command) => {
                let (means, cache) = (self.means.clone(), cache.clone());
                self.work(traceparent, async move { commands::run(&means, &cache, &command).await });
            }
            Happening::Component(click) => {
                let (desk, cache) = (self.desk.clone(), cache.clone());
                self.work(traceparent, async move { buttons::run(&desk, &cache, &click).await });
            }
        }
    }

    /// What an edit says, unless it must not be remembered.
    fn heeding(&self, edit: Lookup) -> Lookup {
        let settings = self.settings.clone();
        Box::pin(async move { edit.await.filter(|edit| is_wanted(&settings, edit)) })
    }

    /// Does in the background what an event asks for. Its question's id is recorded once it has one.
    fn work(&self, traceparent: &str, work: impl Future<Output = ()> + Send + 'static) {
        let (span, cause) = (error_span!("ask", query_id = Empty, trace_id = Empty), traceparent.to_owned());
        self.at_work.spawn(async move { trace::follow(span, Some(&cause), work).await });
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
        let (rest, registration) = (self.rest.clone(), self.commands.clone());
        self.at_work.spawn(async move { registration.run(&rest).await });
    }

    fn said(&mut self, cache: &Arc<Cache>, message: Message, traceparent: &str) {
        let Some(question) = self.remember(cache, &message, message.guild_id, traceparent, false) else { return };
        let (desk, cache) = (self.desk.clone(), cache.clone());
        // A question has been heard when it is passed on, not before.
        let held = self.seen.hold(message.channel_id.get(), message.id.get());
        self.work(traceparent, async move {
            desk.by_message(&cache, &message, &question).await;
            held.done();
        });
    }

    /// Publishes what somebody wrote, told or fetched, unless it must not be remembered; gives the question in it, if
    /// it asks and was not taken yet.
    fn remember(
        &mut self,
        cache: &Cache,
        message: &Message,
        guild: Option<GuildId>,
        traceparent: &str,
        is_fetched: bool,
    ) -> Option<String> {
        let Some(me) = self.me.filter(|_| is_human(message)) else {
            self.publisher.pass(message, guild);
            return None;
        };
        if message.content.is_empty() && guild.is_some() && !self.content.is_readable() {
            // It says something, but not to the bot: not later, either.
            self.publisher.pass(message, guild);
            return None;
        }
        let asked = asks(cache, message, guild, me);
        if let Some((guild, parent)) = guild.and_then(|id| Some((id, public_parent_of(cache, id, message.channel_id)?)))
        {
            self.seen.thread(guild.get(), message.channel_id.get(), parent.get());
        }
        if says_something(message) {
            let said = chat_message(cache, message, guild, asked.is_some());
            // What must not be remembered does not even leave this process. Before all decisions are known, the
            // processors tell them apart.
            if !self.settings.may_remember(&said) {
                self.publisher.pass(message, guild);
            } else if !self.published.contains(message.id) {
                let said = MessageEvent::Created(said);
                if is_fetched {
                    self.publisher.say_fetched(said, traceparent);
                    self.published.insert(message.id);
                } else if self.publisher.say(said, traceparent) {
                    self.published.insert(message.id);
                } else {
                    self.seen.lost(guild.map(GuildId::get), message.channel_id.get(), message.id.get());
                }
            }
        } else {
            self.publisher.pass(message, guild);
        }
        let (trigger, question) = asked.filter(|_| self.asked.insert(message.id))?;
        tracing::debug!(?trigger, message = %message.id, "asked");
        Some(question)
    }

    /// Looks for what was said in a guild while nobody listened.
    fn fill_gap(&self, cache: &Arc<Cache>, guild: GuildId, last: Option<&HashMap<ChannelId, MessageId>>) {
        let Some(me) = self.me else { return };
        // Before anything is heard of the session that begins.
        let (places, is_new) = (self.gaps.before(guild, readable(cache, guild, me, last)), last.is_some());
        let (gaps, cache, stop) = (self.gaps.clone(), cache.clone(), self.stop.clone());
        self.at_work.spawn(async move { stop.run_until_cancelled(gaps.fill(&cache, guild, me, places, is_new)).await });
    }

    fn tell(&self, cache: &Arc<Cache>, presence: Presence, traceparent: &str) {
        // The other end is gone only when the process ends.
        let _ = self.presences.send((cache.clone(), presence, traceparent.to_owned()));
    }
}

/// Whether what an event says may be remembered.
fn is_wanted(settings: &Settings, event: &MessageEvent) -> bool {
    match event {
        MessageEvent::Created(message) | MessageEvent::Updated(message) => settings.may_remember(message),
        _ => true,
    }
}

fn deleted(guild: Option<GuildId>, channel: ChannelId, messages: &[MessageId], now: Timestamp) -> MessageEvent {
    let mut ids = messages.iter().map(|id| id.get().into());
    let (message_id, message_ids) = if messages.len() == 1 { (ids.next(), Vec::new()) } else { (None, ids.collect()) };
    MessageEvent::Deleted(MessagesDeleted {
        channel_id: channel.get().into(),
        message_id,
        message_ids,
        guild_id: guild.map(|guild| guild.get().into()),
        timestamp: now,
    })
}
