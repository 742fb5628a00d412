//! Bad records of every kind, none of which can be read as an event of its topic.

use super::{dice::Dice, sample::Sample};
use bytes::Bytes;
use rtfm_shared::{
    bus::{Headers, MAX_RECORD_BYTES, OutRecord},
    event::header,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many records of nearly the bus's limit there are on a topic.
const ABSURD: usize = 8;

type Spoil = fn(&mut Dice, &Sample) -> OutRecord;

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
    dice: &mut Dice,
    sample: &Sample,
    count: usize,
) -> (Vec<OutRecord>, BTreeMap<&'static str, usize>) {
    let mut kinds = BTreeMap::new();
    let mut records: Vec<OutRecord> = (0..count - ABSURD)
        .map(|n| {
            let (name, spoil) = KINDS[n % KINDS.len()];
            *kinds.entry(name).or_default() += 1;
            spoil(dice, sample)
        })
        .collect();
    records.extend((0..ABSURD).map(|n| absurd(dice, sample, n)));
    kinds.insert("an absurd size", ABSURD);
    for (n, record) in records.iter_mut().enumerate() {
        record.topic = sample.topic.to_owned();
        record.partition = Some(i32::try_from(n % 3).unwrap());
        if record.key.is_none() {
            record.key = match dice.below(3) {
                0 => None,
                1 => Some(Bytes::from(dice.bytes(8))),
                _ => Some(Bytes::from_static(b"5")),
            };
        }
        // The number tells apart what would be the same.
        record.headers.push("n", n.to_string());
    }
    dice.shuffle(&mut records);
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

fn not_utf8(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let field = *dice.of(sample.required);
    value[field] = json!("@@@@");
    let mut bytes = value.to_string().into_bytes();
    let place = bytes.windows(4).position(|four| four == b"@@@@").unwrap() + dice.below(4);
    bytes[place] = *dice.of(&[0xff, 0xc0, 0x80, 0xed]);
    of(bytes)
}

fn noise(dice: &mut Dice, _: &Sample) -> OutRecord {
    let length = 1 + dice.below(400);
    let mut bytes = dice.bytes(length);
    bytes[0] = 0xff;
    of(bytes)
}

fn not_json(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let whole = sample.value().to_string();
    of(whole.as_bytes()[..1 + dice.below(whole.len() - 1)].to_vec())
}

fn trailing(dice: &mut Dice, sample: &Sample) -> OutRecord {
    of(format!("{}{}", sample.value(), dice.of(&["}", "{}", " null", "\0", "x"])))
}

fn other_json(dice: &mut Dice, _: &Sample) -> OutRecord {
    let deep = "[".repeat(100_000);
    let deep_objects = "{\"a\":".repeat(1_000);
    let whole = *dice.of(&["[]", "null", "true", "17", "1e400", "\"text\"", "{}", "[[]]", &deep, &deep_objects]);
    of(whole.to_owned())
}

fn wrong_type(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let field = *dice.of(sample.required);
    value[field] = dice.of(&[json!(true), json!(-1.5), json!([]), json!({}), json!(null)]).clone();
    of(value.to_string())
}

fn missing(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    value.as_object_mut().unwrap().remove(*dice.of(sample.required));
    of(value.to_string())
}

fn impossible(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let mut value = sample.value();
    let times =
        ["yesterday", "", "2026-13-45T00:00:00Z", "99999-01-01T00:00:00Z"].map(|time| ("timestamp", json!(time)));
    let all: Vec<_> = (sample.impossible)().into_iter().chain(times).collect();
    let (field, content) = dice.of(&all).clone();
    value[field] = content;
    of(value.to_string())
}

fn unknown_type(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let elsewhere = if sample.kind == "query.asked" { "response.given" } else { "query.asked" };
    let long = "long".repeat(1_000);
    let kind = *dice.of(&["message.sung", "", elsewhere, "MESSAGE.CREATED", " ", &long]);
    with(header::TYPE, kind.to_owned(), &sample.value())
}

fn bad_header(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let (name, content) = *dice.of(&[
        (header::TYPE, b"\xff".as_slice()),
        (header::ID, b"\xff"),
        (header::SOURCE, b"ab\xffc"),
        (header::TIME, b"\xff"),
        (header::TIME, b"noon"),
        (header::TIME, b""),
    ]);
    with(name, Bytes::from_static(content), &sample.value())
}

fn bad_version(dice: &mut Dice, sample: &Sample) -> OutRecord {
    let version = *dice.of(&[b"2.0".as_slice(), b"0.3", b"", b"one", b"\xff", b"10.0"]);
    with(header::SPEC_VERSION, Bytes::from_static(version), &sample.value())
}

fn null(_: &mut Dice, _: &Sample) -> OutRecord {
    OutRecord::default()
}

fn empty(_: &mut Dice, _: &Sample) -> OutRecord {
    of(Bytes::new())
}

/// As large as the bus takes, in the value, in the headers, in the key or in the number of headers.
fn absurd(dice: &mut Dice, sample: &Sample, n: usize) -> OutRecord {
    let mut record = missing(dice, sample);
    // What is added to every record afterwards.
    let room = MAX_RECORD_BYTES - record.size() - 20 - dice.below(3);
    let incompressible = Bytes::from(dice.bytes(room));
    match n % 4 {
        0 => record.value = Some(incompressible),
        1 => record.headers.push("x-large", incompressible),
        2 => record.key = Some(incompressible),
        _ => (0..2_000).for_each(|n| record.headers.push(format!("x-{n}"), "many")),
    }
    record
}
