//! The menu "Which server?" in a direct message: what is chosen is where the question is asked.

use super::{LOST, accept_click, parts};
use crate::{
    ask::{Asker, DirectQuestion, QuestionService, query_of_command, query_of_message, recall},
    discord::{
        accept::reply_privately,
        ids,
        model::{Cache, ComponentInteraction, ComponentInteractionDataKind, GuildId, MessageId},
        rest::{Ack, InteractionRef},
    },
    reply::{QuestionSource, ReplyTarget, SEARCHING},
};
use tokio::time::Instant;
use tracing::Span;

pub(super) async fn run(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    from: QuestionSource,
    original: u64,
) {
    let (rest, until) = (&questions.rest, Instant::now() + questions.times.deadline);
    let ComponentInteractionDataKind::StringSelect { values } = &click.data.kind else { return };
    let chosen = values.first().and_then(|id| ids::parse(id)).map(GuildId::new);
    let Some(guild) = chosen else { return };
    let id = match from {
        QuestionSource::Message => query_of_message(MessageId::new(original)),
        QuestionSource::Quote | QuestionSource::About => query_of_command(click.message.id.get()),
    };
    Span::current().record("query_id", &id.0);
    let asker = Asker::of_click(click);
    if let Err(refusal) = questions.admission.admit(cache, &asker.request(Some(&id))).await {
        return reply_privately(rest, InteractionRef::from(click), &refusal.to_string()).await;
    }
    // The menu goes at once, so that it is used once.
    if !accept_click(rest, click, &Ack::Update(SEARCHING.into())).await {
        return;
    }
    let asked = recall(questions, cache, &asker, (from, original), Some(&click.message.content)).await;
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
