//! The subcommands of `/rtfm settings` and their options, as Discord shows them.

use crate::discord::model::{ChannelType, CommandOptionType as Type, CreateCommandOption};
use rtfm_shared::event::setting_text;

pub(super) const SETTINGS: &str = "settings";
pub(super) const SHOW: &str = "show";
pub(super) const REMEMBERED: &str = "remembered";
pub(super) const ANSWERED: &str = "answered";
pub(super) const ANSWERS: &str = "answers";
pub(super) const MEMORY: &str = "memory";
pub(super) const LIMITS: &str = "limits";

pub(super) const CHANNELS: &str = "channels";
pub(super) const ADD: &str = "add";
pub(super) const REMOVE: &str = "remove";
pub(super) const ALL: &str = "all";
pub(super) const ONLY: &str = "only";
pub(super) const EXCEPT: &str = "except";
pub(super) const IN_THREAD: &str = "in-thread";
pub(super) const PERSONA: &str = "persona";
pub(super) const LANGUAGE: &str = "language";
pub(super) const MODEL: &str = "model";
pub(super) const RETENTION: &str = "retention-days";
pub(super) const LEAVERS: &str = "forget-leavers";
pub(super) const BACKFILL: &str = "backfill-new-channels";
pub(super) const USER_HOUR: &str = "user-per-hour";
pub(super) const GUILD_DAY: &str = "server-per-day";
pub(super) const COOLDOWN: &str = "cooldown-seconds";

/// What takes a text's setting back.
pub(super) const NONE: &str = "none";

pub(super) const DAYS_MOST: u32 = 3650;
pub(super) const USER_HOUR_MOST: u32 = 1000;
pub(super) const GUILD_DAY_MOST: u32 = 100_000;
pub(super) const COOLDOWN_MOST: u32 = 3600;

/// Channels that people write in; threads go with theirs.
const WRITTEN_IN: [ChannelType; 5] =
    [ChannelType::Text, ChannelType::News, ChannelType::Voice, ChannelType::Stage, ChannelType::Forum];

/// The group of all of them.
pub(super) fn settings() -> CreateCommandOption {
    CreateCommandOption::new(Type::SubCommandGroup, SETTINGS, "Settings of this server")
        .add_sub_option(word(SHOW, "Show all settings"))
        .add_sub_option(channels(REMEMBERED, "Choose which channels are remembered"))
        .add_sub_option(channels(ANSWERED, "Choose where questions are answered"))
        .add_sub_option(answers())
        .add_sub_option(memory())
        .add_sub_option(limits())
}

fn word(name: &str, description: &str) -> CreateCommandOption {
    CreateCommandOption::new(Type::SubCommand, name, description)
}

fn channels(name: &str, description: &str) -> CreateCommandOption {
    let channel = |name, description| {
        CreateCommandOption::new(Type::Channel, name, description).channel_types(WRITTEN_IN.to_vec())
    };
    let how = CreateCommandOption::new(Type::String, CHANNELS, "All, only those on the list, or all except those")
        .add_string_choice("all channels", ALL)
        .add_string_choice("only the listed", ONLY)
        .add_string_choice("all except the listed", EXCEPT);
    word(name, description)
        .add_sub_option(how)
        .add_sub_option(channel(ADD, "Add a channel to the list, with its threads"))
        .add_sub_option(channel(REMOVE, "Remove a channel from the list"))
}

fn answers() -> CreateCommandOption {
    let text = |name, description, most| CreateCommandOption::new(Type::String, name, description).max_length(most);
    word(ANSWERS, "Choose how questions are answered")
        .add_sub_option(CreateCommandOption::new(
            Type::Boolean,
            IN_THREAD,
            "Answer each question in a thread of its own",
        ))
        .add_sub_option(text(
            PERSONA,
            "The style of answers, in your own words; `none` for the usual one",
            setting_text::PERSONA.most,
        ))
        .add_sub_option(text(
            LANGUAGE,
            "The language of answers; `none` for that of the question",
            setting_text::LANGUAGE.most,
        ))
        .add_sub_option(text(
            MODEL,
            "The model that writes answers; `none` for the operator's choice",
            setting_text::MODEL.most,
        ))
}

fn memory() -> CreateCommandOption {
    let flag = |name, description| CreateCommandOption::new(Type::Boolean, name, description);
    word(MEMORY, "Choose what is kept, and for how long")
        .add_sub_option(number(RETENTION, "Forget messages that are older than this many days; 0 for never", DAYS_MOST))
        .add_sub_option(flag(LEAVERS, "Forget the messages of members who leave"))
        .add_sub_option(flag(BACKFILL, "Read the history of all channels, including new ones"))
}

fn limits() -> CreateCommandOption {
    word(LIMITS, "Limit questions; members who manage the server have no limit")
        .add_sub_option(number(USER_HOUR, "Questions per person and hour; 0 for unlimited", USER_HOUR_MOST))
        .add_sub_option(number(GUILD_DAY, "Questions per day on the whole server; 0 for unlimited", GUILD_DAY_MOST))
        .add_sub_option(number(COOLDOWN, "Seconds between two questions by one person; 0 for no pause", COOLDOWN_MOST))
}

fn number(name: &str, description: &str, most: u32) -> CreateCommandOption {
    CreateCommandOption::new(Type::Integer, name, description).min_int_value(0).max_int_value(u64::from(most))
}
