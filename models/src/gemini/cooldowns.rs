//! Cooldowns: the models that are over a quota, and until when. All requests of the process share them, so one
//! request's quota error saves the others a request.

use super::GeminiError;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use parking_lot::Mutex;
use std::{collections::HashMap, time::Duration};

/// A quota that is used up and the time of its reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cooldown {
    Rate(Timestamp),
    Day(Timestamp),
}

/// The cooldowns by model.
#[derive(Debug, Default)]
pub(crate) struct Cooldowns {
    models: Mutex<HashMap<String, Cooldown>>,
}

impl Cooldowns {
    /// Starts a cooldown when the failure names a quota or a retry delay.
    pub(crate) fn record_failure(&self, model: &str, error: &GeminiError, now: Timestamp) {
        let cooldown = match error {
            GeminiError::QuotaPerDay { until, .. } => Cooldown::Day(*until),
            GeminiError::Transient { retry_after: Some(delay), .. } => match now.checked_add(*delay) {
                Ok(until) => Cooldown::Rate(until),
                Err(_) => return,
            },
            _ => return,
        };
        let mut models = self.models.lock();
        // A slow request may report a per-minute limit late; it must not shorten the daily one.
        match (models.get(model), cooldown) {
            (Some(Cooldown::Day(until)), Cooldown::Rate(_)) if *until > now => {}
            _ => {
                models.insert(model.to_owned(), cooldown);
            }
        }
    }

    /// Fails with the API's own error while the model's cooldown lasts.
    pub(crate) fn check(&self, model: &str, now: Timestamp) -> Result<(), GeminiError> {
        let mut models = self.models.lock();
        match models.get(model).copied() {
            Some(Cooldown::Day(until)) if until > now => {
                Err(GeminiError::QuotaPerDay { model: model.to_owned(), until })
            }
            Some(Cooldown::Rate(until)) if until > now => Err(GeminiError::Transient {
                message: format!("{model} is over its rate limit until {until}"),
                retry_after: Duration::try_from(until.duration_since(now)).ok(),
            }),
            Some(_) => {
                models.remove(model);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// The next reset of the daily quotas: midnight in Pacific time. The rule is a POSIX string because slim container
/// images have no time zone database.
pub(crate) fn next_reset(now: Timestamp) -> Timestamp {
    let midnight = || {
        let pacific = TimeZone::posix("PST8PDT,M3.2.0,M11.1.0")?;
        let tomorrow = now.to_zoned(pacific).checked_add(1.day())?;
        tomorrow.start_of_day().map(|midnight| midnight.timestamp())
    };
    midnight().unwrap_or_else(|_: jiff::Error| now.checked_add(Duration::from_secs(3600)).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn daily_quotas_reset_at_midnight_pacific_in_winter_and_summer() {
        for (now, reset) in [
            ("2026-11-21T11:09:00Z", "2026-11-22T08:00:00Z"),
            ("2026-11-22T07:59:59Z", "2026-11-22T08:00:00Z"),
            ("2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"),
            ("2026-07-01T11:09:00Z", "2026-07-02T07:00:00Z"),
            // The nights of the change to summer time and back.
            ("2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z"),
        ] {
            assert_eq!(next_reset(at(now)), at(reset), "{now}");
        }
    }

    #[test]
    fn a_cooldown_applies_to_its_model_until_it_ends() {
        let (cooldowns, now) = (Cooldowns::default(), at("2026-11-21T11:00:00Z"));
        let limited =
            GeminiError::Transient { message: String::new(), retry_after: Some(Duration::from_millis(33_380)) };
        cooldowns.record_failure("a", &limited, now);
        match cooldowns.check("a", now) {
            Err(GeminiError::Transient { retry_after, .. }) => {
                assert_eq!(retry_after, Some(Duration::from_millis(33_380)));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(cooldowns.check("b", now), Ok(()));
        assert_eq!(cooldowns.check("a", now + 34.seconds()), Ok(()));
    }

    #[test]
    fn a_rate_limit_never_shortens_a_daily_cooldown() {
        let (cooldowns, now) = (Cooldowns::default(), at("2026-11-21T11:00:00Z"));
        let until = next_reset(now);
        let day = GeminiError::QuotaPerDay { model: "a".to_owned(), until };
        cooldowns.record_failure("a", &day, now);
        cooldowns.record_failure(
            "a",
            &GeminiError::Transient { message: String::new(), retry_after: Some(Duration::from_secs(1)) },
            now,
        );
        assert_eq!(cooldowns.check("a", now + 1.hour()), Err(day));
        assert_eq!(cooldowns.check("a", until), Ok(()));
    }
}
