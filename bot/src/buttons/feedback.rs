//! 👍 and 👎: a verdict on an answer, with the question's id, to `bot-feedback`.

use super::accept_click;
use crate::{
    ask::QuestionService,
    discord::{
        ids::{ToEventId, instant},
        model::ComponentInteraction,
        rest::Ack,
    },
    publish::publish_until,
};
use rtfm_shared::event::{Feedback, Verdict};
use std::time::Duration;
use tokio::time::Instant;

/// How long the bus may take.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(30);
const THANKS: &str = "Thank you for your feedback. To change your mind, click the other button.";
const LOST: &str = "I could not store your feedback. Please try again in a few minutes.";

pub(super) async fn run(questions: &QuestionService, click: &ComponentInteraction, query: &str, verdict: Verdict) {
    if !accept_click(&questions.rest, click, &Ack::DeferPrivately).await {
        return;
    }
    // The time of the click, not of now: a second delivery is the same event.
    let feedback = Feedback {
        query_id: query.into(),
        user_id: click.user.id.event_id(),
        verdict,
        channel_id: click.channel_id.event_id(),
        message_id: Some(click.message.id.event_id()),
        guild_id: click.guild_id.map(|guild| guild.event_id()),
        timestamp: instant(click.id.created_at()),
    };
    let words = match publish_until(&*questions.bus, feedback, Instant::now() + PUBLISH_TIMEOUT).await {
        Ok(()) => {
            let verdict = if verdict == Verdict::Good { "good" } else { "bad" };
            metrics::counter!("rtfm_discord_feedback_total", "verdict" => verdict).increment(1);
            THANKS
        }
        Err(error) => {
            tracing::error!(query, error, "failed to publish feedback");
            LOST
        }
    };
    if let Err(error) = questions.rest.edit_original(click.application_id, &click.token, &words.into()).await {
        tracing::warn!(interaction = %click.id, %error, "failed to answer a click");
    }
}
