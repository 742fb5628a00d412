//! A posted file: a question finds its text, the answer cites the message that carries it, and deleting the message
//! deletes it.

use crate::reader::{link, seen};
use rtfm_e2e::{Backends, World};
use rtfm_testkit::discord::{Channel, User};
use serenity::all::MessageId;

const LOG: &str = "2026-11-02 12:00:01 INFO starting\n\
    2026-11-02 12:00:02 ERROR the gantry motor overheated at 97 degrees\n\
    2026-11-02 12:00:03 INFO stopped\n";
const QUESTION: &str = "RTFM why did the gantry motor stop, was it overheated?";

/// Somebody posts a file, and what stands in it is remembered.
async fn posts(world: &World, user: &User, channel: &Channel, file: (&str, &str, &str)) -> MessageId {
    let (name, media_type, content) = file;
    let said = user.say_with_file(channel, "what I got today", name, media_type, content.to_owned()).unwrap();
    world.remembers_files(said).await;
    said
}

async fn a_file_is_found_and_forgotten(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    let general = &world.general;
    let said = posts(&world, &world.ana, general, ("gantry.log", "text/plain; charset=utf-8", LOG)).await;

    let answer = world.asks(&world.ben, general, QUESTION).await;
    let text = seen(&answer);
    assert!(text.contains(&link(&world, general, said)), "{}", world.discord.channel_view(general));
    assert!(text.contains("in gantry.log"), "the file is named among the sources: {text}");
    if !backends.gemini {
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

async fn a_file_in_a_private_channel_stays_private(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
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
async fn file_content_is_found_and_deleted_with_its_message() {
    a_file_is_found_and_forgotten(Backends::LOCAL).await;
}

#[tokio::test]
async fn file_content_is_found_with_gemini_and_qdrant() {
    a_file_is_found_and_forgotten(Backends { qdrant: true, ..Backends::WITH_GEMINI }).await;
}

#[tokio::test]
async fn file_content_is_found_over_kafka_and_qdrant() {
    a_file_is_found_and_forgotten(Backends::SERVERS).await;
}

#[tokio::test]
async fn a_private_file_is_quoted_only_in_its_channel() {
    a_file_in_a_private_channel_stays_private(Backends::LOCAL).await;
    a_file_in_a_private_channel_stays_private(Backends { qdrant: true, ..Backends::LOCAL }).await;
}

#[tokio::test]
async fn an_expired_file_link_leaves_the_message_stored() {
    let Some(world) = World::start(Backends::LOCAL).await else { return };
    world.discord.expire_links(true);
    let said = world.ana.say_with_file(&world.general, "The gantry log", "gantry.log", "text/plain", LOG).unwrap();
    world.remembers(said, "The gantry log").await;
    let answer = world.asks(&world.ben, &world.general, "RTFM where is the gantry log?").await;
    assert!(seen(&answer).contains(&link(&world, &world.general, said)), "{}", seen(&answer));
    world.finish().await;
}
