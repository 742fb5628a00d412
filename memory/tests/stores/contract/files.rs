//! Attached files: searches find them with their messages, and removals remove them with their messages.

use super::{Backend, fixtures::*, space};
use rtfm_memory::store::{
    Filter, Hit, IndexedFile, IndexedPassage, MessageStore, Neighbourhood, Removal, SearchRequest,
};
use rtfm_shared::event::{Attachment, ChatMessage};

/// Attaches files with these ids, each named `<id>.log`.
fn with_files(mut indexed: TestMessage, ids: &[&str]) -> TestMessage {
    let file = |id: &&str| Attachment { id: (*id).to_owned(), filename: format!("{id}.log"), ..Attachment::default() };
    indexed.0.message.attachments = ids.iter().map(file).collect();
    indexed
}

/// A message with one file, `f<id>`.
fn with_file(id: u64) -> TestMessage {
    with_files(indexed(id, "see the file"), &[&format!("f{id}")])
}

fn passage(text: &str) -> IndexedPassage {
    IndexedPassage { text: text.to_owned(), index_text: text.into(), vector: Some(vector(2, 0.0)) }
}

/// A parsed file of a message with these passages.
fn file(of: &TestMessage, key: &str, texts: &[&str]) -> IndexedFile {
    IndexedFile {
        message: of.0.message.clone(),
        key: key.to_owned(),
        name: format!("{key}.log"),
        passages: texts.iter().map(|text| passage(text)).collect(),
    }
}

/// Stores messages with their files `f<id>`, each with these passages.
async fn store_with_files(store: &dyn MessageStore, owners: &[TestMessage], texts: &[&str]) {
    upsert(store, owners.iter().cloned()).await;
    let files = owners.iter().map(|indexed| file(indexed, &format!("f{}", indexed.0.message.message_id), texts));
    store.attach(files.collect()).await.unwrap();
}

/// The message, key, place and text of each hit that matched by a passage.
fn passage_hits(hits: &[Hit]) -> Vec<(u64, &str, u32, &str)> {
    let id = |hit: &Hit| hit.message.message_id.snowflake().unwrap();
    let by_passage = hits.iter().filter_map(|hit| Some((id(hit), hit.passage.as_ref()?)));
    by_passage.map(|(id, passage)| (id, passage.key.as_str(), passage.place, passage.text.as_str())).collect()
}

/// The ids of the messages whose files contain this word, after checking that both legs agree.
async fn in_files(store: &dyn MessageStore, filter: &Filter, word: &str) -> Vec<u64> {
    let vector = vector(2, 0.0);
    let request = SearchRequest { filter, text: word, vector: Some(&vector), limit: 50 };
    let legs = store.search(request).await.unwrap();
    let of = |hits: &[Hit]| {
        let mut ids: Vec<u64> = passage_hits(hits).into_iter().map(|(id, ..)| id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(of(&legs.dense), of(&legs.lexical), "{filter:?}");
    of(&legs.lexical)
}

async fn attached(store: &dyn MessageStore, messages: &[TestMessage]) -> Vec<(String, String)> {
    let messages: Vec<ChatMessage> = messages.iter().map(|indexed| indexed.0.message.clone()).collect();
    let mut found = store.attached(&messages).await.unwrap();
    found.sort();
    found.into_iter().map(|(id, key)| (id.0, key)).collect()
}

pub async fn a_passage_is_found_with_its_message(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let owner = with_files(indexed(5, "see the files"), &["a", "b"]);
    upsert(&*store, [indexed(1, "herons at dawn"), owner.clone()]).await;
    let (a, b) = (file(&owner, "a", &["storks nest", "cranes dance"]), file(&owner, "b", &["egrets fish"]));
    for _ in 0..2 {
        store.attach(vec![a.clone(), b.clone()]).await.unwrap();
    }
    let hits = by_words(&*store, &everything(), "dancing crane").await;
    assert_eq!(passage_hits(&hits), [(5, "a", 1, "cranes dance")], "a file attached twice is stored twice");
    assert_eq!(hits[0].message, owner.0.message);
    assert_eq!(hits[0].passage.as_ref().unwrap().file, "a.log");
    assert_eq!(passage_hits(&by_words(&*store, &everything(), "egret").await), [(5, "b", 0, "egrets fish")]);
    let hits = by_vector(&*store, &everything(), &vector(2, 0.0), 10).await;
    let mut found = passage_hits(&hits);
    found.sort_unstable();
    assert_eq!(found, [(5, "a", 0, "storks nest"), (5, "a", 1, "cranes dance"), (5, "b", 0, "egrets fish")]);
    assert_eq!(hits.len(), 5, "the hits miss the messages themselves");
    assert!(by_words(&*store, &everything(), "herons").await[0].passage.is_none());
    let open = backend.open(space()).await;
    assert_eq!(attached(&*open, &[owner, indexed(1, "")]).await, [("5".into(), "a".into()), ("5".into(), "b".into())]);
    assert!(store.attach(Vec::new()).await.is_ok() && store.attached(&[]).await.unwrap().is_empty());
}

pub async fn only_search_returns_files(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let texts: Vec<String> = (0..40).map(|n| format!("storks {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    store_with_files(&*store, &[with_file(10), with_file(20), with_file(30)], &texts).await;
    assert_eq!(stored(&*store).await, [10, 20, 30]);
    assert_eq!(store.count(&Filter::channels(Some("1".into()), vec!["10".into()])).await.unwrap(), 3);
    assert_eq!(ids(&store.scroll(&everything(), Some(&10.into()), 1).await.unwrap()), [20]);
    assert_eq!(ids(&store.scroll(&everything(), Some(&30.into()), 5).await.unwrap()), [] as [u64; 0]);
    let place = Neighbourhood { channel_id: "10".into(), message_id: 20.into(), before: 5, after: 5 };
    assert_eq!(ids(&store.neighbours(&[place]).await.unwrap()[0]), [10, 30]);
    assert_eq!(store.guilds().await.unwrap(), ["1".into()]);
    let again = by_words(&*store, &everything(), "storks").await;
    assert_eq!(again.len(), 10, "the limit ignores passages");
    assert_eq!(by_words(&*store, &everything(), "storks").await, again, "the order of passages changes");
}

pub async fn filters_apply_to_files(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let owners = [
        with_file(1),
        with_file(2).channel("20"),
        with_file(3).author("502"),
        with_file(4).guild("2").channel("30"),
        with_file(5).guild(""),
    ];
    store_with_files(&*store, &owners, &["storks"]).await;
    let store = &*store;
    assert_eq!(in_files(store, &everything(), "storks").await, [1, 2, 3, 4, 5]);
    assert_eq!(in_files(store, &Filter::default(), "storks").await, [] as [u64; 0]);
    assert_eq!(in_files(store, &Filter::everything(Some("1".into())), "storks").await, [1, 2, 3]);
    assert_eq!(in_files(store, &Filter::channels(Some("1".into()), vec!["10".into()]), "storks").await, [1, 3, 5]);
    assert_eq!(in_files(store, &Filter::channels(Some("2".into()), vec!["30".into()]), "storks").await, [4]);
    let by = Filter { authors: vec!["502".into()], ..everything() };
    assert_eq!(in_files(store, &by, "storks").await, [3]);
    let when = Filter { since: Some(at(2)), until: Some(at(4)), ..everything() };
    assert_eq!(in_files(store, &when, "storks").await, [2, 3]);
    let without = Filter { exclude: vec![1.into(), 4.into()], ..everything() };
    assert_eq!(in_files(store, &without, "storks").await, [2, 3, 5]);
    // When a message gains a guild, its files follow it and leave the results of every other guild.
    upsert(store, [with_files(indexed(5, "see the file"), &["f5"]).guild("2")]).await;
    assert_eq!(in_files(store, &Filter::channels(Some("1".into()), vec!["10".into()]), "storks").await, [1, 3]);
}

pub async fn an_excluded_message_leaves_room_for_others(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let texts: Vec<String> = (0..150).map(|n| format!("storks {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    store_with_files(&*store, &[with_file(1)], &texts).await;
    let near: Vec<TestMessage> = (2..=6).map(|id| indexed(id, "storks").vector(vector(2, 0.5))).collect();
    upsert(&*store, near).await;
    let filter = Filter { exclude: vec![1.into()], ..everything() };
    assert_eq!(hit_ids(&by_vector(&*store, &filter, &vector(2, 0.0), 5).await), [2, 3, 4, 5, 6]);
    assert_eq!(hit_ids(&by_words(&*store, &filter, "storks").await), [2, 3, 4, 5, 6]);
}

pub async fn every_removal_removes_files(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let owners: Vec<TestMessage> = (1..=9)
        .map(|id| match id {
            3 => with_file(3).channel("20"),
            4 => with_file(4).author("502"),
            5 | 6 => with_file(id).guild("2").channel("30"),
            7 => with_file(7).author("503").guild("2").channel("30"),
            _ => with_file(id),
        })
        .collect();
    store_with_files(&*store, &owners, &["storks", "more storks"]).await;
    let mut left: Vec<u64> = (1..=9).collect();
    let removals = [
        (Removal::Messages(vec![1.into()]), vec![1]),
        (Removal::Unlisted(vec![2.into()]), vec![2]),
        (Removal::Channel("20".into()), vec![3]),
        (Removal::Author { user_id: "502".into(), guild_id: None, until: at(100) }, vec![4]),
        (Removal::Author { user_id: "503".into(), guild_id: Some("2".into()), until: at(100) }, vec![7]),
        (Removal::Guild { guild_id: "2".into(), until: at(5) }, vec![5]),
    ];
    for (removal, removed) in removals {
        store.remove(&removal).await.unwrap();
        left.retain(|id| !removed.contains(id));
        let twice: Vec<u64> = left.iter().flat_map(|id| [*id, *id]).collect();
        assert_eq!(in_files(&*store, &everything(), "storks").await, twice, "{removal:?}");
    }
    assert_eq!(attached(&*store, &owners).await.len(), 3);
    // A message that is stored again has no files until they are attached again.
    upsert(&*store, [owners[1].clone()]).await;
    assert!(!in_files(&*store, &everything(), "storks").await.contains(&2));
    assert!(attached(&*store, &owners[1..2]).await.is_empty());
}

pub async fn a_file_is_stored_only_with_its_message(backend: &impl Backend) {
    let store = backend.open(space()).await;
    upsert(&*store, [with_file(1), with_file(2), with_file(3).channel("20"), with_file(4)]).await;
    store.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    store.remove(&Removal::Unlisted(vec![2.into()])).await.unwrap();
    store.remove(&Removal::Channel("20".into())).await.unwrap();
    let all = [with_file(1), with_file(2), with_file(3).channel("20"), with_file(4), with_file(5)];
    let files =
        all.iter().map(|indexed| file(indexed, &format!("f{}", indexed.0.message.message_id), &["storks"])).collect();
    store.attach(files).await.unwrap();
    store.attach(vec![file(&with_file(4), "another", &["storks in a file that the message never had"])]).await.unwrap();
    assert_eq!(in_files(&*store, &everything(), "storks").await, [4]);
    assert_eq!(attached(&*store, &all).await, [("4".into(), "f4".into())]);
    // The skipped files do not appear when their messages are stored later.
    upsert(&*store, [with_file(2), with_file(5)]).await;
    assert_eq!(in_files(&*store, &everything(), "storks").await, [4]);
}

pub async fn an_edit_keeps_remaining_files(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let first = with_files(indexed(1, "see the files"), &["a", "b"]);
    upsert(&*store, [first.clone(), with_file(2)]).await;
    store.attach(vec![file(&first, "a", &["storks"]), file(&first, "b", &["egrets"])]).await.unwrap();
    let edited = with_files(indexed(1, "").edited(50, "see the file"), &["b"]);
    upsert(&*store, [edited.clone()]).await;
    assert_eq!(by_words(&*store, &everything(), "storks").await, [], "a detached file is found");
    let near = by_vector(&*store, &everything(), &vector(2, 0.0), 10).await;
    assert_eq!(passage_hits(&near), [(1, "b", 0, "egrets")]);
    let hits = by_words(&*store, &everything(), "egrets").await;
    assert_eq!(passage_hits(&hits), [(1, "b", 0, "egrets")]);
    assert_eq!(hits[0].message.content, "see the file", "the hit has an old version of the message");
    // A writer with the old version restores neither that version nor its file.
    upsert(&*store, [first.clone()]).await;
    store.attach(vec![file(&first, "a", &["storks"])]).await.unwrap();
    assert_eq!(by_words(&*store, &everything(), "storks").await, []);
    assert_eq!(attached(&*store, &[first]).await, [("1".into(), "b".into())]);
    assert_eq!(attached(&*store, &[edited]).await, [("1".into(), "b".into())]);
}

pub async fn a_long_file_is_stored_completely(backend: &impl Backend) {
    let store = backend.open(space()).await;
    let texts: Vec<String> = (0..700).map(|n| format!("stork number w{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    store_with_files(&*store, &[with_file(1)], &texts).await;
    assert_eq!(attached(&*store, &[with_file(1)]).await, [("1".into(), "f1".into())]);
    for n in [0, 255, 256, 699] {
        let hits = by_words(&*store, &everything(), &format!("w{n}")).await;
        assert_eq!(passage_hits(&hits), [(1, "f1", n, texts[n as usize])]);
    }
    store.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(by_words(&*store, &everything(), "stork").await, []);
    assert_eq!(by_vector(&*store, &everything(), &vector(2, 0.0), 10).await, []);
}
