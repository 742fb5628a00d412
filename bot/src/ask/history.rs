//! The conversation before a question: the chain of replies, or the last messages of a thread, oldest first. The bot's
//! answers become turns of the model, without citations and notices; the ids of their sources go along, because the
//! processor drops an answer when one of them is gone.

use super::remembered::may_be_remembered;
use crate::{
    discord::{
        channels::{is_own_thread, parent_of as parent_of_thread},
        ids::{ToEventId, instant},
        markdown::numbered_links,
        message::{is_human, name_of},
        model::{Cache, ChannelId, GuildId, Message, MessageId, MessageInteractionMetadata, User, UserId},
        rest::Rest,
        trigger::{MessageFacts, trigger},
    },
    reply::{Citation, SOURCES_HEADING},
};
use rtfm_shared::{
    event::{Speaker, Turn},
    settings::Settings,
};

/// How far back a chain is followed; each step is a request.
const STEPS: usize = 6;

/// How many messages of a thread are read.
const THREAD_MESSAGES: u8 = 8;

/// Reads the conversation before one question.
struct ConversationReader<'a> {
    rest: &'a Rest,
    settings: &'a Settings,
    me: UserId,
    asker: UserId,
    cache: &'a Cache,
    guild: Option<GuildId>,
}

/// The turns before a message: in a thread of the bot's own the last ones, elsewhere the chain of replies.
///
/// Messages that may not be remembered (people opted out, the server left the channel out, they are too old) are not used,
/// but for the asker's own.
pub(super) async fn before(
    rest: &Rest,
    settings: &Settings,
    cache: &Cache,
    message: &Message,
    guild: Option<GuildId>,
) -> Vec<Turn> {
    let Ok(me) = rest.me().await else { return Vec::new() };
    let reader = ConversationReader { rest, settings, me, asker: message.author.id, cache, guild };
    match guild.filter(|guild| is_own_thread(cache, *guild, message.channel_id, me)) {
        Some(guild) => reader.of_thread(message, parent_of_thread(cache, guild, message.channel_id)).await,
        None => reader.of_chain(message).await,
    }
}

impl ConversationReader<'_> {
    async fn of_chain(&self, message: &Message) -> Vec<Turn> {
        let mut turns = Vec::new();
        let mut earliest: Option<Message> = None;
        for _ in 0..STEPS {
            let Some(parent) = parent_of(self.rest, earliest.as_ref().unwrap_or(message)).await else { break };
            turns.extend(self.turns(&parent).into_iter().rev());
            earliest = Some(parent);
        }
        turns.reverse();
        turns
    }

    /// The last turns before a message in a thread of the bot's own, beginning with the question that the thread was
    /// started from.
    async fn of_thread(&self, message: &Message, parent: Option<ChannelId>) -> Vec<Turn> {
        let mut said = match self.rest.before(message.channel_id, message.id, THREAD_MESSAGES).await {
            Ok(said) => said,
            Err(error) => {
                tracing::debug!(%error, "failed to read a thread");
                return Vec::new();
            }
        };
        let is_whole = said.len() < usize::from(THREAD_MESSAGES);
        if let Some(parent) = parent.filter(|_| is_whole)
            && let Ok(first) = self.rest.message(parent, MessageId::new(message.channel_id.get())).await
        {
            said.push(first);
        }
        let takes_part = |message: &&Message| message.author.id == self.me || is_human(message);
        said.iter().rev().filter(takes_part).flat_map(|message| self.turns(message)).collect()
    }

    /// The turns of a message, oldest first: a person's words, or the bot's answer after the question that it repeats.
    fn turns(&self, message: &Message) -> Vec<Turn> {
        let (asked, said) = if message.author.id == self.me {
            let user = user_of(message);
            let (asked, said) = parse_answer(&message.content, user.is_some());
            let turn = user.zip(asked).and_then(|(user, asked)| self.person_turn(message, user, asked));
            (turn, said.map(|said| Turn { timestamp: Some(instant(message.timestamp)), ..said }))
        } else {
            (self.person_turn(message, &message.author, without_trigger(message, self.me)), None)
        };
        asked.into_iter().chain(said).collect()
    }

    /// A turn of a person; none where their words may not be used.
    fn person_turn(&self, message: &Message, person: &User, content: String) -> Option<Turn> {
        let (user_id, written) = (person.id.event_id(), instant(message.timestamp));
        // A command's question is part of a message of the bot's.
        let may_be_used = may_be_remembered(self.settings, self.cache, self.guild, message)
            && self.settings.privacy(&user_id).allows(written);
        let turn = || Turn {
            user_id: Some(user_id),
            username: name_of(person, None),
            timestamp: Some(written),
            ..Turn::new(Speaker::User, content)
        };
        (person.id == self.asker || may_be_used).then(turn).filter(|turn| !turn.content.is_empty())
    }
}

/// Who used the command that a message answers.
fn user_of(message: &Message) -> Option<&User> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(command) => Some(&command.user),
        _ => None,
    }
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

/// The question that the answer to a command begins with, and the answer's turn. Any other answer that begins with a
/// quotation quotes a message. Without its list of sources a text is no answer, or the part of one that does not say what
/// it rests on.
fn parse_answer(answer: &str, is_of_command: bool) -> (Option<String>, Option<Turn>) {
    let head = answer.strip_prefix("> ").filter(|_| is_of_command);
    let (asked, rest) = head.map_or((None, answer), |head| {
        let (asked, rest) = head.split_once('\n').unwrap_or((head, ""));
        (Some(asked.to_owned()), rest)
    });
    let said: Vec<&str> = rest.lines().filter(|line| !line.starts_with("-# ")).collect();
    let content = without_citations(said.join("\n").trim());
    let is_whole = !content.is_empty() && rest.lines().any(|line| line == SOURCES_HEADING);
    let mut sources: Vec<_> = numbered_links(rest).iter().filter_map(Citation::of).map(|one| one.message).collect();
    sources.sort_unstable();
    sources.dedup();
    let sources = sources.into_iter().map(|id| id.event_id()).collect();
    (asked, is_whole.then(|| Turn { sources, ..Turn::new(Speaker::Model, content) }))
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

    const LIST: &str = "-# **Sources**\n-# [[1]](<https://discord.com/channels/1/2/3>) ana · <#2> · <t:1:R>";

    #[test]
    fn an_answer_is_turned_back_into_what_was_said() {
        let answer = format!(
            "> where is it?\n\nOn port **8080** [[1]](<https://discord.com/channels/1/2/3>), or \
             [[2]](<https://discord.com/channels/1/2/4>).\n\n{LIST}"
        );
        let (asked, said) = parse_answer(&answer, true);
        let said = said.unwrap();
        assert_eq!((asked.as_deref(), said.content.as_str()), (Some("where is it?"), "On port **8080**, or."));
        assert_eq!(said.sources, [3.into(), 4.into()]);
    }

    #[test]
    fn only_the_answer_to_a_command_begins_with_the_question() {
        let answer = format!("> The crane is red [[1]](<https://discord.com/channels/1/2/3>)\n\n{LIST}");
        let (asked, said) = parse_answer(&answer, false);
        assert_eq!((asked, said.unwrap().content.as_str()), (None, "> The crane is red"));
    }

    #[test]
    fn a_text_without_a_list_of_sources_is_no_answer() {
        for text in
            ["-# Searching…", "Half of [[1]](<https://discord.com/channels/1/2/3>)\n\n-# Writing…", "I found nothing."]
        {
            assert_eq!(parse_answer(text, false), (None, None), "{text}");
        }
        assert_eq!(without_citations("a [[x]] b [[1]] c"), "a [[x]] b [[1]] c");
    }
}
