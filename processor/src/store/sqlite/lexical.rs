//! The search by words. FTS5 finds the texts that have them and sorts out the best; what these are worth is worked out
//! from the weights stored beside them, so that it is the same here as in every other store.

use super::{failure::Failure, filter::Conditions, rows::json_list, search::Scored};
use crate::store::{
    Filter, IndexText,
    words::{self, weigh},
};
use rusqlite::{Connection, params, params_from_iter, types::Value};

/// The texts that are looked at closely for each hit wanted, and at the least: FTS5, which knows no weights, has the best
/// of ours among its own best, though not in their order.
const CLOSELY: (usize, usize) = (4, 200);

/// Keeps what the words of a text weigh, under the text's number. It goes when the message or passage goes, see
/// `schema`.
pub(super) fn weigh(connection: &Connection, number: i64, text: &IndexText) -> Result<(), Failure> {
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
) -> Result<Vec<Scored>, Failure> {
    let words = words::of_query(text);
    let Some(conditions) = Conditions::of(connection, filter)? else { return Ok(Vec::new()) };
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let (times, least) = CLOSELY;
    let found = matching(connection, conditions.complete(filter), &words, limit.saturating_mul(times).max(least))?;
    let telling = telling(connection, text)?;
    let mut scored = Vec::with_capacity(found.len());
    let mut statement = connection
        .prepare_cached("SELECT number, words FROM weight WHERE number IN (SELECT value FROM json_each(?1))")?;
    let mut rows = statement.query([json_list(found)])?;
    while let Some(row) = rows.next()? {
        let score = score(row.get_ref(1)?.as_blob().unwrap_or_default(), &telling);
        if score > 0.0 {
            scored.push((row.get(0)?, f64::from(score)));
        }
    }
    scored.sort_by(|(a, score): &Scored, (b, other)| other.total_cmp(score).then(a.cmp(b)));
    scored.truncate(limit);
    Ok(scored)
}

/// The texts inside the conditions that FTS5 finds best.
fn matching(
    connection: &Connection,
    conditions: Conditions,
    words: &[String],
    limit: usize,
) -> Result<Vec<i64>, Failure> {
    // Words are letters, digits and marks only; in quotes they are no operators.
    let query: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    // CROSS JOIN: the words find, then the filter narrows, then what is left is scored. A passage is where its
    // message is.
    let sql = format!(
        "SELECT text.rowid FROM text LEFT JOIN passage ON passage.number = text.rowid
         CROSS JOIN message ON message.id = coalesce(passage.message, text.rowid)
         WHERE text MATCH ?{} ORDER BY bm25(text), text.rowid LIMIT ?",
        conditions.sql()
    );
    let parameters = [Value::Text(query.join(" OR "))]
        .into_iter()
        .chain(conditions.parameters)
        .chain([Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX))]);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The question's words by number, each with how telling it is, in ascending order.
pub(super) fn telling(connection: &Connection, text: &str) -> Result<Vec<(u32, f32)>, Failure> {
    let count = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM passage)";
    let all: i64 = connection.prepare_cached(count)?.query_row([], |row| row.get(0))?;
    let mut holders = connection.prepare_cached("SELECT coalesce(sum(doc), 0) FROM vocabulary WHERE term = ?1")?;
    let mut telling = Vec::new();
    for (number, word) in weigh::of_question(text) {
        let holders: i64 = holders.query_row([words::root(&word)], |row| row.get(0))?;
        telling.push((number, weigh::idf(all.unsigned_abs(), holders.unsigned_abs())));
    }
    Ok(telling)
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
