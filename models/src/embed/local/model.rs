//! A model folder as `sentence-transformers` publishes them: its tokenizer, its shape and its weights.

use super::bert::{Bert, Shape};
use crate::embed::EmbedError;
use sha2::{Digest, Sha256};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// Tokens of a text that are read, as the model was trained; what comes after them is not part of its vector.
const MOST_TOKENS: usize = 256;

/// The model that is fetched when no folder is named: its name, and the digest of its weights.
pub(super) const MINILM: (&str, &str) =
    ("all-minilm-l6-v2", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");

/// A model that is ready.
#[derive(Debug)]
pub(super) struct Model {
    /// What its vectors are kept under: other weights have another name.
    pub(super) name: String,
    pub(super) dimension: usize,
    tokenizer: Tokenizer,
    bert: Bert,
}

impl Model {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors`.
    pub(super) fn load(folder: &Path) -> Result<Self, EmbedError> {
        let unusable = |file: &str, fault: &dyn std::fmt::Display| {
            EmbedError::Unavailable(format!(
                "{} cannot be used: {fault}; LOCAL_MODEL_DIR must be a folder with the config.json, tokenizer.json and \
                 model.safetensors of a sentence encoder such as all-MiniLM-L6-v2",
                folder.join(file).display()
            ))
        };
        let read = |file: &str| std::fs::read(folder.join(file)).map_err(|error| unusable(file, &error));
        let shape: Shape =
            serde_json::from_slice(&read("config.json")?).map_err(|error| unusable("config.json", &error))?;
        if let Some(fault) = shape.unsupported() {
            return Err(unusable("config.json", &fault));
        }
        let mut tokenizer =
            Tokenizer::from_bytes(read("tokenizer.json")?).map_err(|error| unusable("tokenizer.json", &error))?;
        let most = TruncationParams { max_length: MOST_TOKENS.min(shape.positions()), ..TruncationParams::default() };
        tokenizer.with_padding(None).with_truncation(Some(most)).map_err(|error| unusable("tokenizer.json", &error))?;
        let weights = read("model.safetensors")?;
        let name = name(&digest(&weights));
        let bert = Bert::load(weights, &shape).map_err(|error| unusable("model.safetensors", &error))?;
        Ok(Self { name, dimension: shape.dimension(), tokenizer, bert })
    }

    /// A text as the model reads it.
    pub(super) fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding = self.tokenizer.encode_fast(text, true);
        Ok(encoding.map_err(|error| EmbedError::Failed(format!("the tokenizer: {error}")))?.get_ids().to_vec())
    }

    /// The vectors of texts that are sorted by length.
    pub(super) fn vectors(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = self.bert.means(texts).map_err(|error| EmbedError::Failed(format!("the model: {error}")))?;
        vectors.iter_mut().for_each(|vector| normalise(vector));
        Ok(vectors)
    }
}

/// Makes its length one.
fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|number| *number /= length);
}

/// What vectors of these weights are kept under.
fn name(digest: &str) -> String {
    let (name, known) = MINILM;
    if digest == known { name.to_owned() } else { format!("local-{}", digest.get(..12).unwrap_or(digest)) }
}

/// SHA-256 in hexadecimal.
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
    fn a_folder_without_a_model_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = Model::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("LOCAL_MODEL_DIR"), "{error}");
        std::fs::write(folder.path().join("config.json"), "{}").unwrap();
        let error = Model::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("missing field"), "{error}");
    }
}
