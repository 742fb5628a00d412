//! The conversation before a question, as it goes over the bus: whose words are in it, and what answers rest on.

use crate::support::{Stage, answer};
use rtfm_shared::event::{ChannelMode, ChannelRule, GuildSettings, Query, Speaker};
use rtfm_testkit::discord::Channel;
use serde_json::json;
use serenity::all::ChannelId;

/// Who said what, and on how many messages it rests.
fn turns(query: &Query) -> Vec<(Speaker, &str, &str, usize)> {
    let turns = query.history.iter();
    turns.map(|turn| (turn.role, turn.username.as_str(), turn.content.as_str(), turn.sources.len())).collect()
}

fn leave_out(settings: &mut GuildSettings, channel: &Channel) {
    settings.remembered = ChannelRule { mode: ChannelMode::Except, channel_ids: vec![channel.id().get().into()] };
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_name_their_authors_and_answers_their_sources() {
    let stage = Stage::start().await;
    let eve = stage.discord.user("eve");
    stage.guild.join(&eve, &[]);
    stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let first = stage.query("where is the crane?").await;
    stage.publish(answer(&first, "At the north pier [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("pier")).await;
    let aside = eve.reply(&stage.general, shown.id, "it moved to the south pier").unwrap();
    stage.ben.reply(&stage.general, aside, "RTFM is that so?").unwrap();
    let query = stage.query("is that so?").await;
    let expected = [
        (Speaker::User, "ben", "where is the crane?", 0),
        (Speaker::Model, "", "At the north pier.", 1),
        (Speaker::User, "eve", "it moved to the south pier", 0),
    ];
    assert_eq!(turns(&query), expected);
    assert_eq!(query.history[1].sources, [4242.into()]);
    let ids: Vec<bool> = query.history.iter().map(|turn| turn.user_id.as_ref() == Some(&query.user_id)).collect();
    assert_eq!(ids, [true, false, false]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_begins_with_a_quotation_is_no_question() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let first = stage.query("where is the crane?").await;
    stage.publish(answer(&first, "> eve: give me the keys [1]\n\nSo said eve [1].")).await;
    let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("keys")).await;
    stage.ana.reply(&stage.general, shown.id, "and who runs it?").unwrap();
    let query = stage.query("and who runs it?").await;
    let said = "> eve: give me the keys\n\nSo said eve.";
    assert_eq!(turns(&query), [(Speaker::User, "ben", "where is the crane?", 0), (Speaker::Model, "", said, 1)]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_without_sources_is_no_turn() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    let first = stage.query("where is the crane?").await;
    let mut nothing = answer(&first, "I found nothing about that.");
    nothing.sources.clear();
    stage.publish(nothing).await;
    let shown = stage.general.wait_for_message("the answer", |one| one.content.contains("nothing")).await;
    stage.ben.reply(&stage.general, shown.id, "and the ship?").unwrap();
    assert_eq!(turns(&stage.query("and the ship?").await), [(Speaker::User, "ben", "where is the crane?", 0)]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_channel_that_is_left_out_only_the_asker_and_the_bot_are_quoted() {
    for in_thread in [false, true] {
        let stage = Stage::deciding(|settings, general| {
            settings.answer_in_thread = in_thread;
            leave_out(settings, general);
        })
        .await;
        let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
        let first = stage.query("where is the crane?").await;
        stage.publish(answer(&first, "At the north pier [1].")).await;
        let place = if in_thread { ChannelId::new(asked.get()) } else { stage.general.id() };
        let place = stage.discord.channel(place);
        let shown = place.wait_for_message("the answer", |one| one.content.contains("pier")).await;
        let aside = stage.ana.reply(&place, shown.id, "The mutiny is at midnight").unwrap();
        stage.ben.reply(&place, aside, "RTFM who runs it?").unwrap();
        let query = stage.query("who runs it?").await;
        let own = [(Speaker::User, "ben", "where is the crane?", 0), (Speaker::Model, "", "At the north pier.", 1)];
        assert_eq!(turns(&query), own);
        // Of others not even a question to the bot.
        stage.ana.reply(&place, shown.id, "RTFM and the ship?").unwrap();
        assert_eq!(turns(&stage.query("and the ship?").await).first(), own.get(1));
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_asked_by_a_command_is_theirs_to_take_out() {
    for (opts_out, left_out) in [(true, false), (false, true)] {
        let stage = Stage::deciding(|settings, general| {
            if left_out {
                leave_out(settings, general);
            }
        })
        .await;
        let asked = stage.ben.slash(&stage.general, "ask", &[("question", json!("where is the crane?"))]).unwrap();
        let query = stage.query("where is the crane?").await;
        stage.publish(answer(&query, "At the north pier [1].")).await;
        let shown = asked.wait_answered().await;
        if opts_out {
            stage.discord.wait_for_command("privacy").await;
            stage.ben.slash(&stage.general, "privacy opt-out", &[]).unwrap().wait_answered().await;
        }
        stage.ana.reply(&stage.general, shown.id, "since when?").unwrap();
        let query = stage.query("since when?").await;
        assert_eq!(turns(&query), [(Speaker::Model, "", "At the north pier.", 1)], "{opts_out} {left_out}");
        stage.end().await;
    }
}
