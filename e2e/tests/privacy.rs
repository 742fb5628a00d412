//! What a person decides with `/privacy` holds in the whole system: nothing of theirs is kept, in no store, on no
//! partition, in nobody's context; and nothing brings it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_e2e::{Ground, World};
use rtfm_memory::store::{Filter, SearchRequest};
use rtfm_shared::{
    bus::{OutRecord, Record, TopicPartition, topics},
    event::{Envelope, MessageEvent},
};
use rtfm_testkit::discord::User;

/// Everything on `discord-messages`, as it stands there.
async fn history(world: &World) -> Vec<Record> {
    let marks = world.bus.watermarks(&[topics::MESSAGES]).await.unwrap().remove(0).unwrap();
    let mut records = Vec::new();
    for (partition, (start, end)) in (0..).zip(marks) {
        let at = TopicPartition::new(topics::MESSAGES, partition);
        let mut next = start;
        while next < end {
            let read = world.bus.read(&at, next, 500).await.unwrap();
            next = read.last().map_or(end, |record| record.offset + 1);
            records.extend(read);
        }
    }
    records
}

/// Publishes messages once more, as an import or a backfill does.
async fn bring_back(world: &World, records: &[Record]) {
    let created = records.iter().filter_map(|record| {
        let envelope = Envelope::<MessageEvent>::decode(record).unwrap();
        matches!(envelope.event, MessageEvent::Created(_)).then(|| Envelope::new(envelope.event, "test/import"))
    });
    for envelope in created {
        world.bus.publish(envelope.encode().unwrap()).await.unwrap();
    }
}

/// Says once more whatever stands on the topic, each partition from its beginning.
async fn replay(world: &World) {
    for record in history(world).await {
        let Record { at, key, value, headers, .. } = record;
        let again = OutRecord { topic: at.topic.to_string(), partition: Some(at.partition), key, value, headers };
        world.bus.publish(again).await.unwrap();
    }
}

async fn indexed(world: &World) {
    world
        .until("everything said is indexed", async || {
            let lags = world.bus.lag(rtfm_processor::INDEX_GROUP, topics::MESSAGES).await.unwrap();
            lags.iter().all(|lag| lag.records() == 0)
        })
        .await;
}

/// Whose messages are kept, by a scroll over all of the store; and how many texts these words find.
async fn kept(world: &World, words: &str) -> (Vec<String>, usize) {
    let everything = Filter::everything(None);
    let all = world.store.scroll(&everything, None, 1000).await.unwrap();
    let request = SearchRequest { filter: &everything, text: words, vector: None, limit: 100 };
    let found = world.store.search(request).await.unwrap().lexical.len();
    (all.into_iter().map(|message| message.username).collect(), found)
}

async fn privacy(user: &User, world: &World, word: &str) -> String {
    world.discord.wait_for_command("privacy").await;
    user.slash(&world.general, &format!("privacy {word}"), &[]).unwrap().wait_answered().await.content
}

async fn forgotten_for_good(ground: Ground) {
    let Some(world) = World::start(ground).await else { return };
    // Several channels, so that they lie on several partitions.
    let channels: Vec<_> = (0..5).map(|n| world.guild.text_channel(&format!("deck-{n}"))).collect();
    for channel in &channels {
        world.hears(&world.ana, channel, "what do we call it?").await;
        world.hears(&world.ben, channel, "we call it zeppelin").await;
        world.hears(&world.ana, channel, "noted").await;
    }
    assert_eq!(kept(&world, "zeppelin").await.1, 10, "ben's words are in his neighbours' contexts");

    let told = privacy(&world.ben, &world, "opt-out").await;
    assert!(told.contains("You are opted out") && told.contains("cannot be found any more"), "{told}");
    let answer = world.asks(&world.ana, &world.general, "RTFM what do we call it? zeppelin?").await;
    assert!(
        !answer.content.contains("zeppelin]") && !answer.content.contains("we call it zeppelin"),
        "{}",
        answer.content
    );
    let gone = ("ana".to_owned(), 10);
    let settled = async || {
        let (authors, found) = kept(&world, "zeppelin").await;
        (authors.iter().all(|author| *author == gone.0) && authors.len() == gone.1, found) == (true, 0)
    };
    world.until("nothing of ben is kept", settled).await;

    // An import, a backfill, a replay: the same messages once more, and then the whole topic again.
    let said = history(&world).await;
    bring_back(&world, &said).await;
    indexed(&world).await;
    assert!(settled().await, "an import brings nothing back: {:?}", kept(&world, "zeppelin").await);
    world.ben.say(&channels[0], "a new zeppelin").unwrap();
    world.hears(&world.ana, &channels[0], "so it is").await;
    let (authors, found) = kept(&world, "zeppelin").await;
    assert!(!authors.contains(&"ben".to_owned()) && found == 0, "{authors:?} {found}");

    replay(&world).await;
    indexed(&world).await;
    let (authors, found) = kept(&world, "zeppelin").await;
    assert_eq!((authors.len(), authors.contains(&"ben".to_owned()), found), (11, false, 0), "{authors:?}");
    let told = privacy(&world.ben, &world, "opt-in").await;
    assert!(told.contains("Welcome back"), "{told}");
    bring_back(&world, &said).await;
    indexed(&world).await;
    assert_eq!(kept(&world, "zeppelin").await.1, 0, "what was written before stays forgotten");
    world.hears(&world.ben, &channels[1], "zeppelin it is").await;
    world.finish().await;
}

#[tokio::test]
async fn who_opts_out_is_forgotten_for_good_on_one_machine() {
    forgotten_for_good(Ground::LOCAL).await;
}

#[tokio::test]
async fn who_opts_out_is_forgotten_for_good_with_qdrant() {
    forgotten_for_good(Ground { qdrant: true, ..Ground::LOCAL }).await;
}

#[tokio::test]
async fn who_opts_out_is_forgotten_for_good_over_kafka_and_qdrant() {
    forgotten_for_good(Ground { kafka: true, qdrant: true, ..Ground::LOCAL }).await;
}
