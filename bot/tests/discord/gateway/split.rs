//! Two processes that share a bot's shards, over a bus that takes more than one of them: what one hears, any
//! answers.

use super::{
    scene::quick,
    sharding::{channel_on, connected, shard, two_shards},
};
use crate::support::{answer, launch, within};
use rtfm_bot::{Bot, BotConfig, BotError};
use rtfm_shared::{
    bus::{self, Bus, TopicPartition, topics},
    config::{BusConfig, Env},
    event::{Envelope, Event, MessageEvent, Query},
};
use rtfm_testkit::discord::{Builder, Channel, FakeDiscord, User};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Split {
    discord: FakeDiscord,
    ana: User,
    ben: User,
    directory: TempDir,
    bus: Arc<dyn Bus>,
}

/// One process's bot.
struct Half {
    stop: CancellationToken,
    running: JoinHandle<Result<(), BotError>>,
}

impl Half {
    async fn end(self) {
        self.stop.cancel();
        within("a bot to end", self.running).await.unwrap().unwrap();
    }
}

impl Split {
    async fn start(discord: Builder) -> Self {
        let discord = discord.start().await;
        let (ana, ben) = (discord.user("ana"), discord.user("ben"));
        let directory = tempfile::tempdir().unwrap();
        let bus = open(&directory).await;
        bus.create_topics(&topics::catalogue()).await.unwrap();
        Self { discord, ana, ben, directory, bus }
    }

    /// A bot with a bus of its own on the same log, as a process of its own has it.
    async fn half(&self, ids: &str) -> Half {
        let config = quick(BotConfig::new(self.discord.token()).with_client(self.discord.http_client()));
        let stop = CancellationToken::new();
        let bot = Bot::new(BotConfig { shards: shard(ids, "2"), ..config }, open(&self.directory).await);
        Half { running: launch(bot, &stop).0, stop }
    }

    fn channel(&self, shard: u64) -> Channel {
        channel_on(&self.discord, shard, &self.ana, &self.ben)
    }

    async fn events<E: Event>(&self) -> Vec<E> {
        let mut events = Vec::new();
        for partition in 0..3 {
            let records = self.bus.read(&TopicPartition::new(E::TOPIC, partition), 0, 1000).await.unwrap();
            events.extend(records.iter().map(|record| Envelope::<E>::decode(record).unwrap().event));
        }
        events
    }

    async fn ask(&self, channel: &Channel, question: &str) -> Query {
        self.ben.say(channel, &format!("RTFM {question}")).unwrap();
        let asked = async {
            loop {
                let queries = self.events::<Query>().await.into_iter();
                let mut queries: Vec<_> = queries.filter(|query| query.question == question).collect();
                if let Some(query) = queries.pop() {
                    assert!(queries.is_empty(), "it is asked once");
                    return query;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        within(question, asked).await
    }

    async fn answer(&self, channel: &Channel, query: &Query, text: &str) {
        let record = Envelope::new(answer(query, text), "rtfm/test").encode().unwrap();
        self.bus.publish(record).await.unwrap();
        channel.wait_for_message(text, |message| message.content.contains(text)).await;
        let bot = self.discord.bot().id();
        let by_bot = channel.messages().into_iter().filter(|message| message.author == bot).count();
        assert_eq!(by_bot, 1, "{}", channel.view());
    }
}

async fn open(directory: &TempDir) -> Arc<dyn Bus> {
    bus::open(&BusConfig::from_env(&Env::default(), directory.path()).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_split_the_shards_and_any_of_them_delivers_any_answer() {
    let split = Split::start(two_shards()).await;
    let first = split.half("0").await;
    connected(&split.discord, &[(0, 2)]).await;
    let second = split.half("1").await;
    connected(&split.discord, &[(0, 2), (1, 2)]).await;

    // Many channels, so that questions and answers go over every partition and so to both.
    for n in 0..8 {
        let channel = split.channel(n % 2);
        let query = split.ask(&channel, &format!("who hears {n}?")).await;
        split.answer(&channel, &query, &format!("One of the two, {n}")).await;
    }
    let said = split.events::<MessageEvent>().await;
    assert!(said.iter().all(|event| matches!(event, MessageEvent::Created(_))), "{said:?}");

    // The process that heard a question ends; the other one, which does not serve the guild, delivers the answer.
    let channel = split.channel(1);
    let query = split.ask(&channel, "who is left?").await;
    second.end().await;
    connected(&split.discord, &[(0, 2)]).await;
    split.answer(&channel, &query, "The first one").await;
    first.end().await;
    split.discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_begin_at_the_same_time_all_get_their_turn() {
    let split = Split::start(two_shards().identify_every(Duration::from_millis(300), 1)).await;
    let (first, second) = tokio::join!(split.half("0"), split.half("1"));
    connected(&split.discord, &[(0, 2), (1, 2)]).await;
    let gateway = split.discord.gateway();
    // Mostly one of them is called invalid, and tries again.
    assert!(gateway.connections() < 20, "{} connections", gateway.connections());
    first.end().await;
    second.end().await;
    split.discord.finish();
}
