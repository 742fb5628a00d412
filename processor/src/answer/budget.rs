//! How much of the evidence a model is given: what fits into it, the worst passages left out first.

use super::evidence::NumberedEvidence;
use rtfm_shared::event::Turn;

/// Tokens kept free for what is not counted: the frame around messages, and estimates that are too low.
const RESERVE: usize = 512;
/// The share of a model's room that earlier turns may take.
const HISTORY_SHARE: usize = 4;

/// At most so many tokens that a text takes, in any model's counting: three Latin characters or one of any other
/// script a token. Too high rather than too low.
pub(super) fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    ascii.div_ceil(3) + others
}

/// The evidence that fits into `room` tokens. Passages come best first, and the worst are left out first; of the best,
/// if it alone is too long, what was found stays before what stands around it.
pub(super) fn fitting(evidence: &[NumberedEvidence], room: usize) -> Vec<&NumberedEvidence> {
    let cost =
        |numbered: &NumberedEvidence| tokens(&numbered.evidence.content) + tokens(&numbered.evidence.username) + LINE;
    let mut kept: Vec<&NumberedEvidence> = evidence.iter().collect();
    let mut total: usize = kept.iter().map(|numbered| cost(numbered)).sum();
    while total > room {
        let Some(worst) = kept.iter().map(|numbered| numbered.passage).max() else { break };
        let is_last = kept.iter().all(|numbered| numbered.passage == worst);
        let left_out = match is_last {
            false => kept.iter().rposition(|numbered| numbered.passage == worst),
            // What has no score is no hit; the last of them, then the last hit.
            true => kept.iter().rposition(|numbered| numbered.score == 0.0).or(kept.len().checked_sub(1)),
        };
        let Some(left_out) = left_out else { break };
        total = total.saturating_sub(cost(kept.remove(left_out)));
    }
    kept
}

/// Tokens of a number, a time and the signs around them.
const LINE: usize = 16;

/// The newest turns of a conversation that fit into their share of `room` tokens.
pub(super) fn newest(turns: Vec<Turn>, room: usize) -> Vec<Turn> {
    let mut left = room / HISTORY_SHARE;
    let mut kept: Vec<Turn> = Vec::new();
    for turn in turns.into_iter().rev() {
        let Some(rest) = left.checked_sub(tokens(&turn.content)) else { break };
        left = rest;
        kept.push(turn);
    }
    kept.reverse();
    kept
}

/// What is left of a model's room for evidence when all this is in the prompt besides.
pub(super) fn left(room: usize, output: u32, others: &[&str]) -> usize {
    let taken: usize = others.iter().map(|text| tokens(text)).sum();
    room.saturating_sub(taken + output as usize + RESERVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::evidence::EvidenceItem;
    use rtfm_shared::event::{ChatMessage, Speaker};

    fn numbered(n: u32, passage: usize, score: f64) -> NumberedEvidence {
        let evidence = EvidenceItem {
            n,
            username: "ana".to_owned(),
            channel_name: None,
            timestamp: jiff::Timestamp::UNIX_EPOCH,
            content: "x".repeat(300),
        };
        NumberedEvidence { evidence, message: ChatMessage::default(), score, passage, found_in: None }
    }

    #[test]
    fn the_worst_passages_are_left_out_first() {
        let evidence = [numbered(1, 0, 0.0), numbered(2, 0, 0.5), numbered(3, 1, 0.4), numbered(4, 2, 0.3)];
        let kept = |room| fitting(&evidence, room).iter().map(|one| one.evidence.n).collect::<Vec<_>>();
        assert_eq!((kept(10_000), kept(400), kept(250)), (vec![1, 2, 3, 4], vec![1, 2, 3], vec![1, 2]));
        assert_eq!((kept(130), kept(50)), (vec![2], vec![]), "of one passage the hit stays longest");
    }

    #[test]
    fn scripts_are_counted_as_they_are_spoken() {
        assert_eq!((tokens("abcdef"), tokens("東京は"), tokens("")), (2, 3, 0));
        let turns: Vec<Turn> = ["old", "mid", "new"].map(|text| Turn::new(Speaker::User, text.repeat(100))).to_vec();
        let kept: Vec<String> = newest(turns, 850).into_iter().map(|turn| turn.content[..3].to_owned()).collect();
        assert_eq!(kept, ["mid", "new"]);
        assert_eq!(left(1000, 100, &["abc"]), 387);
        assert_eq!(left(100, 100, &[]), 0);
    }
}
