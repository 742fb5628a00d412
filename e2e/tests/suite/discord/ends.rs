//! The place of an answer disappears while the answer is written: the answer ends in a visible place or in one logged
//! reason.

use rtfm_e2e::{Backends, World};
use rtfm_shared::bus::topics;
use rtfm_testkit::{
    discord::{Channel, Message},
    gemini::{Fault, Method, Reply, Rule},
};
use serde_json::json;
use serenity::all::{MessageId, Permissions};
use std::time::Duration;

const ASKED: &str = "RTFM what is the crane endpoint?";

/// A world in which the next answer waits until the model is let go.
async fn held() -> World {
    let world = World::start(Backends::WITH_GEMINI).await.expect("a world without servers");
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    world.gemini().inject(Rule::of(Fault::Hang).method(Method::Stream));
    world
}

/// Waits until the model has been asked.
async fn is_written(world: &World) {
    world.gemini().wait_for(|request| request.method == Method::Stream).await;
}

/// Waits until every answer is dealt with, and demands that none was put aside.
async fn done(world: &World) {
    let dealt_with = async || {
        let lags = world.bus.lag("rtfm-bot", topics::RESPONSES).await.unwrap();
        let answered = lags.iter().map(|lag| lag.end).sum::<i64>() > 0;
        answered && lags.iter().all(|lag| lag.records() == 0)
    };
    world.until("the answer is dealt with", dealt_with).await;
    let letters = world.bus.watermarks(&["bot-responses.dlq"]).await.unwrap().remove(0).unwrap();
    assert!(letters.iter().all(|(begin, end)| begin == end), "{letters:?}");
}

fn by_bot(world: &World, channel: &Channel) -> Vec<Message> {
    let bot = world.discord.bot().id();
    channel.messages().into_iter().filter(|message| message.author == bot).collect()
}

fn placeholder_of(question: MessageId) -> impl Fn(&Message) -> bool {
    move |message| message.reply_to == Some(question)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placeholder_that_is_deleted_is_replaced_by_one_reply() {
    let world = held().await;
    let asked = world.ben.say(&world.general, ASKED).unwrap();
    let placeholder = world.general.wait_for_message("a placeholder", placeholder_of(asked)).await;
    is_written(&world).await;
    world.ana.delete(&world.general, placeholder.id).unwrap();
    world.gemini().release();
    let answer = world.answer_to(&world.general, asked).await;
    assert!(answer.id != placeholder.id && answer.content.contains("/api/v2/cranes"), "{}", world.general.view());
    done(&world).await;
    assert_eq!(by_bot(&world, &world.general).len(), 1, "{}", world.general.view());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_token_has_expired_is_answered_in_the_channel() {
    let world = held().await;
    world.discord.tolerate(401);
    world.discord.wait_for_command("ask").await;
    let question = [("question", json!("what is the crane endpoint?"))];
    let used = world.ben.slash(&world.general, "ask", &question).unwrap();
    used.wait_acknowledged().await;
    is_written(&world).await;
    world.discord.advance(Duration::from_secs(16 * 60));
    world.gemini().release();
    let answers = |message: &Message| message.content.contains("/api/v2/cranes") && !message.buttons().is_empty();
    world.general.wait_for_message("the answer", answers).await;
    done(&world).await;
    assert_eq!(by_bot(&world, &world.general).iter().filter(|one| answers(one)).count(), 1, "{}", world.general.view());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_access_to_a_channel_ends_its_answer_and_no_other() {
    let world = held().await;
    world.discord.tolerate(403);
    let place = world.guild.text_channel("place");
    let asked = world.ben.say(&place, ASKED).unwrap();
    place.wait_for_message("a placeholder", placeholder_of(asked)).await;
    is_written(&world).await;
    place.overwrite_member(&world.discord.bot(), Permissions::empty(), Permissions::VIEW_CHANNEL);
    let before = world.discord.requests().len();
    world.gemini().release();
    done(&world).await;
    let path = format!("/channels/{}/", place.id());
    let tried = world.discord.requests().iter().skip(before).filter(|one| one.path.contains(&path)).count();
    assert!(tried <= 4, "it is no loop: {tried} requests");
    let answer = world.asks(&world.ben, &world.general, ASKED).await;
    assert!(answer.content.contains("/api/v2/cranes"), "{}", world.general.view());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_continues_in_a_second_message_once() {
    let world = World::start(Backends::WITH_GEMINI).await.expect("a world without servers");
    world.hears(&world.ana, &world.general, "The crane endpoint is /api/v2/cranes").await;
    let code = (0..90).map(|n| format!("let crane_{n} = cranes.get({n});\n")).collect::<String>();
    let text = format!("It is **long** [1].\n\n```rust\n{code}```\n\nThat is all [1].");
    world.gemini().script([Reply::text(&text)]);
    let asked = world.ben.say(&world.general, ASKED).unwrap();
    let head = world.answer_to(&world.general, asked).await;
    let last = |one: &Message| one.reply_to == Some(head.id) && !one.buttons().is_empty();
    world.general.wait_for_message("the last part", last).await;
    done(&world).await;
    let parts = by_bot(&world, &world.general);
    assert!(parts.len() >= 2, "{}", world.general.view());
    for part in &parts {
        assert!(part.content.encode_utf16().count() <= 2000);
        assert_eq!(part.content.matches("```").count() % 2, 0, "no fence is torn: {}", part.content);
        assert_eq!(part.content.matches("](<").count(), part.content.matches(">)").count(), "nor a link");
    }
    let all: String = parts.iter().map(|part| part.content.clone() + "\n").collect();
    assert!((0..90).all(|n| all.contains(&format!("let crane_{n} = cranes.get({n});"))), "{all}");
    assert!(parts.iter().rev().skip(1).all(|part| part.buttons().is_empty()), "buttons hang on the last part");
    world.finish().await;
}
