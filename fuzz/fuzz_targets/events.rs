//! Decodes bytes as every event. The first line is the type, empty for the topic's default, and the rest is the value.
//! A decoded event must survive encoding: producers and processors of different versions pass it on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtfm_shared::{
    bus::{Headers, Record, TopicPartition},
    event::{Envelope, Event, Feedback, MessageEvent, Progress, Query, Response, SettingsEvent, header},
};

fn decode<E: Event>(kind: Option<&str>, value: &[u8]) {
    let mut headers = Headers::default();
    if let Some(kind) = kind {
        headers.push(header::TYPE, kind.to_owned());
    }
    let record = Record {
        at: TopicPartition::new(E::TOPIC, 0),
        offset: 0,
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        key: None,
        value: Some(value.to_vec().into()),
        headers,
    };
    let Ok(first) = Envelope::<E>::decode(&record) else { return };
    let encoded = first.encode().expect("a decoded event can be encoded");
    let record = Record { key: encoded.key, value: encoded.value, headers: encoded.headers, ..record };
    let again = Envelope::<E>::decode(&record).expect("an encoded event can be decoded");
    assert_eq!(again.meta, first.meta);
    let identity = |event: &E| (event.kind(), event.key(), event.id());
    assert_eq!(identity(&again.event), identity(&first.event));
}

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (kind, value) = data.split_at(end);
    let Ok(kind) = std::str::from_utf8(kind) else { return };
    let kind = (!kind.is_empty()).then_some(kind);
    decode::<Feedback>(kind, value);
    decode::<MessageEvent>(kind, value);
    decode::<Progress>(kind, value);
    decode::<Query>(kind, value);
    decode::<Response>(kind, value);
    decode::<SettingsEvent>(kind, value);
});
