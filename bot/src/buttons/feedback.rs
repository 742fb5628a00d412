//! 👍 and 👎: a verdict on an answer, with the question's id, to `bot-feedback`.

use crate::{
    ask::{Accepted, Desk, accept},
    gateway::instant,
    publish::SOURCE,
    rest::{Ack, Ticket, retries},
};
use rtfm_shared::{
    bus::Bus,
    event::{Envelope, Feedback, Verdict},
    resilience::{Class, Classify},
    telemetry::trace,
};
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
    let words = match publish(&*desk.bus, feedback).await {
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

async fn publish(bus: &dyn Bus, feedback: Feedback) -> Result<(), String> {
    let record =
        Envelope::new(feedback, SOURCE).caused_by(trace::current()).encode().map_err(|error| error.to_string())?;
    let until = Instant::now() + PATIENCE;
    let mut delays = retries();
    loop {
        let error = match tokio::time::timeout_at(until, bus.publish(record.clone())).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err("the bus did not take it in time".to_owned()),
        };
        let delay = delays.next().unwrap_or_default();
        if error.class() == Class::Permanent || Instant::now() + delay >= until {
            return Err(error.to_string());
        }
        tokio::time::sleep(delay).await;
    }
}
