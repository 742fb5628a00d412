//! Filters with Qdrant's meaning: a field with several values matches when any of them does, a missing
//! field matches nothing, `should` wants one of its conditions when it has any.

use super::{
    payload::{is_null, number, values},
    state::{Id, Point},
};
use jiff::Timestamp;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, Filter, Match, Range, Value, condition::ConditionOneOf,
    r#match::MatchValue, value::Kind,
};
use std::collections::HashMap;
use tonic::Status;

/// Whether a point is inside the filter.
pub(super) fn matches(filter: Option<&Filter>, id: &Id, point: &Point) -> Result<bool, Status> {
    let Some(filter) = filter else { return Ok(true) };
    inside(filter, Some(id), &point.payload, point)
}

type Payload = HashMap<String, Value>;

fn inside(filter: &Filter, id: Option<&Id>, payload: &Payload, point: &Point) -> Result<bool, Status> {
    let count = |conditions: &[Condition]| -> Result<usize, Status> {
        let mut count = 0;
        for condition in conditions {
            count += usize::from(holds(condition, id, payload, point)?);
        }
        Ok(count)
    };
    let least = |conditions: &[Condition], least: u64| Ok::<bool, Status>(count(conditions)? as u64 >= least);
    Ok(count(&filter.must)? == filter.must.len()
        && count(&filter.must_not)? == 0
        && (filter.should.is_empty() || count(&filter.should)? > 0)
        && filter.min_should.as_ref().map_or(Ok(true), |some| least(&some.conditions, some.min_count))?)
}

fn holds(condition: &Condition, id: Option<&Id>, payload: &Payload, point: &Point) -> Result<bool, Status> {
    match condition.condition_one_of.as_ref() {
        Some(ConditionOneOf::Field(field)) => field_holds(field, payload),
        Some(ConditionOneOf::Filter(filter)) => inside(filter, id, payload, point),
        Some(ConditionOneOf::IsEmpty(empty)) => Ok(is_empty(payload, &empty.key)),
        Some(ConditionOneOf::IsNull(null)) => Ok(values(payload, &null.key).into_iter().any(is_null)),
        Some(ConditionOneOf::HasVector(vector)) => Ok(point.vectors.contains_key(&vector.has_vector)),
        Some(ConditionOneOf::HasId(ids)) => {
            let Some(id) = id else { return Err(Status::invalid_argument("has_id has no place in a nested filter")) };
            for wanted in &ids.has_id {
                if Id::read(Some(wanted))? == *id {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Some(ConditionOneOf::Nested(nested)) => {
            let filter =
                nested.filter.as_ref().ok_or_else(|| Status::invalid_argument("a nested filter is missing"))?;
            for value in values(payload, &nested.key) {
                if let Some(Kind::StructValue(inner)) = &value.kind
                    && inside(filter, None, &inner.fields, point)?
                {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Some(ConditionOneOf::Slice(_)) => Err(Status::unimplemented("slice conditions")),
        None => Err(Status::invalid_argument("Malformed Condition type")),
    }
}

fn is_empty(payload: &Payload, key: &str) -> bool {
    values(payload, key).into_iter().all(is_null)
}

fn field_holds(field: &FieldCondition, payload: &Payload) -> Result<bool, Status> {
    let values = values(payload, &field.key);
    if field.geo_bounding_box.is_some() || field.geo_radius.is_some() || field.geo_polygon.is_some() {
        return Err(Status::unimplemented("geo conditions"));
    }
    if let Some(wanted) = &field.values_count {
        let count = values.len() as u64;
        return Ok(wanted.gte.is_none_or(|bound| count >= bound)
            && wanted.gt.is_none_or(|bound| count > bound)
            && wanted.lte.is_none_or(|bound| count <= bound)
            && wanted.lt.is_none_or(|bound| count < bound));
    }
    if let Some(empty) = field.is_empty {
        return Ok(is_empty(payload, &field.key) == empty);
    }
    if let Some(null) = field.is_null {
        return Ok(values.into_iter().any(is_null) == null);
    }
    if let Some(wanted) = &field.r#match {
        return any(&values, |value| matches_value(wanted, value));
    }
    if let Some(range) = &field.range {
        return any(&values, |value| Ok(number(value).is_some_and(|number| in_range(range, number))));
    }
    if let Some(range) = &field.datetime_range {
        return any(&values, |value| Ok(instant(value).is_some_and(|instant| in_datetime_range(range, instant))));
    }
    Err(Status::invalid_argument("Malformed Condition type"))
}

fn any(values: &[&Value], test: impl Fn(&Value) -> Result<bool, Status>) -> Result<bool, Status> {
    for value in values {
        if test(value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn matches_value(wanted: &Match, value: &Value) -> Result<bool, Status> {
    let text = match &value.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    };
    let integer = match value.kind {
        Some(Kind::IntegerValue(integer)) => Some(integer),
        _ => None,
    };
    Ok(match wanted.match_value.as_ref() {
        Some(MatchValue::Keyword(keyword)) => text == Some(keyword),
        Some(MatchValue::Keywords(keywords)) => text.is_some_and(|text| keywords.strings.contains(text)),
        Some(MatchValue::ExceptKeywords(keywords)) => text.is_some_and(|text| !keywords.strings.contains(text)),
        Some(MatchValue::Integer(wanted)) => integer == Some(*wanted),
        Some(MatchValue::Integers(wanted)) => integer.is_some_and(|integer| wanted.integers.contains(&integer)),
        Some(MatchValue::ExceptIntegers(wanted)) => integer.is_some_and(|integer| !wanted.integers.contains(&integer)),
        Some(MatchValue::Boolean(wanted)) => matches!(value.kind, Some(Kind::BoolValue(value)) if value == *wanted),
        Some(_) => return Err(Status::unimplemented("full-text conditions")),
        None => return Err(Status::invalid_argument("Malformed Match condition")),
    })
}

/// Qdrant compares integers as floats, too.
pub(super) fn in_range(range: &Range, number: f64) -> bool {
    range.gte.is_none_or(|bound| number >= bound)
        && range.gt.is_none_or(|bound| number > bound)
        && range.lte.is_none_or(|bound| number <= bound)
        && range.lt.is_none_or(|bound| number < bound)
}

fn instant(value: &Value) -> Option<Timestamp> {
    match &value.kind {
        Some(Kind::StringValue(text)) => text.parse().ok(),
        _ => None,
    }
}

fn in_datetime_range(range: &DatetimeRange, instant: Timestamp) -> bool {
    let bounds = [&range.gte, &range.gt, &range.lte, &range.lt]
        .map(|bound| bound.as_ref().and_then(|bound| Timestamp::new(bound.seconds, bound.nanos).ok()));
    let [gte, gt, lte, lt] = bounds;
    gte.is_none_or(|bound| instant >= bound)
        && gt.is_none_or(|bound| instant > bound)
        && lte.is_none_or(|bound| instant <= bound)
        && lt.is_none_or(|bound| instant < bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point() -> Point {
        let payload: [(&str, Value); 4] = [
            ("channel", "10".into()),
            ("tags", vec!["a", "b"].into()),
            ("at", 5_i64.into()),
            ("when", "2026-01-01T00:00:00Z".into()),
        ];
        Point { payload: payload.map(|(name, value)| (name.to_owned(), value)).into(), ..Point::default() }
    }

    fn is_inside(filter: Filter) -> bool {
        matches(Some(&filter), &Id::Number(7), &point()).unwrap()
    }

    #[test]
    fn conditions_match_as_in_qdrant() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let keyword = |field: &str, list: &[&str]| Condition::matches(field, texts(list));
        assert!(is_inside(Filter::default()));
        assert!(is_inside(Filter::must([keyword("channel", &["9", "10"])])));
        assert!(!is_inside(Filter::must([keyword("channel", &[])])));
        assert!(!is_inside(Filter::must([keyword("missing", &["10"])])));
        assert!(is_inside(Filter::must([keyword("tags", &["b"])])));
        assert!(is_inside(Filter::must_not([keyword("missing", &["10"])])));
        assert!(!is_inside(Filter::must_not([Condition::has_id([7_u64])])));
        assert!(is_inside(Filter::should([keyword("channel", &["9"]), keyword("tags", &["a"])])));
        assert!(!is_inside(Filter::should([keyword("channel", &["9"])])));
        assert!(is_inside(Filter::must([Condition::is_empty("missing")])));
        assert!(!is_inside(Filter::must([Condition::is_empty("channel")])));
        let range = |gte, lt| Condition::range("at", Range { gte, lt, ..Range::default() });
        assert!(is_inside(Filter::must([range(Some(5.0), None)])));
        assert!(!is_inside(Filter::must([range(None, Some(5.0))])));
        let since = |second| {
            let gte = Some(Timestamp::from_second(second).unwrap()).map(|instant| prost_types(instant.as_second()));
            Condition::datetime_range("when", DatetimeRange { gte, ..DatetimeRange::default() })
        };
        assert!(is_inside(Filter::must([since(1_767_225_600)])));
        assert!(!is_inside(Filter::must([since(1_767_225_601)])));
    }

    fn prost_types(seconds: i64) -> qdrant_client::qdrant::Timestamp {
        qdrant_client::qdrant::Timestamp { seconds, nanos: 0 }
    }
}
