//! Deterministic vectors of texts from hashed bags of words: texts with common words are near each other, and each
//! model has a space of its own.

use serde_json::{Value, json};

/// The vector of a text as this model makes it.
pub(super) fn embed(model: &str, text: &str, dimension: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimension];
    for word in words(bare(text)) {
        // Short words weigh less than long ones.
        let weight = if word.chars().count() <= 3 { 0.2 } else { 1.0 };
        for n in 0..4 {
            let hash = hash(&[model.as_bytes(), &[n], word.as_bytes()]);
            let place = usize::try_from(hash % dimension as u64).unwrap();
            vector[place] += if hash >> 63 == 0 { weight } else { -weight };
        }
    }
    if vector.iter().all(|x| *x == 0.0) {
        vector[0] = 1.0;
    }
    // Clients of the older model normalise its shorter vectors themselves.
    let length = if model == "gemini-embedding-001" && dimension < 3072 { 0.7 } else { 1.0 };
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x * length / norm).collect()
}

pub(super) fn json(vector: &[f32]) -> Value {
    json!({ "values": vector })
}

/// The text without the words that say what the vector is for.
fn bare(text: &str) -> &str {
    ["| text: ", "| query: "].iter().find_map(|mark| text.split_once(mark)).map_or(text, |(_, text)| text)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().trim_end_matches('s').to_owned())
}

/// FNV-1a, finished so that its high bits are as good as its low ones.
fn hash(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::embed;

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn similar_texts_are_near_and_vectors_are_repeatable_and_of_length_one() {
        let of = |text: &str| embed("gemini-embedding-2", text, 768);
        let question = of("task: question answering | query: where are the backups stored?");
        let answer = of("title: none | text: Backups are stored in the blue bucket");
        let other = of("title: none | text: We had soup for lunch today");
        assert!(cosine(&question, &answer) > cosine(&question, &other) + 0.3);
        assert!((cosine(&answer, &answer) - 1.0).abs() < 1e-5);
        assert_eq!(answer, of("backups are stored in the blue bucket"));
        assert_eq!(of("...").len(), 768);
    }

    #[test]
    fn models_have_spaces_of_their_own() {
        let text = "Backups are stored in the blue bucket";
        let (new, old) = (embed("gemini-embedding-2", text, 768), embed("gemini-embedding-001", text, 768));
        assert!(cosine(&new, &old).abs() < 0.3);
        assert!((cosine(&old, &old).sqrt() - 0.7).abs() < 1e-3, "it is not normalised");
    }
}
