//! Settings of the model that runs in this process.

use rtfm_shared::config::{ConfigError, Env};
use std::path::{Path, PathBuf};
use url::Url;

/// Whether this build includes the model's runtime.
const BUILT_IN: bool = cfg!(feature = "local-embeddings");

/// The model's files on the hub, pinned to the revision of the known digests.
const HUB: &str =
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// The most threads by default.
const USUAL_THREADS: usize = 4;

/// Model files and threads of the local embedder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalConfig {
    /// The origin of the model's files.
    pub model: ModelSource,
    /// `LOCAL_EMBEDDING_THREADS`: threads for documents (default: one per core, at most 4); queries use one more.
    pub threads: usize,
}

/// The origin of the model's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// `LOCAL_MODEL_DIR`: a folder with the model's files.
    Folder(PathBuf),
    /// A download from the hub, kept for later starts.
    Hub {
        /// `LOCAL_MODEL_URL`: the base URL of the files, for mirrors.
        url: Url,
        /// The target of the download: `models` in the data directory.
        directory: PathBuf,
    },
}

impl LocalConfig {
    /// Reads the `LOCAL_*` variables. Fails in builds without the `local-embeddings` feature.
    pub fn from_env(env: &Env, data_directory: &Path) -> Result<Self, ConfigError> {
        if !BUILT_IN {
            return Err(ConfigError {
                variable: "EMBEDDER".to_owned(),
                fault:
                    "is local, which needs a build with the local model's runtime: build with --features local-embeddings, or \
                     use the image"
                        .to_owned(),
                example: "auto".to_owned(),
            });
        }
        let model = match env.get("LOCAL_MODEL_DIR") {
            Some(folder) => ModelSource::Folder(folder.into()),
            None => ModelSource::Hub { url: url(env)?, directory: data_directory.join("models") },
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = env.number("LOCAL_EMBEDDING_THREADS", cores.min(USUAL_THREADS), 1..=256)?;
        Ok(Self { model, threads })
    }
}

fn url(env: &Env) -> Result<Url, ConfigError> {
    let text = env.get("LOCAL_MODEL_URL").unwrap_or(HUB);
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        // The error omits the value, because a URL can contain a password.
        _ => Err(ConfigError {
            variable: "LOCAL_MODEL_URL".to_owned(),
            fault: "must be an http or https URL".to_owned(),
            example: HUB.to_owned(),
        }),
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
    fn a_build_without_the_feature_names_it() {
        let error = read(&Env::default()).unwrap_err();
        assert!(
            error.starts_with("EMBEDDER is local, which needs") && error.contains("--features local-embeddings"),
            "{error}"
        );
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn a_folder_overrides_the_hub() {
        let hub = read(&Env::default()).unwrap();
        let ModelSource::Hub { url, directory } = hub.model else { panic!("{hub:?}") };
        assert_eq!((url.as_str(), directory.as_path()), (HUB, Path::new("data/models")));
        assert!((1..=USUAL_THREADS).contains(&hub.threads));
        let env = Env::of([("LOCAL_MODEL_DIR", "/models/minilm"), ("LOCAL_EMBEDDING_THREADS", "7")]);
        let folder = LocalConfig { model: ModelSource::Folder("/models/minilm".into()), threads: 7 };
        assert_eq!(read(&env), Ok(folder));
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn an_error_names_the_variable() {
        for (variable, value) in [("LOCAL_MODEL_URL", "ftp://mirror"), ("LOCAL_EMBEDDING_THREADS", "0")] {
            let error = read(&Env::of([(variable, value)])).unwrap_err();
            assert!(error.starts_with(variable), "{error}");
        }
    }
}
