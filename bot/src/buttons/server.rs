//! The menu "Which server?" in a direct message: what is chosen is where the question is asked.

use super::parts;
use crate::{
    ask::{
        Asker, DirectQuestion, QuestionService, query_of_command, query_of_message, read_about, read_message,
        read_quote,
    },
    discord::{
        accept::{Accepted, accept, reply_privately},
        ids,
        model::{Cache, ComponentInteraction, ComponentInteractionDataKind, GuildId, MessageId},
        rest::{Ack, InteractionRef},
    },
    reply::{QuestionSource, ReplyTarget, SEARCHING},
};
use tokio::time::Instant;
use tracing::Span;

const LOST: &str = "I cannot find that question any more. Please ask it again.";

pub(super) async fn run(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    from: QuestionSource,
    original: u64,
) {
    let (rest, ticket, until) =
        (&questions.rest, InteractionRef::from(click), Instant::now() + questions.times.deadline);
    let ComponentInteractionDataKind::StringSelect { values } = &click.data.kind else { return };
    let chosen = values.first().and_then(|id| ids::parse(id)).map(GuildId::new);
    let Some(guild) = chosen else { return };
    let message = MessageId::new(original);
    let id = match from {
        QuestionSource::Message => query_of_message(message),
        QuestionSource::Quote | QuestionSource::About => query_of_command(click.message.id.get()),
    };
    Span::current().record("query_id", &id.0);
    let asker = Asker::of_click(click);
    if let Err(refusal) = questions.admission.admit(cache, &asker.request(Some(&id))).await {
        return reply_privately(rest, ticket, &refusal.to_string()).await;
    }
    // The menu goes at once, so that it is used once.
    match accept(rest, ticket, &Ack::Update(SEARCHING.into())).await {
        Ok(Accepted::Own) => {}
        Ok(Accepted::Others) => return,
        Err(error) => return tracing::warn!(interaction = %click.id, %error, "failed to accept a choice"),
    }
    let asked = match from {
        QuestionSource::Quote => read_quote(&click.message.content),
        QuestionSource::Message => read_message(questions, cache, &asker, message).await,
        QuestionSource::About => read_about(questions, cache, &asker, message).await,
    };
    let private = parts::is_private(click);
    let (channel, application) = (click.channel_id, click.application_id);
    let target = if private {
        ReplyTarget::Interaction { channel, application, token: click.token.clone(), private }
    } else {
        ReplyTarget::Placeholder { channel, message: click.message.id }
    };
    let Some(asked) = asked else {
        if let Err(error) = target.write(rest, &LOST.into()).await {
            tracing::warn!(interaction = %click.id, %error, "failed to answer a choice");
        }
        return;
    };
    let direct = DirectQuestion { id, from, original, asked, target, private, until };
    questions.ask_directly(cache, asker, direct, Some(guild)).await;
}
