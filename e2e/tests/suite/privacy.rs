//! `/privacy opt-out` holds in the whole system: no store, no partition and no context of another message keeps the
//! person's text, and no import, backfill or replay brings it back.

use crate::stored::{history, indexed, replay};
use rtfm_e2e::{Backends, World};
use rtfm_memory::store::{Filter, SearchRequest};
use rtfm_shared::{
    bus::Record,
    event::{Envelope, MessageEvent},
};
use rtfm_testkit::discord::User;

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

async fn forgotten_for_good(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    // Several channels, so that they lie on several partitions.
    let channels: Vec<_> = (0..5).map(|n| world.guild.text_channel(&format!("deck-{n}"))).collect();
    for channel in &channels {
        world.hears(&world.ana, channel, "what do we call it?").await;
        world.hears(&world.ben, channel, "we call it zeppelin").await;
        world.hears(&world.ana, channel, "noted").await;
    }
    assert_eq!(kept(&world, "zeppelin").await.1, 10, "ben's words are in his neighbours' contexts");

    let told = privacy(&world.ben, &world, "opt-out").await;
    assert!(told.contains("You are opted out") && told.contains("no longer use what you wrote"), "{told}");
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
async fn an_opt_out_deletes_for_good_on_one_machine() {
    forgotten_for_good(Backends::LOCAL).await;
}

#[tokio::test]
async fn an_opt_out_deletes_for_good_with_qdrant() {
    forgotten_for_good(Backends { qdrant: true, ..Backends::LOCAL }).await;
}

#[tokio::test]
async fn an_opt_out_deletes_for_good_over_kafka_and_qdrant() {
    forgotten_for_good(Backends { kafka: true, qdrant: true, ..Backends::LOCAL }).await;
}
