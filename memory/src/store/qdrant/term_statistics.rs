//! How telling words are. The server works that out itself and does not tell; but what it scores a text for one word is
//! that, times what the word weighs in the text.

use super::{QdrantStore, client::store_error, collection::WORDS, filter};
use crate::{
    store::{Filter, StoreError},
    text::words::weigh,
};
use qdrant_client::qdrant::{
    self, CountPointsBuilder, Query, QueryBatchPointsBuilder, QueryPoints, QueryPointsBuilder, ScoredPoint,
    VectorInput, VectorsSelector, vector_output::Vector,
};

impl QdrantStore {
    /// Of each word of a question.
    pub(super) async fn term_idfs_of(&self, inside: &Filter, text: &str) -> Result<Vec<f64>, StoreError> {
        let numbers: Vec<u32> = weigh::of_question(text).into_iter().collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let inside = filter::filter(inside);
        let requests: Vec<QueryPoints> = numbers.iter().map(|number| self.best_for(*number, &inside)).collect();
        let batch = QueryBatchPointsBuilder::new(&self.names.messages, requests);
        let answers = self.client.query_batch(batch).await.map_err(store_error)?.result;
        if answers.len() != numbers.len() {
            return Err(StoreError::Unavailable("Qdrant answered only a part of the search".to_owned()));
        }
        let known: Vec<Option<f64>> =
            numbers.iter().zip(&answers).map(|(number, answer)| rarity(*number, answer.result.first()?)).collect();
        let of_nobody = if known.contains(&None) { self.rarest().await? } else { 0.0 };
        Ok(known.into_iter().map(|rarity| rarity.unwrap_or(of_nobody)).collect())
    }

    /// The text that one word finds best.
    fn best_for(&self, number: u32, inside: &qdrant::Filter) -> QueryPoints {
        QueryPointsBuilder::new(&self.names.messages)
            .query(Query::new_nearest(VectorInput::new_sparse(vec![number], vec![1.0])))
            .using(WORDS)
            .filter(inside.clone())
            .limit(1)
            .with_payload(false)
            .with_vectors(VectorsSelector { names: vec![WORDS.to_owned()] })
            .build()
    }

    /// Of a word that nobody ever said.
    async fn rarest(&self) -> Result<f64, StoreError> {
        let request = CountPointsBuilder::new(&self.names.messages).exact(false);
        let all = self.client.count(request).await.map_err(store_error)?.result.map_or(0, |result| result.count);
        Ok(f64::from(weigh::idf(all, 0)))
    }
}

fn rarity(number: u32, found: &ScoredPoint) -> Option<f64> {
    let words = match found.vectors.as_ref()?.get_vector_by_name(WORDS)? {
        Vector::Sparse(words) => words,
        _ => return None,
    };
    let place = words.indices.iter().position(|index| *index == number)?;
    let weight = *words.values.get(place)?;
    (weight > 0.0).then(|| f64::from(found.score / weight))
}
