//! What the system stands on, looked at for `rtfm status` and `rtfm doctor`: each look has a time-out, changes
//! nothing, and says what to do about what it finds.

mod bus;
mod discord;
mod gemini;
mod store;

use serde_json::{Value, json};
use std::time::Duration;

pub(crate) use bus::{bus, drift};
pub(crate) use discord::discord;
pub(crate) use gemini::gemini;
pub(crate) use store::store;

/// The longest that one look may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it should be.
    Well,
    /// It works, and somebody should know something about it.
    Warning,
    /// Somebody must mend it.
    Failed,
    /// Not looked at, since nothing is configured or something else is away.
    Skipped,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// What was looked at, in a word or two.
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    /// What was found. Never a secret.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: Option<String>,
}

impl Check {
    pub(crate) fn well(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Well, what: what.into(), remedy: None }
    }

    pub(crate) fn skipped(name: &str, what: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::well(name, what) }
    }

    pub(crate) fn warning(name: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, remedy: Some(remedy.into()), ..Self::well(name, what) }
    }

    pub(crate) fn failed(name: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, remedy: Some(remedy.into()), ..Self::well(name, what) }
    }

    /// In the words of `--json`.
    pub(crate) fn object(&self) -> Value {
        let verdict = match self.verdict {
            Verdict::Well => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
            Verdict::Skipped => "skipped",
        };
        json!({ "name": self.name, "verdict": verdict, "what": self.what, "remedy": self.remedy })
    }
}

/// The outcome of a look, or that it took too long.
pub(crate) async fn within(name: &str, look: impl Future<Output = Check>) -> Check {
    let late = || {
        let remedy = "it neither answers nor refuses: look at the network between, and at the server's own log";
        Check::failed(name, format!("no answer within {} s", PATIENCE.as_secs()), remedy)
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| late())
}
