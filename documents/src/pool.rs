//! Turns documents into passages, a few at once and off the async threads. A blocking thread decodes text; a process of
//! its own reads any other format, see [`crate::child`].

use crate::{
    DocumentKind, Reading, Skipped,
    child::{ARGUMENT, ReaderLine, Request},
    text,
};
use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::Semaphore,
    task::spawn_blocking,
};

/// The most documents that are read at the same time.
const MAX_CONCURRENT: usize = 4;
/// The most address space of a process that reads a document.
const MAX_MEMORY_BYTES: u64 = 512 << 20;
/// The most bytes of JSON per byte of text, over a whole text.
const JSON_OVERHEAD: usize = 4;

/// The signals of exhausted memory, of an exhausted stack, and of exhausted CPU time.
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;
const SIGXCPU: i32 = 24;

/// Reads a few documents at once. Clones share the bound.
#[derive(Clone, Debug)]
pub struct ReaderPool {
    /// The command that reads a document; `None` for this program itself.
    command: Option<Vec<OsString>>,
    slots: Arc<Semaphore>,
}

impl Default for ReaderPool {
    fn default() -> Self {
        Self { command: None, slots: Arc::new(Semaphore::new(MAX_CONCURRENT)) }
    }
}

impl ReaderPool {
    /// Reads documents with this command instead of the program itself, for programs that do not call
    /// [`crate::run_as_reader`], such as tests.
    #[must_use]
    pub fn with_command(mut self, command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.command = Some(command.into_iter().map(Into::into).collect());
        self
    }

    /// The passages of a document. The caller bounds the time: dropping this future kills the reader's process.
    pub async fn read(
        &self,
        kind: DocumentKind,
        bytes: Vec<u8>,
        max_passages: usize,
        time_limit: Duration,
    ) -> Result<Reading, Skipped> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| Skipped::Failed)?;
        let max_text_bytes = text::max_text_bytes(max_passages);
        let extracted = match kind {
            DocumentKind::Pdf => {
                let cpu_seconds = time_limit.as_secs() + 1;
                let request = Request { kind, max_text_bytes, memory_bytes: MAX_MEMORY_BYTES, cpu_seconds };
                Some(self.extract(request, &bytes).await?)
            }
            _ => None,
        };
        let work = move || {
            let _slot = slot;
            let text = extracted.map_or_else(|| text::decoded(kind, &bytes, max_text_bytes), Ok)?;
            text::cut(kind, &text, max_passages)
        };
        spawn_blocking(work).await.unwrap_or(Err(Skipped::Crashed))
    }

    /// The text of a document, from a process of its own.
    async fn extract(&self, request: Request, bytes: &[u8]) -> Result<String, Skipped> {
        let mut child = self.start(&request).map_err(|error| {
            tracing::error!(%error, "failed to start a process that reads a document");
            Skipped::Crashed
        })?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Skipped::Crashed);
        };
        let send = async move {
            // The write fails when the reader stops early, and its answer still counts.
            let _ = stdin.write_all(bytes).await;
        };
        let max_bytes = JSON_OVERHEAD.saturating_mul(request.max_text_bytes);
        let ((), answer) = tokio::join!(send, receive(stdout, max_bytes));
        if answer.is_none() {
            // It may still run: its answer was too long or malformed.
            let _ = child.start_kill();
        }
        let status = child.wait().await;
        answer.unwrap_or_else(|| Err(cause(status)))
    }

    fn start(&self, request: &Request) -> io::Result<Child> {
        let command = match &self.command {
            Some(command) => command.clone(),
            None => vec![std::env::current_exe()?.into_os_string()],
        };
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
        Command::new(program)
            .args(arguments)
            .arg(ARGUMENT)
            .arg(serde_json::to_string(request)?)
            // A hostile document must not reach the secrets in this program's environment.
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// The answer of a reader; `None` if it is incomplete, too long or malformed.
async fn receive(stdout: ChildStdout, max_bytes: usize) -> Option<Result<String, Skipped>> {
    let mut lines = BufReader::new(stdout.take(max_bytes as u64)).lines();
    let mut text = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        match serde_json::from_str(&line).ok()? {
            ReaderLine::Page(page) => {
                text.push_str(&page);
                text.push_str("\n\n");
            }
            ReaderLine::Skipped(skipped) => return Some(Err(skipped)),
            ReaderLine::Done => return Some(Ok(text)),
        }
    }
    None
}

/// The reason for which a reader ended without an answer.
fn cause(status: io::Result<ExitStatus>) -> Skipped {
    match status.ok().and_then(|status| status.signal()) {
        Some(SIGXCPU) => Skipped::Slow,
        // Rust aborts when memory or the stack is exhausted.
        Some(SIGABRT | SIGSEGV) => Skipped::Unreadable,
        _ => Skipped::Crashed,
    }
}
