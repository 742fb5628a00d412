//! People and channels by their names.

use super::{
    Stage,
    cast::{Said, everything, message, said, store},
    space,
};
use rtfm_memory::store::{Filter, Removal};
use rtfm_shared::event::ChatMessage;

fn by(id: u64, author: &str, username: &str, channel: &str, channel_name: &str) -> Said {
    let mut said = said(id, "x").author(author).channel(channel);
    said.0.message.username = username.to_owned();
    said.0.message.metadata.channel_name = Some(channel_name.to_owned());
    said
}

fn cast() -> Vec<Said> {
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

pub async fn people_are_found_by_name_inside_a_filter_only(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, cast()).await;
    let called = async |filter: &Filter, wanted: &[&str]| {
        let mut found = memory.authors_named(filter, &names(wanted)).await.unwrap();
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
    assert_eq!(called(&inside("30"), &["ana", "ben"]).await, [] as [&str; 0], "outside of the filter nobody is known");
    assert_eq!(called(&Filter::default(), &["ana"]).await, [] as [&str; 0]);
    let guild = Filter::everything(Some("2".into()));
    assert_eq!(called(&guild, &["ana"]).await, [] as [&str; 0]);
    memory.remove(&Removal::Messages(vec![3.into()])).await.unwrap();
    assert_eq!(called(&everything(), &["ben"]).await, [] as [&str; 0], "a name goes with its last message");
}

pub async fn channels_are_found_by_name_inside_a_filter_only(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, cast()).await;
    let unnamed = ChatMessage { channel_id: "40".into(), ..message(6, "x") };
    let unnamed = Said(rtfm_memory::store::IndexedMessage { message: unnamed, ..said(6, "x").0 });
    store(&*memory, [unnamed]).await;
    let called = async |filter: &Filter, wanted: &[&str]| {
        let mut found = memory.channels_named(filter, &names(wanted)).await.unwrap();
        found.sort();
        found.into_iter().map(|(id, name)| format!("{id} {name}")).collect::<Vec<_>>()
    };
    assert_eq!(called(&everything(), &["general", "Rules", "gone"]).await, ["10 general", "20 Rules", "30 general"]);
    let inside = Filter::channels(Some("1".into()), vec!["20".into(), "40".into()]);
    assert_eq!(called(&inside, &["general", "rules"]).await, ["20 rules"]);
}
