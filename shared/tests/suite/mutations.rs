//! Every committed sample of every event, mutated: whatever a value has become, it is read or refused with a
//! typed, permanent error; and what only newer or other producers add is read as if it were not there.

use bytes::Bytes;
use jiff::Timestamp;
use proptest::{prelude::*, sample::Index};
use rtfm_shared::{
    bus::{Headers, Record, TopicPartition, topics},
    event::{Envelope, Event, Feedback, MessageEvent, Progress, Query, Response, SettingsEvent, header},
    resilience::Class,
    worker::Failure,
};
use serde_json::{Map, Value, json};
use std::{path::Path, sync::LazyLock};

struct Sample {
    topic: String,
    kind: String,
    value: Value,
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let files = std::fs::read_dir(root).unwrap().flat_map(|topic| std::fs::read_dir(topic.unwrap().path()).unwrap());
    let mut samples: Vec<Sample> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            Sample {
                topic: path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(),
                kind: name.split_once("--").unwrap().0.to_owned(),
                value: serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap(),
            }
        })
        .collect();
    samples.sort_by_cached_key(|sample| format!("{} {}", sample.kind, sample.value));
    assert!(samples.len() > 20);
    samples
});

/// What a consumer of the topic makes of a value: the event as JSON again, its key and its id.
fn read(topic: &str, kind: &str, value: &[u8]) -> Result<(Value, String, String), Failure> {
    fn read<E: Event>(record: &Record) -> Result<(Value, String, String), Failure> {
        let event = Envelope::<E>::decode(record)?.event;
        Ok((serde_json::from_slice(&event.to_json().unwrap()).unwrap(), event.key(), event.id()))
    }
    let mut headers = Headers::default();
    headers.push(header::TYPE, kind.to_owned());
    let record = Record {
        at: TopicPartition::new(topic, 0),
        offset: 0,
        timestamp: Timestamp::UNIX_EPOCH,
        key: None,
        value: Some(Bytes::copy_from_slice(value)),
        headers,
    };
    match topic {
        topics::MESSAGES => read::<MessageEvent>(&record),
        topics::QUERIES => read::<Query>(&record),
        topics::RESPONSES => read::<Response>(&record),
        topics::PROGRESS => read::<Progress>(&record),
        topics::FEEDBACK => read::<Feedback>(&record),
        topics::SETTINGS => read::<SettingsEvent>(&record),
        other => panic!("{other} has samples and no event"),
    }
}

/// Every object and array in a value, and the value itself.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| {
            places(inner, &format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, inner)| places(inner, &format!("{here}/{n}"), found));
        }
        _ => {}
    }
}

/// One change to a value.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Remove,
    Add(Value),
}

fn apply(value: &mut Value, place: Index, change: Change) {
    let mut all = Vec::new();
    places(value, "", &mut all);
    let place = all[place.index(all.len())].clone();
    let target = value.pointer_mut(&place).unwrap();
    match change {
        Change::Replace(other) => *target = other,
        Change::Add(other) => match target {
            Value::Object(fields) => drop(fields.insert("added".to_owned(), other)),
            Value::Array(list) => list.push(other),
            leaf => *leaf = json!([leaf.clone(), other]),
        },
        Change::Remove => {
            let Some((parent, name)) = place.rsplit_once('/') else { return };
            match value.pointer_mut(parent).unwrap() {
                Value::Object(fields) => drop(fields.remove(&name.replace("~1", "/").replace("~0", "~"))),
                Value::Array(list) => drop(list.remove(name.parse().unwrap())),
                _ => {}
            }
        }
    }
}

fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Exact in decimal: this is not about floating point.
        (-999_i32..999).prop_map(|n| Value::from(f64::from(n) / 64.0)),
        any::<String>().prop_map(Value::from),
        prop::sample::select(
            &["7", "", "-1", "2026-11-02T12:00:00Z", "9999-99-99", "user", "18446744073709551616"][..]
        )
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
    .boxed()
}

fn change() -> BoxedStrategy<Change> {
    prop_oneof![any_json().prop_map(Change::Replace), Just(Change::Remove), any_json().prop_map(Change::Add)].boxed()
}

/// Puts unknown fields into every object, and turns enums into words of a newer version.
fn renew(value: &mut Value, unknown: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields.iter_mut() {
                renew(inner, unknown);
                if ["status", "stage", "role"].contains(&name.as_str()) && inner.is_string() {
                    *inner = json!("of a newer version");
                }
            }
            fields.insert("x-newer".to_owned(), unknown.clone());
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| renew(inner, unknown)),
        _ => {}
    }
}

/// The same without them.
fn without_news(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("x-newer");
            for (name, inner) in fields.iter_mut() {
                without_news(inner);
                if ["status", "stage", "role"].contains(&name.as_str()) && inner.is_string() {
                    *inner = json!("other");
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(without_news),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_value_is_decoded_or_rejected(
        sample in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), change()), 1..4),
    ) {
        let sample = &SAMPLES[sample.index(SAMPLES.len())];
        let mut value = sample.value.clone();
        changes.into_iter().for_each(|(place, change)| apply(&mut value, place, change));
        match read(&sample.topic, &sample.kind, value.to_string().as_bytes()) {
            // What is read at all can be passed on, and says the same then.
            Ok((event, key, id)) => {
                let again = read(&sample.topic, &sample.kind, event.to_string().as_bytes());
                prop_assert_eq!(again.unwrap(), (event, key, id));
            }
            Err(failure) => {
                prop_assert_eq!(failure.class, Class::Permanent);
                prop_assert!(["invalid_json", "invalid_field"].contains(&failure.reason), "{}", failure);
                prop_assert!(!failure.error.is_empty());
            }
        }
    }

    #[test]
    fn unknown_fields_change_nothing(
        sample in any::<Index>(),
        unknown in any_json(),
        indented in any::<bool>(),
    ) {
        let sample = &SAMPLES[sample.index(SAMPLES.len())];
        let (mut plain, key, id) = read(&sample.topic, &sample.kind, sample.value.to_string().as_bytes()).unwrap();
        let mut newer = sample.value.clone();
        renew(&mut newer, &unknown);
        let text = if indented { serde_json::to_string_pretty(&newer).unwrap() } else { newer.to_string() };
        let (mut event, newer_key, newer_id) = read(&sample.topic, &sample.kind, text.as_bytes()).unwrap();
        without_news(&mut event);
        without_news(&mut plain);
        prop_assert_eq!((event, newer_key, newer_id), (plain, key, id));
    }

    #[test]
    fn a_truncated_value_is_rejected(sample in any::<Index>(), end in any::<Index>()) {
        let sample = &SAMPLES[sample.index(SAMPLES.len())];
        let whole = sample.value.to_string();
        let half = &whole.as_bytes()[..end.index(whole.len())];
        let failure = read(&sample.topic, &sample.kind, half).unwrap_err();
        prop_assert_eq!((failure.class, failure.reason), (Class::Permanent, "invalid_json"));
    }
}
