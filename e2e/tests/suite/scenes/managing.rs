//! What those do who manage the server: reading histories, settings, limits.

use crate::scenes::{
    Scene,
    cast::{asks, drawn, from, harbour, moments, question},
};
use rtfm_testkit::discord::{Fault, Message};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
/// Longer than the bot waits before it tells again how far a reading has come.
const A_WHILE: Duration = Duration::from_secs(6);

pub(crate) async fn play() -> Vec<Scene> {
    let (world, help) = harbour().await;
    let (ana, ben) = (&world.ana, &world.ben);
    let used = |words: &str, options: &[(&str, Value)]| ana.slash(&help, words, options).unwrap();

    let help_text = world.ben.slash(&help, "help", &[]).unwrap().wait_answered().await;
    let help_text = from(&help, help_text.id);

    let logbook = world.guild.text_channel("logbook");
    for n in 0..250 {
        ben.said(&logbook, &format!("Day {n}: the crane lifted {n} crates."), DAY * 30 - Duration::from_secs(n))
            .unwrap();
    }
    world.discord.fault("GET", &format!("/channels/{}/messages", logbook.id()), 2, Fault::delay(A_WHILE));
    let begun = used("backfill", &[("channel", json!(logbook.id().to_string()))]);
    let told = begun.wait_for_response("that it begins", |one| one.content.contains("to stop")).await;
    let so_far = help.wait_for_message("how far it is", |one| one.content.contains("200 messages so far")).await;
    let under_way = from(&help, told.id);
    let done = |one: &Message| one.id == so_far.id && one.content.starts_with("I have read");
    help.wait_for_message("the end", done).await;
    let read = from(&help, so_far.id).lines().next().unwrap().to_owned();
    assert!(told.is_ephemeral());
    let backfill = moments(&[under_way, drawn(&read)]);

    let shown = used("rtfm settings show", &[]).wait_answered().await;
    let shown = from(&help, shown.id);
    let limits = [("user-per-hour", json!(1)), ("server-per-day", json!(200))];
    let limits = used("rtfm settings limits", &limits).wait_answered().await;
    let limits = from(&help, limits.id);

    let room = world.guild.text_channel("room");
    asks(&world, ben, &room, "RTFM when is the next release?").await;
    let over = ben.say(&room, "RTFM and how do I run the tests?").unwrap();
    world.answer_to(&room, over).await;
    let over = from(&room, over);
    let told = ben.slash(&room, "ask", &[question("how do I run the tests?")]).unwrap().wait_answered().await;
    let told = from(&room, told.id);
    world.finish().await;
    vec![
        ("/help", help_text),
        ("/backfill", backfill),
        ("/rtfm settings show", shown),
        ("/rtfm settings limits", limits),
        ("over the limit", moments(&[over, told])),
    ]
}
