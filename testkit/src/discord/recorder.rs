//! The requests of clients, kept for assertions and for the dump of a failed test.

use serde_json::Value;

/// One REST request and the status it got.
#[derive(Clone, Debug)]
pub struct RestRequest {
    /// GET, POST, …
    pub method: String,
    /// The path below `/api/v10`, or on the CDN the whole path.
    pub path: String,
    /// The query string.
    pub query: String,
    /// The JSON body, or null.
    pub body: Value,
    /// Names of uploaded files.
    pub files: Vec<String>,
    /// The status of the answer; 0 without one.
    pub status: u16,
    /// The error of an answer that was one.
    pub error: Option<String>,
    /// Whether a queued fault answered.
    pub fault: bool,
    /// When it came, by the fake's clock, in Unix milliseconds.
    pub at_ms: u64,
}

impl RestRequest {
    /// Whether this is that method on a path that ends so.
    pub fn is(&self, method: &str, path_end: &str) -> bool {
        self.method == method && self.path.ends_with(path_end)
    }
}

impl std::fmt::Display for RestRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fault = if self.fault { " (fault)" } else { "" };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        write!(f, "{} {}{query} → {}{fault}", self.method, self.path, self.status)?;
        if !self.body.is_null() {
            write!(f, "\n      {}", self.body)?;
        }
        if let Some(error) = &self.error {
            write!(f, "\n      ← {error}")?;
        }
        Ok(())
    }
}

/// One payload a client sent over the gateway.
#[derive(Clone, Debug)]
pub struct GatewayRequest {
    /// Which connection it came on, counted from one.
    pub connection: u64,
    /// Its opcode.
    pub op: u64,
    /// Its data.
    pub data: Value,
}
