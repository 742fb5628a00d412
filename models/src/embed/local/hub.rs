//! Downloads the model from the hub, once. A broken download resumes, each file must have its known digest, and
//! processes that share a data directory take turns.

use super::model::{MINILM, digest};
use crate::embed::EmbedError;
use backon::{ExponentialBuilder, Retryable};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, StatusCode, header::RANGE};
use rtfm_shared::resilience::{Class, Classify};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::io::AsyncWriteExt;
use url::Url;

/// Retries of a file after its first attempt.
const RETRIES: usize = 4;
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// A hub that sends nothing for this long has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A file of the model: only these bytes will do.
#[derive(Clone, Copy, Debug)]
struct ModelFile<'a> {
    name: &'a str,
    bytes: u64,
    sha256: &'a str,
}

/// The files of all-MiniLM-L6-v2.
const FILES: [ModelFile<'static>; 3] = [
    ModelFile {
        name: "config.json",
        bytes: 612,
        sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    },
    ModelFile {
        name: "tokenizer.json",
        bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    ModelFile { name: "model.safetensors", bytes: 90_868_376, sha256: MINILM.1 },
];

/// The model's folder inside `directory`. Downloads from `url` the files that the folder lacks.
pub(super) async fn fetch(url: &Url, directory: &Path) -> Result<PathBuf, EmbedError> {
    let folder = directory.join(MINILM.0);
    fetch_all(url, &folder, &FILES, FIRST_DELAY).await?;
    Ok(folder)
}

async fn fetch_all(url: &Url, folder: &Path, files: &[ModelFile<'_>], delay: Duration) -> Result<(), EmbedError> {
    if files.iter().all(|file| is_complete(folder, file)) {
        return Ok(());
    }
    let in_folder = |error: std::io::Error| EmbedError::Unavailable(format!("{}: {error}", folder.display()));
    tokio::fs::create_dir_all(folder).await.map_err(in_folder)?;
    let lock = folder.join(".lock");
    let locking = tokio::task::spawn_blocking(move || {
        let lock = std::fs::File::create(lock)?;
        lock.lock()?;
        Ok::<_, std::io::Error>(lock)
    });
    let _lock = locking.await.map_err(std::io::Error::other).flatten().map_err(in_folder)?;
    let client = Client::builder().connect_timeout(TIMEOUT).read_timeout(TIMEOUT).build();
    let client = client.map_err(|error| EmbedError::Unavailable(format!("cannot download the model: {error}")))?;
    for file in files.iter().filter(|file| !is_complete(folder, file)) {
        let download = Download { client: &client, url: address(url, file.name), folder, file };
        download.run(delay).await.map_err(|error| {
            EmbedError::Unavailable(format!(
                "cannot download {}: {error}; set LOCAL_MODEL_URL to a mirror, or LOCAL_MODEL_DIR to a folder with the \
                 model",
                shown(&download.url)
            ))
        })?;
    }
    Ok(())
}

/// Whether the folder has the file. A download gets its final name only after its digest was checked, so the size is
/// enough here.
fn is_complete(folder: &Path, file: &ModelFile<'_>) -> bool {
    std::fs::metadata(folder.join(file.name)).is_ok_and(|found| found.len() == file.bytes)
}

fn address(url: &Url, name: &str) -> Url {
    let mut address = url.clone();
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.pop_if_empty().push(name);
    }
    address
}

/// The address for messages: without a password or a token in its query.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[derive(Debug, thiserror::Error)]
enum DownloadError {
    #[error("{0}")]
    Http(reqwest::Error),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the download ended after {0} bytes")]
    Incomplete(u64),
    #[error("the server sent another file: its SHA-256 is not the model's")]
    WrongDigest,
    #[error("{0}")]
    File(#[from] std::io::Error),
}

impl From<reqwest::Error> for DownloadError {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl Classify for DownloadError {
    fn class(&self) -> Class {
        match self {
            Self::Http(_) | Self::Incomplete(_) | Self::WrongDigest => Class::Transient,
            Self::Status(status) if status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS => {
                Class::Transient
            }
            Self::Status(_) | Self::File(_) => Class::Permanent,
        }
    }
}

struct Download<'a> {
    client: &'a Client,
    url: Url,
    folder: &'a Path,
    file: &'a ModelFile<'a>,
}

impl Download<'_> {
    async fn run(&self, delay: Duration) -> Result<(), DownloadError> {
        let delays = ExponentialBuilder::new()
            .with_min_delay(delay)
            .with_max_delay(LONGEST_DELAY)
            .with_max_times(RETRIES)
            .with_jitter();
        let attempt = || self.attempt();
        let retried = attempt.retry(delays).when(|error| error.class() == Class::Transient);
        retried
            .notify(|error, _| tracing::warn!(url = shown(&self.url), %error, "failed to download the model, retrying"))
            .await
    }

    /// Downloads what earlier attempts left missing.
    async fn attempt(&self) -> Result<(), DownloadError> {
        let part = self.folder.join(format!("{}.part", self.file.name));
        let mut to = tokio::fs::OpenOptions::new().append(true).create(true).open(&part).await?;
        let mut have = to.metadata().await?.len();
        if have < self.file.bytes {
            let mut request = self.client.get(self.url.clone());
            if have > 0 {
                request = request.header(RANGE, format!("bytes={have}-"));
            }
            let response = request.send().await?;
            match response.status() {
                StatusCode::PARTIAL_CONTENT => {}
                StatusCode::OK => {
                    to.set_len(0).await?;
                    have = 0;
                }
                status => return Err(DownloadError::Status(status)),
            }
            let mut progress = DownloadProgress::new(self.file, have);
            let mut body = response.bytes_stream();
            while let Some(chunk) = body.next().await {
                let chunk = chunk?;
                have += chunk.len() as u64;
                if have > self.file.bytes {
                    break;
                }
                to.write_all(&chunk).await?;
                progress.update(have);
            }
            to.flush().await?;
            to.sync_all().await?;
        }
        if have < self.file.bytes {
            return Err(DownloadError::Incomplete(have));
        }
        let path = part.clone();
        let checking = tokio::task::spawn_blocking(move || Ok::<_, std::io::Error>(digest(&std::fs::read(path)?)));
        let found = checking.await.map_err(std::io::Error::other).flatten()?;
        if have > self.file.bytes || found != self.file.sha256 {
            tokio::fs::remove_file(&part).await?;
            return Err(DownloadError::WrongDigest);
        }
        tokio::fs::rename(&part, self.folder.join(self.file.name)).await?;
        Ok(())
    }
}

/// Shows progress: a bar on a terminal, otherwise a log line for every tenth.
struct DownloadProgress {
    bar: ProgressBar,
    total: u64,
    /// The next tenth to log.
    next: u64,
}

impl DownloadProgress {
    fn new(file: &ModelFile<'_>, have: u64) -> Self {
        let bar = ProgressBar::new(file.bytes).with_position(have).with_message(file.name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        if bar.is_hidden() {
            tracing::info!(file = file.name, bytes = file.bytes, have, "downloading the model");
        }
        Self { bar, total: file.bytes.max(1), next: have * 10 / file.bytes.max(1) + 1 }
    }

    fn update(&mut self, have: u64) {
        self.bar.set_position(have);
        let tenth = have * 10 / self.total;
        if tenth >= self.next && self.bar.is_hidden() {
            tracing::info!(bytes = have, of = self.total, "downloading the model");
            self.next = tenth + 1;
        }
    }
}

impl Drop for DownloadProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
