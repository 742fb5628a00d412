//! The service that makes and describes collections.

use super::{Service, state::Collection};
use qdrant_client::qdrant::{
    ChangeAliases, CollectionClusterInfoRequest, CollectionClusterInfoResponse, CollectionConfig,
    CollectionDescription, CollectionExists, CollectionExistsRequest, CollectionExistsResponse, CollectionInfo,
    CollectionOperationResponse, CollectionStatus, CreateCollection, CreateShardKeyRequest, CreateShardKeyResponse,
    DeleteCollection, DeleteShardKeyRequest, DeleteShardKeyResponse, GetCollectionInfoRequest,
    GetCollectionInfoResponse, ListAliasesRequest, ListAliasesResponse, ListCollectionAliasesRequest,
    ListCollectionsRequest, ListCollectionsResponse, ListShardKeysRequest, ListShardKeysResponse, OptimizerStatus,
    UpdateCollection, UpdateCollectionClusterSetupRequest, UpdateCollectionClusterSetupResponse,
    collections_server::Collections, vectors_config::Config,
};
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

fn done(result: bool) -> Response<CollectionOperationResponse> {
    Response::new(CollectionOperationResponse { result, time: 0.0 })
}

/// Refuses what a real server refuses.
fn check(request: &CreateCollection) -> Result<(), Status> {
    let name = &request.collection_name;
    if name.is_empty() || name.len() > 255 || name.contains(['/', '\0', '<', '>', ':', '"', '\\', '|', '?', '*']) {
        return Err(Status::invalid_argument(format!("Validation error in body: [collection_name: {name:?}]")));
    }
    let sizes: Vec<u64> = match request.vectors_config.as_ref().and_then(|vectors| vectors.config.as_ref()) {
        None => Vec::new(),
        Some(Config::Params(params)) => vec![params.size],
        Some(Config::ParamsMap(map)) => map.map.values().map(|params| params.size).collect(),
    };
    match sizes.into_iter().find(|size| !(1..=65_536).contains(size)) {
        Some(size) => Err(Status::invalid_argument(format!("Validation error in body: [vectors.size: {size}]"))),
        None => Ok(()),
    }
}

#[tonic::async_trait]
impl Collections for Service {
    async fn get(&self, request: Request<GetCollectionInfoRequest>) -> Answer<GetCollectionInfoResponse> {
        let info = self.with(|state| {
            let collection = state.collection(&request.get_ref().collection_name)?;
            Ok::<_, Status>(CollectionInfo {
                status: CollectionStatus::Green as i32,
                optimizer_status: Some(OptimizerStatus { ok: true, error: String::new() }),
                segments_count: 1,
                config: Some(CollectionConfig { params: Some(collection.params()), ..CollectionConfig::default() }),
                payload_schema: collection.payload_schema(),
                points_count: Some(collection.points.len() as u64),
                ..CollectionInfo::default()
            })
        })?;
        Ok(Response::new(GetCollectionInfoResponse { result: Some(info), time: 0.0 }))
    }

    async fn list(&self, _: Request<ListCollectionsRequest>) -> Answer<ListCollectionsResponse> {
        let names: Vec<String> = self.with(|state| state.collections.keys().cloned().collect());
        let collections = names.into_iter().map(|name| CollectionDescription { name }).collect();
        Ok(Response::new(ListCollectionsResponse { collections, time: 0.0 }))
    }

    async fn create(&self, request: Request<CreateCollection>) -> Answer<CollectionOperationResponse> {
        let request = request.into_inner();
        check(&request)?;
        self.with(|state| {
            let name = request.collection_name;
            if state.collections.contains_key(&name) {
                return Err(Status::already_exists(format!("Wrong input: Collection `{name}` already exists!")));
            }
            let (vectors, sparse) = (request.vectors_config, request.sparse_vectors_config);
            state.collections.insert(name, Collection { vectors, sparse, ..Collection::default() });
            Ok(done(true))
        })
    }

    async fn delete(&self, request: Request<DeleteCollection>) -> Answer<CollectionOperationResponse> {
        Ok(done(self.with(|state| state.collections.remove(&request.get_ref().collection_name).is_some())))
    }

    async fn collection_exists(&self, request: Request<CollectionExistsRequest>) -> Answer<CollectionExistsResponse> {
        let exists = self.with(|state| state.collections.contains_key(&request.get_ref().collection_name));
        Ok(Response::new(CollectionExistsResponse { result: Some(CollectionExists { exists }), time: 0.0 }))
    }

    async fn update(&self, _: Request<UpdateCollection>) -> Answer<CollectionOperationResponse> {
        Err(Status::unimplemented("update of a collection"))
    }
    async fn update_aliases(&self, _: Request<ChangeAliases>) -> Answer<CollectionOperationResponse> {
        Err(Status::unimplemented("aliases"))
    }
    async fn list_collection_aliases(&self, _: Request<ListCollectionAliasesRequest>) -> Answer<ListAliasesResponse> {
        Err(Status::unimplemented("aliases"))
    }
    async fn list_aliases(&self, _: Request<ListAliasesRequest>) -> Answer<ListAliasesResponse> {
        Err(Status::unimplemented("aliases"))
    }
    async fn collection_cluster_info(
        &self,
        _: Request<CollectionClusterInfoRequest>,
    ) -> Answer<CollectionClusterInfoResponse> {
        Err(Status::unimplemented("clusters"))
    }
    async fn update_collection_cluster_setup(
        &self,
        _: Request<UpdateCollectionClusterSetupRequest>,
    ) -> Answer<UpdateCollectionClusterSetupResponse> {
        Err(Status::unimplemented("clusters"))
    }
    async fn create_shard_key(&self, _: Request<CreateShardKeyRequest>) -> Answer<CreateShardKeyResponse> {
        Err(Status::unimplemented("shard keys"))
    }
    async fn delete_shard_key(&self, _: Request<DeleteShardKeyRequest>) -> Answer<DeleteShardKeyResponse> {
        Err(Status::unimplemented("shard keys"))
    }
    async fn list_shard_keys(&self, _: Request<ListShardKeysRequest>) -> Answer<ListShardKeysResponse> {
        Err(Status::unimplemented("shard keys"))
    }
}
