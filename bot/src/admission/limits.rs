//! A server's limits held against what was asked. Pure.

use jiff::{SignedDuration, Timestamp};
use rtfm_shared::{
    event::{GuildSettings, UserId},
    question_log::PastQuestion,
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The labels of [`LimitReached::why`].
pub(crate) const REASONS: [&str; 3] = ["cooldown", "user_hour", "guild_day"];

/// The limit that a question exceeds, and when there is room again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitReached {
    /// Too soon after the person's last question.
    #[error("One question every {seconds} seconds, please. You can ask again {}.", shown(.until))]
    Cooldown { seconds: u32, until: Timestamp },
    /// The person asked as many as the server allows.
    #[error("You have reached this server's limit of {most} per person and hour. You can ask again {}.", shown(.until), most = questions(*.most))]
    UserHour {
        most: u32,
        /// When there is room again.
        until: Timestamp,
    },
    /// The server asked as many as it allows.
    #[error("This server has reached its limit of {most} per day. You can ask again {}.", shown(.until), most = questions(*.most))]
    GuildDay {
        most: u32,
        /// When there is room again.
        until: Timestamp,
    },
}

impl LimitReached {
    /// A short fixed name.
    pub(crate) fn reason(&self) -> &'static str {
        let [cooldown, user_hour, guild_day] = REASONS;
        match self {
            Self::Cooldown { .. } => cooldown,
            Self::UserHour { .. } => user_hour,
            Self::GuildDay { .. } => guild_day,
        }
    }
}

fn questions(number: u32) -> String {
    if number == 1 { "1 question".to_owned() } else { format!("{number} questions") }
}

/// The time left, as Discord counts it down. A moment later rather than a moment too soon.
fn shown(until: &Timestamp) -> String {
    format!("<t:{}:R>", until.as_second() + 1)
}

/// Checks whether a person may ask now, given the questions of the last day. Of several limits, the error names the one
/// that lasts longest.
pub(super) fn check(
    settings: &GuildSettings,
    asked: &[PastQuestion],
    user: &UserId,
    now: Timestamp,
) -> Result<(), LimitReached> {
    let mut all: Vec<Timestamp> = asked.iter().map(|question| question.at).collect();
    let mut own: Vec<Timestamp> =
        asked.iter().filter(|question| question.user_id == *user).map(|question| question.at).collect();
    all.sort_unstable();
    own.sort_unstable();
    let cooldown = settings.cooldown_seconds.and_then(|seconds| {
        let until = *own.last()? + SignedDuration::from_secs(seconds.into());
        (until > now).then_some(LimitReached::Cooldown { seconds, until })
    });
    let user_hour = settings
        .questions_per_user_hour
        .and_then(|most| full(&own, most, HOUR, now).map(|until| LimitReached::UserHour { most, until }));
    let guild_day = settings
        .questions_per_guild_day
        .and_then(|most| full(&all, most, DAY, now).map(|until| LimitReached::GuildDay { most, until }));
    let until = |over: &LimitReached| match over {
        LimitReached::Cooldown { until, .. }
        | LimitReached::UserHour { until, .. }
        | LimitReached::GuildDay { until, .. } => *until,
    };
    match [cooldown, user_hour, guild_day].into_iter().flatten().max_by_key(until) {
        Some(over) => Err(over),
        None => Ok(()),
    }
}

/// When there is room again, if so many were asked within the window; `asked` is in order.
fn full(asked: &[Timestamp], most: u32, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    let inside: Vec<Timestamp> = asked.iter().copied().filter(|at| *at + window > now).collect();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let leaving = inside.len().checked_sub(most)?;
    inside.get(leaving).map(|at| *at + window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn asked(by: &str, minutes: &[i64]) -> Vec<PastQuestion> {
        minutes.iter().map(|minutes| PastQuestion { user_id: by.into(), at: at(*minutes) }).collect()
    }

    fn check_ana(settings: &GuildSettings, asked: &[PastQuestion], minutes: i64) -> Result<(), LimitReached> {
        check(settings, asked, &"ana".into(), at(minutes))
    }

    #[test]
    fn without_limits_anything_goes() {
        assert_eq!(check_ana(&GuildSettings::default(), &asked("ana", &[0; 500]), 0), Ok(()));
    }

    #[test]
    fn a_person_has_so_many_an_hour() {
        let settings = GuildSettings { questions_per_user_hour: Some(2), ..GuildSettings::default() };
        let mut all = asked("ana", &[20, 0]);
        all.extend(asked("ben", &[0, 1, 2, 3]));
        assert_eq!(check_ana(&settings, &all, 59), Err(LimitReached::UserHour { most: 2, until: at(60) }));
        assert_eq!(check_ana(&settings, &all, 60), Ok(()), "the first is an hour ago");
        assert_eq!(check_ana(&settings, &all[..1], 21), Ok(()));
        // The limit was lowered: two must leave the window before there is room.
        let lower = GuildSettings { questions_per_user_hour: Some(1), ..GuildSettings::default() };
        assert_eq!(check_ana(&lower, &all, 21), Err(LimitReached::UserHour { most: 1, until: at(80) }));
    }

    #[test]
    fn a_server_has_so_many_a_day() {
        let settings = GuildSettings { questions_per_guild_day: Some(3), ..GuildSettings::default() };
        let mut all = asked("ana", &[0]);
        all.extend(asked("ben", &[10, 20]));
        assert_eq!(check_ana(&settings, &all, 30), Err(LimitReached::GuildDay { most: 3, until: at(24 * 60) }));
        assert_eq!(check_ana(&settings, &all, 24 * 60), Ok(()));
    }

    #[test]
    fn a_pause_lies_between_two_questions_and_the_longest_wait_is_told() {
        let settings =
            GuildSettings { cooldown_seconds: Some(60), questions_per_user_hour: Some(1), ..GuildSettings::default() };
        let cooldown = GuildSettings { questions_per_user_hour: None, ..settings.clone() };
        let all = asked("ana", &[0]);
        assert_eq!(check_ana(&cooldown, &all, 0), Err(LimitReached::Cooldown { seconds: 60, until: at(1) }));
        assert_eq!(check_ana(&cooldown, &all, 1), Ok(()));
        let over = check_ana(&settings, &all, 0).unwrap_err();
        assert_eq!(over, LimitReached::UserHour { most: 1, until: at(60) });
        let text = format!(
            "You have reached this server's limit of 1 question per person and hour. You can ask again <t:{}:R>.",
            at(60).as_second() + 1
        );
        assert_eq!(over.to_string(), text);
    }
}
