//! Boosts that do not depend on the question's terms: messages of the question's channel rank higher, questions rank
//! lower. Both are mild and decide between hits with similar scores.

use super::{Ranked, best_first};
use rtfm_shared::{
    event::{ChannelId, ChatMessage},
    text::has_question_mark,
};

/// The factor for messages of the question's channel, since people ask where the topic is discussed. Both factors were
/// found by experiment (docs/experiments.md).
const SAME_CHANNEL: f64 = 1.25;
/// The factor for questions; one that resembles the asker's is seldom its answer.
const QUESTION: f64 = 0.9;

/// Applies both boosts and sorts again. `asked_in` is the question's channel.
pub(in crate::retrieval) fn boosted(mut hits: Vec<Ranked>, asked_in: &ChannelId) -> Vec<Ranked> {
    for hit in &mut hits {
        if is_of(&hit.message, asked_in) {
            hit.score *= SAME_CHANNEL;
        }
        // The text of a file's message tells nothing about the passages found in the file.
        if hit.passages.is_empty() && has_question_mark(&hit.message.content) {
            hit.score *= QUESTION;
        }
    }
    hits.sort_by(best_first);
    hits
}

/// Whether a message is in this channel or in one of its threads.
fn is_of(message: &ChatMessage, asked_in: &ChannelId) -> bool {
    !asked_in.as_str().is_empty() && (message.channel_id == *asked_in || message.parent_id.as_ref() == Some(asked_in))
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
    fn messages_of_the_asking_channel_win_over_similar_ones() {
        let hits = || vec![hit(1, "7", "with fstab", 0.9), hit(2, "8", "with fstab", 0.8), hit(3, "8", "a tab", 0.5)];
        assert_eq!(order(hits(), "8"), ["2", "1", "3"], "but not over far better ones");
        assert_eq!(order(hits(), ""), ["1", "2", "3"], "a direct message has no such channel");
    }

    #[test]
    fn a_thread_is_part_of_its_channel() {
        let mut in_thread = hit(2, "9", "with fstab", 0.8);
        in_thread.message.parent_id = Some("8".into());
        assert_eq!(order(vec![hit(1, "7", "with fstab", 0.9), in_thread], "8"), ["2", "1"]);
    }

    #[test]
    fn a_question_ranks_below_a_similar_statement() {
        for asking in ["how do I mount it?", "¿cómo se monta?", "どうやってマウントしますか？", "كيف أفعل ذلك؟"]
        {
            assert_eq!(order(vec![hit(1, "7", asking, 0.9), hit(2, "7", "by hand", 0.85)], ""), ["2", "1"], "{asking}");
        }
        let linked = hit(1, "7", "https://example.com/?page=3", 0.9);
        assert_eq!(
            order(vec![linked, hit(2, "7", "by hand", 0.85)], ""),
            ["1", "2"],
            "a question mark in a link does not count"
        );
    }
}
