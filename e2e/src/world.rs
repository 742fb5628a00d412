//! A running Discord, RTFM and store, and the ways a test waits for them.

use crate::{
    backends::{Backends, PATIENCE, Servers},
    instance::Instance,
};
use rtfm_bot::BotConfig;
use rtfm_memory::store::{MessageStore, file_key};
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{self, Bus, topics},
    config::BusConfig,
};
use rtfm_testkit::{
    discord::{Builder, Channel, FakeDiscord, Guild, InteractionHandle, Message, User},
    gemini::{FakeGemini, RecordedRequest},
};
use serenity::all::MessageId;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

/// The answer deadline unless a test sets another.
const DEADLINE: Duration = Duration::from_secs(60);
/// Poll interval of a condition.
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
    /// RTFM's store, opened beside it.
    pub store: Arc<dyn MessageStore>,
    /// The bus between bot and processor.
    pub bus: Arc<dyn Bus>,
    /// The bot; a test may stop it and start another.
    pub bot: Option<Instance>,
    servers: Servers,
    services: JoinSet<()>,
    shutdown: CancellationToken,
    directory: TempDir,
}

impl World {
    /// A running world; `None` where this machine lacks what the backends need (which is printed).
    pub async fn start(backends: Backends) -> Option<Self> {
        Self::start_with(backends, DEADLINE).await
    }

    /// Like [`Self::start`], with this answer deadline.
    pub async fn start_with(backends: Backends, deadline: Duration) -> Option<Self> {
        let bot = |bot| BotConfig { answer_deadline: deadline, ..bot };
        Self::start_on(backends, FakeDiscord::builder(), deadline, bot).await
    }

    /// Like [`Self::start`], with another fake Discord and bot configuration.
    pub async fn start_on(
        backends: Backends,
        discord: Builder,
        deadline: Duration,
        change: impl FnOnce(BotConfig) -> BotConfig,
    ) -> Option<Self> {
        let mut servers = Servers::start(backends).await?;
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

    /// Starts another instance of the bot with its own bus client, as another process has.
    pub async fn another_bot(&self) -> Instance {
        let config = BotConfig::new(self.discord.token()).with_client(self.discord.http_client());
        Instance::start(&self.discord, config, open(&self.servers, &self.directory).await).await
    }

    /// The fake Gemini of backends that include one.
    pub fn gemini(&self) -> &FakeGemini {
        self.servers.gemini.as_ref().expect("these backends include Gemini")
    }

    /// The prompts so far; empty without Gemini.
    pub fn prompts(&self) -> Vec<String> {
        let requests = self.servers.gemini.as_ref().map(FakeGemini::requests).unwrap_or_default();
        requests.iter().filter(|request| request.method.generates()).map(RecordedRequest::user_text).collect()
    }

    /// The bootstrap servers for other clients; none without Kafka.
    pub fn bootstrap_servers(&self) -> Option<String> {
        self.servers.env.get("KAFKA_BOOTSTRAP_SERVERS").map(str::to_owned)
    }

    /// Waits until a message is stored with this text.
    pub async fn remembers(&self, message: MessageId, text: &str) {
        let id = [message.get().into()];
        self.until(&format!("{text:?} is remembered"), async || {
            self.store.get(&id).await.unwrap().iter().any(|stored| stored.content == text)
        })
        .await;
    }

    /// Waits until the text of every file of a stored message is stored.
    pub async fn remembers_files(&self, message: MessageId) {
        let id = [message.get().into()];
        self.until(&format!("the text of the files of {message} is remembered"), async || {
            let stored = self.store.get(&id).await.unwrap();
            let attached = self.store.attached(&stored).await.unwrap();
            let keys = stored.iter().flat_map(|message| message.attachments.iter().map(file_key));
            !stored.is_empty() && keys.count() == attached.len()
        })
        .await;
    }

    /// Waits until a message is no longer stored.
    pub async fn forgets(&self, message: MessageId) {
        let id = [message.get().into()];
        self.until("a message is forgotten", async || self.store.get(&id).await.unwrap().is_empty()).await;
    }

    /// A user writes a message, and RTFM stores it.
    pub async fn hears(&self, user: &User, channel: &Channel, text: &str) -> MessageId {
        let message = user.say(channel, text).unwrap();
        self.remembers(message, text).await;
        message
    }

    /// A user asks in a channel; RTFM's finished reply.
    pub async fn asks(&self, user: &User, channel: &Channel, text: &str) -> Message {
        let question = user.say(channel, text).unwrap();
        self.answer_to(channel, question).await
    }

    /// A user asks by `/ask`; the finished answer.
    pub async fn asks_by_command(&self, user: &User, channel: &Channel, question: &str) -> Message {
        self.discord.wait_for_command("ask").await;
        let used = user.slash(channel, "ask", &[("question", question.into())]).unwrap();
        self.answer_by(&used).await
    }

    /// The finished answer to a command.
    pub async fn answer_by(&self, used: &InteractionHandle) -> Message {
        let finished = |message: &Message| !message.is_loading() && is_finished(&message.content);
        used.wait_for_response("a finished answer", finished).await
    }

    /// The finished reply to a message.
    pub async fn answer_to(&self, channel: &Channel, question: MessageId) -> Message {
        let finished = |message: &Message| message.reply_to == Some(question) && is_finished(&message.content);
        channel.wait_for_message("a finished answer", finished).await
    }

    /// Waits for a condition; a timeout prints everything that happened.
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

    /// Stops RTFM in order and fails on any rule of Discord that it broke.
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

/// Whether a reply is finished: a placeholder or partial answer says so in its last line.
pub(crate) fn is_finished(text: &str) -> bool {
    let last = text.trim_end().lines().last().unwrap_or_default().trim_start_matches("-# ");
    !matches!(last, "" | "Searching…" | "Thinking…" | "Writing…")
}
