//! Settings of the local embedder.

use rtfm_shared::config::{ConfigError, Env};
use std::path::{Path, PathBuf};
use url::Url;

const BUILT_IN: bool = cfg!(feature = "local-embeddings");

/// The model's folder on the hub, at the revision whose digests the downloader checks.
const HUB: &str =
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// The default number of threads, on machines with at least as many cores.
const DEFAULT_THREADS: usize = 4;

/// Where the local embedder finds its model and how many threads it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalConfig {
    /// A folder or the hub.
    pub model: ModelSource,
    /// `LOCAL_EMBEDDING_THREADS`: threads that embed messages (default: one per core, at most 4). Questions have one
    /// more.
    pub threads: usize,
}

/// The source of the model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// `LOCAL_MODEL_DIR`: a folder that holds them.
    Folder(PathBuf),
    /// The hub, from which the first start downloads them.
    Hub {
        /// `LOCAL_MODEL_URL`: the address before the file names; a mirror can replace the hub.
        url: Url,
        /// The folder that keeps the downloaded models: `models` in the data directory.
        directory: PathBuf,
    },
}

impl LocalConfig {
    /// Reads `LOCAL_MODEL_DIR`, `LOCAL_MODEL_URL` and `LOCAL_EMBEDDING_THREADS`.
    pub fn from_env(env: &Env, data_directory: &Path) -> Result<Self, ConfigError> {
        if !BUILT_IN {
            return Err(ConfigError::new(
                "EMBEDDER",
                "is local, which needs a build with the local embedder, and this build has none: build with \
                 --features local-embeddings, or use the image",
                "auto",
            ));
        }
        let model = match env.get("LOCAL_MODEL_DIR") {
            Some(folder) => ModelSource::Folder(folder.into()),
            None => ModelSource::Hub {
                url: env.http_url("LOCAL_MODEL_URL", HUB)?,
                directory: data_directory.join("models"),
            },
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = env.number("LOCAL_EMBEDDING_THREADS", cores.min(DEFAULT_THREADS), 1..=256)?;
        Ok(Self { model, threads })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(env: &Env) -> Result<LocalConfig, String> {
        LocalConfig::from_env(env, Path::new("data")).map_err(|error| error.to_string())
    }

    #[cfg(not(feature = "local-embeddings"))]
    #[test]
    fn a_build_without_the_feature_reports_it() {
        let error = read(&Env::default()).unwrap_err();
        assert!(
            error.starts_with("EMBEDDER is local, which needs") && error.contains("--features local-embeddings"),
            "{error}"
        );
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn a_folder_takes_precedence_over_the_hub() {
        let hub = read(&Env::default()).unwrap();
        let ModelSource::Hub { url, directory } = hub.model else { panic!("{hub:?}") };
        assert_eq!((url.as_str(), directory.as_path()), (HUB, Path::new("data/models")));
        assert!((1..=DEFAULT_THREADS).contains(&hub.threads));
        let env = Env::of([("LOCAL_MODEL_DIR", "/models/minilm"), ("LOCAL_EMBEDDING_THREADS", "7")]);
        let folder = LocalConfig { model: ModelSource::Folder("/models/minilm".into()), threads: 7 };
        assert_eq!(read(&env), Ok(folder));
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn an_invalid_setting_is_named() {
        for (variable, value) in [("LOCAL_MODEL_URL", "ftp://mirror"), ("LOCAL_EMBEDDING_THREADS", "0")] {
            let error = read(&Env::of([(variable, value)])).unwrap_err();
            assert!(error.starts_with(variable), "{error}");
        }
    }
}
