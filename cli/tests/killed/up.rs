//! A running `rtfm up`, and the data in its directory.

use rtfm_memory::store::{EmbeddingSpace, Filter, MessageStore, SqliteStore};
use rtfm_shared::{
    bus::{Bus, LocalBus, TopicPartition},
    event::{Envelope, Event},
};
use rtfm_testkit::{
    discord::{Channel, FakeDiscord, Message},
    gemini::FakeGemini,
};
use serenity::all::MessageId;
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::timeout;

pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(90);

/// A running `rtfm up`; killed when dropped.
pub(crate) struct Up(Child);

impl Up {
    pub(crate) fn start(directory: &Path, discord: &FakeDiscord, gemini: &FakeGemini) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtfm"));
        command.args(["up", "--data-dir"]).arg(directory).current_dir(directory);
        command.env_clear().envs(discord.environment());
        for variable in ["GEMINI_API_KEY", "GEMINI_BASE_URL"] {
            command.env(variable, gemini.env().get(variable).unwrap());
        }
        command.env("HTTP_ADDR", "off").stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Starts one and waits until it listens to Discord, which is when it requests its commands.
    pub(crate) async fn listening(directory: &Path, discord: &FakeDiscord, gemini: &FakeGemini) -> Self {
        let requests = || discord.requests().iter().filter(|request| request.is("GET", "/commands")).count();
        let before = requests();
        let up = Self::start(directory, discord, gemini);
        until("it listens", async || requests() > before).await;
        up
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let met = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(TIME_LIMIT, met).await.is_ok(), "waited in vain until {what}");
}

/// The stored messages' ids and texts; fails if one is stored twice.
pub(crate) async fn stored(directory: &Path) -> BTreeMap<u64, String> {
    let space = EmbeddingSpace { name: "gemini-embedding-2".to_owned(), dimension: 768 };
    let Ok(store) = SqliteStore::open(directory, Some(space)).await else { return BTreeMap::new() };
    let (everything, mut stored, mut after) = (Filter::everything(None), BTreeMap::new(), None);
    loop {
        let page = store.scroll(&everything, after.as_ref(), 1000).await.unwrap();
        let Some(last) = page.last() else { return stored };
        after = Some(last.message_id.clone());
        for message in page {
            let id = message.message_id.snowflake().unwrap();
            assert!(stored.insert(id, message.content).is_none(), "{id} is stored twice");
        }
    }
}

/// Waits until a message is stored.
pub(crate) async fn remembered(directory: &Path, message: MessageId) {
    until("a message is remembered", async || stored(directory).await.contains_key(&message.get())).await;
}

/// The messages in the channels that the memory should hold: those by people, without questions to the bot.
pub(crate) fn standing(discord: &FakeDiscord, channels: &[&Channel]) -> BTreeMap<u64, String> {
    let bot = discord.bot().id();
    let all = channels.iter().flat_map(|channel| channel.messages());
    let theirs = all.filter(|message| message.author != bot && !message.content.starts_with("RTFM "));
    theirs.map(|message| (message.id.get(), message.content)).collect()
}

/// Every event on a topic.
pub(crate) async fn events<E: Event>(bus: &LocalBus) -> Vec<E> {
    let marks = bus.watermarks(&[E::TOPIC]).await.unwrap().remove(0).unwrap_or_default();
    let mut events = Vec::new();
    for (partition, (mut next, end)) in (0..).zip(marks) {
        while next < end {
            let read = bus.read(&TopicPartition::new(E::TOPIC, partition), next, 500).await.unwrap();
            next = read.last().map_or(end, |record| record.offset + 1);
            events.extend(read.iter().map(|record| Envelope::decode(record).unwrap().event));
        }
    }
    events
}

/// The bot's replies to a message.
pub(crate) fn replies(channel: &Channel, question: MessageId) -> Vec<Message> {
    channel.messages().into_iter().filter(|message| message.reply_to == Some(question)).collect()
}
