//! Retrieval results with their ranks and scores.

use crate::{output::one_line, style::Style};
use rtfm_memory::retrieval::{AttemptResult, Confidence, Passage, Rank, Ranked, RetrievalResult};
use rtfm_shared::{event::ChatMessage, text::showable};
use serde_json::{Value, json};

/// Longest excerpt of a message, in characters.
const MAX_EXCERPT: usize = 200;

/// The hits with their scores, inside the conversations around them.
pub(crate) fn text(result: &AttemptResult, limit: usize, style: Style) -> String {
    let found = &result.found;
    let mut lines = Vec::new();
    let hits: Vec<(usize, &Ranked)> = (1..).zip(&found.ranking).take(limit).collect();
    let is_hit = |message: &ChatMessage| hits.iter().find(|(_, hit)| hit.message.message_id == message.message_id);
    let passages = found.passages.iter().filter(|passage| passage.messages.iter().any(|m| is_hit(m).is_some()));
    let mut shown = Vec::new();
    for passage in passages {
        let Some(first) = passage.messages.first() else { continue };
        let when = first.timestamp.strftime("%Y-%m-%d %H:%M UTC");
        lines.push(style.bold(&one_line(&format!("#{}, {when}", channel(first)))));
        for message in &passage.messages {
            match is_hit(message) {
                Some((rank, hit)) => {
                    lines.extend(hit_lines(*rank, hit, style));
                    shown.push(*rank);
                }
                None => lines.push(style.dim(&format!("      {}", line(message)))),
            }
        }
        lines.push(String::new());
    }
    // Only the first hits have passages.
    let others: Vec<_> = hits.iter().filter(|(rank, _)| !shown.contains(rank)).collect();
    if !others.is_empty() {
        lines.push(style.bold("further down"));
        others.iter().for_each(|(rank, hit)| lines.extend(hit_lines(*rank, hit, style)));
        lines.push(String::new());
    }
    lines.extend(result.notice().map(str::to_owned));
    lines.push(verdict(found));
    lines.join("\n")
}

fn hit_lines(rank: usize, hit: &Ranked, style: Style) -> Vec<String> {
    let scores = format!(
        "score {:.4}  full text {}  vectors {}  {}",
        hit.score,
        leg(hit.lexical),
        leg(hit.dense),
        link(&hit.message)
    );
    let mut lines = vec![
        format!("{} {}", style.accent(&format!("{rank:>5}")), line(&hit.message)),
        format!("      {}", style.dim(&one_line(&scores))),
    ];
    for passage in &hit.passages {
        lines.push(one_line(&format!("      in {}: {}", showable(&passage.file), excerpt(&passage.text))));
    }
    lines
}

fn leg(rank: Option<Rank>) -> String {
    rank.map_or("-".to_owned(), |Rank { rank, score }| format!("{rank}. ({score:.2})"))
}

fn verdict(found: &RetrievalResult) -> String {
    let verdict = match (found.ranking.is_empty(), found.confidence.suffices) {
        (true, _) => "nothing found",
        (false, true) => "enough for an answer",
        (false, false) => "not enough: without a model the answer would be that nothing was found",
    };
    let confidence = &found.confidence;
    let words_only =
        if found.words_only { "; the embedder was unavailable, so only full text was searched" } else { "" };
    let Confidence { coverage, similarity, likelihood, .. } = confidence;
    format!("{verdict} (coverage {coverage:.2}, similarity {similarity:.2}, confidence {likelihood:.2}){words_only}")
}

fn line(message: &ChatMessage) -> String {
    one_line(&format!("{}: {}", showable(&message.username), excerpt(&message.content)))
}

fn excerpt(text: &str) -> String {
    let text = showable(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn channel(message: &ChatMessage) -> &str {
    message.metadata.channel_name.as_deref().unwrap_or(message.channel_id.as_str())
}

fn link(message: &ChatMessage) -> String {
    let guild = message.guild_id.as_ref().map_or("@me", |guild| guild.as_str());
    format!("https://discord.com/channels/{guild}/{}/{}", message.channel_id, message.message_id)
}

/// The results as one object.
pub(crate) fn json(question: &str, result: &AttemptResult, limit: usize) -> Value {
    let found = &result.found;
    let confidence = &found.confidence;
    let ranking: Vec<Value> = (1..).zip(found.ranking.iter().take(limit)).map(ranked).collect();
    json!({
        "question": question,
        "notice": result.notice(),
        "verdict": {
            "suffices": confidence.suffices,
            "coverage": confidence.coverage,
            "similarity": confidence.similarity,
            "confidence": confidence.score(),
            "words_only": found.words_only,
        },
        "ranking": ranking,
        "passages": found.passages.iter().map(passage).collect::<Vec<_>>(),
    })
}

fn ranked((rank, hit): (usize, &Ranked)) -> Value {
    let leg = |rank: Option<Rank>| rank.map(|Rank { rank, score }| json!({"rank": rank, "score": score}));
    let files: Vec<Value> = hit
        .passages
        .iter()
        .map(|found| json!({"file": showable(&found.file), "text": showable(&found.text)}))
        .collect();
    json!({
        "rank": rank,
        "score": hit.score,
        "lexical": leg(hit.lexical),
        "dense": leg(hit.dense),
        "message": message(&hit.message),
        "files": files,
    })
}

fn passage(passage: &Passage) -> Value {
    let ids: Vec<&str> = passage.messages.iter().map(|message| message.message_id.as_str()).collect();
    let channel = passage.messages.first().map(|message| message.channel_id.as_str());
    json!({
        "channel_id": channel,
        "message_ids": ids,
        "messages": passage.messages.iter().map(message).collect::<Vec<_>>(),
    })
}

fn message(message: &ChatMessage) -> Value {
    json!({
        "message_id": message.message_id,
        "channel_id": message.channel_id,
        "channel_name": message.metadata.channel_name,
        "guild_id": message.guild_id,
        "username": showable(&message.username),
        "timestamp": message.timestamp,
        "content": showable(&message.content),
        "link": link(message),
    })
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_ends_between_characters() {
        assert_eq!(excerpt("a\n b  c"), "a b c");
        let cut = excerpt(&"ä".repeat(500));
        assert_eq!(cut, format!("{}…", "ä".repeat(200)));
    }
}
