//! The errors of Discord's REST API, and their classes.

use rtfm_shared::resilience::{Class, Classify};
use serenity::http::HttpError;

/// Discord's own error codes that the bot acts on.
pub(crate) mod code {
    /// The channel is deleted.
    pub(crate) const UNKNOWN_CHANNEL: isize = 10_003;
    /// The message is deleted.
    pub(crate) const UNKNOWN_MESSAGE: isize = 10_008;
    /// The interaction's token was never there.
    pub(crate) const UNKNOWN_WEBHOOK: isize = 10_015;
    /// The interaction is not answerable any more.
    pub(crate) const UNKNOWN_INTERACTION: isize = 10_062;
    /// A message over an hour old was edited too often.
    pub(crate) const TOO_MANY_EDITS_OF_OLD: isize = 30_046;
    /// The interaction was acknowledged already.
    pub(crate) const ALREADY_ACKNOWLEDGED: isize = 40_060;
    /// The interaction's token is older than 15 minutes.
    pub(crate) const INVALID_WEBHOOK_TOKEN: isize = 50_027;
    /// The bot may not see the channel.
    pub(crate) const MISSING_ACCESS: isize = 50_001;
    /// The bot may not do this there.
    pub(crate) const MISSING_PERMISSIONS: isize = 50_013;
    /// A thread was started from the message before.
    pub(crate) const THREAD_EXISTS: isize = 160_004;
    /// The thread is archived; a new message opens it, an edit does not.
    pub(crate) const THREAD_ARCHIVED: isize = 50_083;
}

/// A request that was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestError {
    /// Discord understood and refused.
    #[error("Discord refused with {status}, code {code}: {message}")]
    Refused { status: u16, code: isize, message: String },
    /// Too many requests, without a time to wait.
    #[error("Discord limits the rate of requests")]
    RateLimited,
    /// Discord itself is in trouble.
    #[error("Discord answered {0}")]
    Server(u16),
    /// No answer at all.
    #[error("Discord cannot be reached: {0}")]
    Unreachable(String),
    /// Not done in time, waiting for a rate limit included.
    #[error("Discord did not answer in time")]
    TimedOut,
    /// An answer that cannot be read; the request may have been done.
    #[error("Discord's answer cannot be read: {0}")]
    Unreadable(String),
}

impl RestError {
    /// Discord's own code, when it refused.
    pub(crate) fn code(&self) -> Option<isize> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the message to be edited is deleted or cannot be edited, so that a new one must be posted.
    pub(crate) fn needs_new_message(&self) -> bool {
        matches!(
            self.code(),
            Some(
                code::UNKNOWN_MESSAGE
                    | code::UNKNOWN_WEBHOOK
                    | code::UNKNOWN_INTERACTION
                    | code::INVALID_WEBHOOK_TOKEN
                    | code::TOO_MANY_EDITS_OF_OLD
                    | code::THREAD_ARCHIVED
            )
        )
    }

    /// Whether nothing can be written in a channel or thread, so that the text must go elsewhere.
    pub(crate) fn is_closed_there(&self) -> bool {
        matches!(
            self.code(),
            Some(code::UNKNOWN_CHANNEL | code::THREAD_ARCHIVED | code::MISSING_ACCESS | code::MISSING_PERMISSIONS)
        )
    }

    /// A short fixed name, for metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::RateLimited => "rate_limited",
            Self::Server(_) => "server_error",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl Classify for RestError {
    fn class(&self) -> Class {
        match self {
            // An interaction's token that has expired comes as 401 too, and will not come back.
            _ if self.needs_new_message() => Class::Permanent,
            // A token that Discord does not take is the bot's trouble, not the work's.
            Self::Refused { status: 401, .. } | Self::Server(_) | Self::Unreachable(_) => Class::DependencyDown,
            Self::Refused { .. } => Class::Permanent,
            Self::RateLimited | Self::TimedOut | Self::Unreadable(_) => Class::Transient,
        }
    }
}

impl From<serenity::Error> for RestError {
    fn from(error: serenity::Error) -> Self {
        match error {
            serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => match response.status_code.as_u16() {
                // Too many edits of an old message come as 429 as well, and waiting does not help.
                429 if response.error.code != code::TOO_MANY_EDITS_OF_OLD => Self::RateLimited,
                status @ 500.. => Self::Server(status),
                status => Self::Refused { status, code: response.error.code, message: response.error.message },
            },
            // Without its address, which holds an interaction's token.
            serenity::Error::Http(HttpError::Request(error)) if error.is_decode() => {
                Self::Unreadable(error.without_url().to_string())
            }
            serenity::Error::Http(HttpError::Request(error)) => {
                use std::error::Error;
                let error = error.without_url();
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                Self::Unreachable(format!("{error} {cause}").trim().to_owned())
            }
            error => Self::Unreadable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_never_be_done_is_permanent() {
        let refused = |status, code| RestError::Refused { status, code, message: String::new() }.class();
        assert_eq!(refused(401, 0), Class::DependencyDown, "the bot's own token: somebody must mend it");
        assert_eq!(refused(401, code::INVALID_WEBHOOK_TOKEN), Class::Permanent, "an interaction's token");
        assert_eq!(refused(403, 50_013), Class::Permanent);
        assert_eq!(RestError::Server(503).class(), Class::DependencyDown);
        assert_eq!(RestError::RateLimited.class(), Class::Transient);
    }
}
