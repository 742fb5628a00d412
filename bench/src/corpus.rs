//! Messages to measure with: reproducible, with the lengths and the uneven words of chat.

use jiff::{SignedDuration, Timestamp};
use rtfm_shared::event::{ChatMessage, Envelope, MessageEvent};
use std::ops::Range;

/// Distinct words of the corpus.
const WORDS: u64 = 20_000;
/// The commonest words, which stand for stop words.
const COMMONEST: u64 = 150;
/// Channels of the corpus.
pub(crate) const CHANNELS: u64 = 20;
/// The guild of all messages.
pub(crate) const GUILD: &str = "1";

/// A small generator of numbers (SplitMix64), so that every run has the same corpus.
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A word: a few are very common, most are rare.
    fn word(&mut self) -> String {
        let rank = (WORDS as f64).powf(self.unit()) as u64;
        format!("word{rank}")
    }

    /// Some words.
    pub(crate) fn words(&mut self, count: u64) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// Some words as a question has them once its stop words are gone: not the commonest.
    pub(crate) fn telling_words(&mut self, count: usize) -> String {
        let mut words = Vec::with_capacity(count);
        while words.len() < count {
            let rank = (WORDS as f64).powf(self.unit()) as u64;
            if rank > COMMONEST {
                words.push(format!("word{rank}"));
            }
        }
        words.join(" ")
    }

    /// A direction in space.
    pub(crate) fn vector(&mut self, dimension: usize) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..dimension).map(|_| (self.unit() - 0.5) as f32).collect();
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::EPSILON);
        vector.iter_mut().for_each(|number| *number /= length);
        vector
    }
}

/// The channel of message `n`.
pub(crate) fn channel(n: u64) -> String {
    (100 + n % CHANNELS).to_string()
}

/// Message `n` of the corpus.
pub(crate) fn message(n: u64) -> ChatMessage {
    let mut numbers = Numbers(n);
    let length = 3 + numbers.next() % 25;
    let mut message = ChatMessage {
        message_id: (1_000_000 + n).into(),
        content: numbers.words(length),
        username: format!("user{}", n % 500),
        user_id: (n % 500).into(),
        channel_id: channel(n).into(),
        guild_id: Some(GUILD.into()),
        timestamp: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(n as i64),
        ..ChatMessage::default()
    };
    message.metadata.channel_name = Some(format!("channel-{}", n % CHANNELS));
    message
}

/// These messages as events.
pub(crate) fn events(numbers: Range<usize>) -> Vec<MessageEvent> {
    numbers.map(|n| MessageEvent::Created(message(n as u64))).collect()
}

/// An event as a record.
pub(crate) fn record(event: MessageEvent) -> anyhow::Result<rtfm_shared::bus::OutRecord> {
    Ok(Envelope::new(event, "rtfm/bench").encode()?)
}
