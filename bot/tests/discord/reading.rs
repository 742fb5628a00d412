//! Reading what was said keeps to Discord's limits.

use crate::support::{Stage, until};
use rtfm_shared::{
    bus::topics,
    event::{BackfillState, Envelope, MessageEvent, SettingsEvent},
};
use rtfm_testkit::discord::{Builder, Channel};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);

/// The statuses that reads of a channel's messages were answered with, in their order.
fn reads(stage: &Stage, channel: &Channel) -> Vec<u16> {
    let path = format!("/channels/{}/messages", channel.id());
    let requests = stage.discord.requests();
    requests.iter().filter(|one| one.method == "GET" && one.path == path).map(|one| one.status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_no_faster_than_discord_allows() {
    let stage = Stage::with(Builder::default(), |config| config).await;
    let harbour = stage.guild.text_channel("harbour");
    for n in 0..1150 {
        stage.ben.said(&harbour, &format!("line {n}"), DAY - Duration::from_secs(n)).unwrap();
    }
    stage.ana.slash(&stage.general, "backfill", &[("channel", json!(harbour.id().to_string()))]).unwrap();
    let done = || {
        let records = stage.bus.records(topics::SETTINGS);
        records.iter().find_map(|record| match Envelope::decode(record).unwrap().event {
            SettingsEvent::Backfill(read) if read.state == BackfillState::Done => Some(read.read),
            _ => None,
        })
    };
    assert_eq!(until("the reading to be over", done).await, 1150);
    // Twelve pages and the empty one after them are more than two windows hold; none was asked for too soon.
    assert_eq!(reads(&stage, &harbour), [200; 13]);
    let heard: BTreeSet<_> = stage.said().into_iter().filter_map(text).collect();
    assert!((0..1150).all(|n| heard.contains(&format!("line {n}"))));
    stage.end().await;
}

fn text(event: MessageEvent) -> Option<String> {
    match event {
        MessageEvent::Created(message) => Some(message.content),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_discord_holds_back_is_read_whole() {
    let stage = Stage::with(Builder::default(), |config| config).await;
    stage.discord.tolerate(429);
    let harbour = stage.guild.text_channel("harbour");
    for n in 0..250 {
        stage.ben.said(&harbour, &format!("line {n}"), DAY - Duration::from_secs(n)).unwrap();
    }
    // Another instance has used up what may be read.
    let url = format!("https://discord.com/api/v10/channels/{}/messages", harbour.id());
    let token = format!("Bot {}", stage.discord.token());
    for _ in 0..5 {
        let read = stage.discord.http_client().get(&url).header("authorization", &token).send().await.unwrap();
        assert!(read.status().is_success());
    }
    stage.ana.slash(&stage.general, "backfill", &[("channel", json!(harbour.id().to_string()))]).unwrap();
    let last = || stage.said().into_iter().filter_map(text).find(|text| text == "line 0");
    until("the oldest message", last).await;
    let reads = reads(&stage, &harbour);
    assert_eq!(reads.iter().filter(|status| **status == 429).count(), 1, "told once, and then it waits: {reads:?}");
    stage.end().await;
}
