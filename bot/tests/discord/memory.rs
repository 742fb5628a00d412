//! What people write, change and delete reaches `discord-messages`.

use crate::support::{Stage, until};
use rtfm_shared::event::{ChatMessage, MessageEvent, MessageId, MessagesDeleted};

fn created(event: MessageEvent) -> Option<ChatMessage> {
    match event {
        MessageEvent::Created(message) => Some(message),
        _ => None,
    }
}

fn updated(event: MessageEvent) -> Option<ChatMessage> {
    match event {
        MessageEvent::Updated(message) => Some(message),
        _ => None,
    }
}

fn deleted(event: MessageEvent) -> Option<MessagesDeleted> {
    match event {
        MessageEvent::Deleted(deleted) => Some(deleted),
        _ => None,
    }
}

fn id(id: serenity::all::MessageId) -> MessageId {
    id.get().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_say_is_published_as_they_said_it() {
    let stage = Stage::start().await;
    stage.guild.set_nick(&stage.ben, Some("Benny"));
    let first = stage.ana.say(&stage.general, "The crane is at the *north* pier.").unwrap();
    let reply = stage.ben.reply(&stage.general, first, "since 1974").unwrap();
    let file = stage.ana.say_with_file(&stage.general, "", "plan.pdf", "application/pdf", "%PDF").unwrap();

    let said = stage.heard("a message", |event| created(event).filter(|said| said.message_id == id(first))).await;
    assert_eq!(said.content, "The crane is at the *north* pier.");
    assert_eq!((said.username.as_str(), said.user_id), ("ana", stage.ana.id().get().into()));
    assert_eq!(said.channel_id, stage.general.id().get().into());
    assert_eq!(said.guild_id, Some(stage.guild.id().get().into()));
    assert_eq!(said.metadata.channel_name.as_deref(), Some("general"));
    assert_eq!((said.edited_at, said.reply_to, said.thread_id), (None, None, None));
    assert!(!said.metadata.asks_bot);
    let written = stage.general.message(first).unwrap().timestamp_ms;
    assert_eq!(said.timestamp.as_millisecond(), i64::try_from(written).unwrap());

    let said = stage.heard("a reply", |event| created(event).filter(|said| said.message_id == id(reply))).await;
    assert_eq!((said.reply_to, said.username.as_str()), (Some(id(first)), "Benny"));
    let said = stage.heard("a file", |event| created(event).filter(|said| said.message_id == id(file))).await;
    assert_eq!((said.attachments[0].filename.as_str(), said.attachments[0].size), ("plan.pdf", 4));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_say_nothing_that_is_remembered_and_questions_are_marked() {
    let stage = Stage::start().await;
    let other = stage.discord.other_bot("parrot");
    stage.guild.join(&other, &[]);
    other.say(&stage.general, "pretty polly").unwrap();
    let asked = stage.ben.say(&stage.general, "RTFM where is the crane?").unwrap();
    stage.general.wait_for_message("a placeholder", |message| message.reply_to == Some(asked)).await;
    let last = stage.ana.say(&stage.general, "the end").unwrap();
    stage.heard("the last", |event| created(event).filter(|said| said.message_id == id(last))).await;
    let said: Vec<_> = stage.said().into_iter().filter_map(created).collect();
    let marked: Vec<_> = said.iter().map(|said| (said.message_id.clone(), said.metadata.asks_bot)).collect();
    assert_eq!(marked, [(id(asked), true), (id(last), false)]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_and_deletions_follow_their_message() {
    let stage = Stage::start().await;
    let first = stage.ana.say(&stage.general, "the crane is red").unwrap();
    stage.ana.edit(&stage.general, first, "the crane is blue").unwrap();
    let changed = stage.heard("an edit", updated).await;
    assert_eq!((changed.message_id.clone(), changed.content.as_str()), (id(first), "the crane is blue"));
    assert!(changed.edited_at.is_some_and(|edited| edited >= changed.timestamp));
    assert_eq!((changed.username.as_str(), changed.guild_id), ("ana", Some(stage.guild.id().get().into())));

    stage.ana.delete(&stage.general, first).unwrap();
    let gone = stage.heard("a deletion", deleted).await;
    assert_eq!((gone.message_id, gone.message_ids.len()), (Some(id(first)), 0));

    let many: Vec<_> = (0..5).map(|n| stage.ana.say(&stage.general, &format!("spam {n}")).unwrap()).collect();
    stage.ana.delete_bulk(&stage.general, &many).unwrap();
    let gone = stage.heard("a bulk deletion", |event| deleted(event).filter(|gone| gone.message_ids.len() == 5)).await;
    assert_eq!(gone.message_ids, many.iter().map(|one| id(*one)).collect::<Vec<_>>());
    let kinds: Vec<_> = stage.said().iter().map(rtfm_shared::event::Event::kind).collect();
    assert_eq!(kinds[..3], ["message.created", "message.updated", "message.deleted"], "in their order");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_holds_when_much_happens_at_once() {
    let stage = Stage::start().await;
    let ids: Vec<_> = (0..100)
        .map(|n| {
            let message = stage.ana.say(&stage.general, &format!("draft {n}")).unwrap();
            stage.ana.edit(&stage.general, message, &format!("final {n}")).unwrap();
            stage.ana.delete(&stage.general, message).unwrap();
            message
        })
        .collect();
    until("all of it", || (stage.said().len() == 300).then_some(())).await;
    let said = stage.said();
    for (message, events) in ids.iter().zip(said.chunks(3)) {
        let kinds: Vec<_> = events.iter().map(rtfm_shared::event::Event::kind).collect();
        assert_eq!(kinds, ["message.created", "message.updated", "message.deleted"]);
        assert!(events.iter().all(|event| rtfm_shared::event::Event::id(event).contains(&message.to_string())));
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_threads_and_guilds_that_go_are_said() {
    let stage = Stage::start().await;
    let doomed = stage.guild.text_channel("doomed");
    let start = stage.ana.say(&doomed, "a thread starts here").unwrap();
    let thread = stage.ana.start_thread(&doomed, start, "side talk").unwrap();
    let inside = stage.ana.say(&thread, "in the thread").unwrap();
    let said =
        stage.heard("a thread's message", |event| created(event).filter(|said| said.message_id == id(inside))).await;
    assert_eq!(said.channel_id, thread.id().get().into());
    assert_eq!(
        (said.thread_id, said.metadata.channel_name.as_deref()),
        (Some(thread.id().get().into()), Some("side talk"))
    );

    doomed.delete();
    for gone in [doomed.id(), thread.id()] {
        stage
            .heard("a channel's end", |event| match event {
                MessageEvent::ChannelDeleted(end) if end.channel_id == gone.get().into() => Some(()),
                _ => None,
            })
            .await;
    }

    stage.guild.set_available(false);
    stage.guild.set_available(true);
    stage.guild.remove(&stage.discord.bot());
    let left = || stage.said().into_iter().filter(|event| matches!(event, MessageEvent::GuildLeft(_))).count();
    until("the guild's end on every partition", || (left() == 3).then_some(())).await;
    let on: Vec<_> = stage
        .bus
        .records("discord-messages")
        .iter()
        .filter(|record| record.headers.text("ce_type") == Some("guild.left"))
        .map(|record| record.at.partition)
        .collect();
    assert_eq!(on, [0, 1, 2], "once each, and none for the outage");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_the_bus_is_away_is_published_when_it_is_back() {
    let stage = Stage::start().await;
    let away = || rtfm_shared::bus::BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications("discord-messages", (0..4).map(|_| away()));
    let ids: Vec<_> = (0..10).map(|n| stage.ana.say(&stage.general, &format!("line {n}")).unwrap()).collect();
    let last = *ids.last().unwrap();
    stage.heard("the last", |event| created(event).filter(|said| said.message_id == id(last))).await;
    let mut said: Vec<_> = stage.said().into_iter().filter_map(created).map(|said| said.message_id).collect();
    said.dedup();
    let tail: Vec<_> = said.iter().rev().take(10).rev().cloned().collect();
    assert_eq!(tail, ids.iter().map(|one| id(*one)).collect::<Vec<_>>(), "whole and in order");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_last_is_published_before_the_end() {
    let stage = Stage::start().await;
    let away = || rtfm_shared::bus::BusError::Unavailable("for the test".to_owned());
    stage.bus.fail_publications("discord-messages", (0..3).map(|_| away()));
    stage.ana.say(&stage.general, "famous last words").unwrap();
    let asked = stage.ana.say(&stage.general, "RTFM are you there?").unwrap();
    // The placeholder shows that the bot has heard it all; the bus is still away.
    stage.general.wait_for_message("a placeholder", |message| message.reply_to == Some(asked)).await;
    let bus = stage.bus.clone();
    stage.end().await;
    assert_eq!(bus.records("discord-messages").len(), 2);
}
