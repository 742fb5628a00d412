//! Turns documents into passages, a few at once and off the async threads. Text is decoded on a thread; other formats are
//! read in a process of their own, see [`crate::child`].

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

/// Documents read at once.
const AT_ONCE: usize = 4;
/// The most address space of a process that reads a document.
const MEMORY: u64 = 512 << 20;
/// The most bytes of JSON for a byte of text, in whole texts.
const JSON_OVERHEAD: usize = 4;

/// Signals that end a process whose memory or stack is exhausted, and one whose time is.
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;
const SIGXCPU: i32 = 24;

/// Reads a few documents at once. Clones share the bound.
#[derive(Clone, Debug)]
pub struct ReaderPool {
    /// The command that reads a document; none for this very program.
    command: Option<Vec<OsString>>,
    slots: Arc<Semaphore>,
}

impl Default for ReaderPool {
    fn default() -> Self {
        Self { command: None, slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl ReaderPool {
    /// The same pool, which starts this command instead of its own program to read a document: for programs that do not
    /// call [`crate::run_if_asked`], such as tests.
    #[must_use]
    pub fn with_command(mut self, command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.command = Some(command.into_iter().map(Into::into).collect());
        self
    }

    /// The passages of a document. The caller bounds the time: a process that was started ends when this is dropped.
    pub async fn read(
        &self,
        kind: DocumentKind,
        bytes: Vec<u8>,
        max_passages: usize,
        time_limit: Duration,
    ) -> Result<Reading, Skipped> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| Skipped::Failed)?;
        let max_text_bytes = text::enough(max_passages);
        let extracted = match kind {
            DocumentKind::Pdf => {
                let cpu_seconds = time_limit.as_secs() + 1;
                let request = Request { kind, max_text_bytes, memory_bytes: MEMORY, cpu_seconds };
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

    /// The text of a document, read in a process of its own.
    async fn extract(&self, request: Request, bytes: &[u8]) -> Result<String, Skipped> {
        let mut child = self.start(&request).map_err(|error| {
            tracing::error!(%error, "failed to start a process that reads a document");
            Skipped::Crashed
        })?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Skipped::Crashed);
        };
        let send = async move {
            // A reader that has seen enough closes its end.
            let _ = stdin.write_all(bytes).await;
        };
        let max_bytes = JSON_OVERHEAD.saturating_mul(request.max_text_bytes);
        let ((), answer) = tokio::join!(send, receive(stdout, max_bytes));
        if answer.is_none() {
            // It is dead, or says too much.
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
            // No secret of this program is a hostile document's affair.
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// The answer of a reader; none where it ends too soon, is too long, or makes no sense.
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

/// Why a reader ended without an answer.
fn cause(status: io::Result<ExitStatus>) -> Skipped {
    match status.ok().and_then(|status| status.signal()) {
        Some(SIGXCPU) => Skipped::Slow,
        // Rust aborts where memory or the stack is exhausted.
        Some(SIGABRT | SIGSEGV) => Skipped::Unreadable,
        _ => Skipped::Crashed,
    }
}
