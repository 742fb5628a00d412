//! A question that was asked before, read back from Discord: from the message that asked, or from the first lines of
//! the answer to a command.

use super::{Asker, Narrowing, QuestionService, history, names, remembered::may_be_remembered, scope};
use crate::{
    discord::{
        channels::{name_in, parent_of},
        message::{asks, name_of},
        model::{Cache, ChannelId, GuildId, Message, MessageId, UserId},
    },
    reply::QuestionSource,
};
use rtfm_shared::{
    event::{Mention, Turn},
    text::showable,
};
use std::time::Duration;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuestionText {
    pub(crate) text: String,
    /// What the answer repeats of it.
    pub(crate) shown: Option<String>,
    pub(crate) narrowing: Narrowing,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) history: Vec<Turn>,
}

/// As much of a message as an answer about it repeats.
const SHOWN: usize = 200;
/// How long the settings are waited for, which leaves time to answer that they are not known.
const SETTINGS_TIMEOUT: Duration = Duration::from_millis(800);

/// Whether a message may be shown or asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usable {
    Yes,
    /// Its author or its server decided otherwise.
    No,
    /// Their decisions cannot be read right now.
    NotKnown,
}

impl QuestionService {
    /// Whether a message may be asked about: by its author, or by anyone if it may be shown.
    pub(crate) async fn may_use(
        &self,
        cache: &Cache,
        guild: Option<GuildId>,
        message: &Message,
        asker: UserId,
    ) -> Usable {
        if message.author.id == asker { Usable::Yes } else { self.may_show(cache, guild, message).await }
    }

    /// Whether a message that was fetched from Discord may be shown: if it may be remembered.
    pub(crate) async fn may_show(&self, cache: &Cache, guild: Option<GuildId>, message: &Message) -> Usable {
        if tokio::time::timeout(SETTINGS_TIMEOUT, self.settings.ready()).await.is_err() {
            return Usable::NotKnown;
        }
        if may_be_remembered(&self.settings, cache, guild, message) { Usable::Yes } else { Usable::No }
    }
}

/// A question, read where it can be read again; `answer` is the text that an answer to a command begins with.
pub(crate) async fn recall(
    questions: &QuestionService,
    cache: &Cache,
    asker: &Asker,
    (from, original): (QuestionSource, u64),
    answer: Option<&str>,
) -> Option<QuestionText> {
    match from {
        QuestionSource::Quote => read_quote(answer?),
        QuestionSource::Message => read_message(questions, cache, asker, MessageId::new(original)).await,
        QuestionSource::About => read_about(questions, cache, asker, MessageId::new(original)).await,
    }
}

/// The question that an answer to a command begins with.
fn read_quote(answer: &str) -> Option<QuestionText> {
    let mut lines = answer.lines();
    let text = lines.next()?.strip_prefix("> ")?.replace('\u{200b}', "");
    let narrowing = lines.next().and_then(Narrowing::of_note).unwrap_or_default();
    Some(QuestionText { shown: Some(text.clone()), text, narrowing, ..QuestionText::default() })
}

/// The question that a message asked.
async fn read_message(
    questions: &QuestionService,
    cache: &Cache,
    asker: &Asker,
    id: MessageId,
) -> Option<QuestionText> {
    // An answer may be in a thread that was started from the question, and has the question's id.
    let parent = asker.guild.and_then(|guild| parent_of(cache, guild, asker.channel));
    let channel = parent.filter(|_| asker.channel.get() == id.get()).unwrap_or(asker.channel);
    let message = fetch(questions, channel, id).await?;
    let me = questions.rest.me().await.ok()?;
    let guild = asker.guild.filter(|_| !asker.is_direct);
    let asked = asks(cache, &message, guild, me).map_or_else(|| message.content.trim().to_owned(), |(_, asked)| asked);
    let text = scope::mentions_as_names(&asked, cache, &message, asker.guild);
    let history = history::before(&questions.rest, &questions.settings, cache, &message, guild).await;
    let mentions = names::people(&message);
    (!text.is_empty()).then(|| QuestionText { text, mentions, history, ..QuestionText::default() })
}

/// The question that a message was.
async fn read_about(questions: &QuestionService, cache: &Cache, asker: &Asker, id: MessageId) -> Option<QuestionText> {
    let message = fetch(questions, asker.channel, id).await?;
    let guild = asker.guild.filter(|_| !asker.is_direct);
    if questions.may_use(cache, guild, &message, asker.user).await != Usable::Yes {
        return None;
    }
    about(cache, guild, &message)
}

/// The question about a message: its text with author and channel, without secrets; none when it has no text.
pub(crate) fn about(cache: &Cache, guild: Option<GuildId>, message: &Message) -> Option<QuestionText> {
    let text = showable(&scope::mentions_as_names(message.content.trim(), cache, message, guild));
    let author = name_of(&message.author, None);
    let place = guild.and_then(|guild| name_in(cache, guild, message.channel_id));
    let place = place.map_or_else(String::new, |name| format!(" in #{name}"));
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    (!text.is_empty()).then(|| QuestionText {
        text: format!("{text}\n(said by {author}{place})"),
        shown: Some(format!("{author}: {shown}")),
        ..QuestionText::default()
    })
}

async fn fetch(questions: &QuestionService, channel: ChannelId, id: MessageId) -> Option<Message> {
    let message = questions.rest.message(channel, id).await;
    message.inspect_err(|error| tracing::info!(message = %id, %error, "failed to read a question again")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_of_an_answer_say_what_was_asked() {
        let asked = read_quote("> why @\u{200b}here?\n-# only <#5>\n\nBecause.").unwrap();
        assert_eq!((asked.text.as_str(), asked.narrowing.channel.unwrap().get()), ("why @here?", 5));
        assert_eq!(read_quote("> why?\n\n-# only <#5>").unwrap().narrowing, Narrowing::default());
        assert_eq!(read_quote("Because."), None);
    }
}
