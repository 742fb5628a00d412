//! What speaks for a hit before its words are looked at: that it was said where the question is asked, and that it
//! tells something rather than asks. Both are mild; they decide between hits that fit about as well.

use super::{Ranked, best_first};
use rtfm_shared::event::{ChannelId, ChatMessage};

/// What a message of the channel in which the question is asked counts, beside those of other channels: who asks about
/// a matter asks where it is talked about. (This and the next by experiment: docs/experiments.md.)
const HERE: f64 = 1.25;
/// What a question counts: one that resembles the question is seldom its answer.
const ASKS: f64 = 0.9;

/// The hits with that, best first. `place` is the channel in which the question is asked.
pub(in crate::retrieval) fn boosted(mut hits: Vec<Ranked>, place: &ChannelId) -> Vec<Ranked> {
    for hit in &mut hits {
        if is_of(&hit.message, place) {
            hit.score *= HERE;
        }
        // Where a file was found, the message says nothing of what was found.
        if hit.passages.is_empty() && asks(&hit.message.content) {
            hit.score *= ASKS;
        }
    }
    hits.sort_by(best_first);
    hits
}

/// Whether a message stands in this channel, or in a thread that hangs on it.
fn is_of(message: &ChatMessage, place: &ChannelId) -> bool {
    !place.as_str().is_empty() && (message.channel_id == *place || message.parent_id.as_ref() == Some(place))
}

/// Whether a text asks something, in any language that has a sign for it; a link's sign asks nothing.
fn asks(text: &str) -> bool {
    text.split_whitespace()
        .filter(|word| !word.contains("://"))
        .any(|word| word.contains(['?', '？', '؟', '՞', '፧', '⁇']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(id: u64, channel: &str, content: &str, score: f64) -> Ranked {
        let message = ChatMessage {
            message_id: id.into(),
            channel_id: channel.into(),
            content: content.to_owned(),
            ..ChatMessage::default()
        };
        Ranked::neighbour(message, score)
    }

    fn order(hits: Vec<Ranked>, place: &str) -> Vec<String> {
        boosted(hits, &place.into()).into_iter().map(|hit| hit.message.message_id.0).collect()
    }

    #[test]
    fn what_was_said_where_it_is_asked_comes_before_what_fits_as_well() {
        let hits = || vec![hit(1, "7", "with fstab", 0.9), hit(2, "8", "with fstab", 0.8), hit(3, "8", "a tab", 0.5)];
        assert_eq!(order(hits(), "8"), ["2", "1", "3"], "but not before what fits far better");
        assert_eq!(order(hits(), ""), ["1", "2", "3"], "in a direct message there is no such place");
    }

    #[test]
    fn a_thread_is_part_of_its_channel() {
        let mut in_thread = hit(2, "9", "with fstab", 0.8);
        in_thread.message.parent_id = Some("8".into());
        assert_eq!(order(vec![hit(1, "7", "with fstab", 0.9), in_thread], "8"), ["2", "1"]);
    }

    #[test]
    fn a_question_comes_after_a_statement_that_fits_as_well() {
        for asking in ["how do I mount it?", "¿cómo se monta?", "どうやってマウントしますか？", "كيف أفعل ذلك؟"]
        {
            assert_eq!(order(vec![hit(1, "7", asking, 0.9), hit(2, "7", "by hand", 0.85)], ""), ["2", "1"], "{asking}");
        }
        let linked = hit(1, "7", "https://example.com/?page=3", 0.9);
        assert_eq!(order(vec![linked, hit(2, "7", "by hand", 0.85)], ""), ["1", "2"], "a link asks nothing");
    }
}
