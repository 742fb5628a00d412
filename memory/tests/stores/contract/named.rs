//! Lookups of people and channels by name.

use super::{
    Backend,
    fixtures::{TestMessage, everything, indexed, message, upsert},
    space,
};
use rtfm_memory::store::{Filter, Removal};
use rtfm_shared::event::ChatMessage;

fn by(id: u64, author: &str, username: &str, channel: &str, channel_name: &str) -> TestMessage {
    let mut indexed = indexed(id, "x").author(author).channel(channel);
    indexed.0.message.username = username.to_owned();
    indexed.0.message.metadata.channel_name = Some(channel_name.to_owned());
    indexed
}

fn people() -> Vec<TestMessage> {
    vec![
        by(1, "501", "Ana Mar\u{ed}a", "10", "general"),
        by(2, "502", "ana", "20", "rules"),
        by(3, "503", "Ben", "20", "rules"),
        by(4, "504", "Анна", "30", "g\u{e9}n\u{e9}ral"),
        by(5, "502", "ana", "10", "general"),
    ]
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub async fn people_are_found_by_name_inside_the_filter(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, people()).await;
    let called = async |filter: &Filter, wanted: &[&str]| {
        let mut found = store.authors_named(filter, &names(wanted)).await.unwrap();
        found.sort();
        found.into_iter().map(|(id, name)| format!("{id} {name}")).collect::<Vec<_>>()
    };
    let inside = |channel: &str| Filter::channels(Some("1".into()), vec![channel.into()]);
    assert_eq!(
        called(&everything(), &["ANA", "\u{410}\u{43d}\u{43d}\u{430}"]).await,
        ["501 ANA", "502 ANA", "504 \u{410}\u{43d}\u{43d}\u{430}"]
    );
    assert_eq!(called(&everything(), &["ana maria"]).await, ["501 ana maria"]);
    assert_eq!(called(&everything(), &["maria", "an", "", "5"]).await, [] as [&str; 0]);
    assert_eq!(called(&inside("20"), &["ana", "ben"]).await, ["502 ana", "503 ben"]);
    assert_eq!(called(&inside("30"), &["ana", "ben"]).await, [] as [&str; 0], "authors outside the filter are found");
    assert_eq!(called(&Filter::default(), &["ana"]).await, [] as [&str; 0]);
    let guild = Filter::everything(Some("2".into()));
    assert_eq!(called(&guild, &["ana"]).await, [] as [&str; 0]);
    store.remove(&Removal::Messages(vec![3.into()])).await.unwrap();
    assert_eq!(called(&everything(), &["ben"]).await, [] as [&str; 0], "the name outlives its last message");
}

pub async fn channels_are_found_by_name_inside_the_filter(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, people()).await;
    let unnamed = ChatMessage { channel_id: "40".into(), ..message(6, "x") };
    let unnamed = TestMessage(rtfm_memory::store::IndexedMessage { message: unnamed, ..indexed(6, "x").0 });
    upsert(&*store, [unnamed]).await;
    let called = async |filter: &Filter, wanted: &[&str]| {
        let mut found = store.channels_named(filter, &names(wanted)).await.unwrap();
        found.sort();
        found.into_iter().map(|(id, name)| format!("{id} {name}")).collect::<Vec<_>>()
    };
    assert_eq!(called(&everything(), &["general", "Rules", "gone"]).await, ["10 general", "20 Rules", "30 general"]);
    let inside = Filter::channels(Some("1".into()), vec!["20".into(), "40".into()]);
    assert_eq!(called(&inside, &["general", "rules"]).await, ["20 rules"]);
}
