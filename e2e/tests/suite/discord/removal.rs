//! Content removed on Discord leaves the store and the contexts of other messages, and a second reading does not bring
//! it back.

use crate::stored::{found, indexed, keeps, kept};
use rtfm_e2e::{Backends, World};
use rtfm_shared::{
    bus::{OutRecord, TopicPartition, topics},
    event::{Envelope, MessageEvent},
};

/// Publishes every message that was ever said once more, as a second reading of the history does.
async fn read_again(world: &World) {
    let marks = world.bus.watermarks(&[topics::MESSAGES]).await.unwrap().remove(0).unwrap();
    for (partition, (mut next, end)) in (0..).zip(marks) {
        let at = TopicPartition::new(topics::MESSAGES, partition);
        while next < end {
            let read = world.bus.read(&at, next, 500).await.unwrap();
            next = read.last().map_or(end, |record| record.offset + 1);
            for record in read {
                let said = matches!(Envelope::decode(&record).unwrap().event, MessageEvent::Created(_));
                let (key, value, headers) = (record.key, record.value, record.headers);
                let again =
                    OutRecord { topic: topics::MESSAGES.to_owned(), partition: Some(partition), key, value, headers };
                if said {
                    world.bus.publish(again).await.unwrap();
                }
            }
        }
    }
}

async fn taken_away(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let (ana, ben, general) = (&world.ana, &world.ben, &world.general);

    // Many messages at once; what stands around them had them in its context.
    world.hears(ana, general, "good morning").await;
    let mut spam = Vec::new();
    for n in 0..5 {
        spam.push(world.hears(ben, general, &format!("buy a zeppelin, number {n}")).await);
    }
    world.hears(ana, general, "please no").await;
    assert!(found(&world, "zeppelin").await > spam.len(), "what follows has them in its context");
    ana.delete_bulk(general, &spam).unwrap();
    keeps(&world, &["good morning", "please no"]).await;
    world.until("no context has them", async || found(&world, "zeppelin").await == 0).await;

    // A thread; and a channel with a thread in it, of which Discord tells no word.
    let doomed = world.guild.text_channel("doomed");
    let start = world.hears(ana, &doomed, "a thread starts here").await;
    let (thread, other) =
        (ben.start_thread(&doomed, start, "one").unwrap(), ben.start_private_thread(&doomed, "two").unwrap());
    other.add_member(&world.discord.bot());
    world.hears(ben, &thread, "in the first thread").await;
    world.hears(ben, &other, "in the second thread").await;
    thread.delete();
    keeps(&world, &["good morning", "please no", "a thread starts here", "in the second thread"]).await;
    doomed.delete();
    keeps(&world, &["good morning", "please no"]).await;

    // A second reading brings back nothing of it.
    read_again(&world).await;
    world.hears(ana, general, "good night").await;
    indexed(&world).await;
    keeps(&world, &["good morning", "please no", "good night"]).await;
    assert_eq!(found(&world, "zeppelin").await, 0);

    // A whole server, and no other.
    let lighthouse = world.discord.guild("Lighthouse", ana);
    let places: Vec<_> = (0..5).map(|n| lighthouse.text_channel(&format!("floor-{n}"))).collect();
    for place in &places {
        world.hears(ana, place, "the lamp is new").await;
    }
    assert_eq!(kept(&world).await.len(), 3 + places.len());
    lighthouse.remove(&world.discord.bot());
    keeps(&world, &["good morning", "please no", "good night"]).await;
    let answer = world.asks(ben, general, "RTFM is the lamp new?").await;
    assert!(!answer.content.contains("the lamp is new"), "{}", answer.content);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_content_is_gone_on_one_machine() {
    taken_away(Backends::LOCAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_content_is_gone_with_qdrant() {
    taken_away(Backends { qdrant: true, ..Backends::LOCAL }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_content_is_gone_over_kafka_and_qdrant() {
    taken_away(Backends { kafka: true, qdrant: true, ..Backends::LOCAL }).await;
}
