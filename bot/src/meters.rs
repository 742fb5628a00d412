//! Descriptions of the bot's metrics. Each exists from the start, so that the first event already is an increase;
//! labels are fixed names, never text from Discord or people.

use crate::{
    admission::{REASONS, REFUSED},
    discord::rest::RATE_LIMITS,
    gateway::CONNECTION_KINDS,
};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};

/// Describes every metric to the recorder.
pub(crate) fn describe() {
    for (name, meaning) in [
        ("rtfm_discord_questions_total", "Questions published"),
        ("rtfm_discord_answers_missing_total", "Questions without an answer at their deadline"),
        ("rtfm_discord_answers_undeliverable_total", "Answers that Discord refused for good"),
        ("rtfm_discord_edits_unread_total", "Edits whose new text could not be fetched"),
        (
            "rtfm_discord_events_dropped_total",
            "Messages left out of a full queue while the bus was away, and fetched later",
        ),
        ("rtfm_discord_events_unreadable_total", "Gateway events that could not be decoded"),
        (
            "rtfm_discord_missed_messages_total",
            "Messages read by REST because they were written while the bot was away",
        ),
        (
            "rtfm_discord_missed_changes_total",
            "Edits and deletions found by REST because they were made while the bot was away",
        ),
        ("rtfm_discord_backfilled_messages_total", "Messages read by backfills"),
        ("rtfm_discord_sessions_broken_total", "Gateway sessions that were lost and started anew"),
    ] {
        describe_counter!(name, meaning);
        counter!(name).increment(0);
    }
    describe_counter!(REFUSED, "Questions refused because a server's limit was reached, by which");
    for why in REASONS {
        counter!(REFUSED, "why" => why).increment(0);
    }
    describe_counter!("rtfm_discord_connections_total", "Gateway connections, by how they came about");
    for how in CONNECTION_KINDS {
        counter!("rtfm_discord_connections_total", "how" => how).increment(0);
    }
    describe_counter!("rtfm_discord_feedback_total", "Clicks on 👍 and 👎 under answers, by verdict");
    for verdict in ["good", "bad"] {
        counter!("rtfm_discord_feedback_total", "verdict" => verdict).increment(0);
    }
    describe_counter!("rtfm_discord_sends_total", "Requests to Discord, by kind and outcome");
    let duration = "Time of a request to Discord, waiting for rate limits included";
    describe_histogram!("rtfm_discord_send_duration_seconds", Unit::Seconds, duration);
    let wait = "Waits for one of Discord's rate limits, those foreseen included";
    describe_histogram!("rtfm_discord_rate_limit_wait_seconds", Unit::Seconds, wait);
    for scope in RATE_LIMITS {
        drop(histogram!("rtfm_discord_rate_limit_wait_seconds", "scope" => scope));
    }
    describe_gauge!("rtfm_discord_message_content", "1 while Discord lets the bot read what people write");
    describe_gauge!("rtfm_discord_shards", "Shards of the gateway that this process should be connected to");
    describe_gauge!("rtfm_discord_shards_connected", "Shards of the gateway that are connected");
}
