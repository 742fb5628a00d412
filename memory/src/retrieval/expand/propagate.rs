//! Propagates scores from hits to their neighbours: a neighbour takes a share of the hit's score by the strength of
//! their link. The best share counts; a sum would let long conversations beat right answers (docs/experiments.md).

use super::{
    conversation::ConversationLinks,
    window::{ConversationWindows, HITS, REACH},
};
use crate::{
    retrieval::fuse::{Ranked, best_first},
    store::Filter,
};
use rtfm_shared::event::{ChatMessage, MessageId};
use std::collections::HashMap;

/// The share of a hit's score that a directly adjacent, fully linked message takes.
const SHARE: f64 = 0.85;
/// The number of messages between over which the share decays to 1/e.
const DECAY: f64 = 12.0;
/// The exponent on relative scores. Above 1 it favours the neighbours of a clear winner; among similar hits each still
/// comes before their neighbours.
const SHARPNESS: f64 = 1.2;

/// Adds the neighbours of the best hits to the ranking. Scores become relative to the best hit's, which is 1.
pub(in crate::retrieval) fn propagate(
    ranking: Vec<Ranked>,
    windows: &ConversationWindows,
    filter: &Filter,
) -> Vec<Ranked> {
    let best = ranking.first().map_or(1.0, |hit| hit.score);
    let relative = |hit: Ranked| Ranked { score: (hit.score / best).max(0.0).powf(SHARPNESS), ..hit };
    let ranking: Vec<Ranked> = ranking.into_iter().map(relative).collect();

    let mut neighbours: HashMap<&MessageId, (f64, &ChatMessage)> = HashMap::new();
    for hit in ranking.iter().take(HITS) {
        let Some(window) = windows.of(&hit.message) else { continue };
        for (between, link, message) in ConversationLinks::of(window).around(&hit.message, REACH) {
            let score = SHARE * hit.score * link * (-(between as f64) / DECAY).exp();
            let known = neighbours.entry(&message.message_id).or_insert((0.0, message));
            known.0 = known.0.max(score);
        }
    }
    let mut found: HashMap<MessageId, Ranked> = HashMap::new();
    for (score, message) in neighbours.into_values() {
        if filter.matches(message) {
            found.insert(message.message_id.clone(), Ranked::neighbour(message.clone(), score));
        }
    }
    for mut hit in ranking {
        let propagated = found.get(&hit.message.message_id).map_or(0.0, |neighbour| neighbour.score);
        hit.score = hit.score.max(propagated);
        found.insert(hit.message.message_id.clone(), hit);
    }
    let mut ranking: Vec<Ranked> = found.into_values().collect();
    ranking.sort_by(best_first);
    ranking
}

#[cfg(test)]
mod tests {
    use super::super::window::ConversationWindow;
    use super::*;

    fn said(id: u64, who: &str, content: &str) -> ChatMessage {
        ChatMessage {
            message_id: id.into(),
            user_id: who.into(),
            username: who.to_owned(),
            content: content.to_owned(),
            timestamp: jiff::Timestamp::from_second(60 * id.cast_signed()).unwrap(),
            ..ChatMessage::default()
        }
    }

    fn talk() -> Vec<ChatMessage> {
        vec![
            said(1, "ana", "how do I mount it?"),
            said(2, "ben", "eve: lunch at noon"),
            said(3, "cem", "ana: with fstab"),
            said(4, "eve", "ben: yes"),
        ]
    }

    /// The ids of the ranking after propagation from hits with these scores.
    fn ranked(hits: &[(u64, f64)], filter: &Filter) -> Vec<String> {
        let talk = talk();
        let hit = |(id, score): &(u64, f64)| {
            let message = talk.iter().find(|message| message.message_id == (*id).into()).unwrap();
            Ranked::neighbour(message.clone(), *score)
        };
        let hits = hits.iter().map(hit).collect();
        let windows = ConversationWindows::for_tests(ConversationWindow::for_tests(talk.clone()));
        propagate(hits, &windows, filter).into_iter().map(|ranked| ranked.message.message_id.0).collect()
    }

    #[test]
    fn a_found_question_brings_its_answer() {
        let all = Filter::everything(None);
        assert_eq!(ranked(&[(1, 1.0)], &all), ["1", "3", "2", "4"], "messages of other conversations come last");
        assert_eq!(ranked(&[(1, 1.0), (4, 0.95)], &all)[..2], ["1", "4"], "a hit stays before neighbours");
        assert_eq!(ranked(&[(1, 1.0), (4, 0.4)], &all)[..2], ["1", "3"], "unless its score is far lower");
    }

    #[test]
    fn neighbours_outside_the_filter_are_not_ranked() {
        let of_ana = Filter { authors: vec!["ana".into()], ..Filter::everything(None) };
        assert_eq!(ranked(&[(1, 1.0)], &of_ana), ["1"]);
    }
}
