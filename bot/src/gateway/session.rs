//! One connection to Discord's gateway: a serenity client on a thread and runtime of its own. The runtime
//! has one thread, on which tasks run in the order they were started, so events keep Discord's order; and
//! heartbeats wait for nothing else that this process does. When the session ends, the runtime ends, and
//! with it every task that serenity may have left behind.

use super::{Link, Listener, handler::Heard, storm::Storm};
use crate::{BotConfig, BotError, rest};
use secrecy::ExposeSecret;
use serenity::{
    Client,
    gateway::{ConnectionStage, ShardManager},
    http::HttpBuilder,
    model::gateway::GatewayIntents,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// How long saying goodbye to Discord may take.
const GOODBYE: Duration = Duration::from_secs(4);
/// How long a shard may be without a connection before the session is begun anew. Shards start five
/// seconds apart.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(5);

/// How a session ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It was asked to.
    Stopped,
    /// Nothing will help but a person.
    Fatal(BotError),
    /// Something that a new session may mend.
    Broken {
        /// What, for the log.
        why: String,
        /// Whether it had worked at all.
        was_connected: bool,
    },
}

/// Runs one session on a thread of its own until it ends or `stop` is cancelled.
pub(crate) async fn run(
    config: &BotConfig,
    events: mpsc::UnboundedSender<Heard>,
    link: &Link,
    stop: CancellationToken,
) -> Result<End, BotError> {
    let (done, ended) = oneshot::channel();
    let (config, shards, stopping) = (config.clone(), link.clone(), stop.clone());
    let gateway = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(done.send(End::Fatal(BotError::Thread(error)))),
        };
        let end = runtime.block_on(session(&config, events, &shards, stopping));
        runtime.shutdown_timeout(Duration::from_secs(1));
        shards.lost();
        drop(done.send(end));
    };
    std::thread::Builder::new().name("discord-gateway".to_owned()).spawn(gateway).map_err(BotError::Thread)?;
    tokio::select! {
        end = ended => Ok(end.unwrap_or_else(|_| broken("the gateway's thread panicked", false))),
        // serenity can spin in a closed connection without giving way; the process does not wait for that.
        () = async { stop.cancelled().await; tokio::time::sleep(GOODBYE * 2).await } => Ok(End::Stopped),
    }
}

async fn session(
    config: &BotConfig,
    events: mpsc::UnboundedSender<Heard>,
    link: &Link,
    stop: CancellationToken,
) -> End {
    let storm = Arc::new(Storm::new());
    let http = match rest::client(config) {
        Ok(client) => HttpBuilder::new(config.token.expose_secret()).client(client).build(),
        Err(error) => return End::Fatal(error),
    };
    let builder = serenity::client::ClientBuilder::new_with_http(http, intents(config));
    let mut client: Client = match builder.event_handler(Listener::new(events, storm.clone(), link.clone())).await {
        Ok(client) => client,
        Err(error) => return ended(&error, false),
    };
    let manager = client.shard_manager.clone();
    tokio::select! {
        result = client.start_autosharded() => match result {
            Ok(()) => broken("all shards ended", storm.was_connected()),
            Err(error) => ended(&error, storm.was_connected()),
        },
        () = storm.broken() => broken("the connection is lost again and again", storm.was_connected()),
        () = without_connection(&manager, link) => broken("the connection has not come back", storm.was_connected()),
        () = stop.cancelled() => {
            if tokio::time::timeout(GOODBYE, manager.shutdown_all()).await.is_err() {
                tracing::debug!("the gateway did not say goodbye in time");
            }
            End::Stopped
        }
    }
}

/// What the bot listens to: the least that the memory needs, and what the operator allows besides. Presences are not
/// asked for.
fn intents(config: &BotConfig) -> GatewayIntents {
    let always = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
    let privileged = [
        (config.message_content, GatewayIntents::MESSAGE_CONTENT),
        (config.members_intent, GatewayIntents::GUILD_MEMBERS),
    ];
    privileged.into_iter().filter(|(wanted, _)| *wanted).fold(always, |all, (_, intent)| all | intent)
}

fn ended(error: &serenity::Error, was_connected: bool) -> End {
    BotError::fatal(error).map_or_else(|| broken(&error.to_string(), was_connected), End::Fatal)
}

fn broken(why: &str, was_connected: bool) -> End {
    End::Broken { why: why.to_owned(), was_connected }
}

/// Returns when a shard has been without a connection for too long.
async fn without_connection(manager: &ShardManager, link: &Link) {
    let mut good = Instant::now();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let (shards, connected) = {
            let runners = manager.runners.lock().await;
            let connected = runners.iter().filter(|(_, runner)| runner.stage == ConnectionStage::Connected);
            let connected: Vec<_> = connected.map(|(shard, _)| *shard).collect();
            (runners.len(), connected)
        };
        let up = connected.len();
        link.set(connected.into_iter(), shards);
        let starting = LOOK * u32::try_from(shards).unwrap_or(1);
        if shards > 0 && up == shards {
            good = Instant::now();
        } else if good.elapsed() > PATIENCE + starting {
            return;
        }
    }
}
