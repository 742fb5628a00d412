//! A button's id, of at most 100 characters, holds what a click needs: so it works after a
//! restart and on any instance.

use super::citations;
use crate::discord::model::{ActionRowComponent, ButtonKind, GuildId, Message, MessageId, UserId};

/// The longest id that Discord takes.
const LONGEST: usize = 100;
/// The first version of these ids.
const VERSION: &str = "r1";

/// A button or menu of the bot's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    /// The answer to this question helped.
    Good(String),
    /// The answer did not help.
    Bad(String),
    /// Ask the same question again.
    Regenerate(Regenerate),
    /// Show what the answer rests on.
    Sources(AnswerParts),
    /// Delete the answer, all its parts.
    Delete(AnswerParts),
    /// A menu of guilds in which a question may be asked.
    Server(QuestionSource, u64),
}

/// Where an answer's parts begin, and whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerParts {
    /// The first message of the answer; none when the button is on it.
    pub(crate) head: Option<MessageId>,
    /// Who asked, where that is known.
    pub(crate) asker: Option<UserId>,
}

/// How a question is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Regenerate {
    /// Where the question can be read.
    pub(crate) from: QuestionSource,
    /// The message that asked or was asked about, or the command.
    pub(crate) original: u64,
    pub(crate) parts: AnswerParts,
    /// The guild that was asked about.
    pub(crate) guild: Option<GuildId>,
}

/// Where a question can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuestionSource {
    /// In the message that asked.
    Message,
    /// It is the message that was asked about.
    About,
    /// In the answer's first line.
    Quote,
}

impl QuestionSource {
    fn letter(self) -> char {
        match self {
            Self::Message => 'm',
            Self::About => 'a',
            Self::Quote => 'q',
        }
    }

    fn of(letter: &str) -> Option<Self> {
        [Self::Message, Self::About, Self::Quote].into_iter().find(|from| letter == from.letter().to_string())
    }
}

impl Button {
    /// The id, if there is room for it.
    pub(super) fn custom_id(&self) -> Option<String> {
        let parts = |parts: &AnswerParts| {
            format!("{}.{}", number(parts.asker.map(UserId::get)), number(parts.head.map(MessageId::get)))
        };
        let id = match self {
            Self::Good(query) => format!("{VERSION}:g:{query}"),
            Self::Bad(query) => format!("{VERSION}:b:{query}"),
            Self::Regenerate(again) => {
                let kind = again.from.letter();
                let guild = number(again.guild.map(GuildId::get));
                format!("{VERSION}:{kind}:{}.{}.{guild}", parts(&again.parts), again.original)
            }
            Self::Sources(of) => format!("{VERSION}:s:{}", parts(of)),
            Self::Delete(of) => format!("{VERSION}:d:{}", parts(of)),
            Self::Server(from, original) => format!("{VERSION}:w{}:{original}", from.letter()),
        };
        (id.chars().count() <= LONGEST).then_some(id)
    }

    /// The button with this id; none when it is not the bot's.
    pub(crate) fn of(custom_id: &str) -> Option<Self> {
        let (kind, rest) = custom_id.strip_prefix(VERSION)?.strip_prefix(':')?.split_once(':')?;
        let numbers = || rest.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>();
        let known = |id: u64| (id != 0).then_some(id);
        let parts = |asker: u64, head: u64| AnswerParts {
            asker: known(asker).map(UserId::new),
            head: known(head).map(MessageId::new),
        };
        Some(match (kind, numbers().as_deref()) {
            ("g", _) => Self::Good(rest.to_owned()),
            ("b", _) => Self::Bad(rest.to_owned()),
            ("s", Some([asker, head])) => Self::Sources(parts(*asker, *head)),
            ("d", Some([asker, head])) => Self::Delete(parts(*asker, *head)),
            (kind, Some([original])) => Self::Server(QuestionSource::of(kind.strip_prefix('w')?)?, known(*original)?),
            (kind, Some([asker, head, original, guild])) => Self::Regenerate(Regenerate {
                from: QuestionSource::of(kind)?,
                original: known(*original)?,
                parts: parts(*asker, *head),
                guild: known(*guild).map(GuildId::new),
            }),
            _ => return None,
        })
    }
}

/// The guild that an answer is about, from its links or its buttons.
pub(crate) fn guild_of(answer: &Message) -> Option<GuildId> {
    let linked = citations(&answer.content).into_iter().find_map(|citation| citation.guild);
    linked.or_else(|| {
        buttons(answer).find_map(|button| match button {
            Button::Regenerate(again) => again.guild,
            _ => None,
        })
    })
}

/// The bot's buttons on a message.
pub(crate) fn buttons(message: &Message) -> impl Iterator<Item = Button> {
    let components = message.components.iter().flat_map(|row| &row.components);
    components.filter_map(|component| match component {
        ActionRowComponent::Button(button) => match &button.data {
            ButtonKind::NonLink { custom_id, .. } => Button::of(custom_id),
            _ => None,
        },
        _ => None,
    })
}

/// In a button's id, zero means none: no snowflake is zero.
fn number(id: Option<u64>) -> u64 {
    id.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_all_that_it_was_made_of_and_fits() {
        let parts = AnswerParts { head: Some(MessageId::new(u64::MAX)), asker: Some(UserId::new(u64::MAX)) };
        let again = Regenerate {
            from: QuestionSource::Message,
            original: u64::MAX,
            parts,
            guild: Some(GuildId::new(u64::MAX)),
        };
        let query = "discord-message-12345678901234567890".to_owned();
        for button in [
            Button::Good(query.clone()),
            Button::Bad("of:another.kind".to_owned()),
            Button::Regenerate(again),
            Button::Regenerate(Regenerate {
                from: QuestionSource::Quote,
                guild: None,
                parts: AnswerParts::default(),
                ..again
            }),
            Button::Regenerate(Regenerate { from: QuestionSource::About, ..again }),
            Button::Sources(parts),
            Button::Sources(AnswerParts::default()),
            Button::Delete(AnswerParts { head: None, ..parts }),
            Button::Server(QuestionSource::Message, u64::MAX),
            Button::Server(QuestionSource::Quote, 5),
        ] {
            let id = button.custom_id().unwrap();
            assert!(id.len() <= LONGEST, "{id}");
            assert_eq!(Button::of(&id), Some(button));
        }
        assert_eq!(Button::Good("x".repeat(96)).custom_id(), None, "no room");
    }

    #[test]
    fn other_ids_are_nobodys() {
        for id in [
            "",
            "r1",
            "r1:",
            "r1:s:",
            "r1:s:1",
            "r1:d:1.x",
            "r1:m:1.2.0.4",
            "r1:m:1.2.3",
            "r1:w:1",
            "r1:wx:1",
            "r1:wm:0",
            "r1:x:1.2.3.4",
            "r2:g:q",
        ] {
            assert_eq!(Button::of(id), None, "{id:?}");
        }
    }
}
