//! Embedding requests, in the form that each generation of models expects.

use super::{
    GeminiClient, GeminiError,
    wire::{
        WireContent,
        embed::{BatchRequest, BatchResponse, EmbedRequest},
    },
};

/// The API's limit of texts per request.
pub(crate) const BATCH: usize = 100;

/// The use of a vector; models embed documents and queries differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A text to search in.
    Document,
    /// A question to search with.
    Query,
}

/// `gemini-embedding-001` takes the purpose as a field; newer models read it from the text.
fn takes_task_type(model: &str) -> bool {
    model == "gemini-embedding-001"
}

/// The most bytes of a text that are sure to fit a model. A token has at least one byte, so text and task prefix
/// together stay below 8,192 tokens (2,048 for the older model) in any script.
pub(crate) fn max_text_bytes(model: &str) -> usize {
    if takes_task_type(model) { 2_000 } else { 8_000 }
}

impl GeminiClient {
    /// Makes one attempt to embed at most [`BATCH`] texts, none of them empty. Returns one vector of `dimension`
    /// numbers per text, in order and not normalised.
    pub(crate) async fn embed(
        &self,
        model: &str,
        purpose: Purpose,
        dimension: usize,
        texts: &[&str],
    ) -> Result<Vec<Vec<f32>>, GeminiError> {
        self.attempt(model, self.embed_once(model, purpose, dimension, texts)).await
    }

    async fn embed_once(
        &self,
        model: &str,
        purpose: Purpose,
        dimension: usize,
        texts: &[&str],
    ) -> Result<Vec<Vec<f32>>, GeminiError> {
        let requests = texts.iter().map(|text| request(model, purpose, dimension, text)).collect();
        let response = self.call(model, "batchEmbedContents", &BatchRequest { requests }).await?;
        let response: BatchResponse = self.read(response).await?;
        let vectors: Vec<Vec<f32>> = response.embeddings.into_iter().map(|embedding| embedding.values).collect();
        if vectors.len() != texts.len() {
            let (got, wanted) = (vectors.len(), texts.len());
            return Err(GeminiError::transient(format!("{model} returned {got} vectors for {wanted} texts")));
        }
        match vectors.iter().find(|vector| vector.len() != dimension) {
            Some(wrong) => Err(GeminiError::transient(format!(
                "{model} returned a vector of {} numbers instead of GEMINI_EMBEDDING_DIMENSION={dimension}",
                wrong.len()
            ))),
            None => Ok(vectors),
        }
    }
}

fn request(model: &str, purpose: Purpose, dimension: usize, text: &str) -> EmbedRequest {
    let (text, task_type) = match (takes_task_type(model), purpose) {
        (true, Purpose::Document) => (text.to_owned(), Some("RETRIEVAL_DOCUMENT")),
        (true, Purpose::Query) => (text.to_owned(), Some("QUESTION_ANSWERING")),
        (false, Purpose::Document) => (format!("title: none | text: {text}"), None),
        (false, Purpose::Query) => (format!("task: question answering | query: {text}"), None),
    };
    EmbedRequest {
        model: format!("models/{model}"),
        content: WireContent::text(None, text),
        task_type,
        output_dimensionality: dimension,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_model_gets_its_own_request_form() {
        let form = |model, purpose| serde_json::to_value(request(model, purpose, 768, "x")).unwrap();
        let expected = json!({"model": "models/gemini-embedding-2", "outputDimensionality": 768,
            "content": {"parts": [{"text": "title: none | text: x"}]}});
        assert_eq!(form("gemini-embedding-2", Purpose::Document), expected);
        let query = form("gemini-embedding-2", Purpose::Query);
        assert_eq!(query["content"]["parts"][0]["text"], "task: question answering | query: x");
        let expected = json!({"model": "models/gemini-embedding-001", "outputDimensionality": 768,
            "taskType": "RETRIEVAL_DOCUMENT", "content": {"parts": [{"text": "x"}]}});
        assert_eq!(form("gemini-embedding-001", Purpose::Document), expected);
        assert_eq!(form("gemini-embedding-001", Purpose::Query)["taskType"], "QUESTION_ANSWERING");
    }
}
