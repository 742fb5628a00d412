//! What Discord's close codes mean for a session.
//! <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>

/// What is to be done after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The session may be taken up again; if it may not, Discord says so then.
    Resume,
    /// The session is gone; a new one may begin.
    Identify,
    /// Trying the same again does not help.
    Refused(Refusal),
}

/// What Discord does not let this bot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It does not take the token (4004).
    Token,
    /// There is no such shard (4010).
    Shard,
    /// There are too few shards for so many guilds (4011).
    TooFewShards,
    /// It no longer speaks this version (4012).
    Version,
    /// It does not know these intents (4013).
    UnknownIntents,
    /// It does not allow these intents (4014).
    Intents,
}

/// What a close with this code, or without one, means.
pub(crate) fn meaning(code: Option<u16>) -> After {
    match code {
        Some(4004) => After::Refused(Refusal::Token),
        // 4006 is not documented any more, and has always meant an invalid session.
        Some(4006 | 4007 | 4009) => After::Identify,
        Some(4010) => After::Refused(Refusal::Shard),
        Some(4011) => After::Refused(Refusal::TooFewShards),
        Some(4012) => After::Refused(Refusal::Version),
        Some(4013) => After::Refused(Refusal::UnknownIntents),
        Some(4014) => After::Refused(Refusal::Intents),
        _ => After::Resume,
    }
}
