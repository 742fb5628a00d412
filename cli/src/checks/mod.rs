//! Checks of the system's dependencies for `rtfm status` and `rtfm doctor`. Each has a time-out, changes nothing, and
//! names the remedy for what it finds.

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

/// Time limit of one check.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(8);

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckStatus {
    Passed,
    /// It works, but the operator should know about it.
    Warning,
    /// The operator must repair it.
    Failed,
    /// It did not run: nothing is configured, or something it needs is unavailable.
    Skipped,
}

/// One check and its result.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// The checked dependency or setting, in a word or two.
    pub(crate) name: String,
    pub(crate) status: CheckStatus,
    /// The finding; never a secret.
    pub(crate) finding: String,
    pub(crate) remedy: Option<String>,
}

impl Check {
    pub(crate) fn passed(name: &str, finding: impl Into<String>) -> Self {
        Self { name: name.to_owned(), status: CheckStatus::Passed, finding: finding.into(), remedy: None }
    }

    pub(crate) fn skipped(name: &str, finding: impl Into<String>) -> Self {
        Self { status: CheckStatus::Skipped, ..Self::passed(name, finding) }
    }

    pub(crate) fn warning(name: &str, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: CheckStatus::Warning, remedy: Some(remedy.into()), ..Self::passed(name, finding) }
    }

    pub(crate) fn failed(name: &str, finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status: CheckStatus::Failed, remedy: Some(remedy.into()), ..Self::passed(name, finding) }
    }

    /// The check as `--json` prints it.
    pub(crate) fn to_json(&self) -> Value {
        let status = match self.status {
            CheckStatus::Passed => "ok",
            CheckStatus::Warning => "warning",
            CheckStatus::Failed => "failed",
            CheckStatus::Skipped => "skipped",
        };
        json!({ "name": self.name, "verdict": status, "what": self.finding, "remedy": self.remedy })
    }
}

/// The check's result, or a failure when it takes too long.
pub(crate) async fn within(name: &str, check: impl Future<Output = Check>) -> Check {
    let timed_out = || {
        let remedy = "it neither answers nor refuses: check the network between, and the server's log";
        Check::failed(name, format!("no answer within {} s", TIME_LIMIT.as_secs()), remedy)
    };
    tokio::time::timeout(TIME_LIMIT, check).await.unwrap_or_else(|_| timed_out())
}
