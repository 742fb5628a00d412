//! Vectors for index documents. A text on which the embedder fails must neither block the other texts nor lose its
//! message.

use super::context::IndexDocument;
use metrics::counter;
use rtfm_models::embed::{EmbedError, Embedder};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// Messages stored without a vector because the embedder fails on them.
pub(crate) const WITHOUT_VECTOR: &str = "rtfm_index_without_vector_total";

/// A text that every working embedder accepts.
const PROBE_TEXT: &str = "A message like any other.";

/// The share of the answered turn in a message's vector (see docs/experiments.md).
const ANSWERED_WEIGHT: f32 = 0.4;

/// The vector of each message: its own text's vector, blended with that of the turn it answers. `None` when its own
/// text has no vector.
pub(super) async fn message_vectors(
    embedder: &dyn Embedder,
    messages: &[IndexDocument],
) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
    // Nearly every answered turn of a batch is also a message of it, so each distinct text is embedded once.
    let texts = messages.iter().flat_map(|message| message.answered_text.iter().chain([&message.embedding_text]));
    let distinct: Vec<String> = texts.collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let embedded = vectors(embedder, &distinct).await?;
    let vectors: HashMap<&str, Vec<f32>> =
        distinct.iter().zip(embedded).filter_map(|(text, vector)| Some((text.as_str(), vector?))).collect();
    let blend = |message: &IndexDocument| {
        let own = vectors.get(message.embedding_text.as_str())?.clone();
        let answered = message.answered_text.as_deref().and_then(|text| vectors.get(text));
        Some(answered.map_or(own.clone(), |answered| blended(own, answered)))
    };
    Ok(messages.iter().map(blend).collect())
}

/// A vector of length one between both, nearer to the first.
fn blended(mut own: Vec<f32>, answered: &[f32]) -> Vec<f32> {
    own.iter_mut().zip(answered).for_each(|(own, answered)| *own += ANSWERED_WEIGHT * answered);
    let length = own.iter().map(|number| number * number).sum::<f32>().sqrt();
    own.iter_mut().for_each(|number| *number /= length.max(f32::MIN_POSITIVE));
    own
}

/// Embeds texts in order; `None` for those on which the embedder fails while it accepts others. Fails when the
/// embedder accepts no text, which a retry may fix.
pub(super) async fn vectors(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
    let mut vectors = vec![None; texts.len()];
    let whole = 0..texts.len();
    let mut ranges: Vec<Range<usize>> = Vec::from([whole]);
    while let Some(range) = ranges.pop() {
        let Some(part) = texts.get(range.clone()) else { continue };
        match embedder.documents(part).await {
            Ok(embedded) => {
                vectors.iter_mut().skip(range.start).zip(embedded).for_each(|(slot, vector)| *slot = Some(vector));
            }
            Err(error @ EmbedError::Unavailable(_)) => return Err(error),
            Err(error) => {
                probe(embedder, &error).await?;
                if part.len() == 1 {
                    counter!(WITHOUT_VECTOR, "reason" => error.outcome()).increment(1);
                    tracing::warn!(%error, "failed to embed a text, storing it without a vector");
                } else {
                    let middle = range.start + part.len() / 2;
                    ranges.extend([middle..range.end, range.start..middle]);
                }
            }
        }
    }
    Ok(vectors)
}

/// Succeeds when the embedder works, so that the texts are the cause; otherwise all of them must wait for it.
async fn probe(embedder: &dyn Embedder, error: &EmbedError) -> Result<(), EmbedError> {
    match embedder.documents(&[PROBE_TEXT.to_owned()]).await {
        Ok(_) => Ok(()),
        Err(_) => Err(EmbedError::Unavailable(format!("{error}; it fails on every text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::blended;

    #[test]
    fn a_blended_vector_is_nearer_to_its_own_text_and_has_length_one() {
        let vector = blended(vec![1.0, 0.0], &[0.0, 1.0]);
        assert!((vector[0] - 0.928_476_7).abs() < 1e-6 && (vector[1] - 0.371_390_7).abs() < 1e-6, "{vector:?}");
    }
}
