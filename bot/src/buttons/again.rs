//! Regenerate: the same question once more, into the same message. The new question's id is made from the click's,
//! so a click that is delivered twice asks once.

use super::{LOST, NOT_YOURS, accept_click, delete::gone, may_change, parts, tell};
use crate::{
    ask::{Asker, PendingQuestion, QuestionService, SeenBy, guild_asker, recall, scope},
    discord::{
        accept::reply_privately,
        channels::public_parent_of,
        ids::ToEventId,
        model::{Cache, ComponentInteraction, Message, MessageId},
        rest::{Ack, InteractionRef, RestError},
        retry::{times, worth_retrying},
    },
    reply::{Button, QuestionSource, Regenerate, ReplyExtras, ReplyTarget, SEARCHING, buttons},
};
use backon::Retryable;
use rtfm_shared::{event::QueryId, resilience::Backoff};
use std::{iter::Take, time::Duration};
use tokio::time::Instant;
use tracing::Span;

const STUCK: &str = "I cannot change that answer any more. Please ask again.";

pub(super) async fn run(questions: &QuestionService, cache: &Cache, click: &ComponentInteraction, again: &Regenerate) {
    let (rest, ticket, until) =
        (&questions.rest, InteractionRef::from(click), Instant::now() + questions.times.deadline);
    let id = QueryId(format!("discord-again-{}", click.id));
    Span::current().record("query_id", &id.0);
    if !may_change(click, again.parts.asker) {
        return reply_privately(rest, ticket, NOT_YOURS).await;
    }
    let asker = Asker::of_click(click);
    if let Err(refusal) = questions.admission.admit(cache, &asker.request(Some(&id))).await {
        return reply_privately(rest, ticket, &refusal.to_string()).await;
    }
    // In a direct message it is asked in the same guild as before.
    let out_of_reach = again.guild.filter(|_| asker.is_direct).and_then(|guild| questions.out_of_reach(cache, guild));
    if let Some(words) = out_of_reach {
        return reply_privately(rest, ticket, words).await;
    }
    if !accept_click(rest, click, &Ack::DeferUpdate).await {
        return;
    }
    let asker = if asker.is_direct { guild_asker(rest, asker, again.guild).await } else { Some(asker) };
    let head = parts::head(rest, click, &again.parts).await;
    let asked = match (&head, &asker) {
        (Ok(head), Some(asker)) => {
            let answer = head.as_ref().map(|head| head.content.as_str());
            recall(questions, cache, asker, (again.from, again.original), answer).await
        }
        _ => None,
    };
    let (Some(asker), Some(asked)) = (asker, asked) else { return tell(rest, click, LOST).await };
    if asker.is_direct
        && let Err(refusal) = questions.admission.within_limits(cache, &asker.request(Some(&id)))
    {
        return tell(rest, click, &refusal.to_string()).await;
    }
    let head = head.ok().flatten();
    if head.as_ref().is_some_and(|head| answers(head, &id)) {
        return;
    }
    let target = match clear(questions, click, again, head.as_ref()).await {
        Ok(target) => target,
        Err(error) => {
            tracing::warn!(interaction = %click.id, %error, "failed to turn an answer into a placeholder");
            return tell(rest, click, STUCK).await;
        }
    };
    let private = parts::is_private(click);
    let seen_by = if private || asker.is_direct { SeenBy::Asker } else { SeenBy::Channel };
    // Only what everyone in a thread sees may go to its channel instead.
    let home = asker.guild.filter(|_| !private && !asker.is_direct);
    let parent = home.and_then(|guild| public_parent_of(cache, guild, click.channel_id));
    let extras = ReplyExtras {
        private,
        about: again.from == QuestionSource::About,
        asker: again.parts.asker.map(|asker| asker.event_id()),
        parent: parent.map(|parent| parent.event_id()),
        ..ReplyExtras::default()
    };
    let scope = scope(questions, cache, &asker, seen_by, &asked.narrowing).await;
    let question = PendingQuestion { id, original: again.original, asked, asker, scope, extras, until };
    questions.submit(cache, question, target).await;
}

/// The waits while Discord is in trouble.
fn retries() -> Take<Backoff> {
    times(5, Duration::from_millis(250))
}

/// Whether a message shows the answer to this very question already.
fn answers(message: &Message, id: &QueryId) -> bool {
    buttons(message).any(|button| button == Button::Good(id.0.clone()))
}

/// Makes the answer a placeholder again, and takes its further parts away.
async fn clear(
    questions: &QuestionService,
    click: &ComponentInteraction,
    again: &Regenerate,
    head: Option<&Message>,
) -> Result<ReplyTarget, RestError> {
    let (rest, channel) = (&questions.rest, click.channel_id);
    let by_click = |private| async move {
        rest.edit_original(click.application_id, &click.token, &SEARCHING.into()).await?;
        let (application, token) = (click.application_id, click.token.clone());
        Ok(ReplyTarget::Interaction { channel, application, token, private })
    };
    if parts::is_private(click) {
        return by_click(true).await;
    }
    let others = parts::others(rest, click, &again.parts, head).await;
    let known = again.parts.head.unwrap_or(click.message.id);
    let searching = SEARCHING.into();
    let message = match (|| rest.edit(channel, known, &searching)).retry(retries()).when(worth_retrying).await {
        Ok(()) => known,
        // Gone, or too old to be edited often: a new message takes its place.
        Err(error) if error.needs_new_message() => {
            let nonce = format!("r{}", click.id);
            let reply_to = (again.from == QuestionSource::Message).then(|| MessageId::new(again.original));
            let create = || rest.create(channel, &searching, &nonce, reply_to);
            let new = create.retry(retries()).when(worth_retrying).await?.id;
            if let Err(error) = gone(rest.delete(channel, known).await) {
                tracing::info!(message = %known, %error, "failed to delete a replaced answer");
            }
            new
        }
        // Where the bot sees nothing, the click lets it change what was clicked.
        Err(error) if again.parts.head.is_none() && error.is_closed_there() => return by_click(false).await,
        Err(error) => return Err(error),
    };
    for part in others.iter().filter(|part| part.id != message) {
        if let Err(error) = gone(rest.delete(channel, part.id).await) {
            tracing::info!(message = %part.id, %error, "failed to delete a part of a replaced answer");
        }
    }
    Ok(ReplyTarget::Placeholder { channel, message })
}
