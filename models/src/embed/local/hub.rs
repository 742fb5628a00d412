//! Fetches the model from the hub, once: what was fetched is checked against its known digest, a download that broke off is
//! gone on with, and processes that share a data directory wait for one another.

use super::model::{MINILM, digest};
use crate::embed::EmbedError;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Client, StatusCode, header::RANGE};
use rtfm_shared::resilience::Backoff;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::io::AsyncWriteExt;
use url::Url;

/// How often a file is tried.
const TRIES: u32 = 5;
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// How long the hub may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A file of the model as it must be.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    name: &'a str,
    bytes: u64,
    sha256: &'a str,
}

/// all-MiniLM-L6-v2.
const FILES: [Wanted<'static>; 3] = [
    Wanted {
        name: "config.json",
        bytes: 612,
        sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    },
    Wanted {
        name: "tokenizer.json",
        bytes: 466_247,
        sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    Wanted { name: "model.safetensors", bytes: 90_868_376, sha256: MINILM.1 },
];

/// The folder with the model, below `directory`; what is missing there comes from `url`.
pub(super) async fn fetch(url: &Url, directory: &Path) -> Result<PathBuf, EmbedError> {
    let folder = directory.join(MINILM.0);
    fetch_all(url, &folder, &FILES, FIRST_DELAY).await?;
    Ok(folder)
}

async fn fetch_all(url: &Url, folder: &Path, files: &[Wanted<'_>], delay: Duration) -> Result<(), EmbedError> {
    if files.iter().all(|file| is_there(folder, file)) {
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
    let client = Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE).build();
    let client = client.map_err(|error| EmbedError::Unavailable(format!("the model cannot be fetched: {error}")))?;
    for file in files.iter().filter(|file| !is_there(folder, file)) {
        let download = Download { client: &client, url: address(url, file.name), folder, file };
        download.persist(delay).await.map_err(|error| {
            EmbedError::Unavailable(format!(
                "{} cannot be fetched: {error}; name another address of it in LOCAL_MODEL_URL, or a folder with the \
                 model in LOCAL_MODEL_DIR",
                download.url
            ))
        })?;
    }
    Ok(())
}

/// Whether a file was fetched; it got its name only when it was right.
fn is_there(folder: &Path, file: &Wanted<'_>) -> bool {
    std::fs::metadata(folder.join(file.name)).is_ok_and(|found| found.len() == file.bytes)
}

fn address(url: &Url, name: &str) -> Url {
    let mut address = url.clone();
    if let Ok(mut segments) = address.path_segments_mut() {
        segments.pop_if_empty().push(name);
    }
    address
}

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer was {0}")]
    Status(StatusCode),
    #[error("it ended after {0} bytes")]
    Short(u64),
    #[error("it is not the file that it must be")]
    Other,
    #[error("{0}")]
    File(#[from] std::io::Error),
}

impl Fault {
    /// Whether another try may succeed.
    fn passes(&self) -> bool {
        match self {
            Self::Http(_) | Self::Short(_) | Self::Other => true,
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::File(_) => false,
        }
    }
}

struct Download<'a> {
    client: &'a Client,
    url: Url,
    folder: &'a Path,
    file: &'a Wanted<'a>,
}

impl Download<'_> {
    /// Tries until the file is there.
    async fn persist(&self, delay: Duration) -> Result<(), Fault> {
        let mut delays = Backoff::new(delay, LONGEST_DELAY);
        let mut tries = 1;
        loop {
            match self.attempt().await {
                Err(fault) if fault.passes() && tries < TRIES => {
                    tracing::warn!(url = %self.url, %fault, "fetching a model broke off; going on with it");
                    tokio::time::sleep(delays.next_delay()).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Fetches what is missing behind what earlier tries left.
    async fn attempt(&self) -> Result<(), Fault> {
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
                status => return Err(Fault::Status(status)),
            }
            let mut progress = Progress::of(self.file, have);
            let mut body = response.bytes_stream();
            while let Some(some) = body.next().await {
                let some = some?;
                have += some.len() as u64;
                if have > self.file.bytes {
                    break;
                }
                to.write_all(&some).await?;
                progress.reach(have);
            }
            to.flush().await?;
            to.sync_all().await?;
        }
        if have < self.file.bytes {
            return Err(Fault::Short(have));
        }
        let path = part.clone();
        let checking = tokio::task::spawn_blocking(move || Ok::<_, std::io::Error>(digest(&std::fs::read(path)?)));
        let found = checking.await.map_err(std::io::Error::other).flatten()?;
        if have > self.file.bytes || found != self.file.sha256 {
            tokio::fs::remove_file(&part).await?;
            return Err(Fault::Other);
        }
        tokio::fs::rename(&part, self.folder.join(self.file.name)).await?;
        Ok(())
    }
}

/// How far a download is: a bar on a terminal, lines in the log where there is none.
struct Progress {
    bar: ProgressBar,
    total: u64,
    /// The tenth that is logged next.
    next: u64,
}

impl Progress {
    fn of(file: &Wanted<'_>, have: u64) -> Self {
        let bar = ProgressBar::new(file.bytes).with_position(have).with_message(file.name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        if bar.is_hidden() {
            tracing::info!(file = file.name, bytes = file.bytes, have, "fetching the model");
        }
        Self { bar, total: file.bytes.max(1), next: have * 10 / file.bytes.max(1) + 1 }
    }

    fn reach(&mut self, have: u64) {
        self.bar.set_position(have);
        let tenth = have * 10 / self.total;
        if tenth >= self.next && self.bar.is_hidden() {
            tracing::info!(bytes = have, of = self.total, "fetching the model");
            self.next = tenth + 1;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
