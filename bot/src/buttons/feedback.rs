//! 👍 and 👎: a verdict on an answer, with the question's id, to `bot-feedback`.

use crate::{
    ask::{Accepted, Desk, accept},
    gateway::instant,
    publish::publish_until,
    rest::{Ack, Ticket},
};
use rtfm_shared::event::{Feedback, Verdict};
use serenity::model::application::ComponentInteraction;
use std::time::Duration;
use tokio::time::Instant;

/// How long the bus may take.
const PATIENCE: Duration = Duration::from_secs(30);
const THANKS: &str = "Thank you, noted. You can change your mind by clicking the other one.";
const LOST: &str = "I could not note that; something that I need is away. Please try again in a few minutes.";

pub(super) async fn run(desk: &Desk, click: &ComponentInteraction, query: &str, verdict: Verdict) {
    match accept(&desk.rest, Ticket::from(click), &Ack::LaterPrivately).await {
        Ok(Accepted::Own) => {}
        Ok(Accepted::Others) => return,
        Err(error) => return tracing::warn!(interaction = %click.id, %error, "cannot accept a click"),
    }
    // The time of the click, and not of now: heard twice it is one event.
    let feedback = Feedback {
        query_id: query.into(),
        user_id: click.user.id.get().into(),
        verdict,
        channel_id: click.channel_id.get().into(),
        message_id: Some(click.message.id.get().into()),
        guild_id: click.guild_id.map(|guild| guild.get().into()),
        timestamp: instant(click.id.created_at()),
    };
    let words = match publish_until(&*desk.bus, feedback, Instant::now() + PATIENCE).await {
        Ok(()) => {
            let verdict = if verdict == Verdict::Good { "good" } else { "bad" };
            metrics::counter!("rtfm_discord_feedback_total", "verdict" => verdict).increment(1);
            THANKS
        }
        Err(error) => {
            tracing::error!(query, error, "feedback cannot be passed on");
            LOST
        }
    };
    if let Err(error) = desk.rest.edit_original(click.application_id, &click.token, &words.into()).await {
        tracing::warn!(interaction = %click.id, %error, "cannot answer a click");
    }
}
