//! The token budget: selects the evidence and the turns that fit a model's input.

use super::evidence::NumberedEvidence;
use rtfm_shared::event::Turn;

/// Tokens reserved for the frame around messages and for estimates that are too low.
const RESERVED_TOKENS: usize = 512;
/// Earlier turns get one part in this many of the budget.
const HISTORY_SHARE: usize = 4;

/// An upper estimate of a text's tokens in any model: one token per three ASCII characters or per other character.
pub(super) fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    ascii.div_ceil(3) + others
}

/// Selects the evidence that fits into `budget` tokens. Passages come best first and the worst are dropped first. Of
/// the best passage, hits outlast their context.
pub(super) fn fit_evidence(evidence: &[NumberedEvidence], budget: usize) -> Vec<&NumberedEvidence> {
    let cost = |numbered: &NumberedEvidence| {
        tokens(&numbered.evidence.content) + tokens(&numbered.evidence.username) + LINE_TOKENS
    };
    let mut kept: Vec<&NumberedEvidence> = evidence.iter().collect();
    let mut total: usize = kept.iter().map(|numbered| cost(numbered)).sum();
    while total > budget {
        let Some(worst) = kept.iter().map(|numbered| numbered.passage).max() else { break };
        let is_last = kept.iter().all(|numbered| numbered.passage == worst);
        let left_out = if is_last {
            // Evidence without a score is context and goes first, from the end; hits follow.
            kept.iter().rposition(|numbered| numbered.score == 0.0).or(kept.len().checked_sub(1))
        } else {
            kept.iter().rposition(|numbered| numbered.passage == worst)
        };
        let Some(left_out) = left_out else { break };
        total = total.saturating_sub(cost(kept.remove(left_out)));
    }
    kept
}

/// Tokens of an evidence line besides its text and author.
const LINE_TOKENS: usize = 16;

/// The newest turns that fit into the history's share of `budget` tokens.
pub(super) fn newest_turns(turns: Vec<Turn>, budget: usize) -> Vec<Turn> {
    let mut left = budget / HISTORY_SHARE;
    let mut kept: Vec<Turn> = Vec::new();
    for turn in turns.into_iter().rev() {
        let Some(rest) = left.checked_sub(tokens(&turn.content)) else { break };
        left = rest;
        kept.push(turn);
    }
    kept.reverse();
    kept
}

/// The part of `budget` that remains for evidence beside the output, the reserve and these texts.
pub(super) fn remaining(budget: usize, output: u32, others: &[&str]) -> usize {
    let taken: usize = others.iter().map(|text| tokens(text)).sum();
    budget.saturating_sub(taken + output as usize + RESERVED_TOKENS)
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
    fn the_worst_passages_are_dropped_first() {
        let evidence = [numbered(1, 0, 0.0), numbered(2, 0, 0.5), numbered(3, 1, 0.4), numbered(4, 2, 0.3)];
        let kept = |budget| fit_evidence(&evidence, budget).iter().map(|one| one.evidence.n).collect::<Vec<_>>();
        assert_eq!((kept(10_000), kept(400), kept(250)), (vec![1, 2, 3, 4], vec![1, 2, 3], vec![1, 2]));
        assert_eq!((kept(130), kept(50)), (vec![2], vec![]), "the hit outlasts its context");
    }

    #[test]
    fn tokens_are_estimated_by_script_and_the_oldest_turns_are_dropped() {
        assert_eq!((tokens("abcdef"), tokens("東京は"), tokens("")), (2, 3, 0));
        let turns: Vec<Turn> = ["old", "mid", "new"].map(|text| Turn::new(Speaker::User, text.repeat(100))).to_vec();
        let kept: Vec<String> = newest_turns(turns, 850).into_iter().map(|turn| turn.content[..3].to_owned()).collect();
        assert_eq!(kept, ["mid", "new"]);
        assert_eq!(remaining(1000, 100, &["abc"]), 387);
        assert_eq!(remaining(100, 100, &[]), 0);
    }
}
