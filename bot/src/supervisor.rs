//! Keeps the bot's shards alive: asks Discord where its gateway is and how many shards there should be, runs them,
//! and when they end decides whether to begin anew, to go on with less, or to give up because only a person can
//! mend it.

use crate::{
    BotConfig, BotError,
    gateway::{Content, Ear, Heard, Identify, Link, Pace, Refusal, Shard, Shards, Thread},
    rest::{Rest, RestError},
};
use serenity::{cache::Cache, model::gateway::BotGateway};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// How long saying goodbye to Discord may take.
const GOODBYE: Duration = Duration::from_secs(4);

/// What all shards share.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// How the bot signs in.
    pub(crate) config: BotConfig,
    /// Where it asks for the gateway.
    pub(crate) rest: Arc<Rest>,
    /// Where everything that happens goes.
    pub(crate) events: mpsc::UnboundedSender<Heard>,
    /// What is known of the connection.
    pub(crate) link: Link,
    /// What may be read.
    pub(crate) content: Content,
}

/// How a set of shards ended.
enum End {
    /// It was asked to.
    Stopped,
    /// Nothing will help but a person.
    Fatal(BotError),
    /// Something has been changed so that it will work.
    Again,
    /// Something that time may mend.
    Broken(String),
}

impl Supervisor {
    /// Runs until `stop` is cancelled, or until only a person can help.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), BotError> {
        let thread = Thread::start()?;
        let cache = Arc::new(Cache::new());
        let mut pace = Pace::new(self.config.gateway);
        while !stop.is_cancelled() {
            let began = Instant::now();
            let why = match self.session(&thread, &cache, &stop).await {
                End::Stopped => return Ok(()),
                End::Fatal(error) => return Err(error),
                End::Again => continue,
                End::Broken(why) => why,
            };
            let wait = pace.wait(Some(began.elapsed()));
            tracing::warn!(why, ?wait, "the bot's shards are begun anew");
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        Ok(())
    }

    /// All shards of this process, from the first question to Discord to their end.
    async fn session(&self, thread: &Thread, cache: &Arc<Cache>, stop: &CancellationToken) -> End {
        let gateway = match stop.run_until_cancelled(self.rest.gateway()).await {
            Some(Ok(gateway)) => gateway,
            Some(Err(RestError::Refused { status: 401, .. })) => return End::Fatal(BotError::InvalidToken),
            Some(Err(error)) => return End::Broken(format!("the gateway's address cannot be asked for: {error}")),
            None => return End::Stopped,
        };
        let limit = &gateway.session_start_limit;
        if limit.remaining == 0 {
            let wait = Duration::from_millis(limit.reset_after);
            tracing::error!(?wait, "Discord allows this bot no more new sessions today; the bot waits");
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return End::Stopped;
            }
        }
        let shards = self.shards(&gateway);
        self.link.expect(&shards);
        let ending = stop.child_token();
        let living = thread.spawn(all(self.grown(&gateway, &shards, cache), ending.clone()));
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(GOODBYE).await;
        };
        let refusal = tokio::select! {
            ended = living => ended.unwrap_or_else(|panic| Err(panic.to_string())),
            () = too_late => Ok(None),
        };
        ending.cancel();
        self.link.lost();
        match refusal {
            Ok(Some(refusal)) => self.refused(refusal, &shards, gateway.shards),
            Ok(None) if stop.is_cancelled() => End::Stopped,
            Ok(None) => End::Broken("all shards ended".to_owned()),
            Err(panic) => End::Broken(panic),
        }
    }

    /// Those that the configuration names, or all that Discord recommends.
    fn shards(&self, gateway: &BotGateway) -> Shards {
        let Some(shards) = &self.config.shards else { return Shards::all(gateway.shards.max(1)) };
        if shards.count() < gateway.shards {
            let (count, recommended) = (shards.count(), gateway.shards);
            tracing::warn!(count, recommended, "SHARD_COUNT is less than Discord recommends");
        }
        shards.clone()
    }

    fn grown(&self, gateway: &BotGateway, shards: &Shards, cache: &Arc<Cache>) -> Vec<(Shard, Ear)> {
        let times = self.config.gateway;
        let identify = Arc::new(Identify::new(gateway.session_start_limit.max_concurrency, times.identify_every));
        let shard = |id| Shard {
            id,
            total: shards.count(),
            token: self.config.token.clone(),
            intents: self.content.intents(),
            times,
            gateway: gateway.url.clone(),
            identify: identify.clone(),
            link: self.link.clone(),
        };
        let ear = |id| Ear::new((id, shards.count()), cache.clone(), self.events.clone(), self.link.clone());
        shards.ids().map(|id| (shard(id), ear(id))).collect()
    }

    /// What to do when Discord refuses.
    fn refused(&self, refusal: Refusal, shards: &Shards, recommended: u32) -> End {
        match refusal {
            Refusal::Token => End::Fatal(BotError::InvalidToken),
            Refusal::Version => End::Fatal(BotError::GatewayVersion),
            Refusal::UnknownIntents => End::Fatal(BotError::InvalidIntents),
            Refusal::Intents if self.content.refuse() => {
                if let Some(degraded) = self.content.for_operators() {
                    tracing::error!("{degraded}");
                }
                End::Again
            }
            Refusal::Intents => End::Fatal(BotError::IntentNotAllowed),
            Refusal::Shard | Refusal::TooFewShards if self.config.shards.is_some() => {
                End::Fatal(BotError::Shards { count: shards.count(), recommended })
            }
            Refusal::Shard | Refusal::TooFewShards => End::Broken("Discord wants other shards".to_owned()),
        }
    }
}

/// Runs these shards until they are told to end, or until Discord refuses one of them; then all end.
async fn all(shards: Vec<(Shard, Ear)>, ending: CancellationToken) -> Result<Option<Refusal>, String> {
    let mut living = JoinSet::new();
    for (shard, ear) in shards {
        living.spawn(shard.live(ear, ending.clone()));
    }
    let mut refusal = Ok(None);
    while let Some(ended) = living.join_next().await {
        ending.cancel();
        match ended {
            Ok(None) => {}
            Ok(refused) => refusal = refusal.map(|first: Option<Refusal>| first.or(refused)),
            Err(panic) => refusal = Err(panic.to_string()),
        }
    }
    refusal
}
