//! One shard of the gateway: reconnects and resumes with backoff until the bot stops or Discord refuses it.

mod backoff;
mod close;
mod connection;
mod connection_loop;
mod heartbeat;
mod identify;
mod socket;

use super::{dispatch::ShardEventHandler, status::ShardStatus, times::GatewayTimes};
use crate::discord::rest::Rest;
use connection::{ConnectConfig, ConnectionEnd, GatewaySession};
use connection_loop::ConnectionLoop;
use secrecy::SecretString;
use serenity::model::{gateway::GatewayIntents, id::ShardId};
use std::sync::Arc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) use backoff::ReconnectBackoff;
pub(crate) use close::GatewayRefusal;
pub(crate) use identify::IdentifyLimiter;

/// Resumes in a row that Discord may leave unanswered before a new session replaces the old one.
const UNANSWERED_RESUMES: u32 = 2;

/// Failed attempts in a row after which the gateway may have moved.
const FAILURES_AT_ONE_ADDRESS: u32 = 2;

/// Configuration and shared state of one shard.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) id: u32,
    /// Shard count of the bot, over all processes.
    pub(crate) total: u32,
    pub(crate) token: SecretString,
    pub(crate) intents: GatewayIntents,
    pub(crate) times: GatewayTimes,
    /// URL for new sessions; a session brings its own URL for resuming.
    pub(crate) gateway: String,
    /// Tells the URL anew when connections keep failing.
    pub(crate) rest: Arc<Rest>,
    pub(crate) identify: Arc<IdentifyLimiter>,
    /// Receives whether the shard is connected.
    pub(crate) status: ShardStatus,
}

impl Shard {
    /// Runs until `stop` is cancelled or Discord refuses the shard.
    pub(crate) async fn run(
        mut self,
        mut handler: ShardEventHandler,
        stop: CancellationToken,
    ) -> Option<GatewayRefusal> {
        let mut session: Option<GatewaySession> = None;
        let mut backoff = ReconnectBackoff::new(self.times);
        let mut unanswered = 0;
        while !stop.is_cancelled() {
            // The session's own URL may be down while the general one is up: every second retry uses that one.
            let is_retry = backoff.failures() > FAILURES_AT_ONE_ADDRESS;
            let general_url = is_retry && backoff.failures() % 2 == 1;
            if is_retry && (general_url || session.is_none()) {
                let _ = stop.run_until_cancelled(self.find_gateway()).await;
            }
            let end = self.connect(&mut session, general_url, &mut handler, &stop).await;
            let held = handler.connected_since().map(|since| since.elapsed());
            handler.disconnected();
            self.status.set_connected(ShardId(self.id), false);
            unanswered = if matches!(end, ConnectionEnd::Unanswered) { unanswered + 1 } else { 0 };
            let (why, is_session_lost) = match end {
                ConnectionEnd::Stopped => return None,
                ConnectionEnd::Refused(refusal) => return Some(refusal),
                ConnectionEnd::Broken(why) => (why, false),
                ConnectionEnd::Unanswered => {
                    ("no READY or RESUMED in time".to_owned(), unanswered >= UNANSWERED_RESUMES)
                }
                ConnectionEnd::SessionInvalid(why) => (why, true),
            };
            if is_session_lost && session.take().is_some() {
                metrics::counter!("rtfm_discord_sessions_broken_total").increment(1);
            }
            let wait = backoff.wait(held);
            let resumable = session.is_some();
            tracing::warn!(shard = self.id, why, ?wait, resumable, "lost the connection to Discord, reconnecting");
            let _ = stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        None
    }

    /// Asks Discord for the gateway's URL again; the old one stays where Discord does not answer.
    async fn find_gateway(&mut self) {
        match timeout(self.times.step_timeout, self.rest.gateway()).await {
            Ok(Ok(gateway)) => self.gateway = gateway.url,
            Ok(Err(error)) => tracing::debug!(shard = self.id, %error, "failed to get the gateway's address"),
            Err(_) => tracing::debug!(shard = self.id, "Discord did not name the gateway's address in time"),
        }
    }

    /// Runs one connection, to the session's own URL unless `general_url` is set.
    async fn connect(
        &self,
        session: &mut Option<GatewaySession>,
        general_url: bool,
        handler: &mut ShardEventHandler,
        stop: &CancellationToken,
    ) -> ConnectionEnd {
        let config = ConnectConfig {
            token: &self.token,
            shard: (self.id, self.total),
            intents: self.intents,
            times: self.times,
            stop,
        };
        let slot = match session {
            Some(_) => None,
            None => match stop.run_until_cancelled(self.identify.slot(self.id)).await {
                Some(slot) => slot,
                None => return ConnectionEnd::Stopped,
            },
        };
        let resume_url = session.as_ref().filter(|_| !general_url).map(|session| session.resume_url.clone());
        let url = resume_url.unwrap_or_else(|| self.gateway.clone());
        match connection::open(&config, &url, slot, session.as_ref()).await {
            Ok((socket, heartbeat)) => ConnectionLoop::new(socket, heartbeat, &config).run(session, handler).await,
            Err(end) => end,
        }
    }
}
