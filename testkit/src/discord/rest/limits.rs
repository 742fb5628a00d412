//! Rate limits: fixed windows per bucket and channel, with the headers clients steer by.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::reply::Reply;
use super::request::RestCall;
use crate::discord::state::State;

/// The windows in use.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    windows: HashMap<(&'static str, String), Window>,
}

#[derive(Debug)]
struct Window {
    opened: Instant,
    used: u32,
}

/// How many requests of a kind one window allows.
struct Limit {
    bucket: &'static str,
    requests: u32,
    window: Duration,
}

/// Discord does not publish its numbers; these have the same order of magnitude.
fn limit(method: &str, path: &[&str]) -> Option<Limit> {
    let seconds = |bucket, requests, seconds| Some(Limit { bucket, requests, window: Duration::from_secs(seconds) });
    match (method, path) {
        ("GET", ["channels", _, "messages"]) => seconds("read", 5, 5),
        ("POST", ["channels", _, "messages"]) => seconds("send", 5, 5),
        ("PATCH", ["channels", _, "messages", _]) => seconds("edit", 5, 5),
        ("POST", ["channels", _, "messages", "bulk-delete"]) => seconds("bulk-delete", 1, 1),
        ("POST", ["channels", _, "typing"]) => seconds("typing", 5, 5),
        ("POST", ["channels", _, .., "threads"]) => seconds("threads", 50, 300),
        _ => None,
    }
}

/// Counts a request and returns the headers for its reply, or the 429 instead of it.
pub(crate) fn check(state: &mut State, call: &RestCall, path: &[&str]) -> Result<Vec<(String, String)>, Reply> {
    let Some(limit) = limit(&call.method, path).filter(|_| state.settings.rate_limits) else {
        return Ok(Vec::new());
    };
    // Advancing the test's clock also ends windows.
    let now = Instant::now() + state.world.clock.advanced();
    let major = path.get(1).copied().unwrap_or_default().to_owned();
    let key = (limit.bucket, major);
    let window = state.limits.windows.entry(key).or_insert(Window { opened: now, used: 0 });
    if now.duration_since(window.opened) >= limit.window {
        *window = Window { opened: now, used: 0 };
    }
    let reset_after = limit.window.saturating_sub(now.duration_since(window.opened)).as_secs_f64();
    let fits = window.used < limit.requests;
    window.used += u32::from(fits);
    let remaining = limit.requests - window.used;
    let reset = Duration::from_millis(state.world.clock.now_ms()).as_secs_f64() + reset_after;
    let headers = [
        ("limit", limit.requests.to_string()),
        ("remaining", remaining.to_string()),
        ("reset", format!("{reset:.3}")),
        ("reset-after", format!("{reset_after:.3}")),
        ("bucket", limit.bucket.to_owned()),
    ];
    let mut headers: Vec<(String, String)> =
        headers.into_iter().map(|(name, value)| (format!("x-ratelimit-{name}"), value)).collect();
    if fits {
        return Ok(headers);
    }
    headers.push(("retry-after".to_owned(), format!("{:.0}", reset_after.ceil())));
    headers.push(("x-ratelimit-scope".to_owned(), "user".to_owned()));
    let body = json!({"message": "You are being rate limited.", "retry_after": reset_after, "global": false});
    Err(Reply::json(429, &body).with(headers))
}
