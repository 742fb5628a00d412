//! A server's settings as its managers read them.

use rtfm_shared::event::{ChannelMode, ChannelRule, GuildSettings};

/// Channels named of one list.
const NAMED: usize = 15;

/// Every setting, one a line.
pub(super) fn all(settings: &GuildSettings, has_members_intent: bool) -> String {
    let lines: Vec<String> =
        lines(settings, has_members_intent).into_iter().map(|(name, value)| format!("**{name}:** {value}")).collect();
    lines.join("\n")
}

/// What differs, old and new; empty when nothing does.
pub(super) fn difference(before: &GuildSettings, after: &GuildSettings, has_members_intent: bool) -> String {
    let both = lines(before, has_members_intent).into_iter().zip(lines(after, has_members_intent));
    let changed = both.filter(|((_, old), (_, new))| old != new);
    changed.map(|((name, old), (_, new))| format!("**{name}:** {old} → {new}")).collect::<Vec<_>>().join("\n")
}

fn lines(settings: &GuildSettings, has_members_intent: bool) -> Vec<(&'static str, String)> {
    let quoted = |text: &str| format!("`{}`", text.replace('`', "'").replace('\n', " "));
    let number = |number: Option<u32>, unit: &str, none: &str| match number {
        Some(number) => format!("{number} {unit}"),
        None => none.to_owned(),
    };
    let leavers = match (settings.forget_leavers, has_members_intent) {
        (true, false) => {
            "yes, but Discord does not tell me who leaves: the operator must switch on the Server Members Intent in \
                          Discord's developer portal and set `DISCORD_MEMBERS_INTENT=true`"
                .to_owned()
        }
        (flag, _) => yes(flag),
    };
    vec![
        ("Remembered", rule(&settings.remembered)),
        ("Answered in", rule(&settings.answered)),
        ("Answer in a thread", yes(settings.answer_in_thread)),
        ("Persona", if settings.persona.is_empty() { "none".to_owned() } else { quoted(&settings.persona) }),
        ("Language", settings.language.as_deref().map_or_else(|| "the same as the question".to_owned(), quoted)),
        ("Model", settings.model.as_deref().map_or_else(|| "the operator's choice".to_owned(), quoted)),
        ("Messages are kept", number(settings.retention_days, "days", "until they are deleted")),
        ("Forget members who leave", leavers),
        ("Read the history of new channels", yes(settings.backfill_new_channels)),
        ("Questions per person and hour", number(settings.questions_per_user_hour, "", "unlimited")),
        ("Questions per day on this server", number(settings.questions_per_guild_day, "", "unlimited")),
        ("Pause between two questions", number(settings.cooldown_seconds, "seconds", "none")),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.trim_end().to_owned()))
    .collect()
}

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

fn rule(rule: &ChannelRule) -> String {
    let named: Vec<String> = rule.channel_ids.iter().take(NAMED).map(|id| format!("<#{id}>")).collect();
    let more = rule.channel_ids.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match rule.mode {
        ChannelMode::All => "all channels".to_owned(),
        ChannelMode::Only => format!("only {}{more}", named.join(" ")),
        ChannelMode::Except if named.is_empty() => "all channels, with an empty list of exceptions".to_owned(),
        ChannelMode::Except => format!("all channels except {}{more}", named.join(" ")),
        ChannelMode::Other => "none (set by a newer version, which this one does not understand)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_settings_fit_into_one_message() {
        let channel_ids: Vec<_> = (0..200).map(|n| (1_573_759_420_763_078_657_u64 + n).into()).collect();
        let full = GuildSettings {
            remembered: ChannelRule { mode: ChannelMode::Only, channel_ids: channel_ids.clone() },
            answered: ChannelRule { mode: ChannelMode::Except, channel_ids },
            persona: "p".repeat(500),
            language: Some("l".repeat(40)),
            model: Some("m".repeat(64)),
            retention_days: Some(3650),
            forget_leavers: true,
            ..GuildSettings::default()
        };
        assert!(all(&full, false).chars().count() <= 2000, "{}", all(&full, false).chars().count());
        assert!(all(&full, false).contains("and 185 more"));
        // One subcommand changes one of the lists, or the texts.
        let lists = GuildSettings { remembered: full.remembered.clone(), ..GuildSettings::default() };
        let other = ChannelRule { mode: ChannelMode::Except, ..full.remembered.clone() };
        let turned = GuildSettings { remembered: other, ..GuildSettings::default() };
        assert!(difference(&lists, &turned, true).chars().count() <= 1900);
        let texts = GuildSettings { persona: "q".repeat(500), language: None, model: None, ..full.clone() };
        assert!(difference(&full, &texts, true).chars().count() <= 1900);
        assert_eq!(difference(&full, &full, true), "");
    }

    #[test]
    fn what_cannot_work_is_said() {
        let settings = GuildSettings { forget_leavers: true, ..GuildSettings::default() };
        assert!(all(&settings, false).contains("DISCORD_MEMBERS_INTENT"));
        assert!(all(&settings, true).contains("**Forget members who leave:** yes\n"));
        assert!(!all(&GuildSettings::default(), false).contains("DISCORD_MEMBERS_INTENT"));
    }
}
