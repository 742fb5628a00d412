//! `/ask question: [private:] [channel:] [since:] [from:]` — a question whose answer everyone in the channel sees, or
//! the asker alone.

use crate::{
    ask::{CommandQuestion, HINT, Narrowing, QuestionService, QuestionText, since},
    discord::{
        accept::reply_privately,
        model::{
            Cache, ChannelType, CommandInteraction, CommandOptionType, CreateCommand, CreateCommandOption,
            ResolvedValue, Unresolved,
        },
        rest::InteractionRef,
    },
    reply::LONGEST_QUESTION,
};
use jiff::{Timestamp, tz::TimeZone};

pub(super) const NAME: &str = "ask";
const QUESTION: &str = "question";
const PRIVATE: &str = "private";
const CHANNEL: &str = "channel";
const SINCE: &str = "since";
const FROM: &str = "from";

const TALKED_IN: [ChannelType; 8] = [
    ChannelType::Text,
    ChannelType::News,
    ChannelType::Forum,
    ChannelType::Voice,
    ChannelType::Stage,
    ChannelType::PublicThread,
    ChannelType::PrivateThread,
    ChannelType::NewsThread,
];

pub(super) fn command() -> CreateCommand {
    let option = CreateCommandOption::new;
    let longest = u16::try_from(LONGEST_QUESTION).unwrap_or(u16::MAX);
    CreateCommand::new(NAME)
        .description("Ask about what was said on this server")
        .add_option(
            option(CommandOptionType::String, QUESTION, "What do you want to know?").required(true).max_length(longest),
        )
        .add_option(option(
            CommandOptionType::Boolean,
            PRIVATE,
            "Only you see the answer, which uses everything that you can read",
        ))
        .add_option(
            option(CommandOptionType::Channel, CHANNEL, "Only messages in this channel")
                .channel_types(TALKED_IN.to_vec()),
        )
        .add_option(
            option(
                CommandOptionType::String,
                SINCE,
                "Only messages since then: 2026-03-01, yesterday, last monday, 7d, 2 weeks",
            )
            .max_length(60),
        )
        .add_option(option(CommandOptionType::User, FROM, "Only messages by this person"))
}

pub(super) async fn run(questions: &QuestionService, cache: &Cache, command: &CommandInteraction) {
    match wish(command, &questions.times.time_zone) {
        Ok(wish) => questions.by_command(cache, command, wish).await,
        Err(words) => reply_privately(&questions.rest, InteractionRef::from(command), &words).await,
    }
}

fn wish(command: &CommandInteraction, zone: &TimeZone) -> Result<CommandQuestion, String> {
    let (mut text, mut private, mut narrowing) = (String::new(), false, Narrowing::default());
    for option in command.data.options() {
        match (option.name, option.value) {
            (QUESTION, ResolvedValue::String(given)) => text = given.trim().to_owned(),
            (PRIVATE, ResolvedValue::Boolean(given)) => private = given,
            (CHANNEL, ResolvedValue::Channel(given)) => narrowing.channel = Some(given.id),
            (CHANNEL, ResolvedValue::Unresolved(Unresolved::Channel(id))) => narrowing.channel = Some(id),
            (FROM, ResolvedValue::User(given, _)) => narrowing.author = Some(given.id),
            (FROM, ResolvedValue::Unresolved(Unresolved::User(id))) => narrowing.author = Some(id),
            (SINCE, ResolvedValue::String(given)) => {
                let now = Timestamp::now().to_zoned(zone.clone());
                narrowing.since = Some(since(given, &now, &command.locale).map_err(|error| error.to_string())?);
            }
            _ => {}
        }
    }
    if text.is_empty() {
        return Err(HINT.to_owned());
    }
    // Discord shows who used a command and not what was asked: the answer repeats it.
    let asked = QuestionText { shown: Some(text.clone()), text, narrowing, ..QuestionText::default() };
    Ok(CommandQuestion { asked, about: None, private })
}
