//! Somebody posts a file; what stands in it is found by a question, cited as the message it hangs on, and gone
//! when the message is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use rtfm_e2e::{Ground, World};
use rtfm_memory::store::file_key;
use rtfm_testkit::discord::{Channel, Message, User};
use serenity::all::MessageId;

const LOG: &str = "2026-11-02 12:00:01 INFO starting\n\
    2026-11-02 12:00:02 ERROR the gantry motor overheated at 97 degrees\n\
    2026-11-02 12:00:03 INFO stopped\n";
const QUESTION: &str = "RTFM why did the gantry motor stop, was it overheated?";

/// Somebody posts a file, and what stands in it is remembered.
async fn posts(world: &World, user: &User, channel: &Channel, file: (&str, &str, &str)) -> MessageId {
    let (name, media_type, content) = file;
    let said = user.say_with_file(channel, "what I got today", name, media_type, content.to_owned()).unwrap();
    let id = [said.get().into()];
    world
        .until(&format!("what stands in {name} is remembered"), async || {
            let stored = world.store.get(&id).await.unwrap();
            let attached = world.store.attached(&stored).await.unwrap();
            let keys = stored.iter().flat_map(|message| message.attachments.iter().map(file_key));
            !stored.is_empty() && keys.count() == attached.len()
        })
        .await;
    said
}

fn link(world: &World, channel: &Channel, message: MessageId) -> String {
    format!("https://discord.com/channels/{}/{}/{message}", world.guild.id(), channel.id())
}

fn seen(message: &Message) -> String {
    format!("{}\n{}", message.content, serde_json::to_string(&message.embeds).unwrap())
}

async fn a_file_is_found_and_forgotten(ground: Ground) {
    let Some(world) = World::start(ground).await else { return };
    let general = &world.general;
    let said = posts(&world, &world.ana, general, ("gantry.log", "text/plain; charset=utf-8", LOG)).await;

    let answer = world.asks(&world.ben, general, QUESTION).await;
    let text = seen(&answer);
    assert!(text.contains(&link(&world, general, said)), "{}", world.discord.channel_view(general));
    assert!(text.contains("in gantry.log"), "the file is named among the sources: {text}");
    if !ground.gemini {
        assert!(text.contains("overheated at 97 degrees"), "its passage is quoted: {text}");
    } else {
        let prompts: String = world.gemini().requests().iter().map(|request| request.user_text()).collect();
        assert!(prompts.contains("(in gantry.log)") && prompts.contains("overheated at 97 degrees"), "{prompts}");
    }

    let words = "what I got this morning";
    world.ana.edit(general, said, words).unwrap();
    world.remembers(said, words).await;
    let answer = world.asks(&world.ben, general, QUESTION).await;
    assert!(seen(&answer).contains("in gantry.log"), "an edit of the words keeps the file: {}", seen(&answer));

    world.ana.delete(general, said).unwrap();
    world.forgets(said).await;
    let answer = world.asks(&world.ben, general, QUESTION).await;
    assert!(seen(&answer).contains("I found nothing"), "{}", world.discord.channel_view(general));
    world.finish().await;
}

async fn a_file_in_a_private_channel_stays_private(ground: Ground) {
    let Some(world) = World::start(ground).await else { return };
    let secret = world.guild.text_channel("bridge");
    secret.make_private(&[world.guild.bot_role()]);
    let said = posts(&world, &world.ana, &secret, ("gantry.log", "text/plain", LOG)).await;
    let answer = world.asks(&world.ben, &world.general, QUESTION).await;
    let text = seen(&answer);
    assert!(text.contains("I found nothing") && !text.contains("overheated at"), "{text}");
    let answer = world.asks(&world.ana, &secret, QUESTION).await;
    assert!(seen(&answer).contains(&link(&world, &secret, said)), "{}", world.discord.channel_view(&secret));
    world.finish().await;
}

#[tokio::test]
async fn what_stands_in_a_file_is_answered_and_goes_with_its_message() {
    a_file_is_found_and_forgotten(Ground::LOCAL).await;
}

#[tokio::test]
async fn what_stands_in_a_file_is_answered_with_gemini_and_qdrant() {
    a_file_is_found_and_forgotten(Ground { qdrant: true, ..Ground::WITH_GEMINI }).await;
}

#[tokio::test]
async fn what_stands_in_a_file_is_answered_over_kafka_and_qdrant() {
    a_file_is_found_and_forgotten(Ground::SERVERS).await;
}

#[tokio::test]
async fn what_stands_in_a_private_file_stays_there() {
    a_file_in_a_private_channel_stays_private(Ground::LOCAL).await;
    a_file_in_a_private_channel_stays_private(Ground { qdrant: true, ..Ground::LOCAL }).await;
}

#[tokio::test]
async fn a_link_that_has_expired_leaves_its_message() {
    let Some(world) = World::start(Ground::LOCAL).await else { return };
    world.discord.expire_links(true);
    let said = world.ana.say_with_file(&world.general, "The gantry log", "gantry.log", "text/plain", LOG).unwrap();
    world.remembers(said, "The gantry log").await;
    let answer = world.asks(&world.ben, &world.general, "RTFM where is the gantry log?").await;
    assert!(seen(&answer).contains(&link(&world, &world.general, said)), "{}", seen(&answer));
    world.finish().await;
}
