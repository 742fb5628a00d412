//! The inbox hands out what it must and forgets what it must.

use super::*;
use crate::bus::Headers;
use jiff::Timestamp;
use std::sync::Arc;

fn at(partition: i32) -> TopicPartition {
    TopicPartition::new("t", partition)
}

fn record(partition: i32, offset: i64) -> Record {
    Record {
        at: at(partition),
        offset,
        timestamp: Timestamp::UNIX_EPOCH,
        key: None,
        value: Some(vec![0; 10].into()),
        headers: Headers::default(),
    }
}

async fn inbox() -> Inbox {
    let inbox = Inbox::default();
    inbox.assign(vec![at(0), at(1)]);
    assert!(matches!(inbox.next().await, Ok(ConsumerEvent::Assigned(partitions)) if partitions.len() == 2));
    inbox
}

async fn receive(inbox: &Inbox) -> (i32, i64) {
    match inbox.next().await {
        Ok(ConsumerEvent::Record(record)) => (record.at.partition, record.offset),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_of_a_revoked_partition_are_not_handed_out() {
    let inbox = inbox().await;
    inbox.push(record(0, 1));
    inbox.push(record(1, 1));
    inbox.withdraw(Revocation { partitions: vec![at(0)], lost: false, done: None });
    inbox.state().ledger.revoke(&[at(0)]);
    inbox.push(record(0, 2));
    inbox.push(record(1, 2));
    assert!(matches!(inbox.next().await, Ok(ConsumerEvent::Revoked(_))));
    assert_eq!([receive(&inbox).await, receive(&inbox).await], [(1, 1), (1, 2)]);
}

#[tokio::test]
async fn a_paused_partition_waits_in_order_and_does_not_block_the_others() {
    let inbox = inbox().await;
    for offset in 0..3 {
        inbox.push(record(0, offset));
    }
    assert_eq!(inbox.state().pause(&[at(0), at(7)]), [at(0)]);
    inbox.push(record(0, 3));
    inbox.push(record(1, 0));
    assert_eq!(receive(&inbox).await, (1, 0));
    assert_eq!(inbox.state().resume(&[at(0)]), [at(0)]);
    inbox.push(record(0, 4));
    for offset in 0..5 {
        assert_eq!(receive(&inbox).await, (0, offset));
    }
}

#[tokio::test]
async fn a_full_inbox_asks_for_a_pause_until_it_is_half_empty() {
    let inbox = Arc::new(inbox().await);
    for offset in 0..FULL.records {
        assert!(inbox.room(Duration::ZERO));
        inbox.push(record(0, i64::try_from(offset).unwrap()));
    }
    assert!(!inbox.room(Duration::ZERO));
    let waiter = std::thread::spawn({
        let inbox = inbox.clone();
        move || inbox.room(Duration::from_secs(60))
    });
    for _ in ROOM.records + 1..FULL.records {
        receive(&inbox).await;
        assert!(!inbox.room(Duration::ZERO));
    }
    receive(&inbox).await;
    assert!(waiter.join().unwrap(), "the waiter is woken");
}

#[tokio::test]
async fn faults_and_the_end_are_heard() {
    let inbox = inbox().await;
    inbox.fail(BusError::Unavailable("away".to_owned()));
    assert!(matches!(inbox.next().await, Err(BusError::Unavailable(_))));
    inbox.close();
    assert!(matches!(inbox.next().await, Err(BusError::Closed(_))));
    assert!(matches!(inbox.next().await, Err(BusError::Closed(_))));
}
