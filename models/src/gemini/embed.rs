//! Asking for vectors: the form that each generation of models wants its texts in.

use super::{
    GeminiClient, GeminiError,
    meter::RequestMeter,
    wire::{
        Content,
        embed::{BatchRequest, BatchResponse, EmbedRequest},
    },
};

/// The most texts in one request.
pub(crate) const BATCH: usize = 100;

/// What a vector is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A text that is to be found.
    Document,
    /// A question that texts are sought for.
    Query,
}

/// The older model takes the purpose as a field and wants nothing in the text.
fn takes_task_type(model: &str) -> bool {
    model == "gemini-embedding-001"
}

/// How many bytes of a text fit a model for certain: no token is shorter than a byte, so the text and
/// what is put before it stay below 8,192 tokens (2,048 with the older model) in any script.
pub(crate) fn safe_size(model: &str) -> usize {
    if takes_task_type(model) { 2_000 } else { 8_000 }
}

impl GeminiClient {
    /// One attempt to embed at most [`BATCH`] texts, none of them empty. The vectors come in the texts'
    /// order, as many and as long as was asked for, and as the API made them.
    pub(crate) async fn embed(
        &self,
        model: &str,
        purpose: Purpose,
        dimension: usize,
        texts: &[&str],
    ) -> Result<Vec<Vec<f32>>, GeminiError> {
        self.check_hold(model)?;
        let meter = RequestMeter::start(model);
        let result = self.embed_once(model, purpose, dimension, texts).await;
        meter.end(&result);
        if let Err(error) = &result {
            self.learn(model, error);
        }
        result
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
            return Err(GeminiError::transient(format!("{model} gave {got} vectors for {wanted} texts")));
        }
        match vectors.iter().find(|vector| vector.len() != dimension) {
            Some(wrong) => Err(GeminiError::transient(format!(
                "{model} gave a vector of {} numbers where GEMINI_EMBEDDING_DIMENSION={dimension} was asked for",
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
        content: Content::text(None, text),
        task_type,
        output_dimensionality: dimension,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_model_gets_its_own_form() {
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
