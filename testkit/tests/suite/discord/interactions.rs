//! Commands, deferred answers, follow-ups, buttons.

use std::time::Duration;

use rtfm_testkit::discord::{Acknowledgement, Channel as TextChannel, FakeDiscord, InteractionHandle};
use serde_json::{Value, json};
use serenity::all::*;

use super::harbour;
use crate::discord::client::Bot;
use crate::discord::rest::{call, code};

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

#[tokio::test]
async fn subcommands_bounds_and_permissions_are_enforced_as_by_the_client() {
    let (discord, guild, ana, ben) = harbour().await;
    let general = guild.text_channel("general");
    let bot = Bot::login(&discord).await;
    let most = CreateCommandOption::new(CommandOptionType::Integer, "most", "How many").max_int_value(9);
    let place = CreateCommandOption::new(CommandOptionType::Channel, "place", "Where");
    let limits = CreateCommandOption::new(CommandOptionType::SubCommand, "limits", "Limits");
    let limits = limits.add_sub_option(most).add_sub_option(place);
    let set = CreateCommandOption::new(CommandOptionType::SubCommandGroup, "set", "Sets").add_sub_option(limits);
    let command = CreateCommand::new("rule").description("Rules").add_option(set);
    let command =
        command.default_member_permissions(Permissions::MANAGE_GUILD).contexts(vec![InteractionContext::Guild]);
    Command::set_global_commands(&bot.http, vec![command]).await.unwrap();

    let given = [("most", json!(9)), ("place", json!(general.id().to_string()))];
    ana.slash(&general, "rule set limits", &given).unwrap();
    let used = |event: &FullEvent| match event {
        FullEvent::InteractionCreate { interaction: Interaction::Command(command) } => Some(command.data.clone()),
        _ => None,
    };
    let data = bot.wait("the command", |bot| bot.heard.find(used)).await;
    let ResolvedValue::SubCommandGroup(group) = &data.options()[0].value else { panic!("{data:?}") };
    let ResolvedValue::SubCommand(options) = &group[0].value else { panic!("{data:?}") };
    assert!(matches!(options[0].value, ResolvedValue::Integer(9)), "{options:?}");
    assert!(matches!(options[1].value, ResolvedValue::Channel(place) if place.id == general.id()), "{options:?}");

    for wrong in ["rule", "rule set", "rule set limit", "rule limits"] {
        assert!(ana.slash(&general, wrong, &[]).is_err(), "{wrong}");
    }
    assert!(ana.slash(&general, "rule set limits", &[("most", json!(10))]).is_err());
    assert!(ben.slash(&general, "rule set limits", &[]).is_err(), "who may not is not offered it");
    assert!(ana.slash(&ana.direct(), "rule set limits", &[]).is_err(), "nor is anybody in private");
    discord.offer_every_command();
    assert!(ben.slash(&general, "rule set limits", &[]).is_ok());
}

/// A command that nobody answers but the test itself.
async fn unanswered(discord: &FakeDiscord) -> (TextChannel, InteractionHandle) {
    let ana = discord.user("ana");
    let general = discord.guild("Harbour", &ana).text_channel("general");
    let commands = format!("/applications/{}/commands", discord.application());
    let definition =
        json!([{"name": "ask", "description": "Asks"}, {"name": "Explain", "type": 3}, {"name": "Who", "type": 2}]);
    assert_eq!(call(discord, "PUT", &commands, definition).await.0, 200);
    let interaction = ana.slash(&general, "ask", &[]).unwrap();
    (general, interaction)
}

fn callback(interaction: &InteractionHandle) -> String {
    format!("/interactions/{}/{}/callback", interaction.id(), interaction.token())
}

#[tokio::test]
async fn an_interaction_is_acknowledged_once_and_in_time() {
    let discord = FakeDiscord::start().await;
    let (_, interaction) = unanswered(&discord).await;
    let answer = json!({"type": 4, "data": {"content": "at once"}});
    assert_eq!(call(&discord, "POST", &callback(&interaction), answer.clone()).await.0, 204);
    assert_eq!(interaction.response().unwrap().content, "at once");
    assert_eq!(code(&call(&discord, "POST", &callback(&interaction), answer.clone()).await), (400, 40060));

    let (_, late) = unanswered(&discord).await;
    discord.advance(Duration::from_secs(4));
    assert_eq!(code(&call(&discord, "POST", &callback(&late), answer.clone()).await), (404, 10062));
    assert_eq!(code(&call(&discord, "POST", "/interactions/7/x/callback", answer).await), (404, 10062));
}

#[tokio::test]
async fn the_token_lives_a_quarter_of_an_hour() {
    let discord = FakeDiscord::start().await;
    let (_, interaction) = unanswered(&discord).await;
    let original = format!("/webhooks/{}/{}/messages/@original", discord.application(), interaction.token());
    assert_eq!(code(&call(&discord, "GET", &original, Value::Null).await), (404, 10015));
    assert_eq!(call(&discord, "POST", &callback(&interaction), json!({"type": 5})).await.0, 204);
    assert!(interaction.response().unwrap().is_loading());
    discord.advance(Duration::from_secs(14 * 60));
    assert_eq!(call(&discord, "PATCH", &original, json!({"content": "late"})).await.0, 200);
    discord.advance(Duration::from_secs(2 * 60));
    discord.tolerate(401);
    assert_eq!(code(&call(&discord, "PATCH", &original, json!({"content": "too late"})).await), (401, 50027));
    assert_eq!(interaction.response().unwrap().content, "late");
}

#[tokio::test]
async fn follow_ups_come_after_the_deferred_answer() {
    let discord = FakeDiscord::start().await;
    let (general, interaction) = unanswered(&discord).await;
    let webhook = format!("/webhooks/{}/{}", discord.application(), interaction.token());
    let defer = json!({"type": 5, "data": {"flags": 64}});
    let with_response = format!("{}?with_response=true", callback(&interaction));
    let (status, made) = call(&discord, "POST", &with_response, defer).await;
    assert_eq!((status, made["interaction"]["response_message_ephemeral"].clone()), (200, json!(true)));
    let (_, first) = call(&discord, "POST", &webhook, json!({"content": "the answer"})).await;
    assert_eq!(interaction.response().unwrap().content, "the answer");
    assert!(interaction.response().unwrap().is_ephemeral());
    let (_, second) = call(&discord, "POST", &webhook, json!({"content": "and more"})).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(interaction.followups()[0].content, "and more");
    assert!(general.view().contains("(only ana can see this)"), "{}", general.view());
    let listed = call(&discord, "GET", &format!("/channels/{}/messages", general.id()), Value::Null).await.1;
    assert_eq!(listed.as_array().unwrap().len(), 1, "an ephemeral message is not in the channel");
    let second = format!("{webhook}/messages/{}", second["id"].as_str().unwrap());
    assert_eq!(call(&discord, "PATCH", &second, json!({"content": "changed"})).await.0, 200);
    assert_eq!(call(&discord, "DELETE", &second, Value::Null).await.0, 204);
    assert_eq!(call(&discord, "DELETE", &format!("{webhook}/messages/@original"), Value::Null).await.0, 204);
    assert!(general.messages().is_empty());
}

#[tokio::test]
async fn buttons_and_context_menus_reach_the_bot() {
    let discord = FakeDiscord::start().await;
    let (general, interaction) = unanswered(&discord).await;
    let row = json!({"type": 1, "components": [
        {"type": 2, "style": 1, "label": "More", "custom_id": "more"},
        {"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": true},
    ]});
    let answer = json!({"type": 4, "data": {"content": "answer", "components": [row]}});
    assert_eq!(call(&discord, "POST", &callback(&interaction), answer).await.0, 204);
    let message = interaction.response().unwrap();
    assert_eq!(message.buttons(), ["more", "off"]);
    assert!(general.view().contains("[ More ] [ Off (disabled) ]"), "{}", general.view());

    let ben = discord.user("ben");
    let home = discord.requests().len();
    assert!(ben.click(&general, message.id, "more").is_err(), "no member");
    assert_eq!(discord.requests().len(), home);
    let owner = discord.bot();
    assert!(owner.click(&general, message.id, "off").is_err() && owner.click(&general, message.id, "no").is_err());
    let clicked = owner.click(&general, message.id, "more").unwrap();
    let update = json!({"type": 7, "data": {"content": "answer, longer", "components": []}});
    assert_eq!(call(&discord, "POST", &callback(&clicked), update).await.0, 204);
    assert_eq!(clicked.acknowledgement(), Some(Acknowledgement::Update));
    assert_eq!(discord.message(message.id).unwrap().content, "answer, longer");

    let menu = owner.message_command(&general, "Explain", message.id).unwrap();
    assert_eq!(call(&discord, "POST", &callback(&menu), json!({"type": 4, "data": {"content": "so"}})).await.0, 204);
    assert!(general.view().contains("used Explain\n"));
    owner.user_command(&general, "Who", &owner).unwrap();
}
