//! Peers that know plain JSON and the first fields of each topic only, written in Python with another client: they feed
//! RTFM and read its records, and RTFM reads theirs. Over a real Kafka.

mod python;

use python::Python;
use rtfm_bot::BotConfig;
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    bus::{self, Bus, topics},
    config::{BusConfig, KafkaConfig},
};
use rtfm_testkit::{
    discord::FakeDiscord,
    kafka::{self, Broker},
};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_producer_is_indexed_and_answered() {
    let Some(python) = Python::prepare().await else { return };
    let Some(world) = World::start(Backends { kafka: true, ..Backends::LOCAL }).await else { return };
    let (bootstrap, general) = (world.bootstrap_servers().unwrap(), world.general.id().to_string());

    python.peer(&["feed", &bootstrap, &general]).done().await;
    world.remembers(1_300_000_000_000_000_001.into(), "The heron nests at pier nine").await;
    // Sent with a header whose name is not UTF-8.
    world.remembers(1_300_000_000_000_000_002.into(), "The otter sleeps in the boathouse").await;

    let answer: Value = serde_json::from_str(&python.peer(&["ask", &bootstrap, &general]).done().await).unwrap();
    assert!(answer["response_text"].as_str().unwrap().contains("pier nine"), "{answer}");
    assert_eq!(answer["metadata"]["sources_count"], 1);

    // People find it, too, though it does not say of which guild it is.
    let answer = world.asks(&world.ben, &world.general, "RTFM where does the otter sleep?").await;
    let link = format!("https://discord.com/channels/{}/{general}/1300000000000000002", world.guild.id());
    let shown = format!("{}{}", answer.content, serde_json::to_string(&answer.embeds).unwrap());
    assert!(shown.contains("boathouse") && shown.contains(&link), "{}", world.general.view());
    let dead = world.bus.describe_topics(&["discord-messages.dlq", "bot-queries.dlq"]).await.unwrap();
    assert!(dead.iter().flatten().all(|topic| topic.watermarks == [(0, 0)]), "{dead:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_processor_answers_and_an_old_consumer_reads() {
    let Some(python) = Python::prepare().await else { return };
    if let Err(why) = kafka::available() {
        return println!("an old processor over Kafka: left out ({why})");
    }
    let broker = tokio::task::spawn_blocking(Broker::start).await.unwrap().unwrap();
    let config = BusConfig::Kafka(KafkaConfig::of(&broker.bootstrap()));
    let bus: Arc<dyn Bus> = bus::open(&config).await.unwrap();
    bus.create_topics(&topics::catalogue()).await.unwrap();
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let shutdown = CancellationToken::new();
    // A bot without a processor of its own time.
    let bot = BotConfig::new(discord.token()).with_client(discord.http_client());
    let bot = tokio::spawn(rtfm_bot::run(bot, bus, shutdown.clone()));
    discord.gateway().wait_connected().await;

    let processor = python.peer(&["process", &broker.bootstrap()]);
    let said = ana.say(&general, "The heron nests at pier nine").unwrap();
    let asked = ana.say(&general, "RTFM where does the heron nest?").unwrap();
    let heard = "An old processor heard: where does the heron nest?";
    let answer = general.wait_for_message("an answer", |message| message.content.starts_with(heard)).await;
    processor.done().await;
    assert_eq!(answer.reply_to, Some(asked), "{}", general.view());
    let by_bot = general.messages().iter().filter(|message| message.author == discord.bot().id()).count();
    assert_eq!(by_bot, 1, "it stands where the placeholder stood: {}", general.view());

    let consumer = python.peer(&["consume", &broker.bootstrap(), &said.to_string()]);
    let heard: Value = serde_json::from_str(&consumer.done().await).unwrap();
    assert_eq!(heard["message"]["content"], "The heron nests at pier nine");
    assert_eq!(heard["message"]["channel_id"], general.id().to_string());
    assert_eq!(heard["query"]["question"], "where does the heron nest?");
    assert_eq!(heard["query"]["original_message_id"], asked.to_string());
    shutdown.cancel();
    bot.await.unwrap().unwrap();
    discord.finish();
}
