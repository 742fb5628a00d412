//! What a client publishes is what the processors understand.

use crate::client::world::ClientFixture;
use rtfm_shared::{
    bus::topics,
    client::Client,
    event::{AuthorForgotten, ChatMessage, Envelope, MessageEvent, MessagesDeleted},
};
use std::{collections::BTreeSet, sync::Arc};

#[tokio::test]
async fn message_events_are_published_in_order() {
    let (_ground, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "some/program");
    let message = ChatMessage { message_id: "7".into(), channel_id: "5".into(), ..ChatMessage::default() };
    let deleted = MessagesDeleted {
        channel_id: "5".into(),
        message_id: Some("7".into()),
        message_ids: Vec::new(),
        guild_id: None,
        timestamp: "2026-11-02T12:00:00Z".parse().unwrap(),
    };
    let first = client.created(message.clone()).await.unwrap();
    let second = client.updated(message.clone()).await.unwrap();
    let third = client.deleted(deleted.clone()).await.unwrap();
    assert!(first.partition == third.partition && first.offset < second.offset && second.offset < third.offset);
    let said: Vec<_> = memory
        .records(topics::MESSAGES)
        .iter()
        .map(|record| Envelope::<MessageEvent>::decode(record).unwrap())
        .collect();
    assert!(said.iter().all(|envelope| envelope.meta.source == "some/program"));
    let events: Vec<_> = said.into_iter().map(|envelope| envelope.event).collect();
    let expected =
        [MessageEvent::Created(message.clone()), MessageEvent::Updated(message), MessageEvent::Deleted(deleted)];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn events_for_every_partition_reach_each() {
    let (_ground, memory) = ClientFixture::memory().await;
    let client = Client::new(Arc::new(memory.clone()), "test");
    let forgotten =
        AuthorForgotten { user_id: "3".into(), guild_id: None, timestamp: "2026-11-02T12:00:00Z".parse().unwrap() };
    let message = ChatMessage { message_id: "7".into(), channel_id: "5".into(), ..ChatMessage::default() };
    let events = vec![MessageEvent::Created(message), MessageEvent::AuthorForgotten(forgotten)];
    assert_eq!(client.publish(events).await.unwrap().len(), 4);
    let records = memory.records(topics::MESSAGES);
    let forgetting = records.iter().filter(|record| record.headers.text("ce_type") == Some("author.forgotten"));
    assert_eq!(forgetting.map(|record| record.at.partition).collect::<BTreeSet<_>>(), [0, 1, 2].into());
}
