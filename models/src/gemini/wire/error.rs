//! The API's error object, in every form that it comes in.

use serde_json::Value;
use std::time::Duration;

/// The fields of an error object that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WireError {
    pub(crate) code: Option<u16>,
    pub(crate) status: String,
    pub(crate) message: String,
    /// The `quotaId` of each violated quota.
    pub(crate) quotas: Vec<String>,
    pub(crate) retry_delay: Option<Duration>,
    /// The `reason` of the `ErrorInfo` detail.
    pub(crate) reason: Option<String>,
}

impl WireError {
    /// Parses an error, alone or in an array; `None` when the text is no error.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::read(&serde_json::from_str(text).ok()?)
    }

    /// Reads an error from parsed JSON.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let value = match value {
            Value::Array(items) => items.first()?,
            other => other,
        };
        let error = value.get("error")?.as_object()?;
        let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut read = Self {
            code: error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()),
            status: text("status"),
            message: text("message"),
            ..Self::default()
        };
        for detail in error.get("details").and_then(Value::as_array).into_iter().flatten() {
            let violations = detail.get("violations").and_then(Value::as_array).into_iter().flatten();
            read.quotas.extend(violations.filter_map(|one| one.get("quotaId")?.as_str()).map(str::to_owned));
            if let Some(delay) = detail.get("retryDelay").and_then(Value::as_str) {
                read.retry_delay = duration(delay);
            }
            if let Some(reason) = detail.get("reason").and_then(Value::as_str) {
                read.reason = Some(reason.to_owned());
            }
        }
        read.retry_delay = read.retry_delay.or_else(|| retry_in(&read.message));
        Some(read)
    }
}

/// Parses the delay in "… Please retry in 33.38s."
fn retry_in(message: &str) -> Option<Duration> {
    let (_, rest) = message.split_once("retry in ")?;
    let word = rest.split_whitespace().next()?;
    duration(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()))
}

/// Parses a duration such as `33.38s`, `250ms` or `1h2m3.5s`, capped at two days.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0_f64;
    while !rest.is_empty() {
        let number_ends = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(number_ends);
        let unit_ends = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_ends);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds.min(172_800.0)).ok().filter(|_| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_is_parsed_alone_and_in_an_array() {
        let error = json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down", "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "APerMinute"}, {}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "33.38s"},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [1]},
            "something new",
        ]}});
        let read = WireError::parse(&error.to_string()).unwrap();
        assert_eq!((read.code, read.status.as_str()), (Some(429), "RESOURCE_EXHAUSTED"));
        assert_eq!(read.quotas, ["APerMinute"]);
        assert_eq!(read.retry_delay, Some(Duration::from_millis(33_380)));
        assert_eq!(WireError::parse(&json!([error]).to_string()), Some(read));
        for other in ["", "{}", "[]", "[1]", "{\"error\":1}", "<html>502</html>"] {
            assert_eq!(WireError::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_delay_comes_from_the_message_without_details() {
        let parse = |message: &str| WireError::read(&json!({"error": {"message": message}})).unwrap().retry_delay;
        assert_eq!(parse("Quota. Please retry in 33.38s."), Some(Duration::from_millis(33_380)));
        assert_eq!(parse("Please retry in 1h2m3.5s."), Some(Duration::from_millis(3_723_500)));
        assert_eq!(parse("Please retry in 823.5ms"), Some(Duration::from_micros(823_500)));
        assert_eq!(parse("Please retry in a while."), None);
        assert_eq!(parse("Please retry later."), None);
    }

    #[test]
    fn durations_are_parsed() {
        assert_eq!(duration("33s"), Some(Duration::from_secs(33)));
        assert_eq!(duration("99999999999999999999s"), Some(Duration::from_secs(172_800)));
        for wrong in ["", "33", "s", "-3s", "1.2.3s", "3 s", "NaNs", "3d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
