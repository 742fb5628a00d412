//! Threads and direct messages.

use crate::scenes::{
    Scene,
    cast::{decide, harbour, moments, whole},
};
use rtfm_testkit::discord::Message;
use serde_json::json;
use serenity::all::ChannelId;

/// A question gets a thread, and in the thread one just asks.
pub(crate) async fn thread() -> Vec<Scene> {
    let (world, help) = harbour().await;
    decide(&world, "answers", &[("in-thread", json!(true))]).await;
    let asked = world.ben.say(&help, "RTFM how do I run the tests?").unwrap();
    let thread = world.discord.channel(ChannelId::new(asked.get()));
    let answer = |words: &'static str| move |one: &Message| one.content.contains(words) && !one.buttons().is_empty();
    thread.wait_for_message("the answer", answer("make test")).await;
    let further = world.ben.say(&thread, "and over Kafka?").unwrap();
    thread.wait_for_message("the answer", |one| one.id > further && answer("test-kafka")(one)).await;
    let picture = whole(&help);
    world.finish().await;
    vec![("in a thread", picture)]
}

/// A direct message, where two servers could be meant.
pub(crate) async fn direct() -> Vec<Scene> {
    let (world, _) = harbour().await;
    let lighthouse = world.discord.guild("Lighthouse", &world.ana);
    lighthouse.join(&world.ben, &[]);
    let lobby = lighthouse.text_channel("lobby");
    world.hears(&world.ana, &lobby, "The lamp is new.").await;
    let direct = world.ben.direct();
    let asked = world.ben.say(&direct, "what is the crane endpoint?").unwrap();
    let menu = direct.wait_for_message("a menu", |one| one.reply_to == Some(asked) && !one.components.is_empty()).await;
    let which = whole(&direct);
    let id = menu.components[0]["components"][0]["custom_id"].as_str().unwrap().to_owned();
    world.ben.choose(&direct, menu.id, &id, &[&world.guild.id().to_string()]).unwrap();
    let answer = |one: &Message| {
        one.reply_to == Some(asked) && one.content.contains("/api/v2/cranes") && !one.buttons().is_empty()
    };
    direct.wait_for_message("the answer", answer).await;
    let after: String = whole(&direct).lines().skip(2).map(|line| format!("{line}\n")).collect();
    world.finish().await;
    vec![("in a direct message", moments(&[which, after]))]
}
