//! Values of payloads: reaching into them, and choosing what a request gets.

use super::state::{Point, Stored};
use qdrant_client::qdrant::{
    DenseVector, NamedVectorsOutput, SparseVector, Value, VectorOutput, VectorsOutput, WithPayloadSelector,
    WithVectorsSelector, value::Kind, vector_output::Vector, vectors_output::VectorsOptions,
    with_payload_selector::SelectorOptions as PayloadOptions, with_vectors_selector::SelectorOptions as VectorOptions,
};
use std::collections::HashMap;

/// The values at a path ("a.b", "a[].b"); those of a list one by one.
pub(super) fn values<'a>(payload: &'a HashMap<String, Value>, path: &str) -> Vec<&'a Value> {
    let mut steps = path.split('.').map(|step| step.trim_end_matches("[]"));
    let Some(first) = steps.next() else { return Vec::new() };
    let mut found: Vec<&Value> = payload.get(first).into_iter().flat_map(each).collect();
    for step in steps {
        found = found.into_iter().filter_map(|value| field(value, step)).flat_map(each).collect();
    }
    found
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value.kind.as_ref()? {
        Kind::StructValue(value) => value.fields.get(name),
        _ => None,
    }
}

fn each(value: &Value) -> Vec<&Value> {
    match &value.kind {
        Some(Kind::ListValue(list)) => list.values.iter().collect(),
        _ => vec![value],
    }
}

/// A number, whichever kind.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value.kind.as_ref()? {
        Kind::IntegerValue(number) => Some(*number as f64),
        Kind::DoubleValue(number) => Some(*number),
        _ => None,
    }
}

/// Whether there is nothing in it.
pub(super) fn is_null(value: &Value) -> bool {
    matches!(value.kind, None | Some(Kind::NullValue(_)))
}

/// The part of a payload that is asked for. `default` is what the request means when it does not say.
pub(super) fn select(point: &Point, wanted: Option<&WithPayloadSelector>, default: bool) -> HashMap<String, Value> {
    let options = wanted.and_then(|wanted| wanted.selector_options.as_ref());
    let keep = |field: &String| match options {
        None => default,
        Some(PayloadOptions::Enable(enable)) => *enable,
        Some(PayloadOptions::Include(include)) => include.fields.contains(field),
        Some(PayloadOptions::Exclude(exclude)) => !exclude.fields.contains(field),
    };
    point.payload.iter().filter(|(field, _)| keep(field)).map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// The vectors that are asked for; none when the request does not say.
pub(super) fn vectors(point: &Point, wanted: Option<&WithVectorsSelector>) -> Option<VectorsOutput> {
    let options = wanted.and_then(|wanted| wanted.selector_options.as_ref())?;
    let keep = |name: &String| match options {
        VectorOptions::Enable(enable) => *enable,
        VectorOptions::Include(include) => include.names.contains(name),
    };
    let vectors = point.vectors.iter().filter(|(name, _)| keep(name));
    let vectors: HashMap<String, VectorOutput> = vectors.map(|(name, stored)| (name.clone(), output(stored))).collect();
    (!vectors.is_empty())
        .then_some(VectorsOutput { vectors_options: Some(VectorsOptions::Vectors(NamedVectorsOutput { vectors })) })
}

fn output(stored: &Stored) -> VectorOutput {
    let vector = match stored {
        Stored::Dense(data) => Vector::Dense(DenseVector { data: data.clone() }),
        Stored::Sparse(map) => Vector::Sparse(SparseVector {
            indices: map.keys().copied().collect(),
            values: map.values().copied().collect(),
        }),
    };
    VectorOutput { vector: Some(vector), ..VectorOutput::default() }
}
