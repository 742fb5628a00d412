//! Nothing outside the filter is ever found, counted or listed, and everything inside it can be.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{Channels, Filter, SearchRequest, VectorStore};
use rtfm_shared::event::MessageId;

/// What every way of reading sees through a filter must be the same.
async fn seen(memory: &dyn VectorStore, filter: &Filter) -> Vec<u64> {
    let vector = vector(0, 0.0);
    let request = SearchRequest { filter, text: "herons", vector: Some(&vector), limit: 50 };
    let legs = memory.search(request).await.unwrap();
    let listed = ids(&memory.scroll(filter, None, 50).await.unwrap());
    assert_eq!(hit_ids(&legs.dense), listed, "dense against the list: {filter:?}");
    assert_eq!(hit_ids(&legs.lexical), listed, "lexical against the list: {filter:?}");
    assert_eq!(memory.count(filter).await.unwrap(), listed.len() as u64, "{filter:?}");
    listed
}

pub async fn every_part_of_a_filter_narrows(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(
        &*memory,
        [
            said(1, "herons"),
            said(2, "herons").channel("20"),
            said(3, "herons").author("502"),
            said(4, "herons").guild("2").channel("30"),
            said(5, "herons").guild("").channel("40"),
            said(6, "herons").channel("20").author("502"),
            said(7, "herons").guild("2").channel("30").author("named user"),
        ],
    )
    .await;
    let memory = &*memory;
    let channels = |list: &[&str]| Channels::Only(list.iter().map(|id| (*id).into()).collect());
    let guild = |id: &str| Filter::everything(Some(id.into()));

    assert_eq!(seen(memory, &everything()).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seen(memory, &Filter::default()).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &guild("1")).await, [1, 2, 3, 6]);
    assert_eq!(seen(memory, &guild("3")).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &guild("")).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &Filter::channels(Some("1".into()), vec![])).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &Filter { channels: channels(&["20"]), ..guild("1") }).await, [2, 6]);
    assert_eq!(seen(memory, &Filter { channels: channels(&["20", "30", "99"]), ..guild("1") }).await, [2, 6]);
    assert_eq!(seen(memory, &Filter { channels: channels(&["30"]), ..guild("1") }).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &Filter { channels: channels(&["99", "98"]), ..guild("1") }).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &Filter { channels: channels(&["20", "40"]), ..everything() }).await, [2, 5, 6]);

    let by = |list: &[&str]| Filter { authors: list.iter().map(|id| (*id).into()).collect(), ..everything() };
    assert_eq!(seen(memory, &by(&["502"])).await, [3, 6]);
    assert_eq!(seen(memory, &by(&["502", "named user"])).await, [3, 6, 7]);
    assert_eq!(seen(memory, &by(&["nobody"])).await, [] as [u64; 0]);

    let since = Filter { since: Some(at(3)), ..everything() };
    assert_eq!(seen(memory, &since).await, [3, 4, 5, 6, 7]);
    let until = Filter { until: Some(at(3)), ..everything() };
    assert_eq!(seen(memory, &until).await, [1, 2]);
    let exclude = Filter { exclude: vec![1.into(), 5.into(), 99.into(), "abc".into()], ..everything() };
    assert_eq!(seen(memory, &exclude).await, [2, 3, 4, 6, 7]);

    let all_at_once = Filter {
        channels: channels(&["10", "20"]),
        authors: vec!["502".into(), "501".into()],
        since: Some(at(2)),
        until: Some(at(6)),
        exclude: vec![2.into()],
        ..guild("1")
    };
    assert_eq!(seen(memory, &all_at_once).await, [3]);
}

pub async fn guilds_never_mix(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    // The same channel number in two guilds cannot happen on Discord; it must not leak even so.
    store(&*memory, (1..=30).map(|id| said(id, "herons").guild(if id % 3 == 0 { "2" } else { "1" }))).await;
    let filter = Filter::channels(Some("2".into()), vec!["10".into()]);
    assert_eq!(seen(&*memory, &filter).await, (1..=30).filter(|id| id % 3 == 0).collect::<Vec<u64>>());
    // A message whose guild becomes known moves into it.
    store(&*memory, [said(40, "herons").guild("")]).await;
    store(&*memory, [said(40, "herons").guild("2")]).await;
    assert!(seen(&*memory, &filter).await.contains(&40));
}

pub async fn channels_without_a_guild_work(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [said(1, "herons").guild(""), said(2, "herons").guild("").channel("20"), said(3, "herons")]).await;
    assert_eq!(seen(&*memory, &Filter::channels(None, vec!["20".into()])).await, [2]);
    assert_eq!(seen(&*memory, &Filter::channels(None, vec!["10".into()])).await, [1, 3]);
    assert_eq!(seen(&*memory, &Filter::channels(Some("1".into()), vec!["20".into()])).await, [2]);
}

pub async fn messages_without_a_guild_are_seen_by_their_channel_alone(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(
        &*memory,
        [
            said(1, "herons"),
            said(2, "herons").guild(""),
            said(3, "herons").guild("").channel("20").author("502"),
            said(4, "herons").guild("2"),
            said(5, "herons").guild("").channel("30"),
        ],
    )
    .await;
    let memory = &*memory;
    let channels =
        |guild: &str, list: &[&str]| Filter::channels(Some(guild.into()), list.iter().map(|id| (*id).into()).collect());
    assert_eq!(seen(memory, &channels("1", &["10"])).await, [1, 2], "of no other guild, though its channel is named");
    assert_eq!(seen(memory, &channels("1", &["10", "20"])).await, [1, 2, 3]);
    assert_eq!(seen(memory, &channels("1", &["40"])).await, [] as [u64; 0]);
    assert_eq!(seen(memory, &channels("3", &["20"])).await, [3], "a guild of which nothing is stored");
    assert_eq!(seen(memory, &Filter::everything(Some("1".into()))).await, [1], "a whole guild is strict");
    let ana = Filter { authors: vec!["501".into()], exclude: vec![1.into()], ..channels("1", &["10", "20"]) };
    assert_eq!(seen(memory, &ana).await, [2]);
}

pub async fn the_best_come_first_whether_they_have_a_guild_or_not(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    // Nearer and nearer, by turns with and without a guild; the last eight are equally near.
    let lean = |id: u64| if id <= 12 { 1.2 - id as f32 / 10.0 } else { 0.0 };
    let of =
        |id: u64| said(id, "herons").guild(if id.is_multiple_of(2) { "1" } else { "" }).vector(vector(0, lean(id)));
    store(&*memory, (1..=20).map(of)).await;
    let filter = Filter::channels(Some("1".into()), vec!["10".into()]);
    let nearest = |exclude: Vec<MessageId>| Filter { exclude, ..filter.clone() };
    let found = by_vector(&*memory, &nearest(vec![]), &vector(0, 0.0), 11).await;
    // 12 is among the equally near.
    assert_eq!(hit_ids(&found), [12, 13, 14, 15, 16, 17, 18, 19, 20, 11, 10]);
    let found = by_vector(&*memory, &nearest(vec![12.into(), 13.into()]), &vector(0, 0.0), 3).await;
    assert_eq!(hit_ids(&found), [14, 15, 16]);
}

pub async fn a_filter_works_inside_the_search(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    // Three thousand better hits outside the filter ...
    for batch in 0..3 {
        let better = (0..1000).map(|n| said(1 + batch * 1000 + n, "herons herons").channel("99"));
        store(&*memory, better).await;
    }
    // ... and some worse ones inside it, in two channels, one of them another guild's.
    let filler = "and a good many other words about the weather today";
    let worse = (0..20_u8).map(|n| {
        let said = said(5000 + u64::from(n), &format!("herons {filler}")).vector(vector(0, 0.2 + f32::from(n) / 10.0));
        said.channel(if n % 2 == 0 { "20" } else { "30" })
    });
    store(&*memory, worse).await;
    let filter = Filter::channels(Some("1".into()), vec!["20".into(), "30".into()]);
    let query = vector(0, 0.0);
    let request = SearchRequest { filter: &filter, text: "herons", vector: Some(&query), limit: 5 };
    let legs = memory.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), [5000, 5001, 5002, 5003, 5004]);
    assert_eq!(hit_ids(&legs.lexical), [5000, 5001, 5002, 5003, 5004]);
    let narrow = Filter { exclude: vec![5000.into(), 5004.into()], ..Filter::channels(None, vec!["20".into()]) };
    let request = SearchRequest { filter: &narrow, limit: 3, ..request };
    let legs = memory.search(request).await.unwrap();
    assert_eq!(hit_ids(&legs.dense), [5002, 5006, 5008]);
    assert_eq!(hit_ids(&legs.lexical), [5002, 5006, 5008]);
}

pub async fn many_channels_in_a_filter_work(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, (1..=40).map(|id| said(id, "herons").channel(&format!("{}", 1000 + id)))).await;
    // A guild can have 500 channels, and threads besides.
    let filter = Filter::channels(None, (1021..4000_u64).map(Into::into).collect());
    assert_eq!(seen(&*memory, &filter).await, (21..=40).collect::<Vec<u64>>());
}
