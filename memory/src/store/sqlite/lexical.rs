//! The search by words: each word's texts, the most telling word first, until no other text can be among the best. FTS5
//! knows which texts have a word, by its number; their scores come from the weights stored beside them. So words meet and
//! weigh here as in every other store.

use super::{
    error::SqliteError,
    filter::Conditions,
    search::Scored,
    threshold::{OrderedScore, TopKThreshold},
};
use crate::{
    store::{Filter, IndexText},
    text::words::weigh,
};
use rusqlite::{Connection, params, params_from_iter, types::Value};
use std::collections::HashSet;

/// Texts that are looked at before words are left out that could still find others: the commonest of the question. Those
/// others would have none of its telling words (docs/measurements.md has what that costs and what it saves).
const CLOSELY: usize = 3_000;

/// Keeps what the words of a text weigh, under the text's number. It goes when the message or passage goes, see
/// `schema`.
pub(super) fn weigh(connection: &Connection, number: i64, text: &IndexText) -> Result<(), SqliteError> {
    let weights: Vec<u8> = weigh::of_text(text)
        .into_iter()
        .flat_map(|(word, weight)| word.to_le_bytes().into_iter().chain(weight.to_le_bytes()))
        .collect();
    connection
        .prepare_cached("INSERT OR REPLACE INTO weight (number, words) VALUES (?1, ?2)")?
        .execute(params![number, weights])?;
    Ok(())
}

/// BM25 over the words of the texts, any of which may match; best first, ties by number.
pub(super) fn search(
    connection: &Connection,
    filter: &Filter,
    text: &str,
    limit: usize,
) -> Result<Vec<Scored>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let conditions = conditions.complete(filter);
    let words = telling(connection, text)?;
    let by_number: Vec<(u32, f32)> = words.iter().map(|word| (word.number, word.idf)).collect();
    let mut rest: Vec<&QueryTerm> = words.iter().collect();
    // A stable sort: of equals, the one with the lower number comes first in every run.
    rest.sort_by(|a, b| b.idf.total_cmp(&a.idf));

    let mut texts = connection.prepare_cached(&having(&conditions))?;
    let (mut seen, mut scored, mut sure) = (HashSet::new(), Vec::new(), TopKThreshold::of(limit));
    for (place, word) in rest.iter().enumerate() {
        let possible = weigh::MOST * rest.iter().skip(place).map(|word| word.idf).sum::<f32>();
        if sure.least() >= OrderedScore(possible) || seen.len() >= CLOSELY.max(limit) {
            break;
        }
        let asked = word.asked();
        let mut rows = texts.query(params_from_iter([&asked].into_iter().chain(&conditions.parameters)))?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if !seen.insert(number) {
                continue;
            }
            let score = score(row.get_ref(1)?.as_blob().unwrap_or_default(), &by_number);
            if score > 0.0 {
                sure.add(OrderedScore(score));
                scored.push((number, f64::from(score)));
            }
        }
    }
    scored.sort_unstable_by(|(a, score): &Scored, (b, other)| other.total_cmp(score).then(a.cmp(b)));
    scored.truncate(limit);
    Ok(scored)
}

/// How telling each word of a question is; one that no text inside the filter has, as one that nobody ever said.
pub(super) fn term_idfs_of(connection: &Connection, filter: &Filter, text: &str) -> Result<Vec<f64>, SqliteError> {
    let conditions = Conditions::of(connection, filter)?.map(|conditions| conditions.complete(filter));
    let is_inside = |word: &QueryTerm| -> Result<bool, SqliteError> {
        let Some(conditions) = &conditions else { return Ok(false) };
        let asked = word.asked();
        let parameters = params_from_iter([&asked].into_iter().chain(&conditions.parameters));
        Ok(connection.prepare_cached(&having(conditions))?.exists(parameters)?)
    };
    let all = texts(connection)?;
    let mut rarities = Vec::new();
    for word in telling(connection, text)? {
        let rarest = weigh::idf(all, 0);
        let is_known = word.idf < rarest && is_inside(&word)?;
        rarities.push(f64::from(if is_known { word.idf } else { rarest }));
    }
    Ok(rarities)
}

/// Finds the texts inside the conditions that have a word, and what their words weigh.
fn having(conditions: &Conditions) -> String {
    // CROSS JOIN: the word finds, then the filter narrows, then what is left is weighed. A passage is where its
    // message is.
    format!(
        "SELECT text.rowid, weight.words FROM text LEFT JOIN passage ON passage.number = text.rowid
         CROSS JOIN message ON message.id = coalesce(passage.message, text.rowid)
         CROSS JOIN weight ON weight.number = text.rowid
         WHERE text MATCH ?{}",
        conditions.sql()
    )
}

/// A word of a question, and how telling it is.
#[derive(Debug)]
struct QueryTerm {
    number: u32,
    idf: f32,
}

impl QueryTerm {
    /// The word as FTS5 knows it.
    fn asked(&self) -> Value {
        Value::Text(self.number.to_string())
    }
}

/// The question's words, in order of their numbers.
fn telling(connection: &Connection, text: &str) -> Result<Vec<QueryTerm>, SqliteError> {
    let all = texts(connection)?;
    let mut holders = connection.prepare_cached("SELECT coalesce(sum(doc), 0) FROM vocabulary WHERE term = ?1")?;
    let mut telling = Vec::new();
    for number in weigh::of_question(text) {
        let holders: i64 = holders.query_row([number.to_string()], |row| row.get(0))?;
        telling.push(QueryTerm { number, idf: weigh::idf(all, holders.unsigned_abs()) });
    }
    Ok(telling)
}

/// How many texts there are.
fn texts(connection: &Connection) -> Result<u64, SqliteError> {
    let count = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM passage)";
    let all: i64 = connection.prepare_cached(count)?.query_row([], |row| row.get(0))?;
    Ok(all.unsigned_abs())
}

/// What a text is worth: both lists go up by number.
fn score(weights: &[u8], telling: &[(u32, f32)]) -> f32 {
    let mut telling = telling.iter().peekable();
    let mut score = 0.0;
    for entry in weights.chunks_exact(8) {
        let (Some(word), Some(weight)) = (entry.first_chunk::<4>(), entry.last_chunk::<4>()) else { continue };
        let (word, weight) = (u32::from_le_bytes(*word), f32::from_le_bytes(*weight));
        while telling.next_if(|(number, _)| *number < word).is_some() {}
        if let Some((_, idf)) = telling.next_if(|(number, _)| *number == word) {
            score += idf * weight;
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_sum_over_the_words_of_both() {
        let weights = |words: &[(u32, f32)]| -> Vec<u8> {
            words.iter().flat_map(|(n, w)| n.to_le_bytes().into_iter().chain(w.to_le_bytes())).collect()
        };
        let text = weights(&[(1, 1.0), (3, 2.0), (9, 4.0), (u32::MAX, 1.0)]);
        assert_eq!(score(&text, &[(0, 9.0), (3, 1.5), (8, 9.0), (9, 0.5), (u32::MAX, 1.0)]), 6.0);
        assert_eq!(score(&text, &[(2, 1.0)]), 0.0);
        assert_eq!(score(&[], &[(2, 1.0)]), 0.0);
    }
}
