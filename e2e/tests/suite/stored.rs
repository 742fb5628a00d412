//! The store and the topic `discord-messages`, read whole: by a scroll over everything, by a search without a filter,
//! and from the first record to the last.

use rtfm_e2e::World;
use rtfm_memory::store::{Filter, SearchRequest};
use rtfm_processor::INDEX_GROUP;
use rtfm_shared::bus::{OutRecord, Record, TopicPartition, topics};
use std::collections::BTreeMap;

/// Every stored message and its text, each once.
pub(crate) async fn kept(world: &World) -> BTreeMap<u64, String> {
    let (everything, mut kept, mut after) = (Filter::everything(None), BTreeMap::new(), None);
    loop {
        let page = world.store.scroll(&everything, after.as_ref(), 100).await.unwrap();
        let Some(last) = page.last() else { return kept };
        after = Some(last.message_id.clone());
        for message in page {
            let id = message.message_id.snowflake().unwrap();
            assert!(kept.insert(id, message.content).is_none(), "{id} is stored twice");
        }
    }
}

/// Waits until exactly these texts are stored.
pub(crate) async fn keeps(world: &World, texts: &[&str]) {
    let mut wanted: Vec<&str> = texts.to_vec();
    wanted.sort_unstable();
    let exactly = async || {
        let kept = kept(world).await;
        let mut kept: Vec<&str> = kept.values().map(String::as_str).collect();
        kept.sort_unstable();
        kept == wanted
    };
    world.until(&format!("exactly this is stored: {wanted:?}"), exactly).await;
}

/// How many entries a word finds, in the messages themselves or in what surrounds them.
pub(crate) async fn found(world: &World, word: &str) -> usize {
    let everything = Filter::everything(None);
    let request = SearchRequest { filter: &everything, text: word, vector: None, limit: 100 };
    world.store.search(request).await.unwrap().lexical.len()
}

/// Waits until everything said so far is indexed.
pub(crate) async fn indexed(world: &World) {
    let done = async || {
        let lags = world.bus.lag(INDEX_GROUP, topics::MESSAGES).await.unwrap();
        lags.iter().all(|lag| lag.records() == 0)
    };
    world.until("everything said is indexed", done).await;
}

/// Every record of `discord-messages`.
pub(crate) async fn history(world: &World) -> Vec<Record> {
    let marks = world.bus.watermarks(&[topics::MESSAGES]).await.unwrap().remove(0).unwrap();
    let mut records = Vec::new();
    for (partition, (start, end)) in (0..).zip(marks) {
        let at = TopicPartition::new(topics::MESSAGES, partition);
        let mut next = start;
        while next < end {
            let read = world.bus.read(&at, next, 500).await.unwrap();
            next = read.last().map_or(end, |record| record.offset + 1);
            records.extend(read);
        }
    }
    records
}

/// Publishes every record of `discord-messages` again, to the partition it came from.
pub(crate) async fn replay(world: &World) {
    for record in history(world).await {
        let Record { at, key, value, headers, .. } = record;
        let again = OutRecord { topic: at.topic.to_string(), partition: Some(at.partition), key, value, headers };
        world.bus.publish(again).await.unwrap();
    }
}
