//! A member leaves a server that forgets leavers: a replay brings none of their messages back, and RTFM keeps the
//! messages they write after they return.

use crate::stored::{indexed, replay};
use rtfm_e2e::{Backends, World};
use rtfm_memory::store::Filter;
use rtfm_shared::event::{AuthorLeft, Envelope, SettingsEvent};

async fn authors(world: &World) -> Vec<String> {
    let all = world.store.scroll(&Filter::everything(None), None, 1000).await.unwrap();
    let mut authors: Vec<String> = all.into_iter().map(|message| message.username).collect();
    authors.sort();
    authors
}

async fn forgotten_for_good(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    world.hears(&world.ben, &world.general, "we call it zeppelin").await;
    world.hears(&world.ana, &world.general, "noted").await;
    let (guild_id, user_id) = (world.guild.id().get().into(), world.ben.id().get().into());
    let left = AuthorLeft { guild_id, user_id, left_at: jiff::Timestamp::now() };
    let record = Envelope::new(SettingsEvent::Left(left), "rtfm/bot").encode().unwrap();
    world.bus.publish(record).await.unwrap();
    // The note alone is enough: a bot may die before it says the rest.
    world.until("what ben wrote is forgotten", async || authors(&world).await == ["ana"]).await;
    replay(&world).await;
    indexed(&world).await;
    assert_eq!(authors(&world).await, ["ana"], "a replay brings nothing back");
    world.hears(&world.ben, &world.general, "I am back, zeppelin or not").await;
    replay(&world).await;
    indexed(&world).await;
    assert_eq!(authors(&world).await, ["ana", "ben"]);
    world.finish().await;
}

#[tokio::test]
async fn a_member_who_leaves_is_forgotten_for_good_on_one_machine() {
    forgotten_for_good(Backends::LOCAL).await;
}

#[tokio::test]
async fn a_member_who_leaves_is_forgotten_for_good_over_kafka_and_qdrant() {
    forgotten_for_good(Backends { kafka: true, qdrant: true, ..Backends::LOCAL }).await;
}
