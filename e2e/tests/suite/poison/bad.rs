//! Bad records of every kind, none of which decodes as an event of its topic.

use super::sample::Sample;
use bytes::Bytes;
use rtfm_e2e::Chance;
use rtfm_shared::{
    bus::{Headers, MAX_RECORD_BYTES, OutRecord},
    event::header,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many records of nearly the bus's limit there are on a topic.
const ABSURD: usize = 8;

type Spoil = fn(&mut Chance, &Sample) -> OutRecord;

const KINDS: [(&str, Spoil); 13] = [
    ("not UTF-8", not_utf8),
    ("noise", noise),
    ("not JSON", not_json),
    ("more than JSON", trailing),
    ("other JSON", other_json),
    ("a field of the wrong type", wrong_type),
    ("a field missing", missing),
    ("an impossible field", impossible),
    ("an unknown type", unknown_type),
    ("a bad header", bad_header),
    ("a bad ce_specversion", bad_version),
    ("no value", null),
    ("an empty value", empty),
];

/// So many bad records for the topic, each on one of its partitions, and how many of each kind.
pub(crate) fn records(
    chance: &mut Chance,
    sample: &Sample,
    count: usize,
) -> (Vec<OutRecord>, BTreeMap<&'static str, usize>) {
    let mut kinds = BTreeMap::new();
    let mut records: Vec<OutRecord> = (0..count - ABSURD)
        .map(|n| {
            let (name, spoil) = KINDS[n % KINDS.len()];
            *kinds.entry(name).or_default() += 1;
            spoil(chance, sample)
        })
        .collect();
    records.extend((0..ABSURD).map(|n| absurd(chance, sample, n)));
    kinds.insert("an absurd size", ABSURD);
    for (n, record) in records.iter_mut().enumerate() {
        record.topic = sample.topic.to_owned();
        record.partition = Some(i32::try_from(n % 3).unwrap());
        if record.key.is_none() {
            record.key = match chance.below(3) {
                0 => None,
                1 => Some(Bytes::from(chance.bytes(8))),
                _ => Some(Bytes::from_static(b"5")),
            };
        }
        // The number tells apart what would be the same.
        record.headers.push("n", n.to_string());
    }
    chance.shuffle(&mut records);
    (records, kinds)
}

fn of(value: impl Into<Bytes>) -> OutRecord {
    OutRecord { value: Some(value.into()), ..OutRecord::default() }
}

fn with(name: &str, content: impl Into<Bytes>, value: &Value) -> OutRecord {
    let mut headers = Headers::default();
    headers.push("x-other", "kept");
    headers.push(name, content);
    OutRecord { headers, ..of(value.to_string()) }
}

fn not_utf8(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let field = *chance.choose(sample.required);
    value[field] = json!("@@@@");
    let mut bytes = value.to_string().into_bytes();
    let place = bytes.windows(4).position(|four| four == b"@@@@").unwrap() + chance.below(4);
    bytes[place] = *chance.choose(&[0xff, 0xc0, 0x80, 0xed]);
    of(bytes)
}

fn noise(chance: &mut Chance, _: &Sample) -> OutRecord {
    let length = 1 + chance.below(400);
    let mut bytes = chance.bytes(length);
    bytes[0] = 0xff;
    of(bytes)
}

fn not_json(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let whole = sample.value().to_string();
    of(whole.as_bytes()[..1 + chance.below(whole.len() - 1)].to_vec())
}

fn trailing(chance: &mut Chance, sample: &Sample) -> OutRecord {
    of(format!("{}{}", sample.value(), chance.choose(&["}", "{}", " null", "\0", "x"])))
}

fn other_json(chance: &mut Chance, _: &Sample) -> OutRecord {
    let deep = "[".repeat(100_000);
    let deep_objects = "{\"a\":".repeat(1_000);
    let whole = *chance.choose(&["[]", "null", "true", "17", "1e400", "\"text\"", "{}", "[[]]", &deep, &deep_objects]);
    of(whole.to_owned())
}

fn wrong_type(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let field = *chance.choose(sample.required);
    value[field] = chance.choose(&[json!(true), json!(-1.5), json!([]), json!({}), json!(null)]).clone();
    of(value.to_string())
}

fn missing(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    value.as_object_mut().unwrap().remove(*chance.choose(sample.required));
    of(value.to_string())
}

fn impossible(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let times =
        ["yesterday", "", "2026-13-45T00:00:00Z", "99999-01-01T00:00:00Z"].map(|time| ("timestamp", json!(time)));
    let all: Vec<_> = (sample.impossible)().into_iter().chain(times).collect();
    let (field, content) = chance.choose(&all).clone();
    value[field] = content;
    of(value.to_string())
}

fn unknown_type(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let elsewhere = if sample.kind == "query.asked" { "response.given" } else { "query.asked" };
    let long = "long".repeat(1_000);
    let kind = *chance.choose(&["message.sung", "", elsewhere, "MESSAGE.CREATED", " ", &long]);
    with(header::TYPE, kind.to_owned(), &sample.value())
}

fn bad_header(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let (name, content) = *chance.choose(&[
        (header::TYPE, b"\xff".as_slice()),
        (header::ID, b"\xff"),
        (header::SOURCE, b"ab\xffc"),
        (header::TIME, b"\xff"),
        (header::TIME, b"noon"),
        (header::TIME, b""),
    ]);
    with(name, Bytes::from_static(content), &sample.value())
}

fn bad_version(chance: &mut Chance, sample: &Sample) -> OutRecord {
    let version = *chance.choose(&[b"2.0".as_slice(), b"0.3", b"", b"one", b"\xff", b"10.0"]);
    with(header::SPEC_VERSION, Bytes::from_static(version), &sample.value())
}

fn null(_: &mut Chance, _: &Sample) -> OutRecord {
    OutRecord::default()
}

fn empty(_: &mut Chance, _: &Sample) -> OutRecord {
    of(Bytes::new())
}

/// As large as the bus takes, in the value, in the headers, in the key or in the number of headers.
fn absurd(chance: &mut Chance, sample: &Sample, n: usize) -> OutRecord {
    let mut record = missing(chance, sample);
    // What is added to every record afterwards.
    let room = MAX_RECORD_BYTES - record.size() - 20 - chance.below(3);
    let incompressible = Bytes::from(chance.bytes(room));
    match n % 4 {
        0 => record.value = Some(incompressible),
        1 => record.headers.push("x-large", incompressible),
        2 => record.key = Some(incompressible),
        _ => (0..2_000).for_each(|n| record.headers.push(format!("x-{n}"), "many")),
    }
    record
}
