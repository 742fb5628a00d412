//! Turns responses and transport failures into typed errors.

use super::{GeminiError, cooldowns::next_reset, wire::error::WireError};
use jiff::Timestamp;
use std::error::Error;

/// The error of a response with this status and body.
pub(crate) fn from_response(model: &str, status: u16, body: &str, now: Timestamp) -> GeminiError {
    match WireError::parse(body) {
        Some(error) => from_wire_error(model, status, error, now),
        // A proxy's error page, or an empty body.
        None => from_wire_error(model, status, WireError { message: excerpt(body), ..WireError::default() }, now),
    }
}

/// The error of an error object inside a stream; it carries its own code.
pub(crate) fn from_stream_error(model: &str, error: WireError, now: Timestamp) -> GeminiError {
    from_wire_error(model, error.code.unwrap_or(500), error, now)
}

fn from_wire_error(model: &str, status: u16, error: WireError, now: Timestamp) -> GeminiError {
    let detail = match (error.status.as_str(), error.message.as_str()) {
        ("", "") => "no explanation".to_owned(),
        ("", message) => message.to_owned(),
        (status, "") => status.to_owned(),
        (status, message) => format!("{status}: {message}"),
    };
    let configuration = |hint: String| GeminiError::Configuration {
        status: Some(status),
        message: format!("{hint} (HTTP {status}: {detail})"),
    };
    match status {
        429 if !mentions(&error, "PerMinute") && mentions(&error, "PerDay") => {
            GeminiError::QuotaPerDay { model: model.to_owned(), until: next_reset(now) }
        }
        408 | 429 | 500..=599 => GeminiError::Transient {
            message: format!("{model} answered HTTP {status}: {detail}"),
            retry_after: error.retry_delay,
        },
        // The API reports a wrong key as an invalid argument.
        400 if is_about_the_key(&error) => configuration("Gemini does not accept the key in GEMINI_API_KEY".to_owned()),
        400 if error.status == "FAILED_PRECONDITION" => {
            configuration("Gemini cannot be used with this project: see GEMINI_API_KEY".to_owned())
        }
        401 | 403 => configuration(format!("Gemini does not allow {model} with the key in GEMINI_API_KEY")),
        404 => configuration(format!("Gemini does not know the model {model}")),
        300..=399 | 402 | 405 | 407 => configuration("the server at GEMINI_BASE_URL is not Gemini".to_owned()),
        _ => GeminiError::Permanent { status, message: detail },
    }
}

fn mentions(error: &WireError, period: &str) -> bool {
    error.quotas.iter().any(|quota| quota.contains(period))
}

fn is_about_the_key(error: &WireError) -> bool {
    error.reason.as_deref().is_some_and(|reason| reason.starts_with("API_KEY_"))
        || error.message.starts_with("API key not valid")
        || error.message.starts_with("API key expired")
}

/// The error of a broken connection or a time-out, without the URL.
pub(crate) fn from_transport(error: reqwest::Error) -> GeminiError {
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    GeminiError::transient(format!("failed to reach Gemini: {message}"))
}

/// The first 200 characters of a text on one line, for logs.
fn excerpt(text: &str) -> String {
    const LENGTH: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn error(status: u16, body: &serde_json::Value) -> GeminiError {
        from_response("m", status, &body.to_string(), "2026-11-21T11:00:00Z".parse().unwrap())
    }

    fn quota(ids: &[&str]) -> serde_json::Value {
        let violations: Vec<_> = ids.iter().map(|id| json!({"quotaId": id})).collect();
        json!({"error": {"code": 429, "message": "Please retry in 7.5s.", "details": [{"violations": violations}]}})
    }

    #[test]
    fn a_rate_limit_is_transient_and_a_daily_quota_is_not() {
        let minute = error(429, &quota(&["RequestsPerMinutePerProject"]));
        assert!(
            matches!(minute, GeminiError::Transient { retry_after: Some(d), .. } if d == Duration::from_millis(7500))
        );
        let both = error(429, &quota(&["RequestsPerDay", "TokensPerMinute"]));
        assert!(matches!(both, GeminiError::Transient { .. }));
        let day = error(429, &quota(&["RequestsPerDayPerProject"]));
        let until = "2026-11-22T08:00:00Z".parse().unwrap();
        assert_eq!(day, GeminiError::QuotaPerDay { model: "m".to_owned(), until });
        assert!(matches!(error(429, &json!({})), GeminiError::Transient { retry_after: None, .. }));
    }

    #[test]
    fn every_status_maps_to_a_class() {
        for status in [408, 429, 500, 502, 503, 504, 529] {
            assert!(matches!(error(status, &json!({})), GeminiError::Transient { .. }), "{status}");
        }
        for status in [400, 413, 422] {
            assert!(matches!(error(status, &json!({})), GeminiError::Permanent { .. }), "{status}");
        }
        for (status, names) in
            [(401, "GEMINI_API_KEY"), (403, "GEMINI_API_KEY"), (404, "model m"), (302, "GEMINI_BASE_URL")]
        {
            let error = error(status, &json!({}));
            assert!(matches!(error, GeminiError::Configuration { .. }), "{status}");
            assert!(error.to_string().contains(names), "{error}");
        }
    }

    #[test]
    fn a_wrong_key_or_project_is_a_configuration_error() {
        let key = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid.",
            "details": [{"reason": "API_KEY_INVALID"}]}});
        let project = json!({"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "Enable billing."}});
        for body in [key, project] {
            let error = error(400, &body);
            assert!(matches!(error, GeminiError::Configuration { status: Some(400), .. }), "{error:?}");
            assert!(error.to_string().contains("GEMINI_API_KEY"), "{error}");
        }
    }

    #[test]
    fn an_html_error_page_is_shortened() {
        let page = from_response("m", 502, &format!("<html>\n{}", "ü".repeat(1000)), Timestamp::UNIX_EPOCH);
        let text = page.to_string();
        assert!(text.starts_with("m answered HTTP 502: <html> üü") && text.chars().count() < 240, "{text}");
    }
}
