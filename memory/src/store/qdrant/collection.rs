//! The collections: their names, what is indexed in them, and making them where they are missing.

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

/// The dense vector's name.
pub(super) const DENSE: &str = "dense";
/// The sparse vector's name: the words of the index text.
pub(super) const WORDS: &str = "text";

/// Names of payload fields.
pub(super) mod field {
    pub(crate) const GUILD: &str = "guild_id";
    pub(crate) const CHANNEL: &str = "channel_id";
    pub(crate) const THREAD: &str = "thread_id";
    pub(crate) const PARENT: &str = "parent_id";
    pub(crate) const USER: &str = "user_id";
    /// What its author is called by, see `store::names`.
    pub(crate) const AUTHOR_NAME: &str = "author_name";
    /// What its channel is called.
    pub(crate) const CHANNEL_NAME: &str = "channel_name";
    pub(crate) const REPLY_TO: &str = "reply_to";
    /// When it was written, in microseconds.
    pub(crate) const WRITTEN_AT: &str = "written_at";
    /// The upper bits of the snowflake, see `point::slot`.
    pub(crate) const SLOT: &str = "slot";
    /// Its version, in microseconds.
    pub(crate) const VERSION: &str = "version";
    /// The rules by which its text was made, see `store::INDEX_VERSION`; those of points without it are the first.
    pub(crate) const INDEX_VERSION: &str = "index_version";
    /// The whole message, or the whole passage of a file, as JSON.
    pub(crate) const BODY: &str = "body";
    /// Only a passage of a file has it: the snowflake of its message.
    pub(crate) const MESSAGE: &str = "message_id";
    /// Only a passage has it: its file's key.
    pub(crate) const FILE: &str = "file";
}

/// The names of our collections on the server.
#[derive(Clone, Debug)]
pub(super) struct CollectionNames {
    /// Where this store's messages are: the embedder and its dimension are part of the name.
    pub(super) messages: String,
    /// What was removed, for every embedder: points without vectors or content.
    pub(super) removed: String,
    /// What every collection of this deployment begins with.
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

    /// The collections with messages of every embedder that this deployment ever used.
    pub(super) async fn every_embedder(&self, client: &Qdrant) -> Result<Vec<String>, StoreError> {
        let all = client.list_collections().await.map_err(store_error)?;
        let names = all.collections.into_iter().map(|collection| collection.name);
        Ok(names.filter(|name| name.starts_with(&self.prefix) && *name != self.removed).collect())
    }
}

/// Drops them all.
pub(super) async fn drop(client: &Qdrant, names: &CollectionNames) -> Result<(), StoreError> {
    let mut all = names.every_embedder(client).await?;
    all.push(names.removed.clone());
    for name in all {
        client.delete_collection(name).await.map_err(store_error)?;
    }
    Ok(())
}

/// Creates what is missing, and checks what is there.
pub(super) async fn prepare(
    client: &Qdrant,
    names: &CollectionNames,
    space: Option<&EmbeddingSpace>,
) -> Result<(), StoreError> {
    // Points without vectors: an empty map of vectors, which is not the same as none to every version.
    let removed = CreateCollectionBuilder::new(&names.removed).vectors_config(VectorsConfigBuilder::default());
    create(client, removed.build()).await?;

    let mut words = SparseVectorsConfigBuilder::default();
    words.add_named_vector_params(WORDS, SparseVectorParamsBuilder::default().modifier(Modifier::Idf as i32));
    let mut messages = CreateCollectionBuilder::new(&names.messages).sparse_vectors_config(words);
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
            "Qdrant's collection {} holds vectors of {found:?} numbers, not {expected:?}; delete it or set \
             QDRANT_COLLECTION_PREFIX to another name",
            names.messages
        )));
    }
    index_fields(client, &names.messages, &info).await
}

/// The numbers in this collection's dense vectors.
fn dimension(info: &CollectionInfo) -> Option<u64> {
    let vectors = info.config.as_ref()?.params.as_ref()?.vectors_config.as_ref()?;
    match vectors.config.as_ref()? {
        Config::Params(_) => None,
        Config::ParamsMap(map) => map.map.get(DENSE).map(|params| params.size),
    }
}

/// Creates a collection unless it is there; another process may be doing the same.
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

/// Indexes each field that is filtered or sorted by, where that is not done yet.
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
