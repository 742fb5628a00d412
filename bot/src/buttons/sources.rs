//! Sources: the beginnings of the messages that an answer rests on, fetched anew from Discord, as far as the person
//! who clicked may read them now and they may be remembered. Only that person sees the list.

use super::{accept_click, parts};
use crate::{
    ask::{Asker, Narrowing, QuestionService, SeenBy, Usable, guild_asker, scope},
    discord::{
        ids::ToEventId,
        message::name_of,
        model::{Cache, ComponentInteraction, GuildId, Message},
        rest::{Ack, Rest, RestError, code},
    },
    reply::{AnswerParts, Citation, LIMIT, citations, split},
};
use rtfm_shared::{
    event::ChannelId,
    text::{disarmed, showable},
};
use std::collections::{HashMap, hash_map::Entry};

const NONE: &str = "This answer has no sources.";
const MOST: usize = 10;
const UNAVAILABLE: &str = "*cannot be fetched right now*";
/// Characters of a message that are shown.
const EXCERPT: usize = 120;

pub(super) async fn run(questions: &QuestionService, cache: &Cache, click: &ComponentInteraction, of: &AnswerParts) {
    if !accept_click(&questions.rest, click, &Ack::DeferPrivately).await {
        return;
    }
    let lines = list(questions, cache, click, of).await;
    if let Err(error) = reply(&questions.rest, click, &lines).await {
        tracing::warn!(interaction = %click.id, %error, "failed to answer a click");
    }
}

/// Replies with the lines, in as few messages as possible.
async fn reply(rest: &Rest, click: &ComponentInteraction, lines: &[String]) -> Result<(), RestError> {
    let parts = split(&lines.join("\n"), LIMIT);
    let (application, token) = (click.application_id, &click.token);
    for (index, part) in parts.iter().enumerate() {
        if index == 0 {
            rest.edit_original(application, token, &part.as_str().into()).await?;
        } else {
            rest.follow_up(application, token, &part.as_str().into(), true).await?;
        }
    }
    Ok(())
}

async fn list(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    of: &AnswerParts,
) -> Vec<String> {
    let head = match parts::head(&questions.rest, click, of).await {
        Ok(head) => head,
        Err(error) => {
            tracing::debug!(%error, "failed to read the first part of an answer");
            None
        }
    };
    let others = parts::others(&questions.rest, click, of, head.as_ref()).await;
    let clicked = (head.is_none() && others.is_empty()).then(|| (*click.message).clone());
    let mut cited: Vec<Citation> = Vec::new();
    for message in head.iter().chain(&others).chain(&clicked) {
        for citation in citations(&message.content) {
            if !cited.iter().any(|known| known.message == citation.message) {
                cited.push(citation);
            }
        }
    }
    cited.sort_by_key(|citation| citation.number);
    let more = cited.len().saturating_sub(MOST);
    let mut readable = HashMap::new();
    let mut lines = Vec::new();
    for citation in cited.iter().take(MOST) {
        lines.push(format!(
            "[{}](<{}>) {}",
            citation.number,
            citation.address(),
            excerpt(questions, cache, click, citation, &mut readable).await
        ));
    }
    match (lines.is_empty(), more) {
        (true, _) => return vec![NONE.to_owned()],
        (false, 0) => {}
        (false, more) => lines.push(format!("-# and {more} more")),
    }
    lines
}

async fn excerpt(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    citation: &Citation,
    readable: &mut HashMap<Option<GuildId>, Vec<ChannelId>>,
) -> String {
    let places = match readable.entry(citation.guild) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(_) if out_of_reach(questions, cache, click, citation.guild) => {
            return UNAVAILABLE.to_owned();
        }
        Entry::Vacant(unknown) => unknown.insert(may_read(questions, cache, click, citation.guild).await),
    };
    if !places.contains(&citation.channel.event_id()) {
        return "*in a channel that you cannot read*".to_owned();
    }
    match questions.rest.message(citation.channel, citation.message).await {
        Ok(message) => match questions.may_show(cache, citation.guild, &message).await {
            Usable::Yes => shown(&message),
            Usable::No => "*not remembered*".to_owned(),
            Usable::NotKnown => UNAVAILABLE.to_owned(),
        },
        Err(error) if matches!(error.code(), Some(code::UNKNOWN_MESSAGE | code::UNKNOWN_CHANNEL)) => {
            "*deleted since*".to_owned()
        }
        Err(error) => {
            tracing::info!(channel = %citation.channel, message = %citation.message, %error, "failed to fetch a source");
            UNAVAILABLE.to_owned()
        }
    }
}

/// Whether the permissions in another guild may be stale right now.
fn out_of_reach(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    guild: Option<GuildId>,
) -> bool {
    let other = guild.filter(|guild| click.guild_id != Some(*guild));
    other.is_some_and(|guild| questions.out_of_reach(cache, guild).is_some())
}

/// The channels of a guild that the person who clicked can read now.
async fn may_read(
    questions: &QuestionService,
    cache: &Cache,
    click: &ComponentInteraction,
    guild: Option<GuildId>,
) -> Vec<ChannelId> {
    let own = Asker::of_click(click);
    let asker = if own.guild == guild { Some(own) } else { guild_asker(&questions.rest, own, guild).await };
    match asker {
        Some(asker) => scope(questions, cache, &asker, SeenBy::Asker, &Narrowing::default()).await,
        None => Vec::new(),
    }
}

fn shown(message: &Message) -> String {
    let line = showable(&message.content).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(EXCERPT).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    let files = message.attachments.len();
    let text = match (short.is_empty(), files) {
        (true, 0) => "*no text that I can read*".to_owned(),
        (true, 1) => "*1 file*".to_owned(),
        (true, files) => format!("*{files} files*"),
        // Code keeps a text from being formatted, and from calling anybody.
        (false, _) => format!("`{}`", disarmed(&short.replace('`', "'"))),
    };
    let name: String =
        name_of(&message.author, None).chars().filter(|c| c.is_alphanumeric() || " .-".contains(*c)).collect();
    format!("{name}, <t:{}:R>: {text}", message.timestamp.unix_timestamp())
}
