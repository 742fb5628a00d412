//! How long the bot waits for the gateway, and between its attempts.

use std::time::Duration;

/// The gateway's waits. How often heartbeats are due is Discord's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayTimes {
    /// How long one step of a connection may take: the connection itself, Hello, the greeting, a send.
    pub step_timeout: Duration,
    /// The wait before the second attempt in a row; each further one waits twice as long.
    pub first_retry: Duration,
    /// The longest wait between attempts. Discord allows a thousand new sessions a day; this stays below.
    pub longest_retry: Duration,
    /// After a connection that held for this long, the first attempt does not wait.
    pub good: Duration,
    /// Minimum time between IDENTIFYs: Discord's 5 s plus network slack.
    pub identify_every: Duration,
}

impl Default for GatewayTimes {
    fn default() -> Self {
        Self {
            step_timeout: Duration::from_secs(15),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(180),
            good: Duration::from_secs(60),
            identify_every: Duration::from_millis(5_500),
        }
    }
}
