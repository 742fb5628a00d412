//! What must not be remembered is not shown either, and secrets are masked wherever the bot shows what somebody wrote.

use crate::support::{Stage, answer};
use jiff::Timestamp;
use rtfm_shared::event::{AuthorLeft, Query, Response, SettingsEvent, Source};
use rtfm_testkit::discord::{Channel, InteractionHandle, Message};
use serde_json::json;
use serenity::all::{ChannelId, MessageId};
use std::time::Duration;

/// Looks like a key, and is put together here so that nothing in the sources does.
fn token() -> String {
    format!("ghp_{}", "aB3dE6gH9jK2".repeat(3))
}

const DAY: Duration = Duration::from_secs(86_400);

/// Messages in a guild that has decided, each with the place it is in.
struct Decided {
    shown: (Channel, MessageId),
    with_token: (Channel, MessageId),
    own_in_lounge: (Channel, MessageId),
    not_shown: Vec<(&'static str, Channel, MessageId)>,
}

/// A guild in which people and managers have decided against some of what was said.
async fn decided(stage: &Stage) -> Decided {
    let (carl, dora) = (stage.discord.user("carl"), stage.discord.user("dora"));
    stage.guild.join(&carl, &[]);
    stage.guild.join(&dora, &[]);
    let lounge = stage.guild.text_channel("lounge");
    let in_general = |id| (stage.general.clone(), id);
    let shown = in_general(stage.ana.say(&stage.general, "the visible pier").unwrap());
    let with_token = in_general(stage.ana.say(&stage.general, &format!("the key is {}", token())).unwrap());
    let opted_out = in_general(carl.say(&stage.general, "hidden by carl").unwrap());
    let left_out = (lounge.clone(), stage.ana.say(&lounge, "hidden in the lounge").unwrap());
    let own_in_lounge = (lounge.clone(), stage.ben.say(&lounge, "ben wonders about piers").unwrap());
    let archived = stage.ana.start_thread(&lounge, left_out.1, "old talk").unwrap();
    let in_archived = (archived.clone(), stage.ana.say(&archived, "hidden in a thread").unwrap());
    let of_leaver = in_general(dora.say(&stage.general, "hidden with dora").unwrap());
    let expired = in_general(stage.ana.said(&stage.general, "hidden by age", DAY * 5).unwrap());
    archived.set_archived(true);

    let left = AuthorLeft {
        user_id: dora.id().get().into(),
        guild_id: stage.guild.id().get().into(),
        left_at: Timestamp::now(),
    };
    stage.publish(SettingsEvent::Left(left)).await;
    carl.slash(&stage.general, "privacy opt-out", &[]).unwrap().wait_answered().await;
    // Each is in the view of the bot with all decisions before it when its answer comes.
    for (words, options) in [
        ("remembered", vec![("channels", json!("except")), ("add", json!(lounge.id().to_string()))]),
        ("memory", vec![("retention-days", json!(3))]),
    ] {
        let used = stage.ana.slash(&stage.general, &format!("rtfm settings {words}"), &options).unwrap();
        used.wait_answered().await;
    }
    let not_shown = [
        ("hidden by carl", opted_out),
        ("hidden in the lounge", left_out),
        ("hidden in a thread", in_archived),
        ("hidden with dora", of_leaver),
        ("hidden by age", expired),
    ];
    let not_shown = not_shown.map(|(text, (channel, id))| (text, channel, id)).into();
    Decided { shown, with_token, own_in_lounge, not_shown }
}

fn source(n: u32, stage: &Stage, channel: &Channel, message: MessageId) -> Source {
    Source {
        n,
        message_id: message.get().into(),
        channel_id: channel.id().get().into(),
        guild_id: Some(stage.guild.id().get().into()),
        timestamp: Timestamp::now(),
        username: "ana".to_owned(),
        ..answer(&Query::default(), "").sources.remove(0)
    }
}

async fn whispered(click: &InteractionHandle) -> String {
    click.wait_for_response("words", |one| one.is_ephemeral() && !one.is_loading()).await.content
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_show_only_what_may_be_remembered_and_mask_secrets() {
    let stage = Stage::start().await;
    let decided = decided(&stage).await;
    stage.ana.say(&stage.general, "RTFM where?").unwrap();
    let query = stage.query("where?").await;
    let open = [&decided.shown, &decided.with_token].map(|(channel, id)| (channel, *id));
    let cited = open.into_iter().chain(decided.not_shown.iter().map(|(_, channel, id)| (channel, *id)));
    let sources: Vec<Source> = (1..).zip(cited).map(|(n, (channel, id))| source(n, &stage, channel, id)).collect();
    let count = sources.len();
    stage.publish(Response { sources, ..answer(&query, "There [1].") }).await;
    let shown = stage.general.wait_for_message("the answer", |one| !one.buttons().is_empty()).await;
    let button = shown.buttons().into_iter().find(|id| id.starts_with("r1:s:")).unwrap();

    let told = whispered(&stage.ana.click(&stage.general, shown.id, &button).unwrap()).await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), count, "{told}");
    assert!(lines[0].ends_with("`the visible pier`"), "{told}");
    assert!(lines[1].contains("`the key is ghp_…(masked)`"), "{told}");
    for (line, (text, ..)) in lines[2..].iter().zip(&decided.not_shown) {
        assert!(line.ends_with(") *not remembered*"), "{text}: {line}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_menu_uses_only_what_may_be_remembered_or_is_the_askers_own_and_masks_secrets() {
    let stage = Stage::start().await;
    let decided = decided(&stage).await;
    let menu = |(channel, id): &(Channel, MessageId)| {
        stage.ben.message_command(channel, "What is known about this?", *id).unwrap()
    };
    for (text, channel, id) in &decided.not_shown {
        // A message in an archived thread cannot be clicked there, but may be read again by a button.
        if text.contains("thread") {
            channel.set_archived(false);
        }
        let told = whispered(&menu(&(channel.clone(), *id))).await;
        assert!(told.contains("not remembered") && !told.contains(text), "{text}: {told}");
    }
    assert!(stage.queries().is_empty(), "{:?}", stage.queries());
    menu(&decided.own_in_lounge);
    stage.query("ben wonders about piers\n(said by ben in #lounge)").await;

    let asked = menu(&decided.with_token);
    let query = stage.query("the key is ghp_…(masked)\n(said by ana in #general)").await;
    stage.publish(answer(&query, "It opens the crane [1].")).await;
    let shown = asked.wait_for_response("the answer", |one: &Message| !one.buttons().is_empty()).await;
    assert!(shown.content.starts_with("> ana: the key is ghp_…(masked)\n"), "{}", shown.content);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_repeats_of_its_question_is_masked() {
    let stage = Stage::deciding(|settings, _| settings.answer_in_thread = true).await;
    let question = format!("what opens with {}?", token());
    let used = stage.ben.slash(&stage.general, "ask", &[("question", json!(question))]).unwrap();
    let query = stage.query(&question).await;
    stage.publish(answer(&query, "The crane [1].")).await;
    let shown = used.wait_for_response("the answer", |one: &Message| !one.buttons().is_empty()).await;
    assert!(shown.content.starts_with("> what opens with ghp_…(masked)?\n"), "{}", shown.content);

    let asked = stage.ben.say(&stage.general, &format!("RTFM {question} really")).unwrap();
    stage.query(&format!("{question} really")).await;
    let thread = stage.discord.channel(ChannelId::new(asked.get())).view();
    assert!(thread.contains("› what opens with ghp_…(masked)? really"), "{thread}");
    stage.end().await;
}
