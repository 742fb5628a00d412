//! A REST request with its whole body.

use std::collections::BTreeMap;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use bytes::Bytes;
use serde_json::Value;

use super::multipart;

/// A file that came with a request.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) filename: String,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The request as a handler sees it.
#[derive(Clone, Debug)]
pub(crate) struct RestCall {
    pub(crate) host: String,
    pub(crate) method: String,
    /// Below `/api/v10`.
    pub(crate) path: String,
    /// Whether the path was below `/api/v10` at all.
    pub(crate) versioned: bool,
    pub(crate) query: String,
    pub(crate) authorization: String,
    pub(crate) json: Value,
    /// Why the body is unreadable.
    pub(crate) malformed: Option<String>,
    pub(crate) uploads: Vec<Upload>,
}

impl RestCall {
    pub(crate) fn new(head: &Parts, body: Bytes) -> Self {
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let whole = head.uri.path();
        let versioned = whole.strip_prefix("/api/v10").filter(|rest| rest.starts_with('/'));
        let mut call = Self {
            host: head.uri.host().map_or_else(|| header(HOST), str::to_owned),
            method: head.method.to_string(),
            path: versioned.unwrap_or(whole).to_owned(),
            versioned: versioned.is_some(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            authorization: header(AUTHORIZATION),
            json: Value::Null,
            malformed: None,
            uploads: Vec::new(),
        };
        call.read_body(&header(CONTENT_TYPE), body);
        call
    }

    fn read_body(&mut self, content_type: &str, body: Bytes) {
        if body.is_empty() {
            return;
        }
        let json = match multipart::boundary(content_type) {
            Some(boundary) => {
                let (json, uploads) = multipart::parse(&body, &boundary);
                self.uploads = uploads;
                json.unwrap_or_else(|| Bytes::from_static(b"{}"))
            }
            None => body,
        };
        match serde_json::from_slice(&json) {
            Ok(json) => self.json = json,
            Err(error) => self.malformed = Some(error.to_string()),
        }
    }

    /// The path's segments, still percent-encoded except for what emoji and `@me` need.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
    }

    pub(crate) fn queries(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = segment_escape(rest);
        match escape {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn segment_escape(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [b'%', high, low, ..] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        }
        _ => None,
    }
}
