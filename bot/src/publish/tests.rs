//! A bus that is away for longer than a queue holds.

use super::*;
use crate::publish::{AfterOverflow, Checkpoints, Publisher};
use jiff::Timestamp;
use rtfm_shared::{
    bus::BusError,
    event::{ChatMessage, MessagesDeleted},
};
use rtfm_testkit::bus::MemoryBus;
use std::{sync::Arc, time::Duration};

const CHANNEL: u64 = 5;

fn said(id: u64) -> MessageEvent {
    MessageEvent::Created(ChatMessage {
        message_id: id.into(),
        channel_id: CHANNEL.into(),
        guild_id: Some(7.into()),
        content: format!("line {id}"),
        ..ChatMessage::default()
    })
}

fn gone(id: u64) -> MessageEvent {
    MessageEvent::Deleted(MessagesDeleted {
        channel_id: CHANNEL.into(),
        message_id: Some(id.into()),
        message_ids: Vec::new(),
        guild_id: Some(7.into()),
        timestamp: Timestamp::UNIX_EPOCH,
    })
}

fn events(bus: &MemoryBus) -> Vec<MessageEvent> {
    let records = bus.records(topics::MESSAGES);
    records.iter().map(|record| Envelope::decode(record).unwrap().event).collect()
}

fn away(bus: &MemoryBus) {
    bus.fail_publications(topics::MESSAGES, (0..500).map(|_| BusError::Unavailable("for the test".to_owned())));
}

/// A publisher whose queue was full while the bus was away and has room again.
struct Overflowed {
    bus: MemoryBus,
    checkpoints: Checkpoints,
    publisher: Publisher,
    /// Open, so that the lanes can report.
    _reports: mpsc::Receiver<AfterOverflow>,
    /// The message that the full queue left out.
    left_out: u64,
}

async fn overflowed() -> Overflowed {
    let (bus, checkpoints) = (MemoryBus::with_topics(&[(topics::MESSAGES, 1)]), Checkpoints::default());
    away(&bus);
    let (mut publisher, mut reports) = Publisher::start(Arc::new(bus.clone()), &checkpoints, 4);
    let left_out = (10..).find(|id| !publisher.publish(said(*id), "")).unwrap();
    bus.clear_publication_faults(topics::MESSAGES);
    assert_eq!(reports.recv().await, Some(AfterOverflow::CaughtUp), "there is room again");
    Overflowed { bus, checkpoints, publisher, _reports: reports, left_out }
}

#[tokio::test(flavor = "multi_thread")]
async fn removals_and_edits_are_kept_when_the_queue_is_full() {
    let (bus, checkpoints) = (MemoryBus::with_topics(&[(topics::MESSAGES, 1)]), Checkpoints::default());
    away(&bus);
    let (mut publisher, mut behind) = Publisher::start(Arc::new(bus.clone()), &checkpoints, 4);
    // The lane takes the first message and tries it until the bus is back, so a full queue stays full.
    assert!(publisher.publish(said(10), ""));
    while !publisher.lane(&CHANNEL.to_string()).unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let mut taken = vec![10];
    taken.extend((11..).take_while(|id| publisher.publish(said(*id), "")));
    assert_eq!(taken.len(), 1 + 4, "{taken:?}");
    let left_out = taken.last().unwrap() + 1;
    checkpoints.lost(Some(7), CHANNEL, left_out);
    for id in [10, 11, left_out] {
        assert!(publisher.publish(gone(id), ""), "it is never left out");
    }
    publisher.publish_lookup((Some(7), CHANNEL, 12), Box::pin(async { None }), "");
    publisher.publish_lookup((Some(7), CHANNEL, 11), Box::pin(async { None }), "");
    let (reached, everything) = oneshot::channel();
    publisher.notify_when_published(&CHANNEL.to_string(), reached);
    // What is fetched is taken all the same, and in its turn.
    publisher.publish_fetched(said(left_out), "");
    bus.clear_publication_faults(topics::MESSAGES);
    everything.await.unwrap();
    assert!(publisher.flush(Duration::from_secs(30)).await);

    let mut expected: Vec<String> = taken.iter().map(|id| format!("line {id}")).collect();
    expected.push(format!("gone 10 11 {left_out}"));
    expected.push(format!("line {left_out}"));
    let told: Vec<String> = events(&bus)
        .iter()
        .map(|event| match event {
            MessageEvent::Created(message) => message.content.clone(),
            MessageEvent::Deleted(gone) => gone.ids().fold("gone".to_owned(), |all, id| format!("{all} {}", id.0)),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, expected, "in their order");
    let mut tasks = Vec::new();
    while let Some(task) = behind.recv().await {
        tasks.push(task);
    }
    let edited = EditedMessages { guild: Some(7), channel: CHANNEL, messages: vec![12] };
    assert_eq!(tasks, [AfterOverflow::Edited(edited), AfterOverflow::CaughtUp]);
    assert_eq!(checkpoints.of(CHANNEL), Some(left_out - 1), "what was left out is not passed over");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_overtakes_one_that_was_left_out_of_its_channel() {
    let Overflowed { bus, checkpoints, mut publisher, _reports, left_out } = overflowed().await;
    assert!(!publisher.publish(said(left_out + 1), ""), "an earlier one is not fetched yet");
    assert!(publisher.publish(gone(10), ""), "a deletion is never left out");
    publisher.publish_fetched(said(left_out), "");
    assert!(checkpoints.filled(7, CHANNEL, left_out), "one was left out meanwhile");
    assert!(!publisher.publish(said(left_out + 2), ""));
    publisher.publish_fetched(said(left_out + 1), "");
    publisher.publish_fetched(said(left_out + 2), "");
    let (reached, everything) = oneshot::channel();
    publisher.notify_when_published(&CHANNEL.to_string(), reached);
    everything.await.unwrap();
    assert!(!checkpoints.filled(7, CHANNEL, left_out + 2));
    assert!(publisher.publish(said(left_out + 3), ""), "the gap is filled");
    assert!(publisher.flush(Duration::from_secs(30)).await);

    let created = events(&bus).into_iter().filter_map(|event| match event {
        MessageEvent::Created(message) => Some(message.content),
        _ => None,
    });
    let expected: Vec<String> = (10..=left_out + 3).map(|id| format!("line {id}")).collect();
    assert_eq!(created.collect::<Vec<_>>(), expected, "in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_cannot_be_fetched_takes_later_messages() {
    let Overflowed { checkpoints, mut publisher, _reports, left_out, .. } = overflowed().await;
    checkpoints.release_except(7, &[CHANNEL].into());
    assert!(!publisher.publish(said(left_out + 1), ""), "it is being fetched");
    checkpoints.release_except(7, &[].into());
    assert!(publisher.publish(said(left_out + 2), ""));
    assert!(publisher.flush(Duration::from_secs(30)).await);
    assert_eq!(checkpoints.of(CHANNEL), Some(left_out - 1), "a later session may fetch what was left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guild_that_was_left_is_told_after_all_that_waits() {
    let (bus, checkpoints) = (MemoryBus::with_topics(&[(topics::MESSAGES, 1)]), Checkpoints::default());
    away(&bus);
    let (mut publisher, _behind) = Publisher::start(Arc::new(bus.clone()), &checkpoints, 1);
    while publisher.publish(said(10), "") {}
    assert!(publisher.publish(gone(10), ""));
    let left = rtfm_shared::event::GuildLeft { guild_id: 7.into(), timestamp: Timestamp::UNIX_EPOCH };
    assert!(publisher.publish(MessageEvent::GuildLeft(left), ""));
    bus.clear_publication_faults(topics::MESSAGES);
    assert!(publisher.flush(Duration::from_secs(30)).await);
    let kinds: Vec<&str> = events(&bus).iter().map(Event::kind).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["message.deleted", "guild.left"]);
}
