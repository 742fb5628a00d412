//! Questions in direct messages: asked in a guild that the bot and the asker share, with the asker's own view.

use crate::support::{Stage, answer, until};
use rtfm_shared::event::{ChannelId, Query, Speaker};
use rtfm_testkit::discord::{Fault, Message};
use serde_json::json;
use serenity::all::Permissions;

fn ids(channels: &[&rtfm_testkit::discord::Channel]) -> Vec<ChannelId> {
    let mut ids: Vec<ChannelId> = channels.iter().map(|channel| channel.id().get().into()).collect();
    ids.sort();
    ids
}

fn scope(query: &Query) -> Vec<ChannelId> {
    let mut scope = query.scope.clone().unwrap().channel_ids;
    scope.sort();
    scope
}

fn menu(message: &Message) -> Option<String> {
    message.buttons().into_iter().find(|id| id.starts_with("r1:w"))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_server_in_common_it_is_asked_there_with_the_askers_view() {
    let stage = Stage::start().await;
    let crew = stage.guild.role("crew", Permissions::empty());
    stage.guild.set_roles(&stage.ben, &[crew]);
    let private = stage.guild.text_channel("crew");
    private.make_private(&[crew, stage.guild.bot_role()]);
    let others = stage.guild.text_channel("not-for-ben");
    others.make_private(&[stage.guild.bot_role()]);
    let direct = stage.ben.direct();
    stage.ben.say(&direct, "where is the crane?").unwrap();
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.guild_id, Some(stage.guild.id().get().into()));
    assert_eq!(query.channel_id, direct.id().get().into());
    assert_eq!(scope(&query), ids(&[&stage.general, &private]));
    stage.publish(answer(&query, "At the pier [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("At the pier")).await;

    // Roles count as they are now.
    stage.guild.set_roles(&stage.ben, &[]);
    stage.ben.reply(&direct, shown.id, "and who runs it?").unwrap();
    let query = stage.query("and who runs it?").await;
    assert_eq!(scope(&query), ids(&[&stage.general]));
    let turns: Vec<_> = query.history.iter().map(|turn| (turn.role, turn.content.as_str())).collect();
    assert_eq!(turns, [(Speaker::User, "where is the crane?"), (Speaker::Model, "At the pier.")]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_the_asker_chooses_and_what_is_asked_further_stays_there() {
    let stage = Stage::start().await;
    let second = stage.discord.guild("Yard", &stage.ana);
    stage.guild_heard(&second).await;
    second.join(&stage.ben, &[]);
    let yard = second.text_channel("yard");
    let direct = stage.ben.direct();
    let asked = stage.ben.say(&direct, "where is the crane?").unwrap();
    let which = direct.wait_for_message("a menu", |one| menu(one).is_some()).await;
    assert_eq!(which.reply_to, Some(asked));
    assert!(which.content.contains("Which server"), "{}", direct.view());
    assert!(stage.queries().is_empty());

    // The choice is understood by an instance that knows of nothing.
    let stage = stage.restart().await;
    let id = menu(&which).unwrap();
    let second_id = second.id().to_string();
    stage.ben.choose(&direct, which.id, &id, &[second_id.as_str()]).unwrap();
    stage.discord.gateway().repeat_last("INTERACTION_CREATE");
    let query = stage.query("where is the crane?").await;
    assert_eq!(query.guild_id, Some(second.id().get().into()));
    assert_eq!(scope(&query), ids(&[&yard]));
    assert_eq!(query.query_id.0, format!("discord-message-{asked}"));
    assert_eq!(query.reply.placeholder_id, Some(which.id.get().into()));
    stage.publish(answer(&query, "In the yard [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("In the yard")).await;
    assert_eq!((shown.id, menu(&shown)), (which.id, None));

    // Heard once more, the question does not become a menu again.
    direct.redeliver(asked);
    stage.ben.reply(&direct, shown.id, "since when?").unwrap();
    assert_eq!(stage.query("since when?").await.guild_id, Some(second.id().get().into()));
    let again = shown.buttons().into_iter().find(|id| id.starts_with("r1:m:")).unwrap();
    stage.ben.click(&direct, shown.id, &again).unwrap();
    let again = until("the question anew", || {
        stage.queries().into_iter().find(|query| query.query_id.0.starts_with("discord-again-"))
    })
    .await;
    assert_eq!((again.guild_id.clone(), scope(&again)), (Some(second.id().get().into()), ids(&[&yard])));
    assert_eq!(stage.queries().len(), 3, "chosen once");
    assert_eq!(menu(&direct.message(shown.id).unwrap()), None, "{}", direct.view());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_in_a_direct_message_asks_which_server_too() {
    let stage = Stage::start().await;
    let second = stage.discord.guild("Yard", &stage.ana);
    stage.guild_heard(&second).await;
    second.join(&stage.ben, &[]);
    let direct = stage.ben.direct();
    for private in [false, true] {
        let question = format!("private {private}?");
        let options = [("question", json!(question)), ("private", json!(private)), ("since", json!("2026-03-01"))];
        let asked = stage.ben.slash(&direct, "ask", &options).unwrap();
        let which = asked.wait_for_response("a menu", |one| menu(one).is_some()).await;
        assert_eq!(which.is_ephemeral(), private);
        let first_id = stage.guild.id().to_string();
        stage.ben.choose(&direct, which.id, &menu(&which).unwrap(), &[first_id.as_str()]).unwrap();
        let query = stage.query(&question).await;
        assert_eq!(
            (query.guild_id.clone(), scope(&query)),
            (Some(stage.guild.id().get().into()), ids(&[&stage.general]))
        );
        assert!(query.since.is_some());
        stage.publish(answer(&query, "At the pier [1].")).await;
        let shown = |one: &Message| one.id == which.id && one.content.contains("At the pier");
        let shown = direct.wait_for_message("the answer", shown).await;
        assert!(shown.content.starts_with(&format!("> {question}\n-# only since <t:")), "{}", shown.content);
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_server_in_common_or_no_membership_any_more_it_is_said() {
    let stage = Stage::start().await;
    let stranger = stage.discord.user("stranger");
    let direct = stranger.direct();
    stranger.say(&direct, "where is the crane?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("on no server together")).await;

    let direct = stage.ben.direct();
    stage.ben.say(&direct, "where?").unwrap();
    let query = stage.query("where?").await;
    stage.publish(answer(&query, "At the pier [1].")).await;
    let shown = direct.wait_for_message("the answer", |one| one.content.contains("At the pier")).await;
    stage.guild.remove(&stage.ben);
    stage.ben.reply(&direct, shown.id, "and now?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("cannot find you on that server")).await;

    // What cannot be found out is no.
    stage.discord.fault("GET", "/guilds/*/members/*", 1, Fault::status(503));
    let carl = stage.discord.user("carl");
    stage.guild.join(&carl, &[]);
    let direct = carl.direct();
    carl.say(&direct, "and for carl?").unwrap();
    direct.wait_for_message("words", |one| one.content.contains("on no server together")).await;
    assert_eq!(stage.queries().len(), 1);
    carl.say(&direct, "and now for carl?").unwrap();
    stage.query("and now for carl?").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shares_a_server_is_asked_once_in_some_minutes_and_their_roles_each_time() {
    let stage = Stage::start().await;
    let direct = stage.ben.direct();
    let path = format!("/guilds/{}/members/{}", stage.guild.id(), stage.ben.id());
    let asked = || stage.discord.requests().iter().filter(|request| request.path.ends_with(&path)).count();
    for (question, so_far) in [("one?", 2), ("two?", 3), ("three?", 4)] {
        stage.ben.say(&direct, question).unwrap();
        stage.query(question).await;
        assert_eq!(asked(), so_far, "{question}");
    }
    stage.end().await;
}
