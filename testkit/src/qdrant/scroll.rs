//! Points in order: of their ids, or of a field with a range index.

use super::{
    filter, payload,
    state::{Collection, Id, Point},
};
use qdrant_client::qdrant::{
    Direction, OrderBy, PayloadSchemaType, RetrievedPoint, ScrollPoints, ScrollResponse, start_from,
};
use tonic::Status;

/// One page.
pub(super) fn scroll(collection: &Collection, request: &ScrollPoints) -> Result<ScrollResponse, Status> {
    let limit = request.limit.unwrap_or(10) as usize;
    if limit == 0 {
        return Err(Status::invalid_argument(
            "Validation error in body: [limit: value 0 invalid, must be 1 or larger]",
        ));
    }
    let mut inside = Vec::new();
    for (id, point) in &collection.points {
        if filter::matches(request.filter.as_ref(), id, point)? {
            inside.push((id, point));
        }
    }
    let mut next = None;
    if let Some(order) = &request.order_by {
        if request.offset.is_some() {
            return Err(Status::invalid_argument("Cannot use an `offset` when using `order_by`"));
        }
        inside = ordered(collection, order, inside)?;
        inside.truncate(limit);
    } else {
        let from = request.offset.as_ref().map(|offset| Id::read(Some(offset))).transpose()?;
        inside.retain(|(id, _)| from.as_ref().is_none_or(|from| *id >= from));
        next = inside.get(limit).map(|(id, _)| id.write());
        inside.truncate(limit);
    }
    let retrieved = |(id, point): (&Id, &Point)| RetrievedPoint {
        id: Some(id.write()),
        payload: payload::select(point, request.with_payload.as_ref(), true),
        vectors: payload::vectors(point, request.with_vectors.as_ref()),
        ..RetrievedPoint::default()
    };
    let result = inside.into_iter().map(retrieved).collect();
    Ok(ScrollResponse { next_page_offset: next, result, ..ScrollResponse::default() })
}

fn ordered<'a>(
    collection: &Collection,
    order: &OrderBy,
    points: Vec<(&'a Id, &'a Point)>,
) -> Result<Vec<(&'a Id, &'a Point)>, Status> {
    let key = &order.key;
    if !matches!(collection.schema.get(key), Some((PayloadSchemaType::Integer | PayloadSchemaType::Float, _))) {
        return Err(Status::invalid_argument(format!(
            "No range index for `order_by` key: `{key}`. Please create one to use `order_by`."
        )));
    }
    let descending = order.direction == Some(Direction::Desc as i32);
    // Qdrant reads integers as floats here, with the loss that this brings for large ones.
    let from = match order.start_from.as_ref().and_then(|from| from.value.as_ref()) {
        None => None,
        Some(start_from::Value::Integer(from)) => Some(*from as f64),
        Some(start_from::Value::Float(from)) => Some(*from),
        Some(_) => return Err(Status::unimplemented("order by time")),
    };
    let mut keyed: Vec<(f64, (&Id, &Point))> = Vec::new();
    for (id, point) in points {
        let value = payload::values(&point.payload, key).into_iter().find_map(payload::number);
        let begun = |value: f64| from.is_none_or(|from| if descending { value <= from } else { value >= from });
        keyed.extend(value.filter(|value| begun(*value)).map(|value| (value, (id, point))));
    }
    keyed.sort_by(|(left, _), (right, _)| if descending { right.total_cmp(left) } else { left.total_cmp(right) });
    Ok(keyed.into_iter().map(|(_, point)| point).collect())
}
