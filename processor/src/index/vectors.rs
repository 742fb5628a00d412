//! Vectors for what is to be stored, and what to do with a text that never gets one: it must not keep the
//! others from theirs, and nobody's message is lost over it.

use crate::embed::{EmbedError, Embedder};
use metrics::counter;
use std::ops::Range;

/// How many messages were stored to be found by their words alone, because the embedder fails at them.
pub(crate) const WITHOUT: &str = "rtfm_index_without_vector_total";

/// A text that no embedder should fail at.
const HARMLESS: &str = "A message like any other.";

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
