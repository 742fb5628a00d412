//! Files hang on their messages: they are found with them, and go with them.

use super::{Stage, cast::*, space};
use rtfm_memory::store::{
    Filter, Hit, IndexedFile, IndexedPassage, Neighbourhood, Removal, SearchRequest, VectorStore,
};
use rtfm_shared::event::{Attachment, ChatMessage};

/// The same with files of these ids, each called `<id>.log`.
fn with_files(mut said: Said, ids: &[&str]) -> Said {
    let file = |id: &&str| Attachment { id: (*id).to_owned(), filename: format!("{id}.log"), ..Attachment::default() };
    said.0.message.attachments = ids.iter().map(file).collect();
    said
}

/// A message with one file, `f<id>`.
fn carrier(id: u64) -> Said {
    with_files(said(id, "see the file"), &[&format!("f{id}")])
}

fn passage(text: &str) -> IndexedPassage {
    IndexedPassage { text: text.to_owned(), index_text: text.into(), vector: Some(vector(2, 0.0)) }
}

/// A file of a message with these passages.
fn file(of: &Said, key: &str, texts: &[&str]) -> IndexedFile {
    IndexedFile {
        message: of.0.message.clone(),
        key: key.to_owned(),
        name: format!("{key}.log"),
        passages: texts.iter().map(|text| passage(text)).collect(),
    }
}

/// Stores messages and what stands in their files `f<id>`.
async fn keep(memory: &dyn VectorStore, carriers: &[Said], texts: &[&str]) {
    store(memory, carriers.iter().cloned()).await;
    let files = carriers.iter().map(|said| file(said, &format!("f{}", said.0.message.message_id), texts));
    memory.attach(files.collect()).await.unwrap();
}

/// Message, key, place and text of each hit by a passage.
fn shown(hits: &[Hit]) -> Vec<(u64, &str, u32, &str)> {
    let id = |hit: &Hit| hit.message.message_id.snowflake().unwrap();
    let by_passage = hits.iter().filter_map(|hit| Some((id(hit), hit.passage.as_ref()?)));
    by_passage.map(|(id, passage)| (id, passage.key.as_str(), passage.place, passage.text.as_str())).collect()
}

/// The ids of the messages whose files have this word, by both legs.
async fn in_files(memory: &dyn VectorStore, filter: &Filter, word: &str) -> Vec<u64> {
    let vector = vector(2, 0.0);
    let request = SearchRequest { filter, text: word, vector: Some(&vector), limit: 50 };
    let legs = memory.search(request).await.unwrap();
    let of = |hits: &[Hit]| {
        let mut ids: Vec<u64> = shown(hits).into_iter().map(|(id, ..)| id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(of(&legs.dense), of(&legs.lexical), "{filter:?}");
    of(&legs.lexical)
}

async fn attached(memory: &dyn VectorStore, messages: &[Said]) -> Vec<(String, String)> {
    let messages: Vec<ChatMessage> = messages.iter().map(|said| said.0.message.clone()).collect();
    let mut found = memory.attached(&messages).await.unwrap();
    found.sort();
    found.into_iter().map(|(id, key)| (id.0, key)).collect()
}

pub async fn a_passage_is_found_with_its_message(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let carrier = with_files(said(5, "see the files"), &["a", "b"]);
    store(&*memory, [said(1, "herons at dawn"), carrier.clone()]).await;
    let (a, b) = (file(&carrier, "a", &["storks nest", "cranes dance"]), file(&carrier, "b", &["egrets fish"]));
    for _ in 0..2 {
        memory.attach(vec![a.clone(), b.clone()]).await.unwrap();
    }
    let hits = by_words(&*memory, &everything(), "dancing crane").await;
    assert_eq!(shown(&hits), [(5, "a", 1, "cranes dance")], "stored twice is stored once");
    assert_eq!(hits[0].message, carrier.0.message);
    assert_eq!(hits[0].passage.as_ref().unwrap().file, "a.log");
    assert_eq!(shown(&by_words(&*memory, &everything(), "egret").await), [(5, "b", 0, "egrets fish")]);
    let hits = by_vector(&*memory, &everything(), &vector(2, 0.0), 10).await;
    let mut found = shown(&hits);
    found.sort_unstable();
    assert_eq!(found, [(5, "a", 0, "storks nest"), (5, "a", 1, "cranes dance"), (5, "b", 0, "egrets fish")]);
    assert_eq!(hits.len(), 5, "and the messages");
    assert!(by_words(&*memory, &everything(), "herons").await[0].passage.is_none());
    let open = stage.open(space()).await;
    assert_eq!(attached(&*open, &[carrier, said(1, "")]).await, [("5".into(), "a".into()), ("5".into(), "b".into())]);
    assert!(memory.attach(Vec::new()).await.is_ok() && memory.attached(&[]).await.unwrap().is_empty());
}

pub async fn only_a_search_sees_files(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let texts: Vec<String> = (0..40).map(|n| format!("storks {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    keep(&*memory, &[carrier(10), carrier(20), carrier(30)], &texts).await;
    assert_eq!(stored(&*memory).await, [10, 20, 30]);
    assert_eq!(memory.count(&Filter::channels(Some("1".into()), vec!["10".into()])).await.unwrap(), 3);
    assert_eq!(ids(&memory.scroll(&everything(), Some(&10.into()), 1).await.unwrap()), [20]);
    assert_eq!(ids(&memory.scroll(&everything(), Some(&30.into()), 5).await.unwrap()), [] as [u64; 0]);
    let place = Neighbourhood { channel_id: "10".into(), message_id: 20.into(), before: 5, after: 5 };
    assert_eq!(ids(&memory.neighbours(&[place]).await.unwrap()[0]), [10, 30]);
    assert_eq!(memory.guilds().await.unwrap(), ["1".into()]);
    let again = by_words(&*memory, &everything(), "storks").await;
    assert_eq!(again.len(), 10, "the limit holds for passages, too");
    assert_eq!(by_words(&*memory, &everything(), "storks").await, again, "in the same order each time");
}

pub async fn a_filter_holds_for_files(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let carriers = [
        carrier(1),
        carrier(2).channel("20"),
        carrier(3).author("502"),
        carrier(4).guild("2").channel("30"),
        carrier(5).guild(""),
    ];
    keep(&*memory, &carriers, &["storks"]).await;
    let memory = &*memory;
    assert_eq!(in_files(memory, &everything(), "storks").await, [1, 2, 3, 4, 5]);
    assert_eq!(in_files(memory, &Filter::default(), "storks").await, [] as [u64; 0]);
    assert_eq!(in_files(memory, &Filter::everything(Some("1".into())), "storks").await, [1, 2, 3]);
    assert_eq!(in_files(memory, &Filter::channels(Some("1".into()), vec!["10".into()]), "storks").await, [1, 3, 5]);
    assert_eq!(in_files(memory, &Filter::channels(Some("2".into()), vec!["30".into()]), "storks").await, [4]);
    let by = Filter { authors: vec!["502".into()], ..everything() };
    assert_eq!(in_files(memory, &by, "storks").await, [3]);
    let when = Filter { since: Some(at(2)), until: Some(at(4)), ..everything() };
    assert_eq!(in_files(memory, &when, "storks").await, [2, 3]);
    let without = Filter { exclude: vec![1.into(), 4.into()], ..everything() };
    assert_eq!(in_files(memory, &without, "storks").await, [2, 3, 5]);
    // A message whose guild becomes known takes its files with it, out of every other guild's sight.
    store(memory, [with_files(said(5, "see the file"), &["f5"]).guild("2")]).await;
    assert_eq!(in_files(memory, &Filter::channels(Some("1".into()), vec!["10".into()]), "storks").await, [1, 3]);
}

pub async fn an_excluded_message_hides_no_other(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let texts: Vec<String> = (0..150).map(|n| format!("storks {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    keep(&*memory, &[carrier(1)], &texts).await;
    let near: Vec<Said> = (2..=6).map(|id| said(id, "storks").vector(vector(2, 0.5))).collect();
    store(&*memory, near).await;
    let filter = Filter { exclude: vec![1.into()], ..everything() };
    assert_eq!(hit_ids(&by_vector(&*memory, &filter, &vector(2, 0.0), 5).await), [2, 3, 4, 5, 6]);
    assert_eq!(hit_ids(&by_words(&*memory, &filter, "storks").await), [2, 3, 4, 5, 6]);
}

pub async fn every_removal_takes_files_along(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let carriers: Vec<Said> = (1..=9)
        .map(|id| match id {
            3 => carrier(3).channel("20"),
            4 => carrier(4).author("502"),
            5 | 6 => carrier(id).guild("2").channel("30"),
            7 => carrier(7).author("503").guild("2").channel("30"),
            _ => carrier(id),
        })
        .collect();
    keep(&*memory, &carriers, &["storks", "more storks"]).await;
    let mut left: Vec<u64> = (1..=9).collect();
    let removals = [
        (Removal::Messages(vec![1.into()]), vec![1]),
        (Removal::Unlisted(vec![2.into()]), vec![2]),
        (Removal::Channel("20".into()), vec![3]),
        (Removal::Author { user_id: "502".into(), guild_id: None, until: at(100) }, vec![4]),
        (Removal::Author { user_id: "503".into(), guild_id: Some("2".into()), until: at(100) }, vec![7]),
        (Removal::Guild { guild_id: "2".into(), until: at(5) }, vec![5]),
    ];
    for (removal, gone) in removals {
        memory.remove(&removal).await.unwrap();
        left.retain(|id| !gone.contains(id));
        let twice: Vec<u64> = left.iter().flat_map(|id| [*id, *id]).collect();
        assert_eq!(in_files(&*memory, &everything(), "storks").await, twice, "{removal:?}");
    }
    assert_eq!(attached(&*memory, &carriers).await.len(), 3);
    // What comes back comes back without them, until they are read again.
    store(&*memory, [carriers[1].clone()]).await;
    assert!(!in_files(&*memory, &everything(), "storks").await.contains(&2));
    assert!(attached(&*memory, &carriers[1..2]).await.is_empty());
}

pub async fn a_file_is_kept_only_beside_its_message(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    store(&*memory, [carrier(1), carrier(2), carrier(3).channel("20"), carrier(4)]).await;
    memory.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    memory.remove(&Removal::Unlisted(vec![2.into()])).await.unwrap();
    memory.remove(&Removal::Channel("20".into())).await.unwrap();
    let all = [carrier(1), carrier(2), carrier(3).channel("20"), carrier(4), carrier(5)];
    let files = all.iter().map(|said| file(said, &format!("f{}", said.0.message.message_id), &["storks"])).collect();
    memory.attach(files).await.unwrap();
    memory.attach(vec![file(&carrier(4), "another", &["storks that it never had"])]).await.unwrap();
    assert_eq!(in_files(&*memory, &everything(), "storks").await, [4]);
    assert_eq!(attached(&*memory, &all).await, [("4".into(), "f4".into())]);
    // Nor does it come to light when the message does.
    store(&*memory, [carrier(2), carrier(5)]).await;
    assert_eq!(in_files(&*memory, &everything(), "storks").await, [4]);
}

pub async fn an_edit_keeps_the_files_that_are_still_there(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let first = with_files(said(1, "see the files"), &["a", "b"]);
    store(&*memory, [first.clone(), carrier(2)]).await;
    memory.attach(vec![file(&first, "a", &["storks"]), file(&first, "b", &["egrets"])]).await.unwrap();
    let edited = with_files(said(1, "").edited(50, "see the file"), &["b"]);
    store(&*memory, [edited.clone()]).await;
    assert_eq!(by_words(&*memory, &everything(), "storks").await, [], "a file that was taken off");
    let near = by_vector(&*memory, &everything(), &vector(2, 0.0), 10).await;
    assert_eq!(shown(&near), [(1, "b", 0, "egrets")]);
    let hits = by_words(&*memory, &everything(), "egrets").await;
    assert_eq!(shown(&hits), [(1, "b", 0, "egrets")]);
    assert_eq!(hits[0].message.content, "see the file", "the message as it reads now");
    // Somebody who is behind brings neither the old version nor its file back.
    store(&*memory, [first.clone()]).await;
    memory.attach(vec![file(&first, "a", &["storks"])]).await.unwrap();
    assert_eq!(by_words(&*memory, &everything(), "storks").await, []);
    assert_eq!(attached(&*memory, &[first]).await, [("1".into(), "b".into())]);
    assert_eq!(attached(&*memory, &[edited]).await, [("1".into(), "b".into())]);
}

pub async fn a_long_file_is_whole_or_not_there(stage: &impl Stage) {
    let memory = stage.open(space()).await;
    let texts: Vec<String> = (0..700).map(|n| format!("stork number w{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    keep(&*memory, &[carrier(1)], &texts).await;
    assert_eq!(attached(&*memory, &[carrier(1)]).await, [("1".into(), "f1".into())]);
    for n in [0, 255, 256, 699] {
        let hits = by_words(&*memory, &everything(), &format!("w{n}")).await;
        assert_eq!(shown(&hits), [(1, "f1", n, texts[n as usize])]);
    }
    memory.remove(&Removal::Messages(vec![1.into()])).await.unwrap();
    assert_eq!(by_words(&*memory, &everything(), "stork").await, []);
    assert_eq!(by_vector(&*memory, &everything(), &vector(2, 0.0), 10).await, []);
}
