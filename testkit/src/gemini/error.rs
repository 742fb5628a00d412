//! Errors as the API writes them.

use super::Fault;
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use std::time::Duration;

/// A request that the API does not take.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) details: Vec<Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), details: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn response(&self) -> Response {
        json_response(self.status, &body(self.status, status_name(self.status), &self.message, &self.details))
    }
}

/// An error's JSON.
pub(super) fn body(code: u16, status: &str, message: &str, details: &[Value]) -> Value {
    let mut error = json!({"code": code, "message": message, "status": status});
    if !details.is_empty() {
        error["details"] = details.into();
    }
    json!({ "error": error })
}

/// An error of this code with the words the API has for it.
pub(super) fn of_status(code: u16) -> Value {
    let message = match code {
        500 => "An internal error has occurred. Please retry or report in https://developers.generativeai.google/",
        503 => "The model is overloaded. Please try again later.",
        504 => "The request timed out. Please try again.",
        _ => "Something is wrong.",
    };
    body(code, status_name(code), message, &[])
}

/// The answer of a request that fails before anything else happens; none for every other fault.
pub(super) fn response_to(fault: &Fault, model: &str) -> Option<Response> {
    let quota = |id: &str, message: &str, delay: Option<Duration>| {
        let mut details = vec![json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": id, "quotaValue": "100", "quotaDimensions": {"model": model}}]})];
        if let Some(delay) = delay {
            details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{}s", delay.as_secs_f64())}));
        }
        json_response(429, &body(429, "RESOURCE_EXHAUSTED", message, &details))
    };
    const MINUTE: &str = "RequestsPerMinutePerUserPerProjectPerModel-FreeTier";
    Some(match fault {
        Fault::PerMinute(delay) => quota(MINUTE, "You exceeded your current quota.", Some(*delay)),
        Fault::PerMinuteInMessage(delay) => {
            let message = format!("You exceeded your current quota. Please retry in {}s.", delay.as_secs_f64());
            quota(MINUTE, &message, None)
        }
        Fault::PerDay => quota(
            "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            "You exceeded your current quota. Please retry in 21.5s.",
            Some(Duration::from_millis(21_500)),
        ),
        Fault::Status(code) => json_response(*code, &of_status(*code)),
        Fault::Page(code) => {
            let page = Body::from("<html>\n<title>Error</title>\n<p>That’s all we know.</p></html>");
            answer(*code, "text/html; charset=UTF-8", page)
        }
        Fault::FailedPrecondition => json_response(
            400,
            &body(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", &[]),
        ),
        Fault::Hang => json_response(503, &of_status(503)),
        Fault::InvalidJson => answer(200, "application/json", Body::from("{\"candidates\": [{\"con")),
        _ => return None,
    })
}

pub(super) fn json_response(status: u16, value: &Value) -> Response {
    answer(status, "application/json; charset=UTF-8", Body::from(value.to_string()))
}

pub(super) fn answer(status: u16, content_type: &str, body: Body) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    Response::builder().status(status).header(header::CONTENT_TYPE, content_type).body(body).unwrap()
}

fn status_name(code: u16) -> &'static str {
    match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}
