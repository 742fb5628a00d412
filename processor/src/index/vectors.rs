//! Vectors for what is to be stored, and what to do with a text that never gets one: it must not keep the
//! others from theirs, and nobody's message is lost over it.

use super::context::IndexDocument;
use metrics::counter;
use rtfm_models::embed::{EmbedError, Embedder};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// How many messages were stored to be found by their words alone, because the embedder fails at them.
pub(crate) const WITHOUT: &str = "rtfm_index_without_vector_total";

/// A text that no embedder should fail at.
const HARMLESS: &str = "A message like any other.";

/// What the turn that a message answers counts in its vector, beside itself (see docs/experiments.md).
const ANSWERED: f32 = 0.4;

/// The vectors of messages: of what each says, leaning towards what it answers. None where there is none of the
/// message itself.
pub(super) async fn in_context(
    embedder: &dyn Embedder,
    messages: &[IndexDocument],
) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
    // In a batch nearly every answered turn is a message, too: each text is embedded once.
    let texts = messages.iter().flat_map(|message| message.answers.iter().chain([&message.meaning]));
    let distinct: Vec<String> = texts.collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let made = vectors(embedder, &distinct).await?;
    let vectors: HashMap<&str, Vec<f32>> =
        distinct.iter().zip(made).filter_map(|(text, vector)| Some((text.as_str(), vector?))).collect();
    let lean = |message: &IndexDocument| {
        let own = vectors.get(message.meaning.as_str())?.clone();
        let answered = message.answers.as_deref().and_then(|text| vectors.get(text));
        Some(answered.map_or(own.clone(), |answered| leaning(own, answered)))
    };
    Ok(messages.iter().map(lean).collect())
}

/// A vector of length 1 between both, nearer to the first.
fn leaning(mut own: Vec<f32>, answered: &[f32]) -> Vec<f32> {
    own.iter_mut().zip(answered).for_each(|(own, answered)| *own += ANSWERED * answered);
    let length = own.iter().map(|number| number * number).sum::<f32>().sqrt();
    own.iter_mut().for_each(|number| *number /= length.max(f32::MIN_POSITIVE));
    own
}

/// A vector for each text, in order; none for those that the embedder fails at while others succeed. It is an
/// error, and waiting may mend it, when none can be had.
pub(super) async fn vectors(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
    let mut vectors = vec![None; texts.len()];
    let whole = 0..texts.len();
    let mut ranges: Vec<Range<usize>> = Vec::from([whole]);
    while let Some(range) = ranges.pop() {
        let Some(part) = texts.get(range.clone()) else { continue };
        match embedder.documents(part).await {
            Ok(made) => {
                vectors.iter_mut().skip(range.start).zip(made).for_each(|(slot, vector)| *slot = Some(vector));
            }
            Err(error @ EmbedError::Unavailable(_)) => return Err(error),
            Err(error) => {
                others_succeed(embedder, &error).await?;
                if part.len() == 1 {
                    counter!(WITHOUT, "reason" => error.outcome()).increment(1);
                    tracing::warn!(%error, "a message is stored without a vector, to be found by its words alone");
                } else {
                    let middle = range.start + part.len() / 2;
                    ranges.extend([middle..range.end, range.start..middle]);
                }
            }
        }
    }
    Ok(vectors)
}

/// Whether it is the texts that are at fault. Otherwise the embedder is, and all of them wait for it.
async fn others_succeed(embedder: &dyn Embedder, error: &EmbedError) -> Result<(), EmbedError> {
    match embedder.documents(&[HARMLESS.to_owned()]).await {
        Ok(_) => Ok(()),
        Err(_) => Err(EmbedError::Unavailable(format!("{error}; it fails at any text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::leaning;

    #[test]
    fn a_vector_leans_towards_what_is_answered_and_has_length_one() {
        let leaned = leaning(vec![1.0, 0.0], &[0.0, 1.0]);
        assert!((leaned[0] - 0.928_476_7).abs() < 1e-6 && (leaned[1] - 0.371_390_7).abs() < 1e-6, "{leaned:?}");
    }
}
