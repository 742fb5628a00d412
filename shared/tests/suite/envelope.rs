//! The envelope under arbitrary events and arbitrary bytes: what is encoded is decoded, and nothing that
//! arrives makes the decoder panic.

use bytes::Bytes;
use jiff::Timestamp;
use proptest::{option, prelude::*};
use rtfm_shared::{
    bus::{Headers, Record, TopicPartition},
    event::{
        Attachment, AuthorForgotten, ChannelDeleted, ChannelId, ChatMessage, Envelope, Event, GuildId, GuildLeft,
        Mention, MessageEvent, MessageId, MessageMetadata, MessagesDeleted, Progress, Query, ReplyTo, Response, Scope,
        Source, Speaker, Stage, Status, Turn, UserId, header,
    },
};

fn text() -> BoxedStrategy<String> {
    any::<String>().boxed()
}

fn snowflake() -> BoxedStrategy<MessageId> {
    any::<u64>().prop_map(MessageId::from).boxed()
}

fn channel() -> BoxedStrategy<ChannelId> {
    "[0-9a-z]{1,20}".prop_map(ChannelId::from).boxed()
}

fn guild() -> BoxedStrategy<Option<GuildId>> {
    option::of(text().prop_map(GuildId::from)).boxed()
}

fn instant() -> BoxedStrategy<Timestamp> {
    (-62_000_000_000_i64..250_000_000_000, 0..1_000_000_000).prop_map(|(s, ns)| Timestamp::new(s, ns).unwrap()).boxed()
}

/// Fields of a newer version, under names that no version has.
fn other() -> BoxedStrategy<serde_json::Map<String, serde_json::Value>> {
    let value =
        prop_oneof![any::<i64>().prop_map(Into::into), text().prop_map(Into::into), Just(serde_json::Value::Null)];
    prop::collection::btree_map("x-[a-z]{1,5}", value, 0..3).prop_map(|map| map.into_iter().collect()).boxed()
}

/// Exact in decimal, so that the test is about the envelope and not about floating point.
fn score() -> BoxedStrategy<f64> {
    (0..=64_u32).prop_map(|n| f64::from(n) / 64.0).boxed()
}

prop_compose! {
    fn attachment()(id in text(), filename in text(), content_type in option::of(text()), size: u64, url in text())
        -> Attachment {
        Attachment { id, filename, content_type, size, url }
    }
}

prop_compose! {
    fn message()(
        ids in (snowflake(), channel(), text().prop_map(UserId::from), guild()),
        texts in (text(), text()),
        timestamp in instant(),
        metadata in (option::of(text()), any::<bool>(), other()),
        edited_at in option::of(instant()),
        reply_to in option::of(snowflake()),
        thread in option::of((channel(), option::of(channel()))),
        attachments in prop::collection::vec(attachment(), 0..3),
    ) -> ChatMessage {
        let (channel_name, asks_bot, other) = metadata;
        let (thread_id, parent_id) = thread.map_or((None, None), |(thread, parent)| (Some(thread), parent));
        ChatMessage {
            message_id: ids.0, channel_id: ids.1, user_id: ids.2, guild_id: ids.3, content: texts.0, username: texts.1,
            timestamp, metadata: MessageMetadata { channel_name, asks_bot, other }, edited_at, reply_to, thread_id,
            parent_id, attachments,
        }
    }
}

fn message_event() -> impl Strategy<Value = MessageEvent> {
    let deleted = (channel(), snowflake(), prop::collection::vec(snowflake(), 0..4), guild(), instant()).prop_map(
        |(channel_id, message_id, message_ids, guild_id, timestamp)| {
            MessageEvent::Deleted(MessagesDeleted {
                channel_id,
                message_id: Some(message_id),
                message_ids,
                guild_id,
                timestamp,
            })
        },
    );
    let channel_deleted = (channel(), guild(), instant()).prop_map(|(channel_id, guild_id, timestamp)| {
        MessageEvent::ChannelDeleted(ChannelDeleted { channel_id, guild_id, timestamp })
    });
    let forgotten = (text(), guild(), instant()).prop_map(|(user_id, guild_id, timestamp)| {
        MessageEvent::AuthorForgotten(AuthorForgotten { user_id: user_id.into(), guild_id, timestamp })
    });
    let left = (text(), instant())
        .prop_map(|(guild_id, timestamp)| MessageEvent::GuildLeft(GuildLeft { guild_id: guild_id.into(), timestamp }));
    prop_oneof![
        message().prop_map(MessageEvent::Created),
        message().prop_map(MessageEvent::Updated),
        deleted,
        channel_deleted,
        forgotten,
        left
    ]
}

prop_compose! {
    fn reply()(placeholder_id in option::of(snowflake()), application_id in option::of(text()),
               interaction_token in option::of(text()), other in other()) -> ReplyTo {
        ReplyTo { placeholder_id, application_id, interaction_token, other }
    }
}

prop_compose! {
    fn turn()(role in prop::sample::select(&[Speaker::User, Speaker::Model]), content in text(), username in text(),
              user_id in option::of(text()), sources in prop::collection::vec(snowflake(), 0..3),
              timestamp in option::of(instant())) -> Turn {
        Turn { role, content, user_id: user_id.map(UserId::from), username, sources, timestamp }
    }
}

prop_compose! {
    fn query()(
        query_id in "[a-z0-9-]{1,36}",
        original_message_id in snowflake(),
        texts in (text(), text(), text()),
        channel_id in channel(),
        timestamp in instant(),
        context in other(),
        guild_id in guild(),
        scope in option::of((prop::collection::vec(channel(), 0..3), any::<bool>())),
        authors in prop::collection::vec(text().prop_map(UserId::from), 0..3),
        since in option::of(instant()),
        history in prop::collection::vec(turn(), 0..3),
        reply in reply(),
        expires_at in option::of(instant()),
        locale in option::of(text()),
        mentions in prop::collection::vec((text(), option::of(text()), prop::collection::vec(channel(), 0..3)), 0..3),
        verbatim in any::<bool>(),
    ) -> Query {
        Query {
            query_id: query_id.into(), original_message_id, question: texts.0, username: texts.1,
            user_id: texts.2.into(), channel_id, timestamp, context, guild_id,
            scope: scope.map(|(channel_ids, whole_guild)| Scope { channel_ids, whole_guild }),
            authors, since, history, reply, expires_at, locale, verbatim,
            mentions: mentions.into_iter().map(|(shown, user, channel_ids)| Mention {
                shown, user_id: user.map(UserId::from), channel_ids,
            }).collect(),
        }
    }
}

prop_compose! {
    fn source()(n: u32, message_id in snowflake(), channel_id in channel(), guild_id in guild(),
                channel_name in option::of(text()), username in text(), timestamp in instant(), excerpt in text(),
                score in score(), file in option::of(text())) -> Source {
        Source { n, message_id, channel_id, guild_id, channel_name, username, timestamp, excerpt, score, file }
    }
}

prop_compose! {
    fn response()(query in query(), response_text in text(), model in text(), confidence in score(),
                  notice in option::of(text()), sources in prop::collection::vec(source(), 0..3),
                  status in prop::sample::select(&[Status::Answered, Status::NotFound, Status::Unavailable])) -> Response {
        let mut response = Response { response_text, status, sources, ..Response::to(&query) };
        response.metadata.model = model;
        response.metadata.confidence = confidence;
        response.metadata.sources_count = response.sources.len();
        response.metadata.notice = notice;
        response
    }
}

prop_compose! {
    fn progress()(query in query(), sequence: u64, text in text(),
                  stage in prop::sample::select(&[Stage::Searching, Stage::Thinking, Stage::Writing])) -> Progress {
        Progress::of(&query, sequence, stage, &text)
    }
}

fn record(value: Option<Bytes>, headers: Headers) -> Record {
    let at = TopicPartition::new("topic", 0);
    Record { at, offset: 0, timestamp: Timestamp::UNIX_EPOCH, key: None, value, headers }
}

fn round_trip<E: Event + Clone + PartialEq + std::fmt::Debug>(event: E, trace: Option<String>) {
    let envelope = Envelope::new(event, "rtfm/test").caused_by(trace);
    let out = envelope.encode().unwrap();
    assert_eq!(out.topic, E::TOPIC);
    assert_eq!(out.key.as_deref(), Some(envelope.event.key().as_bytes()));
    let read = Envelope::<E>::decode(&record(out.value, out.headers)).unwrap();
    assert_eq!(read.event, envelope.event);
    assert_eq!(read.meta, envelope.meta);
    assert_eq!(read.event.id(), envelope.meta.id, "the id is the event's own");
}

/// Reading may fail; it must not panic.
fn read_as_everything(record: &Record) {
    let _ = Envelope::<MessageEvent>::decode(record);
    let _ = Envelope::<Query>::decode(record);
    let _ = Envelope::<Response>::decode(record);
    let _ = Envelope::<Progress>::decode(record);
}

const KINDS: [&str; 10] = [
    "message.created",
    "message.updated",
    "message.deleted",
    "channel.deleted",
    "author.forgotten",
    "guild.left",
    "query.asked",
    "response.given",
    "query.progressed",
    "something.else",
];

proptest! {
    #[test]
    fn messages_round_trip(event in message_event(), trace in option::of(text())) {
        round_trip(event, trace);
    }

    #[test]
    fn queries_round_trip(event in query(), trace in option::of(text())) {
        round_trip(event, trace);
    }

    #[test]
    fn responses_round_trip(event in response(), trace in option::of(text())) {
        round_trip(event, trace);
    }

    #[test]
    fn progress_round_trips(event in progress(), trace in option::of(text())) {
        round_trip(event, trace);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        value in option::of(prop::collection::vec(any::<u8>(), 0..200)),
        kind in option::of(prop::sample::select(&KINDS[..])),
        headers in prop::collection::vec(
            (prop::sample::select(&[header::ID, header::SOURCE, header::SPEC_VERSION, header::TIME, header::TYPE, header::TRACEPARENT][..]),
             prop::collection::vec(any::<u8>(), 0..20)), 0..4),
    ) {
        let mut all = Headers::default();
        headers.into_iter().for_each(|(name, value)| all.push(name, value));
        if let Some(kind) = kind {
            all.push(header::TYPE, kind);
        }
        read_as_everything(&record(value.map(Bytes::from), all));
    }

    /// Nearly right is harder than noise: a valid value with some bytes changed, under any type.
    #[test]
    fn damaged_values_never_panic(
        event in message_event(),
        kind in prop::sample::select(&KINDS[..]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut value = event.to_json().unwrap();
        for (index, byte) in damage {
            let place = index.index(value.len());
            value[place] = byte;
        }
        let mut headers = Headers::default();
        headers.push(header::TYPE, kind);
        read_as_everything(&record(Some(Bytes::from(value)), headers));
    }
}
