//! Decisions apply to all stored messages, whichever processor stored them and when, on both stores.

mod interleaved;

use super::RetentionSweeper;
use crate::index::IndexPipeline;
use jiff::{SignedDuration, Timestamp};
use rtfm_memory::store::{Filter, MessageStore, QdrantConfig, QdrantStore, SearchRequest, SqliteStore};
use rtfm_shared::{
    bus::{Bus, topics},
    event::{
        AuthorForgotten, AuthorLeft, AuthorPrivacy, ChannelMode, ChannelRule, ChatMessage, GuildSettings, MessageEvent,
        SettingsEvent,
    },
    settings::Settings,
};
use rtfm_testkit::{bus::MemoryBus, qdrant::QdrantServer};
use std::{any::Any, sync::Arc, time::Duration};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(20);

/// A store, a bus, and the processors around them.
pub(super) struct Stage {
    bus: Arc<dyn Bus>,
    pub(super) store: Arc<dyn MessageStore>,
    tasks: JoinSet<()>,
    _kept: Box<dyn Any + Send>,
}

pub(super) async fn stages() -> Vec<Stage> {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(directory.path(), None).await.unwrap();
    let server = QdrantServer::start().await;
    let qdrant = QdrantStore::connect(&QdrantConfig::of(&server.url()), None).await.unwrap();
    vec![stage(Arc::new(sqlite), Box::new(directory)).await, stage(Arc::new(qdrant), Box::new(server)).await]
}

async fn stage(store: Arc<dyn MessageStore>, kept: Box<dyn Any + Send>) -> Stage {
    let bus: Arc<dyn Bus> = Arc::new(MemoryBus::default());
    bus.create_topics(&topics::catalogue()).await.unwrap();
    Stage { bus, store, tasks: JoinSet::new(), _kept: kept }
}

/// A processor: its settings and its index pipeline.
struct Service {
    settings: Settings,
    index: IndexPipeline,
}

impl Stage {
    /// A processor without settings until it follows them.
    fn service(&self) -> Service {
        let settings = Settings::new(self.bus.clone());
        Service { index: IndexPipeline::new(self.store.clone(), None).with_settings(settings.clone()), settings }
    }

    fn follow(&mut self, service: &Service) {
        let settings = service.settings.clone();
        self.tasks.spawn(async move { drop(settings.follow().await) });
    }

    fn sweep(&mut self, service: &Service) {
        self.tasks.spawn(RetentionSweeper::new(service.index.clone(), service.settings.clone()).run());
    }

    /// A processor that follows its settings and sweeps.
    async fn running(&mut self) -> Service {
        let service = self.service();
        self.follow(&service);
        self.sweep(&service);
        service.settings.ready().await;
        service
    }

    /// The ids of all stored messages, by a scroll.
    pub(super) async fn kept(&self) -> Vec<u64> {
        let all = self.store.scroll(&Filter::everything(None), None, 1000).await.unwrap();
        all.iter().filter_map(|message| message.message_id.snowflake()).collect()
    }

    pub(super) async fn found(&self, words: &str) -> Vec<u64> {
        let filter = Filter::everything(None);
        let request = SearchRequest { filter: &filter, text: words, vector: None, limit: 100 };
        let hits = self.store.search(request).await.unwrap().lexical;
        let mut ids: Vec<u64> = hits.iter().filter_map(|hit| hit.message.message_id.snowflake()).collect();
        ids.sort_unstable();
        ids
    }

    async fn waits_for(&self, ids: &[u64]) {
        let met = async {
            while self.kept().await != ids {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, met).await.is_err() {
            panic!("{:?} is stored instead of {ids:?} in {:?}", self.kept().await, self.store);
        }
    }
}

/// A message of ana (odd id) or ben (even id), an hour apart, the tenth one an hour ago.
pub(super) fn said(id: u64, channel: &str, content: &str) -> ChatMessage {
    let author = if id % 2 == 1 { "ana" } else { "ben" };
    ChatMessage {
        message_id: id.into(),
        content: content.to_owned(),
        username: author.to_owned(),
        user_id: author.into(),
        channel_id: channel.into(),
        guild_id: Some("1".into()),
        timestamp: Timestamp::now() - SignedDuration::from_hours(11 - i64::try_from(id).unwrap()),
        ..ChatMessage::default()
    }
}

pub(super) fn created(message: &ChatMessage) -> MessageEvent {
    MessageEvent::Created(message.clone())
}

fn privacy(opted_out: bool, forgotten_until: Option<Timestamp>) -> SettingsEvent {
    let changed_at = Timestamp::now();
    SettingsEvent::Privacy(AuthorPrivacy { user_id: "ana".into(), changed_at, opted_out, forgotten_until })
}

fn guild(settings: GuildSettings) -> SettingsEvent {
    SettingsEvent::Guild(GuildSettings { guild_id: "1".into(), changed_at: Timestamp::now(), ..settings })
}

#[tokio::test]
async fn excluded_messages_are_not_stored_on_any_delivery() {
    for mut stage in stages().await {
        let service = stage.running().await;
        let words = [said(1, "10", "zebra"), said(2, "10", "word"), said(3, "10", "zebra"), said(4, "10", "word")];
        let now = Timestamp::now();
        service.settings.decide(privacy(false, Some(now)), "test").await.unwrap();
        let replay: Vec<MessageEvent> = words.iter().map(created).collect();
        for _ in 0..2 {
            service.index.apply(&replay).await.unwrap();
            assert_eq!((stage.kept().await, stage.found("zebra").await), (vec![2, 4], vec![]));
        }
        let mut new = said(11, "10", "zebra again");
        new.timestamp = now + SignedDuration::from_secs(1);
        service.index.apply(&[created(&new)]).await.unwrap();
        assert_eq!(stage.kept().await, [2, 4, 11], "later messages are stored");
        // An edit after the decision removes the stored message.
        service.settings.decide(privacy(true, Some(now)), "test").await.unwrap();
        new.edited_at = Some(Timestamp::now());
        service.index.apply(&[MessageEvent::Updated(new)]).await.unwrap();
        assert_eq!(stage.kept().await, [2, 4]);
    }
}

#[tokio::test]
async fn messages_restored_by_a_lagging_processor_are_removed_again() {
    for mut stage in stages().await {
        let (early, late) = (stage.running().await, stage.service());
        let words: Vec<MessageEvent> =
            (1..=6).map(|id| created(&said(id, "10", if id % 2 == 1 { "zebra" } else { "word" }))).collect();
        early.index.apply(&words).await.unwrap();
        assert_eq!(stage.found("zebra").await, [1, 2, 3, 4, 5, 6]);
        let until = Timestamp::now();
        early.settings.decide(privacy(true, Some(until)), "test").await.unwrap();
        let gone = AuthorForgotten { user_id: "ana".into(), guild_id: None, timestamp: until };
        early.index.apply(&[MessageEvent::AuthorForgotten(gone)]).await.unwrap();
        stage.waits_for(&[2, 4, 6]).await;
        assert_eq!(stage.found("zebra").await, [] as [u64; 0], "not in the neighbours' contexts either");

        late.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [1, 2, 3, 4, 5, 6], "its settings are not loaded yet");
        stage.sweep(&late);
        stage.follow(&late);
        stage.waits_for(&[2, 4, 6]).await;
        assert_eq!(stage.found("zebra").await, [] as [u64; 0]);
    }
}

#[tokio::test]
async fn excluded_channels_are_removed_and_may_return() {
    for mut stage in stages().await {
        let service = stage.running().await;
        let mut in_thread = said(5, "21", "side talk");
        (in_thread.thread_id, in_thread.parent_id) = (Some("21".into()), Some("20".into()));
        let words = [said(1, "10", "zebra"), said(2, "10", "word"), said(3, "20", "zebra"), said(4, "20", "word")];
        let words: Vec<MessageEvent> = words.iter().chain([&in_thread]).map(created).collect();
        service.index.apply(&words).await.unwrap();
        let except = ChannelRule { mode: ChannelMode::Except, channel_ids: vec!["20".into()] };
        let decision = GuildSettings { remembered: except, ..GuildSettings::default() };
        service.settings.decide(guild(decision), "test").await.unwrap();
        stage.waits_for(&[1, 2]).await;
        service.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [1, 2]);
        service.settings.decide(guild(GuildSettings::default()), "test").await.unwrap();
        service.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [1, 2, 3, 4, 5], "no tombstones");
    }
}

#[tokio::test]
async fn messages_beyond_the_retention_are_removed_from_contexts_too() {
    for mut stage in stages().await {
        let service = stage.running().await;
        let day = SignedDuration::from_hours(24);
        let mut words = [said(1, "10", "zebra"), said(2, "10", "word"), said(3, "10", "word"), said(4, "10", "word")];
        words[0].timestamp = Timestamp::now() - day * 40;
        words[1].timestamp = Timestamp::now() - day * 29;
        let words: Vec<MessageEvent> = words.iter().map(created).collect();
        service.index.apply(&words).await.unwrap();
        assert_eq!(stage.found("zebra").await, [1, 2, 3, 4]);
        let keeps = |days| guild(GuildSettings { retention_days: days, ..GuildSettings::default() });
        service.settings.decide(keeps(Some(30)), "test").await.unwrap();
        stage.waits_for(&[2, 3, 4]).await;
        assert_eq!(stage.found("zebra").await, [] as [u64; 0]);
        service.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [2, 3, 4], "it is not indexed again");
        service.settings.decide(keeps(Some(1)), "test").await.unwrap();
        stage.waits_for(&[3, 4]).await;
        service.settings.decide(keeps(None), "test").await.unwrap();
        service.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn messages_are_removed_when_they_grow_too_old() {
    for mut stage in stages().await {
        let service = stage.service();
        stage.follow(&service);
        service.settings.ready().await;
        let decision = GuildSettings { retention_days: Some(1), ..GuildSettings::default() };
        service.settings.decide(guild(decision), "test").await.unwrap();
        let sweeper = RetentionSweeper::new(service.index.clone(), service.settings.clone());
        stage.tasks.spawn(RetentionSweeper { interval: Duration::from_millis(50), ..sweeper }.run());
        let mut aging = said(1, "10", "zebra");
        aging.timestamp = Timestamp::now() - SignedDuration::from_hours(24) + SignedDuration::from_secs(4);
        service.index.apply(&[created(&aging)]).await.unwrap();
        assert_eq!(stage.kept().await, [1]);
        stage.waits_for(&[]).await;
    }
}

#[tokio::test]
async fn messages_of_leavers_stay_removed_and_later_ones_are_stored() {
    for mut stage in stages().await {
        let (early, late) = (stage.running().await, stage.service());
        let mut words: Vec<_> = (1..=6).map(|id| said(id, "10", if id % 2 == 1 { "zebra" } else { "word" })).collect();
        words[4].guild_id = Some("2".into());
        let words: Vec<MessageEvent> = words.iter().map(created).collect();
        early.index.apply(&words).await.unwrap();
        let left_at = Timestamp::now();
        let left = AuthorLeft { guild_id: "1".into(), user_id: "ana".into(), left_at };
        early.settings.decide(SettingsEvent::Left(left), "test").await.unwrap();
        stage.waits_for(&[2, 4, 5, 6]).await;
        early.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [2, 4, 5, 6], "reading the history again restores nothing");

        // A processor without the decision brings the messages back until it learns of it.
        late.index.apply(&words).await.unwrap();
        assert_eq!(stage.kept().await, [1, 2, 3, 4, 5, 6]);
        stage.sweep(&late);
        stage.follow(&late);
        stage.waits_for(&[2, 4, 5, 6]).await;
        let mut back = said(11, "10", "zebra again");
        back.timestamp = left_at + SignedDuration::from_secs(1);
        early.index.apply(&[created(&back)]).await.unwrap();
        assert_eq!(stage.kept().await, [2, 4, 5, 6, 11], "messages after the return are stored");
    }
}
