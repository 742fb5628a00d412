//! What hangs under an answer, and what a click on it does.

use crate::scenes::{
    Scene,
    cast::{asks, from, harbour, moments},
};
use rtfm_testkit::{
    discord::Message,
    gemini::{Fault, Method, Rule},
};

pub(crate) async fn play() -> Vec<Scene> {
    let (world, help) = harbour().await;
    let ben = &world.ben;
    let (_, answer) = asks(&world, ben, &help, "RTFM when is the next release?").await;
    let click = |message: &Message, kind: &str| {
        let id = message.buttons().into_iter().find(|id| id.starts_with(kind)).unwrap();
        ben.click(&help, message.id, &id).unwrap()
    };
    let whispered = async |kind: &str, words: &str| {
        let told = click(&answer, kind).wait_for_response("a word", |one| one.content.contains(words)).await;
        from(&help, told.id)
    };
    let sources = whispered("r1:s:", "We release").await;
    let good = whispered("r1:g:", "Thank you").await;

    let refused = {
        let id = answer.buttons().into_iter().find(|id| id.starts_with("r1:d:")).unwrap();
        let cara = world.discord.user("cara");
        world.guild.join(&cara, &[]);
        let clicked = cara.click(&help, answer.id, &id).unwrap();
        let told =
            clicked.wait_for_response("a refusal", |one| one.content.starts_with("Only the person who asked")).await;
        from(&help, told.id)
    };

    // The people in the room get their picture of the answer alone.
    let room = world.guild.text_channel("room");
    let (asked_again, answer) = asks(&world, ben, &room, "RTFM when is the next release?").await;
    let click = |message: &Message, kind: &str| {
        let id = message.buttons().into_iter().find(|id| id.starts_with(kind)).unwrap();
        ben.click(&room, message.id, &id).unwrap()
    };
    world.gemini().inject(Rule::of(Fault::Hang).method(Method::Stream));
    click(&answer, "r1:m:").wait_acknowledged().await;
    let anew = |one: &Message| one.id == answer.id && one.buttons().is_empty();
    room.wait_for_message("a placeholder", |one| anew(one) && one.content == "Thinking…").await;
    let waiting = from(&room, asked_again);
    world.gemini().release();
    let again = |one: &Message| one.id == answer.id && one.buttons().iter().any(|id| id.contains("discord-again-"));
    let answer = room.wait_for_message("the answer anew", again).await;
    let after: String = from(&room, answer.id).lines().skip(1).map(|line| format!("{line}\n")).collect();
    click(&answer, "r1:d:").wait_acknowledged().await;
    world.discord.wait_for("its end", || room.message(answer.id).is_none().then_some(())).await;
    let deleted = from(&room, asked_again);
    world.finish().await;
    vec![
        ("Sources", sources),
        ("a verdict", good),
        ("Regenerate", moments(&[waiting, after])),
        ("Delete", deleted),
        ("not yours", refused),
    ]
}
