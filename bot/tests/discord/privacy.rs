//! `/privacy`: who decides what, when it holds, and what they are told.

use crate::support::{Stage, until};
use rtfm_shared::{
    bus::{Bus, BusError, topics},
    event::{AuthorPrivacy, Envelope, Event, MessageEvent, SettingsEvent},
};
use rtfm_testkit::discord::{Fault, Message, User};
use serenity::all::ChannelId;

/// What somebody is told.
async fn privacy(user: &User, channel: impl Into<ChannelId>, word: &str) -> Message {
    let told = user.slash(channel, &format!("privacy {word}"), &[]).unwrap().wait_answered().await;
    assert!(told.is_ephemeral(), "{}", told.content);
    told
}

fn decisions(stage: &Stage) -> Vec<AuthorPrivacy> {
    let events = stage.bus.records(topics::SETTINGS);
    let events = events.iter().map(|record| Envelope::<SettingsEvent>::decode(record).unwrap().event);
    events.filter_map(|event| if let SettingsEvent::Privacy(privacy) = event { Some(privacy) } else { None }).collect()
}

/// The partitions on which somebody is to be forgotten, and the instants.
fn forgotten(stage: &Stage) -> Vec<(i32, jiff::Timestamp)> {
    let records = stage.bus.records(topics::MESSAGES);
    let found = records.iter().filter_map(|record| match Envelope::<MessageEvent>::decode(record).unwrap().event {
        MessageEvent::AuthorForgotten(gone) => {
            assert_eq!((gone.user_id, gone.guild_id), (ben_of(stage), None));
            Some((record.at.partition, gone.timestamp))
        }
        _ => None,
    });
    found.collect()
}

/// What stands on the partition of the first message, in order.
fn beside_messages(stage: &Stage) -> Vec<&'static str> {
    let records = stage.bus.records(topics::MESSAGES);
    let events = records.iter().map(|record| (&record.at, Envelope::<MessageEvent>::decode(record).unwrap().event));
    let events: Vec<_> = events.collect();
    let (at, _) = events.iter().find(|(_, event)| matches!(event, MessageEvent::Created(_))).unwrap();
    events.iter().filter(|(there, _)| there == at).map(|(_, event)| event.kind()).collect()
}

fn ben_of(stage: &Stage) -> rtfm_shared::event::UserId {
    stage.ben.id().get().into()
}

fn said(stage: &Stage) -> Vec<String> {
    let contents = stage.said().into_iter().filter_map(|event| match event {
        MessageEvent::Created(message) | MessageEvent::Updated(message) => Some(message.content),
        _ => None,
    });
    contents.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opts_out_is_forgotten_everywhere_and_not_heard_any_more() {
    let stage = Stage::start().await;
    let first = stage.ben.say(&stage.general, "the crane is red").unwrap();
    let told = privacy(&stage.ben, &stage.general, "opt-out").await;
    assert!(told.content.contains("You are opted out"), "{}", told.content);

    let decided = decisions(&stage);
    let [decision] = decided.as_slice() else { panic!("{decided:?}") };
    assert!(decision.opted_out && decision.user_id == ben_of(&stage));
    let at = decision.forgotten_until.unwrap();
    assert_eq!(forgotten(&stage), [(0, at), (1, at), (2, at)], "said on every partition before the answer");
    assert_eq!(beside_messages(&stage), ["message.created", "author.forgotten"], "after what was heard");

    stage.ben.say(&stage.general, "the crane is green").unwrap();
    stage.ben.edit(&stage.general, first, "the crane is blue").unwrap();
    stage.ana.say(&stage.general, "the end").unwrap();
    stage
        .heard("the end", |event| matches!(event, MessageEvent::Created(m) if m.content == "the end").then_some(()))
        .await;
    assert_eq!(said(&stage), ["the crane is red", "the end"]);

    let told = privacy(&stage.ben, &stage.ben.direct(), "status").await;
    let since = format!("<t:{}:f>", at.as_second());
    assert!(told.content.contains("You are opted out") && told.content.contains(&since), "{}", told.content);
    let told = privacy(&stage.ana, &stage.general, "status").await;
    assert!(told.content.contains("You are not opted out"), "{}", told.content);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_or_comes_back_is_heard_from_then_on() {
    let stage = Stage::start().await;
    stage.ben.say(&stage.general, "one").unwrap();
    let told = privacy(&stage.ben, &stage.ben.direct(), "forget-me").await;
    assert!(told.content.contains("remember what you write from now on"), "{}", told.content);
    assert_eq!(forgotten(&stage).len(), 3);
    stage.ben.say(&stage.general, "two").unwrap();
    until("two", || said(&stage).contains(&"two".to_owned()).then_some(())).await;

    privacy(&stage.ben, &stage.general, "opt-out").await;
    stage.ben.say(&stage.general, "three").unwrap();
    let told = privacy(&stage.ben, &stage.general, "forget-me").await;
    assert!(told.content.contains("You are opted out"), "it does not opt in: {}", told.content);
    let told = privacy(&stage.ben, &stage.general, "opt-in").await;
    assert!(told.content.contains("Welcome back"), "{}", told.content);
    stage.ben.say(&stage.general, "four").unwrap();
    until("four", || said(&stage).contains(&"four".to_owned()).then_some(())).await;
    assert_eq!(said(&stage), ["one", "two", "four"]);
    let back = decisions(&stage).pop().unwrap();
    assert!(!back.opted_out && back.forgotten_until == Some(back.changed_at), "what came between stays forgotten");
    let told = privacy(&stage.ben, &stage.general, "opt-in").await;
    assert!(told.content.contains("You are not opted out"), "{}", told.content);
    assert_eq!(decisions(&stage).len(), 4, "nothing to decide");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_bus_comes_before_the_word_that_its_author_is_forgotten() {
    let stage = Stage::start().await;
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::MESSAGES, (0..4).map(|_| away()));
    stage.ben.say(&stage.general, "still waiting").unwrap();
    privacy(&stage.ben, &stage.general, "forget-me").await;
    assert_eq!(beside_messages(&stage), ["message.created", "author.forgotten"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_cannot_be_stored_is_not_said_to_be() {
    let stage = Stage::start().await;
    // What the bot notes by itself is noted by then.
    crate::guilds::is_noted(&stage.bus, stage.guild.id(), true).await;
    let never = || BusError::InvalidRecord("for the test".to_owned());
    stage.bus.fail_publications(topics::SETTINGS, [never()]);
    let told = privacy(&stage.ben, &stage.general, "opt-out").await;
    assert!(told.content.contains("nothing has changed"), "{}", told.content);
    assert!(forgotten(&stage).is_empty() && decisions(&stage).is_empty());
    let away = || BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications(topics::SETTINGS, [away(), away()]);
    let told = privacy(&stage.ben, &stage.general, "opt-out").await;
    assert!(told.content.contains("You are opted out"), "{}", told.content);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_holds_after_a_restart() {
    let stage = Stage::start().await;
    stage.discord.fault("POST", "/interactions/*/*/callback", 1, Fault::lose_reply());
    privacy(&stage.ben, &stage.general, "opt-out").await;
    let stage = stage.restart().await;
    stage.ben.say(&stage.general, "not for the record").unwrap();
    stage.ana.say(&stage.general, "the end").unwrap();
    stage
        .heard("the end", |event| matches!(event, MessageEvent::Created(m) if m.content == "the end").then_some(()))
        .await;
    let told = privacy(&stage.ben, &stage.general, "status").await;
    assert!(told.content.contains("You are opted out"), "{}", told.content);
    assert!(said(&stage).iter().all(|said| said == "the end"), "{:?}", said(&stage));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_neither_shown_nor_changed() {
    let stage = Stage::start().await;
    privacy(&stage.ben, &stage.general, "opt-out").await;
    stage.bus.delete_topics(&[topics::SETTINGS]).await.unwrap();
    let stage = stage.restart().await;
    for word in ["status", "opt-in"] {
        let told = privacy(&stage.ben, &stage.general, word).await;
        assert!(told.content.contains("cannot read my settings right now"), "{}", told.content);
    }
    let told = stage.ana.slash(&stage.general, "rtfm settings show", &[]).unwrap().wait_answered().await;
    assert!(told.content.contains("cannot read my settings right now"), "{}", told.content);
    stage.end().await;
}
