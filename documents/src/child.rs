//! The reader's process: a program that starts with a hidden argument sets limits on itself, reads one document and
//! exits. A document that exhausts memory, loops, or breaks its parser ends this process and no other.
//!
//! The request is the second argument, stdin carries the document, and the text goes to stdout as lines of JSON.

use crate::{DocumentKind, Skipped, pdf};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Read, Write},
    process::ExitCode,
    thread,
};

/// The hidden argument; a [`Request`] in JSON follows it.
pub(super) const ARGUMENT: &str = "--read-document";

/// Nested objects need more stack than a main thread has. Unused stack takes no memory.
const STACK_BYTES: usize = 64 << 20;

/// The kind of the document and the limits for reading it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Request {
    pub(super) kind: DocumentKind,
    /// Reading ends after this much text.
    pub(super) max_text_bytes: usize,
    /// The most address space that the process may have.
    pub(super) memory_bytes: u64,
    /// The most CPU time that the process may use.
    pub(super) cpu_seconds: u64,
}

/// A line of the answer.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReaderLine {
    /// The text of the next page.
    Page(String),
    /// The last line of a document that cannot be read.
    Skipped(Skipped),
    /// The last line after all pages.
    Done,
}

/// If this process was started as a reader, reads one document and returns the exit code; otherwise returns `None`.
/// Every program that reads attachments calls this first.
pub fn run_as_reader() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let request = arguments.next().unwrap_or_default();
    Some(match serve(request.as_encoded_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn serve(request: &[u8]) -> io::Result<()> {
    let request: Request = serde_json::from_slice(request)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::As, request.memory_bytes, request.memory_bytes)?;
    // The soft limit's signal tells the parent the cause; the hard limit only kills.
    limit(Resource::Cpu, request.cpu_seconds, request.cpu_seconds + 1)?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    let reader = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || read(request, &bytes))?;
    match reader.join() {
        Ok(written) => written,
        Err(_) => write(&ReaderLine::Skipped(Skipped::Crashed)),
    }
}

/// Lowers a limit, and never raises it.
fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let maximum = getrlimit(resource).maximum.map_or(hard, |maximum| maximum.min(hard));
    Ok(setrlimit(resource, Rlimit { current: Some(soft.min(maximum)), maximum: Some(maximum) })?)
}

fn read(request: Request, bytes: &[u8]) -> io::Result<()> {
    let pages = match request.kind {
        DocumentKind::Pdf => pdf::pages(bytes, request.max_text_bytes),
        _ => Err(Skipped::Kind),
    };
    match pages {
        Ok(pages) => {
            for page in pages {
                write(&ReaderLine::Page(page))?;
            }
            write(&ReaderLine::Done)
        }
        Err(skipped) => write(&ReaderLine::Skipped(skipped)),
    }
}

fn write(line: &ReaderLine) -> io::Result<()> {
    let mut json = serde_json::to_vec(line)?;
    json.push(b'\n');
    #[expect(clippy::disallowed_methods, reason = "a pipe to the process that reads this")]
    io::stdout().lock().write_all(&json)
}
