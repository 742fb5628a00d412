//! Keeps the shards running: asks Discord for the gateway's address and the number of shards, runs them, and when they
//! end starts them again, continues with fewer intents, or ends with an error that an operator must fix.

use super::{
    content::ContentAccess,
    dispatch::ShardEventHandler,
    event::EventWithCache,
    shard::{GatewayRefusal, IdentifyLimiter, ReconnectBackoff, Shard},
    shards::Shards,
    status::ShardStatus,
    thread::Thread,
    times::GatewayTimes,
};
use crate::{
    BotError,
    discord::rest::{Rest, RestError},
};
use secrecy::SecretString;
use serenity::{cache::Cache, model::gateway::BotGateway};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// How long closing the connections may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(4);

/// What all shards share.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(crate) token: SecretString,
    /// The shards of this process; none for all that Discord recommends.
    pub(crate) shards: Option<Shards>,
    pub(crate) times: GatewayTimes,
    /// Tells the gateway's address.
    pub(crate) rest: Arc<Rest>,
    /// The channel to the intake.
    pub(crate) events: mpsc::Sender<EventWithCache>,
    pub(crate) status: ShardStatus,
    /// What may be read.
    pub(crate) content: ContentAccess,
}

/// How a set of shards ended.
enum SessionEnd {
    Stopped,
    /// Only an operator can fix it.
    Fatal(BotError),
    /// The intents were reduced: the next session may work.
    Restart,
    /// A retry may help.
    Broken(String),
}

impl Supervisor {
    /// Runs until `stop` is cancelled, or until only an operator can help.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), BotError> {
        let thread = Thread::start()?;
        let cache = Arc::new(Cache::new());
        let mut pace = ReconnectBackoff::new(self.times);
        while !stop.is_cancelled() {
            let began = Instant::now();
            let why = match self.session(&thread, &cache, &stop).await {
                SessionEnd::Stopped => return Ok(()),
                SessionEnd::Fatal(error) => return Err(error),
                SessionEnd::Restart => continue,
                SessionEnd::Broken(why) => why,
            };
            let wait = pace.wait(Some(began.elapsed()));
            tracing::warn!(why, ?wait, "restarting the shards");
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        Ok(())
    }

    /// All shards of this process, from the first question to Discord to their end.
    async fn session(&self, thread: &Thread, cache: &Arc<Cache>, stop: &CancellationToken) -> SessionEnd {
        let gateway = match stop.run_until_cancelled(self.rest.gateway()).await {
            Some(Ok(gateway)) => gateway,
            Some(Err(RestError::Refused { status: 401, .. })) => return SessionEnd::Fatal(BotError::InvalidToken),
            Some(Err(error)) => {
                return SessionEnd::Broken(format!("the gateway's address cannot be asked for: {error}"));
            }
            None => return SessionEnd::Stopped,
        };
        let limit = &gateway.session_start_limit;
        if limit.remaining == 0 {
            let wait = Duration::from_millis(limit.reset_after);
            tracing::error!(?wait, "no new sessions left today, waiting");
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return SessionEnd::Stopped;
            }
        }
        let shards = self.own_shards(&gateway);
        self.status.expect(&shards);
        let ending = stop.child_token();
        let running = thread.spawn(all(self.build_shards(&gateway, &shards, cache), ending.clone()));
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(CLOSE_TIMEOUT).await;
        };
        let refusal = tokio::select! {
            ended = running => ended.unwrap_or_else(|panic| Err(panic.to_string())),
            () = too_late => Ok(None),
        };
        ending.cancel();
        self.status.disconnect_all();
        match refusal {
            Ok(Some(refusal)) => self.refused(refusal, &shards, gateway.shards),
            Ok(None) if stop.is_cancelled() => SessionEnd::Stopped,
            Ok(None) => SessionEnd::Broken("all shards ended".to_owned()),
            Err(panic) => SessionEnd::Broken(panic),
        }
    }

    /// Those that the configuration names, or all that Discord recommends.
    fn own_shards(&self, gateway: &BotGateway) -> Shards {
        let Some(shards) = &self.shards else { return Shards::all(gateway.shards.max(1)) };
        if shards.count() < gateway.shards {
            let (count, recommended) = (shards.count(), gateway.shards);
            tracing::warn!(count, recommended, "SHARD_COUNT is less than Discord recommends");
        }
        shards.clone()
    }

    fn build_shards(
        &self,
        gateway: &BotGateway,
        shards: &Shards,
        cache: &Arc<Cache>,
    ) -> Vec<(Shard, ShardEventHandler)> {
        let times = self.times;
        let identify =
            Arc::new(IdentifyLimiter::new(gateway.session_start_limit.max_concurrency, times.identify_every));
        let shard = |id| Shard {
            id,
            total: shards.count(),
            token: self.token.clone(),
            intents: self.content.intents(),
            times,
            gateway: gateway.url.clone(),
            rest: self.rest.clone(),
            identify: identify.clone(),
            status: self.status.clone(),
        };
        let handler =
            |id| ShardEventHandler::new((id, shards.count()), cache.clone(), self.events.clone(), self.status.clone());
        shards.ids().map(|id| (shard(id), handler(id))).collect()
    }

    /// What to do when Discord refuses.
    fn refused(&self, refusal: GatewayRefusal, shards: &Shards, recommended: u32) -> SessionEnd {
        match refusal {
            GatewayRefusal::Token => SessionEnd::Fatal(BotError::InvalidToken),
            GatewayRefusal::Version => SessionEnd::Fatal(BotError::GatewayVersion),
            GatewayRefusal::UnknownIntents => SessionEnd::Fatal(BotError::InvalidIntents),
            GatewayRefusal::Intents if self.content.refuse() => {
                if let Some(degraded) = self.content.for_operators() {
                    tracing::error!("{degraded}");
                }
                SessionEnd::Restart
            }
            GatewayRefusal::Intents => SessionEnd::Fatal(BotError::IntentNotAllowed),
            GatewayRefusal::Shard | GatewayRefusal::TooFewShards if self.shards.is_some() => {
                SessionEnd::Fatal(BotError::Shards { count: shards.count(), recommended })
            }
            GatewayRefusal::Shard | GatewayRefusal::TooFewShards => {
                SessionEnd::Broken("Discord wants other shards".to_owned())
            }
        }
    }
}

/// Runs these shards until `ending` is cancelled or Discord refuses one of them; then all end.
async fn all(
    shards: Vec<(Shard, ShardEventHandler)>,
    ending: CancellationToken,
) -> Result<Option<GatewayRefusal>, String> {
    let mut running = JoinSet::new();
    for (shard, handler) in shards {
        running.spawn(shard.run(handler, ending.clone()));
    }
    let mut refusal = Ok(None);
    while let Some(ended) = running.join_next().await {
        ending.cancel();
        match ended {
            Ok(None) => {}
            Ok(refused) => refusal = refusal.map(|first: Option<GatewayRefusal>| first.or(refused)),
            Err(panic) => refusal = Err(panic.to_string()),
        }
    }
    refusal
}
