//! Attachments: fetched, read and cut into passages, each within its limits. A file that cannot be read is skipped, and
//! the reason is counted; its message is indexed without it.

mod config;
mod fetch;

use fetch::Fetcher;
use metrics::counter;
use rtfm_documents::{DocumentKind, ReaderPool, Reading, Skipped};
use rtfm_shared::event::{Attachment, MessageId};
use std::ffi::OsString;
use tokio::time::{Instant, timeout, timeout_at};

pub use config::AttachmentConfig;
pub use fetch::FetchError;

/// Counts files by outcome.
pub(crate) const FILES: &str = "rtfm_attachments_total";

/// Fetches the files of messages and cuts them into passages.
#[derive(Debug)]
pub struct FileReader {
    config: AttachmentConfig,
    fetcher: Fetcher,
    pool: ReaderPool,
}

impl FileReader {
    /// A reader with these limits.
    pub fn new(config: AttachmentConfig) -> Result<Self, FetchError> {
        let fetcher = Fetcher::new(&config)?;
        Ok(Self { config, fetcher, pool: ReaderPool::default() })
    }

    /// The same reader, which starts this command instead of its own program to read a document: for programs that do
    /// not call [`rtfm_documents::run_as_reader`], such as tests.
    pub fn with_command(mut self, command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.pool = self.pool.with_command(command);
        self
    }

    /// The instant from which the files of a batch of messages that begins now are skipped: they are read side by
    /// side, so this is only ever met when very many are slow.
    pub(crate) fn end_of_batch(&self) -> Instant {
        Instant::now() + 6 * self.config.time_limit
    }

    /// The text of a file, within its limits of size and time and until an instant. Counted.
    pub(crate) async fn read(
        &self,
        message: &MessageId,
        file: &Attachment,
        until: Instant,
    ) -> Result<Reading, Skipped> {
        let reading = match timeout_at(until, self.read_in_time(file)).await {
            Ok(reading) => reading,
            Err(_) => Err(Skipped::BatchTimeout),
        };
        match &reading {
            Ok(reading) => {
                let reason = if reading.truncated { "cut" } else { "none" };
                counter!(FILES, "outcome" => "read", "reason" => reason).increment(1);
                tracing::debug!(%message, file = %file.id, passages = reading.passages.len(), reason, "read a file");
            }
            Err(skipped) => {
                counter!(FILES, "outcome" => "skipped", "reason" => skipped.reason()).increment(1);
                let reason = skipped.reason();
                match skipped {
                    // Every picture is one.
                    Skipped::Kind => tracing::debug!(%message, file = %file.id, reason, "skipped a file"),
                    _ => tracing::info!(%message, file = %file.id, reason, "skipped a file: {skipped}"),
                }
            }
        }
        reading
    }

    async fn read_in_time(&self, file: &Attachment) -> Result<Reading, Skipped> {
        let kind = DocumentKind::of(file).ok_or(Skipped::Kind)?;
        let AttachmentConfig { max_bytes, max_passages, time_limit, .. } = self.config;
        if file.size > max_bytes {
            return Err(Skipped::TooLarge);
        }
        let reading = async {
            let bytes = self.fetcher.fetch(&file.url).await?;
            self.pool.read(kind, bytes, max_passages, time_limit).await
        };
        timeout(time_limit, reading).await.unwrap_or(Err(Skipped::Slow))
    }
}
