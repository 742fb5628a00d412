//! Collections and their points.

use qdrant_client::qdrant::{
    CollectionParams, Modifier, PayloadIndexParams, PayloadSchemaInfo, PayloadSchemaType, PointId, SparseVectorConfig,
    Value, VectorParams, VectorsConfig, payload_index_params::IndexParams, point_id::PointIdOptions,
    vectors_config::Config,
};
use std::collections::{BTreeMap, HashMap};
use tonic::Status;

/// Everything a server keeps.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) collections: BTreeMap<String, Collection>,
}

impl State {
    pub(super) fn collection(&mut self, name: &str) -> Result<&mut Collection, Status> {
        let missing = || Status::not_found(format!("Not found: Collection `{name}` doesn't exist!"));
        self.collections.get_mut(name).ok_or_else(missing)
    }
}

/// A point's id: numbers come before UUIDs, as in Qdrant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Id {
    Number(u64),
    Uuid(String),
}

impl Id {
    pub(super) fn read(id: Option<&PointId>) -> Result<Self, Status> {
        match id.and_then(|id| id.point_id_options.as_ref()) {
            Some(PointIdOptions::Num(number)) => Ok(Self::Number(*number)),
            Some(PointIdOptions::Uuid(text)) => match uuid::Uuid::parse_str(text) {
                Ok(uuid) => Ok(Self::Uuid(uuid.to_string())),
                Err(_) => Err(Status::invalid_argument(format!("Unable to parse UUID: {text}"))),
            },
            None => Err(Status::invalid_argument("Empty ID is not allowed")),
        }
    }

    pub(super) fn write(&self) -> PointId {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Uuid(uuid) => uuid.clone().into(),
        }
    }
}

/// A vector of a point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Dense(Vec<f32>),
    /// Sorted by number.
    Sparse(BTreeMap<u32, f32>),
}

/// A point.
#[derive(Clone, Debug, Default)]
pub(super) struct Point {
    pub(super) payload: HashMap<String, Value>,
    pub(super) vectors: HashMap<String, Stored>,
}

/// A collection.
#[derive(Debug, Default)]
pub(super) struct Collection {
    pub(super) vectors: Option<VectorsConfig>,
    pub(super) sparse: Option<SparseVectorConfig>,
    pub(super) schema: BTreeMap<String, (PayloadSchemaType, Option<PayloadIndexParams>)>,
    pub(super) points: BTreeMap<Id, Point>,
}

impl Collection {
    /// The parameters of a dense vector.
    pub(super) fn dense(&self, name: &str) -> Option<&VectorParams> {
        match self.vectors.as_ref()?.config.as_ref()? {
            Config::Params(params) => name.is_empty().then_some(params),
            Config::ParamsMap(map) => map.map.get(name),
        }
    }

    /// Whether there is such a sparse vector, and whether it is multiplied with the words' rarity.
    pub(super) fn sparse(&self, name: &str) -> Option<bool> {
        let params = self.sparse.as_ref()?.map.get(name)?;
        Some(params.modifier == Some(Modifier::Idf as i32))
    }

    pub(super) fn params(&self) -> CollectionParams {
        CollectionParams {
            shard_number: 1,
            vectors_config: self.vectors.clone(),
            replication_factor: Some(1),
            write_consistency_factor: Some(1),
            sparse_vectors_config: self.sparse.clone(),
            ..CollectionParams::default()
        }
    }

    pub(super) fn payload_schema(&self) -> HashMap<String, PayloadSchemaInfo> {
        let info = |(field, (kind, params)): (&String, &(PayloadSchemaType, Option<PayloadIndexParams>))| {
            let points = self.points.values().filter(|point| point.payload.contains_key(field)).count() as u64;
            (field.clone(), PayloadSchemaInfo { data_type: *kind as i32, params: params.clone(), points: Some(points) })
        };
        self.schema.iter().map(info).collect()
    }

    pub(super) fn indexes(&self) -> Vec<(String, PayloadSchemaType, bool)> {
        let tenant = |params: &Option<PayloadIndexParams>| match params.as_ref().and_then(|p| p.index_params.as_ref()) {
            Some(IndexParams::KeywordIndexParams(keyword)) => keyword.is_tenant == Some(true),
            _ => false,
        };
        self.schema.iter().map(|(field, (kind, params))| (field.clone(), *kind, tenant(params))).collect()
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        self.points.values().any(|point| format!("{:?}", point.payload).contains(text))
    }
}
