//! The limits within which files are read.

use rtfm_shared::config::{ConfigError, Env};
use std::time::Duration;

/// Where Discord keeps what people upload.
const DISCORD: [&str; 2] = ["https://cdn.discordapp.com", "https://media.discordapp.net"];

/// How files are read.
#[derive(Clone, Debug)]
pub struct AttachmentConfig {
    /// `ATTACHMENT_MAX_BYTES`: the largest file that is read (default 2 MiB).
    pub max_bytes: u64,
    /// `ATTACHMENT_TIMEOUT_SECONDS`: the longest that one file may take (default 10).
    pub time_limit: Duration,
    /// `ATTACHMENT_MAX_PASSAGES`: how many passages of a file are kept (default 200).
    pub max_passages: usize,
    /// Where files may be fetched from, as origins: Discord's own. No setting, so that no message can ever make a
    /// processor ask its neighbours; tests have others.
    pub origins: Vec<String>,
    /// A client to fetch with, for tests. It must not follow redirects.
    pub client: Option<reqwest::Client>,
}

impl Default for AttachmentConfig {
    fn default() -> Self {
        Self {
            max_bytes: 2 << 20,
            time_limit: Duration::from_secs(10),
            max_passages: 200,
            origins: DISCORD.map(str::to_owned).to_vec(),
            client: None,
        }
    }
}

impl AttachmentConfig {
    /// Reads the environment; none when `ATTACHMENTS` is off.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let switch = [("on", true), ("off", false), ("true", true), ("false", false)];
        let default = Self::default();
        let config = Self {
            max_bytes: env.number("ATTACHMENT_MAX_BYTES", default.max_bytes, 1_024..=25 << 20)?,
            time_limit: env.seconds("ATTACHMENT_TIMEOUT_SECONDS", default.time_limit.as_secs(), 1..=120)?,
            max_passages: env.number("ATTACHMENT_MAX_PASSAGES", default.max_passages, 1..=1_000)?,
            ..default
        };
        Ok(env.choice("ATTACHMENTS", true, &switch)?.then_some(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_settings() {
        let config = AttachmentConfig::from_env(&Env::default()).unwrap().unwrap();
        assert_eq!((config.max_bytes, config.time_limit.as_secs(), config.max_passages), (2_097_152, 10, 200));
        let env = Env::of([
            ("ATTACHMENT_MAX_BYTES", "5000"),
            ("ATTACHMENT_TIMEOUT_SECONDS", "3"),
            ("ATTACHMENT_MAX_PASSAGES", "7"),
        ]);
        let config = AttachmentConfig::from_env(&env).unwrap().unwrap();
        assert_eq!((config.max_bytes, config.time_limit.as_secs(), config.max_passages), (5_000, 3, 7));
        assert!(AttachmentConfig::from_env(&Env::of([("ATTACHMENTS", "off")])).unwrap().is_none());
    }

    #[test]
    fn a_wrong_limit_is_named() {
        for (name, value) in [
            ("ATTACHMENTS", "maybe"),
            ("ATTACHMENT_MAX_BYTES", "2 MiB"),
            ("ATTACHMENT_TIMEOUT_SECONDS", "0"),
            ("ATTACHMENT_MAX_PASSAGES", "100000"),
        ] {
            let error = AttachmentConfig::from_env(&Env::of([(name, value)])).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{name} must be")), "{error}");
        }
    }
}
