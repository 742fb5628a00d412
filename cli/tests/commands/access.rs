//! What the services do with topics is what `rtfm topics acls` allows them: the whole system with a bus of its own for
//! each service, on the local bus and on a broker that allows each user nothing else.

use crate::support::{Ended, Running, World, export, message};
use rtfm_bot::BotConfig;
use rtfm_processor::{Processor, ProcessorConfig};
use rtfm_shared::{
    bus::{
        self, Bus, BusError, OutRecord,
        access::{AclRule, INDEX_GROUP, Service, TopicUse, USES, acls},
        topics::{self, dead_letter_topic},
    },
    config::{BusConfig, Env, KafkaConfig},
};
use rtfm_testkit::{
    bus::{RecordedUse, RecordingBus},
    discord::{FakeDiscord, Message},
    kafka::{self, Broker, PASSWORD, SERVICE_USERS},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(120);

/// How each service reaches the bus.
struct Ways {
    world: World,
    /// The variables of the `rtfm` command.
    operator: Vec<(&'static str, String)>,
    bot: Arc<dyn Bus>,
    processor: Arc<dyn Bus>,
    /// May do everything.
    admin: Arc<dyn Bus>,
}

impl Ways {
    fn rtfm(&self, arguments: &[&str]) -> Ended {
        let mut command = self.world.command(arguments);
        command.envs(self.operator.clone());
        tokio::task::block_in_place(|| Running::spawn(command).ended())
    }
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let met = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, met).await.is_ok(), "waited in vain for {what}");
}

fn expected(service: Service) -> BTreeSet<RecordedUse> {
    let ours = USES.into_iter().filter(|(of, ..)| *of == service);
    ours.flat_map(|(_, topic, topic_use)| match topic_use {
        TopicUse::Publish => vec![RecordedUse::Published(topic.to_owned())],
        TopicUse::Follow => vec![RecordedUse::Followed(topic.to_owned())],
        TopicUse::Consume(group) => vec![
            RecordedUse::Consumed(topic.to_owned(), group.to_owned()),
            RecordedUse::Published(dead_letter_topic(topic)),
        ],
    })
    .collect()
}

/// Goes through everything that the services do with topics.
async fn the_whole_system(ways: &Ways) {
    ways.rtfm(&["topics", "create"]).with_code(0);
    ways.rtfm(&["topics", "verify"]).with_code(0);
    let discord = FakeDiscord::builder().without_rate_limits().start().await;
    let (ana, ben) = (discord.user("ana"), discord.user("ben"));
    let guild = discord.guild("Harbour", &ana);
    guild.join(&ben, &[]);
    let general = guild.text_channel("general");
    let (bot_bus, processor_bus) = (RecordingBus::new(ways.bot.clone()), RecordingBus::new(ways.processor.clone()));
    let directory = tempfile::tempdir().unwrap();
    let config = ProcessorConfig::from_env(&Env::default(), directory.path()).unwrap();
    let processor = Processor::open(config, Arc::new(processor_bus.clone())).await.unwrap();
    let stop = CancellationToken::new();
    let processor = tokio::spawn(processor.run(stop.clone()));
    let config = BotConfig::new(discord.token()).with_client(discord.http_client());
    let mut bot = tokio::spawn(rtfm_bot::run(config, Arc::new(bot_bus.clone()), stop.clone()));
    // It listens once it has looked whether its commands are registered.
    let looks = || discord.requests().iter().any(|one| one.is("GET", "/commands")).then_some(());
    tokio::select! {
        () = discord.wait_for("the bot", looks) => {}
        ended = &mut bot => panic!("the bot ended: {ended:?}"),
    }

    ways.world.write("general.json", &export(&[message("1001", "The boiler code is written under the stairs")]));
    ways.rtfm(&["import", "general.json"]).with_code(0);
    let stored = async |count| {
        until("messages to be stored", async || {
            let lags = ways.admin.lag(INDEX_GROUP, topics::MESSAGES).await.unwrap();
            lags.iter().map(|lag| lag.end).sum::<i64>() >= count && lags.iter().all(|lag| lag.records() == 0)
        })
        .await;
    };
    stored(1).await;
    let asked = ways.rtfm(&["ask", "Where is the boiler code?"]).with_code(0);
    assert!(asked.stdout.contains("under the stairs"), "{asked:?}");

    ana.say(&general, "The crane colour is red").unwrap();
    stored(2).await;
    ben.say(&general, "RTFM what is the crane colour?").unwrap();
    let shown = |message: &Message| message.author == discord.bot().id() && !message.buttons().is_empty();
    let answer = general.wait_for_message("the answer", shown).await;
    assert!(answer.content.contains("colour is red"), "{}", answer.content);
    let good = answer.buttons().into_iter().find(|id| id.starts_with("r1:g:")).expect("👍");
    ben.click(&general, answer.id, &good).unwrap();

    for topic in [topics::MESSAGES, topics::QUERIES, topics::RESPONSES, topics::PROGRESS] {
        let value = Some("{".into());
        ways.admin.publish(OutRecord { topic: topic.to_owned(), value, ..OutRecord::default() }).await.unwrap();
        let letters = dead_letter_topic(topic);
        until("a dead letter", async || {
            let marks = ways.admin.watermarks(&[&letters]).await.unwrap();
            marks[0].as_ref().unwrap().iter().any(|(_, end)| *end > 0)
        })
        .await;
    }
    assert_eq!(ways.rtfm(&["dlq", "list", "--json"]).with_code(0).json().as_array().unwrap().len(), 4);
    ways.rtfm(&["dlq", "replay", "--all", "--yes"]).with_code(0);
    ways.rtfm(&["dlq", "drop", "--all", "--yes"]).with_code(0);
    ways.rtfm(&["search", "boiler"]);
    ways.rtfm(&["topics", "create", "--repair"]).with_code(0);
    let status = ways.rtfm(&["status", "--json"]).json();
    assert_eq!(status["groups"].as_array().unwrap().len(), 4, "{status}");

    for (service, bus) in [(Service::Bot, &bot_bus), (Service::Processor, &processor_bus)] {
        until("everything to be used", async || bus.uses().is_superset(&expected(service))).await;
    }
    stop.cancel();
    bot.await.unwrap().unwrap();
    processor.await.unwrap().unwrap();
    assert_eq!(bot_bus.uses(), expected(Service::Bot));
    assert_eq!(processor_bus.uses(), expected(Service::Processor));
}

#[tokio::test(flavor = "multi_thread")]
async fn services_use_the_topics_that_their_table_names() {
    let world = World::new();
    let open = async || bus::open(&BusConfig::Local { directory: world.path("data") }).await.unwrap();
    std::fs::create_dir(world.path("data")).unwrap();
    let (bot, processor, admin) = (open().await, open().await, open().await);
    the_whole_system(&Ways { operator: Vec::new(), bot, processor, admin, world }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kafka_that_allows_nothing_else_carries_the_whole_system() {
    if let Err(missing) = kafka::available() {
        println!("kafka: left out ({missing})");
        return;
    }
    let (broker, secured) = tokio::task::spawn_blocking(Broker::start_guarded).await.unwrap().unwrap();
    let printed = World::new().run(&["topics", "acls", "--json"]).with_code(0).json();
    let rules: Vec<(String, AclRule)> = [Service::Bot, Service::Processor, Service::Operator]
        .into_iter()
        .zip(SERVICE_USERS)
        .flat_map(|(service, user)| acls(service).into_iter().map(|rule| (user.to_owned(), rule)))
        .collect();
    assert_eq!(printed.as_array().unwrap().len(), rules.len(), "all of them are printed");
    broker.allow(&rules);

    let variables = |user: &str| {
        vec![
            ("KAFKA_BOOTSTRAP_SERVERS", secured.sasl_plaintext()),
            ("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT".to_owned()),
            ("KAFKA_SASL_MECHANISM", "PLAIN".to_owned()),
            ("KAFKA_SASL_USERNAME", user.to_owned()),
            ("KAFKA_SASL_PASSWORD", PASSWORD.to_owned()),
        ]
    };
    let world = World::new();
    let open = async |user: &str| {
        let env = variables(user).iter().fold(Env::default(), |env, (name, value)| env.with(name, value));
        bus::open(&BusConfig::from_env(&env, &world.path("data")).unwrap()).await.unwrap()
    };
    let [bot, processor, operator] = SERVICE_USERS;
    let admin = bus::open(&BusConfig::Kafka(KafkaConfig::of(&broker.bootstrap()))).await.unwrap();
    let (bot, processor, operator) = (open(bot).await, open(processor).await, variables(operator));
    let ways = Ways { operator, bot, processor, admin, world };
    the_whole_system(&ways).await;

    for (who, bus, topic) in [
        ("the processor", &ways.processor, topics::SETTINGS),
        ("the processor", &ways.processor, topics::QUERIES),
        ("the bot", &ways.bot, topics::RESPONSES),
        ("the bot", &ways.bot, topics::PROGRESS),
    ] {
        let (key, value) = (Some("k".into()), Some("{}".into()));
        let record = OutRecord { topic: topic.to_owned(), key, value, ..OutRecord::default() };
        let refused = bus.publish(record).await;
        assert!(matches!(&refused, Err(BusError::Fatal(_))), "{who} on {topic}: {refused:?}");
    }
    // Reading settings takes a right that services do not have: they must not take that for a drift.
    let verified = bus::verify(&*ways.processor, &topics::catalogue()).await;
    assert!(matches!(&verified, Err(BusError::Fatal(said)) if said.contains("DescribeConfigs")), "{verified:?}");
}
