//! Loads and runs a model folder in the layout of `sentence-transformers`: configuration, tokenizer, weights.

use super::bert::{Bert, BertConfig};
use crate::embed::EmbedError;
use sha2::{Digest, Sha256};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// The model was trained on texts of at most this length; the tokenizer drops the tokens after it.
const MAX_TOKENS: usize = 256;

/// The default model: its name, and the SHA-256 of its weights.
pub(super) const MINILM: (&str, &str) =
    ("all-minilm-l6-v2", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");

/// Turns texts into tokens and tokens into vectors.
#[derive(Debug)]
pub(super) struct SentenceEncoder {
    /// The store keeps vectors apart by this name, so other weights get another one.
    pub(super) name: String,
    pub(super) dimension: usize,
    tokenizer: Tokenizer,
    bert: Bert,
}

impl SentenceEncoder {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors`.
    pub(super) fn load(folder: &Path) -> Result<Self, EmbedError> {
        let unusable = |file: &str, reason: &dyn std::fmt::Display| {
            EmbedError::Unavailable(format!(
                "cannot load {}: {reason}; LOCAL_MODEL_DIR must be a folder with the config.json, tokenizer.json and \
                 model.safetensors of a sentence encoder such as all-MiniLM-L6-v2",
                folder.join(file).display()
            ))
        };
        let read = |file: &str| std::fs::read(folder.join(file)).map_err(|error| unusable(file, &error));
        let config: BertConfig =
            serde_json::from_slice(&read("config.json")?).map_err(|error| unusable("config.json", &error))?;
        if let Some(reason) = config.unsupported() {
            return Err(unusable("config.json", &reason));
        }
        let mut tokenizer =
            Tokenizer::from_bytes(read("tokenizer.json")?).map_err(|error| unusable("tokenizer.json", &error))?;
        let truncation =
            TruncationParams { max_length: MAX_TOKENS.min(config.max_tokens()), ..TruncationParams::default() };
        tokenizer
            .with_padding(None)
            .with_truncation(Some(truncation))
            .map_err(|error| unusable("tokenizer.json", &error))?;
        let weights = read("model.safetensors")?;
        let name = name(&digest(&weights));
        let bert = Bert::load(weights, &config).map_err(|error| unusable("model.safetensors", &error))?;
        Ok(Self { name, dimension: config.dimension(), tokenizer, bert })
    }

    pub(super) fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding = self.tokenizer.encode_fast(text, true);
        Ok(encoding.map_err(|error| EmbedError::Failed(format!("tokenizer: {error}")))?.get_ids().to_vec())
    }

    /// The L2-normalised vectors of texts. Sort them by length: the model reads neighbours of equal length together.
    pub(super) fn vectors(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = self.bert.means(texts).map_err(|error| EmbedError::Failed(format!("model: {error}")))?;
        vectors.iter_mut().for_each(|vector| normalise(vector));
        Ok(vectors)
    }
}

/// Scales the vector to length one.
fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|number| *number /= length);
}

/// A name for the weights with this digest.
fn name(digest: &str) -> String {
    let (name, known) = MINILM;
    if digest == known { name.to_owned() } else { format!("local-{}", digest.get(..12).unwrap_or(digest)) }
}

/// The SHA-256 of `bytes` in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_weights_have_another_name() {
        assert_eq!(name(MINILM.1), "all-minilm-l6-v2");
        assert_eq!(name(&digest(b"abc")), "local-ba7816bf8f01");
    }

    #[test]
    fn an_error_names_the_missing_file_and_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = SentenceEncoder::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("LOCAL_MODEL_DIR"), "{error}");
        std::fs::write(folder.path().join("config.json"), "{}").unwrap();
        let error = SentenceEncoder::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("missing field"), "{error}");
    }
}
