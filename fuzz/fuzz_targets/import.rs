//! Reads bytes as an export for `rtfm import`. Every message that the import takes must be one that a processor takes:
//! otherwise it ends among the dead letters.
#![no_main]

// The sources themselves, because the command line exports no modules.
#[allow(dead_code)]
#[path = "../../cli/src/import/export.rs"]
mod export;
#[allow(dead_code)]
#[path = "../../cli/src/import/fields.rs"]
mod fields;
#[allow(dead_code)]
#[path = "../../cli/src/import/reader.rs"]
mod reader;

use libfuzzer_sys::fuzz_target;
use reader::ExportItem;
use rtfm_shared::{
    bus::{Record, TopicPartition},
    event::{Envelope, MessageEvent},
};

fuzz_target!(|data: &[u8]| {
    let _ = reader::read(data, |item| {
        let ExportItem::Message(message) = item else { return Ok(()) };
        let encoded = Envelope::new(MessageEvent::Created(*message), "fuzz").encode().expect("a message can be encoded");
        let record = Record {
            at: TopicPartition::new(encoded.topic.as_str(), 0),
            offset: 0,
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            key: encoded.key,
            value: encoded.value,
            headers: encoded.headers,
        };
        Envelope::<MessageEvent>::decode(&record).expect("a processor can decode an imported message");
        Ok(())
    });
});
