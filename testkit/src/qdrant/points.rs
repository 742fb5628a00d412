//! The service that stores, reads and searches points: each request to the room that does it.

use super::{
    Service, filter, payload, query, scroll,
    state::{Collection, Id},
    update,
};
use ::qdrant_client::qdrant::{points_server::Points, *};
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// An update that is done at once, whether it is waited for or not.
fn updated(wait: Option<bool>) -> Response<PointsOperationResponse> {
    let status = if wait == Some(true) { UpdateStatus::Completed } else { UpdateStatus::Acknowledged } as i32;
    let result = Some(UpdateResult { operation_id: Some(0), status });
    Response::new(PointsOperationResponse { result, ..PointsOperationResponse::default() })
}

impl Service {
    fn on<T>(&self, name: &str, work: impl FnOnce(&mut Collection) -> Result<T, Status>) -> Result<T, Status> {
        self.with(|state| work(state.collection(name)?))
    }
}

#[tonic::async_trait]
impl Points for Service {
    async fn upsert(&self, request: Request<UpsertPoints>) -> Answer<PointsOperationResponse> {
        self.upserts.pass().await;
        let request = request.into_inner();
        let wait = request.wait;
        self.on(&request.collection_name.clone(), |collection| update::upsert(collection, request))?;
        Ok(updated(wait))
    }

    async fn delete(&self, request: Request<DeletePoints>) -> Answer<PointsOperationResponse> {
        let request = request.get_ref();
        self.on(&request.collection_name, |collection| update::delete(collection, request))?;
        Ok(updated(request.wait))
    }

    async fn delete_vectors(&self, request: Request<DeletePointVectors>) -> Answer<PointsOperationResponse> {
        self.vector_deletions.pass().await;
        let request = request.get_ref();
        self.on(&request.collection_name, |collection| update::delete_vectors(collection, request))?;
        Ok(updated(request.wait))
    }

    async fn set_payload(&self, request: Request<SetPayloadPoints>) -> Answer<PointsOperationResponse> {
        let request = request.get_ref();
        self.on(&request.collection_name, |collection| update::set_payload(collection, request))?;
        Ok(updated(request.wait))
    }

    async fn create_field_index(
        &self,
        request: Request<CreateFieldIndexCollection>,
    ) -> Answer<PointsOperationResponse> {
        let request = request.into_inner();
        let wait = request.wait;
        self.on(&request.collection_name.clone(), |collection| update::index(collection, request))?;
        Ok(updated(wait))
    }

    async fn delete_field_index(
        &self,
        request: Request<DeleteFieldIndexCollection>,
    ) -> Answer<PointsOperationResponse> {
        let request = request.get_ref();
        self.on(&request.collection_name, |collection| {
            collection.schema.remove(&request.field_name);
            Ok(())
        })?;
        Ok(updated(request.wait))
    }

    async fn get(&self, request: Request<GetPoints>) -> Answer<GetResponse> {
        let request = request.get_ref();
        let result = self.on(&request.collection_name, |collection| {
            let mut found = Vec::new();
            for id in &request.ids {
                let id = Id::read(Some(id))?;
                found.extend(collection.points.get(&id).map(|point| RetrievedPoint {
                    id: Some(id.write()),
                    payload: payload::select(point, request.with_payload.as_ref(), true),
                    vectors: payload::vectors(point, request.with_vectors.as_ref()),
                    ..RetrievedPoint::default()
                }));
            }
            Ok(found)
        })?;
        Ok(Response::new(GetResponse { result, ..GetResponse::default() }))
    }

    async fn scroll(&self, request: Request<ScrollPoints>) -> Answer<ScrollResponse> {
        let request = request.get_ref();
        Ok(Response::new(self.on(&request.collection_name, |collection| scroll::scroll(collection, request))?))
    }

    async fn count(&self, request: Request<CountPoints>) -> Answer<CountResponse> {
        let request = request.get_ref();
        let count = self.on(&request.collection_name, |collection| {
            let mut count = 0;
            for (id, point) in &collection.points {
                count += u64::from(filter::matches(request.filter.as_ref(), id, point)?);
            }
            Ok(count)
        })?;
        Ok(Response::new(CountResponse { result: Some(CountResult { count }), ..CountResponse::default() }))
    }

    async fn query(&self, request: Request<QueryPoints>) -> Answer<QueryResponse> {
        let request = request.get_ref();
        let result = self.on(&request.collection_name, |collection| query::query(collection, request))?;
        Ok(Response::new(QueryResponse { result, ..QueryResponse::default() }))
    }

    async fn query_batch(&self, request: Request<QueryBatchPoints>) -> Answer<QueryBatchResponse> {
        let request = request.get_ref();
        let result = self.on(&request.collection_name, |collection| {
            let each =
                request.query_points.iter().map(|one| Ok(BatchResult { result: query::query(collection, one)? }));
            each.collect::<Result<_, Status>>()
        })?;
        Ok(Response::new(QueryBatchResponse { result, ..QueryBatchResponse::default() }))
    }

    async fn facet(&self, request: Request<FacetCounts>) -> Answer<FacetResponse> {
        let request = request.get_ref();
        let hits = self.on(&request.collection_name, |collection| query::facet(collection, request))?;
        Ok(Response::new(FacetResponse { hits, ..FacetResponse::default() }))
    }

    async fn update_vectors(&self, _: Request<UpdatePointVectors>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("update_vectors"))
    }
    async fn overwrite_payload(&self, _: Request<SetPayloadPoints>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("overwrite_payload"))
    }
    async fn delete_payload(&self, _: Request<DeletePayloadPoints>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("delete_payload"))
    }
    async fn clear_payload(&self, _: Request<ClearPayloadPoints>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("clear_payload"))
    }
    async fn create_vector_name(&self, _: Request<CreateVectorNameRequest>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("create_vector_name"))
    }
    async fn delete_vector_name(&self, _: Request<DeleteVectorNameRequest>) -> Answer<PointsOperationResponse> {
        Err(Status::unimplemented("delete_vector_name"))
    }
    async fn search(&self, _: Request<SearchPoints>) -> Answer<SearchResponse> {
        Err(Status::unimplemented("search"))
    }
    async fn search_batch(&self, _: Request<SearchBatchPoints>) -> Answer<SearchBatchResponse> {
        Err(Status::unimplemented("search_batch"))
    }
    async fn search_groups(&self, _: Request<SearchPointGroups>) -> Answer<SearchGroupsResponse> {
        Err(Status::unimplemented("search_groups"))
    }
    async fn recommend(&self, _: Request<RecommendPoints>) -> Answer<RecommendResponse> {
        Err(Status::unimplemented("recommend"))
    }
    async fn recommend_batch(&self, _: Request<RecommendBatchPoints>) -> Answer<RecommendBatchResponse> {
        Err(Status::unimplemented("recommend_batch"))
    }
    async fn recommend_groups(&self, _: Request<RecommendPointGroups>) -> Answer<RecommendGroupsResponse> {
        Err(Status::unimplemented("recommend_groups"))
    }
    async fn discover(&self, _: Request<DiscoverPoints>) -> Answer<DiscoverResponse> {
        Err(Status::unimplemented("discover"))
    }
    async fn discover_batch(&self, _: Request<DiscoverBatchPoints>) -> Answer<DiscoverBatchResponse> {
        Err(Status::unimplemented("discover_batch"))
    }
    async fn update_batch(&self, _: Request<UpdateBatchPoints>) -> Answer<UpdateBatchResponse> {
        Err(Status::unimplemented("update_batch"))
    }
    async fn query_groups(&self, _: Request<QueryPointGroups>) -> Answer<QueryGroupsResponse> {
        Err(Status::unimplemented("query_groups"))
    }
    async fn search_matrix_pairs(&self, _: Request<SearchMatrixPoints>) -> Answer<SearchMatrixPairsResponse> {
        Err(Status::unimplemented("search_matrix_pairs"))
    }
    async fn search_matrix_offsets(&self, _: Request<SearchMatrixPoints>) -> Answer<SearchMatrixOffsetsResponse> {
        Err(Status::unimplemented("search_matrix_offsets"))
    }
}
