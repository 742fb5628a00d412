//! From hits to conversations: a message that was not found by itself, but belongs to one that was, takes its place
//! by how well that fits and how strongly it belongs to it. Of two ways to a place, the better counts; they do not
//! add up, or long talk would beat right answers. (RetrievalResult by experiment: docs/retrieval.md.)

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

/// What a message takes of the score of one that it belongs to, were it that one's neighbour.
const SHARE: f64 = 0.85;
/// Messages in between over which that falls to a third.
const FADING: f64 = 12.0;
/// The further a hit is behind the best, the more: so a clear winner brings its conversation along, and of many that
/// fit alike each is shown.
const SHARPNESS: f64 = 1.2;

/// The ranking with what belongs to its best hits. Scores are of the best hit's, from 1 down.
pub(in crate::retrieval) fn propagate(
    ranking: Vec<Ranked>,
    windows: &ConversationWindows,
    filter: &Filter,
) -> Vec<Ranked> {
    let best = ranking.first().map_or(1.0, |hit| hit.score);
    let relative = |hit: Ranked| Ranked { score: (hit.score / best).max(0.0).powf(SHARPNESS), ..hit };
    let ranking: Vec<Ranked> = ranking.into_iter().map(relative).collect();

    let mut near: HashMap<&MessageId, (f64, &ChatMessage)> = HashMap::new();
    for hit in ranking.iter().take(HITS) {
        let Some(window) = windows.of(&hit.message) else { continue };
        for (between, link, message) in ConversationLinks::of(window).around(&hit.message, REACH) {
            let score = SHARE * hit.score * link * (-(between as f64) / FADING).exp();
            let known = near.entry(&message.message_id).or_insert((0.0, message));
            known.0 = known.0.max(score);
        }
    }
    let mut found: HashMap<MessageId, Ranked> = HashMap::new();
    for (score, message) in near.into_values() {
        if filter.matches(message) {
            found.insert(message.message_id.clone(), Ranked::neighbour(message.clone(), score));
        }
    }
    for mut hit in ranking {
        let lent = found.get(&hit.message.message_id).map_or(0.0, |neighbour| neighbour.score);
        hit.score = hit.score.max(lent);
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

    /// The ranking of hits with these scores, with what belongs to them.
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
    fn an_answer_comes_with_the_question_that_was_found() {
        let all = Filter::everything(None);
        assert_eq!(ranked(&[(1, 1.0)], &all), ["1", "3", "2", "4"], "those who talk of something else come last");
        assert_eq!(ranked(&[(1, 1.0), (4, 0.95)], &all)[..2], ["1", "4"], "what was found itself stays before");
        assert_eq!(ranked(&[(1, 1.0), (4, 0.4)], &all)[..2], ["1", "3"], "unless it is far behind");
    }

    #[test]
    fn who_is_asked_for_is_not_joined_by_others() {
        let of_ana = Filter { authors: vec!["ana".into()], ..Filter::everything(None) };
        assert_eq!(ranked(&[(1, 1.0)], &of_ana), ["1"]);
    }
}
