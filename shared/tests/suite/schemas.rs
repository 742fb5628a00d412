//! The contract on the topics, held still: the committed schemas are those of the code, and every
//! committed sample decodes for ever. A sample's file is named `<type>--<variant>.json`; the variants
//! `seed…` come from producers that know no envelope, `full…` have every field, `unknown…` have things
//! that only a newer version knows.

use bytes::Bytes;
use jiff::Timestamp;
use rtfm_shared::{
    bus::{Headers, Record, TopicPartition, topics},
    event::{
        AuthorForgotten, AuthorLeft, AuthorPrivacy, Backfill, ChannelDeleted, ChannelRecent, ChannelSeen, ChatMessage,
        Envelope, Event, Feedback, GuildLeft, GuildMembership, GuildSettings, MessageEvent, MessagesDeleted, Progress,
        Query, Response, SettingsEvent, header,
    },
};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn schema<T: JsonSchema>(topic: &str, types: &[&str]) -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<T>().to_value();
    schema["x-topic"] = json!(topic);
    schema["x-types"] = json!(types);
    schema
}

/// Every payload's schema with the name of its file.
fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("chat-message", schema::<ChatMessage>(topics::MESSAGES, &["message.created", "message.updated"])),
        ("messages-deleted", schema::<MessagesDeleted>(topics::MESSAGES, &["message.deleted"])),
        ("channel-deleted", schema::<ChannelDeleted>(topics::MESSAGES, &["channel.deleted"])),
        ("author-forgotten", schema::<AuthorForgotten>(topics::MESSAGES, &["author.forgotten"])),
        ("guild-left", schema::<GuildLeft>(topics::MESSAGES, &["guild.left"])),
        ("query", schema::<Query>(topics::QUERIES, &["query.asked"])),
        ("response", schema::<Response>(topics::RESPONSES, &["response.given"])),
        ("progress", schema::<Progress>(topics::PROGRESS, &["query.progressed"])),
        ("feedback", schema::<Feedback>(topics::FEEDBACK, &["feedback.given"])),
        ("guild-settings", schema::<GuildSettings>(topics::SETTINGS, &["guild.settings"])),
        ("author-privacy", schema::<AuthorPrivacy>(topics::SETTINGS, &["author.privacy"])),
        ("channel-backfill", schema::<Backfill>(topics::SETTINGS, &["channel.backfill"])),
        ("channel-seen", schema::<ChannelSeen>(topics::SETTINGS, &["channel.seen"])),
        ("channel-recent", schema::<ChannelRecent>(topics::SETTINGS, &["channel.recent"])),
        ("guild-membership", schema::<GuildMembership>(topics::SETTINGS, &["guild.membership"])),
        ("author-left", schema::<AuthorLeft>(topics::SETTINGS, &["author.left"])),
    ]
}

struct Sample {
    topic: String,
    kind: String,
    variant: String,
    value: Value,
}

impl Sample {
    fn name(&self) -> String {
        format!("{}/{}--{}.json", self.topic, self.kind, self.variant)
    }

    fn is_seed(&self) -> bool {
        self.variant.starts_with("seed")
    }

    fn record(&self, with_envelope: bool) -> Record {
        let mut headers = Headers::default();
        if with_envelope {
            headers.push(header::TYPE, self.kind.clone());
        }
        Record {
            at: TopicPartition::new(self.topic.as_str(), 0),
            offset: 0,
            timestamp: Timestamp::UNIX_EPOCH,
            key: None,
            value: Some(Bytes::from(serde_json::to_vec(&self.value).unwrap())),
            headers,
        }
    }
}

fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut samples = Vec::new();
    for topic in fs::read_dir(root).unwrap().map(Result::unwrap) {
        for file in fs::read_dir(topic.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let (kind, variant) = name.strip_suffix(".json").unwrap().split_once("--").unwrap();
            samples.push(Sample {
                topic: topic.file_name().into_string().unwrap(),
                kind: kind.to_owned(),
                variant: variant.to_owned(),
                value: serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap(),
            });
        }
    }
    samples
}

/// Decodes, encodes, decodes: nothing is lost on the way. Returns what we write.
fn round_trip<E: Event + PartialEq + std::fmt::Debug>(record: &Record) -> (&'static str, Value) {
    let first = Envelope::<E>::decode(record).unwrap();
    let out = first.encode().unwrap();
    let written = serde_json::from_slice(out.value.as_ref().unwrap()).unwrap();
    let again = Record { key: out.key, value: out.value, headers: out.headers, ..record.clone() };
    let second = Envelope::<E>::decode(&again).unwrap();
    assert_eq!(second.event, first.event);
    assert_eq!(second.meta, first.meta);
    (first.event.kind(), written)
}

fn round_trip_on(topic: &str, record: &Record) -> (&'static str, Value) {
    match topic {
        topics::MESSAGES => round_trip::<MessageEvent>(record),
        topics::QUERIES => round_trip::<Query>(record),
        topics::RESPONSES => round_trip::<Response>(record),
        topics::PROGRESS => round_trip::<Progress>(record),
        topics::FEEDBACK => round_trip::<Feedback>(record),
        topics::SETTINGS => round_trip::<SettingsEvent>(record),
        other => panic!("samples of an unknown topic {other}"),
    }
}

/// Everything that stands in `part` stands in `whole`, with the same JSON type and value.
fn assert_within(part: &Value, whole: &Value, place: &str) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().for_each(|(name, part)| {
            let whole = whole.get(name).unwrap_or_else(|| panic!("{place}.{name} is gone"));
            assert_within(part, whole, &format!("{place}.{name}"));
        }),
        (Value::Array(part), Value::Array(whole)) => {
            assert_eq!(part.len(), whole.len(), "{place}");
            part.iter().zip(whole).for_each(|(part, whole)| assert_within(part, whole, place));
        }
        _ => assert_eq!(part, whole, "{place}"),
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    let mut expected = BTreeSet::new();
    for (name, schema) in schemas() {
        let path = directory.join(format!("{name}.json"));
        if update {
            fs::create_dir_all(&directory).unwrap();
            fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
        }
        // Compared as JSON: the order of names depends on how serde_json was built.
        let committed: Value = fs::read(&path).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
        assert_eq!(committed, schema, "{} has drifted: run with UPDATE_SCHEMAS=1, review the change", path.display());
        expected.insert(path);
    }
    let found: BTreeSet<PathBuf> = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(found, expected, "a schema for each payload and nothing else");
}

#[test]
fn every_sample_decodes_and_round_trips() {
    for sample in samples() {
        let (kind, written) = round_trip_on(&sample.topic, &sample.record(!sample.is_seed()));
        assert_eq!(kind, sample.kind, "{}", sample.name());
        // What we write has all that we read where it is spelled as we spell it: old consumers find their
        // fields, with the right JSON types.
        if sample.variant == "seed" || sample.variant.starts_with("full") {
            assert_within(&sample.value, &written, &sample.name());
        }
    }
}

#[test]
fn full_samples_have_every_field() {
    for sample in samples().iter().filter(|sample| sample.variant == "full") {
        let (_, written) = round_trip_on(&sample.topic, &sample.record(true));
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&sample.value), names(&written), "{}", sample.name());
    }
}

#[test]
fn every_type_has_its_samples() {
    let found: BTreeSet<_> = samples().iter().map(|sample| format!("{}--{}", sample.kind, sample.variant)).collect();
    for (_, schema) in schemas() {
        for kind in schema["x-types"].as_array().unwrap() {
            for variant in ["full", "unknown"] {
                let name = format!("{}--{variant}", kind.as_str().unwrap());
                assert!(found.contains(&name), "no sample {name}");
            }
        }
    }
    for kind in ["message.created", "query.asked", "response.given"] {
        assert!(found.contains(&format!("{kind}--seed")), "no seed sample of {kind}");
    }
}

#[test]
fn samples_and_what_we_write_fit_the_schemas() {
    for sample in samples().iter().filter(|sample| !sample.variant.ends_with("loose")) {
        let of_type = |schema: &Value| schema["x-types"].as_array().unwrap().contains(&json!(sample.kind));
        let (_, schema) = schemas().into_iter().find(|(_, schema)| of_type(schema)).unwrap();
        let (_, written) = round_trip_on(&sample.topic, &sample.record(true));
        let mut tried = vec![&written];
        // Nulls where a value is optional are read but not promised.
        if sample.name() != "bot-responses/response.given--unknown.json" {
            tried.push(&sample.value);
        }
        for value in tried {
            jsonschema::validate(&schema, value).unwrap_or_else(|error| panic!("{}: {error}", sample.name()));
        }
    }
}

#[test]
fn loose_spellings_mean_the_same() {
    let instant = |topic: &str, kind: &str, variant: &str| {
        let is_it = |sample: &Sample| {
            (sample.topic.as_str(), sample.kind.as_str(), sample.variant.as_str()) == (topic, kind, variant)
        };
        let sample = samples().into_iter().find(is_it).unwrap();
        round_trip_on(topic, &sample.record(false)).1["timestamp"].clone()
    };
    for (topic, kind) in [(topics::MESSAGES, "message.created"), (topics::QUERIES, "query.asked")] {
        assert_eq!(instant(topic, kind, "seed-loose"), instant(topic, kind, "seed"));
    }
}

#[test]
fn older_consumers_find_their_fields() {
    let kinds = |value: &Value, expected: &[(&str, &str)]| {
        for (pointer, kind) in expected {
            let found = value.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing in {value}"));
            let actual = match found {
                Value::String(_) => "string",
                Value::Number(_) => "number",
                Value::Object(_) => "object",
                _ => "something else",
            };
            assert_eq!(actual, *kind, "{pointer} in {value}");
        }
    };
    let message = serde_json::from_slice(&MessageEvent::Created(ChatMessage::default()).to_json().unwrap()).unwrap();
    let texts = |names: &'static [&'static str]| names.iter().map(|name| (*name, "string")).collect::<Vec<_>>();
    kinds(&message, &texts(&["/message_id", "/content", "/username", "/user_id", "/channel_id", "/timestamp"]));
    kinds(&message, &[("/metadata", "object")]);
    let query = Query::default();
    let value = serde_json::from_slice(&query.to_json().unwrap()).unwrap();
    kinds(&value, &texts(&["/query_id", "/original_message_id", "/question", "/username", "/user_id"]));
    kinds(&value, &[("/channel_id", "string"), ("/timestamp", "string"), ("/context", "object")]);
    let value = serde_json::from_slice(&Response::to(&query).to_json().unwrap()).unwrap();
    kinds(&value, &texts(&["/response_id", "/query_id", "/original_message_id", "/response_text", "/channel_id"]));
    kinds(&value, &[("/timestamp", "string"), ("/metadata", "object"), ("/metadata/model", "string")]);
    kinds(&value, &[("/metadata/confidence", "number"), ("/metadata/sources_count", "number")]);
}
