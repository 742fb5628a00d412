//! An answer as it comes about.

use crate::scenes::{
    Scene,
    cast::{drawn, from, harbour, moments},
};
use rtfm_testkit::{
    discord::Message,
    gemini::{Fault, Reply},
};

pub(crate) async fn play() -> Vec<Scene> {
    let (world, help) = harbour().await;
    // Nothing is heard of the model until the picture is taken; then it writes a little, and then it is asked again.
    // Shown is what it cites so far.
    let begins = Reply::pieces(["The crane endpoint is `/api/v2/cranes` [1]. The old one ", "…"]);
    world.gemini().script([begins.clone().failing(Fault::Hang), begins.failing(Fault::Stall)]);
    let asked = world.ben.say(&help, "RTFM what is the crane endpoint?").unwrap();
    let reply = |one: &Message| one.reply_to == Some(asked);
    let placeholder = help.wait_for_message("a placeholder", reply).await;
    assert_eq!(placeholder.history.first().unwrap_or(&placeholder.content), "Searching…");
    let first = drawn(&format!(
        "{}\nrtfm [BOT]: Searching…\n",
        help.view_from(asked).lines().take(2).collect::<Vec<_>>().join("\n")
    ));
    let shows = async |what: &str, end: &str| {
        help.wait_for_message(what, |one| reply(one) && one.content.ends_with(end)).await;
        // What it replies to is seen once.
        from(&help, placeholder.id).lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()
    };
    let thinking = shows("that the model is asked", "Thinking…").await;
    world.gemini().release();
    let writing = shows("the first words", "Writing…").await;
    world.gemini().release();
    world.answer_to(&help, asked).await;
    help.wait_for_message("its buttons", |one| reply(one) && !one.buttons().is_empty()).await;
    let answer: String = from(&help, placeholder.id).lines().skip(1).map(|line| format!("{line}\n")).collect();
    world.finish().await;
    vec![("as it comes about", moments(&[first, thinking, writing, answer]))]
}
