//! Embeddings from Gemini.

use super::{EmbedError, Embedder, MaskedText};
use crate::gemini::{BATCH, GeminiClient, GeminiError, Purpose, RetryPolicy, max_text_bytes};
use async_trait::async_trait;

/// Replaces a text without words: the API rejects empty texts, and each text needs a vector.
const NO_TEXT: &str = "(no text)";

/// Embeds texts with the model that `GEMINI_EMBEDDING_MODEL` names, in batches and with retries.
#[derive(Debug)]
pub struct GeminiEmbedder {
    client: GeminiClient,
    name: String,
}

impl GeminiEmbedder {
    /// Creates an embedder with the client's settings.
    pub fn new(client: GeminiClient) -> Self {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let name = client.config().embedding_model.chars().map(plain).collect();
        Self { client, name }
    }

    async fn embed(&self, purpose: Purpose, policy: &RetryPolicy, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let config = self.client.config();
        let (model, dimension) = (config.embedding_model.as_str(), config.embedding_dimension);
        let request = || async {
            let vectors = self.client.embed(model, purpose, dimension, texts).await?;
            vectors.into_iter().map(normalised).collect()
        };
        policy.retry(model, request).await.map_err(|error| final_error(model, &error))
    }
}

#[async_trait]
impl Embedder for GeminiEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.client.config().embedding_dimension
    }

    async fn embed_documents(&self, texts: &[MaskedText]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let config = self.client.config();
        let size = max_text_bytes(&config.embedding_model);
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let batch: Vec<&str> = batch.iter().map(|text| fit(text, size)).collect();
            vectors.extend(self.embed(Purpose::Document, &config.background, &batch).await?);
        }
        Ok(vectors)
    }

    async fn embed_query(&self, text: &MaskedText) -> Result<Vec<f32>, EmbedError> {
        let config = self.client.config();
        let text = fit(text, max_text_bytes(&config.embedding_model));
        let vectors = self.embed(Purpose::Query, &config.interactive, &[text]).await?;
        vectors.into_iter().next().ok_or_else(|| EmbedError::Unavailable("Gemini returned no vector".to_owned()))
    }
}

/// The first `size` bytes of a text, cut between characters, or [`NO_TEXT`].
fn fit(text: &str, size: usize) -> &str {
    let text = text.trim();
    let text = text.get(..text.floor_char_boundary(size)).unwrap_or_default().trim_end();
    if text.is_empty() { NO_TEXT } else { text }
}

/// Scales a vector to length one. Stores rely on it, and older models do not do it.
fn normalised(mut vector: Vec<f32>) -> Result<Vec<f32>, GeminiError> {
    let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() || length < 1e-12 {
        return Err(GeminiError::transient("Gemini returned a vector of length zero or without finite length"));
    }
    for x in &mut vector {
        #[expect(clippy::cast_possible_truncation, reason = "the quotient is at most one")]
        let scaled = (f64::from(*x) / length) as f32;
        *x = scaled;
    }
    Ok(vector)
}

/// Maps the last attempt's failure. Only failures that the texts certainly cause become `Refused`, because callers
/// never retry refused texts.
fn final_error(model: &str, error: &GeminiError) -> EmbedError {
    match error {
        GeminiError::Permanent { .. } | GeminiError::Blocked(_) => EmbedError::Refused(error.to_string()),
        // Without a requested delay, these texts may be the cause of a server error or a silence.
        GeminiError::Transient { retry_after: None, .. } => EmbedError::Failed(error.to_string()),
        GeminiError::Configuration { status: Some(404), .. } => {
            EmbedError::Unavailable(format!("{error}; check GEMINI_EMBEDDING_MODEL={model}"))
        }
        _ => EmbedError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_never_empty() {
        assert_eq!(fit("  grüße ", 100), "grüße");
        assert_eq!(fit("grüße", 3), "gr");
        assert_eq!(fit("🦀🦀", 7), "🦀");
        assert_eq!(fit("ab cd", 3), "ab");
        for empty in ["", " \n\t", "\u{3000}"] {
            assert_eq!(fit(empty, 10), NO_TEXT);
        }
    }

    #[test]
    fn vectors_are_scaled_to_length_one_or_rejected() {
        assert_eq!(normalised(vec![3.0, 0.0, -4.0]).unwrap(), [0.6, 0.0, -0.8]);
        let huge = normalised(vec![3e30, 4e30]).unwrap();
        assert!((huge[0] - 0.6).abs() < 1e-6 && (huge[1] - 0.8).abs() < 1e-6, "{huge:?}");
        for wrong in [vec![0.0; 3], vec![f32::NAN, 1.0], vec![f32::INFINITY, 1.0]] {
            assert!(normalised(wrong).is_err());
        }
    }
}
