//! Term statistics: the inverse document frequency of query terms. The server computes idfs internally and does not
//! report them. Its score of a text for a single term is the idf times the term's weight in the text, which gives the idf.

use super::{
    QdrantStore,
    client::{incomplete_answer, store_error},
    collection::WORDS,
    filter,
};
use crate::{
    store::{Filter, StoreError},
    text::words::weigh,
};
use qdrant_client::qdrant::{
    self, CountPointsBuilder, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint,
    VectorInput, VectorsSelector, vector_output::Vector,
};

impl QdrantStore {
    /// The idf of each term of a question. Terms with no match inside the filter get the maximum idf, so results don't
    /// reveal whether they occur elsewhere.
    pub(super) async fn term_idfs_of(&self, inside: &Filter, text: &str) -> Result<Vec<f64>, StoreError> {
        let numbers: Vec<u32> = weigh::of_question(text).into_iter().collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let inside = filter::filter(inside);
        let requests: Vec<QueryPoints> = numbers.iter().map(|number| self.best_match(*number, &inside)).collect();
        let batch = QueryBatchPointsBuilder::new(&self.names.messages, requests);
        let answers = self.client.query_batch(batch).await.map_err(store_error)?.result;
        if answers.len() != numbers.len() {
            return Err(incomplete_answer());
        }
        let idfs: Vec<Option<f64>> =
            numbers.iter().zip(&answers).map(|(number, answer)| idf(*number, answer.result.first()?)).collect();
        let max_idf = if idfs.contains(&None) { self.max_idf().await? } else { 0.0 };
        Ok(idfs.into_iter().map(|idf| idf.unwrap_or(max_idf)).collect())
    }

    /// The query for the best match of one term, with its term weights.
    fn best_match(&self, number: u32, inside: &qdrant::Filter) -> QueryPoints {
        QueryPointsBuilder::new(&self.names.messages)
            .query(Query::new_nearest(VectorInput::new_sparse(vec![number], vec![1.0])))
            .using(WORDS)
            .filter(inside.clone())
            .limit(1)
            .with_payload(false)
            .with_vectors(VectorsSelector { names: vec![WORDS.to_owned()] })
            .build()
    }

    /// The idf of a term that no text contains.
    async fn max_idf(&self) -> Result<f64, StoreError> {
        let request = CountPointsBuilder::new(&self.names.messages).exact(false);
        let all = self.client.count(request).await.map_err(store_error)?.result.map_or(0, |result| result.count);
        Ok(f64::from(weigh::idf(all, 0)))
    }
}

/// The idf of the term `number`, from the score of a text that contains it.
fn idf(number: u32, found: &ScoredPoint) -> Option<f64> {
    let weights = match found.vectors.as_ref()?.get_vector_by_name(WORDS)? {
        Vector::Sparse(weights) => weights,
        _ => return None,
    };
    let position = weights.indices.iter().position(|index| *index == number)?;
    let weight = *weights.values.get(position)?;
    (weight > 0.0).then(|| f64::from(found.score / weight))
}
