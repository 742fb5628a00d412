//! A server forgets a member who leaves only where its settings say so, and only there.

use crate::stored::{found, keeps};
use rtfm_bot::BotConfig;
use rtfm_e2e::{Backends, PATIENCE, World};
use rtfm_testkit::discord::FakeDiscord;
use serde_json::json;

async fn leaving(backends: Backends) {
    let hears = |bot| BotConfig { members_intent: true, ..bot };
    let Some(world) = World::start_on(backends, FakeDiscord::builder(), PATIENCE, hears).await else { return };
    let (ana, ben) = (&world.ana, &world.ben);
    let lighthouse = world.discord.guild("Lighthouse", ana);
    lighthouse.join(ben, &[]);
    let lobby = lighthouse.text_channel("lobby");
    world.hears(ben, &world.general, "the zeppelin lands at noon").await;
    world.hears(ana, &world.general, "noted").await;
    world.hears(ben, &lobby, "the lamp is new").await;

    world.discord.wait_for_command("rtfm").await;
    let decided = ana.slash(&world.general, "rtfm settings memory", &[("forget-leavers", json!(true))]).unwrap();
    decided.wait_for_response("it is in effect", |told| told.content.contains("no → yes")).await;
    // The other server did not say so.
    lighthouse.remove(ben);
    world.guild.remove(ben);
    keeps(&world, &["noted", "the lamp is new"]).await;
    world.until("no context has it", async || found(&world, "zeppelin").await == 0).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_leaves_is_forgotten_where_the_server_says_so() {
    leaving(Backends::LOCAL).await;
    leaving(Backends { qdrant: true, ..Backends::LOCAL }).await;
}
