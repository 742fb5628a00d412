//! The ways to ask in a channel.

use crate::scenes::{
    Scene,
    cast::{answered, asks, commands, from, harbour, question, shortened},
};
use rtfm_e2e::World;
use rtfm_testkit::discord::Channel;
use serde_json::json;
use serenity::all::MessageId;

pub(crate) async fn play() -> Vec<Scene> {
    let (world, help) = harbour().await;
    let (ana, ben) = (&world.ana, &world.ben);

    let (word, _) = asks(&world, ben, &help, "RTFM what is the crane endpoint?").await;
    let by_word = from(&help, word);

    let mention = format!("{} when is the next release?", world.discord.bot().mention());
    let (mention, _) = asks(&world, ben, &help, &mention).await;
    let by_mention = from(&help, mention);

    let (begun, answer) = asks(&world, ben, &help, "rtfm: how do I run the tests?").await;
    let further = ben.reply(&help, answer.id, "and over Kafka?").unwrap();
    answered(&world, &help, further).await;
    let followed = from(&help, begun);

    world.discord.wait_for_command("ask").await;
    let by_command = commands(ben, &help, &[question("when is the next release?")]).await;
    let by_command = from(&help, by_command.id);

    let options = [
        question("what was said about the pier?"),
        ("private", json!(true)),
        ("channel", json!(world.general.id().to_string())),
        ("since", json!("7d")),
        ("from", json!(ana.id().to_string())),
    ];
    let narrowed = commands(ben, &help, &options).await;
    let narrowed = from(&help, narrowed.id);

    let about = ana.say(&help, "Has somebody moved the crane endpoint?").unwrap();
    let used = ben.message_command(&help, "What is known about this?", about).unwrap();
    used.wait_for_response("an answer", |one| !one.buttons().is_empty()).await;
    let by_menu = from(&help, about);

    let (unknown, _) = asks(&world, ben, &help, "RTFM who feeds the gulls?").await;
    let not_found = from(&help, unknown);

    let empty = ben.say(&help, "RTFM").unwrap();
    world.answer_to(&help, empty).await;
    let hint = from(&help, empty);

    let all = asks_for_much(&world, &help).await;
    let split = shortened(&from(&help, all), 4);
    world.finish().await;
    vec![
        ("by a word", by_word),
        ("by mention", by_mention),
        ("a follow-up", followed),
        ("by command", by_command),
        ("in private, narrowed", narrowed),
        ("by a message's menu", by_menu),
        ("not found", not_found),
        ("nothing asked", hint),
        ("a long answer", split),
    ]
}

/// A question whose answer one message does not hold.
async fn asks_for_much(world: &World, help: &Channel) -> MessageId {
    let all = world.ben.say(help, "RTFM tell me everything about the cranes").unwrap();
    let head = world.answer_to(help, all).await.id;
    // The buttons hang on the last part, which replies to the first.
    help.wait_for_message("the last part", |one| one.reply_to == Some(head) && !one.buttons().is_empty()).await;
    all
}
