//! Everything that happened, as text for a failed test.

use std::fmt::Write as _;

use super::view::{self, Detail};
use crate::discord::state::{Core, State};

/// The most requests shown; the last ones matter.
const REQUESTS: usize = 40;

pub(crate) fn dump(core: &Core) -> String {
    core.read(text)
}

fn text(state: &State) -> String {
    let mut out = String::new();
    let live = state.sessions.iter().filter(|session| session.link.is_some()).count();
    let _ = writeln!(out, "── gateway: {} connections so far, {live} sessions live", state.connections);
    for request in state.gateway_requests.iter().filter(|request| request.op != 1) {
        let _ = writeln!(out, "  #{} op {} {}", request.connection, request.op, without_token(&request.data));
    }
    if !state.schema.is_present() {
        let _ = writeln!(out, "── Discord's OpenAPI document is not at hand: bodies were not held against it");
    }
    let skipped = state.requests.len().saturating_sub(REQUESTS);
    let _ = writeln!(out, "── REST: {} requests, {skipped} not shown", state.requests.len());
    for request in state.requests.iter().skip(skipped) {
        let _ = writeln!(out, "  {request}");
    }
    for interaction in state.interactions.values() {
        let (name, by) = (&interaction.name, state.world.display_name(interaction.user, interaction.guild));
        let _ = writeln!(out, "── interaction {name:?} by {by}: {:?}", interaction.acknowledged);
    }
    for channel in state.world.channels.values().filter(|channel| channel.is_text()) {
        // A thread is shown under the message it was started from.
        if !view::is_shown_elsewhere(state, channel) {
            let _ = write!(out, "{}", view::view(state, channel.id, Detail::Everything));
        }
    }
    for failure in &state.failures {
        let _ = writeln!(out, "── FAILURE: {failure}");
    }
    out
}

fn without_token(data: &serde_json::Value) -> String {
    let mut data = data.clone();
    if let Some(token) = data.get_mut("token") {
        *token = "…".into();
    }
    data.to_string()
}
