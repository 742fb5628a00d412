//! Faults of the REST API, queued by method and path; each request uses one up.

use std::time::Duration;

use serde_json::{Value, json};

/// A fault of a request, instead of or after its handling.
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) action: Action,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Answer this without handling the request.
    Answer { status: u16, headers: Vec<(String, String)>, body: String },
    /// Never answer.
    Hang,
    /// Reset the connection without handling the request.
    Reset,
    /// Handle the request, then reset the connection instead of answering.
    LoseReply,
    /// Handle the request, and set these headers of the answer.
    Garble { headers: Vec<(String, String)> },
    /// Handle the request, and answer this much later.
    Delay(Duration),
    /// Handle the request, and replace these fields of the answer's body.
    Bend { fields: Value },
}

impl Fault {
    fn new(action: Action) -> Self {
        Self { action }
    }

    /// Answers with this status and an error body like Discord's.
    pub fn status(status: u16) -> Self {
        let body = json!({"message": format!("{status}: injected fault"), "code": 0}).to_string();
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::new(Action::Answer { status, headers, body })
    }

    /// Answers with one of Discord's errors.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        Self::status(status).body(&json!({"message": message, "code": code}))
    }

    /// 429 as Discord sends it, for one route or for all.
    pub fn rate_limited(seconds: f64, global: bool) -> Self {
        let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": global});
        let fault = Self::status(429).header("retry-after", &seconds.ceil().to_string()).body(&body);
        let fault = fault.header("x-ratelimit-scope", if global { "global" } else { "shared" });
        if global { fault.header("x-ratelimit-global", "true") } else { fault }
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self::new(Action::Hang)
    }

    /// Resets the connection; the request has no effect.
    pub fn reset() -> Self {
        Self::new(Action::Reset)
    }

    /// Handles the request, then resets the connection, so that the client cannot know that it worked.
    pub fn lose_reply() -> Self {
        Self::new(Action::LoseReply)
    }

    /// Handles the request and answers late.
    pub fn delay(by: Duration) -> Self {
        Self::new(Action::Delay(by))
    }

    /// Handles the request and answers as usual, but with malformed rate-limit headers.
    pub fn unreadable_limits() -> Self {
        let fault = Self::new(Action::Garble { headers: Vec::new() });
        let names = ["limit", "remaining", "reset", "reset-after"];
        names.iter().fold(fault, |fault, name| fault.header(&format!("x-ratelimit-{name}"), "many"))
    }

    /// Handles the request and answers with these fields in place of its own.
    pub fn odd_fields(fields: Value) -> Self {
        Self::new(Action::Bend { fields })
    }

    /// Sets a header of an answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Action::Answer { headers, .. } | Action::Garble { headers } = &mut self.action {
            headers.retain(|(known, _)| known != name);
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets the JSON body of an answer.
    pub fn body(mut self, json: &Value) -> Self {
        if let Action::Answer { body, .. } = &mut self.action {
            *body = json.to_string();
        }
        self
    }

    /// Sets the body of an answer to any text.
    pub fn text(mut self, text: &str) -> Self {
        if let Action::Answer { body, .. } = &mut self.action {
            *body = text.to_owned();
        }
        self
    }
}

/// A fault that waits for its requests.
#[derive(Clone, Debug)]
pub(crate) struct QueuedFault {
    pub(crate) method: String,
    pub(crate) pattern: String,
    pub(crate) left: usize,
    pub(crate) action: Action,
}

impl QueuedFault {
    fn matches(&self, method: &str, path: &str) -> bool {
        (self.method == "*" || self.method.eq_ignore_ascii_case(method)) && path_matches(&self.pattern, path)
    }
}

/// Takes the first fault that matches this request.
pub(crate) fn take(faults: &mut Vec<QueuedFault>, method: &str, path: &str) -> Option<Action> {
    let fault = faults.iter_mut().find(|fault| fault.matches(method, path))?;
    fault.left = fault.left.saturating_sub(1);
    let action = fault.action.clone();
    faults.retain(|fault| fault.left > 0);
    Some(action)
}

/// Compares segment by segment; `*` stands for any one, and a last `**` for the rest.
fn path_matches(pattern: &str, path: &str) -> bool {
    let mut path = path.trim_matches('/').split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        if wanted == "**" {
            return true;
        }
        match path.next() {
            Some(segment) if wanted == "*" || wanted == segment => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_segment() {
        assert!(path_matches("/channels/*/messages", "/channels/1/messages"));
        assert!(!path_matches("/channels/*/messages", "/channels/1/messages/2"));
        assert!(path_matches("/channels/**", "/channels/1/messages/2"));
        assert!(!path_matches("/channels/*/messages", "/channels/1"));
    }

    #[test]
    fn a_fault_is_used_up() {
        let queued = QueuedFault { method: "POST".into(), pattern: "/a/*".into(), left: 2, action: Action::Hang };
        let mut faults = vec![queued];
        assert!(take(&mut faults, "GET", "/a/1").is_none());
        assert!(take(&mut faults, "POST", "/a/1").is_some());
        assert!(take(&mut faults, "post", "/a/2").is_some());
        assert!(take(&mut faults, "POST", "/a/3").is_none());
    }
}
