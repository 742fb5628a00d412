//! One shard of the gateway, kept connected: a lost connection is made anew and its session taken up where it was
//! left, ever more slowly when that does not work, until the bot stops or Discord refuses.

mod close;
mod connection;
mod identify;
mod pace;
mod wire;

use super::{dispatch::ShardEventHandler as Ear, status::ShardStatus as Link, times::GatewayTimes};
use connection::{End, Session, Terms};
use secrecy::SecretString;
use serenity::model::{gateway::GatewayIntents, id::ShardId};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(crate) use close::Refusal;
pub(crate) use identify::Identify;
pub(crate) use pace::Pace;

/// A shard, and all it needs to live.
#[derive(Debug)]
pub(crate) struct Shard {
    /// Which one.
    pub(crate) id: u32,
    /// Of how many.
    pub(crate) total: u32,
    /// The bot's token.
    pub(crate) token: SecretString,
    /// What it listens to.
    pub(crate) intents: GatewayIntents,
    /// How long it waits.
    pub(crate) times: GatewayTimes,
    /// Where new sessions begin.
    pub(crate) gateway: String,
    /// When they may.
    pub(crate) identify: Arc<Identify>,
    /// Whom to tell whether it is connected.
    pub(crate) link: Link,
}

impl Shard {
    /// Lives until `stop` is cancelled, or until Discord refuses it.
    pub(crate) async fn live(self, mut ear: Ear, stop: CancellationToken) -> Option<Refusal> {
        let mut session: Option<Session> = None;
        let mut pace = Pace::new(self.times);
        while !stop.is_cancelled() {
            // A session's own gateway may be gone while the one for all is there.
            let elsewhere = pace.failures() > 2 && pace.failures() % 2 == 1;
            let end = self.connect(&mut session, elsewhere, &mut ear, &stop).await;
            let held = ear.connected_since().map(|since| since.elapsed());
            ear.disconnected();
            self.link.shard(ShardId(self.id), false);
            let why = match end {
                End::Stopped => return None,
                End::Refused(refusal) => return Some(refusal),
                End::Broken(why) => why,
                End::Invalid(why) => {
                    if session.take().is_some() {
                        metrics::counter!("rtfm_discord_sessions_broken_total").increment(1);
                    }
                    why
                }
            };
            let wait = pace.wait(held);
            tracing::warn!(
                shard = self.id,
                why,
                ?wait,
                resumable = session.is_some(),
                "the connection to Discord broke"
            );
            let _ = stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        None
    }

    /// One connection, to the session's own gateway unless it is to be sought `elsewhere`.
    async fn connect(
        &self,
        session: &mut Option<Session>,
        elsewhere: bool,
        ear: &mut Ear,
        stop: &CancellationToken,
    ) -> End {
        let terms =
            Terms { token: &self.token, shard: (self.id, self.total), intents: self.intents, times: self.times, stop };
        let turn = match session {
            Some(_) => None,
            None => match stop.run_until_cancelled(self.identify.turn(self.id)).await {
                Some(turn) => turn,
                None => return End::Stopped,
            },
        };
        let own = session.as_ref().filter(|_| !elsewhere).map(|session| session.gateway.clone());
        let gateway = own.unwrap_or_else(|| self.gateway.clone());
        connection::serve(&terms, &gateway, turn, session, ear).await
    }
}
