//! A streamed answer: partial answers arrive over the real bus as edits at a rate Discord allows, each longer than the
//! one before, and the final answer is the last edit.

use rtfm_e2e::{Backends, World};
use rtfm_shared::bus::topics;
use rtfm_testkit::{
    discord::Message,
    gemini::{Fault, Reply},
};
use std::time::Duration;

const WRITING: &str = "\n\n-# Writing…";
/// Between two glimpses in a channel, at least; in milliseconds.
const PACE: u64 = 950;

async fn watched(backends: Backends) {
    let Some(world) = World::start(backends).await else { return };
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    // A sentence is shown when it is certain what it rests on: when the next one has begun.
    let pieces = [
        "The crane endpoint ",
        "has been for a good while now, as was said here, ",
        "/api/v2/cranes [1]. ",
        "Nothing ",
        "else ",
        "was ",
        "ever ",
        "said ",
        "about ",
        "it ",
        "here ",
        "[1].",
    ];
    world.gemini().script([Reply::pieces(pieces).failing(Fault::Slow(Duration::from_millis(400)))]);
    let asked = world.ben.say(&world.general, "RTFM what is the crane endpoint?").unwrap();
    let reply = |one: &Message| one.reply_to == Some(asked);
    world.general.wait_for_message("a glimpse", |one| reply(one) && one.content.ends_with(WRITING)).await;
    let done = |one: &Message| reply(one) && !one.buttons().is_empty();
    let answer = world.general.wait_for_message("the answer", done).await;
    assert!(answer.content.starts_with("The crane endpoint has been for a good while now"), "{}", answer.content);

    // Everything that was on its way has been heard, and nothing came after the answer.
    let heard = async || {
        let lags = world.bus.lag("rtfm-bot-progress", topics::PROGRESS).await.unwrap();
        lags.iter().all(|lag| lag.records() == 0)
    };
    world.until("all glimpses are heard", heard).await;
    let now = world.general.message(answer.id).unwrap();
    assert_eq!((now.content.as_str(), now.buttons()), (answer.content.as_str(), answer.buttons()));
    assert_eq!(now.history.first().map(String::as_str), Some("Searching…"));
    let glimpses: Vec<&str> = now.history.iter().filter_map(|text| text.strip_suffix(WRITING)).collect();
    assert!(!glimpses.is_empty(), "{:?}", now.history);
    assert!(glimpses.windows(2).all(|pair| pair[1].starts_with(pair[0])), "in their order: {glimpses:?}");
    let path = format!("/channels/{}/messages/{}", world.general.id(), answer.id);
    let edits: Vec<u64> =
        world.discord.requests().iter().filter(|one| one.is("PATCH", &path)).map(|one| one.at_ms).collect();
    let (_, shown) = edits.split_last().unwrap();
    assert!(shown.windows(2).all(|pair| pair[1] - pair[0] >= PACE), "about one a second: {edits:?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_answers_are_edits_and_the_answer_is_the_last() {
    watched(Backends::WITH_GEMINI).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_answers_are_edits_and_the_answer_is_the_last_over_kafka() {
    watched(Backends::SERVERS).await;
}
