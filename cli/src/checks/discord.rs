//! Discord: the token, and what the developer portal allows.

use super::Check;
use rtfm_bot::{BotConfig, BotError};

/// What to do where the bot runs, and Discord shows it no texts.
const SWITCH_ON: &str = "open https://discord.com/developers/applications, choose your application, then Bot → Privileged \
                         Gateway Intents, switch on MESSAGE CONTENT INTENT, save, and restart the bot; or set \
                         DISCORD_MESSAGE_CONTENT=false if it is meant to be so";

/// Whether Discord takes the token and allows what the bot asks for; skipped without a token.
pub(crate) async fn discord(config: Option<&BotConfig>) -> Check {
    let name = "discord";
    let Some(config) = config else {
        return Check::skipped(name, "DISCORD_TOKEN is not set: there is no bot");
    };
    match rtfm_bot::probe(config).await {
        Ok(application) if config.members_intent && !application.members => {
            let what = format!("the token is good ({}), but who leaves may not be told", application.name);
            Check::failed(name, what, BotError::IntentNotAllowed.to_string())
        }
        Ok(application) if config.message_content && !application.message_content => {
            let what = format!(
                "the token is good ({}), but message content is not allowed: the bot remembers no new messages and does \
                 not hear those that begin with RTFM; mentions, direct messages, replies and commands work",
                application.name
            );
            Check::warning(name, what, SWITCH_ON)
        }
        Ok(application) => Check::well(name, format!("the token is good ({})", application.name)),
        Err(error @ BotError::InvalidToken) => {
            Check::failed(name, "Discord does not take the token", error.to_string())
        }
        Err(error) => {
            Check::failed(name, error.to_string(), "check the network, HTTPS_PROXY and https://discordstatus.com")
        }
    }
}
