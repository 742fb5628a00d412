//! Why the bot ends.

use rtfm_shared::bus::BusError;

/// Why the bot ends. What a retry may mend does not end it: a restart with the same configuration fails again, except
/// for
/// `Discord` and `Bus`, whose dependency may be back by then.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// Discord does not take the token (401, or close code 4004).
    #[error(
        "Discord refuses the bot's token. Open https://discord.com/developers/applications, choose your application, \
         then Bot → Reset Token, and put the new token into DISCORD_TOKEN"
    )]
    InvalidToken,
    /// An intent is not switched on (close code 4014). Message content alone does not end the bot, which goes on
    /// without it.
    #[error(
        "Discord does not allow this bot to read message content. Open https://discord.com/developers/applications, \
         choose your application, then Bot → Privileged Gateway Intents, switch on MESSAGE CONTENT INTENT and save; or \
         set DISCORD_MESSAGE_CONTENT=false to run without it, which leaves mentions, direct messages and commands. With \
         DISCORD_MEMBERS_INTENT=true, SERVER MEMBERS INTENT must be switched on there, too"
    )]
    IntentNotAllowed,
    /// Discord does not know the intents that were asked for (close code 4013).
    #[error(
        "Discord does not know the gateway intents that this version of the bot asks for (close code 4013); update RTFM"
    )]
    InvalidIntents,
    /// Discord no longer speaks this version of the gateway (close code 4012).
    #[error("Discord no longer speaks the gateway's version 10 (close code 4012); update RTFM")]
    GatewayVersion,
    /// Discord does not take these shards (close codes 4010 and 4011).
    #[error(
        "Discord refuses to split this bot's servers over {count} shards; it recommends {recommended}. Set SHARD_COUNT \
         to that number and SHARD_IDS accordingly, in all of the bot's processes; or leave both out, and one process \
         serves as many as Discord recommends"
    )]
    Shards {
        /// How many the configuration says.
        count: u32,
        /// How many Discord recommends.
        recommended: u32,
    },
    /// The REST client cannot be made.
    #[error("failed to create an HTTPS client: {0}")]
    Client(reqwest::Error),
    /// The gateway's thread cannot be started.
    #[error("failed to start the gateway's thread: {0}")]
    Thread(std::io::Error),
    /// Discord does not answer, or not as it should.
    #[error("failed to ask Discord: {0}")]
    Discord(String),
    /// A consumer of the bus ended with an error that an operator must fix.
    #[error("failed to consume from the bus: {0}")]
    Bus(#[from] BusError),
}

impl BotError {
    /// Whether Discord itself refused this bot: only an operator can fix it, and Discord counts further attempts.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::InvalidToken
                | Self::IntentNotAllowed
                | Self::InvalidIntents
                | Self::GatewayVersion
                | Self::Shards { .. }
        )
    }
}
