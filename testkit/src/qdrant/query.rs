//! Nearest points, by dense and by sparse vectors, inside a filter.

use super::{
    filter, payload,
    state::{Collection, Id, Point, Stored},
    update::{check_dense, check_sparse},
};
use qdrant_client::qdrant::{
    FacetCounts, FacetHit, FacetValue, PayloadSchemaType, QueryPoints, ScoredPoint, Value, facet_value,
    query::Variant as QueryVariant, value::Kind, vector_input::Variant as Input,
};
use std::collections::BTreeMap;
use tonic::Status;

/// The best points for one query.
pub(super) fn query(collection: &Collection, request: &QueryPoints) -> Result<Vec<ScoredPoint>, Status> {
    if !request.prefetch.is_empty() {
        return Err(Status::unimplemented("prefetch"));
    }
    let name = request.using.clone().unwrap_or_default();
    let input = match request.query.as_ref().and_then(|query| query.variant.as_ref()) {
        Some(QueryVariant::Nearest(input)) => input.variant.as_ref(),
        _ => return Err(Status::unimplemented("queries other than nearest")),
    };
    let wanted = match input {
        Some(Input::Dense(dense)) => Stored::Dense(check_dense(collection, &name, dense.data.clone())?),
        Some(Input::Sparse(sparse)) => {
            let mut weights = check_sparse(collection, &name, &sparse.indices, &sparse.values)?;
            if collection.sparse(&name) == Some(true) {
                weigh_by_rarity(collection, &name, &mut weights);
            }
            Stored::Sparse(weights)
        }
        _ => return Err(Status::unimplemented("inputs other than dense and sparse vectors")),
    };
    let mut found: Vec<(f32, &Id, &Point)> = Vec::new();
    for (id, point) in &collection.points {
        if let Some(score) = point.vectors.get(&name).and_then(|stored| score(&wanted, stored))
            && request.score_threshold.is_none_or(|least| score >= least)
            && filter::matches(request.filter.as_ref(), id, point)?
        {
            found.push((score, id, point));
        }
    }
    // Points of equal score come with the highest ids first, the least convenient order.
    found.sort_by(|(left, a, _), (right, b, _)| right.total_cmp(left).then(b.cmp(a)));
    let (offset, limit) = (request.offset.unwrap_or(0) as usize, request.limit.unwrap_or(10) as usize);
    let scored = |(score, id, point): (f32, &Id, &Point)| ScoredPoint {
        id: Some(id.write()),
        payload: payload::select(point, request.with_payload.as_ref(), false),
        score,
        vectors: payload::vectors(point, request.with_vectors.as_ref()),
        ..ScoredPoint::default()
    };
    Ok(found.into_iter().skip(offset).take(limit).map(scored).collect())
}

/// How alike two vectors are; nothing when sparse ones have nothing in common.
fn score(wanted: &Stored, stored: &Stored) -> Option<f32> {
    match (wanted, stored) {
        (Stored::Dense(wanted), Stored::Dense(stored)) => Some(wanted.iter().zip(stored).map(|(a, b)| a * b).sum()),
        (Stored::Sparse(wanted), Stored::Sparse(stored)) => {
            let shared = wanted.iter().filter_map(|(number, weight)| Some(weight * stored.get(number)?));
            shared.reduce(|sum, product| sum + product)
        }
        _ => None,
    }
}

/// The modifier `idf`: each number's weight by how few points have it.
fn weigh_by_rarity(collection: &Collection, name: &str, weights: &mut BTreeMap<u32, f32>) {
    let vectors = || collection.points.values().filter_map(|point| point.vectors.get(name));
    let all = vectors().count() as f32;
    for (number, weight) in weights {
        let with = vectors().filter(|stored| matches!(stored, Stored::Sparse(map) if map.contains_key(number)));
        let with = with.count() as f32;
        *weight *= ((all - with + 0.5) / (with + 0.5) + 1.0).ln();
    }
}

/// The values of a field and how many points have each, most frequent first.
pub(super) fn facet(collection: &Collection, request: &FacetCounts) -> Result<Vec<FacetHit>, Status> {
    let key = &request.key;
    if !matches!(collection.schema.get(key), Some((PayloadSchemaType::Keyword, _))) {
        return Err(Status::invalid_argument(format!("No appropriate index for faceting: `{key}`.")));
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (id, point) in &collection.points {
        if filter::matches(request.filter.as_ref(), id, point)? {
            for value in payload::values(&point.payload, key) {
                if let Value { kind: Some(Kind::StringValue(text)) } = value {
                    *counts.entry(text.clone()).or_default() += 1;
                }
            }
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(request.limit.unwrap_or(10) as usize);
    let hit = |(text, count)| FacetHit {
        value: Some(FacetValue { variant: Some(facet_value::Variant::StringValue(text)) }),
        count,
    };
    Ok(counts.into_iter().map(hit).collect())
}
