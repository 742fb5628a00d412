//! The bot's configuration, from the environment.

use crate::{BotError, GatewayTimes, Shards};
use jiff::tz::TimeZone;
use rtfm_shared::config::{ConfigError, Env, time_zone};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How the bot signs in and how long people wait.
#[derive(Clone, Debug)]
pub struct BotConfig {
    /// `DISCORD_TOKEN`: the bot's token from the developer portal.
    pub token: SecretString,
    /// `DISCORD_MESSAGE_CONTENT`: whether to ask for the message-content intent. Without it the bot
    /// only receives messages that address it.
    pub message_content: bool,
    /// `DISCORD_MEMBERS_INTENT`: whether to ask for the members intent, without which Discord does not report who
    /// leaves a server.
    pub members_intent: bool,
    /// `SHARD_IDS` and `SHARD_COUNT`: which of how many shards this process serves; none when Discord says how
    /// many there should be, and this process serves all.
    pub shards: Option<Shards>,
    /// How long the bot waits for the gateway.
    pub gateway: GatewayTimes,
    /// `ANSWER_DEADLINE_SECONDS`: how long an answer may take.
    pub answer_deadline: Duration,
    /// How long after the deadline the bot itself says that no answer came.
    pub answer_grace: Duration,
    /// `RTFM_TIME_ZONE`: where the days of `/ask since:` begin.
    pub time_zone: TimeZone,
    /// `DISCORD_REFUSED_PAUSE_SECONDS`: how long the bot waits before it ends when Discord refuses its token or
    /// intents, for those that start it again at once.
    pub refused_pause: Duration,
    /// So many events wait in full in each of the sixteen lanes to the bus while it is away: some hours of a busy
    /// server. Beyond them messages are left out, and fetched when it is back.
    pub events_waiting: usize,
    /// The client for Discord's REST API; none for one that talks to Discord itself.
    pub client: Option<reqwest::Client>,
}

impl BotConfig {
    /// Reads the configuration; `None` when `DISCORD_TOKEN` is not set, so that there is no bot.
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let Some(token) = env.secret("DISCORD_TOKEN") else { return Ok(None) };
        let token = checked_token(&token)?;
        Ok(Some(Self {
            message_content: env.choice("DISCORD_MESSAGE_CONTENT", true, &[("true", true), ("false", false)])?,
            members_intent: env.choice("DISCORD_MEMBERS_INTENT", false, &[("true", true), ("false", false)])?,
            shards: Shards::parse(env.get("SHARD_IDS"), env.get("SHARD_COUNT"))?,
            answer_deadline: env.seconds("ANSWER_DEADLINE_SECONDS", 60, 5..=600)?,
            time_zone: time_zone(env)?,
            refused_pause: env.seconds("DISCORD_REFUSED_PAUSE_SECONDS", 0, 0..=86_400)?,
            ..Self::new(token)
        }))
    }

    /// This token with every default.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self {
            token: token.into(),
            message_content: true,
            members_intent: false,
            shards: None,
            gateway: GatewayTimes::default(),
            answer_deadline: Duration::from_secs(60),
            answer_grace: Duration::from_secs(15),
            time_zone: TimeZone::UTC,
            refused_pause: Duration::ZERO,
            events_waiting: 8192,
            client: None,
        }
    }

    /// The same over another REST client.
    #[must_use]
    pub fn with_client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }
}

impl BotConfig {
    /// The client for Discord's REST API: the given one, or one whose requests end.
    pub(crate) fn client(&self) -> Result<reqwest::Client, BotError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let builder =
            reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).timeout(Duration::from_secs(30));
        builder.build().map_err(BotError::Client)
    }
}

/// A token is three parts of URL-safe base64 with dots between, the first of which is the bot's id.
/// Pasting the client secret or the application id instead is the commonest mistake, so it is named
/// here rather than by Discord's "401".
fn checked_token(token: &SecretString) -> Result<SecretString, ConfigError> {
    let text = token.expose_secret().strip_prefix("Bot ").unwrap_or(token.expose_secret());
    let parts: Vec<&str> = text.split('.').collect();
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=');
    let shaped = parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.chars().all(base64));
    if shaped {
        return Ok(text.into());
    }
    Err(ConfigError::new(
        "DISCORD_TOKEN",
        "does not look like a bot token (three parts with dots between; not the client secret, public key or \
         application id). Copy it from https://discord.com/developers/applications → your application → Bot → \
         Reset Token",
        "MTk4…NzY.Gh4…3d.kj5…Qw",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcDE.aBcDeFgHiJkLmNoPqRsTuVwXyZ-_0123456789";

    #[test]
    fn no_token_no_bot() {
        assert!(BotConfig::from_env(&Env::default()).unwrap().is_none());
        assert!(BotConfig::from_env(&Env::of([("DISCORD_TOKEN", "  ")])).unwrap().is_none());
    }

    #[test]
    fn settings_are_read_and_checked() {
        let env = Env::of([("DISCORD_TOKEN", TOKEN)]).with("ANSWER_DEADLINE_SECONDS", "20");
        assert!(!BotConfig::from_env(&env).unwrap().unwrap().members_intent, "privileged: only where it is asked for");
        let sharded = env.clone().with("SHARD_IDS", "0-1").with("SHARD_COUNT", "4");
        let wishes = sharded.with("DISCORD_MESSAGE_CONTENT", "false").with("DISCORD_MEMBERS_INTENT", "true");
        let config = BotConfig::from_env(&wishes).unwrap().unwrap();
        assert!(config.members_intent);
        assert_eq!(config.shards, Shards::parse(Some("0,1"), Some("4")).unwrap());
        assert_eq!(BotConfig::from_env(&env).unwrap().unwrap().shards, None);
        let error = BotConfig::from_env(&env.clone().with("SHARD_IDS", "0-1")).unwrap_err();
        assert_eq!(error.variable, "SHARD_COUNT");
        assert_eq!(config.token.expose_secret(), TOKEN);
        assert!(!config.message_content);
        assert_eq!(config.answer_deadline, Duration::from_secs(20));
        let berlin = env.clone().with("RTFM_TIME_ZONE", "Europe/Berlin");
        assert_eq!(BotConfig::from_env(&berlin).unwrap().unwrap().time_zone.iana_name(), Some("Europe/Berlin"));
        let error = BotConfig::from_env(&env.with("ANSWER_DEADLINE_SECONDS", "0")).unwrap_err();
        assert_eq!(error.variable, "ANSWER_DEADLINE_SECONDS");
    }

    #[test]
    fn what_is_no_token_is_said_without_showing_it() {
        for wrong in ["1234567890123456", "client-secret-value", "a.b", "a..c", "a.b.c.d", "a b.c.d"] {
            let error = BotConfig::from_env(&Env::of([("DISCORD_TOKEN", wrong)])).unwrap_err().to_string();
            assert!(error.contains("does not look like a bot token") && error.contains("Reset Token"), "{error}");
            assert!(!error.contains(wrong), "the value is a secret: {error}");
        }
        let prefixed = Env::of([("DISCORD_TOKEN", "Bot MTIz.GabcDE.aBc-_")]);
        assert_eq!(BotConfig::from_env(&prefixed).unwrap().unwrap().token.expose_secret(), "MTIz.GabcDE.aBc-_");
    }
}
