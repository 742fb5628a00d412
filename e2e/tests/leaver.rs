//! Who leaves a server that forgets those who leave: nothing that they wrote comes back, whatever brings it; what they
//! write when they are back is kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_e2e::{Ground, World};
use rtfm_memory::store::Filter;
use rtfm_shared::{
    bus::{OutRecord, TopicPartition, topics},
    event::{AuthorLeft, Envelope, SettingsEvent},
};

/// Says once more whatever stands on `discord-messages`, as a replay does.
async fn replay(world: &World) {
    let marks = world.bus.watermarks(&[topics::MESSAGES]).await.unwrap().remove(0).unwrap();
    for (partition, (start, end)) in (0..).zip(marks) {
        let at = TopicPartition::new(topics::MESSAGES, partition);
        let records = if start < end { world.bus.read(&at, start, 1000).await.unwrap() } else { Vec::new() };
        for record in records {
            let (key, value, headers) = (record.key, record.value, record.headers);
            let again = OutRecord { topic: at.topic.to_string(), partition: Some(partition), key, value, headers };
            world.bus.publish(again).await.unwrap();
        }
    }
    world
        .until("everything said is indexed", async || {
            let lags = world.bus.lag(rtfm_processor::INDEX_GROUP, topics::MESSAGES).await.unwrap();
            lags.iter().all(|lag| lag.records() == 0)
        })
        .await;
}

async fn authors(world: &World) -> Vec<String> {
    let all = world.store.scroll(&Filter::everything(None), None, 1000).await.unwrap();
    let mut authors: Vec<String> = all.into_iter().map(|message| message.username).collect();
    authors.sort();
    authors
}

async fn forgotten_for_good(ground: Ground) {
    let Some(world) = World::start(ground).await else { return };
    world.hears(&world.ben, &world.general, "we call it zeppelin").await;
    world.hears(&world.ana, &world.general, "noted").await;
    let (guild_id, user_id) = (world.guild.id().get().into(), world.ben.id().get().into());
    let left = AuthorLeft { guild_id, user_id, left_at: jiff::Timestamp::now() };
    let record = Envelope::new(SettingsEvent::Left(left), "rtfm/bot").encode().unwrap();
    world.bus.publish(record).await.unwrap();
    // The note alone is enough: a bot may die before it says the rest.
    world.until("what ben wrote is forgotten", async || authors(&world).await == ["ana"]).await;
    replay(&world).await;
    assert_eq!(authors(&world).await, ["ana"], "a replay brings nothing back");
    world.hears(&world.ben, &world.general, "I am back, zeppelin or not").await;
    replay(&world).await;
    assert_eq!(authors(&world).await, ["ana", "ben"]);
    world.finish().await;
}

#[tokio::test]
async fn who_leaves_is_forgotten_for_good_on_one_machine() {
    forgotten_for_good(Ground::LOCAL).await;
}

#[tokio::test]
async fn who_leaves_is_forgotten_for_good_over_kafka_and_qdrant() {
    forgotten_for_good(Ground { kafka: true, qdrant: true, ..Ground::LOCAL }).await;
}
