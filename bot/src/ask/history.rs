//! The conversation before a question: the chain of replies, or the last messages of a thread, oldest first. The bot's
//! answers become turns of the model, without citations, sources and notices.

use crate::discord::{
    channels::{is_own_thread, parent_of as parent_of_thread},
    ids::{ToEventId, instant},
    markdown::numbered_links,
    model::{Cache, GuildId, Message, MessageId, MessageInteractionMetadata, MessageType, UserId},
    rest::Rest,
    trigger::{MessageFacts, trigger},
};
use rtfm_shared::{
    event::{Speaker, Turn},
    settings::Settings,
};

/// How far back a chain is followed; each step is a request.
const STEPS: usize = 6;

/// How many messages of a thread are read.
const THREAD_MESSAGES: u8 = 8;

/// The turns before a message: in a thread of the bot's own the last ones, elsewhere the chain of replies.
///
/// Messages of people who opted out are left out, but for the asker's own.
pub(super) async fn before(
    rest: &Rest,
    settings: &Settings,
    cache: &Cache,
    message: &Message,
    guild: Option<GuildId>,
) -> Vec<Turn> {
    let own = match (guild, rest.me().await) {
        (Some(guild), Ok(me)) if is_own_thread(cache, guild, message.channel_id, me) => Some(guild),
        _ => None,
    };
    match own {
        Some(guild) => of_thread(rest, settings, cache, message, guild).await,
        None => of_chain(rest, settings, message).await,
    }
}

async fn of_chain(rest: &Rest, settings: &Settings, message: &Message) -> Vec<Turn> {
    let asker = message.author.id;
    let Ok(me) = rest.me().await else { return Vec::new() };
    let mut turns = Vec::new();
    let mut parent = parent_of(rest, message).await;
    while let Some(message) = parent.take().filter(|_| turns.len() < STEPS) {
        if message.author.id == me {
            let (asked, said) = parse_answer(&message.content);
            turns.extend(said.map(|content| Turn::new(Speaker::Model, content)));
            if let Some(content) = asked {
                turns.push(person_turn(&message, user_of(&message), content));
                break;
            }
        } else if may_be_used(settings, &message, asker) {
            let content = without_trigger(&message, me);
            if !content.is_empty() {
                turns.push(person_turn(&message, Some(message.author.id), content));
            }
        }
        parent = parent_of(rest, &message).await;
    }
    turns.reverse();
    turns
}

/// The last turns before a message in a thread of the bot's own, beginning with the question that the thread was
/// started from.
async fn of_thread(rest: &Rest, settings: &Settings, cache: &Cache, message: &Message, guild: GuildId) -> Vec<Turn> {
    let asker = message.author.id;
    let usable = |message: &&Message| may_be_used(settings, message, asker);
    let Ok(me) = rest.me().await else { return Vec::new() };
    let said = match rest.before(message.channel_id, message.id, THREAD_MESSAGES).await {
        Ok(said) => said,
        Err(error) => {
            tracing::debug!(%error, "failed to read a thread");
            return Vec::new();
        }
    };
    let is_whole = said.len() < usize::from(THREAD_MESSAGES);
    let mut turns: Vec<Turn> = said.iter().rev().filter(usable).filter_map(|message| turn(message, me)).collect();
    let parent = parent_of_thread(cache, guild, message.channel_id);
    if let Some(parent) = parent.filter(|_| is_whole)
        && let Ok(first) = rest.message(parent, MessageId::new(message.channel_id.get())).await
    {
        turns.splice(0..0, Some(&first).filter(usable).and_then(|first| turn(first, me)));
    }
    turns
}

/// The turn of a message in a thread; none for other bots and for Discord's notices.
fn turn(message: &Message, me: UserId) -> Option<Turn> {
    let turn = if message.author.id == me {
        Turn::new(Speaker::Model, parse_answer(&message.content).1?)
    } else {
        let written = matches!(message.kind, MessageType::Regular | MessageType::InlineReply);
        let content = Some(without_trigger(message, me)).filter(|_| written && !message.author.bot)?;
        person_turn(message, Some(message.author.id), content)
    };
    (!turn.content.is_empty()).then_some(turn)
}

/// A turn of a person.
fn person_turn(message: &Message, person: Option<UserId>, content: String) -> Turn {
    let user_id = person.map(|person| person.event_id());
    Turn { user_id, timestamp: Some(instant(message.timestamp)), ..Turn::new(Speaker::User, content) }
}

/// Who used the command that a message answers.
fn user_of(message: &Message) -> Option<UserId> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(command) => Some(command.user.id),
        _ => None,
    }
}

/// Whether a message may be used for an answer: its author is the asker, or did not opt out.
pub(super) fn may_be_used(settings: &Settings, message: &Message, asker: UserId) -> bool {
    message.author.id == asker || settings.privacy(&message.author.id.event_id()).allows(instant(message.timestamp))
}

/// The text of a message without the trigger that addresses the bot.
fn without_trigger(message: &Message, me: UserId) -> String {
    let facts =
        MessageFacts { content: &message.content, bot_id: me.get(), mentions_bot: true, ..MessageFacts::default() };
    trigger(&facts).map_or_else(|| message.content.trim().to_owned(), |(_, question)| question)
}

async fn parent_of(rest: &Rest, message: &Message) -> Option<Message> {
    if let Some(parent) = &message.referenced_message {
        return Some((**parent).clone());
    }
    let reference = message.message_reference.as_ref()?;
    // A reply points into its own channel; forwarded messages come from elsewhere and are not followed.
    let id = reference.message_id.filter(|_| reference.channel_id == message.channel_id)?;
    let parent = rest.message(message.channel_id, id).await;
    parent.inspect_err(|error| tracing::debug!(%error, "failed to follow a chain of replies")).ok()
}

/// The question that an answer quotes, if any, and its text.
fn parse_answer(answer: &str) -> (Option<String>, Option<String>) {
    let asked = answer.strip_prefix("> ").and_then(|rest| rest.lines().next()).map(str::to_owned);
    let said: Vec<&str> =
        answer.lines().skip(usize::from(asked.is_some())).filter(|line| !line.starts_with("-# ")).collect();
    let said = without_citations(said.join("\n").trim());
    (asked, (!said.is_empty()).then_some(said))
}

/// The numbers of old citations would be taken for those of the new answer.
fn without_citations(text: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for link in numbered_links(text) {
        out.push_str(text.get(at..link.range.start).map_or("", |before| before.trim_end_matches(' ')));
        at = link.range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_turned_back_into_what_was_said() {
        let answer = "> where is it?\n\nOn port **8080** [[1]](<https://discord.com/channels/1/2/3>).\n\n\
                      -# **Sources**\n-# [[1]](<https://discord.com/channels/1/2/3>) ana · <#2> · <t:1:R>";
        let (asked, said) = parse_answer(answer);
        assert_eq!(asked.unwrap(), "where is it?");
        assert_eq!(said.unwrap(), "On port **8080**.");
    }

    #[test]
    fn a_placeholder_says_nothing() {
        assert_eq!(parse_answer("-# Searching…"), (None, None));
        assert_eq!(parse_answer("a [[x]] b [[1]] c"), (None, Some("a [[x]] b [[1]] c".to_owned())));
    }
}
