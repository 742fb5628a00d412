//! Settings of the model that this process runs itself.

use rtfm_shared::config::{ConfigError, Env};
use std::path::{Path, PathBuf};
use url::Url;

/// Whether this build has such a model.
const BUILT_IN: bool = cfg!(feature = "local-embeddings");

/// The model's files on the hub, at the revision whose digests are known.
const HUB: &str =
    "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// Threads that are taken unless others are asked for, where there are as many cores.
const USUAL_THREADS: usize = 4;

/// Where the model is and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalConfig {
    /// Where the model is.
    pub model: ModelSource,
    /// `LOCAL_EMBEDDING_THREADS`: threads for what is stored (default: as many as cores, at most 4); questions have one
    /// more.
    pub threads: usize,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// `LOCAL_MODEL_DIR`: a folder that has it.
    Folder(PathBuf),
    /// The hub, once.
    Hub {
        /// `LOCAL_MODEL_URL`: what its files' names are put behind, for mirrors.
        url: Url,
        /// Where it is kept: `models` in the data directory.
        directory: PathBuf,
    },
}

impl LocalConfig {
    /// Reads the environment.
    pub fn from_env(env: &Env, data_directory: &Path) -> Result<Self, ConfigError> {
        if !BUILT_IN {
            return Err(ConfigError {
                variable: "EMBEDDER".to_owned(),
                fault:
                    "is local, which needs a build with a model's runtime, and this one is not: build with --features \
                        local-embeddings, or use the image"
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
        // The value is not shown: a URL can carry a password.
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
    fn a_build_without_it_says_so() {
        let error = read(&Env::default()).unwrap_err();
        assert!(
            error.starts_with("EMBEDDER is local, which needs") && error.contains("--features local-embeddings"),
            "{error}"
        );
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn a_folder_goes_before_the_hub() {
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
    fn a_wrong_setting_is_named() {
        for (variable, value) in [("LOCAL_MODEL_URL", "ftp://mirror"), ("LOCAL_EMBEDDING_THREADS", "0")] {
            let error = read(&Env::of([(variable, value)])).unwrap_err();
            assert!(error.starts_with(variable), "{error}");
        }
    }
}
