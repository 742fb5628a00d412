//! Maps gateway close codes to what the shard does next.
//! <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>

/// The shard's next step after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseAction {
    /// Resume the session. Discord answers with op 9 if it cannot be resumed.
    Resume,
    /// Start a new session: the old one is invalid.
    Identify,
    /// Stop: the same attempt would fail again.
    Refused(GatewayRefusal),
}

/// Why Discord refuses this bot's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GatewayRefusal {
    /// 4004: the token is invalid.
    Token,
    /// 4010: the shard number is invalid.
    Shard,
    /// 4011: the bot is in too many guilds for so few shards.
    TooFewShards,
    /// 4012: Discord dropped this gateway version.
    Version,
    /// 4013: the intents are invalid.
    UnknownIntents,
    /// 4014: the developer portal does not allow these intents.
    Intents,
}

/// Decides by the close code, if there is one.
pub(crate) fn action_after(code: Option<u16>) -> CloseAction {
    match code {
        Some(4004) => CloseAction::Refused(GatewayRefusal::Token),
        // Discord no longer documents 4006; it has always meant an invalid session.
        Some(4006 | 4007 | 4009) => CloseAction::Identify,
        Some(4010) => CloseAction::Refused(GatewayRefusal::Shard),
        Some(4011) => CloseAction::Refused(GatewayRefusal::TooFewShards),
        Some(4012) => CloseAction::Refused(GatewayRefusal::Version),
        Some(4013) => CloseAction::Refused(GatewayRefusal::UnknownIntents),
        Some(4014) => CloseAction::Refused(GatewayRefusal::Intents),
        _ => CloseAction::Resume,
    }
}
