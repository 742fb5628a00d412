//! The in-memory Qdrant answers as the real one does, mistakes included, and invents nothing.

use qdrant_client::{
    Payload, Qdrant, QdrantError,
    qdrant::{
        CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, DeletePointVectorsBuilder, Direction, Distance,
        FacetCountsBuilder, FieldType, Filter, GetPointsBuilder, Modifier, NamedVectors, OrderByBuilder, PointStruct,
        Query, QueryPointsBuilder, RecommendPointsBuilder, ScrollPointsBuilder, SetPayloadPointsBuilder,
        SparseVectorParamsBuilder, SparseVectorsConfigBuilder, UpsertPointsBuilder, Vector, VectorInput,
        VectorParamsBuilder, VectorsConfigBuilder, VectorsSelector, vector_output::Vector as SparseOrDense,
    },
};
use rtfm_testkit::qdrant::QdrantServer;
use serde_json::{Value, json};

// gRPC's codes.
const INVALID_ARGUMENT: i32 = 3;
const NOT_FOUND: i32 = 5;
const ALREADY_EXISTS: i32 = 6;
const UNIMPLEMENTED: i32 = 12;

fn code<T: std::fmt::Debug>(result: Result<T, QdrantError>) -> i32 {
    match result {
        Err(QdrantError::ResponseError { status }) => status.code() as i32,
        other => panic!("{other:?}"),
    }
}

fn collection(name: &str) -> CreateCollectionBuilder {
    let mut dense = VectorsConfigBuilder::default();
    dense.add_named_vector_params("dense", VectorParamsBuilder::new(2, Distance::Cosine));
    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params("text", SparseVectorParamsBuilder::default().modifier(Modifier::Idf as i32));
    CreateCollectionBuilder::new(name).vectors_config(dense).sparse_vectors_config(sparse)
}

fn payload(value: &Value) -> Payload {
    let fields = value.as_object().unwrap().iter().map(|(name, value)| {
        let value: qdrant_client::qdrant::Value = match value {
            Value::String(text) => text.clone().into(),
            Value::Number(number) => number.as_i64().unwrap().into(),
            other => panic!("{other}"),
        };
        (name.clone(), value)
    });
    fields.collect::<std::collections::HashMap<_, _>>().into()
}

fn point(id: u64, dense: [f32; 2], words: &[u32], value: &Value) -> PointStruct {
    let vectors = NamedVectors::default()
        .add_vector("dense", Vector::new_dense(dense.to_vec()))
        .add_vector("text", Vector::new_sparse(words.to_vec(), vec![1.0; words.len()]));
    PointStruct::new(id, vectors, payload(value))
}

async fn filled() -> (QdrantServer, Qdrant) {
    let server = QdrantServer::start().await;
    let client = Qdrant::from_url(&server.url()).skip_compatibility_check().build().unwrap();
    client.create_collection(collection("c")).await.unwrap();
    let points = vec![
        point(3, [1.0, 0.0], &[1, 2], &json!({"guild": "a", "n": 30})),
        point(1, [2.0, 2.0], &[1], &json!({"guild": "b", "n": 10})),
        point(2, [0.0, 1.0], &[1], &json!({"guild": "a", "n": 20})),
    ];
    client.upsert_points(UpsertPointsBuilder::new("c", points).wait(true)).await.unwrap();
    (server, client)
}

fn ids(points: &[qdrant_client::qdrant::ScoredPoint]) -> Vec<String> {
    points.iter().map(|point| format!("{:?}", point.id.clone().unwrap().point_id_options.unwrap())).collect()
}

#[tokio::test]
async fn errors_match_the_real_server() {
    let (_server, client) = filled().await;
    assert_eq!(code(client.create_collection(collection("c")).await), ALREADY_EXISTS);
    assert_eq!(code(client.collection_info("missing").await), NOT_FOUND);
    assert_eq!(code(client.scroll(ScrollPointsBuilder::new("missing")).await), NOT_FOUND);
    let bare = PointStruct { id: Some(9.into()), ..PointStruct::default() };
    assert_eq!(code(client.upsert_points(UpsertPointsBuilder::new("c", vec![bare])).await), INVALID_ARGUMENT);
    let long = PointStruct::new(9, NamedVectors::default().add_vector("dense", vec![1.0, 2.0, 3.0]), Payload::new());
    assert_eq!(code(client.upsert_points(UpsertPointsBuilder::new("c", vec![long])).await), INVALID_ARGUMENT);
    let other = QueryPointsBuilder::new("c").query(vec![1.0, 0.0]).using("other");
    assert_eq!(code(client.query(other).await), INVALID_ARGUMENT);
    let order = OrderByBuilder::new("n").build();
    assert_eq!(code(client.scroll(ScrollPointsBuilder::new("c").order_by(order)).await), INVALID_ARGUMENT);
    assert_eq!(code(client.facet(FacetCountsBuilder::new("c", "guild")).await), INVALID_ARGUMENT);
    assert_eq!(code(client.recommend(RecommendPointsBuilder::new("c", 5)).await), UNIMPLEMENTED);
    let unchanged = client.scroll(ScrollPointsBuilder::new("c")).await.unwrap();
    assert_eq!(unchanged.result.len(), 3);
}

#[tokio::test]
async fn scores_are_cosines_and_rarity_counts() {
    let (_server, client) = filled().await;
    let dense = client.query(QueryPointsBuilder::new("c").query(vec![5.0, 0.0]).using("dense")).await.unwrap().result;
    assert_eq!(ids(&dense), ["Num(3)", "Num(1)", "Num(2)"]);
    assert!((dense[1].score - 0.5_f32.sqrt()).abs() < 1e-6 && dense[2].score.abs() < 1e-6);
    let input = VectorInput::new_sparse(vec![1, 2, 7], vec![1.0, 1.0, 1.0]);
    let words = QueryPointsBuilder::new("c").query(Query::new_nearest(input)).using("text");
    let sparse = client.query(words).await.unwrap().result;
    // Word 1 is in all three points, word 2 in one: ln((3-1+0.5)/(1+0.5)+1) + ln((3-3+0.5)/(3+0.5)+1).
    assert_eq!(ids(&sparse), ["Num(3)", "Num(2)", "Num(1)"], "of equal scores the highest id comes first");
    assert!((sparse[0].score - (0.980_829_3 + 0.133_531_4)).abs() < 1e-5, "{}", sparse[0].score);
}

#[tokio::test]
async fn an_upsert_keeps_the_named_vectors_that_it_leaves_out() {
    let (_server, client) = filled().await;
    let vectors_of_3 = async || {
        let got = GetPointsBuilder::new("c", vec![3.into()]).with_vectors(true).with_payload(true);
        let point = client.get_points(got).await.unwrap().result.remove(0);
        let payload: Vec<String> = point.payload.into_keys().collect();
        let dense = point.vectors.as_ref().and_then(|vectors| vectors.get_vector_by_name("dense"));
        (dense.is_some(), point.vectors.and_then(|vectors| vectors.get_vector_by_name("text")), payload)
    };
    let (dense, Some(SparseOrDense::Sparse(words)), _) = vectors_of_3().await else { panic!("point 3 has words") };
    assert!(dense && words.indices == [1, 2]);
    let bare = PointStruct::new(3, NamedVectors::default(), payload(&json!({"n": 31})));
    client.upsert_points(UpsertPointsBuilder::new("c", vec![bare]).wait(true)).await.unwrap();
    let (dense, Some(SparseOrDense::Sparse(words)), fields) = vectors_of_3().await else {
        panic!("the words are gone")
    };
    assert!(dense && words.indices == [1, 2] && fields == ["n"], "the payload is replaced, the vectors are not");
    let delete = |name: &str| {
        let names = VectorsSelector { names: vec![name.to_owned()] };
        let points = Filter::must([qdrant_client::qdrant::Condition::has_id([3])]);
        client.delete_vectors(DeletePointVectorsBuilder::new("c").points_selector(points).vectors(names).wait(true))
    };
    delete("dense").await.unwrap();
    assert!(!vectors_of_3().await.0);
    assert_eq!(code(delete("other").await), INVALID_ARGUMENT);
}

#[tokio::test]
async fn order_pages_and_facets() {
    let (_server, client) = filled().await;
    for (field, kind) in [("n", FieldType::Integer), ("guild", FieldType::Keyword)] {
        client.create_field_index(CreateFieldIndexCollectionBuilder::new("c", field, kind)).await.unwrap();
    }
    let numbers = |points: &[qdrant_client::qdrant::RetrievedPoint]| -> Vec<i64> {
        points.iter().map(|point| point.payload["n"].as_integer().unwrap()).collect()
    };
    let order = OrderByBuilder::new("n").direction(Direction::Desc as i32);
    let down = client.scroll(ScrollPointsBuilder::new("c").order_by(order).limit(2)).await.unwrap();
    assert_eq!(numbers(&down.result), [30, 20]);
    let page = client.scroll(ScrollPointsBuilder::new("c").limit(2)).await.unwrap();
    assert_eq!(numbers(&page.result), [10, 20]);
    let next = ScrollPointsBuilder::new("c").limit(2).offset(page.next_page_offset.unwrap());
    let rest = client.scroll(next).await.unwrap();
    assert_eq!(numbers(&rest.result), [30]);
    assert_eq!(rest.next_page_offset, None);
    let hits = client.facet(FacetCountsBuilder::new("c", "guild").exact(true)).await.unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.count).collect::<Vec<u64>>(), [2, 1]);
    let set = SetPayloadPointsBuilder::new("c", payload(&json!({"n": 99}))).points_selector(Filter::default());
    client.set_payload(set.wait(true)).await.unwrap();
    let got = GetPointsBuilder::new("c", vec![1.into(), 77.into()]).with_payload(true);
    assert_eq!(numbers(&client.get_points(got).await.unwrap().result), [99]);
}
