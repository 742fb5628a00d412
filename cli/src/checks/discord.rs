//! Check of Discord: the token, and the intents that the developer portal allows.

use super::Check;
use rtfm_bot::{BotConfig, BotError};

/// The remedy when Discord withholds the content of messages.
const ALLOW_CONTENT: &str = "open https://discord.com/developers/applications, choose your application, then Bot → Privileged \
                         Gateway Intents, switch on MESSAGE CONTENT INTENT, save, and restart the bot; or set \
                         DISCORD_MESSAGE_CONTENT=false if this is intended";

/// Checks that Discord accepts the token and allows the intents that the bot requests; skipped without a token.
pub(crate) async fn discord(config: Option<&BotConfig>) -> Check {
    let name = "discord";
    let Some(config) = config else {
        return Check::skipped(name, "DISCORD_TOKEN is not set, so no bot runs");
    };
    match rtfm_bot::probe(config).await {
        Ok(application) if config.members_intent && !application.members => {
            let what =
                format!("the token is valid ({}), but the server members intent is not allowed", application.name);
            Check::failed(name, what, BotError::IntentNotAllowed.to_string())
        }
        Ok(application) if config.message_content && !application.message_content => {
            let what = format!(
                "the token is valid ({}), but message content is not allowed: the bot stores no new messages and ignores \
                 those that begin with RTFM; mentions, direct messages, replies and commands work",
                application.name
            );
            Check::warning(name, what, ALLOW_CONTENT)
        }
        Ok(application) => Check::passed(name, format!("the token is valid ({})", application.name)),
        Err(error @ BotError::InvalidToken) => Check::failed(name, "Discord rejects the token", error.to_string()),
        Err(error) => {
            Check::failed(name, error.to_string(), "check the network, HTTPS_PROXY and https://discordstatus.com")
        }
    }
}
