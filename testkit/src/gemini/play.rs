//! Sends answers: whole, streamed, or with a fault midway.

use super::{Fault, Reply, error};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use std::{collections::VecDeque, io, time::Duration};
use tokio::sync::watch;

/// One step of a body.
enum Step {
    Send(Bytes),
    Wait(Duration),
    /// Until released.
    Hold,
    /// The connection is cut.
    Cut,
}

/// A whole answer.
pub(super) fn whole(reply: &Reply, fault: Option<&Fault>, model: &str) -> Value {
    match fault {
        Some(Fault::Blocked(reason)) => blocked(reason),
        Some(Fault::Finish(reason)) => chunk(&reply.whole(), None, Some(reason), model),
        _ => chunk(&reply.whole(), reply.thought.as_deref(), Some(&reply.finish), model),
    }
}

/// A streamed answer.
pub(super) fn streamed(reply: &Reply, fault: Option<&Fault>, model: &str, release: watch::Receiver<u64>) -> Response {
    let steps = steps(reply, fault, model);
    let body = stream::unfold((steps, release), |(mut steps, mut release)| async move {
        loop {
            match steps.pop_front()? {
                Step::Send(bytes) => return Some((Ok(bytes), (steps, release))),
                Step::Wait(delay) => tokio::time::sleep(delay).await,
                // An error of the channel means that the fake is gone, which releases as well.
                Step::Hold => drop(release.changed().await),
                Step::Cut => {
                    // A cut must not overtake the bytes sent before it.
                    tokio::task::yield_now().await;
                    let error = io::Error::new(io::ErrorKind::ConnectionReset, "cut by a scripted fault");
                    return Some((Err(error), (VecDeque::new(), release)));
                }
            }
        }
    });
    error::answer(200, "text/event-stream", Body::from_stream(body))
}

fn steps(reply: &Reply, fault: Option<&Fault>, model: &str) -> VecDeque<Step> {
    let finish = match fault {
        Some(Fault::Finish(reason)) => reason,
        _ => reply.finish.as_str(),
    };
    let last = reply.pieces.len().saturating_sub(1);
    let chunks = reply.pieces.iter().enumerate().map(|(n, piece)| {
        let thought = reply.thought.as_deref().filter(|_| n == 0);
        event(&chunk(piece, thought, (n == last).then_some(finish), model))
    });
    let mut all: Vec<Step> = chunks.collect();
    if all.is_empty() {
        all.push(event(&chunk("", None, Some(finish), model)));
    }
    // An answer with a fault midway sends at least one piece and never the last one.
    let half = (all.len() / 2).max(1).min(all.len().saturating_sub(1));
    let mut until = |count: usize, then: Vec<Step>| {
        all.truncate(count);
        all.extend(then);
    };
    match fault {
        Some(Fault::EmptyStream) => until(0, vec![]),
        Some(Fault::Blocked(reason)) => until(0, vec![event(&blocked(reason))]),
        Some(Fault::HalfStream) => until(half, vec![Step::Cut]),
        Some(Fault::Unfinished) => until(half, vec![]),
        Some(Fault::Stall) => until(half.min(1), vec![Step::Hold, Step::Cut]),
        Some(Fault::Garbage) => until(half, vec![raw("data: {\"candidates\": [{]]\r\n\r\n")]),
        Some(Fault::NotUtf8) => until(half, vec![Step::Send(Bytes::from_static(b"data: {\"\xff\xfe\"}\r\n\r\n"))]),
        Some(Fault::ErrorMidStream(code)) => until(half, vec![event(&error::of_status(*code))]),
        Some(Fault::ArrayMidStream(code)) => {
            let error = serde_json::to_string_pretty(&json!([error::of_status(*code)])).unwrap();
            until(half, vec![raw(&error)]);
        }
        Some(Fault::CutAfterEnd) => until(usize::MAX, vec![Step::Cut]),
        Some(Fault::Slow(delay)) => {
            all = all.into_iter().flat_map(|step| [Step::Wait(*delay), step]).collect();
        }
        _ => {}
    }
    all.into()
}

fn event(value: &Value) -> Step {
    raw(&format!("data: {value}\r\n\r\n"))
}

fn raw(text: &str) -> Step {
    Step::Send(Bytes::copy_from_slice(text.as_bytes()))
}

fn blocked(reason: &str) -> Value {
    json!({"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 12, "totalTokenCount": 12}})
}

fn chunk(text: &str, thought: Option<&str>, finish: Option<&str>, model: &str) -> Value {
    let thoughts = thought.map(|thought| json!({"text": thought, "thought": true}));
    let parts: Vec<Value> = thoughts.into_iter().chain([json!({ "text": text })]).collect();
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    json!({"candidates": [candidate], "modelVersion": model, "responseId": "fake-response",
        "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 10, "thoughtsTokenCount": 18,
            "totalTokenCount": 40}})
}
