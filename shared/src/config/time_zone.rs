//! The time zone in which written times are read.

use super::{ConfigError, Env};
use jiff::tz::TimeZone;

/// `RTFM_TIME_ZONE`: the zone of "yesterday" and "in March" (default UTC). Discord does not reveal people's zones.
pub fn time_zone(env: &Env) -> Result<TimeZone, ConfigError> {
    let variable = "RTFM_TIME_ZONE";
    let Some(name) = env.get(variable) else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| {
        ConfigError::new(variable, format!("must be the name of a time zone, not {name:?}"), "Europe/Berlin")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_zone_is_utc_unless_it_is_named() {
        assert_eq!(time_zone(&Env::default()).unwrap(), TimeZone::UTC);
        let berlin = time_zone(&Env::of([("RTFM_TIME_ZONE", "Europe/Berlin")])).unwrap();
        assert_eq!(berlin.iana_name(), Some("Europe/Berlin"));
        let error = time_zone(&Env::of([("RTFM_TIME_ZONE", "Mars/Base")])).unwrap_err();
        assert!(error.to_string().starts_with("RTFM_TIME_ZONE must be"), "{error}");
    }
}
