//! Threads archived before the bot joined: backfill reads them with their channel, members of the channel find them
//! from elsewhere, and deleting the channel deletes them.

use rtfm_e2e::{Backends, World};
use rtfm_testkit::discord::Channel;
use serde_json::json;
use serenity::all::{ChannelType, Permissions};

async fn read_found_and_forgotten(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    // Its posts are old when the bot comes to see it.
    let forum = world.guild.channel(ChannelType::Forum, "help", None);
    forum.make_private(&[]);
    let post = |name: &str, text: &str| {
        let post = world.ana.start_post(&forum, name, "a question").unwrap();
        let said = world.ana.say(&post, text).unwrap();
        post.set_archived(true);
        (post, said)
    };
    let posts: Vec<(Channel, _)> = vec![
        post("mooring", "The zeppelin is moored at the old windmill"),
        post("fuel", "The zeppelin burns hydrogen on Tuesdays"),
    ];
    forum.overwrite_role(world.guild.everyone(), Permissions::VIEW_CHANNEL, Permissions::empty());
    world.discord.wait_for_command("backfill").await;
    world.ana.slash(&world.general, "backfill", &[("channel", json!(forum.id().to_string()))]).unwrap();
    world.remembers(posts[0].1, "The zeppelin is moored at the old windmill").await;
    world.remembers(posts[1].1, "The zeppelin burns hydrogen on Tuesdays").await;
    let report = format!("I have read the history of <#{}>", forum.id());
    world.general.wait_for_message("the report", |one| one.content.starts_with(&report)).await;

    let asked = "RTFM where is the zeppelin moored?";
    let answer = world.asks(&world.ben, &world.general, asked).await;
    assert!(answer.content.contains("old windmill"), "{}", world.discord.channel_view(&world.general));
    // Whoever does not see the forum does not see its posts.
    forum.make_private(&[world.guild.bot_role()]);
    let answer = world.asks(&world.ben, &world.general, asked).await;
    assert!(!answer.content.contains("old windmill"), "{}", answer.content);

    forum.delete();
    for (_, said) in &posts {
        world.forgets(*said).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn an_archived_thread_is_read_found_and_forgotten_on_one_machine() {
    read_found_and_forgotten(Backends::LOCAL).await;
}

#[tokio::test]
async fn an_archived_thread_is_read_found_and_forgotten_with_qdrant() {
    read_found_and_forgotten(Backends { qdrant: true, ..Backends::LOCAL }).await;
}

#[tokio::test]
async fn an_archived_thread_is_read_found_and_forgotten_over_kafka_and_qdrant() {
    read_found_and_forgotten(Backends { kafka: true, qdrant: true, ..Backends::LOCAL }).await;
}
