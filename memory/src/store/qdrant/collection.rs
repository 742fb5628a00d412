//! The collections on the server: their names, payload fields and indexes, and their creation.

use super::client::store_error;
use crate::store::{EmbeddingSpace, QdrantConfig, StoreError};
use qdrant_client::{
    Qdrant,
    qdrant::{
        CollectionInfo, CreateCollection, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, Distance,
        FieldType, IntegerIndexParamsBuilder, KeywordIndexParamsBuilder, Modifier, SparseVectorParamsBuilder,
        SparseVectorsConfigBuilder, VectorParamsBuilder, VectorsConfigBuilder, vectors_config::Config,
    },
};

/// The named dense vector: the embedding.
pub(super) const DENSE: &str = "dense";
/// The named sparse vector: the term weights of the index text.
pub(super) const WORDS: &str = "text";

/// The payload fields of points.
pub(super) mod field {
    pub(crate) const GUILD: &str = "guild_id";
    pub(crate) const CHANNEL: &str = "channel_id";
    pub(crate) const THREAD: &str = "thread_id";
    pub(crate) const PARENT: &str = "parent_id";
    pub(crate) const USER: &str = "user_id";
    /// The normalised names of the author, see `store::names`.
    pub(crate) const AUTHOR_NAME: &str = "author_name";
    /// The normalised name of the channel.
    pub(crate) const CHANNEL_NAME: &str = "channel_name";
    pub(crate) const REPLY_TO: &str = "reply_to";
    /// The time of writing, in microseconds since 1970.
    pub(crate) const WRITTEN_AT: &str = "written_at";
    /// The upper bits of the snowflake, see `point::slot`.
    pub(crate) const SLOT: &str = "slot";
    /// The message's version (`ChatMessage::version`), in microseconds since 1970.
    pub(crate) const VERSION: &str = "version";
    /// The `store::INDEX_VERSION` of the index text; points without the field have version 1.
    pub(crate) const INDEX_VERSION: &str = "index_version";
    /// The whole message, or the whole passage of a file, as JSON.
    pub(crate) const BODY: &str = "body";
    /// The snowflake of a passage's message. Messages lack the field.
    pub(crate) const MESSAGE: &str = "message_id";
    /// The key of a passage's file. Messages lack the field.
    pub(crate) const FILE: &str = "file";
}

/// The names of this deployment's collections.
#[derive(Clone, Debug)]
pub(super) struct CollectionNames {
    /// The collection of this store's messages. The embedder and its dimension are part of the name.
    pub(super) messages: String,
    /// The collection of tombstones, which all embedders share: points without vectors or content.
    pub(super) removed: String,
    /// The prefix of every collection name, with its separator.
    prefix: String,
}

impl CollectionNames {
    pub(super) fn new(config: &QdrantConfig, space: Option<&EmbeddingSpace>) -> Self {
        let prefix = format!("{}-", config.prefix);
        let messages = match space {
            Some(EmbeddingSpace { name, dimension }) => format!("{prefix}{name}-{dimension}"),
            None => format!("{prefix}lexical"),
        };
        Self { messages, removed: format!("{prefix}removed"), prefix }
    }

    /// The message collections of all embedders that this deployment has used.
    pub(super) async fn every_embedder(&self, client: &Qdrant) -> Result<Vec<String>, StoreError> {
        let all = client.list_collections().await.map_err(store_error)?;
        let names = all.collections.into_iter().map(|collection| collection.name);
        Ok(names.filter(|name| name.starts_with(&self.prefix) && *name != self.removed).collect())
    }
}

/// Drops every collection of this deployment.
pub(super) async fn drop(client: &Qdrant, names: &CollectionNames) -> Result<(), StoreError> {
    let mut all = names.every_embedder(client).await?;
    all.push(names.removed.clone());
    for name in all {
        client.delete_collection(name).await.map_err(store_error)?;
    }
    Ok(())
}

/// Creates missing collections and indexes, and checks the dimension of an existing collection.
pub(super) async fn prepare(
    client: &Qdrant,
    names: &CollectionNames,
    space: Option<&EmbeddingSpace>,
) -> Result<(), StoreError> {
    // Tombstones have no vectors. Some server versions require an empty map of vectors rather than none.
    let removed = CreateCollectionBuilder::new(&names.removed).vectors_config(VectorsConfigBuilder::default());
    create(client, removed.build()).await?;

    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params(WORDS, SparseVectorParamsBuilder::default().modifier(Modifier::Idf as i32));
    let mut messages = CreateCollectionBuilder::new(&names.messages).sparse_vectors_config(sparse);
    if let Some(space) = space {
        let mut vectors = VectorsConfigBuilder::default();
        vectors.add_named_vector_params(DENSE, VectorParamsBuilder::new(space.dimension as u64, Distance::Cosine));
        messages = messages.vectors_config(vectors);
    }
    create(client, messages.build()).await?;

    let info = client.collection_info(&names.messages).await.map_err(store_error)?.result.unwrap_or_default();
    let (expected, found) = (space.map(|space| space.dimension as u64), dimension(&info));
    if expected != found {
        return Err(StoreError::Unusable(format!(
            "Qdrant collection {} has dense vectors of dimension {}, but the embedder needs {}; delete the collection \
             or set QDRANT_COLLECTION_PREFIX to another name",
            names.messages,
            in_words(found),
            in_words(expected)
        )));
    }
    index_fields(client, &names.messages, &info).await
}

/// A dimension as shown to people.
fn in_words(dimension: Option<u64>) -> String {
    dimension.map_or_else(|| "none".to_owned(), |dimension| dimension.to_string())
}

/// The dimension of a collection's dense vectors; `None` where it has no vector named [`DENSE`].
fn dimension(info: &CollectionInfo) -> Option<u64> {
    let vectors = info.config.as_ref()?.params.as_ref()?.vectors_config.as_ref()?;
    match vectors.config.as_ref()? {
        Config::Params(_) => None,
        Config::ParamsMap(map) => map.map.get(DENSE).map(|params| params.size),
    }
}

/// Creates a collection unless it exists. Another process may create it concurrently.
async fn create(client: &Qdrant, request: CreateCollection) -> Result<(), StoreError> {
    let name = request.collection_name.clone();
    if client.collection_exists(&name).await.map_err(store_error)? {
        return Ok(());
    }
    match client.create_collection(request).await {
        Ok(_) => Ok(()),
        Err(error) => match client.collection_exists(&name).await {
            Ok(true) => Ok(()),
            _ => Err(store_error(error)),
        },
    }
}

/// Creates the missing indexes on the fields that requests filter or sort by.
async fn index_fields(client: &Qdrant, collection: &str, info: &CollectionInfo) -> Result<(), StoreError> {
    let new = |field: &str, kind| CreateFieldIndexCollectionBuilder::new(collection, field, kind).wait(true);
    let keyword = |field: &'static str, tenant| {
        let parameters = KeywordIndexParamsBuilder::default().is_tenant(tenant);
        (field, new(field, FieldType::Keyword).field_index_params(parameters))
    };
    let integer = |field: &'static str| {
        let parameters = IntegerIndexParamsBuilder::new(true, true);
        (field, new(field, FieldType::Integer).field_index_params(parameters))
    };
    let indexes = [
        keyword(field::GUILD, true),
        keyword(field::CHANNEL, false),
        keyword(field::THREAD, false),
        keyword(field::PARENT, false),
        keyword(field::USER, false),
        keyword(field::REPLY_TO, false),
        keyword(field::MESSAGE, false),
        keyword(field::AUTHOR_NAME, false),
        keyword(field::CHANNEL_NAME, false),
        integer(field::WRITTEN_AT),
        integer(field::SLOT),
    ];
    for (field, index) in indexes {
        if !info.payload_schema.contains_key(field) {
            client.create_field_index(index).await.map_err(store_error)?;
        }
    }
    Ok(())
}
