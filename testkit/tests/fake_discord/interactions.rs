//! Commands, deferred answers, follow-ups, buttons.

use rtfm_testkit::discord::{Acknowledgement, FakeDiscord};
use serde_json::json;
use serenity::all::*;

use crate::client::Bot;

fn ask() -> CreateCommand {
    let question = CreateCommandOption::new(CommandOptionType::String, "question", "What to ask").required(true);
    CreateCommand::new("ask").description("Asks the memory").add_option(question)
}

#[tokio::test]
async fn a_slash_command_is_deferred_and_answered() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let guild = discord.guild("Harbour", &ana);
    let general = guild.text_channel("general");
    let bot = Bot::login(&discord).await;
    Command::set_global_commands(&bot.http, vec![ask()]).await.unwrap();
    discord.wait_for_command("ask").await;

    let asked = ana.slash(&general, "ask", &[("question", json!("where is the crane?"))]).unwrap();
    let answer = asked.wait_answered().await;
    assert_eq!(asked.acknowledgement(), Some(Acknowledgement::Deferred));
    assert_eq!(answer.content, "You asked: where is the crane?");
    assert!(!answer.is_edited(), "a deferred answer is not shown as edited");
    assert_eq!(
        general.view(),
        "── Harbour › #general\n  ┌ ana used /ask\n  rtfm [BOT]: You asked: where is the crane?\n"
    );
    let heard =
        bot.wait("its own deferred message", |bot| bot.heard.messages().into_iter().find(|m| m.id == answer.id));
    assert!(heard.await.flags.unwrap().contains(MessageFlags::LOADING));
}

#[tokio::test]
async fn the_client_refuses_what_was_not_registered() {
    let discord = FakeDiscord::start().await;
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let bot = Bot::login(&discord).await;
    Command::set_global_commands(&bot.http, vec![ask()]).await.unwrap();
    assert!(ana.slash(&general, "tell", &[]).is_err());
    assert!(ana.slash(&general, "ask", &[]).is_err(), "the option is required");
    assert!(ana.slash(&general, "ask", &[("question", json!(7))]).is_err());
}
