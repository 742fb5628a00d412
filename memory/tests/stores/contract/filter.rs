//! Every read returns the messages inside the filter and no others.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{Channels, Filter, MessageStore, SearchRequest};
use rtfm_shared::event::MessageId;

/// The messages that a filter includes, after checking that every kind of read agrees on them.
async fn seen(store: &dyn MessageStore, filter: &Filter) -> Vec<u64> {
    let vector = vector(0, 0.0);
    let request = SearchRequest { filter, text: "herons", vector: Some(&vector), limit: 50 };
    let legs = store.search(request).await.unwrap();
    let listed = ids(&store.scroll(filter, None, 50).await.unwrap());
    assert_eq!(hit_ids(&legs.dense), listed, "dense hits differ from the list: {filter:?}");
    assert_eq!(hit_ids(&legs.lexical), listed, "lexical hits differ from the list: {filter:?}");
    assert_eq!(store.count(filter).await.unwrap(), listed.len() as u64, "{filter:?}");
    listed
}

pub async fn every_part_of_a_filter_narrows(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [
            indexed(1, "herons"),
            indexed(2, "herons").channel("20"),
            indexed(3, "herons").author("502"),
            indexed(4, "herons").guild("2").channel("30"),
            indexed(5, "herons").guild("").channel("40"),
            indexed(6, "herons").channel("20").author("502"),
            indexed(7, "herons").guild("2").channel("30").author("named user"),
        ],
    )
    .await;
    let store = &*store;
    let channels = |list: &[&str]| Channels::Only(list.iter().map(|id| (*id).into()).collect());
    let guild = |id: &str| Filter::everything(Some(id.into()));

    assert_eq!(seen(store, &everything()).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seen(store, &Filter::default()).await, [] as [u64; 0]);
    assert_eq!(seen(store, &guild("1")).await, [1, 2, 3, 6]);
    assert_eq!(seen(store, &guild("3")).await, [] as [u64; 0]);
    assert_eq!(seen(store, &guild("")).await, [] as [u64; 0]);
    assert_eq!(seen(store, &Filter::channels(Some("1".into()), vec![])).await, [] as [u64; 0]);
    assert_eq!(seen(store, &Filter { channels: channels(&["20"]), ..guild("1") }).await, [2, 6]);
    assert_eq!(seen(store, &Filter { channels: channels(&["20", "30", "99"]), ..guild("1") }).await, [2, 6]);
    assert_eq!(seen(store, &Filter { channels: channels(&["30"]), ..guild("1") }).await, [] as [u64; 0]);
    assert_eq!(seen(store, &Filter { channels: channels(&["99", "98"]), ..guild("1") }).await, [] as [u64; 0]);
    assert_eq!(seen(store, &Filter { channels: channels(&["20", "40"]), ..everything() }).await, [2, 5, 6]);

    let by = |list: &[&str]| Filter { authors: list.iter().map(|id| (*id).into()).collect(), ..everything() };
    assert_eq!(seen(store, &by(&["502"])).await, [3, 6]);
    assert_eq!(seen(store, &by(&["502", "named user"])).await, [3, 6, 7]);
    assert_eq!(seen(store, &by(&["nobody"])).await, [] as [u64; 0]);

    let since = Filter { since: Some(at(3)), ..everything() };
    assert_eq!(seen(store, &since).await, [3, 4, 5, 6, 7]);
    let until = Filter { until: Some(at(3)), ..everything() };
    assert_eq!(seen(store, &until).await, [1, 2]);
    let exclude = Filter { exclude: vec![1.into(), 5.into(), 99.into(), "abc".into()], ..everything() };
    assert_eq!(seen(store, &exclude).await, [2, 3, 4, 6, 7]);

    let all_at_once = Filter {
        channels: channels(&["10", "20"]),
        authors: vec!["502".into(), "501".into()],
        since: Some(at(2)),
        until: Some(at(6)),
        exclude: vec![2.into()],
        ..guild("1")
    };
    assert_eq!(seen(store, &all_at_once).await, [3]);
}

pub async fn guilds_never_mix(backend: &impl Backend) {
    let store = backend.open(space()).await;
    // Discord never uses a channel id in two guilds. Even if it did, nothing may leak.
    upsert(&*store, (1..=30).map(|id| indexed(id, "herons").guild(if id % 3 == 0 { "2" } else { "1" }))).await;
    let filter = Filter::channels(Some("2".into()), vec!["10".into()]);
    assert_eq!(seen(&*store, &filter).await, (1..=30).filter(|id| id % 3 == 0).collect::<Vec<u64>>());
    // A message can gain a guild in a later version.
    upsert(&*store, [indexed(40, "herons").guild("")]).await;
    upsert(&*store, [indexed(40, "herons").guild("2")]).await;
    assert!(seen(&*store, &filter).await.contains(&40));
}

pub async fn channels_without_a_guild_are_readable(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [indexed(1, "herons").guild(""), indexed(2, "herons").guild("").channel("20"), indexed(3, "herons")],
    )
    .await;
    assert_eq!(seen(&*store, &Filter::channels(None, vec!["20".into()])).await, [2]);
    assert_eq!(seen(&*store, &Filter::channels(None, vec!["10".into()])).await, [1, 3]);
    assert_eq!(seen(&*store, &Filter::channels(Some("1".into()), vec!["20".into()])).await, [2]);
}

pub async fn messages_without_a_guild_match_by_channel(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(
        &*store,
        [
            indexed(1, "herons"),
            indexed(2, "herons").guild(""),
            indexed(3, "herons").guild("").channel("20").author("502"),
            indexed(4, "herons").guild("2"),
            indexed(5, "herons").guild("").channel("30"),
        ],
    )
    .await;
    let store = &*store;
    let channels =
        |guild: &str, list: &[&str]| Filter::channels(Some(guild.into()), list.iter().map(|id| (*id).into()).collect());
    assert_eq!(
        seen(store, &channels("1", &["10"])).await,
        [1, 2],
        "a message of another guild is included by its channel"
    );
    assert_eq!(seen(store, &channels("1", &["10", "20"])).await, [1, 2, 3]);
    assert_eq!(seen(store, &channels("1", &["40"])).await, [] as [u64; 0]);
    assert_eq!(seen(store, &channels("3", &["20"])).await, [3], "a guild without stored messages");
    assert_eq!(
        seen(store, &Filter::everything(Some("1".into()))).await,
        [1],
        "a filter on all channels includes messages without a guild"
    );
    let ana = Filter { authors: vec!["501".into()], exclude: vec![1.into()], ..channels("1", &["10", "20"]) };
    assert_eq!(seen(store, &ana).await, [2]);
}

pub async fn ranking_ignores_whether_a_message_has_a_guild(backend: &impl Backend) {
    let store = backend.open(space()).await;
    // Each message is nearer than the one before, alternately with and without a guild. The last eight are equally near.
    let lean = |id: u64| if id <= 12 { 1.2 - id as f32 / 10.0 } else { 0.0 };
    let of =
        |id: u64| indexed(id, "herons").guild(if id.is_multiple_of(2) { "1" } else { "" }).vector(vector(0, lean(id)));
    upsert(&*store, (1..=20).map(of)).await;
    let filter = Filter::channels(Some("1".into()), vec!["10".into()]);
    let nearest = |exclude: Vec<MessageId>| Filter { exclude, ..filter.clone() };
    let found = by_vector(&*store, &nearest(vec![]), &vector(0, 0.0), 11).await;
    // Message 12 is as near as the last eight.
    assert_eq!(hit_ids(&found), [12, 13, 14, 15, 16, 17, 18, 19, 20, 11, 10]);
    let found = by_vector(&*store, &nearest(vec![12.into(), 13.into()]), &vector(0, 0.0), 3).await;
    assert_eq!(hit_ids(&found), [14, 15, 16]);
}

pub async fn filtering_happens_inside_the_search(backend: &impl Backend) {
    let store = backend.open(space()).await;
    // Stores three thousand better hits outside the filter ...
    for batch in 0..3 {
        let better = (0..1000).map(|n| indexed(1 + batch * 1000 + n, "herons herons").channel("99"));
        upsert(&*store, better).await;
    }
    // ... and some worse ones inside it, in two channels.
    let filler = "and a good many other words about the weather today";
    let worse = (0..20_u8).map(|n| {
        let indexed =
            indexed(5000 + u64::from(n), &format!("herons {filler}")).vector(vector(0, 0.2 + f32::from(n) / 10.0));
        indexed.channel(if n % 2 == 0 { "20" } else { "30" })
    });
    upsert(&*store, worse).await;
    let filter = Filter::channels(Some("1".into()), vec!["20".into(), "30".into()]);
    let query = vector(0, 0.0);
    let request = SearchRequest { filter: &filter, text: "herons", vector: Some(&query), limit: 5 };
    let legs = store.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), [5000, 5001, 5002, 5003, 5004]);
    assert_eq!(hit_ids(&legs.lexical), [5000, 5001, 5002, 5003, 5004]);
    let narrow = Filter { exclude: vec![5000.into(), 5004.into()], ..Filter::channels(None, vec!["20".into()]) };
    let request = SearchRequest { filter: &narrow, limit: 3, ..request };
    let legs = store.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), [5002, 5006, 5008]);
    assert_eq!(hit_ids(&legs.lexical), [5002, 5006, 5008]);
}

pub async fn a_filter_accepts_thousands_of_channels(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, (1..=40).map(|id| indexed(id, "herons").channel(&format!("{}", 1000 + id)))).await;
    // A guild can have 500 channels and many more threads.
    let filter = Filter::channels(None, (1021..4000_u64).map(Into::into).collect());
    assert_eq!(seen(&*store, &filter).await, (21..=40).collect::<Vec<u64>>());
}
