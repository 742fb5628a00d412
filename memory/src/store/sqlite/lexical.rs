//! The lexical leg: BM25 with early termination. It reads the texts of one term after another, highest idf first, and
//! stops when no unread text can reach the top hits. FTS5 only finds the texts that contain a term, by its number. The
//! scores come from term weights stored beside the texts, so that they equal those of the other stores.

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

/// After this many scored texts, the search skips the remaining, commonest terms of the question. Texts that match only
/// those terms are then missing; docs/measurements.md measures the cost and the gain.
const MAX_SCORED: usize = 3_000;

/// Removes the index text of a number, ?1.
pub(super) const DELETE_TEXT: &str = "DELETE FROM text WHERE rowid = ?1";

/// An index text in the form that FTS5 tokenises.
pub(super) fn searchable(text: &IndexText) -> String {
    weigh::as_numbers(text)
}

/// Stores the searchable text of a message or passage under its number.
pub(super) fn insert_text(connection: &Connection, number: i64, text: &str) -> Result<(), SqliteError> {
    connection
        .prepare_cached("INSERT INTO text (rowid, index_text) VALUES (?1, ?2)")?
        .execute(params![number, text])?;
    Ok(())
}

/// Stores the term weights of a text under its number. A trigger deletes them with their message or passage.
pub(super) fn store_weights(connection: &Connection, number: i64, text: &IndexText) -> Result<(), SqliteError> {
    let weights: Vec<u8> = weigh::of_text(text)
        .into_iter()
        .flat_map(|(word, weight)| word.to_le_bytes().into_iter().chain(weight.to_le_bytes()))
        .collect();
    connection
        .prepare_cached("INSERT OR REPLACE INTO weight (number, words) VALUES (?1, ?2)")?
        .execute(params![number, weights])?;
    Ok(())
}

/// The texts that contain any term of `text`, by BM25: best first, ties by number.
pub(super) fn search(
    connection: &Connection,
    filter: &Filter,
    text: &str,
    limit: usize,
) -> Result<Vec<Scored>, SqliteError> {
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    let conditions = conditions.complete(filter);
    let terms = query_terms(connection, text)?;
    let idfs: Vec<(u32, f32)> = terms.iter().map(|term| (term.number, term.idf)).collect();
    let mut by_idf: Vec<&QueryTerm> = terms.iter().collect();
    // The sort is stable, so equal terms keep the order of their numbers in every run.
    by_idf.sort_by(|a, b| b.idf.total_cmp(&a.idf));

    let mut texts = connection.prepare_cached(&texts_with_term(&conditions))?;
    let (mut seen, mut scored, mut threshold) = (HashSet::new(), Vec::new(), TopKThreshold::new(limit));
    for (rank, term) in by_idf.iter().enumerate() {
        let max_score = weigh::MOST * by_idf.iter().skip(rank).map(|term| term.idf).sum::<f32>();
        if threshold.value() >= OrderedScore(max_score) || seen.len() >= MAX_SCORED.max(limit) {
            break;
        }
        let expression = term.match_expression();
        let mut rows = texts.query(params_from_iter([&expression].into_iter().chain(&conditions.parameters)))?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if !seen.insert(number) {
                continue;
            }
            let score = score(row.get_ref(1)?.as_blob().unwrap_or_default(), &idfs);
            if score > 0.0 {
                threshold.push(OrderedScore(score));
                scored.push((number, f64::from(score)));
            }
        }
    }
    scored.sort_unstable_by(|(a, score): &Scored, (b, other)| other.total_cmp(score).then(a.cmp(b)));
    scored.truncate(limit);
    Ok(scored)
}

/// The idf of each term of a question. Terms with no match inside the filter get the maximum idf, so results don't
/// reveal whether they occur elsewhere.
pub(super) fn term_idfs(connection: &Connection, filter: &Filter, text: &str) -> Result<Vec<f64>, SqliteError> {
    let conditions = Conditions::of(connection, filter)?.map(|conditions| conditions.complete(filter));
    let occurs_inside = |term: &QueryTerm| -> Result<bool, SqliteError> {
        let Some(conditions) = &conditions else { return Ok(false) };
        let expression = term.match_expression();
        let parameters = params_from_iter([&expression].into_iter().chain(&conditions.parameters));
        Ok(connection.prepare_cached(&texts_with_term(conditions))?.exists(parameters)?)
    };
    let max_idf = weigh::idf(text_count(connection)?, 0);
    let mut idfs = Vec::new();
    for term in query_terms(connection, text)? {
        let is_visible = term.idf < max_idf && occurs_inside(&term)?;
        idfs.push(f64::from(if is_visible { term.idf } else { max_idf }));
    }
    Ok(idfs)
}

/// Selects the texts inside the conditions that match a term, with their term weights.
fn texts_with_term(conditions: &Conditions) -> String {
    format!(include_str!("sql/texts_with_term.sql"), conditions = conditions.sql())
}

/// A term of a question with its inverse document frequency.
#[derive(Debug)]
struct QueryTerm {
    number: u32,
    idf: f32,
}

impl QueryTerm {
    /// The FTS5 expression for this term: its number.
    fn match_expression(&self) -> Value {
        Value::Text(self.number.to_string())
    }
}

/// The terms of a question, in order of their numbers.
fn query_terms(connection: &Connection, text: &str) -> Result<Vec<QueryTerm>, SqliteError> {
    let total = text_count(connection)?;
    let mut frequency = connection.prepare_cached("SELECT coalesce(sum(doc), 0) FROM vocabulary WHERE term = ?1")?;
    let mut terms = Vec::new();
    for number in weigh::of_question(text) {
        let frequency: i64 = frequency.query_row([number.to_string()], |row| row.get(0))?;
        terms.push(QueryTerm { number, idf: weigh::idf(total, frequency.unsigned_abs()) });
    }
    Ok(terms)
}

/// The number of texts: messages and passages.
fn text_count(connection: &Connection) -> Result<u64, SqliteError> {
    let sql = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM passage)";
    let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// The BM25 score of a text: the sum of idf times weight over the shared terms. Both lists are in ascending order of term
/// number.
fn score(weights: &[u8], idfs: &[(u32, f32)]) -> f32 {
    let mut idfs = idfs.iter().peekable();
    let mut score = 0.0;
    for entry in weights.chunks_exact(8) {
        let (Some(term), Some(weight)) = (entry.first_chunk::<4>(), entry.last_chunk::<4>()) else { continue };
        let (term, weight) = (u32::from_le_bytes(*term), f32::from_le_bytes(*weight));
        while idfs.next_if(|(number, _)| *number < term).is_some() {}
        if let Some((_, idf)) = idfs.next_if(|(number, _)| *number == term) {
            score += idf * weight;
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_sums_over_the_shared_terms() {
        let weights = |words: &[(u32, f32)]| -> Vec<u8> {
            words.iter().flat_map(|(n, w)| n.to_le_bytes().into_iter().chain(w.to_le_bytes())).collect()
        };
        let text = weights(&[(1, 1.0), (3, 2.0), (9, 4.0), (u32::MAX, 1.0)]);
        assert_eq!(score(&text, &[(0, 9.0), (3, 1.5), (8, 9.0), (9, 0.5), (u32::MAX, 1.0)]), 6.0);
        assert_eq!(score(&text, &[(2, 1.0)]), 0.0);
        assert_eq!(score(&[], &[(2, 1.0)]), 0.0);
    }
}
