//! The builder of the fake: its settings and its start.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serenity::all::GatewayIntents;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::FakeDiscord;
use super::gateway;
use super::net::proxy::{self, Entrance};
use super::net::server::{self, Connections};
use super::net::tls::Authority;
use super::rest::limits::Limits;
use super::schema::Schema;
use super::state::{Core, Settings, State};
use super::world::World;

/// Options of the fake, set before it starts.
#[derive(Clone, Debug)]
pub struct Builder {
    bot_name: String,
    schema: bool,
    settings: Settings,
}

impl Default for Builder {
    fn default() -> Self {
        let settings = Settings {
            token: "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.testkit.only-the-fake-knows-this-token".to_owned(),
            allowed_intents: GatewayIntents::all(),
            heartbeat_ms: 41_250,
            shards: 1,
            shards_demanded: 1,
            starts: (1000, Duration::ZERO),
            max_concurrency: 1,
            identify_every: None,
            rate_limits: true,
            real_deadlines: false,
        };
        Self { bot_name: "rtfm".to_owned(), schema: true, settings }
    }
}

impl Builder {
    /// The bot's user name.
    pub fn bot_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.bot_name);
        self
    }

    /// The token the bot must log in with.
    pub fn token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.settings.token);
        self
    }

    /// Which privileged intents the developer portal allows; others are always allowed. All, by default.
    pub fn privileged_intents(mut self, allowed: GatewayIntents) -> Self {
        self.settings.allowed_intents = allowed | GatewayIntents::non_privileged();
        self
    }

    /// Allows every privileged intent but the message content.
    pub fn without_message_content(self) -> Self {
        self.privileged_intents(GatewayIntents::GUILD_MEMBERS | GatewayIntents::GUILD_PRESENCES)
    }

    /// The heartbeat interval that clients receive.
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.settings.heartbeat_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// How many shards Discord recommends.
    pub fn shards(mut self, recommended: u64) -> Self {
        self.settings.shards = recommended;
        self
    }

    /// The session starts that `GET /gateway/bot` reports as remaining, and the time until their reset.
    pub fn session_starts(mut self, remaining: u64, reset_after: Duration) -> Self {
        self.settings.starts = (remaining, reset_after);
        self
    }

    /// Lets new sessions begin only this far apart, but so many shards at once, as Discord does (every 5 s and one
    /// at once); who identifies sooner is told that its session is invalid.
    pub fn identify_every(mut self, every: Duration, at_once: u64) -> Self {
        self.settings.identify_every = Some(every);
        self.settings.max_concurrency = at_once;
        self
    }

    /// Switches off rate limits and their headers, for tests with many writes.
    pub fn without_rate_limits(mut self) -> Self {
        self.settings.rate_limits = false;
        self
    }

    /// Counts real time towards an interaction's deadlines, not only [`FakeDiscord::advance`].
    pub fn real_deadlines(mut self) -> Self {
        self.settings.real_deadlines = true;
        self
    }

    /// Switches off the check against Discord's OpenAPI document.
    pub fn without_schema(mut self) -> Self {
        self.schema = false;
        self
    }

    /// Starts the three listeners on free ports.
    pub async fn start(self) -> FakeDiscord {
        let proxy = bind().await;
        let direct = bind().await;
        let sockets = bind().await;
        let proxy_address = address(&proxy);
        let direct_address = address(&direct);
        let gateway_url = format!("ws://{}", address(&sockets));
        let authority = Authority::new();
        let state = State {
            settings: self.settings,
            gateway_url,
            world: World::new(&self.bot_name),
            commands: BTreeMap::new(),
            interactions: BTreeMap::new(),
            sessions: Vec::new(),
            connection_faults: VecDeque::new(),
            resume_at: None,
            resumed_unnumbered: false,
            silent_resumes: false,
            announced: None,
            outage: None,
            withheld_shard: None,
            identified: BTreeMap::new(),
            connections: 0,
            silent_heartbeats: false,
            faults: Vec::new(),
            limits: Limits::default(),
            schema: Schema::new(self.schema),
            requests: Vec::new(),
            gateway_requests: Vec::new(),
            typing: BTreeMap::new(),
            expired_links: false,
            tolerated: BTreeSet::new(),
            failures: Vec::new(),
        };
        let core = Arc::new(Core::new(state));
        let (out, connections) = mpsc::unbounded_channel();
        for (listener, entrance) in [(proxy, Entrance::Proxy), (direct, Entrance::Direct)] {
            tokio::spawn(proxy::serve(core.clone(), listener, entrance, authority.acceptor.clone(), out.clone()));
        }
        tokio::spawn(server::serve(core.clone(), Connections(connections)));
        tokio::spawn(gateway::serve(core.clone(), sockets));
        FakeDiscord::assemble(core, proxy_address, direct_address, &authority.pem)
    }
}

async fn bind() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.expect("the system has a free port")
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound listener has an address")
}
