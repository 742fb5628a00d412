//! Regenerate: the same question once more, into the same message. The new question's id is made from the click's,
//! so a click that is heard twice asks once.

use super::{
    NOT_YOURS, buttons,
    delete::gone,
    id::{Again, Button, From},
    may_change, parts,
};
use crate::{
    ask::{
        Accepted, Asked, Asker, Desk, Question, SeenBy, accept, guild_asker, read_about, read_message, read_quote,
        scope, whisper,
    },
    gateway::public_parent_of,
    reply::{Extras, Place, SEARCHING},
    rest::{Ack, RestError, Ticket, retries, worth_retrying},
};
use rtfm_shared::event::QueryId;
use serenity::{
    cache::Cache,
    model::{application::ComponentInteraction, channel::Message, id::MessageId},
};
use tokio::time::Instant;
use tracing::Span;

const LOST: &str = "I cannot find that question any more. Please ask it again.";
const STUCK: &str = "I cannot change that answer any more. Please ask again.";

pub(super) async fn run(desk: &Desk, cache: &Cache, click: &ComponentInteraction, again: &Again) {
    let (rest, ticket, until) = (&desk.rest, Ticket::from(click), Instant::now() + desk.deadline);
    let id = QueryId(format!("discord-again-{}", click.id));
    Span::current().record("query_id", &id.0);
    if !may_change(click, again.parts.asker) {
        return whisper(rest, ticket, NOT_YOURS).await;
    }
    let asker = Asker::of_click(click);
    if let Err(refusal) = desk.admit(cache, &asker, Some(&id)).await {
        return whisper(rest, ticket, &refusal.to_string()).await;
    }
    // In a direct message it is asked in the same guild as before.
    let out_of_reach = again.guild.filter(|_| asker.is_direct).and_then(|guild| desk.out_of_reach(cache, guild));
    if let Some(words) = out_of_reach {
        return whisper(rest, ticket, words).await;
    }
    match accept(rest, ticket, &Ack::Heard).await {
        Ok(Accepted::Own) => {}
        // Who was first asks.
        Ok(Accepted::Others) => return,
        Err(error) => return tracing::warn!(interaction = %click.id, %error, "cannot accept a click"),
    }
    let asker = if asker.is_direct { guild_asker(rest, asker, again.guild).await } else { Some(asker) };
    let head = parts::head(rest, click, &again.parts).await;
    let asked = match (&head, &asker) {
        (Ok(head), Some(asker)) => recall(desk, cache, asker, again, head.as_ref()).await,
        _ => None,
    };
    let (Some(asker), Some(asked)) = (asker, asked) else { return tell(desk, click, LOST).await };
    if asker.is_direct
        && let Err(refusal) = desk.within_limits(cache, &asker, &id)
    {
        return tell(desk, click, &refusal.to_string()).await;
    }
    let head = head.ok().flatten();
    if head.as_ref().is_some_and(|head| answers(head, &id)) {
        return;
    }
    let place = match clear(desk, click, again, head.as_ref()).await {
        Ok(place) => place,
        Err(error) => {
            tracing::warn!(interaction = %click.id, %error, "an answer cannot be made a placeholder again");
            return tell(desk, click, STUCK).await;
        }
    };
    let private = parts::is_private(click);
    let seen_by = if private || asker.is_direct { SeenBy::Asker } else { SeenBy::Channel };
    // Only what everyone in a thread sees may go to its channel instead.
    let home = asker.guild.filter(|_| !private && !asker.is_direct);
    let parent = home.and_then(|guild| public_parent_of(cache, guild, click.channel_id));
    let extras = Extras {
        asked: asked.shown,
        narrowed: asked.narrowing.note(),
        private,
        about: again.from == From::About,
        asker: again.parts.asker.map(|asker| asker.get().into()),
        parent: parent.map(|parent| parent.get().into()),
        ..Extras::default()
    };
    let question = Question {
        id,
        original: again.original,
        text: asked.text,
        scope: scope(desk, cache, &asker, seen_by, &asked.narrowing).await,
        narrowing: asked.narrowing,
        mentions: asked.mentions,
        history: asked.history,
        extras,
        until,
        asker,
    };
    desk.pose(cache, question, place).await;
}

/// What was asked.
async fn recall(desk: &Desk, cache: &Cache, asker: &Asker, again: &Again, head: Option<&Message>) -> Option<Asked> {
    match again.from {
        From::Quote => read_quote(&head?.content),
        From::Message => read_message(desk, cache, asker, MessageId::new(again.original)).await,
        From::About => read_about(desk, cache, asker, MessageId::new(again.original)).await,
    }
}

/// Whether a message shows the answer to this very question already.
fn answers(message: &Message, id: &QueryId) -> bool {
    buttons(message).any(|button| button == Button::Good(id.0.clone()))
}

/// Makes the answer a placeholder again, and takes its further parts away.
async fn clear(
    desk: &Desk,
    click: &ComponentInteraction,
    again: &Again,
    head: Option<&Message>,
) -> Result<Place, RestError> {
    let (rest, channel) = (&desk.rest, click.channel_id);
    let by_click = |private| async move {
        rest.edit_original(click.application_id, &click.token, &SEARCHING.into()).await?;
        let (application, token) = (click.application_id, click.token.clone());
        Ok(Place::Interaction { channel, application, token, private })
    };
    if parts::is_private(click) {
        return by_click(true).await;
    }
    let others = parts::others(rest, click, &again.parts, head).await;
    let known = again.parts.head.unwrap_or(click.message.id);
    let searching = SEARCHING.into();
    let message = match insist(|| rest.edit(channel, known, &searching)).await {
        Ok(()) => known,
        // Gone, or too old to be edited often: a new message takes its place.
        Err(error) if error.needs_new_message() => {
            let nonce = format!("r{}", click.id);
            let reply_to = (again.from == From::Message).then(|| MessageId::new(again.original));
            let new = insist(|| rest.create(channel, &searching, &nonce, reply_to)).await?.id;
            if let Err(error) = gone(rest.delete(channel, known).await) {
                tracing::info!(message = %known, %error, "an answer that is replaced stays");
            }
            new
        }
        // Where the bot sees nothing, the click lets it change what was clicked.
        Err(error) if again.parts.head.is_none() && error.is_closed_there() => return by_click(false).await,
        Err(error) => return Err(error),
    };
    for part in others.iter().filter(|part| part.id != message) {
        if let Err(error) = gone(rest.delete(channel, part.id).await) {
            tracing::info!(message = %part.id, %error, "a part of an answer that is replaced stays");
        }
    }
    Ok(Place::Placeholder { channel, message })
}

/// Tries a few times while Discord is in trouble.
async fn insist<T, F: Future<Output = Result<T, RestError>>>(attempt: impl Fn() -> F) -> Result<T, RestError> {
    let mut delays = retries().take(5);
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match delays.next().filter(|_| worth_retrying(&error)) {
            Some(delay) => tokio::time::sleep(delay).await,
            None => return Err(error),
        }
    }
}

async fn tell(desk: &Desk, click: &ComponentInteraction, words: &str) {
    if let Err(error) = desk.rest.follow_up(click.application_id, &click.token, &words.into(), true).await {
        tracing::warn!(interaction = %click.id, %error, "cannot answer a click");
    }
}
