//! A guild with people, a bot that is connected, and the bus to look at.

use crate::gateway::thread::GatewayThread;
use jiff::Timestamp;
use rtfm_bot::{Bot, BotConfig, BotError};
use rtfm_shared::{
    bus::{Bus, topics},
    event::{Envelope, Event, GuildSettings, MessageEvent, Query, Response, SettingsEvent, Source},
};
use rtfm_testkit::{
    bus::MemoryBus,
    discord::{Builder, Channel, FakeDiscord, Guild, User},
};
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

/// Far beyond what anything takes: only what is broken gets here.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) discord: FakeDiscord,
    pub(crate) bus: MemoryBus,
    pub(crate) guild: Guild,
    /// The owner.
    pub(crate) ana: User,
    /// A member without roles.
    pub(crate) ben: User,
    pub(crate) general: Channel,
    /// The thread on which the bot listens to Discord.
    pub(crate) thread: GatewayThread,
    config: BotConfig,
    stop: CancellationToken,
    bot: JoinHandle<Result<(), BotError>>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::with(FakeDiscord::builder().without_rate_limits(), |config| config).await
    }

    /// In a guild that decided something.
    pub(crate) async fn deciding(decide: impl FnOnce(&mut GuildSettings, &Channel)) -> Self {
        Self::made(FakeDiscord::builder().without_rate_limits().start().await, |config| config, decide).await
    }

    pub(crate) async fn with(discord: Builder, change: impl FnOnce(BotConfig) -> BotConfig) -> Self {
        Self::made(discord.start().await, change, |_, _| {}).await
    }

    /// The same on a fake that is there already.
    pub(crate) async fn on(discord: FakeDiscord, change: impl FnOnce(BotConfig) -> BotConfig) -> Self {
        Self::made(discord, change, |_, _| {}).await
    }

    /// A stage without rate limits whose bot waits this long for an answer, and this much longer before it apologises.
    pub(crate) async fn with_deadline(answer_deadline: Duration, answer_grace: Duration) -> Self {
        let config = |config| BotConfig { answer_deadline, answer_grace, ..config };
        Self::with(FakeDiscord::builder().without_rate_limits(), config).await
    }

    /// The same in a guild that decided something.
    pub(crate) async fn made(
        discord: FakeDiscord,
        change: impl FnOnce(BotConfig) -> BotConfig,
        decide: impl FnOnce(&mut GuildSettings, &Channel),
    ) -> Self {
        let (ana, ben) = (discord.user("ana"), discord.user("ben"));
        let guild = discord.guild("Harbour", &ana);
        guild.join(&ben, &[]);
        let general = guild.text_channel("general");
        let bus = bus();
        let undecided = GuildSettings { guild_id: guild.id().get().into(), ..GuildSettings::default() };
        let mut decided = undecided.clone();
        decide(&mut decided, &general);
        if decided != undecided {
            let record = Envelope::new(SettingsEvent::Guild(decided), "rtfm/test").encode().unwrap();
            bus.publish(record).await.unwrap();
        }
        let config = change(BotConfig::new(discord.token()).with_client(discord.http_client()));
        let stop = CancellationToken::new();
        let (mut bot, thread) = launch(Bot::new(config.clone(), Arc::new(bus.clone())), &stop);
        // The commands are registered once the bot has understood that it is connected.
        let ready = || (!discord.commands(None).is_empty()).then_some(());
        tokio::select! {
            () = discord.wait_for("the bot to be ready", ready) => {}
            ended = &mut bot => panic!("the bot ended: {:?}", ended.unwrap()),
        }
        let thread = thread.expect("a bot that is ready listens");
        Self { discord, bus, guild, ana, ben, general, thread, config, stop, bot }
    }

    /// Ends the bot in order, does something while there is none, and starts another that is connected.
    pub(crate) async fn while_away(&mut self, work: impl AsyncFnOnce(&Self)) {
        self.stop.cancel();
        within("the bot to end", &mut self.bot).await.unwrap().expect("an orderly end");
        work(self).await;
        // A bot that has understood that it is connected looks whether its commands are known.
        let looks = || self.discord.requests().iter().filter(|one| one.is("GET", "/commands")).count();
        let before = looks();
        self.stop = CancellationToken::new();
        let (bot, thread) = launch(Bot::new(self.config.clone(), Arc::new(self.bus.clone())), &self.stop);
        self.bot = bot;
        self.thread = thread.expect("it listens");
        self.discord.wait_for("another session", || (looks() > before).then_some(())).await;
    }

    /// What was said on `discord-messages` so far.
    pub(crate) fn said(&self) -> Vec<MessageEvent> {
        events(&self.bus)
    }

    /// Waits for something to be said on `discord-messages`.
    pub(crate) async fn heard<T>(&self, what: &str, wanted: impl Fn(MessageEvent) -> Option<T>) -> T {
        until(what, || self.said().into_iter().find_map(&wanted)).await
    }

    /// The questions asked so far.
    pub(crate) fn queries(&self) -> Vec<Query> {
        events(&self.bus)
    }

    /// Waits for a question.
    pub(crate) async fn query(&self, question: &str) -> Query {
        until(question, || self.queries().into_iter().find(|query| query.question == question)).await
    }

    /// Says something on the bus, as another service does.
    pub(crate) async fn publish<E: Event>(&self, event: E) {
        let record = Envelope::new(event, "rtfm/test").encode().unwrap();
        self.bus.publish(record).await.unwrap();
    }

    /// Waits until the bot has done with every response so far.
    pub(crate) async fn responses_done(&self) {
        until("the responses to be committed", || {
            let records = self.bus.records(topics::RESPONSES);
            let done = |record: &rtfm_shared::bus::Record| {
                let done = |group| self.bus.committed(group, &record.at).is_some_and(|next| next > record.offset);
                done("rtfm-bot") || done("rtfm-bot-reborn")
            };
            records.iter().all(done).then_some(())
        })
        .await;
    }

    /// Waits until the bot knows a guild that it was just added to.
    pub(crate) async fn guild_heard(&self, guild: &Guild) {
        let channel = guild.text_channel("lobby");
        self.ana.say(&channel, "hello").unwrap();
        self.heard("the new guild", |event| match event {
            MessageEvent::Created(said) => (said.channel_id == channel.id().get().into()).then_some(()),
            _ => None,
        })
        .await;
        channel.delete();
    }

    /// Ends the bot in order and starts another, which knows only what Discord and the bus know.
    pub(crate) async fn restart(mut self) -> Self {
        self.while_away(async |_| {}).await;
        self.discord.gateway().wait_connected().await;
        self
    }

    /// Kills the bot and starts another, which knows only what Discord and the bus know.
    pub(crate) async fn kill(self) -> Self {
        self.bot.abort();
        let _ = self.bot.await;
        let (stop, bot) = listening(&self.discord, &self.bus.apart("-reborn")).await;
        Self { stop, bot, ..self }
    }

    /// Starts another instance, and waits until it listens.
    pub(crate) async fn another(&self) -> (CancellationToken, JoinHandle<Result<(), BotError>>) {
        listening(&self.discord, &self.bus.apart("-another")).await
    }

    /// Ends the bot in order, and the fake with its findings.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        within("the bot to end", self.bot).await.unwrap().expect("an orderly end");
        self.discord.finish();
    }
}

pub(crate) fn bus() -> MemoryBus {
    let bus = MemoryBus::with_topics(&[
        (topics::MESSAGES, 3),
        (topics::QUERIES, 3),
        (topics::RESPONSES, 3),
        (topics::PROGRESS, 3),
        (topics::FEEDBACK, 1),
        (topics::SETTINGS, 1),
        ("bot-responses.dlq", 1),
        ("bot-progress.dlq", 1),
    ]);
    // The bot needs no more of a topic than Read, Write and Describe.
    bus.refuse_settings();
    bus
}

pub(crate) fn start_bot(
    config: BotConfig,
    bus: &MemoryBus,
    stop: &CancellationToken,
) -> JoinHandle<Result<(), BotError>> {
    launch(Bot::new(config, Arc::new(bus.clone())), stop).0
}

/// How long a bot's thread is looked for: one that is refused may end between two looks, while the bot pauses.
const LISTENS: Duration = Duration::from_secs(10);

/// Starts a bot, one at a time, and finds the thread on which it listens; none when it ends at once.
pub(crate) fn launch(bot: Bot, stop: &CancellationToken) -> (JoinHandle<Result<(), BotError>>, Option<GatewayThread>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = GatewayThread::all();
    let (running, began) = (tokio::spawn(bot.run(stop.clone())), Instant::now());
    loop {
        if let Some(new) = GatewayThread::all().difference(&before).next() {
            return (running, Some(*new));
        }
        if running.is_finished() || began.elapsed() > LISTENS {
            return (running, None);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Starts a bot, and waits until it listens: it asks for the commands once it is connected.
async fn listening(discord: &FakeDiscord, bus: &MemoryBus) -> (CancellationToken, JoinHandle<Result<(), BotError>>) {
    let asked = || discord.requests().iter().filter(|request| request.is("GET", "/commands")).count();
    let (before, stop) = (asked(), CancellationToken::new());
    let mut bot = start_bot(BotConfig::new(discord.token()).with_client(discord.http_client()), bus, &stop);
    tokio::select! {
        () = discord.wait_for("another bot to be ready", || (asked() > before).then_some(())) => {}
        ended = &mut bot => panic!("the bot ended: {:?}", ended.unwrap()),
    }
    (stop, bot)
}

fn events<E: Event>(bus: &MemoryBus) -> Vec<E> {
    bus.records(E::TOPIC).iter().map(|record| Envelope::decode(record).unwrap().event).collect()
}

/// Waits for a condition, looking again and again.
pub(crate) async fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// An answer to a question that rests on one message.
pub(crate) fn answer(query: &Query, text: &str) -> Response {
    let source = Source {
        n: 1,
        message_id: 4242.into(),
        channel_id: query.channel_id.clone(),
        guild_id: query.guild_id.clone(),
        channel_name: Some("general".to_owned()),
        username: "ben".to_owned(),
        timestamp: Timestamp::now(),
        excerpt: "…".to_owned(),
        score: 1.0,
        file: None,
    };
    Response { response_text: text.to_owned(), sources: vec![source], ..Response::to(query) }
}
