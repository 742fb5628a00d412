//! Changing points: what is stored, and what is refused.

use super::{
    filter,
    state::{Collection, Id, Point, Stored},
};
use qdrant_client::qdrant::{
    CreateFieldIndexCollection, DeletePointVectors, DeletePoints, FieldType, NamedVectors, PayloadSchemaType,
    PointStruct, PointsSelector, SetPayloadPoints, UpsertPoints, Vector, points_selector::PointsSelectorOneOf, vector,
    vectors::VectorsOptions,
};
use std::collections::{BTreeMap, HashMap};
use tonic::Status;

/// Stores points; all of them or none. With an `update_filter`, a point that is there and outside of it stays as it
/// is. A point that is replaced keeps the named vectors that the new one leaves out, as in a real server's optimised
/// segments (a plain segment drops them): the less convenient of both.
pub(super) fn upsert(collection: &mut Collection, request: UpsertPoints) -> Result<(), Status> {
    if request.update_mode.is_some_and(|mode| mode != 0) {
        return Err(Status::unimplemented("update modes"));
    }
    let mut points = Vec::new();
    for point in request.points {
        let (id, mut point) = read(collection, point)?;
        if let Some(there) = collection.points.get(&id) {
            if !filter::matches(request.update_filter.as_ref(), &id, there)? {
                continue;
            }
            for (name, vector) in &there.vectors {
                point.vectors.entry(name.clone()).or_insert_with(|| vector.clone());
            }
        }
        points.push((id, point));
    }
    collection.points.extend(points);
    Ok(())
}

fn read(collection: &Collection, point: PointStruct) -> Result<(Id, Point), Status> {
    let id = Id::read(point.id.as_ref())?;
    let options = point.vectors.and_then(|vectors| vectors.vectors_options);
    let named = match options.ok_or_else(|| Status::invalid_argument("Expected some vectors"))? {
        VectorsOptions::Vector(vector) => NamedVectors { vectors: HashMap::from([(String::new(), vector)]) },
        VectorsOptions::Vectors(named) => named,
    };
    let vectors = named
        .vectors
        .into_iter()
        .map(|(name, vector)| Ok((name.clone(), stored(collection, &name, vector)?)))
        .collect::<Result<_, Status>>()?;
    Ok((id, Point { payload: point.payload, vectors }))
}

fn stored(collection: &Collection, name: &str, vector: Vector) -> Result<Stored, Status> {
    match vector.vector {
        Some(vector::Vector::Dense(dense)) => check_dense(collection, name, dense.data).map(Stored::Dense),
        Some(vector::Vector::Sparse(sparse)) => {
            check_sparse(collection, name, &sparse.indices, &sparse.values).map(Stored::Sparse)
        }
        Some(_) => Err(Status::unimplemented("vectors other than dense and sparse")),
        None => Err(Status::unimplemented("the deprecated form of vectors")),
    }
}

fn unknown(name: &str) -> Status {
    Status::invalid_argument(format!("Wrong input: Not existing vector name error: {name}"))
}

/// A dense vector as it is kept: of length 1, since the distance is the cosine.
pub(super) fn check_dense(collection: &Collection, name: &str, data: Vec<f32>) -> Result<Vec<f32>, Status> {
    let expected = collection.dense(name).ok_or_else(|| unknown(name))?.size;
    if data.len() as u64 != expected {
        let found = data.len();
        return Err(Status::invalid_argument(format!(
            "Wrong input: Vector dimension error: expected dim: {expected}, got {found}"
        )));
    }
    let length = data.iter().map(|number| number * number).sum::<f32>().sqrt();
    Ok(if length > 0.0 { data.into_iter().map(|number| number / length).collect() } else { data })
}

/// A sparse vector, sorted.
pub(super) fn check_sparse(
    collection: &Collection,
    name: &str,
    indices: &[u32],
    values: &[f32],
) -> Result<BTreeMap<u32, f32>, Status> {
    collection.sparse(name).ok_or_else(|| unknown(name))?;
    if indices.len() != values.len() {
        return Err(Status::invalid_argument("Validation error: must be the same length as indices"));
    }
    let sorted: BTreeMap<u32, f32> = indices.iter().copied().zip(values.iter().copied()).collect();
    if sorted.len() != indices.len() {
        return Err(Status::invalid_argument("Validation error: [indices: must be unique]"));
    }
    Ok(sorted)
}

/// The points that a selector names.
fn selected(collection: &Collection, selector: Option<&PointsSelector>) -> Result<Vec<Id>, Status> {
    match selector.and_then(|selector| selector.points_selector_one_of.as_ref()) {
        Some(PointsSelectorOneOf::Points(list)) => list.ids.iter().map(|id| Id::read(Some(id))).collect(),
        Some(PointsSelectorOneOf::Filter(wanted)) => {
            let mut ids = Vec::new();
            for (id, point) in &collection.points {
                if filter::matches(Some(wanted), id, point)? {
                    ids.push(id.clone());
                }
            }
            Ok(ids)
        }
        None => Err(Status::invalid_argument("PointsSelector is missing")),
    }
}

pub(super) fn delete(collection: &mut Collection, request: &DeletePoints) -> Result<(), Status> {
    for id in selected(collection, request.points.as_ref())? {
        collection.points.remove(&id);
    }
    Ok(())
}

pub(super) fn delete_vectors(collection: &mut Collection, request: &DeletePointVectors) -> Result<(), Status> {
    let names = request.vectors.as_ref().map(|vectors| vectors.names.as_slice()).unwrap_or_default();
    if names.is_empty() {
        return Err(Status::invalid_argument("Wrong input: No vector names provided"));
    }
    if let Some(name) = names.iter().find(|name| collection.dense(name).is_none() && collection.sparse(name).is_none())
    {
        return Err(unknown(name));
    }
    for id in selected(collection, request.points_selector.as_ref())? {
        if let Some(point) = collection.points.get_mut(&id) {
            point.vectors.retain(|name, _| !names.contains(name));
        }
    }
    Ok(())
}

pub(super) fn set_payload(collection: &mut Collection, request: &SetPayloadPoints) -> Result<(), Status> {
    if request.key.is_some() {
        return Err(Status::unimplemented("set_payload under a key"));
    }
    for id in selected(collection, request.points_selector.as_ref())? {
        let missing = || Status::not_found("Not found: No point with the given id found");
        let point = collection.points.get_mut(&id).ok_or_else(missing)?;
        point.payload.extend(request.payload.clone());
    }
    Ok(())
}

pub(super) fn index(collection: &mut Collection, request: CreateFieldIndexCollection) -> Result<(), Status> {
    let kind = match request.field_type.map(FieldType::try_from) {
        Some(Ok(FieldType::Keyword)) => PayloadSchemaType::Keyword,
        Some(Ok(FieldType::Integer)) => PayloadSchemaType::Integer,
        Some(Ok(FieldType::Float)) => PayloadSchemaType::Float,
        Some(Ok(FieldType::Geo)) => PayloadSchemaType::Geo,
        Some(Ok(FieldType::Text)) => PayloadSchemaType::Text,
        Some(Ok(FieldType::Bool)) => PayloadSchemaType::Bool,
        Some(Ok(FieldType::Datetime)) => PayloadSchemaType::Datetime,
        Some(Ok(FieldType::Uuid)) => PayloadSchemaType::Uuid,
        _ => return Err(Status::invalid_argument("field_type is missing or malformed")),
    };
    collection.schema.insert(request.field_name, (kind, request.field_index_params));
    Ok(())
}
