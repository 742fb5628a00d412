//! Discord, RTFM and its memory, and the ways a test waits for what happens in them.

use crate::{
    ground::{Ground, PATIENCE, Servers},
    instance::Instance,
};
use rtfm_bot::BotConfig;
use rtfm_memory::store::VectorStore;
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{self, Bus, topics},
    config::BusConfig,
};
use rtfm_testkit::{
    discord::{Builder, Channel, FakeDiscord, Guild, Message, User},
    gemini::{FakeGemini, RecordedRequest},
};
use serenity::all::MessageId;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

/// The time for an answer where a test does not say otherwise.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A server called Harbour with the channel #general, people in it, and RTFM.
pub struct World {
    /// Discord.
    pub discord: FakeDiscord,
    /// Who owns the server.
    pub ana: User,
    /// A member without roles.
    pub ben: User,
    /// The server.
    pub guild: Guild,
    /// A channel that everyone reads.
    pub general: Channel,
    /// What RTFM remembers, seen from beside it.
    pub store: Arc<dyn VectorStore>,
    /// What its parts say to each other.
    pub bus: Arc<dyn Bus>,
    /// The bot; it may go, and another one take its place.
    pub bot: Option<Instance>,
    servers: Servers,
    services: JoinSet<()>,
    shutdown: CancellationToken,
    directory: TempDir,
}

impl World {
    /// A running world; `None` where this machine lacks what the ground needs (which is printed).
    pub async fn start(ground: Ground) -> Option<Self> {
        Self::start_with(ground, DEADLINE).await
    }

    /// The same with so much time for an answer.
    pub async fn start_with(ground: Ground, deadline: Duration) -> Option<Self> {
        let bot = |bot| BotConfig { answer_deadline: deadline, ..bot };
        Self::start_on(ground, FakeDiscord::builder(), deadline, bot).await
    }

    /// The same on a Discord of the test's own choice, with a bot that is told something else.
    pub async fn start_on(
        ground: Ground,
        discord: Builder,
        deadline: Duration,
        change: impl FnOnce(BotConfig) -> BotConfig,
    ) -> Option<Self> {
        let mut servers = Servers::start(ground).await?;
        servers.env = servers.env.with("ANSWER_DEADLINE_SECONDS", &deadline.as_secs().to_string());
        let directory = tempfile::tempdir().unwrap();
        let bus = open(&servers, &directory).await;
        bus.create_topics(&topics::catalogue()).await.unwrap();

        let discord = discord.start().await;
        let (ana, ben) = (discord.user("ana"), discord.user("ben"));
        let guild = discord.guild("Harbour", &ana);
        guild.join(&ben, &[]);
        let general = guild.text_channel("general");

        let mut config = ProcessorConfig::from_env(&servers.env, directory.path()).unwrap();
        if let Some(attachments) = &mut config.attachments {
            attachments.client = Some(discord.http_client());
        }
        let processor = Processor::open(config, bus.clone()).await.unwrap();
        let store = processor.store();
        let shutdown = CancellationToken::new();
        let mut services = JoinSet::new();
        let stop = shutdown.clone();
        services.spawn(async move { processor.run(stop).await.unwrap() });
        let config = change(BotConfig::new(discord.token()).with_client(discord.http_client()));
        let bot = Some(Instance::start(&discord, config, bus.clone()).await);
        Some(Self { discord, ana, ben, guild, general, store, bus, bot, servers, services, shutdown, directory })
    }

    /// Another instance of the bot, which reaches the bus by itself as another process does.
    pub async fn another_bot(&self) -> Instance {
        let config = BotConfig::new(self.discord.token()).with_client(self.discord.http_client());
        Instance::start(&self.discord, config, open(&self.servers, &self.directory).await).await
    }

    /// The fake Gemini of a ground that has one.
    pub fn gemini(&self) -> &FakeGemini {
        self.servers.gemini.as_ref().expect("this ground has a Gemini")
    }

    /// What a model was given to read so far; nothing on a ground without one.
    pub fn prompts(&self) -> Vec<String> {
        let requests = self.servers.gemini.as_ref().map(FakeGemini::requests).unwrap_or_default();
        requests.iter().filter(|request| request.method.generates()).map(RecordedRequest::user_text).collect()
    }

    /// Where peers of another kind reach the Kafka of this world; none on a ground without one.
    pub fn bootstrap_servers(&self) -> Option<String> {
        self.servers.env.get("KAFKA_BOOTSTRAP_SERVERS").map(str::to_owned)
    }

    /// Waits until a message is remembered with this text.
    pub async fn remembers(&self, message: MessageId, text: &str) {
        let id = [message.get().into()];
        self.until(&format!("{text:?} is remembered"), async || {
            self.store.get(&id).await.unwrap().iter().any(|stored| stored.content == text)
        })
        .await;
    }

    /// Waits until a message is no longer remembered.
    pub async fn forgets(&self, message: MessageId) {
        let id = [message.get().into()];
        self.until("a message is forgotten", async || self.store.get(&id).await.unwrap().is_empty()).await;
    }

    /// Somebody says something, and RTFM hears it.
    pub async fn hears(&self, user: &User, channel: &Channel, text: &str) -> MessageId {
        let message = user.say(channel, text).unwrap();
        self.remembers(message, text).await;
        message
    }

    /// Somebody asks in a channel; what RTFM's reply has become when it is no placeholder any more.
    pub async fn asks(&self, user: &User, channel: &Channel, text: &str) -> Message {
        let question = user.say(channel, text).unwrap();
        self.answer_to(channel, question).await
    }

    /// Somebody asks by the command; what its answer has become.
    pub async fn asks_by_command(&self, user: &User, channel: &Channel, question: &str) -> Message {
        self.discord.wait_for_command("ask").await;
        let used = user.slash(channel, "ask", &[("question", question.into())]).unwrap();
        let finished = |message: &Message| !message.is_loading() && is_finished(&message.content);
        used.wait_for_response("a finished answer", finished).await
    }

    /// The finished reply to a message.
    pub async fn answer_to(&self, channel: &Channel, question: MessageId) -> Message {
        let finished = |message: &Message| message.reply_to == Some(question) && is_finished(&message.content);
        channel.wait_for_message("a finished answer", finished).await
    }

    /// Waits for a condition; on time-out, everything that happened is printed.
    pub async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let met = async {
            while !condition().await {
                tokio::time::sleep(POLL).await;
            }
        };
        if timeout(PATIENCE, met).await.is_err() {
            panic!("it never came about that {what}\n{}", self.discord.dump());
        }
    }

    /// Stops RTFM in order and checks that Discord had no reason to complain.
    pub async fn finish(mut self) {
        if let Some(bot) = self.bot.take() {
            bot.end().await;
        }
        self.shutdown.cancel();
        let ended = async { while self.services.join_next().await.transpose().unwrap().is_some() {} };
        timeout(PATIENCE, ended).await.expect("bot and processor stop in time");
        self.discord.finish();
    }
}

async fn open(servers: &Servers, directory: &TempDir) -> Arc<dyn Bus> {
    bus::open(&BusConfig::from_env(&servers.env, directory.path()).unwrap()).await.unwrap()
}

/// Whether a reply is the answer and not yet to become it: what is under way says so in its last line.
pub(crate) fn is_finished(text: &str) -> bool {
    let last = text.trim_end().lines().last().unwrap_or_default().trim_start_matches("-# ");
    !matches!(last, "" | "Searching…" | "Thinking…" | "Writing…")
}
